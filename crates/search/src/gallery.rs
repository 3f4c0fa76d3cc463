//! The resident gallery: every reference of a partition, ready for stage 1.
//!
//! References lie on *shelves*, one per finger (the plain thumbs with the thumbs), each a structure
//! of arrays in segments of fixed size, so that a print of known finger scans its shelf and the one
//! of unknown fingers, and nothing else. The references of a person are chained through their
//! slots; removal moves the last slot of a shelf into the gap, so scans meet no holes. Order in
//! memory never shows in an answer.

mod labels;
mod persons;
mod segment;
mod shelf;
mod text;

pub(crate) use persons::PersonIndex;
pub(crate) use shelf::{Shelf, SlotId};
pub(crate) use text::Text;

use crate::GalleryError;
use labels::Labels;
use matching::record::DESCRIPTOR_VERSION;
use matching::{PackedRecord, Parameters};
use persons::Persons;
pub(crate) use shelf::SHELVES;
use shelf::{Slot, shelf_of, shelf_position};
use std::fmt;
use std::sync::{Arc, Weak};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId};

/// Packed records of a partition with their owners. All references of a person must be in one
/// gallery. `Debug` shows counts only.
pub struct Gallery {
    configuration_hash: u64,
    /// Tells this gallery from every other, for whoever keeps a copy of it.
    identity: Arc<()>,
    shelves: [Shelf; SHELVES],
    persons: Persons,
}

