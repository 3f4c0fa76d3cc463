//! The persons of a gallery, found by id without keeping an id twice.

use super::{SlotId, Text, push};
use hashbrown::HashTable;
use std::hash::{DefaultHasher, Hash, Hasher};
use vocabulary::SubjectId;

/// Index of a person in a gallery, valid until the next removal.
pub(crate) type PersonIndex = u32;

/// Persons and the first slot of each one's chain.
#[derive(Default)]
pub(crate) struct Persons {
    subjects: Vec<Text>,
    firsts: Vec<SlotId>,
    by_subject: HashTable<PersonIndex>,
}

/// The same for the same text in every process: an answer never depends on it.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Persons {
    pub(crate) fn len(&self) -> usize {
        self.subjects.len()
    }

    pub(crate) fn find(&self, subject: &SubjectId) -> Option<PersonIndex> {
        let subject = subject.as_str();
        let is_it = |person: &PersonIndex| self.subjects[*person as usize].as_str() == subject;
        self.by_subject.find(hash(subject), is_it).copied()
    }

    /// A new person has no slot yet.
    pub(crate) fn find_or_add(&mut self, subject: &SubjectId) -> PersonIndex {
        if let Some(person) = self.find(subject) {
            return person;
        }
        let person = self.subjects.len() as PersonIndex;
        push(&mut self.subjects, Text::new(subject.as_str()));
        push(&mut self.firsts, SlotId::NONE);
        let subjects = &self.subjects;
        let rehash = |person: &PersonIndex| hash(subjects[*person as usize].as_str());
        self.by_subject.insert_unique(hash(subject.as_str()), person, rehash);
        person
    }

    pub(crate) fn subject(&self, person: PersonIndex) -> &Text {
        &self.subjects[person as usize]
    }

    pub(crate) fn first(&self, person: PersonIndex) -> SlotId {
        self.firsts[person as usize]
    }

    pub(crate) fn set_first(&mut self, person: PersonIndex, slot: SlotId) {
        self.firsts[person as usize] = slot;
    }

    /// Drops a person. When another person gets the index that became free, returns that index.
    pub(crate) fn swap_remove(&mut self, person: PersonIndex) -> Option<PersonIndex> {
        let last = (self.subjects.len() - 1) as PersonIndex;
        self.entry_of(person).remove();
        if last != person {
            *self.entry_of(last).get_mut() = person;
        }
        self.subjects.swap_remove(person as usize);
        self.firsts.swap_remove(person as usize);
        (last != person).then_some(person)
    }

    fn entry_of(&mut self, person: PersonIndex) -> hashbrown::hash_table::OccupiedEntry<'_, u32> {
        self.by_subject
            .find_entry(hash(self.subjects[person as usize].as_str()), |entry| *entry == person)
            .unwrap_or_else(|_| unreachable!("every person is in the table"))
    }

    pub(crate) fn resident_bytes(&self) -> usize {
        let texts: usize = self.subjects.iter().map(Text::heap_bytes).sum();
        self.subjects.capacity() * size_of::<Text>()
            + self.firsts.capacity() * size_of::<SlotId>()
            + self.by_subject.allocation_size()
            + texts
    }
}
