//! One probe against replicas, with exact counts.

use crate::bytes::Payload;
use crate::cut::{CoarseKey, Cut};
use crate::identity::{EncounterId, Epoch, Generation, LogIndex, NodeId, PartitionId, PersonId};
use crate::record::{EncounterState, GalleryId, GallerySet, Record};
use std::cmp::Reverse;
use std::collections::BTreeSet;

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
        self.admits_all(record.state, record.galleries)
    }

    /// Whether all records of a state in these galleries are eligible; if not, none is.
    pub fn admits_all(self, state: EncounterState, galleries: GallerySet) -> bool {
        (!self.active_only || state == EncounterState::Active)
            && self.gallery.is_none_or(|gallery| galleries.contains(gallery))
    }
}

/// A partition to scan, and the placement that the asker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanTarget {
    /// The partition.
    pub partition: PartitionId,
    /// Epoch of its placement.
    pub epoch: Epoch,
}

/// What goes first when there is too much to do; later ones before earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Nobody waits for it today.
    Batch,
    /// A duplicate check; meanwhile the enrollment is pending.
    Check,
    /// Somebody waits.
    Standard,
    /// Somebody waits at a border or a scene.
    Urgent,
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
    /// Of these encounters alone, as a verification needs; of all when none is named.
    pub only: BTreeSet<EncounterId>,
    /// How many of the whole gallery go on.
    pub cut: Cut,
    /// What waits for it.
    pub lane: Lane,
    /// When the answer is worth nothing any more, in milliseconds of the asker's wait.
    pub budget_ms: u64,
}

/// An encounter that may be among the best of the whole gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its coarse score, by which the first cut is made.
    pub coarse: u32,
    /// Its fine score, by which the second cut is made.
    pub fine: u32,
    /// Its score, 0 when it is not alike at all; `None` when others of the same scan keep it out of
    /// the second cut.
    pub score: Option<u32>,
    /// How rare it is that a stranger has such a score, in thousandths of the negative decimal
    /// logarithm of the probability. Scores of more fingers are higher; this compares them.
    pub rarity: u32,
    /// Which.
    pub encounter: EncounterId,
    /// Whose.
    pub person: PersonId,
}

impl Hit {
    /// The order of the first cut: coarse score falling, then encounter rising.
    pub fn coarse_key(&self) -> CoarseKey {
        CoarseKey { coarse: self.coarse, encounter: self.encounter }
    }

    /// The order of every ranked list: score falling, then encounter rising.
    pub fn rank_key(&self) -> (Reverse<Option<u32>>, EncounterId) {
        (Reverse(self.score), self.encounter)
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
    /// Those that may be among the best of the whole gallery, in the order of [`Hit::coarse_key`].
    pub hits: Vec<Hit>,
    /// The last place that made the node's first cut, when anything was left out by it.
    pub cut_at: Option<CoarseKey>,
}

/// Why a replica does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanFault {
    /// The node does not hold the partition under the epoch asked for.
    NotHere,
    /// It did not reach the index, or the end of the scan, within the budget.
    Behind,
    /// The probe is not one that it can read.
    Unreadable,
    /// What it scans with failed.
    Failed,
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
