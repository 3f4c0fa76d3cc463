//! The probe's side of stage 1, laid out for the tiles.

use crate::layout::{GROUPS, LANES, TILE};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};

/// A loss that no cylinder similarity survives.
pub(super) const NO_LOSS_YET: u32 = 0xFFFF;

/// A probe print with the parameters of the score, made ready once for many references. About
/// 5.4 KB; `Debug` shows the count only.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct PreparedProbe {
    /// `words[group][word][lane]`: each probe cylinder's word in its four lanes of the tile.
    pub(super) words: [[[u32; LANES]; WORDS]; GROUPS],
    /// `(gate - theta) << 24 | norm` in the lanes of each cylinder; its first direction's step 1.
    pub(super) meta: [[u32; LANES]; GROUPS],
    /// Per tile `8 * probe group + reference group`: first direction minus the gate.
    pub(super) window_start: [u8; GROUPS * GROUPS],
    /// Per tile: directions that the window spans, at most 255.
    pub(super) window_span: [u8; GROUPS * GROUPS],
    /// Least losses allowed in the last group that has a cylinder: [`NO_LOSS_YET`] in lanes without.
    pub(super) last_group_floor: [u32; LANES],
    /// Index of that group.
    pub(super) last_group: usize,
    /// Weights of the loss, widened for a 16-bit table lookup.
    pub(super) weights: [u16; 32],
    /// By count of the reference: how many similarities count.
    pub(super) counted: [u8; CYLINDERS + 1],
    /// Tiles whose probe group has a cylinder.
    pub(super) group_tiles: u64,
    /// Twice the gate, at most 255: the largest direction difference after step 1 that passes.
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
        let groups = usize::from(probe.count).div_ceil(TILE);
        let mut prepared = Self {
            words: [[[0; LANES]; WORDS]; GROUPS],
            meta: [[0; LANES]; GROUPS],
            window_start: [0; GROUPS * GROUPS],
            window_span: [0; GROUPS * GROUPS],
            last_group_floor: std::array::from_fn(|lane| {
                let cylinder = groups.max(1) * TILE - TILE + lane / TILE;
                if cylinder < usize::from(probe.count) { 0 } else { NO_LOSS_YET }
            }),
            last_group: groups.max(1) - 1,
            weights: parameters.weights.map(u16::from),
            counted: counted_by_reference(probe.count, parameters),
            group_tiles: if groups == GROUPS { u64::MAX } else { (1 << (groups * GROUPS)) - 1 },
            gate_span,
            count: probe.count,
        };
        for cylinder in 0..usize::from(probe.count) {
            prepared.place_cylinder(probe, cylinder, gate);
        }
        for group in 0..groups {
            let first = probe.theta(group * TILE);
            let last = probe.theta((group * TILE + TILE).min(usize::from(probe.count)) - 1);
            let tiles = group * GROUPS..(group + 1) * GROUPS;
            prepared.window_start[tiles.clone()].fill(first.wrapping_sub(gate));
            prepared.window_span[tiles].fill((last - first).saturating_add(gate_span));
        }
        prepared
    }

    fn place_cylinder(&mut self, probe: &PackedRecord, cylinder: usize, gate: u8) {
        let (group, place) = (cylinder / TILE, cylinder % TILE);
        let lanes = place * TILE..(place + 1) * TILE;
        for word in 0..WORDS {
            self.words[group][word][lanes.clone()].fill(probe.words[word][cylinder]);
        }
        let turn = u32::from(gate.wrapping_sub(probe.theta(cylinder)));
        self.meta[group][lanes].fill(turn << 24 | u32::from(probe.norms[cylinder]));
    }
}

/// How many similarities count, by the count of the reference.
fn counted_by_reference(count: u8, parameters: &Stage1Parameters) -> [u8; CYLINDERS + 1] {
    std::array::from_fn(|reference| {
        matching::stage1::counted_cylinders(count, reference as u8, parameters) as u8
    })
}

impl std::fmt::Debug for PreparedProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedProbe({} cylinders)", self.count)
    }
}
