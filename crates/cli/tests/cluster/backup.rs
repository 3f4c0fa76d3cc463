//! A backup of a running cluster, and the cluster that is made of it on other machines.

use crate::prints::*;
use crate::processes::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

const RESTORED: [&str; 6] =
    ["coordinator-1", "coordinator-2", "coordinator-3", "node-11", "node-12", "node-13"];

/// A small cluster with some persons enrolled and their prints.
pub(crate) fn enrolled() -> (Cluster, Vec<PathBuf>) {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    ["1", "2", "3"].iter().for_each(|id| cluster.add(id));
    cluster.wait("health");
    let prints = cluster.folder.path().join("prints");
    folder_of_prints(&prints, 6, 3);
    let paths = (0..6).map(|s| prints.join(format!("s{s:02}_0.pgm"))).collect();
    cluster.ok(enrollment(&prints, ["--cluster", &cluster.file()]));
    cluster.wait("checks");
    // Nobody is held because the likeness of strangers adds up over prints.
    let status = cluster.status();
    let active = |p: &Value| p["active"].as_u64().unwrap();
    let active: u64 = status["partitions"].as_array().unwrap().iter().map(active).sum();
    assert_eq!(active, 6, "{status}");
    (cluster, paths)
}

fn back_up(cluster: &Cluster, name: &str) -> String {
    let out = cluster.path(name);
    let create = ["backup", "create", "--cluster", &cluster.file(), "--out", &out, "--quiet"];
    cluster.ok(create);
    assert!(cluster.ok(["backup", "verify", &out]).ends_with("the backup is whole\n"));
    for name in cluster.addresses.keys() {
        // Nothing of the erased stays there.
        let kept = Path::new(&cluster.path(name)).join("backups");
        let left = std::fs::read_dir(kept).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{name}");
    }
    out
}

/// Ends all processes, puts the restored folders in place of theirs and starts them.
fn start_restored(cluster: &mut Cluster, restored: &str) {
    for name in cluster.addresses.keys().cloned().collect::<Vec<_>>() {
        cluster.kill(&name);
        cluster.addresses.remove(&name);
    }
    for (name, address) in RESTORED.iter().zip(free_addresses(6)) {
        let (role, id) = name.split_once('-').unwrap();
        if role == "node" {
            cluster.issue(role, id);
        } else {
            std::fs::remove_dir_all(cluster.path(name)).unwrap();
        }
        let from = Path::new(restored).join(name);
        std::fs::rename(from, cluster.path(name)).unwrap();
        cluster.addresses.insert((*name).to_owned(), address);
    }
    let text = std::fs::read_to_string(Path::new(restored).join("cluster.toml")).unwrap();
    let places = ["1", "2", "3"]
        .map(|id| format!("{id} = \"{}\"\n", cluster.addresses[&format!("coordinator-{id}")]));
    let (before, _) = text.split_once("[coordinators]\n").unwrap();
    std::fs::write(cluster.file(), format!("{before}[coordinators]\n{}", places.concat())).unwrap();
    cluster.start_all();
}

#[test]
fn a_restored_cluster_answers_as_the_backup_and_does_not_bring_back_the_erased() {
    let (mut cluster, paths) = enrolled();
    let file = cluster.file();
    let older = back_up(&cluster, "older");
    cluster.ok(["erase", "s03", "--cluster", &file, "--basis", "17", "--yes"]);
    let newer = back_up(&cluster, "newer");
    let searching = cluster.searching();
    let expected = candidates(&searching.with(&paths[2]).complete());
    assert!(!expected.iter().any(|(_, subject)| subject == "s03"));
    let out = cluster.path("restored");
    let restore = |more: &[&str]| {
        let restore = ["backup", "restore", &older, "--cluster", &file, "--out", &out, "--quiet"];
        said(&run([&restore[..], more].concat()))
    };
    let (code, _, stderr) = restore(&["--nodes", "11,12,13"]);
    assert!(code == 2 && stderr.contains("--erasures"), "the newest erasures: {stderr}");
    let (code, _, stderr) = restore(&["--nodes", "1", "--erasures", &newer]);
    assert!(code == 2 && stderr.contains("never used twice"), "{stderr}");
    let (code, stdout, stderr) = restore(&["--nodes", "11,12,13", "--erasures", &newer]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("5 encounters; 1 erased again"), "{stdout}");
    start_restored(&mut cluster, &out);
    cluster.wait("health");
    assert_eq!(cluster.status()["generation"], 2);
    for probe in [&paths[2], &paths[3]] {
        let answer = searching.with(probe).complete();
        assert_eq!(answer["receipt"]["scanned"], 5, "{answer}");
        assert!(!candidates(&answer).iter().any(|(_, subject)| subject == "s03"), "{answer}");
    }
    assert_eq!(candidates(&searching.with(&paths[2]).complete()), expected);
    let prints = cluster.folder.path().join("prints");
    let (_, again, _) = said(&run(enrollment(&prints, ["--cluster", &file])));
    assert!(again.contains("0 enrolled, 15 enrolled before, 3 rejected"), "{again}");
    // A process of the time before the restore is not heard.
    let node = cluster.path("node-11");
    let old = std::fs::read_to_string(&file).unwrap().replace("generation = 2", "generation = 1");
    cluster.kill("node-11");
    std::fs::write(&file, old).unwrap();
    cluster.start("node-11");
    let started = Instant::now();
    let log = format!("{node}.log");
    while !std::fs::read_to_string(&log).unwrap().contains("generation 2 of the cluster") {
        assert!(started.elapsed() < PATIENCE, "{}", cluster.logs());
    }
}

#[test]
fn a_backup_with_a_changed_byte_is_not_whole_and_is_not_restored() {
    let (cluster, _) = enrolled();
    let backup = back_up(&cluster, "backup");
    let names = std::fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().path());
    let parts: Vec<PathBuf> = names.filter(|path| !path.ends_with("manifest.json")).collect();
    assert_eq!(parts.len(), 7, "a catalog and six partitions");
    let out = cluster.path("restored");
    for part in parts {
        let whole = std::fs::read(&part).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        std::fs::write(&part, changed).unwrap();
        let (code, stdout, stderr) = said(&run(["backup", "verify", &backup]));
        assert_ne!(code, 0, "{}: {stdout}", part.display());
        let name = part.file_name().unwrap().to_str().unwrap();
        assert!(format!("{stdout}{stderr}").contains(name), "{stdout}{stderr}");
        let file = cluster.file();
        let restore = ["backup", "restore", &backup, "--cluster", &file, "--out", &out];
        let more = ["--nodes", "11,12", "--no-newer-erasures", "--quiet"];
        assert_eq!(said(&run([&restore[..], &more[..]].concat())).0, 2);
        assert!(!Path::new(&out).exists(), "nothing is half made");
        std::fs::write(&part, whole).unwrap();
    }
    assert!(cluster.ok(["backup", "verify", &backup]).contains("whole"));
}
