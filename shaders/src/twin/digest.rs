//! Twin of the kernel `digest`: one number of a range of references and owners.

use crate::layout::RECORD_WORDS;
use crate::layout::tasks::{DIGEST_OWNER_PLACE, DIGEST_PLACE, words};
use matching::PackedRecord;

/// Step 1: a bijection of words in which every bit reaches every other.
const fn mix(word: u32) -> u32 {
    let word = (word ^ (word >> 16)).wrapping_mul(0x85EB_CA6B);
    let word = (word ^ (word >> 13)).wrapping_mul(0xC2B2_AE35);
    word ^ (word >> 16)
}

/// Step 2 of one reference and its owner at a slot; the digest of a range is the wrapping sum over
/// its slots.
pub fn of_slot(slot: u32, record: &PackedRecord, owner: u32) -> u32 {
    let first = slot.wrapping_mul(RECORD_WORDS as u32);
    let mut sum = mix(owner ^ slot.wrapping_mul(DIGEST_OWNER_PLACE));
    for (index, word) in (0u32..).zip(words(record)) {
        let place = first.wrapping_add(index).wrapping_mul(DIGEST_PLACE);
        sum = sum.wrapping_add(mix(word ^ place));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_bit_place_or_owner_changes_the_digest() {
        let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
        record.words[3][0] = 77;
        let whole = of_slot(5, &record, 9);
        assert_ne!(whole, of_slot(6, &record, 9));
        assert_ne!(whole, of_slot(5, &record, 8));
        for word in 0..8 {
            for bit in 0..32 {
                let mut changed = record;
                changed.words[word][7] ^= 1 << bit;
                assert_ne!(whole, of_slot(5, &changed, 9), "{word} {bit}");
            }
        }
    }
}
