//! Offsets and sizes that every kernel relies on, stated once and checked at compile time.

#[cfg(test)]
mod reflection;
pub mod tasks;

use matching::PackedRecord;
use matching::record::{BITS, CYLINDERS, WORDS};
use std::mem::offset_of;

/// 32-bit words of a record.
pub const RECORD_WORDS: usize = 276;
/// Byte offset of the cylinder directions.
pub const THETAS_BYTES: usize = 16;
/// Byte offset of the cylinder norms.
pub const NORMS_BYTES: usize = 48;
/// Byte offset of the cylinder bits, word-major.
pub const BITS_BYTES: usize = 80;
/// Bytes from one word of a cylinder to the next.
pub const WORD_STRIDE_BYTES: usize = 128;

/// What a cost starts from: twice the differing bits plus this minus the reference's norm is never
/// negative, so the kernels keep least costs in unsigned integers.
pub const COST_BASE: u32 = 256;
/// The cost of lanes without a reference cylinder: larger than any other.
pub const NO_CYLINDER: u32 = 0x7FFF;
/// Bits of the similarity of two cylinders: at most bias, 255, plus two norms of 255.
pub const SIMILARITY_BITS: u32 = 10;

const _: () = assert!(COST_BASE > u8::MAX as u32, "a cost is positive");
const _: () = assert!(COST_BASE + 2 * BITS as u32 <= NO_CYLINDER, "no cost is larger");
const _: () = assert!(3 * (u8::MAX as u32) < 1 << SIMILARITY_BITS, "similarities fit their bits");

/// Side of a tile: the kernels compare 4 probe cylinders with 4 reference cylinders at a time,
/// neighbors in direction on both sides, 16 lanes in all.
pub const TILE: usize = 4;
/// Tiles along one side of a pair of records.
pub const GROUPS: usize = CYLINDERS / TILE;
/// Lanes of a tile; lane `TILE * p + r` compares cylinder `p` of the probe's group with cylinder
/// `r` of the reference's.
pub const LANES: usize = TILE * TILE;

/// Half tiles along the probe's side of a pair of records: two probe cylinders with four reference
/// cylinders, for vectors of half the width.
pub const PAIRS: usize = CYLINDERS / 2;
/// Lanes of a half tile.
pub const HALF_LANES: usize = LANES / 2;

const _: () = assert!(size_of::<PackedRecord>() == 4 * RECORD_WORDS, "records are packed densely");
const _: () = assert!(offset_of!(PackedRecord, thetas) == THETAS_BYTES, "kernels load here");
const _: () = assert!(offset_of!(PackedRecord, norms) == NORMS_BYTES, "kernels load here");
const _: () = assert!(offset_of!(PackedRecord, words) == BITS_BYTES, "kernels load here");
const _: () = assert!(WORD_STRIDE_BYTES == 4 * CYLINDERS, "a word of all cylinders, then the next");
const _: () = assert!(BITS_BYTES + WORDS * WORD_STRIDE_BYTES == 4 * RECORD_WORDS, "nothing after");
const _: () = assert!(BITS_BYTES.is_multiple_of(16), "a tile loads 16 aligned bytes of a word");
const _: () = assert!(align_of::<PackedRecord>() >= 16, "a tile loads 16 aligned bytes of a word");
const _: () = assert!(GROUPS * GROUPS == 64, "a set of tiles is one 64-bit mask");

/// Whether a record keeps what the kernels rely on: at most 32 cylinders, sorted by direction,
/// and all lanes beyond them zero.
pub fn is_well_formed(record: &PackedRecord) -> bool {
    let count = usize::from(record.count);
    if count > CYLINDERS {
        return false;
    }
    let sorted = (1..count).all(|c| record.thetas[c - 1] <= record.thetas[c]);
    let empty = |c: usize| {
        record.thetas[c] == 0 && record.norms[c] == 0 && record.words.iter().all(|w| w[c] == 0)
    };
    sorted && (count..CYLINDERS).all(empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_record_is_well_formed() {
        assert!(is_well_formed(&PackedRecord::EMPTY));
    }

    #[test]
    fn unsorted_directions_stray_lanes_and_large_counts_are_not_well_formed() {
        let mut record = PackedRecord { count: 2, ..PackedRecord::EMPTY };
        record.thetas[0] = 9;
        record.thetas[1] = 8;
        assert!(!is_well_formed(&record));
        record.thetas[1] = 9;
        assert!(is_well_formed(&record));
        record.words[7][2] = 1;
        assert!(!is_well_formed(&record));
        assert!(!is_well_formed(&PackedRecord { count: 33, ..PackedRecord::EMPTY }));
    }
}
