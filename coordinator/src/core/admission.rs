//! What is taken from clients, so that what was taken is answered in time.
//!
//! Whoever is refused hears so at once and changed nothing; whoever waits behind more than can be
//! done in time would only make others late, too. So little is under way at a time: a few
//! milliseconds of work of a fast cluster, and less than a second of a slow one. Enrollments are
//! also refused while replicas are far behind what is committed, because every search has to wait
//! for them. What a coordinator does by itself, and erasures, are never refused.

use super::bytes_of;
use crate::catalog::{Catalog, PartitionRow};
use crate::command::Command;
use crate::view::View;
use replication::{CoordinatorId, PartitionId};
use std::collections::BTreeMap;

/// Limits of one coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Most bytes of clients' commands that are under way to being applied; one always fits.
    pub under_way_bytes_max: usize,
    /// Most searches at a time.
    pub searches_max: usize,
    /// Most records that replicas have yet to take in, for each partition; the best live replica
    /// of a partition counts.
    pub behind_max: u64,
}

impl Default for AdmissionLimits {
    /// 1 MiB under way, 64 searches, 64 records of every partition behind.
    fn default() -> Self {
        Self { under_way_bytes_max: 1 << 20, searches_max: 64, behind_max: 64 }
    }
}

/// What is under way, and how far replicas are behind.
#[derive(Debug, Default)]
pub(super) struct Admission {
    /// Bytes by the number of the command.
    under_way: BTreeMap<u64, usize>,
    bytes: usize,
    leader: Option<CoordinatorId>,
    /// Records that the best replicas lack, all partitions together, at the latest tick.
    behind: u64,
    partitions: u64,
}

impl Admission {
    /// Looks how replicas stand. What was given to another leader may be lost with it, and is
    /// waited for no more.
    pub(super) fn look(
        &mut self,
        catalog: &Catalog,
        view: &View,
        leader: Option<CoordinatorId>,
        now: u64,
    ) {
        if self.leader != leader {
            *self = Self { leader, ..Self::default() };
        }
        let behind = |(id, row)| records_behind(catalog, view, id, row, now);
        self.behind = catalog.partitions().map(behind).sum();
        self.partitions = catalog.partitions().count() as u64;
    }

    /// Whether a command of a client is taken.
    pub(super) fn admits(&self, command: &Command, limits: AdmissionLimits) -> bool {
        match command {
            Command::Erase(_) => true,
            Command::Enroll(_) if self.behind > limits.behind_max * self.partitions => false,
            _ => self.bytes == 0 || self.bytes + bytes_of(command) <= limits.under_way_bytes_max,
        }
    }

    /// A command of a client is under way.
    pub(super) fn took(&mut self, sequence: u64, bytes: usize) {
        self.under_way.insert(sequence, bytes);
        self.bytes += bytes;
    }

    /// It was applied, or nobody waits for it any more.
    pub(super) fn ended(&mut self, sequence: u64) {
        self.bytes -= self.under_way.remove(&sequence).unwrap_or(0);
    }
}

/// Records that the best live replica of a partition lacks, as far as known; none when no replica
/// is live, as nobody is to wait for those.
fn records_behind(
    catalog: &Catalog,
    view: &View,
    partition: PartitionId,
    row: &PartitionRow,
    now: u64,
) -> u64 {
    let reports = row.placement.replicas.keys();
    let reached = reports.filter_map(|node| view.replica(*node, partition, now));
    let best = reached.map(|report| report.searchable.min(catalog.applied())).max();
    let held = best.and_then(|index| catalog.summary_at(partition, index));
    held.map_or(0, |held| u64::from(row.summary.alive.saturating_sub(held.alive)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{DedupPolicy, Enroll, Erase, ErasureTarget};
    use replication::{EncounterId, GallerySet, PersonId};

    const LIMITS: AdmissionLimits =
        AdmissionLimits { under_way_bytes_max: 10_000, searches_max: 1, behind_max: 64 };

    fn enroll(payload_bytes: usize) -> Command {
        Command::Enroll(Enroll {
            encounter: EncounterId(1),
            person: PersonId(1),
            galleries: GallerySet(1),
            content: [0; 32],
            payload: vec![0; payload_bytes].into(),
            wrapped_key: None,
            dedup: DedupPolicy::Skip,
        })
    }

    fn erase() -> Command {
        let target = ErasureTarget::Person(PersonId(1));
        Command::Erase(Erase { target, basis: 1, requester: 1, approver: None })
    }

    #[test]
    fn what_is_under_way_is_bounded_and_room_comes_back() {
        let mut admission = Admission::default();
        let large = enroll(20_000);
        assert!(admission.admits(&large, LIMITS), "one always fits");
        admission.took(1, bytes_of(&large));
        assert!(!admission.admits(&enroll(10), LIMITS));
        admission.ended(1);
        admission.ended(1);
        admission.took(2, bytes_of(&enroll(9_000)));
        assert!(admission.admits(&enroll(10), LIMITS));
        assert!(!admission.admits(&enroll(1_000), LIMITS));
        assert!(admission.admits(&erase(), LIMITS), "erasures are never refused");
    }

    #[test]
    fn enrollments_wait_for_replicas_that_are_far_behind() {
        let at = |behind| Admission { behind, partitions: 2, ..Admission::default() };
        assert!(at(128).admits(&enroll(10), LIMITS));
        assert!(!at(129).admits(&enroll(10), LIMITS));
        assert!(at(129).admits(&erase(), LIMITS));
    }
}