impl Gallery {
    /// An empty gallery for records packed under these parameters.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            configuration_hash: parameters.configuration_hash(),
            identity: Arc::default(),
            shelves: std::array::from_fn(|_| Shelf::default()),
            persons: Persons::default(),
        }
    }

    /// Hash of the parameters that the records were packed under.
    pub const fn configuration_hash(&self) -> u64 {
        self.configuration_hash
    }

    /// References held.
    pub fn references(&self) -> usize {
        self.shelves.iter().map(Shelf::len).sum()
    }

    /// Persons with at least one reference.
    pub fn persons(&self) -> usize {
        self.persons.len()
    }

    /// Whether a reference is held under this key.
    pub fn contains(&self, key: &ImpressionKey) -> bool {
        self.persons.find(&key.subject).is_some_and(|person| self.slot_of(person, key).is_some())
    }

    /// Finger and impression of all references of a person, in no particular order; nothing for a
    /// person who is not here.
    pub fn references_of(
        &self,
        subject: &SubjectId,
    ) -> impl Iterator<Item = (FingerPosition, ImpressionLabel)> + use<'_> {
        let first = self.persons.find(subject).map(|person| self.persons.first(person));
        self.chain(first).map(|slot| {
            let (position, label) = self.shelves[slot.shelf()].label(slot.index());
            (position, ImpressionLabel::new(label.as_str()).expect("it was a label when it came"))
        })
    }

    /// Bytes of memory held, allocations included (those of long identifiers are estimated at
    /// their length rounded up to 32).
    pub fn resident_bytes(&self) -> usize {
        size_of::<Self>()
            + self.shelves.iter().map(Shelf::resident_bytes).sum::<usize>()
            + self.persons.resident_bytes()
    }

    /// Adds a reference. Its finger is that of the key, whatever the record says.
    ///
    /// # Errors
    /// The key is taken, the record is of another descriptor version or not well formed, or the
    /// shelf is full; the gallery is then unchanged.
    pub fn append(
        &mut self,
        key: &ImpressionKey,
        record: &PackedRecord,
    ) -> Result<(), GalleryError> {
        if record.descriptor_version != DESCRIPTOR_VERSION {
            return Err(GalleryError::DescriptorVersion(key.clone()));
        }
        if !shaders::layout::is_well_formed(record) {
            return Err(GalleryError::Malformed(key.clone()));
        }
        if self.contains(key) {
            return Err(GalleryError::AlreadyPresent(key.clone()));
        }
        let shelf = shelf_of(key.position);
        let slot = SlotId::new(shelf, self.shelves[shelf].len()).ok_or(GalleryError::Full)?;
        let person = self.persons.find_or_add(&key.subject);
        self.shelves[shelf].push(Slot {
            record: *record,
            owner: person,
            next: self.persons.first(person),
            position: key.position,
            label: Text::new(key.impression.as_str()),
        });
        self.persons.set_first(person, slot);
        Ok(())
    }

    /// Removes one reference; whether it was there. A person without references is gone.
    pub fn remove(&mut self, key: &ImpressionKey) -> bool {
        let Some(person) = self.persons.find(&key.subject) else { return false };
        let Some(slot) = self.slot_of(person, key) else { return false };
        self.remove_slot(person, slot);
        if self.persons.first(person) == SlotId::NONE {
            self.remove_person(person);
        }
        true
    }

    /// Removes a person; returns how many references there were.
    pub fn remove_subject(&mut self, subject: &SubjectId) -> usize {
        let Some(person) = self.persons.find(subject) else { return 0 };
        let mut removed = 0;
        while self.persons.first(person) != SlotId::NONE {
            self.remove_slot(person, self.persons.first(person));
            removed += 1;
        }
        self.remove_person(person);
        removed
    }

    /// The shelves with a position that stands for all on it.
    pub(crate) fn shelves(&self) -> impl Iterator<Item = (FingerPosition, &Shelf)> {
        self.shelves.iter().enumerate().map(|(index, shelf)| (shelf_position(index), shelf))
    }

    /// What tells this gallery from every other as long as it lives.
    pub(crate) fn identity(&self) -> Weak<()> {
        Arc::downgrade(&self.identity)
    }

    /// The id of a person.
    pub(crate) fn subject(&self, person: PersonIndex) -> &Text {
        self.persons.subject(person)
    }

    /// The slots of a chain.
    fn chain(&self, first: Option<SlotId>) -> impl Iterator<Item = SlotId> {
        let some = |slot: SlotId| (slot != SlotId::NONE).then_some(slot);
        std::iter::successors(first.and_then(some), move |slot| {
            some(self.shelves[slot.shelf()].next(slot.index()))
        })
    }

    fn slot_of(&self, person: PersonIndex, key: &ImpressionKey) -> Option<SlotId> {
        self.chain(Some(self.persons.first(person))).find(|slot| {
            let (position, label) = self.shelves[slot.shelf()].label(slot.index());
            position == key.position && label.as_str() == key.impression.as_str()
        })
    }

    /// Makes whatever points to `old` in the chain of `person` point to `new`.
    fn relink(&mut self, person: PersonIndex, old: SlotId, new: SlotId) {
        let first = self.persons.first(person);
        if first == old {
            return self.persons.set_first(person, new);
        }
        let before = self
            .chain(Some(first))
            .find(|slot| self.shelves[slot.shelf()].next(slot.index()) == old)
            .expect("a slot is in the chain of its owner");
        self.shelves[before.shelf()].set_next(before.index(), new);
    }

    /// Takes a slot out of its chain and moves the last slot of the shelf into its place.
    fn remove_slot(&mut self, person: PersonIndex, slot: SlotId) {
        let after = self.shelves[slot.shelf()].next(slot.index());
        self.relink(person, slot, after);
        let last = self.shelves[slot.shelf()].len() - 1;
        if last != slot.index() {
            let moved = SlotId::new(slot.shelf(), last).expect("the shelf holds this slot");
            let owner = self.shelves[slot.shelf()].owner(last);
            self.relink(owner, moved, slot);
        }
        self.shelves[slot.shelf()].swap_remove(slot.index());
    }

    /// Drops a person without references and gives its index to the last person.
    fn remove_person(&mut self, person: PersonIndex) {
        let Some(moved) = self.persons.swap_remove(person) else { return };
        let slots: Vec<SlotId> = self.chain(Some(self.persons.first(moved))).collect();
        for slot in slots {
            self.shelves[slot.shelf()].set_owner(slot.index(), moved);
        }
    }
}

/// Appends to a long array. Growing by an eighth instead of twice keeps the unused room small; an
/// array is then copied some nine times in all.
fn push<T>(array: &mut Vec<T>, value: T) {
    if array.len() == array.capacity() {
        array.reserve_exact((array.len() / 8).max(16));
    }
    array.push(value);
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} references of {} persons)", self.references(), self.persons())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_array_has_little_unused_room_and_is_seldom_copied() {
        let (mut array, mut copies) = (Vec::new(), 0);
        for value in 0..100_000_u32 {
            let before = array.capacity();
            push(&mut array, value);
            copies += usize::from(array.capacity() != before);
            assert!(array.capacity() <= array.len() + array.len() / 8 + 16);
        }
        // 16, 32, ... to 128, then by an eighth: ln(100,000 / 128) / ln(9 / 8) is 57.
        assert!(copies <= 8 + 57 + 8, "{copies} copies");
    }

    #[test]
    fn debug_output_tells_how_many_and_not_who() {
        let gallery = Gallery::new(&Parameters::default());
        assert_eq!(format!("{gallery:?}"), "Gallery(0 references of 0 persons)");
    }
}
