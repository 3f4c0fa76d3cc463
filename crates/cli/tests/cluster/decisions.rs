//! What humans decide and what stands on record.

use crate::backup::enrolled;
use crate::prints::*;
use crate::processes::*;
use serde_json::Value;
use std::path::Path;

fn json(cluster: &Cluster, arguments: &[&str]) -> Value {
    let file = cluster.file();
    let output = run([arguments, &["--cluster", &file, "--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Enrolls prints of somebody enrolled before under other names; the encounters that are held.
fn enroll_again(cluster: &Cluster, names: [&str; 2]) -> Vec<String> {
    let prints = cluster.folder.path().join("again");
    std::fs::create_dir_all(&prints).unwrap();
    for (subject, name) in names.iter().enumerate() {
        let path = prints.join(format!("{name}_0.pgm"));
        std::fs::write(path, print(subject as u64 * 100)).unwrap();
    }
    cluster.ok(enrollment(&prints, ["--cluster", &cluster.file()]));
    cluster.wait("checks");
    let held = json(cluster, &["held", "list"]);
    let mut held: Vec<(String, String)> = held
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            assert_eq!(row["like"].as_array().unwrap().len(), 1, "{row}");
            (text(&row["subject"]), text(&row["encounter"]))
        })
        .collect();
    held.sort();
    assert!(held.iter().map(|(subject, _)| subject.as_str()).eq(names), "{held:?}");
    held.into_iter().map(|(_, encounter)| encounter).collect()
}

#[test]
fn two_people_decide_about_whoever_is_held_and_it_stands_in_the_audit_chain() {
    let (cluster, paths) = enrolled();
    let file = cluster.file();
    assert_eq!(cluster.ok(["held", "list", "--cluster", &file]), "nobody is held\n");
    let held = enroll_again(&cluster, ["other-0", "other-1"]);
    let decide = |verb, encounter: &str, approver| {
        let people = ["--examiner", "7", "--approver", approver];
        let decide = ["held", verb, encounter, "--cluster", &file];
        said(&run([&decide[..], &people[..]].concat()))
    };
    let (code, _, stderr) = decide("accept", &held[0], "7");
    assert!(code == 2 && stderr.contains("two people"), "{stderr}");
    let (code, _, stderr) = decide("accept", &"0".repeat(32), "12");
    assert!(code == 2 && stderr.contains("not held"), "{stderr}");
    assert_eq!(decide("accept", &held[0], "12").0, 0);
    assert_eq!(decide("reject", &held[1], "12").0, 0);
    assert_eq!(cluster.ok(["held", "list", "--cluster", &file]), "nobody is held\n");
    let found = |probe: &Path| {
        let answer = cluster.searching().with(probe).complete();
        candidates(&answer).into_iter().map(|(_, subject)| subject).collect::<Vec<_>>()
    };
    assert!(found(&paths[0]).contains(&"other-0".to_owned()));
    assert!(!found(&paths[1]).contains(&"other-1".to_owned()));
    let export = cluster.path("audit.jsonl");
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    let text = std::fs::read_to_string(&export).unwrap();
    let decisions: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone())
        .filter(|event| event["what"] == "a decision about a held encounter")
        .collect();
    let accepted = |n: usize| (decisions[n]["encounter"].clone(), decisions[n]["accepted"].clone());
    assert_eq!(accepted(0), (held[0].clone().into(), true.into()));
    assert_eq!(accepted(1), (held[1].clone().into(), false.into()));
}

#[test]
fn whoever_decides_looks_at_what_was_enrolled_and_that_is_on_record() {
    let (mut cluster, paths) = enrolled();
    let file = cluster.file();
    let held = enroll_again(&cluster, ["other-0", "other-1"]);
    let rows = json(&cluster, &["held", "list"]);
    let row = rows.as_array().unwrap().iter().find(|row| row["encounter"] == held[0].as_str());
    let like = row.unwrap()["like"][0]["encounter"].as_str().unwrap().to_owned();
    let [one, other] = ["held.tnb", "like.tnb"].map(|name| cluster.path(name));
    let export = |encounter: &str, out: &str| {
        let what = ["export", encounter, "--as", "private", "--out", out, "--cluster", &file];
        said(&run([&what[..], &["--purpose", "5", "--case", "7"]].concat()))
    };
    assert_eq!(export(&held[0], &one).0, 0);
    // One replica is enough, whichever node has it.
    cluster.kill("node-2");
    assert_eq!(export(&like, &other).0, 0);
    let report = cluster.path("pair.html");
    cluster.ok(["verify", &one, &other, "--report", &report]);
    // Another finger is another matter.
    let probe = paths[4].display().to_string();
    assert_eq!(said(&run(["verify", &one, &probe, "--ppi", "500"])).0, 1);
    let decide = ["held", "reject", &held[0], "--examiner", "7", "--approver", "12"];
    cluster.ok([&decide[..], &["--cluster", &file]].concat());
    let (code, _, stderr) = export(&held[0], &one);
    assert!(code == 1 && stderr.contains("nothing to export"), "{stderr}");
    let (code, _, stderr) = export("s01", &one);
    assert!(code == 2 && stderr.contains("is no encounter"), "{stderr}");
    let export = cluster.path("audit.jsonl");
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    let text = std::fs::read_to_string(&export).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: Vec<Value> = events.map(|record| record["event"].clone()).collect();
    let handed = events.iter().filter(|event| event["what"] == "what was enrolled is handed out");
    let handed: Vec<_> = handed.map(|event| (&event["encounter"], &event["case"])).collect();
    let seven = Value::from(7);
    let expected = [&held[0], &like, &held[0]].map(|id| Value::from(id.as_str()));
    assert_eq!(handed, expected.iter().map(|id| (id, &seven)).collect::<Vec<_>>());
}

#[test]
fn an_exported_chain_grows_and_any_change_of_it_is_noticed() {
    let (cluster, paths) = enrolled();
    let (file, export) = (cluster.file(), cluster.path("audit.jsonl"));
    let searching = cluster.searching().with(&paths[0]);
    (0..3).for_each(|_| drop(searching.complete()));
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    searching.complete();
    let receipt = cluster.path("receipt.json");
    let erase = ["erase", "s03", "--cluster", &file, "--basis", "17", "--yes"];
    cluster.ok([&erase[..], &["--receipt", &receipt]].concat());
    let more = cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    assert!(more.contains("3 records written, up to 9"), "{more}");
    let verify = ["audit", "verify", &export, "--cluster", &file, "--receipt", &receipt];
    assert!(cluster.ok(verify).ends_with("the chain is whole\n"));
    let read: Value = serde_json::from_str(&std::fs::read_to_string(&receipt).unwrap()).unwrap();
    assert_eq!(read["is_durable_everywhere"], true, "{read}");
    assert_eq!((&read["basis"], &read["audit"]["height"]), (&17.into(), &9.into()), "{read}");
    let text = std::fs::read_to_string(&export).unwrap();
    let broken = |changed: String, said_so: &str| {
        std::fs::write(&export, changed).unwrap();
        let (code, stdout, _) = said(&run(["audit", "verify", &export, "--receipt", &receipt]));
        assert_eq!(code, 1, "{stdout}");
        assert!(stdout.contains(said_so), "{said_so}: {stdout}");
        // A file that only ends early is continued, a broken one is not.
        let again = run(["audit", "export", "--cluster", &file, "--out", &export]);
        let is_early = said_so.contains("does not hold");
        assert_eq!(said(&again).0, if is_early { 0 } else { 2 });
    };
    let lines: Vec<&str> = text.lines().collect();
    let without = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(n, _)| *n != left_out);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    broken(without(4), "record 5 comes where 4 is expected");
    broken(without(lines.len() - 1), "does not hold what");
    broken(text.replacen("\"case\":9", "\"case\":8", 1), "not the one that its bytes say");
    let at = text.rfind("\"time_ms\":").unwrap() + 11;
    let digit = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
    let mut changed = text.clone();
    changed.replace_range(at..=at, digit);
    broken(changed, "was changed");
}

