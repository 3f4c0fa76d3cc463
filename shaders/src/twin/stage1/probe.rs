//! The probe's side of stage 1, laid out for the tiles.

use crate::layout::{COST_BASE, GROUPS, LANES, TILE};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};

/// A probe print with the parameters of the score, made ready once for many references. About
/// 5.3 KB; `Debug` shows the count only.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct PreparedProbe {
    /// `words[group][word][lane]`: each probe cylinder's word in its four lanes of the tile.
    pub(super) words: [[[u32; LANES]; WORDS]; GROUPS],
    /// `(gate - theta) << 24` in the lanes of each cylinder: added to a reference's turn it leaves
    /// a top byte of at most [`Self::gate_span`] exactly within the gate.
    pub(super) turns: [[u32; LANES]; GROUPS],
    /// Step 4: the cost of no similarity.
    pub(super) starts: [[u32; LANES]; GROUPS],
    /// Per tile `8 * reference group + probe group`: first direction minus the gate.
    pub(super) window_start: [u8; GROUPS * GROUPS],
    /// Per tile: directions that the window spans, at most 255.
    pub(super) window_span: [u8; GROUPS * GROUPS],
    /// Tiles whose probe group has a cylinder.
    pub(super) group_tiles: u64,
    /// How many similarities count, `0..=32`.
    pub(super) counted: u8,
    /// Twice the gate, at most 255.
    pub(super) gate_span: u8,
    /// Cylinders of the probe.
    pub(super) count: u8,
}

impl PreparedProbe {
    /// Lays out a probe.
    ///
    /// # Panics
    /// When the record is not well formed ([`crate::layout::is_well_formed`]).
    pub fn new(probe: &PackedRecord, parameters: &Stage1Parameters) -> Self {
        assert!(crate::layout::is_well_formed(probe), "the probe record breaks its layout");
        let gate = parameters.direction_gate_256;
        let gate_span = gate.saturating_mul(2);
        let count = usize::from(probe.count);
        let groups = count.div_ceil(TILE);
        let mut prepared = Self {
            words: [[[0; LANES]; WORDS]; GROUPS],
            turns: [[0; LANES]; GROUPS],
            starts: [[0; LANES]; GROUPS],
            window_start: [0; GROUPS * GROUPS],
            window_span: [0; GROUPS * GROUPS],
            group_tiles: ((1 << groups) - 1) * 0x0101_0101_0101_0101,
            counted: parameters.counted.min(CYLINDERS as u8),
            gate_span,
            count: probe.count,
        };
        for cylinder in 0..count {
            prepared.place_cylinder(probe, cylinder, parameters);
        }
        for group in 0..groups {
            let first = probe.thetas[group * TILE];
            let last = probe.thetas[(group * TILE + TILE).min(count) - 1];
            for tile in (group..GROUPS * GROUPS).step_by(GROUPS) {
                prepared.window_start[tile] = first.wrapping_sub(gate);
                prepared.window_span[tile] = (last - first).saturating_add(gate_span);
            }
        }
        prepared
    }

    fn place_cylinder(
        &mut self,
        probe: &PackedRecord,
        cylinder: usize,
        parameters: &Stage1Parameters,
    ) {
        let (group, place) = (cylinder / TILE, cylinder % TILE);
        let lanes = place * TILE..(place + 1) * TILE;
        for word in 0..WORDS {
            self.words[group][word][lanes.clone()].fill(probe.words[word][cylinder]);
        }
        let turn = parameters.direction_gate_256.wrapping_sub(probe.thetas[cylinder]);
        self.turns[group][lanes.clone()].fill(u32::from(turn) << 24);
        let norm = u32::from(probe.norms[cylinder]);
        self.starts[group][lanes].fill(u32::from(parameters.bias) + norm + COST_BASE);
    }
}

impl std::fmt::Debug for PreparedProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedProbe({} cylinders)", self.count)
    }
}
