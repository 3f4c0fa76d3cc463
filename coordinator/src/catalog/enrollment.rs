//! Encounters: enrolled once, never twice, never again after erasure.

use super::Catalog;
use super::dedup::Verdict;
use crate::command::{DedupPolicy, Enroll, Outcome, Refusal, SetGalleries};
use replication::{
    Effect, EncounterId, EncounterState, GallerySet, LogIndex, Mutation, PartitionId, Payload,
    PersonId, Record, code_struct, is_mutated,
};

/// Bytes that retaining an effect without a payload costs.
const EFFECT_BYTES: u64 = Effect::BOOKKEEPING_BYTES;

/// An encounter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncounterRow {
    /// Whose it is, as linked now.
    pub person: PersonId,
    /// Whose it was when enrolled; decides the partition for good.
    pub home_person: PersonId,
    /// Where its record is.
    pub partition: PartitionId,
    /// Log index of its enrollment.
    pub enrolled_at: LogIndex,
    /// Log index of its latest change.
    pub version: LogIndex,
    /// Never `Erased`: an erased one has a tombstone instead.
    pub state: EncounterState,
    /// Where it is searched.
    pub galleries: GallerySet,
    /// SHA-256 of what was enrolled.
    pub content: [u8; 32],
    /// What a match does.
    pub dedup: DedupPolicy,
    /// What its duplicate check found.
    pub verdict: Option<Verdict>,
    /// What to search with, kept until there is a verdict.
    pub unchecked: Option<Payload>,
    /// A human made it active in spite of a match.
    pub is_overridden: bool,
}

code_struct!(EncounterRow {
    person,
    home_person,
    partition,
    enrolled_at,
    version,
    state,
    galleries,
    content,
    dedup,
    verdict,
    unchecked,
    is_overridden
});

impl EncounterRow {
    /// As replicas hold it, the payload aside.
    fn record(&self, encounter: EncounterId) -> Record {
        Record {
            encounter,
            person: self.home_person,
            enrolled_at: self.enrolled_at,
            state: self.state,
            galleries: self.galleries,
            content: self.content,
            payload: Payload::default(),
        }
    }
}

impl Catalog {
    pub(super) fn enroll(&mut self, enroll: Enroll) -> Outcome {
        let tombstoned = self.tombstones.contains_key(&enroll.encounter)
            || self.person_tombstones.contains_key(&enroll.person);
        if tombstoned && !is_mutated(Mutation::TombstoneIgnored) {
            return Outcome::Gone;
        }
        if let Some(row) = self.encounters.get(&enroll.encounter) {
            let same = row.content == enroll.content && row.home_person == enroll.person;
            let same = same || is_mutated(Mutation::ConflictIgnored);
            let at = row.enrolled_at;
            return if same { Outcome::AlreadyApplied(at) } else { Outcome::Conflict };
        }
        // Itself, and what may follow it: settled, adjudicated, removed.
        let needs = enroll.payload.as_bytes().len() as u64 + 4 * EFFECT_BYTES;
        if !self.has_room_for(needs) {
            return Outcome::Refused(Refusal::RetentionFull);
        }
        self.insert(enroll);
        Outcome::Applied
    }

    /// Whether effects of so many bytes leave room for everything that must never be refused: one
    /// removal of every encounter, one settling of every pending one, one decision about every one
    /// that is or may yet be held.
    pub(super) fn has_room_for(&self, bytes: u64) -> bool {
        let alive: u64 = self.partitions.iter().map(|row| u64::from(row.summary.alive)).sum();
        let active: u64 = self.partitions.iter().map(|row| u64::from(row.summary.active)).sum();
        let reserved = EFFECT_BYTES * (2 * alive - active + self.pending.len() as u64);
        let unpublished: u64 = self.effects.values().flatten().map(Effect::retained_bytes).sum();
        let cap = self.policy.retention_bytes_max;
        self.retained_bytes + unpublished + reserved + bytes <= cap
            || is_mutated(Mutation::RetentionCapIgnored)
    }

    fn insert(&mut self, enroll: Enroll) {
        let Enroll { encounter, person, galleries, content, payload, wrapped_key, dedup } = enroll;
        let is_checked = dedup == DedupPolicy::Enforce;
        let row = EncounterRow {
            person,
            home_person: person,
            partition: self.home(person),
            enrolled_at: self.applied,
            version: self.applied,
            state: if is_checked { EncounterState::Pending } else { EncounterState::Active },
            galleries,
            content,
            dedup,
            verdict: None,
            unchecked: (dedup != DedupPolicy::Skip).then(|| payload.clone()),
            is_overridden: false,
        };
        if dedup != DedupPolicy::Skip {
            self.unchecked.insert((self.applied, encounter));
        }
        if is_checked {
            self.pending.insert((self.applied, encounter));
        }
        if let Some(key) = wrapped_key {
            self.keys.entry(person).or_insert(key);
        }
        self.persons.entry(person).or_default().encounters.insert(encounter);
        let record = Record { payload, ..row.record(encounter) };
        self.partitions[usize::from(row.partition.0)].summary.add(&record);
        self.effect(row.partition, Effect::Put(record));
        self.encounters.insert(encounter, row);
    }

    /// Changes state and galleries of an encounter here, in the summary and in the stream.
    pub(super) fn alter(
        &mut self,
        encounter: EncounterId,
        state: EncounterState,
        galleries: GallerySet,
    ) {
        let Some(row) = self.encounters.get_mut(&encounter) else { return };
        let before = row.record(encounter);
        (row.state, row.galleries, row.version) = (state, galleries, self.applied);
        let (partition, after) = (row.partition, row.record(encounter));
        if before.state == EncounterState::Pending && state != EncounterState::Pending {
            self.pending.remove(&(before.enrolled_at, encounter));
        }
        if state == EncounterState::Held {
            self.held.insert(encounter);
        } else {
            self.held.remove(&encounter);
        }
        if !state.is_alive() {
            row.unchecked = None;
            self.unchecked.remove(&(before.enrolled_at, encounter));
        }
        let summary = &mut self.partitions[usize::from(partition.0)].summary;
        if before.state.is_alive() {
            summary.remove(&before);
        }
        if state.is_alive() {
            summary.add(&after);
            self.effect(partition, Effect::Alter { encounter, state, galleries });
        } else if before.state.is_alive() && !is_mutated(Mutation::ErasureNotStreamed) {
            self.effect(partition, Effect::Remove(encounter));
        }
    }

    pub(super) fn set_galleries(&mut self, change: SetGalleries) -> Outcome {
        let Some(row) = self.encounters.get(&change.encounter) else {
            return self.missing(change.encounter);
        };
        if row.version != change.expected_version || !row.state.is_alive() {
            return Outcome::Refused(Refusal::Stale);
        }
        let state = row.state;
        if !self.has_room_for(EFFECT_BYTES) {
            return Outcome::Refused(Refusal::RetentionFull);
        }
        self.alter(change.encounter, state, change.galleries);
        Outcome::Applied
    }

    /// Why there is no row of an encounter.
    pub(super) fn missing(&self, encounter: EncounterId) -> Outcome {
        if self.tombstones.contains_key(&encounter) {
            Outcome::Gone
        } else {
            Outcome::Refused(Refusal::NotFound)
        }
    }
}
