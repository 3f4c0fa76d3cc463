//! What is killed is killed as by a crash, and what an answer says stays true.

use crate::prints::*;
use crate::processes::*;
use serde_json::Value;
use std::path::{Path, PathBuf};

const SUBJECTS: usize = 30;

/// What an answer says it covers must be what it lists.
fn check_honest(answer: &Value, expected: &[(u64, String)]) {
    let (receipt, found) = (&answer["receipt"], candidates(answer));
    if receipt["complete"] == true {
        assert_eq!(found, expected, "a complete answer lists everybody");
        assert_eq!(receipt["scanned"], SUBJECTS as u64);
        assert!(receipt["missing"].as_array().unwrap().is_empty());
    } else {
        assert!(found.iter().all(|candidate| expected.contains(candidate)), "{answer}");
        assert!(!receipt["missing"].as_array().unwrap().is_empty(), "{answer}");
    }
}

#[test]
fn a_cluster_answers_like_one_store_and_survives_crashes() {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    let file = cluster.file();
    ["1", "2", "3"].iter().for_each(|id| cluster.add(id));
    cluster.wait("health");
    let prints = cluster.folder.path().join("prints");
    let paths = folder_of_prints(&prints, SUBJECTS, 1);
    enroll(&cluster, &prints);
    compare_with_one_store(&cluster, &prints, &paths);
    let searching = cluster.searching().with(&paths[3]);
    let expected = candidates(&searching.complete());
    assert_eq!(expected[0].1, "s03");
    crash_during_searches(&mut cluster, &searching, &expected);
    replace_a_node(&mut cluster, &searching, &expected);
    erase_and_crash(&mut cluster, &searching, &expected[1..]);
    let (code, back, _) = said(&run(enrollment(&prints, ["--cluster", &file])));
    assert_eq!(code, 3, "{back}");
    assert!(back.contains("0 enrolled, 29 enrolled before, 1 rejected"), "{back}");
}

fn enroll(cluster: &Cluster, prints: &Path) {
    let file = cluster.file();
    let first = cluster.ok(enrollment(prints, ["--cluster", &file]));
    assert!(first.contains("30 enrolled, 0 enrolled before, 0 rejected"), "{first}");
    cluster.wait("checks");
    assert_eq!(cluster.status()["encounters"], SUBJECTS as u64);
    let again = cluster.ok(enrollment(prints, ["--cluster", &file]));
    assert!(again.contains("0 enrolled, 30 enrolled before, 0 rejected"), "{again}");
}

fn compare_with_one_store(cluster: &Cluster, prints: &Path, paths: &[PathBuf]) {
    let store = cluster.path("store");
    cluster.ok(enrollment(prints, ["--data", &store]));
    let stranger = cluster.folder.path().join("stranger.pgm");
    std::fs::write(&stranger, print(4711)).unwrap();
    for probe in [&paths[3], &paths[17], &stranger] {
        let name = probe.display().to_string();
        let identify = ["identify", &name, "--data", &store, "--ppi", "500", "--top", "40"];
        let one = run([&identify[..], &["--format", "json", "--quiet"]].concat());
        let one = serde_json::from_slice(&one.stdout).unwrap();
        let answer = cluster.searching().with(probe).complete();
        assert!(!candidates(&answer).is_empty());
        assert_eq!(candidates(&answer), candidates(&one), "{name}");
    }
}

fn crash_during_searches(cluster: &mut Cluster, searching: &Searching, expected: &[(u64, String)]) {
    let mut beside = Beside::start(searching.clone());
    beside.wait_for_more(2);
    let leader = cluster.leader();
    cluster.kill(&leader);
    beside.wait_for_more(3);
    assert_ne!(cluster.leader(), leader);
    cluster.kill("node-2");
    beside.wait_for_more(3);
    cluster.start_all();
    cluster.wait("health");
    beside.wait_for_more(2);
    for answer in beside.stop() {
        check_honest(&answer.expect("every search is answered in time"), expected);
    }
    assert_eq!(candidates(&searching.complete()), expected);
}

