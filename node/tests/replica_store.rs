//! The store of a replica on a real disk.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

use node::ReplicaStores;
use replication::{Change, Kv, KvError, Pair, PartitionId, Stores};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PARTITION: PartitionId = PartitionId(7);

fn stores(dir: &Path) -> ReplicaStores {
    ReplicaStores::new(&dir.join("replicas")).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("replicas")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn pair(key: &str, value: &str) -> Pair {
    (key.into(), value.into())
}

#[test]
fn it_does_what_every_store_of_a_replica_must() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = BTreeMap::new();
    replication::conformance::check(|name| {
        let next = PartitionId(numbers.len() as u16);
        stores(dir.path()).open(*numbers.entry(name.to_owned()).or_insert(next)).unwrap()
    })
    .unwrap();
}

#[test]
fn partitions_are_listed_and_destroyed_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = stores(dir.path());
    for number in [3, 1, 300] {
        let mut store = stores.open(PartitionId(number)).unwrap();
        store.write(vec![Change::Put(b"a".to_vec(), b"1".to_vec())]).unwrap();
    }
    assert_eq!(stores.existing(), [PartitionId(1), PartitionId(3), PartitionId(300)]);
    stores.destroy(PartitionId(3)).unwrap();
    assert_eq!(stores.existing(), [PartitionId(1), PartitionId(300)]);
    assert_eq!(stores.open(PartitionId(3)).unwrap().pairs(b"").unwrap(), []);
    assert_eq!(stores.open(PartitionId(300)).unwrap().pairs(b"").unwrap(), [pair("a", "1")]);
}

#[test]
fn what_a_killed_replacement_left_counts_only_when_it_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = stores(dir.path()).open(PARTITION).unwrap();
    store.replace(vec![pair("old", "1")]).unwrap();
    drop(store);
    assert_eq!(names(dir.path()), ["00007-0000000002"]);

    // Killed while it was built: the old content is there and the rest goes.
    let replicas = dir.path().join("replicas");
    fs::create_dir(replicas.join("00007-0000000003.building")).unwrap();
    let store = stores(dir.path()).open(PARTITION).unwrap();
    assert_eq!(store.pairs(b"").unwrap(), [pair("old", "1")]);
    drop(store);
    assert_eq!(names(dir.path()), ["00007-0000000002"]);

    // Killed after it was finished, before the old one was removed: the new content is there.
    let mut other = stores(dir.path()).open(PartitionId(8)).unwrap();
    other.replace(vec![pair("new", "2")]).unwrap();
    drop(other);
    fs::rename(replicas.join("00008-0000000002"), replicas.join("00007-0000000003")).unwrap();
    let store = stores(dir.path()).open(PARTITION).unwrap();
    assert_eq!(store.pairs(b"").unwrap(), [pair("new", "2")]);
    assert_eq!(names(dir.path()), ["00007-0000000003"]);
}

#[test]
fn a_changed_byte_in_a_table_file_is_damage_and_giving_up_mends_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = stores(dir.path()).open(PARTITION).unwrap();
    store
        .replace((0..100).map(|i| pair(&format!("key{i}"), &"value".repeat(50))).collect())
        .unwrap();
    drop(store);
    let edition = dir.path().join("replicas/00007-0000000002");
    let tables = fs::read_dir(edition).unwrap().map(|entry| entry.unwrap().path());
    let table =
        tables.into_iter().find(|path| path.extension().is_some_and(|e| e == "sst")).unwrap();
    let mut bytes = fs::read(&table).unwrap();
    bytes[100] ^= 1;
    fs::write(&table, bytes).unwrap();
    let mut stores = stores(dir.path());
    let read = stores.open(PARTITION).and_then(|store| store.pairs(b""));
    assert_eq!(read, Err(KvError::Damaged));
    stores.destroy(PARTITION).unwrap();
    assert_eq!(stores.open(PARTITION).unwrap().pairs(b"").unwrap(), []);
}
