//! The files of a coordinator: log segments and snapshots.
//!
//! `log-` and the sequence number before it: a header (magic, version, where the chain stands,
//! CRC), then records. Every segment opens with the hard state and the snapshot point, so that
//! those before it can go. `snapshot-` and an index: the catalog there.

use super::disk::{Disk, DiskError};
use super::record::{Body, Cursor, ScanEnd, Scanned, SnapshotPoint, read, says_synced};
use crate::raft::{HardState, LogEntry, Recovered, SnapshotHeader, snapshot_digest};
use replication::{Code, LogIndex, Mutation, Reader, code_struct, is_mutated};
use thiserror::Error;

const MAGIC: u64 = u64::from_le_bytes(*b"tanbalog");
const VERSION: u8 = 1;
/// Magic, version, sequence number, synced, chain, CRC.
const HEADER_BYTES: usize = 8 + 1 + 8 + 8 + 16 + 4;
const TEMPORARY: &str = "incoming";

/// Why a log cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogError {
    /// The disk failed.
    #[error("the disk of the log failed: {0}")]
    Disk(#[from] DiskError),
    /// Bytes that were synced are not what was written. This member may have promised what it no
    /// longer knows: replace it.
    #[error("{file} is damaged at byte {at}: replace this coordinator by a new one")]
    Damaged {
        /// Which file.
        file: String,
        /// Where.
        at: usize,
    },
    /// A later release wrote it.
    #[error("{file} has format version {version}, which this release does not know")]
    Version {
        /// Which file.
        file: String,
        /// Its version.
        version: u8,
    },
}

#[derive(Debug)]
struct Segment {
    name: String,
    /// Highest index of an entry in it.
    last_index: LogIndex,
}

struct Header {
    magic: u64,
    version: u8,
    sequence: u64,
    synced: u64,
    chain: [u8; 16],
}

code_struct!(Header { magic, version, sequence, synced, chain });

/// The log of one coordinator.
#[derive(Debug)]
pub struct LogStorage<D> {
    disk: D,
    segment_bytes: usize,
    segments: Vec<Segment>,
    written_bytes: usize,
    cursor: Cursor,
    hard_state: HardState,
    snapshot: SnapshotHeader,
    is_dirty: bool,
}

fn segment_name(sequence: u64) -> String {
    format!("log-{sequence:020}")
}

fn snapshot_name(index: LogIndex) -> String {
    format!("snapshot-{index:020}")
}

