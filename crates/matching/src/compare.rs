//! Stages 2 and 3: the similarity of two prints.

use crate::local::{Assigned, LocalMatrix};
use crate::relaxation::{Relaxation, Relaxed};
use crate::{Parameters, PreparedTemplate};
use vocabulary::Similarity;

/// Two minutiae found to be the same, by index into `Template::minutiae`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinutiaPair {
    /// In the probe.
    pub probe: u16,
    /// In the reference.
    pub reference: u16,
}

/// The rigid motion that lays the probe on the reference: turn by `turn_rad` counter-clockwise as
/// seen on the screen about the origin, then shift. In the frame of `vocabulary` (y down) a probe
/// point becomes `(x cos + y sin + shift_x, -x sin + y cos + shift_y)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// Counter-clockwise turn, radians, `-PI..=PI`.
    pub turn_rad: f32,
    /// Shift to the right, px at 500 ppi.
    pub shift_x_px: f32,
    /// Shift down, px at 500 ppi.
    pub shift_y_px: f32,
}

impl Alignment {
    /// Where a probe point lies in the reference, px.
    pub fn apply(&self, x_px: f32, y_px: f32) -> (f32, f32) {
        let (sin, cos) = (libm::sinf(self.turn_rad), libm::cosf(self.turn_rad));
        (x_px * cos + y_px * sin + self.shift_x_px, -x_px * sin + y_px * cos + self.shift_y_px)
    }
}

/// What a similarity was made from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evidence {
    /// Stage-2 score: mean relaxed similarity of the best pairs, `0.0..=1.0`.
    pub local: f32,
    /// Minutiae paired under the alignment.
    pub paired: u16,
    /// Probe minutiae inside the overlap.
    pub probe_in_overlap: u16,
    /// Reference minutiae inside the overlap.
    pub reference_in_overlap: u16,
    /// Area of the overlap, square px.
    pub overlap_px2: f32,
    /// Mean distance of paired minutiae after alignment, px.
    pub residual_px: f32,
    /// Agreement of the ridge flows in the overlap, `-1.0..=1.0`; 0 when a template has none.
    pub flow_agreement: f32,
}

/// The result of comparing two prints.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// How alike, `0..=1000` thousandths.
    pub similarity: Similarity,
    /// Paired minutiae, by probe index.
    pub pairs: Vec<MinutiaPair>,
    /// How the probe lies on the reference; `None` when no two pairs agree.
    pub alignment: Option<Alignment>,
    /// What the similarity was made from.
    pub evidence: Evidence,
}

/// Compares many pairs with one set of tables and buffers. One per thread.
pub struct Comparer {
    parameters: Parameters,
    matrix: LocalMatrix,
    assigned: Vec<Assigned>,
    relaxation: Relaxation,
    relaxed: Relaxed,
}

impl Comparer {
    /// Builds the tables.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            parameters: parameters.clone(),
            matrix: LocalMatrix::default(),
            assigned: Vec::new(),
            relaxation: Relaxation::new(&parameters.relaxation),
            relaxed: Relaxed::default(),
        }
    }

    /// Assigns and relaxes.
    fn relax(&mut self, probe: &PreparedTemplate, reference: &PreparedTemplate) {
        self.matrix.fill(probe, reference, &self.parameters.local);
        let limit = self.relaxation.pairs_max();
        self.matrix.assign(probe, reference, limit, &mut self.assigned);
        let (points, others) = (&probe.points, &reference.points);
        self.relaxation.relax(points, others, &self.assigned, &mut self.relaxed);
    }

    /// The stage-2 score alone, `0..=65535`: good enough to order candidates, not calibrated.
    pub fn compare_stage2(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
    ) -> u32 {
        self.relax(probe, reference);
        (self.relaxed.score * 65536.0) as u32
    }

    /// Stages 2 and 3.
    pub fn compare(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
    ) -> Comparison {
        let _ = (&self.parameters, probe, reference);
        Comparison::default()
    }
}

/// [`Comparer::compare_stage2`] for a single pair.
pub fn compare_stage2(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
    parameters: &Parameters,
) -> u32 {
    Comparer::new(parameters).compare_stage2(probe, reference)
}

/// [`Comparer::compare`] for a single pair.
pub fn compare(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
    parameters: &Parameters,
) -> Comparison {
    Comparer::new(parameters).compare(probe, reference)
}
