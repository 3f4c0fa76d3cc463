//! The direction gate: which tiles are worth a visit, and how much the gate leaves.

use super::probe::{PreparedProbe, fold};
use crate::layout::{COST_BASE, GROUPS, NO_CYLINDER, TILE};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};

/// Step 1: key and folded words of each reference cylinder.
#[repr(C, align(64))]
pub(super) struct Rows {
    pub(super) keys: [u32; CYLINDERS],
    /// Planes 2, 5 and 6 of [`super::probe::fold`]; the others are as in the record.
    pub(super) sums: [[u32; CYLINDERS]; 3],
}

impl Rows {
    /// Compilers make vectors of the loop: lanes are independent.
    #[inline(always)]
    pub(super) fn new(reference: &PackedRecord) -> Self {
        let mut rows = Self { keys: [0; CYLINDERS], sums: [[0; CYLINDERS]; 3] };
        for (lane, row) in rows.keys.iter_mut().enumerate() {
            let lack = COST_BASE - u32::from(reference.norms[lane]);
            let key = u32::from(reference.thetas[lane]) << 24 | lack;
            let is_cylinder = (lane as u32) < u32::from(reference.count);
            *row = if is_cylinder { key } else { 0xFF << 24 | NO_CYLINDER };
        }
        let [low, high, all] = &mut rows.sums;
        for (lane, ((low, high), all)) in low.iter_mut().zip(high).zip(all).enumerate() {
            let words = std::array::from_fn(|word| reference.words[word][lane]);
            [_, _, *low, _, _, *high, *all, _] = fold(words);
        }
        rows
    }

    /// The planes of a reference, in their order.
    #[inline(always)]
    pub(super) const fn planes<'a>(
        &'a self,
        reference: &'a PackedRecord,
    ) -> [&'a [u32; CYLINDERS]; WORDS] {
        let [w0, w1, _, w3, w4, _, _, w7] = &reference.words;
        let [low, high, all] = &self.sums;
        [w0, w1, low, w3, w4, high, all, w7]
    }

    /// First and last direction of a group.
    pub(super) const fn ends(&self, group: usize) -> (u8, u8) {
        let (first, last) = (group * TILE, group * TILE + TILE - 1);
        ((self.keys[first] >> 24) as u8, (self.keys[last] >> 24) as u8)
    }
}

/// Tiles of reference groups that have a cylinder, for every probe group.
pub(super) const fn occupied_tiles(reference_count: u8) -> u64 {
    let groups = (reference_count as usize).div_ceil(TILE);
    if groups >= GROUPS { u64::MAX } else { (1 << (groups * GROUPS)) - 1 }
}

/// Step 2: the tiles in which some pair may pass the gate. Two arcs of the circle of directions
/// meet exactly when one of them begins within the other.
pub(super) fn visited_tiles(probe: &PreparedProbe, rows: &Rows, reference_count: u8) -> u64 {
    let mut tiles = 0;
    for tile in 0..GROUPS * GROUPS {
        let (first, last) = rows.ends(tile / GROUPS);
        let after = first.wrapping_sub(probe.windows.start[tile]);
        let span = last.wrapping_sub(first);
        let meets = after <= probe.windows.span[tile] || after.wrapping_neg() <= span;
        tiles |= u64::from(meets) << tile;
    }
    tiles & probe.group_tiles & occupied_tiles(reference_count)
}

/// How many of the pairs of cylinders of two records pass the direction gate: counted directly.
pub fn gated_pairs(
    probe: &PackedRecord,
    reference: &PackedRecord,
    parameters: &Stage1Parameters,
) -> u32 {
    let passes = |a: usize, b: usize| {
        let turn = probe.thetas[a].wrapping_sub(reference.thetas[b]);
        turn.min(turn.wrapping_neg()) <= parameters.direction_gate_256
    };
    let of_cylinder = |a| (0..usize::from(reference.count)).filter(|b| passes(a, *b)).count();
    (0..usize::from(probe.count)).map(of_cylinder).sum::<usize>() as u32
}

/// How many tiles of 16 pairs the kernels compare for two records, `0..=64`: the work that the
/// gate leaves.
pub fn tile_visits(probe: &PreparedProbe, reference: &PackedRecord) -> u32 {
    visited_tiles(probe, &Rows::new(reference), reference.count).count_ones()
}
