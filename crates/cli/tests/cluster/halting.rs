//! A process that must not be started again says so with its exit code.

use crate::processes::*;
use std::fs;
use std::path::Path;
use std::time::Instant;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The exit code of a process that ends by itself.
fn exit_code(cluster: &mut Cluster, name: &str) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = cluster.processes.get_mut(name).unwrap().try_wait().unwrap() {
            return status.code();
        }
        assert!(started.elapsed() < PATIENCE, "{name} does not end: {}", cluster.logs());
        std::thread::yield_now();
    }
}

#[test]
fn a_coordinator_whose_log_went_back_in_time_ends_for_good() {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    let leader = cluster.leader();
    let follower = ["coordinator-1", "coordinator-2", "coordinator-3"];
    let follower = *follower.iter().find(|name| **name != leader).unwrap();
    cluster.kill(follower);
    let (log, old) = (format!("{follower}/log"), format!("{follower}/old"));
    copy(Path::new(&cluster.path(&log)), Path::new(&cluster.path(&old)));
    cluster.start(follower);
    ["1", "2", "3"].iter().for_each(|id| cluster.add(id));
    cluster.wait("health");
    cluster.kill(follower);
    fs::remove_dir_all(cluster.path(&log)).unwrap();
    fs::rename(cluster.path(&old), cluster.path(&log)).unwrap();
    cluster.start(follower);
    assert_eq!(exit_code(&mut cluster, follower), Some(4), "{}", cluster.logs());
    let words = fs::read_to_string(cluster.path(&format!("{follower}.log"))).unwrap();
    assert!(words.contains("LogLost") && words.contains("Do not start it again"), "{words}");
    // The others go on.
    cluster.processes.remove(follower);
    cluster.wait("leader");
}
