//! One probe against replicas, with exact counts.

use crate::bytes::Payload;
use crate::identity::{EncounterId, Epoch, Generation, LogIndex, NodeId, PartitionId, PersonId};
use crate::record::{EncounterState, GalleryId, Record};

/// Which records a scan looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Only active ones; else pending and held ones too, as a duplicate check needs.
    pub active_only: bool,
    /// Only those of one gallery.
    pub gallery: Option<GalleryId>,
}

impl Scope {
    /// Whether a record is eligible.
    pub fn admits(self, record: &Record) -> bool {
        (!self.active_only || record.state == EncounterState::Active)
            && self.gallery.is_none_or(|gallery| record.galleries.contains(gallery))
    }
}

/// Compares a probe with a stored payload; higher is more similar. The same two byte strings give
/// the same score on every machine.
pub trait Scorer {
    /// The score.
    fn score(&self, probe: &Payload, reference: &Payload) -> u32;
}

/// A partition to scan, and the placement that the asker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanTarget {
    /// The partition.
    pub partition: PartitionId,
    /// Epoch of its placement.
    pub epoch: Epoch,
}

/// Asks a node to scan some of its replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRequest {
    /// The generation of the asker.
    pub generation: Generation,
    /// Start of the asker: an answer to what it asked before a restart is not one to what it asks
    /// now under the same number.
    pub boot: u64,
    /// Tells answers apart; unique per coordinator since its start.
    pub scan: u64,
    /// What to scan.
    pub targets: Vec<ScanTarget>,
    /// A replica answers from a state at or past this index, or not at all.
    pub min_index: LogIndex,
    /// What to compare with.
    pub probe: Payload,
    /// Which records.
    pub scope: Scope,
    /// Lowest score to return.
    pub threshold: u32,
    /// Most hits to return per partition.
    pub hits_max: u32,
    /// When the answer is worth nothing any more, in milliseconds of the asker's wait.
    pub budget_ms: u64,
}

/// An encounter that reached the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its score.
    pub score: u32,
    /// Which.
    pub encounter: EncounterId,
    /// Whose.
    pub person: PersonId,
}

impl Hit {
    /// The order of every list of hits: score falling, then encounter rising.
    pub fn rank_key(&self) -> (std::cmp::Reverse<u32>, EncounterId) {
        (std::cmp::Reverse(self.score), self.encounter)
    }
}

/// What one replica found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionAnswer {
    /// The partition.
    pub partition: PartitionId,
    /// Epoch under which the node holds it.
    pub epoch: Epoch,
    /// The index whose state was scanned.
    pub snapshot_index: LogIndex,
    /// Records that the scope admits at that index.
    pub eligible: u32,
    /// Records compared.
    pub scanned: u32,
    /// Best first, [`Hit::rank_key`].
    pub hits: Vec<Hit>,
    /// Whether more hits reached the threshold than were returned.
    pub is_truncated: bool,
}

/// Why a replica does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanFault {
    /// The node does not hold the partition under the epoch asked for.
    NotHere,
    /// It did not reach the index within the budget.
    Behind,
}

/// What a node answers to a [`ScanRequest`], possibly in several parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanAnswer {
    /// The generation of the node.
    pub generation: Generation,
    /// Who answers.
    pub node: NodeId,
    /// Start of the asker.
    pub boot: u64,
    /// Of which request.
    pub scan: u64,
    /// By partition.
    pub answers: Vec<PartitionAnswer>,
    /// Partitions without an answer.
    pub faults: Vec<(PartitionId, ScanFault)>,
}
