//! The probe's side of stage 1, laid out for the tiles.

use crate::layout::{COST_BASE, GROUPS, LANES, PAIRS, TILE};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::{CYLINDERS, WORDS};

/// A probe print with the parameters of the score, made ready once for many references. About
/// 5.3 KB; `Debug` shows the count only.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct PreparedProbe {
    /// `planes[group][plane][lane]`: each probe cylinder's folded words in its four lanes of the
    /// tile.
    pub(super) planes: [[[u32; LANES]; WORDS]; GROUPS],
    /// `(gate - theta) << 24` in the lanes of each cylinder: added to a reference's turn it leaves
    /// a top byte of at most [`Self::gate_span`] exactly within the gate.
    pub(super) turns: [[u32; LANES]; GROUPS],
    /// Step 4: the cost of no similarity.
    pub(super) starts: [[u32; LANES]; GROUPS],
    /// For each tile, `8 * reference group + probe group`, what its probe cylinders reach.
    pub(super) windows: Windows<{ GROUPS * GROUPS }>,
    /// For each half tile, `16 * reference group + probe pair`, what its probe cylinders reach.
    pub(super) half_windows: Windows<{ GROUPS * PAIRS }>,
    /// Tiles whose probe group has a cylinder.
    pub(super) group_tiles: u64,
    /// Half tiles of one reference group whose probe pair has a cylinder.
    pub(super) pairs: u16,
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
            planes: [[[0; LANES]; WORDS]; GROUPS],
            turns: [[0; LANES]; GROUPS],
            starts: [[0; LANES]; GROUPS],
            windows: Windows::new(probe, gate),
            half_windows: Windows::new(probe, gate),
            group_tiles: ((1 << groups) - 1) * 0x0101_0101_0101_0101,
            pairs: ((1u32 << count.div_ceil(2)) - 1) as u16,
            counted: parameters.counted.min(CYLINDERS as u8),
            gate_span,
            count: probe.count,
        };
        for cylinder in 0..count {
            prepared.place_cylinder(probe, cylinder, parameters);
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
        let planes = fold(probe.words.map(|word| word[cylinder]));
        for (row, plane) in self.planes[group].iter_mut().zip(planes) {
            row[lanes.clone()].fill(plane);
        }
        let turn = parameters.direction_gate_256.wrapping_sub(probe.thetas[cylinder]);
        self.turns[group][lanes.clone()].fill(u32::from(turn) << 24);
        let norm = u32::from(probe.norms[cylinder]);
        self.starts[group][lanes].fill(u32::from(parameters.bias) + norm + COST_BASE);
    }
}

/// Directions that some of a set of neighboring probe cylinders reaches, for each of the sets, once
/// for each reference group.
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct Windows<const N: usize> {
    /// First direction minus the gate.
    pub(super) start: [u8; N],
    /// Directions from the first to the last reached, at most 255.
    pub(super) span: [u8; N],
}

impl<const N: usize> Windows<N> {
    fn new(probe: &PackedRecord, gate: u8) -> Self {
        let mut windows = Self { start: [0; N], span: [0; N] };
        let (count, sets) = (usize::from(probe.count), N / GROUPS);
        let size = CYLINDERS / sets;
        for set in 0..count.div_ceil(size) {
            let first = probe.thetas[set * size];
            let last = probe.thetas[(set * size + size).min(count) - 1];
            for tile in (set..N).step_by(sets) {
                windows.start[tile] = first.wrapping_sub(gate);
                windows.span[tile] = (last - first).saturating_add(gate.saturating_mul(2));
            }
        }
        windows
    }
}

/// The words of a cylinder, or of the difference of two, with sums of full adders in the places of
/// words 2, 5 and 6. Folding is linear: the difference of two folds is the fold of the difference.
pub(super) const fn fold([a, b, c, d, e, f, g, h]: [u32; WORDS]) -> [u32; WORDS] {
    let (low, high) = (a ^ b ^ c, d ^ e ^ f);
    [a, b, low, d, e, high, low ^ high ^ g, h]
}

impl std::fmt::Debug for PreparedProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedProbe({} cylinders)", self.count)
    }
}