#[test]
fn what_a_coordinator_signed_is_what_the_audit_chain_holds_and_nobody_changes_it() {
    let (cluster, paths) = enrolled();
    let (file, probe) = (cluster.file(), paths[0].display().to_string());
    let [found, claim, erased] = ["found", "claim", "erased"].map(|name| cluster.path(name));
    let what = ["--cluster", &file, "--purpose", "5", "--case", "7", "--ppi", "500", "--receipt"];
    cluster.ok([&["identify", &probe][..], &what, &[&found]].concat());
    cluster.ok([&["verify", &probe, "--subject", "s00"][..], &what, &[&claim]].concat());
    let erase = ["erase", "s03", "--cluster", &file, "--basis", "17", "--yes", "--receipt"];
    cluster.ok([&erase[..], &[&erased]].concat());
    let export = cluster.path("audit.jsonl");
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    let authority = cluster.path("operator-1.certs/authority.pem");
    for receipt in [&found, &claim, &erased] {
        let by_file = ["audit", "receipt", receipt, "--cluster", &file, "--export", &export];
        let text = cluster.ok(by_file);
        assert!(text.contains("signed by tanba://"), "{text}");
        assert!(text.ends_with("the audit chain says the same\n"), "{text}");
        cluster.ok(["audit", "receipt", receipt, "--authority", &authority]);
        let content = std::fs::read_to_string(receipt).unwrap();
        std::fs::write(receipt, content.replacen("generation: 1", "generation: 2", 1)).unwrap();
        let (code, stdout, _) = said(&run(by_file));
        assert_eq!(code, 1, "{stdout}");
        assert!(stdout.contains("fault: the signature does not fit the text"), "{stdout}");
    }
}

