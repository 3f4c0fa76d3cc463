//! Records of a segment, and where a segment ends.

use crate::raft::{HardState, LogEntry, SnapshotHeader};
use replication::{Code, CodecError, Mutation, Reader, code_enum, code_struct, is_mutated};
use sha2::{Digest, Sha256};

/// Length and CRC.
const FRAME_BYTES: usize = 8;
/// Sequence number, synced, chain.
const FIXED_BYTES: usize = 32;
/// No record is longer.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// The chain of hashes up to a record.
pub(super) type Chain = [u8; 16];

/// Placement of the log after a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SnapshotPoint {
    pub(super) header: SnapshotHeader,
    /// Whether entries after it are dropped too: it came from the leader.
    pub(super) is_reset: bool,
}

code_struct!(SnapshotPoint { header, is_reset });

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Entry(LogEntry),
    HardState(HardState),
    Snapshot(SnapshotPoint),
    /// Says only what is synced.
    Seal(u8),
}

code_enum!(Body, "a log record" { 1 => Entry, 2 => HardState, 3 => Snapshot, 4 => Seal });

/// Where writing goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cursor {
    /// Sequence number of the latest record.
    pub(super) sequence: u64,
    /// Latest record known to be synced.
    pub(super) synced: u64,
    /// Chain at the latest record.
    pub(super) chain: Chain,
}

impl Cursor {
    /// Appends a record to `bytes` and moves on.
    pub(super) fn write(&mut self, body: &Body, bytes: &mut Vec<u8>) {
        let body = body.encode();
        self.sequence += 1;
        self.chain = link(&self.chain, self.sequence, self.synced, &body);
        let mut content = Vec::with_capacity(FIXED_BYTES + body.len());
        content.extend_from_slice(&self.sequence.to_le_bytes());
        content.extend_from_slice(&self.synced.to_le_bytes());
        content.extend_from_slice(&self.chain);
        content.extend_from_slice(&body);
        bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&content).to_le_bytes());
        bytes.extend_from_slice(&content);
    }
}

fn link(before: &Chain, sequence: u64, synced: u64, body: &[u8]) -> Chain {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(sequence.to_le_bytes());
    hasher.update(synced.to_le_bytes());
    hasher.update(body);
    hasher.finalize().first_chunk().copied().unwrap_or_default()
}

struct Frame<'a> {
    sequence: u64,
    synced: u64,
    chain: Chain,
    body: &'a [u8],
    /// Bytes of the whole record.
    bytes: usize,
}

/// The record at the start of `bytes`, if its frame and checksum are sound.
fn frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let mut reader = Reader::new(bytes);
    let (length, crc) = (reader.get::<u32>().ok()? as usize, reader.get::<u32>().ok()?);
    if !(FIXED_BYTES..=RECORD_BYTES_MAX).contains(&length) {
        return None;
    }
    let content = reader.raw(length).ok()?;
    if crc32fast::hash(content) != crc {
        return None;
    }
    let mut fields = Reader::new(content);
    Some(Frame {
        sequence: fields.get().ok()?,
        synced: fields.get().ok()?,
        chain: *fields.raw(16).ok()?.first_chunk()?,
        body: &content[FIXED_BYTES..],
        bytes: FRAME_BYTES + length,
    })
}

/// Where a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanEnd {
    /// With its last record.
    Whole,
    /// With an unfinished record at this offset, which no later one calls synced.
    Torn(usize),
    /// There is damage at this offset.
    Damaged(usize),
}

/// What reading a segment gave.
pub(super) struct Scanned {
    pub(super) bodies: Vec<Body>,
    pub(super) cursor: Cursor,
    pub(super) end: ScanEnd,
}

/// Reads the records of a segment that starts after `cursor`.
pub(super) fn read(bytes: &[u8], mut cursor: Cursor) -> Scanned {
    let mut bodies = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match next(&bytes[at..], cursor) {
            Some((body, after, length)) => {
                bodies.push(body);
                (cursor, at) = (after, at + length);
            }
            None => {
                let end = end_at(bytes, at, cursor.sequence + 1);
                return Scanned { bodies, cursor, end };
            }
        }
    }
    Scanned { bodies, cursor, end: ScanEnd::Whole }
}

fn next(bytes: &[u8], cursor: Cursor) -> Option<(Body, Cursor, usize)> {
    let Frame { sequence, synced, chain, body, bytes } = frame(bytes)?;
    let expected = link(&cursor.chain, sequence, synced, body);
    if sequence != cursor.sequence + 1 || chain != expected {
        return None;
    }
    let body = Body::decode(body).ok()?;
    Some((body, Cursor { sequence, synced, chain }, bytes))
}

fn end_at(bytes: &[u8], at: usize, sequence: u64) -> ScanEnd {
    let was_synced = says_synced(&bytes[at + 1..], sequence);
    let taken_for_torn = is_mutated(Mutation::DamageTakenForTornTail);
    if was_synced && !taken_for_torn { ScanEnd::Damaged(at) } else { ScanEnd::Torn(at) }
}

/// Whether any record in these bytes says that the record `sequence` was synced.
pub(super) fn says_synced(bytes: &[u8], sequence: u64) -> bool {
    (0..bytes.len()).filter_map(|at| frame(&bytes[at..])).any(|later| later.synced >= sequence)
}

/// How the bytes of a first segment, header aside, end. For fuzzing.
///
/// # Errors
/// Never; the type leaves room for header errors.
pub fn scan(bytes: &[u8]) -> Result<ScanEnd, CodecError> {
    Ok(read(bytes, Cursor::default()).end)
}