impl<D: Disk> LogStorage<D> {
    /// Starts a log on an empty disk, after a snapshot.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn found(
        disk: D,
        segment_bytes: usize,
        header: SnapshotHeader,
        content: &[u8],
    ) -> Result<Self, LogError> {
        let mut storage = Self::empty(disk, segment_bytes);
        let (term, commit) = (header.term, header.index);
        storage.hard_state = HardState { term, vote: 0, commit };
        storage.write_snapshot(&header, content)?;
        storage.snapshot = header;
        storage.roll()?;
        storage.sync()?;
        Ok(storage)
    }

    /// Starts a log on the empty disk of a member that is to learn everything from the others.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn join(disk: D, segment_bytes: usize) -> Result<Self, LogError> {
        let mut storage = Self::empty(disk, segment_bytes);
        storage.roll()?;
        storage.sync()?;
        Ok(storage)
    }

    fn empty(disk: D, segment_bytes: usize) -> Self {
        Self {
            disk,
            segment_bytes,
            segments: Vec::new(),
            written_bytes: 0,
            cursor: Cursor::default(),
            hard_state: HardState::default(),
            snapshot: SnapshotHeader::default(),
            is_dirty: false,
        }
    }

    /// Reads a log; returns it with what it holds and the content of its snapshot, which is empty
    /// for a member that has none yet. A torn end is cut.
    ///
    /// # Errors
    /// When it is damaged, or the disk fails.
    pub fn open(disk: D, segment_bytes: usize) -> Result<(Self, Recovered, Vec<u8>), LogError> {
        let mut storage = Self::empty(disk, segment_bytes);
        let names: Vec<String> =
            storage.disk.list().into_iter().filter(|name| name.starts_with("log-")).collect();
        let mut recovered = Recovered::default();
        for (n, name) in names.iter().enumerate() {
            let is_last = n + 1 == names.len();
            storage.read_segment(name, n == 0, is_last, &mut recovered)?;
        }
        if storage.segments.is_empty() {
            return Err(LogError::Damaged { file: segment_name(0), at: 0 });
        }
        // The end may be torn between a snapshot point and the hard state that belongs to it.
        let (state, point) = (&mut recovered.hard_state, &recovered.snapshot);
        state.commit = state.commit.max(point.index);
        state.term = state.term.max(point.term);
        storage.hard_state = recovered.hard_state;
        storage.snapshot = recovered.snapshot.clone();
        let content = storage.read_snapshot()?;
        if !recovered.is_sound() {
            let file = names.last().cloned().unwrap_or_default();
            return Err(LogError::Damaged { file, at: 0 });
        }
        // A new segment: nothing is appended to one whose end was in doubt. What was read is synced
        // first, for it may have been only in caches.
        for segment in &storage.segments {
            storage.disk.sync(&segment.name)?;
        }
        storage.roll()?;
        storage.sync()?;
        Ok((storage, recovered, content))
    }

    fn read_segment(
        &mut self,
        name: &str,
        is_first: bool,
        is_last: bool,
        recovered: &mut Recovered,
    ) -> Result<(), LogError> {
        let bytes = self.disk.read(name)?;
        let damaged = |at| LogError::Damaged { file: name.into(), at };
        let start = match header(&bytes) {
            Some((VERSION, start)) => start,
            Some((version, _)) => return Err(LogError::Version { file: name.into(), version }),
            // Killed while the segment was begun, and nothing in it says that it was synced.
            None if is_last && !is_first && !says_synced(&bytes, self.cursor.sequence + 1) => {
                return Ok(self.disk.remove(name)?);
            }
            None => return Err(damaged(0)),
        };
        let follows = start.sequence == self.cursor.sequence && start.chain == self.cursor.chain;
        if !is_first && !follows {
            return Err(damaged(0));
        }
        let Scanned { bodies, cursor, end } = read(&bytes[HEADER_BYTES..], start);
        match end {
            ScanEnd::Whole => {}
            ScanEnd::Torn(at) if is_last => {
                self.disk.truncate(name, (HEADER_BYTES + at) as u64)?;
            }
            ScanEnd::Torn(at) | ScanEnd::Damaged(at) => return Err(damaged(HEADER_BYTES + at)),
        }
        if bodies.is_empty() && !is_first {
            // The next segment will have this one's name.
            return Ok(self.disk.remove(name)?);
        }
        let mut last_index = 0;
        for body in bodies {
            if let Body::Entry(entry) = &body {
                last_index = last_index.max(entry.index);
            }
            recovered.replay(body);
        }
        self.cursor = cursor;
        self.segments.push(Segment { name: name.into(), last_index });
        Ok(())
    }

    fn read_snapshot(&self) -> Result<Vec<u8>, LogError> {
        if self.snapshot.index == 0 {
            return Ok(Vec::new());
        }
        let file = snapshot_name(self.snapshot.index);
        let content = match self.disk.read(&file) {
            Ok(content) => content,
            Err(DiskError::Missing) => return Err(LogError::Damaged { file, at: 0 }),
            Err(error) => return Err(error.into()),
        };
        if snapshot_digest(&content) != self.snapshot.digest {
            return Err(LogError::Damaged { file, at: 0 });
        }
        Ok(content)
    }

    /// Appends entries and hard state, unsynced.
    ///
    /// # Errors
    /// When the disk fails; the process must end.
    pub fn append(
        &mut self,
        entries: Vec<LogEntry>,
        hard_state: Option<HardState>,
    ) -> Result<(), LogError> {
        if self.written_bytes > self.segment_bytes {
            self.roll()?;
        }
        let mut bodies = Vec::with_capacity(entries.len() + 1);
        for entry in entries {
            if let Some(segment) = self.segments.last_mut() {
                segment.last_index = segment.last_index.max(entry.index);
            }
            bodies.push(Body::Entry(entry));
        }
        if let Some(state) = hard_state {
            self.hard_state = state;
            bodies.push(Body::HardState(state));
        }
        self.write(&bodies)
    }

    fn write(&mut self, bodies: &[Body]) -> Result<(), LogError> {
        let mut bytes = Vec::new();
        for body in bodies {
            self.cursor.write(body, &mut bytes);
        }
        self.append_bytes(&bytes)?;
        self.is_dirty = true;
        Ok(())
    }

    fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        let segment = self.segments.last().ok_or(DiskError::Missing)?;
        self.disk.append(&segment.name, bytes)?;
        self.written_bytes += bytes.len();
        Ok(())
    }

    /// Makes everything appended survive a crash, then says so in a seal.
    ///
    /// # Errors
    /// When the disk fails; the process must end.
    pub fn sync(&mut self) -> Result<(), LogError> {
        if !self.is_dirty {
            return Ok(());
        }
        let segment = self.segments.last().ok_or(DiskError::Missing)?;
        self.disk.sync(&segment.name)?;
        self.cursor.synced = self.cursor.sequence;
        let mut seal = Vec::new();
        self.cursor.write(&Body::Seal(0), &mut seal);
        self.append_bytes(&seal)?;
        self.is_dirty = false;
        Ok(())
    }

    /// Begins a segment, once the one before is synced to its last seal.
    fn roll(&mut self) -> Result<(), LogError> {
        if let Some(before) = self.segments.last() {
            self.disk.sync(&before.name)?;
            self.cursor.synced = self.cursor.sequence;
        }
        let Cursor { sequence, synced, chain } = self.cursor;
        let header = Header { magic: MAGIC, version: VERSION, sequence, synced, chain };
        let mut bytes = header.encode();
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        let name = segment_name(sequence);
        self.disk.append(&name, &bytes)?;
        self.segments.push(Segment { name, last_index: 0 });
        self.written_bytes = bytes.len();
        let point = SnapshotPoint { header: self.snapshot.clone(), is_reset: false };
        self.write(&[Body::HardState(self.hard_state), Body::Snapshot(point)])
    }

    /// Keeps a snapshot and lets go of everything before it. With `is_reset` it came from the
    /// leader, and the entries after it go too.
    ///
    /// Order: the content under a temporary name, sync, rename, the point in the log, sync; only
    /// then old segments and snapshots go.
    ///
    /// # Errors
    /// When the disk fails; the process must end.
    pub fn store_snapshot(
        &mut self,
        header: SnapshotHeader,
        content: &[u8],
        is_reset: bool,
    ) -> Result<(), LogError> {
        if is_mutated(Mutation::LogCutBeforeSnapshot) {
            self.roll()?;
            self.drop_segments(header.index)?;
        }
        self.write_snapshot(&header, content)?;
        if is_reset {
            self.hard_state.commit = header.index;
            self.hard_state.term = self.hard_state.term.max(header.term);
        }
        self.snapshot = header.clone();
        let index = header.index;
        let point = Body::Snapshot(SnapshotPoint { header, is_reset });
        self.write(&[point, Body::HardState(self.hard_state)])?;
        self.sync()?;
        self.roll()?;
        self.sync()?;
        self.drop_segments(index)?;
        self.drop_snapshots(index)
    }

    fn write_snapshot(&mut self, header: &SnapshotHeader, content: &[u8]) -> Result<(), LogError> {
        if self.disk.list().iter().any(|name| name == TEMPORARY) {
            self.disk.remove(TEMPORARY)?;
        }
        self.disk.append(TEMPORARY, content)?;
        self.disk.sync(TEMPORARY)?;
        Ok(self.disk.rename(TEMPORARY, &snapshot_name(header.index))?)
    }

    /// Drops segments from the oldest on, as long as all their entries are in the snapshot.
    fn drop_segments(&mut self, index: LogIndex) -> Result<(), LogError> {
        while self.segments.len() > 1 && self.segments[0].last_index <= index {
            let segment = self.segments.remove(0);
            self.disk.remove(&segment.name)?;
        }
        Ok(())
    }

    fn drop_snapshots(&mut self, index: LogIndex) -> Result<(), LogError> {
        let current = snapshot_name(index);
        let names = self.disk.list().into_iter();
        for name in names.filter(|name| name.starts_with("snapshot-") && *name != current) {
            self.disk.remove(&name)?;
        }
        Ok(())
    }

    /// The content of the latest snapshot, for a member that is behind.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn snapshot_content(&self) -> Result<(SnapshotHeader, Vec<u8>), LogError> {
        Ok((self.snapshot.clone(), self.read_snapshot()?))
    }

    /// Gives the disk back.
    pub fn into_disk(self) -> D {
        self.disk
    }
}

