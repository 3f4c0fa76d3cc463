//! Stage 1 in plain Rust. Steps as in the parent module.

use super::gate::{Rows, visited_tiles};
use super::probe::PreparedProbe;
use crate::layout::{GROUPS, LANES, SIMILARITY_BITS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};

pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    for (reference, score) in references.iter().zip(out) {
        *score = score_one(probe, reference);
    }
}

fn score_one(probe: &PreparedProbe, reference: &PackedRecord) -> u16 {
    // Step 1.
    let rows = Rows::new(reference);
    // Step 2.
    let mut tiles = visited_tiles(probe, &rows, reference.count);
    let mut least = probe.starts;
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, first) = (tile % GROUPS, tile / GROUPS * TILE);
        // Steps 3 and 4.
        let distances = tile_distances(&probe.words[group], reference, first);
        for (lane, distance) in distances.into_iter().enumerate() {
            let other = first + lane % TILE;
            let cost = rows.lacks[other] + 2 * distance;
            let turn = probe.turns[group][lane].wrapping_add(rows.turns[other]) >> 24;
            let kept = &mut least[group][lane];
            *kept = if turn <= probe.gate_span.into() { cost.min(*kept) } else { *kept };
        }
    }
    // Step 5.
    let similarities = std::array::from_fn(|cylinder| {
        let (group, place) = (cylinder / TILE, cylinder % TILE);
        let lanes = place * TILE..(place + 1) * TILE;
        let least = least[group][lanes.clone()].iter().min().expect("a cylinder has four lanes");
        (probe.starts[group][lanes.start] - least) as u16
    });
    top_sum(&similarities, probe.counted)
}

/// Step 3 of one tile: bits in which its pairs differ, by lane.
///
/// Baseline processors have no bit count, so full adders first fold the eight words of a lane into
/// four of weights 1, 1, 2 and 4. Lanes are independent: compilers make vectors of them.
fn tile_distances(
    probe: &[[u32; LANES]; WORDS],
    reference: &PackedRecord,
    first: usize,
) -> [u32; LANES] {
    std::array::from_fn(|lane| {
        let differing =
            |word: usize| probe[word][lane] ^ reference.words[word][first + lane % TILE];
        let [a, b, c, d, e, f, g, h] = std::array::from_fn(differing);
        const { assert!(WORDS == 8, "the adders take eight words") };
        let (sum_1, carry_1) = full_adder(a, b, c);
        let (sum_2, carry_2) = full_adder(d, e, f);
        let (ones, carry_3) = full_adder(sum_1, sum_2, g);
        let (twos, fours) = full_adder(carry_1, carry_2, carry_3);
        let of_bytes = bits_of_nibbles(ones) + bits_of_nibbles(h);
        let of_bytes = nibbles_to_bytes(of_bytes)
            + 2 * nibbles_to_bytes(bits_of_nibbles(twos))
            + 4 * nibbles_to_bytes(bits_of_nibbles(fours));
        // At most 64 a byte, 256 in all: one byte is too small for the sum of the four.
        let of_halves = (of_bytes & 0x00FF_00FF) + (of_bytes >> 8 & 0x00FF_00FF);
        (of_halves + (of_halves >> 16)) & 0xFFFF
    })
}

/// Adds three bits in each place: the sum and the carry.
const fn full_adder(a: u32, b: u32, c: u32) -> (u32, u32) {
    let either = a ^ b;
    (either ^ c, a & b | either & c)
}

/// Bits set in each nibble, `0..=4`.
const fn bits_of_nibbles(word: u32) -> u32 {
    let pairs = word - (word >> 1 & 0x5555_5555);
    (pairs & 0x3333_3333) + (pairs >> 2 & 0x3333_3333)
}

/// Adds the nibbles of each byte.
const fn nibbles_to_bytes(nibbles: u32) -> u32 {
    (nibbles & 0x0F0F_0F0F) + (nibbles >> 4 & 0x0F0F_0F0F)
}

/// Step 6.
fn top_sum(similarities: &[u16; CYLINDERS], counted: u8) -> u16 {
    let wanted = usize::from(counted);
    let mut least_of_top = 0u16;
    for bit in (0..SIMILARITY_BITS).rev() {
        let tried = least_of_top | 1 << bit;
        if similarities.iter().filter(|s| **s >= tried).count() >= wanted {
            least_of_top = tried;
        }
    }
    let excess: u16 = similarities.iter().map(|s| s.saturating_sub(least_of_top)).sum();
    excess + u16::from(counted) * least_of_top
}
