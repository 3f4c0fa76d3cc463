//! Records made up from a number: for comparisons with known scores, and for measuring rates where
//! no gallery is at hand.

use crate::layout::COST_BASE;
use matching::PackedRecord;

/// A record of any number of cylinders, directions in bunches, and some bits in common with its
/// neighbors, so that every branch of a kernel is taken. The same number gives the same record.
pub fn record(number: u64) -> PackedRecord {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        // SplitMix64 (Steele, Lea and Flood, 2014, doi:10.1145/2714064.2660195).
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let count = (number % 33) as usize;
    let mut record = PackedRecord {
        count: count as u8,
        extractor_version: 1 + (number % 3) as u16 / 2,
        ..PackedRecord::EMPTY
    };
    let mut thetas: Vec<u8> =
        (0..count).map(|cylinder| (cylinder % 4 * 61) as u8 ^ (next() as u8 & 0x1F)).collect();
    thetas.sort_unstable();
    record.thetas[..count].copy_from_slice(&thetas);
    for cylinder in 0..count {
        let mut norm = 0;
        for word in 0..record.words.len() {
            let shared = (word as u32 + 3).wrapping_mul(0x9E37_79B9);
            let bits = shared ^ (next() & next() & next()) as u32;
            record.words[word][cylinder] = bits;
            norm += bits.count_ones();
        }
        record.norms[cylinder] = norm.min(COST_BASE - 1) as u8;
    }
    record
}

/// A record that uses all its cylinders.
pub fn full_record(number: u64) -> PackedRecord {
    record(33 * number + 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_well_formed_and_of_every_size() {
        let records: Vec<PackedRecord> = (0..99).map(record).collect();
        assert!(records.iter().all(crate::layout::is_well_formed));
        for count in 0..=32 {
            assert!(records.iter().any(|record| record.count == count));
        }
        assert_eq!(full_record(5).count, 32);
    }
}
