//! Stage 1 in plain Rust. Steps as in the parent module.

use super::gate::{Rows, visited_tiles};
use super::probe::PreparedProbe;
use super::top;
use crate::layout::{GROUPS, LANES, NO_CYLINDER, TILE};
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
    let planes = rows.planes(reference);
    // Step 2.
    let mut tiles = visited_tiles(probe, &rows, reference.count);
    let mut least = probe.starts;
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile % GROUPS, tile / GROUPS);
        // Steps 3 and 4.
        let reference = planes.map(|plane| four(plane, across));
        let distances = distances(&probe.planes[group], &reference);
        let keys = four(&rows.keys, across);
        let (turns, kept) = (&probe.turns[group], &mut least[group]);
        for lane in 0..LANES {
            let key = turns[lane].wrapping_add(keys[lane]);
            let beyond = if key >> 24 > probe.gate_span.into() { NO_CYLINDER } else { 0 };
            let cost = ((key & 0xFFFF) + 2 * distances[lane]) | beyond;
            // Costs are small: signed comparisons will do, and baseline processors have those.
            kept[lane] = (kept[lane] as i32).min(cost as i32) as u32;
        }
    }
    // Step 5.
    let similarities = std::array::from_fn(|cylinder| {
        let (group, place) = (cylinder / TILE, cylinder % TILE);
        let lanes = place * TILE..(place + 1) * TILE;
        let least = least[group][lanes.clone()].iter().min().expect("a cylinder has four lanes");
        (probe.starts[group][lanes.start] - least) as u16
    });
    // Step 6.
    top::sum_of(&similarities, probe.counted)
}

/// The values of four neighboring cylinders, four times.
fn four(row: &[u32; CYLINDERS], group: usize) -> [u32; LANES] {
    let four: &[u32; TILE] = &row.as_chunks().0[group];
    let mut lanes = [0; LANES];
    lanes.as_chunks_mut().0.fill(*four);
    lanes
}

/// Step 3 of one tile: bits in which its pairs differ, by lane.
///
/// Baseline processors have no bit count, so full adders first fold the eight words of a lane into
/// four of weights 1, 1, 2 and 4. Compilers make vectors of the loop over lanes.
fn distances(probe: &[[u32; LANES]; WORDS], reference: &[[u32; LANES]; WORDS]) -> [u32; LANES] {
    let mut distances = [0; LANES];
    for lane in 0..LANES {
        let differ = |plane: usize| probe[plane][lane] ^ reference[plane][lane];
        let (sum_1, sum_2, ones) = (differ(2), differ(5), differ(6));
        let carry_1 = carry(differ(0), differ(1), sum_1);
        let carry_2 = carry(differ(3), differ(4), sum_2);
        let carry_3 = carry(sum_1, sum_2, ones);
        let twos = carry_1 ^ carry_2 ^ carry_3;
        let fours = carry(carry_1, carry_2, twos);
        let of_bytes = nibbles_to_bytes(bits_of_nibbles(ones) + bits_of_nibbles(differ(7)))
            + 2 * nibbles_to_bytes(bits_of_nibbles(twos))
            + 4 * nibbles_to_bytes(bits_of_nibbles(fours));
        // At most 64 a byte, 256 in all: one byte is too small for the sum of the four.
        let of_halves = (of_bytes & 0x00FF_00FF) + (of_bytes >> 8 & 0x00FF_00FF);
        distances[lane] = (of_halves + (of_halves >> 16)) & 0xFFFF;
    }
    distances
}

/// The carry of a full adder from two of its inputs and its sum.
const fn carry(a: u32, b: u32, sum: u32) -> u32 {
    a & b | (a | b) & !sum
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
