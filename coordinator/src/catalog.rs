//! The replicated state machine.
//!
//! [`Catalog::apply`] is total and deterministic: no clock, no chance, no I/O, no failure but an
//! entry of an unknown version. Everything that decides (is the id taken, was it erased, who is a
//! duplicate, where does a partition belong) is decided here, in the order of the log.

mod administration;
mod audit;
mod dedup;
mod enrollment;
mod erasure;
mod partition;
mod persons;
mod placement;
mod snapshot;

pub use audit::{Audit, AuditEvent, AuditRecord};
pub use enrollment::EncounterRow;
pub use erasure::ErasureRow;
pub use partition::{PartitionRow, StreamRead};
pub use persons::PersonRow;
pub use placement::{NodeRow, Placement};

use crate::command::{
    Batch, Command, FEATURE_LEVEL_MAX, Origin, Outcome, Policy, Refusal, WrappedKey,
};
use replication::{
    ClusterId, Code, CodecError, Effect, EncounterId, Generation, LogIndex, MarkKind, NodeId,
    PartitionId, Payload, PersonId, Scope, SetDigest, Summary, code_struct,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Where the founding state stands in the log.
pub const FOUNDED_AT: LogIndex = 1;
/// Marks that are remembered.
const MARKS_KEPT: usize = 16;

/// What a cluster is founded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Founding {
    /// Drawn once.
    pub cluster: ClusterId,
    /// How many partitions, for good.
    pub partitions: u16,
    /// The first policy.
    pub policy: Policy,
}

/// A mark and what the catalog held at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRow {
    /// Which.
    pub id: u64,
    /// What replicas did.
    pub kind: MarkKind,
    /// Where in the log.
    pub index: LogIndex,
    /// Digest of every partition there.
    pub digests: Vec<SetDigest>,
}

code_struct!(MarkRow { id, kind, index, digests });

/// The replicated state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    cluster: ClusterId,
    generation: Generation,
    feature_level: u32,
    policy: Policy,
    applied: LogIndex,
    time_ms: u64,
    encounters: BTreeMap<EncounterId, EncounterRow>,
    /// Encounters that wait for their duplicate check, by enrollment. Derived.
    pending: BTreeSet<(LogIndex, EncounterId)>,
    /// Encounters without a verdict that need one, by enrollment. Derived.
    unchecked: BTreeSet<(LogIndex, EncounterId)>,
    /// Encounters that wait for a human. Derived.
    held: BTreeSet<EncounterId>,
    tombstones: BTreeMap<EncounterId, LogIndex>,
    persons: BTreeMap<PersonId, PersonRow>,
    person_tombstones: BTreeMap<PersonId, LogIndex>,
    /// Persons that were merged into one, by that one. Derived.
    merged_from: BTreeMap<PersonId, BTreeSet<PersonId>>,
    kek_epoch: u32,
    keys: BTreeMap<PersonId, WrappedKey>,
    erasures: Vec<ErasureRow>,
    partitions: Vec<PartitionRow>,
    /// Bytes of all effect streams. Derived.
    retained_bytes: u64,
    nodes: BTreeMap<NodeId, NodeRow>,
    /// Partitions that are to be on certain nodes.
    pins: BTreeMap<PartitionId, BTreeSet<NodeId>>,
    placement_changed_at: Option<LogIndex>,
    marks: Vec<MarkRow>,
    audit: Audit,
    /// Effects of the entry being applied.
    effects: BTreeMap<PartitionId, Vec<Effect>>,
}

