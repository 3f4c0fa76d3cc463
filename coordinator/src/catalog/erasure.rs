//! Erasure: a position in the log after which nothing is left but the fact.

use super::Catalog;
use crate::command::{Erase, ErasureTarget, Outcome, Refusal};
use replication::{EncounterId, EncounterState, Generation, LogIndex, PersonId, code_struct};

/// One line of the erasure ledger. It holds ids alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureRow {
    /// Where in the log.
    pub index: LogIndex,
    /// What.
    pub target: ErasureTarget,
    /// Code of the legal basis.
    pub basis: u16,
}

code_struct!(ErasureRow { index, target, basis });

impl Catalog {
    pub(super) fn erase(&mut self, erase: Erase) -> Outcome {
        let outcome = match erase.target {
            ErasureTarget::Encounter(encounter) => self.erase_encounter(encounter),
            ErasureTarget::Person(person) => self.erase_person(person),
        };
        if outcome == Outcome::Applied {
            let Erase { target, basis, .. } = erase;
            self.erasures.push(ErasureRow { index: self.applied, target, basis });
            self.audit_erasure(erase);
            self.settle();
        }
        outcome
    }

    fn erase_encounter(&mut self, encounter: EncounterId) -> Outcome {
        if let Some(at) = self.tombstones.get(&encounter) {
            return Outcome::AlreadyApplied(*at);
        }
        let Some(row) = self.encounters.get(&encounter) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        let (person, home_person) = (row.person, row.home_person);
        self.bury(encounter);
        for person in [person, home_person] {
            self.forget_if_empty(person);
        }
        Outcome::Applied
    }

    fn erase_person(&mut self, person: PersonId) -> Outcome {
        if let Some(at) = self.person_tombstones.get(&person) {
            return Outcome::AlreadyApplied(*at);
        }
        if !self.persons.contains_key(&person) {
            return Outcome::Refused(Refusal::NotFound);
        }
        for encounter in self.encounters_of(person) {
            self.bury(encounter);
        }
        for person in self.merged_with(person) {
            self.persons.remove(&person);
            self.merged_from.remove(&person);
            self.keys.remove(&person);
            self.person_tombstones.insert(person, self.applied);
        }
        Outcome::Applied
    }

    /// Takes an encounter out of everything and leaves a tombstone.
    fn bury(&mut self, encounter: EncounterId) {
        let Some(row) = self.encounters.get(&encounter) else { return };
        let (galleries, person) = (row.galleries, row.person);
        self.alter(encounter, EncounterState::Erased, galleries);
        self.encounters.remove(&encounter);
        self.tombstones.insert(encounter, self.applied);
        if let Some(person) = self.persons.get_mut(&person) {
            person.encounters.remove(&encounter);
        }
    }

    /// A key that protects nothing any more goes too.
    fn forget_if_empty(&mut self, person: PersonId) {
        let protects = |row: &super::EncounterRow| row.home_person == person;
        if !self.encounters.values().any(protects) {
            self.keys.remove(&person);
        }
    }

    /// Founds the cluster again from this state, as from a backup: whatever the newer `ledger`
    /// erased is erased before anything is answered, and members of the old generation are not
    /// listened to. The new state stands at the next index; what a replica at this one lacks is in
    /// its stream.
    pub fn refound(mut self, generation: Generation, ledger: &[ErasureRow]) -> Self {
        self.generation = generation;
        self.applied += 1;
        for row in ledger {
            match row.target {
                ErasureTarget::Encounter(encounter) => {
                    if self.erase_encounter(encounter) == Outcome::Applied {
                        self.erasures.push(*row);
                    }
                    // Even what the backup never held must not come back.
                    self.tombstones.entry(encounter).or_insert(row.index);
                }
                ErasureTarget::Person(person) => {
                    if self.erase_person(person) == Outcome::Applied {
                        self.erasures.push(*row);
                    }
                    self.person_tombstones.entry(person).or_insert(row.index);
                }
            }
        }
        self.settle();
        self.publish();
        self
    }
}
