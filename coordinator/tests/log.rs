//! The log on disk: what survives, what is cut, what is refused.

use coordinator::log::{Disk, LogError, LogStorage, MemoryDisk};
use coordinator::raft::{
    EntryBody, HardState, LogEntry, Membership, SnapshotHeader, snapshot_digest,
};
use replication::{CoordinatorId, Payload};

const SEGMENT_BYTES: usize = 600;

fn entry(index: u64, term: u64) -> LogEntry {
    let body = EntryBody::Commands(Payload::from(vec![index as u8; 40]));
    LogEntry { index, term, body }
}

fn header(index: u64, content: &[u8]) -> SnapshotHeader {
    let membership = Membership::of([CoordinatorId(1)]);
    SnapshotHeader { index, term: 1, membership, digest: snapshot_digest(content) }
}

fn commit(commit: u64) -> Option<HardState> {
    Some(HardState { term: 1, vote: 1, commit })
}

fn founded() -> LogStorage<MemoryDisk> {
    LogStorage::found(MemoryDisk::default(), SEGMENT_BYTES, header(1, b"one"), b"one")
        .expect("an empty disk takes a log")
}

fn indexes(disk: MemoryDisk) -> Result<Vec<u64>, LogError> {
    let (_, recovered, _) = LogStorage::open(disk, SEGMENT_BYTES)?;
    Ok(recovered.entries.iter().map(|entry| entry.index).collect())
}

fn segments(disk: &MemoryDisk) -> Vec<String> {
    disk.list().into_iter().filter(|name| name.starts_with("log-")).collect()
}

#[test]
fn what_was_synced_is_there_with_hard_state_and_snapshot() {
    let mut log = founded();
    for index in 2..40 {
        log.append(vec![entry(index, 1)], commit(index - 1)).unwrap();
        log.sync().unwrap();
    }
    let disk = log.into_disk();
    assert!(segments(&disk).len() > 3);
    let (_, recovered, content) = LogStorage::open(disk, SEGMENT_BYTES).unwrap();
    assert_eq!(recovered.entries.len(), 38);
    assert_eq!(recovered.hard_state, HardState { term: 1, vote: 1, commit: 38 });
    assert_eq!((recovered.snapshot, content), (header(1, b"one"), b"one".to_vec()));
}

#[test]
fn an_entry_at_a_known_index_takes_the_place_of_it_and_of_all_after_it() {
    let mut log = founded();
    log.append((2..6).map(|index| entry(index, 1)).collect(), None).unwrap();
    log.append(vec![entry(3, 2)], None).unwrap();
    log.sync().unwrap();
    let (_, recovered, _) = LogStorage::open(log.into_disk(), SEGMENT_BYTES).unwrap();
    assert_eq!(recovered.entries, [entry(2, 1), entry(3, 2)]);
}

/// Cut at every byte after the last sync, the log opens with everything synced.
#[test]
fn a_torn_end_is_cut_at_every_length() {
    let mut log = founded();
    log.append(vec![entry(2, 1), entry(3, 1)], commit(2)).unwrap();
    log.sync().unwrap();
    let synced = log.into_disk();
    let last = segments(&synced).pop().unwrap();
    let synced_bytes = synced.0[&last].len();
    let (mut log, ..) = LogStorage::open(synced, usize::MAX).unwrap();
    log.append(vec![entry(4, 1)], commit(3)).unwrap();
    log.sync().unwrap();
    log.append(vec![entry(5, 1), entry(6, 1)], None).unwrap();
    let disk = log.into_disk();
    let last = segments(&disk).pop().unwrap();
    let whole = disk.0[&last].len();
    assert!(whole > 100 && synced_bytes > 100);
    let mut seen = std::collections::BTreeSet::new();
    for bytes in 0..=whole {
        let mut torn = disk.clone();
        torn.truncate(&last, bytes as u64).unwrap();
        let indexes = indexes(torn).unwrap();
        assert!(indexes.starts_with(&[2, 3]), "{indexes:?} at {bytes}");
        seen.insert(indexes.len());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [2, 3, 4, 5]);
}