impl Catalog {
    /// The state at [`FOUNDED_AT`].
    ///
    /// # Panics
    /// When there is not at least one partition.
    pub fn found(founding: &Founding) -> Self {
        assert!(founding.partitions > 0, "a cluster has partitions");
        let empty = PartitionRow::default();
        Self {
            cluster: founding.cluster,
            generation: Generation(1),
            feature_level: FEATURE_LEVEL_MAX,
            policy: founding.policy,
            applied: FOUNDED_AT,
            time_ms: 0,
            encounters: BTreeMap::new(),
            pending: BTreeSet::new(),
            unchecked: BTreeSet::new(),
            held: BTreeSet::new(),
            tombstones: BTreeMap::new(),
            persons: BTreeMap::new(),
            person_tombstones: BTreeMap::new(),
            merged_from: BTreeMap::new(),
            kek_epoch: 1,
            keys: BTreeMap::new(),
            erasures: Vec::new(),
            partitions: vec![empty; usize::from(founding.partitions)],
            retained_bytes: 0,
            nodes: BTreeMap::new(),
            pins: BTreeMap::new(),
            placement_changed_at: None,
            marks: Vec::new(),
            audit: Audit::default(),
            effects: BTreeMap::new(),
        }
    }

    /// Applies one log entry; an empty one only moves the index. Outcomes come in the order of the
    /// commands.
    ///
    /// # Errors
    /// When the entry is not readable by this release: the replica must halt here.
    ///
    /// # Panics
    /// When `index` does not follow what is applied.
    pub fn apply(
        &mut self,
        index: LogIndex,
        entry: &[u8],
    ) -> Result<Vec<(Origin, Outcome)>, CodecError> {
        assert_eq!(index, self.applied + 1, "entries are applied one after the other");
        let batch = if entry.is_empty() { None } else { Some(Batch::decode(entry)?) };
        self.check_feature_levels(batch.as_ref())?;
        self.applied = index;
        let mut outcomes = Vec::new();
        if let Some(batch) = batch {
            self.time_ms = self.time_ms.max(batch.stamp_ms);
            for (origin, command) in batch.commands {
                let outcome = if batch.generation == self.generation {
                    self.carry_out(command)
                } else {
                    Outcome::Refused(Refusal::Generation)
                };
                outcomes.push((origin, outcome));
            }
        }
        self.publish();
        Ok(outcomes)
    }

    fn carry_out(&mut self, command: Command) -> Outcome {
        match command {
            Command::Enroll(enroll) => self.enroll(enroll),
            Command::DedupVerdict(verdict) => self.take_verdict(verdict),
            Command::Adjudicate(decision) => self.adjudicate(decision),
            Command::SetGalleries(change) => self.set_galleries(change),
            Command::MergePersons(merge) => self.merge_persons(merge),
            Command::Unlink(unlink) => self.unlink(unlink),
            Command::Erase(erase) => self.erase(erase),
            Command::SearchIntent(intent) => {
                self.open_search(intent.search, AuditEvent::Intent(intent))
            }
            Command::VerificationIntent(intent) => {
                self.open_search(intent.search.search, AuditEvent::Verification(intent))
            }
            Command::FetchIntent(intent) => self.audit_fetch(intent),
            Command::SearchOutcome(outcome) => self.close_search(outcome),
            Command::RegisterNode(register) => self.register_node(register),
            Command::SetNodeState(change) => self.set_node_state(change),
            Command::SetReplicas(change) => self.set_replicas(change),
            Command::PinPartition(pin) => self.pin_partition(pin),
            Command::ReportReplica(report) => self.report_replica(report),
            Command::Mark(mark) => self.mark(mark),
            Command::Trim(trim) => self.trim(trim),
            Command::SetPolicy(change) => self.set_policy(change),
            Command::SetFeatureLevel(change) => self.set_feature_level(change),
            Command::RotateKek(rotation) => self.rotate_kek(rotation),
            Command::AuditSeal(seal) => self.audit.seal(seal),
        }
    }

    /// Appends the effects of the entry to the streams.
    fn publish(&mut self) {
        for (partition, effects) in std::mem::take(&mut self.effects) {
            let row = &mut self.partitions[usize::from(partition.0)];
            self.retained_bytes += row.append(self.applied, effects);
        }
    }

    fn effect(&mut self, partition: PartitionId, effect: Effect) {
        self.effects.entry(partition).or_default().push(effect);
    }

    /// Everything up to here is applied.
    pub fn applied(&self) -> LogIndex {
        self.applied
    }