fn replace_a_node(cluster: &mut Cluster, searching: &Searching, expected: &[(u64, String)]) {
    let file = cluster.file();
    let nodes = |verb, id| ["cluster", "nodes", verb, id, "--cluster", &file];
    let refused = |arguments: [&str; 6], why: &str| {
        let (code, _, stderr) = said(&run(arguments));
        assert!(code == 2 && stderr.contains(why), "{arguments:?}: {stderr}");
    };
    refused(nodes("remove", "1"), "still holds");
    cluster.addresses.insert("node-4".to_owned(), free_addresses(1)[0]);
    cluster.begin_process("node-4");
    cluster.start("node-4");
    cluster.add("4");
    cluster.ok(nodes("drain", "1"));
    cluster.wait("replicas");
    let status = cluster.status();
    let replicas = |partition: &Value| {
        let complete = partition["complete"].as_array().unwrap();
        assert!(complete.len() == 2 && !complete.contains(&1.into()), "{status}");
    };
    status["partitions"].as_array().unwrap().iter().for_each(replicas);
    cluster.ok(nodes("remove", "1"));
    cluster.kill("node-1");
    cluster.addresses.remove("node-1");
    assert_eq!(candidates(&searching.complete()), expected);
    refused(nodes("drain", "9"), "no node 9");
}

fn erase_and_crash(cluster: &mut Cluster, searching: &Searching, without: &[(u64, String)]) {
    let file = cluster.file();
    let erase = ["erase", "s03", "--cluster", &file, "--basis", "17", "--yes"];
    assert!(cluster.ok(erase).contains("s03: erased at"));
    assert_eq!(candidates(&searching.complete()), without);
    for name in cluster.addresses.keys().cloned().collect::<Vec<_>>() {
        cluster.kill(&name);
    }
    cluster.start_all();
    cluster.wait("health");
    let answer = searching.complete();
    assert_eq!(candidates(&answer), without);
    assert_eq!(answer["receipt"]["eligible"], SUBJECTS as u64 - 1);
    assert!(cluster.ok(erase).contains("s03: erased before at"));
}

#[test]
fn a_stopped_process_ends_well_and_hands_leadership_over() {
    let mut cluster = Cluster::begin();
    for name in ["coordinator-1", "coordinator-2", "coordinator-3"] {
        cluster.start(name);
    }
    cluster.wait("leader");
    let leader = cluster.leader();
    let mut process = cluster.processes.remove(&leader).unwrap();
    let told = std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(process.wait().unwrap().success(), "{}", cluster.logs());
    let log = std::fs::read_to_string(cluster.path(&format!("{leader}.log"))).unwrap();
    assert!(log.contains("leadership was handed over"), "{log}");
    cluster.wait("leader");
    assert_ne!(cluster.leader(), leader);
}

#[test]
fn nothing_starts_in_the_wrong_place() {
    let cluster = Cluster::begin();
    let refused = |arguments: &[&str], why: &str| {
        let (code, _, stderr) = said(&run(arguments));
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
    };
    let file = cluster.file();
    let (data, certs) = (cluster.path("coordinator-1"), cluster.path("coordinator-2.certs"));
    let serve = ["coordinator", "serve", "--cluster", &file, "--id", "2"];
    refused(&[&serve[..], &["--data", &data, "--certificates", &certs]].concat(), "coordinator 1");
    let data = cluster.path("coordinator-2");
    let certs = cluster.path("coordinator-1.certs");
    refused(&[&serve[..], &["--data", &data, "--certificates", &certs]].concat(), "is needed");
    let plain = ["--data", &data, "--plain", "--listen", "0.0.0.0:0"];
    refused(&[&serve[..], &plain].concat(), "not a loopback address");
    let found = ["coordinator", "found", "--cluster", &file, "--id", "2", "--data", &data];
    refused(&found, "not empty");
    refused(&["cluster", "status", "--cluster", &data], "cluster file");
    let prints = cluster.path("prints");
    refused(&["identify", &prints, "--cluster", &file], "--purpose");
    refused(&["erase", "s1", "--cluster", &file, "--yes"], "--basis");
}