/// Every flipped bit before the last seal is refused; nothing is silently forgotten.
#[test]
fn a_flipped_bit_of_what_was_synced_is_refused() {
    let mut log = founded();
    for index in 2..12 {
        log.append(vec![entry(index, 1)], commit(index - 1)).unwrap();
        log.sync().unwrap();
    }
    // Opening begins a segment, whose header and records seal everything before it.
    let (log, ..) = LogStorage::open(log.into_disk(), SEGMENT_BYTES).unwrap();
    let disk = log.into_disk();
    let names = segments(&disk);
    for name in &names[..names.len() - 1] {
        for bit in (0..disk.0[name].len() * 8).step_by(5) {
            let mut flipped = disk.clone();
            flipped.0.get_mut(name).unwrap()[bit / 8] ^= 1 << (bit % 8);
            let opened = indexes(flipped);
            let refused = matches!(opened, Err(LogError::Damaged { .. }));
            assert!(refused, "bit {bit} of {name}: {opened:?}");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_middle_of_the_last_segment_is_refused() {
    let mut log = LogStorage::found(MemoryDisk::default(), 1 << 20, header(1, b"x"), b"x").unwrap();
    for index in 2..6 {
        log.append(vec![entry(index, 1)], commit(index - 1)).unwrap();
        log.sync().unwrap();
    }
    let disk = log.into_disk();
    let last = segments(&disk).pop().unwrap();
    // The records of the last sync are sealed by the seal that follows them.
    let seal_bytes = 8 + 32 + 2;
    for bit in (0..(disk.0[&last].len() - seal_bytes) * 8).step_by(3) {
        let mut flipped = disk.clone();
        flipped.0.get_mut(&last).unwrap()[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(indexes(flipped), Err(LogError::Damaged { .. })), "bit {bit}");
    }
}

#[test]
fn a_missing_segment_is_refused() {
    let mut log = founded();
    for index in 2..40 {
        log.append(vec![entry(index, 1)], commit(index - 1)).unwrap();
        log.sync().unwrap();
    }
    let disk = log.into_disk();
    let names = segments(&disk);
    for name in &names[..names.len() - 1] {
        let mut missing = disk.clone();
        missing.0.remove(name);
        assert!(indexes(missing).is_err(), "without {name}");
    }
}

#[test]
fn a_snapshot_lets_go_of_segments_and_the_rest_opens_after_it() {
    let mut log = founded();
    for index in 2..40 {
        log.append(vec![entry(index, 1)], commit(index - 1)).unwrap();
        log.sync().unwrap();
    }
    log.store_snapshot(header(30, b"thirty"), b"thirty", false).unwrap();
    log.append(vec![entry(40, 1)], commit(39)).unwrap();
    log.sync().unwrap();
    let disk = log.into_disk();
    assert!(!disk.0.contains_key("snapshot-00000000000000000001"));
    let (_, recovered, content) = LogStorage::open(disk.clone(), SEGMENT_BYTES).unwrap();
    assert_eq!(content, b"thirty");
    assert_eq!(recovered.snapshot.index, 30);
    let found: Vec<u64> = recovered.entries.iter().map(|entry| entry.index).collect();
    assert_eq!(found, (31..=40).collect::<Vec<_>>());
    let mut changed = disk;
    changed.0.get_mut("snapshot-00000000000000000030").unwrap()[0] ^= 1;
    assert!(matches!(indexes(changed), Err(LogError::Damaged { .. })));
}

#[test]
fn a_snapshot_from_the_leader_takes_the_place_of_all_entries() {
    let mut log = founded();
    log.append((2..9).map(|index| entry(index, 1)).collect(), None).unwrap();
    log.sync().unwrap();
    log.store_snapshot(header(5, b"five"), b"five", true).unwrap();
    log.append(vec![entry(6, 3)], None).unwrap();
    log.sync().unwrap();
    let (_, recovered, _) = LogStorage::open(log.into_disk(), SEGMENT_BYTES).unwrap();
    assert_eq!(recovered.entries, [entry(6, 3)]);
}

#[test]
fn an_empty_disk_is_no_log() {
    assert!(indexes(MemoryDisk::default()).is_err());
}