    /// Which cluster.
    pub fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// Which founding of it.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// What all members understand.
    pub fn feature_level(&self) -> u32 {
        self.feature_level
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Time of the latest entry, in milliseconds since 1970; never falls.
    pub fn time_ms(&self) -> u64 {
        self.time_ms
    }

    /// Bytes of all effect streams.
    pub fn retained_bytes(&self) -> u64 {
        self.retained_bytes
    }

    /// All encounters that are not erased.
    pub fn encounters(&self) -> &BTreeMap<EncounterId, EncounterRow> {
        &self.encounters
    }

    /// Where encounters were erased.
    pub fn tombstones(&self) -> &BTreeMap<EncounterId, LogIndex> {
        &self.tombstones
    }

    /// Encounters that need a verdict and have none, in the order of enrollment, with what to
    /// search with.
    pub fn unchecked(&self) -> impl Iterator<Item = (EncounterId, LogIndex, &Payload)> {
        self.unchecked.iter().filter_map(|(index, id)| {
            let probe = self.encounters.get(id)?.unchecked.as_ref()?;
            Some((*id, *index, probe))
        })
    }

    /// Encounters that wait for a human, by id.
    pub fn held(&self) -> &BTreeSet<EncounterId> {
        &self.held
    }

    /// All erasures, oldest first: what a restored backup must go through.
    pub fn erasures(&self) -> &[ErasureRow] {
        &self.erasures
    }

    /// A person's wrapped key; none after erasure.
    pub fn key(&self, person: PersonId) -> Option<&WrappedKey> {
        self.keys.get(&person)
    }

    /// All partitions by id.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionId, &PartitionRow)> {
        self.partitions.iter().enumerate().map(|(id, row)| (PartitionId(id as u16), row))
    }

    /// One partition.
    pub fn partition(&self, partition: PartitionId) -> Option<&PartitionRow> {
        self.partitions.get(usize::from(partition.0))
    }

    /// All nodes.
    pub fn nodes(&self) -> &BTreeMap<NodeId, NodeRow> {
        &self.nodes
    }

    /// Where a partition is pinned to; nowhere when it follows its target alone.
    pub fn pin(&self, partition: PartitionId) -> Option<&BTreeSet<NodeId>> {
        self.pins.get(&partition)
    }

    /// Where placement, completeness or a node's state changed last.
    pub fn placement_changed_at(&self) -> Option<LogIndex> {
        self.placement_changed_at
    }

    /// The latest marks, oldest first.
    pub fn marks(&self) -> &[MarkRow] {
        &self.marks
    }

    /// The mark of a backup at an index, if there is one.
    pub fn backup_mark_at(&self, index: LogIndex) -> Option<u64> {
        let is_it = |row: &&MarkRow| row.index == index && row.kind == MarkKind::Backup;
        self.marks.iter().rev().find(is_it).map(|row| row.id)
    }

    /// The audit chain.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// How many records of a partition a scope admitted at an index; `None` when that is not known
    /// here: not applied yet, or trimmed.
    pub fn eligible(&self, partition: PartitionId, index: LogIndex, scope: Scope) -> Option<u32> {
        self.summary_at(partition, index).map(|summary| summary.eligible(scope))
    }

    /// What a partition held at an index; `None` when that is not known here.
    pub fn summary_at(&self, partition: PartitionId, index: LogIndex) -> Option<Summary> {
        if index > self.applied {
            return None;
        }
        self.partition(partition)?.summary_at(index)
    }

    /// The partition of a person: the start of a keyed hash, so that ids chosen by somebody do not
    /// fill one partition.
    pub fn home(&self, person: PersonId) -> PartitionId {
        let mut hasher = Sha256::new();
        hasher.update(self.cluster.0.to_le_bytes());
        hasher.update(person.0.to_le_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let start = u64::from_be_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| hash[i]));
        let scaled = (u128::from(start) * self.partitions.len() as u128) >> 64;
        PartitionId(scaled as u16)
    }
}
