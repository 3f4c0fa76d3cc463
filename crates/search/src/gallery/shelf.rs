//! The references of one finger, as a structure of arrays.

use super::segment::{SEGMENT_RECORDS, Segment};
use super::{Labels, PersonIndex, Text, push};
use matching::PackedRecord;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use vocabulary::{ExtractorVersion, FingerPosition};

/// Shelves of a gallery: one per finger position code, the plain thumbs on those of the thumbs.
pub(crate) const SHELVES: usize = 16;

/// The codes of each shelf.
const SHELF_CODES: [&[u8]; SHELVES] = [
    &[0],
    &[1, 11],
    &[2],
    &[3],
    &[4],
    &[5],
    &[6, 12],
    &[7],
    &[8],
    &[9],
    &[10],
    &[13],
    &[14],
    &[15],
    &[16],
    &[17],
];

/// The shelf of a finger.
pub(crate) fn shelf_of(position: FingerPosition) -> usize {
    SHELF_CODES
        .iter()
        .position(|codes| codes.contains(&position.code()))
        .expect("every position code has a shelf")
}

/// A position whose prints may equal those of a shelf exactly when they may equal this one.
pub(crate) fn shelf_position(shelf: usize) -> FingerPosition {
    FingerPosition::new(SHELF_CODES[shelf][0]).expect("shelves are of position codes")
}

/// A shelf and a place on it, in 32 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotId(u32);

const INDEX_BITS: u32 = 28;
const _: () = assert!(SHELVES <= 1 << (32 - INDEX_BITS), "a slot id names every shelf");

impl SlotId {
    /// No slot: the end of a chain.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// `None` when the shelf is full: 2^28 - 1 slots.
    pub(crate) fn new(shelf: usize, index: usize) -> Option<Self> {
        let fits = index < (1 << INDEX_BITS) - 1;
        fits.then_some(Self((shelf as u32) << INDEX_BITS | index as u32))
    }

    pub(crate) const fn shelf(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    pub(crate) const fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }
}

/// What goes onto a shelf.
pub(crate) struct Slot {
    pub(crate) record: PackedRecord,
    pub(crate) owner: PersonIndex,
    pub(crate) next: SlotId,
    pub(crate) position: FingerPosition,
    pub(crate) label: Text,
}

/// Parallel arrays, one entry per reference; a kernel call never spans two segments of records.
#[derive(Default)]
pub(crate) struct Shelf {
    segments: Vec<Segment>,
    owners: Vec<PersonIndex>,
    nexts: Vec<SlotId>,
    positions: Vec<FingerPosition>,
    labels: Labels,
    versions: BTreeMap<ExtractorVersion, usize>,
    /// Slots whose content changed other than by being added, oldest first, the last of them.
    log: VecDeque<u32>,
    /// Such changes in all.
    changes: u64,
}

/// Changes that a shelf remembers; whoever missed more copies it anew.
const LOG_MAX: usize = 1 << 16;

impl Shelf {
    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// The records, in segments; slot `i` is record `i % segment_records` of its segment.
    pub(crate) fn segments(&self) -> Vec<&[PackedRecord]> {
        self.segments.iter().map(Segment::records).collect()
    }

    /// The slot of a record.
    pub(crate) const fn slot_index(segment: usize, record: usize) -> usize {
        segment * SEGMENT_RECORDS + record
    }

    pub(crate) fn record(&self, index: usize) -> &PackedRecord {
        &self.segments[index / SEGMENT_RECORDS].records()[index % SEGMENT_RECORDS]
    }

    pub(crate) fn owner(&self, index: usize) -> PersonIndex {
        self.owners[index]
    }

    /// Owners of all slots.
    pub(crate) fn owners(&self) -> &[PersonIndex] {
        &self.owners
    }

    /// Changes so far, additions not counted.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// The slots that changed since there were `known` changes, in the order of the changes; `None`
    /// when that is too long ago. A slot may have been dropped since.
    pub(crate) fn changed_since(&self, known: u64) -> Option<impl Iterator<Item = usize>> {
        let missed = usize::try_from(self.changes - known).ok()?;
        let skipped = self.log.len().checked_sub(missed)?;
        Some(self.log.range(skipped..).map(|slot| *slot as usize))
    }

