//! What is taken from clients, so that what was taken is answered in time and can be kept.
//!
//! Whoever is refused hears so at once and changed nothing; whoever waits behind more than can be
//! done in time would only make others late, too. So little is under way at a time: a few
//! milliseconds of work of a fast cluster, and less than a second of a slow one. Enrollments are
//! also refused while replicas are far behind what is committed, because every search has to wait
//! for them, and while a disk that they would go to is nearly full, because a process whose disk is
//! full ends. Searches are refused by lane: the less urgent, the earlier. What a coordinator does
//! by itself, and erasures, are never refused.

use super::{Coordinator, bytes_of};
use crate::catalog::{Catalog, PartitionRow};
use crate::command::Command;
use crate::message::{Output, PeerMessage, Unavailable};
use crate::raft::Role;
use crate::view::View;
use replication::{CoordinatorId, DiskRoom, Lane, PartitionId};
use std::collections::{BTreeMap, BTreeSet};

/// A leader whose disk is nearly full says so this often.
const SAY_SCARCE_EVERY_MS: u64 = 1_000;
/// Who has not heard so from the leader for so long takes enrollments again.
const SCARCE_FOR_MS: u64 = 3_000;

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

impl AdmissionLimits {
    /// Searches at a time beyond which one of this lane is refused; at least one.
    pub fn searches_max_of(&self, lane: Lane) -> usize {
        let share = match lane {
            Lane::Batch => self.searches_max / 2,
            Lane::Check | Lane::Standard => self.searches_max - self.searches_max / 8,
            Lane::Urgent => self.searches_max,
        };
        share.max(1)
    }
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
    /// Partitions of which a replica is on a disk that is nearly full, at the latest tick.
    scarce: BTreeSet<PartitionId>,
    disks: Disks,
}

