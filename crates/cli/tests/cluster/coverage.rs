//! What is not there is not passed over in silence.

use crate::backup::enrolled;
use crate::prints::*;
use crate::processes::*;

#[test]
fn when_all_replicas_of_a_partition_are_down_answers_name_it_and_enrollments_wait_for_their_check()
{
    let (mut cluster, paths) = enrolled();
    let searching = cluster.searching().with(&paths[0]);
    let whole = searching.complete();
    ["node-1", "node-2"].iter().for_each(|node| cluster.kill(node));
    let answer = searching.ask().unwrap();
    let (receipt, missing) = (&answer["receipt"], answer["receipt"]["missing"].as_array().unwrap());
    assert_eq!(receipt["complete"], false, "{answer}");
    assert!(!missing.is_empty() && missing.len() < 6, "{answer}");
    assert!(receipt["scanned"].as_u64() < whole["receipt"]["scanned"].as_u64(), "{answer}");
    let listed = candidates(&whole);
    assert!(candidates(&answer).iter().all(|candidate| listed.contains(candidate)), "{answer}");
    // An enrollment is safe, and is found once everybody could be compared with it.
    let new = cluster.folder.path().join("new");
    std::fs::create_dir_all(&new).unwrap();
    std::fs::write(new.join("late_0.pgm"), print(4711)).unwrap();
    cluster.ok(enrollment(&new, ["--cluster", &cluster.file()]));
    assert_eq!(cluster.status()["unchecked"], 1);
    cluster.start_all();
    cluster.wait("health");
    cluster.wait("checks");
    let late = cluster.searching().with(&new.join("late_0.pgm")).complete();
    assert_eq!(candidates(&late)[0].1, "late");
    assert_eq!(candidates(&searching.complete())[0], listed[0]);
}
