//! The direction gate: which tiles are worth a visit, and how much the gate leaves.

use super::probe::PreparedProbe;
use crate::layout::{COST_BASE, GROUPS, NO_CYLINDER, TILE};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::CYLINDERS;

/// Step 1: turn and lack of each reference cylinder.
pub(super) struct Rows {
    pub(super) turns: [u32; CYLINDERS],
    pub(super) lacks: [u32; CYLINDERS],
}

impl Rows {
    pub(super) fn new(reference: &PackedRecord) -> Self {
        let mut rows = Self { turns: [0xFF << 24; CYLINDERS], lacks: [NO_CYLINDER; CYLINDERS] };
        for cylinder in 0..usize::from(reference.count).min(CYLINDERS) {
            rows.turns[cylinder] = u32::from(reference.thetas[cylinder]) << 24;
            rows.lacks[cylinder] = COST_BASE - u32::from(reference.norms[cylinder]);
        }
        rows
    }

    /// First and last direction of a group.
    pub(super) const fn ends(&self, group: usize) -> (u8, u8) {
        let (first, last) = (group * TILE, group * TILE + TILE - 1);
        ((self.turns[first] >> 24) as u8, (self.turns[last] >> 24) as u8)
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
        let after = first.wrapping_sub(probe.window_start[tile]);
        let span = last.wrapping_sub(first);
        let meets = after <= probe.window_span[tile] || after.wrapping_neg() <= span;
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
