//! A register whose persons are enrolled in a cluster.

use crate::prints::*;
use crate::processes::*;
use serde_json::Value;

fn registry(arguments: &[&str]) -> (i32, Value, String) {
    let asked = ["registry", "--format", "json", "--quiet"];
    let (code, stdout, stderr) = said(&run([&asked[..], arguments].concat()));
    (code, serde_json::from_str(&stdout).unwrap_or_default(), stderr)
}

#[test]
fn a_register_searches_enrolls_and_compares_in_the_cluster_though_a_node_is_down() {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    ["1", "2", "3"].iter().for_each(|id| cluster.add(id));
    cluster.wait("health");
    cluster.kill("node-2");
    let (file, data) = (cluster.file(), cluster.path("register"));
    let (code, demo, stderr) = registry(&["demo", "--data", &data, "--cluster", &file]);
    assert_eq!(code, 0, "{stderr}\n{}", cluster.logs());
    assert_eq!((&demo["persons"], &demo["forms"]), (&9.into(), &9.into()));
    let steps = demo["steps"].as_array().unwrap();
    let noted = |end: &str| {
        let what = |step: &&Value| step["what"].as_str().unwrap().ends_with(end);
        steps.iter().filter(what).count()
    };
    // Who comes under another name is found, by the search of the cluster.
    assert_eq!(noted("searched, 1 alike"), 1);
    assert_eq!(noted("10 fingers enrolled"), 9);
    // Everybody is there, and every search and comparison stands in the audit of the cluster.
    let status = cluster.status();
    assert_eq!(status["encounters"], 9, "{status}");
    let export = cluster.path("audit.jsonl");
    cluster.ok(["audit", "export", "--cluster", &file, "--out", &export]);
    let text = std::fs::read_to_string(export).unwrap();
    let begun = |what: &str| {
        let what = format!("\"what\":\"{what}\"");
        text.lines().filter(|line| line.replace(": ", ":").contains(&what)).count()
    };
    assert_eq!(begun("a search begins"), noted(" alike"));
    assert_eq!(begun("a comparison with one person begins"), noted("fingers compared"));
    assert!(noted("fingers compared") > 0);
    // The folder remembers the cluster.
    let (code, worked, stderr) = registry(&["work", "--data", &data]);
    assert_eq!((code, &worked["waiting"]), (0, &Value::Array(Vec::new())), "{stderr}");
    let (code, _, stderr) = registry(&["demo", "--data", &data, "--cluster", &file]);
    assert!(code == 2 && stderr.contains("holds a register"), "{stderr}");
}

#[test]
fn a_register_with_a_gallery_of_its_own_is_not_moved_into_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("register").display().to_string();
    assert_eq!(registry(&["init", "--data", &data]).0, 0);
    let (code, _, stderr) = registry(&["work", "--data", &data, "--cluster", "cluster.toml"]);
    assert!(code == 2 && stderr.contains("a gallery of its own"), "{stderr}");
}
