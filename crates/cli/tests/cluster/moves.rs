//! Where the gallery is changes nothing about an answer.

use crate::prints::*;
use crate::processes::*;
use serde_json::Value;

const SUBJECTS: usize = 12;

fn add_node(cluster: &mut Cluster, id: u64) {
    let name = format!("node-{id}");
    if !cluster.addresses.contains_key(&name) {
        cluster.addresses.insert(name.clone(), free_addresses(1)[0]);
        cluster.begin_process(&name);
    }
    if !cluster.processes.contains_key(&name) {
        cluster.start(&name);
    }
    cluster.add(&id.to_string());
}

/// Lists of candidates, word by word, for each of the probes.
fn lists(probes: &[Searching]) -> Vec<Value> {
    probes.iter().map(|searching| searching.complete()["candidates"].clone()).collect()
}

fn partition(cluster: &Cluster, id: usize) -> Value {
    cluster.status()["partitions"][id].clone()
}

fn complete_on(cluster: &Cluster, id: usize) -> Vec<u64> {
    let found = partition(cluster, id);
    found["complete"].as_array().unwrap().iter().map(|node| node.as_u64().unwrap()).collect()
}

#[test]
fn a_list_is_the_same_on_one_two_three_and_seven_nodes_and_while_partitions_move() {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    add_node(&mut cluster, 1);
    cluster.wait("leader");
    let prints = cluster.folder.path().join("prints");
    let paths = folder_of_prints(&prints, SUBJECTS, 1);
    cluster.ok(enrollment(&prints, ["--cluster", &cluster.file()]));
    cluster.wait("checks");
    let stranger = cluster.folder.path().join("stranger.pgm");
    std::fs::write(&stranger, print(4711)).unwrap();
    let probes = [&paths[3], &paths[7], &stranger].map(|probe| cluster.searching().with(probe));
    let one = lists(&probes);
    assert!(one.iter().all(|list| list.as_array().unwrap().len() > 1), "{one:?}");
    for nodes in [2..=2, 3..=3, 4..=7] {
        nodes.for_each(|id| add_node(&mut cluster, id));
        cluster.wait("replicas");
        assert_eq!(lists(&probes), one);
    }
    move_back_and_forth(&cluster, &probes, &one);
    spread_evenly(&cluster);
    assert_eq!(lists(&probes), one);
}

fn move_back_and_forth(cluster: &Cluster, probes: &[Searching], one: &[Value]) {
    let (file, held) = (cluster.file(), complete_on(cluster, 0));
    let to = (1..=7).find(|node| !held.contains(node)).unwrap().to_string();
    let from = held[0].to_string();
    let mut beside = Beside::start(probes[0].clone());
    for (from, to) in [(&from, &to), (&to, &from)] {
        let step = ["cluster", "partitions", "move", "0", "--from", from, "--to", to];
        assert!(cluster.ok([&step[..], &["--cluster", &file]].concat()).contains("done at"));
        cluster.wait("replicas");
        let held = complete_on(cluster, 0);
        assert!(held.contains(&to.parse().unwrap()) && !held.contains(&from.parse().unwrap()));
        beside.wait_for_more(2);
    }
    for answer in beside.stop() {
        let answer = answer.expect("every search is answered in time");
        assert_eq!(answer["receipt"]["complete"], true, "{answer}");
        assert_eq!(answer["candidates"], one[0]);
    }
    assert!(!partition(cluster, 0)["pinned"].as_array().unwrap().is_empty());
    cluster.ok(["cluster", "partitions", "unpin", "--all", "--cluster", &file]);
    assert!(partition(cluster, 0)["pinned"].as_array().unwrap().is_empty());
}

/// All replicas on six of seven nodes, as a plan says, after which there is nothing to plan.
fn spread_evenly(cluster: &Cluster) {
    let (file, out) = (cluster.file(), cluster.path("plan.json"));
    let plan = ["cluster", "partitions", "plan", "--without", "7", "--cluster", &file];
    cluster.ok([&plan[..], &["--out", &out]].concat());
    let apply = ["cluster", "partitions", "apply", &out, "--cluster", &file];
    let dry = cluster.ok([&apply[..], &["--dry-run"]].concat());
    assert!(dry.contains("would be pinned"), "{dry}");
    cluster.ok(apply);
    cluster.wait("replicas");
    let mut held = [0; 8];
    for id in 0..6 {
        complete_on(cluster, id).iter().for_each(|node| held[*node as usize] += 1);
    }
    assert_eq!(held[7], 0, "{held:?}");
    assert_eq!(held.iter().sum::<i32>(), 12, "{held:?}");
    assert!(cluster.ok(plan).ends_with("\n0 partitions move\n"));
    let (code, _, stderr) = said(&run(apply));
    assert!(code == 2 && stderr.contains("plan again"), "{stderr}");
}