    fn note_change(&mut self, index: usize) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(index as u32);
        self.changes += 1;
    }

    /// Records and owners of some slots.
    pub(crate) fn copy(&self, slots: Range<usize>) -> (Vec<PackedRecord>, Vec<PersonIndex>) {
        let owners = self.owners[slots.clone()].to_vec();
        let mut records = Vec::with_capacity(slots.len());
        let mut next = slots.start;
        while next < slots.end {
            let (segment, first) = (next / SEGMENT_RECORDS, next % SEGMENT_RECORDS);
            let count = (slots.end - next).min(SEGMENT_RECORDS - first);
            records.extend_from_slice(&self.segments[segment].records()[first..first + count]);
            next += count;
        }
        (records, owners)
    }

    pub(crate) fn set_owner(&mut self, index: usize, owner: PersonIndex) {
        self.note_change(index);
        self.owners[index] = owner;
    }

    pub(crate) fn next(&self, index: usize) -> SlotId {
        self.nexts[index]
    }

    pub(crate) fn set_next(&mut self, index: usize, next: SlotId) {
        self.nexts[index] = next;
    }

    pub(crate) fn label(&self, index: usize) -> (FingerPosition, &Text) {
        (self.positions[index], self.labels.get(index))
    }

    /// Extractor versions on the shelf with their number of references.
    pub(crate) fn versions(&self) -> &BTreeMap<ExtractorVersion, usize> {
        &self.versions
    }

    pub(crate) fn push(&mut self, slot: Slot) {
        if self.segments.last().is_none_or(Segment::is_full) {
            self.segments.push(Segment::default());
        }
        *self.versions.entry(ExtractorVersion(slot.record.extractor_version)).or_default() += 1;
        self.segments.last_mut().expect("just ensured").push(slot.record);
        push(&mut self.owners, slot.owner);
        push(&mut self.nexts, slot.next);
        push(&mut self.positions, slot.position);
        self.labels.push(slot.label);
    }

    /// Moves the last slot into the place of `index`.
    pub(crate) fn swap_remove(&mut self, index: usize) {
        let version = ExtractorVersion(self.record(index).extractor_version);
        let count = self.versions.get_mut(&version).expect("the version of a slot is counted");
        *count -= 1;
        if *count == 0 {
            self.versions.remove(&version);
        }
        let segment = self.segments.last_mut().expect("a slot has a segment");
        let last = segment.pop().expect("a segment is never empty");
        if segment.records().is_empty() {
            self.segments.pop();
        }
        if index + 1 < self.len() {
            self.segments[index / SEGMENT_RECORDS].replace(index % SEGMENT_RECORDS, last);
        }
        self.note_change(index);
        self.owners.swap_remove(index);
        self.nexts.swap_remove(index);
        self.positions.swap_remove(index);
        self.labels.swap_remove(index);
    }

    pub(crate) fn resident_bytes(&self) -> usize {
        let records: usize = self.segments.iter().map(Segment::resident_bytes).sum();
        records
            + self.owners.capacity() * size_of::<PersonIndex>()
            + self.nexts.capacity() * size_of::<SlotId>()
            + self.positions.capacity() * size_of::<FingerPosition>()
            + self.log.capacity() * size_of::<u32>()
            + self.labels.resident_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_stands_for_exactly_the_positions_on_it() {
        for code in 0..=17 {
            let position = FingerPosition::new(code).unwrap();
            let representative = shelf_position(shelf_of(position));
            for other in 0..=17 {
                let other = FingerPosition::new(other).unwrap();
                assert_eq!(
                    other.may_equal(position),
                    other.may_equal(representative),
                    "{other} against {position}"
                );
            }
        }
    }

    #[test]
    fn a_slot_id_names_shelf_and_index() {
        let slot = SlotId::new(15, (1 << INDEX_BITS) - 2).unwrap();
        assert_eq!((slot.shelf(), slot.index()), (15, (1 << INDEX_BITS) - 2));
        assert!(slot != SlotId::NONE);
        assert!(SlotId::new(15, (1 << INDEX_BITS) - 1).is_none());
    }

    /// What a slot was filled with, read back from every array.
    fn read(shelf: &Shelf, index: usize) -> [u32; 5] {
        let (position, label) = shelf.label(index);
        [
            shelf.record(index).words[0][0],
            shelf.owner(index),
            shelf.next(index).0,
            u32::from(position.code()),
            label.as_str().parse().unwrap(),
        ]
    }

    #[test]
    fn slots_stay_whole_over_many_segments_and_removals() {
        let mut shelf = Shelf::default();
        let mut model = Vec::new();
        for number in 0..2 * SEGMENT_RECORDS as u32 + 5 {
            let mut record = PackedRecord::EMPTY;
            record.extractor_version = (number % 3) as u16;
            record.words[0][0] = number;
            let position = FingerPosition::new((number % 18) as u8).unwrap();
            let (next, label) = (SlotId(number * 7), Text::new(&number.to_string()));
            shelf.push(Slot { record, owner: number ^ 5, next, position, label });
            model.push([number, number ^ 5, number * 7, number % 18, number]);
        }
        while model.len() > SEGMENT_RECORDS - 3 {
            let index = model.len() * 31 % 97;
            shelf.swap_remove(index);
            model.swap_remove(index);
        }
        assert_eq!(shelf.len(), model.len());
        assert_eq!(shelf.segments().len(), 1);
        assert!((0..model.len()).all(|index| read(&shelf, index) == model[index]));
        let of_version = |v: u32| model.iter().filter(|slot| slot[0] % 3 == v).count();
        for version in 0..3 {
            let counted = shelf.versions()[&ExtractorVersion(version)];
            assert_eq!(counted, of_version(version.into()));
        }
    }
}
