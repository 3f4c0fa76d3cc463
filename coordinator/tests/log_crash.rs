//! A process that appends to the log in a folder is killed again and again, at any moment: every
//! entry that it had synced is there.
//!
//! Not run by the usual harness, because the program starts itself as the process to be killed.

#![allow(clippy::print_stdout, reason = "the two processes talk so")]

use coordinator::log::{FolderDisk, LogStorage};
use coordinator::raft::{
    EntryBody, HardState, LogEntry, Membership, SnapshotHeader, snapshot_digest,
};
use replication::{CoordinatorId, Payload};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const ROUNDS: usize = 25;
const SEGMENT_BYTES: usize = 4_000;
const SNAPSHOT_EVERY: u64 = 60;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn header(index: u64) -> SnapshotHeader {
    let membership = Membership::of([CoordinatorId(1)]);
    SnapshotHeader { index, term: 1, membership, digest: snapshot_digest(&content(index)) }
}

fn content(index: u64) -> Vec<u8> {
    index.to_be_bytes().repeat(100)
}

fn entry(index: u64) -> LogEntry {
    let body = EntryBody::Commands(Payload::from(vec![index as u8; 30 + index as usize % 90]));
    LogEntry { index, term: 1, body }
}

/// Opens the log and checks that entries and snapshot are those that were written.
fn checked(folder: &Path) -> Result<(LogStorage<FolderDisk>, u64)> {
    let (log, recovered, found) = LogStorage::open(FolderDisk::new(folder)?, SEGMENT_BYTES)?;
    let snapshot = recovered.snapshot.index;
    assert_eq!((&recovered.snapshot, found), (&header(snapshot), content(snapshot)));
    for (at, found) in recovered.entries.iter().enumerate() {
        assert_eq!(*found, entry(snapshot + 1 + at as u64));
    }
    Ok((log, snapshot + recovered.entries.len() as u64))
}

/// Appends for ever and tells what is safe.
fn write(folder: &Path) -> Result<()> {
    let (mut log, mut index) = checked(folder)?;
    loop {
        index += 1;
        let commit = HardState { term: 1, vote: 1, commit: index - 1 };
        log.append(vec![entry(index)], Some(commit))?;
        if index.is_multiple_of(3) {
            log.sync()?;
            println!("{index}");
        }
        if index.is_multiple_of(SNAPSHOT_EVERY) {
            log.sync()?;
            log.store_snapshot(header(index), &content(index), false)?;
        }
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == "write") {
        return write(Path::new(&arguments.next().ok_or("the folder is missing")?));
    }
    let dir = tempfile::tempdir()?;
    drop(LogStorage::found(FolderDisk::new(dir.path())?, SEGMENT_BYTES, header(1), &content(1))?);
    let mut last = 1;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("write")
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let told: u64 = lines.take(1 + round * 7919 % 41).last().ok_or("no line")??.parse()?;
        child.kill()?;
        child.wait()?;
        let (_, found) = checked(dir.path())?;
        assert!(found >= told && told > last, "{told} was synced and {found} is there");
        last = found;
    }
    println!("test a_log_survives_being_killed ({ROUNDS} times, {last} entries) ... ok");
    Ok(())
}
