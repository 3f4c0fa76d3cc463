//! Persons are groups of encounters. Links change here alone; records do not move.

use super::Catalog;
use crate::command::{MergePersons, Outcome, Refusal, Unlink};
use replication::{EncounterId, PersonId, code_struct};
use std::collections::BTreeSet;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonRow {
    /// What is linked to the person directly.
    pub encounters: BTreeSet<EncounterId>,
    /// The person that this one turned out to be.
    pub merged_into: Option<PersonId>,
}

code_struct!(PersonRow { encounters, merged_into });

impl Catalog {
    /// The person at the end of all merges.
    pub fn resolve(&self, person: PersonId) -> PersonId {
        let next = |person: &PersonId| self.persons.get(person).and_then(|row| row.merged_into);
        std::iter::successors(Some(person), next).last().unwrap_or(person)
    }

    /// All encounters of a person, those of merged persons included.
    pub fn encounters_of(&self, person: PersonId) -> Vec<EncounterId> {
        let rows = self.merged_with(person).into_iter().filter_map(|id| self.persons.get(&id));
        rows.flat_map(|row| row.encounters.iter().copied()).collect()
    }

    /// All persons that a person turned out to be, the last one first.
    pub(super) fn merged_with(&self, person: PersonId) -> Vec<PersonId> {
        let (mut all, mut next) = (vec![self.resolve(person)], 0);
        while let Some(into) = all.get(next).copied() {
            all.extend(self.merged_from.get(&into).into_iter().flatten());
            next += 1;
        }
        all
    }

    pub(super) fn merge_persons(&mut self, merge: MergePersons) -> Outcome {
        let known = |person| self.persons.contains_key(&person);
        if !known(merge.from) || !known(merge.into) {
            return Outcome::Refused(Refusal::NotFound);
        }
        let into = self.resolve(merge.into);
        // A person that was merged already, or a cycle.
        let ends = self.resolve(merge.from) == merge.from && into != merge.from;
        if !ends {
            return Outcome::Refused(Refusal::Stale);
        }
        if let Some(row) = self.persons.get_mut(&merge.from) {
            row.merged_into = Some(into);
        }
        self.merged_from.entry(into).or_default().insert(merge.from);
        Outcome::Applied
    }

    pub(super) fn unlink(&mut self, unlink: Unlink) -> Outcome {
        let Some(row) = self.encounters.get_mut(&unlink.encounter) else {
            return self.missing(unlink.encounter);
        };
        if row.version != unlink.expected_version {
            return Outcome::Refused(Refusal::Stale);
        }
        if self.person_tombstones.contains_key(&unlink.person) {
            return Outcome::Gone;
        }
        row.version = self.applied;
        let before = std::mem::replace(&mut row.person, unlink.person);
        if let Some(person) = self.persons.get_mut(&before) {
            person.encounters.remove(&unlink.encounter);
        }
        self.persons.entry(unlink.person).or_default().encounters.insert(unlink.encounter);
        Outcome::Applied
    }
}
