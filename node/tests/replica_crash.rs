//! A process that writes to a replica's store is killed again and again, at any moment: what it had
//! synced is there, and what else is there is a beginning of what it wrote.
//!
//! Not run by the usual harness, because the program starts itself as the process to be killed.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]
#![allow(clippy::print_stdout, reason = "the two processes talk so")]

use node::{ReplicaStore, ReplicaStores};
use replication::{Change, Kv, Pair, PartitionId, Stores};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const ROUNDS: u64 = 25;
const SYNC_EVERY: u64 = 5;
const REPLACE_EVERY: u64 = 35;

fn open(folder: &Path) -> ReplicaStore {
    ReplicaStores::new(folder).unwrap().open(PartitionId(1)).unwrap()
}

/// The index applied, and that exactly the records up to it are there.
fn checked(store: &ReplicaStore) -> u64 {
    let applied = store.get(b"applied").unwrap();
    let applied = applied.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
    let expected: Vec<Pair> = (1..=applied).map(record).collect();
    assert!(store.pairs(b"r").unwrap() == expected, "not exactly the records up to {applied}");
    applied
}

fn record(index: u64) -> Pair {
    let key = [b"r".as_slice(), &index.to_be_bytes()].concat();
    (key, vec![index as u8; 200 + (index % 7) as usize * 100])
}

/// Writes for ever and tells what is safe.
fn write(folder: &Path) {
    let mut store = open(folder);
    let mut index = checked(&store);
    loop {
        index += 1;
        let (key, value) = record(index);
        let applied = Change::Put(b"applied".to_vec(), index.to_be_bytes().to_vec());
        store.write(vec![Change::Put(key, value), applied]).unwrap();
        if index.is_multiple_of(REPLACE_EVERY) {
            store.replace(store.pairs(b"").unwrap()).unwrap();
        } else if index.is_multiple_of(SYNC_EVERY) {
            store.sync().unwrap();
        } else {
            continue;
        }
        println!("{index}");
    }
}

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == "write") {
        return write(Path::new(&arguments.next().unwrap()));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut applied = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("write")
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = 1 + (round * 7919) as usize % 23;
        let told = lines.take(wanted).last().unwrap().unwrap().parse::<u64>().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = checked(&open(dir.path()));
        assert!(found >= told && told > applied, "{told} was synced and {found} is there");
        applied = found;
    }
    println!("test a_store_survives_being_killed ({ROUNDS} times, {applied} records) ... ok");
}