#[test]
fn what_an_export_holds_the_cluster_lets_go_of_and_the_file_goes_on() {
    let (cluster, paths) = enrolled();
    let (file, export) = (cluster.file(), cluster.path("audit.jsonl"));
    let searching = cluster.searching().with(&paths[0]);
    (0..2).for_each(|_| drop(searching.complete()));
    let seal = ["audit", "seal", &export, "--cluster", &file];
    let exporting = ["audit", "export", "--cluster", &file, "--out", &export];
    cluster.ok(exporting);
    // A file that was changed lets nothing go.
    let text = std::fs::read_to_string(&export).unwrap();
    let cut: Vec<&str> = text.lines().enumerate().filter(|(n, _)| *n != 2).map(|l| l.1).collect();
    std::fs::write(&export, cut.join("\n")).unwrap();
    let (code, _, stderr) = said(&run(seal));
    assert!(code == 2 && stderr.contains("nothing is let go of"), "{stderr}");
    std::fs::write(&export, &text).unwrap();
    assert_eq!(
        cluster.ok([&seal[..], &["--dry-run"]].concat()),
        "4 records up to 4 would be let go of\n"
    );
    let sealed = cluster.ok(seal);
    assert!(sealed.starts_with("4 records up to 4 let go of at "), "{sealed}");
    assert_eq!(cluster.ok(seal), "nothing is to be let go of up to 4\n");
    searching.complete();
    assert!(cluster.ok(exporting).contains("2 records written, up to 6"));
    let whole = cluster.ok(["audit", "verify", &export, "--cluster", &file]);
    assert!(whole.ends_with("the chain is whole\n"), "{whole}");
    // Another file begins at the seal.
    let other = cluster.path("other.jsonl");
    let begun = cluster.ok(["audit", "export", "--cluster", &file, "--out", &other]);
    assert!(begun.contains("2 records written, up to 6"), "{begun}");
}