/// What is known of the disks of coordinators.
#[derive(Debug, Default, Clone, Copy)]
struct Disks {
    own: Option<DiskRoom>,
    said_at: Option<u64>,
    /// Until then the leader's counts as nearly full.
    leader_scarce_until: u64,
    now: u64,
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
            *self = Self { leader, disks: self.disks, ..Self::default() };
            self.disks.leader_scarce_until = 0;
        }
        self.disks.now = now;
        let is_scarce = |row: &PartitionRow| {
            let mut nodes = row.placement.replicas.keys().filter_map(|node| view.live(*node, now));
            nodes.any(|report| report.disk.is_some_and(|disk| disk.is_scarce()))
        };
        let scarce = catalog.partitions().filter(|(_, row)| is_scarce(row));
        self.scarce = scarce.map(|(partition, _)| partition).collect();
        let behind = |(id, row)| records_behind(catalog, view, id, row, now);
        self.behind = catalog.partitions().map(behind).sum();
        self.partitions = catalog.partitions().count() as u64;
    }

    /// Takes a command of a client or says why not. `home` is the partition of an enrollment.
    pub(super) fn admit(
        &self,
        command: &Command,
        home: Option<PartitionId>,
        limits: AdmissionLimits,
    ) -> Result<(), Unavailable> {
        if matches!(command, Command::Erase(_)) {
            return Ok(());
        }
        if let Some(home) = home {
            if self.is_disk_scarce() || self.scarce.contains(&home) {
                return Err(Unavailable::DiskScarce);
            }
            if self.behind > limits.behind_max * self.partitions {
                return Err(Unavailable::Overloaded);
            }
        }
        match self.bytes == 0 || self.bytes + bytes_of(command) <= limits.under_way_bytes_max {
            true => Ok(()),
            false => Err(Unavailable::Overloaded),
        }
    }

    /// Whether the disk here or that of the leader is nearly full.
    fn is_disk_scarce(&self) -> bool {
        self.disks.own.is_some_and(|disk| disk.is_scarce())
            || self.disks.now < self.disks.leader_scarce_until
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

impl Coordinator {
    pub(super) fn on_disk(&mut self, disk: DiskRoom) {
        self.admission.disks.own = Some(disk);
    }

    /// The room on the disk of this coordinator, when its shell last looked.
    pub fn disk(&self) -> Option<DiskRoom> {
        self.admission.disks.own
    }

    pub(super) fn on_leader_scarce(&mut self, from: CoordinatorId, now: u64) {
        if self.member.leader() == Some(from) {
            self.admission.disks.leader_scarce_until = now + SCARCE_FOR_MS;
        }
    }

    /// A leader whose disk is nearly full lets the others refuse what it would have to log.
    pub(super) fn say_scarce(&mut self, now: u64, out: &mut Vec<Output>) {
        let disks = &mut self.admission.disks;
        let is_due = disks.said_at.is_none_or(|at| now >= at + SAY_SCARCE_EVERY_MS);
        let is_scarce = disks.own.is_some_and(|disk| disk.is_scarce());
        if self.member.role() != Role::Leader || !is_scarce || !is_due {
            return;
        }
        disks.said_at = Some(now);
        let me = self.member.id();
        let membership = self.member.membership();
        let others = membership.voters.iter().filter(|id| **id != me);
        out.extend(others.map(|id| Output::Peer(*id, PeerMessage::DiskScarce)));
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
        let admits = |admission: &Admission, command: &Command| {
            admission.admit(command, Some(PartitionId(0)), LIMITS).is_ok()
        };
        assert!(admits(&admission, &large), "one always fits");
        admission.took(1, bytes_of(&large));
        assert!(!admits(&admission, &enroll(10)));
        admission.ended(1);
        admission.ended(1);
        admission.took(2, bytes_of(&enroll(9_000)));
        assert!(admits(&admission, &enroll(10)));
        assert!(!admits(&admission, &enroll(1_000)));
        assert!(admission.admit(&erase(), None, LIMITS).is_ok(), "erasures are never refused");
    }

    #[test]
    fn enrollments_wait_for_replicas_that_are_far_behind() {
        let at = |behind| Admission { behind, partitions: 2, ..Admission::default() };
        let enrolls = |behind| at(behind).admit(&enroll(10), Some(PartitionId(0)), LIMITS);
        assert_eq!([128, 129].map(enrolls), [Ok(()), Err(Unavailable::Overloaded)]);
        assert!(at(129).admit(&erase(), None, LIMITS).is_ok());
    }

    #[test]
    fn enrollments_are_refused_while_a_disk_that_they_would_go_to_is_nearly_full() {
        let (here, there) = (PartitionId(1), PartitionId(2));
        let enrolls =
            |admission: &Admission, home| admission.admit(&enroll(10), Some(home), LIMITS);
        let refused = Err(Unavailable::DiskScarce);
        let of_node = Admission { scarce: BTreeSet::from([here]), ..Admission::default() };
        assert_eq!([here, there].map(|home| enrolls(&of_node, home)), [refused, Ok(())]);
        let own = Some(DiskRoom { free: 99, total: 1000 });
        let disks = Disks { own, ..Disks::default() };
        let of_coordinator = Admission { disks, ..Admission::default() };
        assert_eq!(enrolls(&of_coordinator, there), refused);
        assert!(of_coordinator.admit(&erase(), None, LIMITS).is_ok());
        let heard = |now| Disks { leader_scarce_until: 10, now, ..Disks::default() };
        let of_leader = |now| Admission { disks: heard(now), ..Admission::default() };
        assert_eq!([9, 10].map(|now| enrolls(&of_leader(now), there)), [refused, Ok(())]);
    }

    #[test]
    fn the_less_urgent_a_search_the_earlier_it_is_refused() {
        let limits = AdmissionLimits { searches_max: 64, ..LIMITS };
        let lanes = [Lane::Batch, Lane::Standard, Lane::Urgent];
        assert_eq!(lanes.map(|lane| limits.searches_max_of(lane)), [32, 56, 64]);
        assert_eq!(lanes.map(|lane| LIMITS.searches_max_of(lane)), [1; 3], "one is always taken");
    }
}
