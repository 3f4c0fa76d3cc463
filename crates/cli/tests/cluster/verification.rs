//! Who says to be somebody is compared with that one.

use crate::backup::enrolled;
use crate::prints::*;
use crate::processes::*;
use serde_json::Value;
use std::path::Path;

fn verify(cluster: &Cluster, probe: &Path, subject: &str) -> (i32, Value, String) {
    let probe = probe.display().to_string();
    let (file, what) = (cluster.file(), ["--purpose", "5", "--case", "7", "--ppi", "500"]);
    let asked = ["verify", &probe, "--subject", subject, "--cluster", &file, "--format", "json"];
    let (code, stdout, stderr) = said(&run([&asked[..], &what[..]].concat()));
    (code, serde_json::from_str(&stdout).unwrap_or_default(), stderr)
}

#[test]
fn a_claim_is_compared_with_what_is_enrolled_under_it_alone_and_it_is_on_record() {
    let (mut cluster, paths) = enrolled();
    let whole = cluster.searching().with(&paths[0]).complete();
    let first = &whole["candidates"][0];
    let check_match = |cluster: &Cluster| {
        let (code, claim, stderr) = verify(cluster, &paths[0], "s00");
        assert_eq!((code, &claim["decision"]), (0, &"match".into()), "{stderr}");
        let receipt = &claim["receipt"];
        assert_eq!((&receipt["complete"], &receipt["eligible"]), (&true.into(), &1.into()));
        assert_eq!(receipt["scanned"], 1);
        // As in a search of everybody.
        assert_eq!(first["subject"], "s00");
        assert_eq!(claim["similarity"], first["similarity"]);
        assert_eq!(claim["encounter"], first["encounter"]);
    };
    check_match(&cluster);
    let (code, claim, _) = verify(&cluster, &paths[0], "s01");
    assert_eq!((code, &claim["decision"]), (1, &"no match".into()));
    assert_eq!(claim["receipt"]["eligible"], 1);
    let (code, _, stderr) = verify(&cluster, &paths[0], "nobody");
    assert!(code == 2 && stderr.contains("not enrolled"), "{stderr}");
    // One replica is enough, whichever node had the other.
    for node in ["node-1", "node-2", "node-3"] {
        cluster.kill(node);
        check_match(&cluster);
        cluster.start(node);
        cluster.wait("replicas");
    }
    let (file, export) = (cluster.file(), cluster.path("audit.jsonl"));
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    let text = std::fs::read_to_string(export).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let begun = |record: &Value| record["event"]["what"] == "a comparison with one person begins";
    let begun: Vec<Value> = records.filter(begun).collect();
    let about = |record: &Value| record["event"]["person"].as_str().unwrap().to_owned();
    let hex = |name: &str| {
        let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{digits:0<32}")
    };
    let expected = ["s00", "s01", "nobody", "s00", "s00", "s00"].map(hex);
    assert_eq!(begun.iter().map(about).collect::<Vec<_>>(), expected);
    let on_record =
        |record: &Value| record["event"]["purpose"] == 5 && record["event"]["case"] == 7;
    assert!(begun.iter().all(on_record));
}

#[test]
fn a_claim_without_a_purpose_or_a_name_is_not_asked() {
    let ask = |more: &[&str]| {
        let asked = ["verify", "a.png", "--cluster", "cluster.toml"];
        said(&run([&asked[..], more].concat()))
    };
    let (code, _, stderr) = ask(&["--subject", "s00"]);
    assert!(code == 2 && !stderr.is_empty(), "{stderr}");
    let (code, _, stderr) = ask(&["--purpose", "3"]);
    assert!(code == 2 && !stderr.is_empty(), "{stderr}");
}
