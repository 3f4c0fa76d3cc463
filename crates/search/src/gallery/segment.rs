//! Packed records in memory of large pages.
//!
//! A scan reads a gallery once and in order, a kibibyte a record: with pages of 4 KiB every fourth
//! record waits for an address to be translated. Linux gives pages of 2 MiB to memory that asks for
//! them and is mapped in whole ones.

use super::push;
use matching::PackedRecord;
use memmap2::MmapMut;

/// Bytes of a large page.
const PAGE_BYTES: usize = 2 << 20;
/// Large pages of a segment.
const PAGES: usize = 5;
/// Records of a segment: whole blocks of 256, which leave 0.3 % of the pages unused.
pub(super) const SEGMENT_RECORDS: usize = 37 * 256;
const _: () = assert!(SEGMENT_RECORDS * size_of::<PackedRecord>() <= PAGES * PAGE_BYTES);
/// Records from which on a segment is worth a large page.
const HEAP_RECORDS: usize = PAGE_BYTES / size_of::<PackedRecord>();

/// At most [`SEGMENT_RECORDS`] records.
#[derive(Default)]
pub(super) struct Segment {
    memory: Memory,
    /// Records in the pages.
    len: usize,
}

enum Memory {
    /// Grows as needed, so that small galleries stay small.
    Heap(Vec<PackedRecord>),
    Pages(MmapMut),
}

impl Default for Memory {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl Segment {
    pub(super) fn records(&self) -> &[PackedRecord] {
        match &self.memory {
            Memory::Heap(records) => records,
            Memory::Pages(bytes) => {
                bytemuck::cast_slice(&bytes[..self.len * size_of::<PackedRecord>()])
            }
        }
    }

    fn records_mut(&mut self) -> &mut [PackedRecord] {
        match &mut self.memory {
            Memory::Heap(records) => records,
            Memory::Pages(bytes) => {
                bytemuck::cast_slice_mut(&mut bytes[..self.len * size_of::<PackedRecord>()])
            }
        }
    }

    /// # Panics
    /// When the segment is full.
    pub(super) fn push(&mut self, record: PackedRecord) {
        assert!(self.records().len() < SEGMENT_RECORDS, "a segment has room");
        if let Memory::Heap(records) = &self.memory
            && records.len() == HEAP_RECORDS
            && let Some(pages) = large_pages()
        {
            self.move_to(pages);
        }
        match &mut self.memory {
            Memory::Heap(records) => push(records, record),
            Memory::Pages(_) => {
                self.len += 1;
                *self.records_mut().last_mut().expect("just made room") = record;
            }
        }
    }

    fn move_to(&mut self, mut pages: MmapMut) {
        let bytes: &[u8] = bytemuck::cast_slice(self.records());
        pages[..bytes.len()].copy_from_slice(bytes);
        let len = self.records().len();
        // What is given back to the heap is biometric content.
        self.records_mut().fill(PackedRecord::EMPTY);
        *self = Self { memory: Memory::Pages(pages), len };
    }

    /// Takes the last record out and overwrites its place.
    pub(super) fn pop(&mut self) -> Option<PackedRecord> {
        let last = std::mem::replace(self.records_mut().last_mut()?, PackedRecord::EMPTY);
        match &mut self.memory {
            Memory::Heap(records) => records.truncate(records.len() - 1),
            Memory::Pages(_) => self.len -= 1,
        }
        Some(last)
    }

    pub(super) fn replace(&mut self, index: usize, record: PackedRecord) {
        self.records_mut()[index] = record;
    }

    pub(super) fn is_full(&self) -> bool {
        self.records().len() == SEGMENT_RECORDS
    }

    pub(super) fn resident_bytes(&self) -> usize {
        match &self.memory {
            Memory::Heap(records) => records.capacity() * size_of::<PackedRecord>(),
            // A page is there from its first byte on.
            Memory::Pages(_) => size_of_val(self.records()).next_multiple_of(PAGE_BYTES),
        }
    }
}

/// Memory of zeros that asks for large pages; `None` where none can be mapped.
fn large_pages() -> Option<MmapMut> {
    let pages = MmapMut::map_anon(PAGES * PAGE_BYTES).ok()?;
    // Without them, where the system has none, it is as good as the heap.
    #[cfg(target_os = "linux")]
    let _ = pages.advise(memmap2::Advice::HugePage);
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: usize) -> PackedRecord {
        let mut record = PackedRecord::EMPTY;
        record.words[0][0] = number as u32;
        record.words[7][31] = !number as u32;
        record
    }

    #[test]
    fn records_stay_the_same_from_heap_to_pages_and_back_to_none() {
        let mut segment = Segment::default();
        for number in 0..SEGMENT_RECORDS {
            assert!(!segment.is_full());
            segment.push(record(number));
            let pages = matches!(segment.memory, Memory::Pages(_));
            assert_eq!(pages, number >= HEAP_RECORDS, "{number}");
        }
        assert!(segment.is_full());
        segment.replace(7, record(70_000));
        let expected = |index: usize| record(if index == 7 { 70_000 } else { index });
        let same = |(index, found): (usize, &PackedRecord)| *found == expected(index);
        assert!(segment.records().iter().enumerate().all(same));
        for number in (0..SEGMENT_RECORDS).rev() {
            assert!(segment.pop() == Some(expected(number)));
            assert_eq!(segment.records().len(), number);
        }
        assert!(segment.pop().is_none());
    }

    #[test]
    fn what_was_taken_out_is_overwritten_in_the_pages() {
        let mut segment = Segment::default();
        (0..HEAP_RECORDS + 2).for_each(|number| segment.push(record(number)));
        segment.pop();
        let Memory::Pages(bytes) = &segment.memory else { panic!("it is in pages") };
        let start = (HEAP_RECORDS + 1) * size_of::<PackedRecord>();
        let empty = bytemuck::bytes_of(&PackedRecord::EMPTY);
        assert!(bytes[start..start + empty.len()] == *empty);
    }

    #[test]
    fn a_small_segment_takes_little_and_a_large_one_whole_pages() {
        let mut segment = Segment::default();
        (0..10).for_each(|number| segment.push(record(number)));
        assert!(segment.resident_bytes() < 40 * size_of::<PackedRecord>());
        (10..SEGMENT_RECORDS).for_each(|number| segment.push(record(number)));
        assert_eq!(segment.resident_bytes(), PAGES * PAGE_BYTES);
    }
}