/// Version and position of a segment, if its header is sound.
fn header(bytes: &[u8]) -> Option<(u8, Cursor)> {
    let (fields, crc) = bytes.get(..HEADER_BYTES)?.split_last_chunk::<4>()?;
    if crc32fast::hash(fields) != u32::from_le_bytes(*crc) {
        return None;
    }
    let Header { magic, version, sequence, synced, chain } =
        Reader::new(fields).get::<Header>().ok()?;
    (magic == MAGIC).then_some((version, Cursor { sequence, synced, chain }))
}

impl Recovered {
    /// Index of the last entry, or of the snapshot.
    pub fn last_index(&self) -> LogIndex {
        self.entries.last().map_or(self.snapshot.index, |entry| entry.index)
    }

    /// Takes one record of the log into account.
    fn replay(&mut self, body: Body) {
        match body {
            Body::Seal(_) => {}
            Body::HardState(state) => self.hard_state = state,
            Body::Snapshot(SnapshotPoint { header, is_reset }) => {
                self.entries.retain(|entry| entry.index > header.index && !is_reset);
                self.snapshot = header;
            }
            Body::Entry(entry) => {
                // A segment may open with entries that a later snapshot point lets go of.
                while self.entries.last().is_some_and(|last| last.index >= entry.index) {
                    self.entries.pop();
                }
                if entry.index > self.snapshot.index {
                    self.entries.push(entry);
                }
            }
        }
    }

    /// Whether the entries follow the snapshot without a gap, up to what is committed.
    fn is_sound(&self) -> bool {
        let follow = (self.snapshot.index + 1..).zip(&self.entries);
        follow.into_iter().all(|(index, entry)| entry.index == index)
            && self.hard_state.commit <= self.last_index()
    }
}
