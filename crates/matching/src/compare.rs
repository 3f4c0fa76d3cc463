//! Stages 2 and 3: the similarity of two prints.

use crate::alignment::{Aligner, Laid, Mate};
use crate::geometry::Point;
use crate::local::{Assigned, LocalMatrix};
use crate::overlap::overlap;
use crate::relaxation::{Relaxation, Relaxed};
use crate::rigid::{Correspondence, Rigid};
use crate::scoring::{similarity, weigh};
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
    /// Sum over the pairs of how well they lie on each other (`0.0..=1.0` each), weighted with the
    /// geometric mean of their reliabilities.
    pub reliable_support: f32,
    /// The same sum, weighted with the local similarity instead.
    pub similar: f32,
    /// Sum of the reliabilities of the minutiae inside the overlap, of both prints, that have no
    /// mate.
    pub unpaired_reliability: f32,
    /// Area of the overlap, square px.
    pub overlap_px2: f32,
    /// Mean distance of paired minutiae after alignment, px.
    pub residual_px: f32,
    /// Mean cosine of twice the angle between the ridge flows in the overlap, `-1.0..=1.0`; 0 when
    /// no cell was compared.
    pub flow_agreement: f32,
    /// Cells of 16 px over which the ridge flows were compared; 0 when a template has none.
    pub flow_cells: u16,
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
    aligner: Aligner,
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
            aligner: Aligner::new(&parameters.alignment),
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
        self.relax(probe, reference);
        let Some(laid) = self.lay(probe, reference) else { return Comparison::default() };
        let evidence = self.evidence(probe, reference, &laid);
        let scoring = &self.parameters.scoring;
        let pair = |mate: &Mate| MinutiaPair { probe: mate.probe, reference: mate.reference };
        let mut pairs: Vec<MinutiaPair> = laid.mates.iter().map(pair).collect();
        pairs.sort_unstable_by_key(|pair| pair.probe);
        Comparison {
            similarity: similarity(weigh(&evidence, scoring), scoring),
            pairs,
            alignment: Some(Alignment {
                turn_rad: laid.motion.turn.radians(),
                shift_x_px: laid.motion.shift_x,
                shift_y_px: -laid.motion.shift_y,
            }),
            evidence,
        }
    }

    /// Tries the strongest relaxed pairs as seeds and keeps the best motion.
    fn lay(&mut self, probe: &PreparedTemplate, reference: &PreparedTemplate) -> Option<Laid> {
        let (points, others) = (&probe.points, &reference.points);
        let mut seeds: Vec<usize> = (0..self.relaxed.pairs.len()).collect();
        let strength = |seed: &usize| self.relaxed.pairs[*seed].similarity;
        seeds.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
        let mut best: Option<(f32, Laid)> = None;
        let mut tried: Vec<(u16, u16)> = Vec::new();
        let mut hypotheses = 0;
        for seed in seeds {
            let pair = self.relaxed.pairs[seed];
            if hypotheses == self.parameters.alignment.seeds {
                break;
            }
            if tried.contains(&(pair.probe, pair.reference)) {
                continue;
            }
            hypotheses += 1;
            let guess = self.guess(points, others, seed);
            let rounds = self.parameters.alignment.rounds;
            let laid = self.aligner.settle(probe, reference, guess, rounds);
            tried.extend(laid.mates.iter().map(|mate| (mate.probe, mate.reference)));
            let merit = self.similar(probe, reference, &laid) + 0.3 * laid.support();
            if best.as_ref().is_none_or(|(other, _)| merit > *other) {
                best = Some((merit, laid));
            }
        }
        let (_, mut laid) = best?;
        self.aligner.refine(probe, reference, &mut laid);
        Some(laid)
    }

    /// The motion that a seed and the pairs that agree with it suggest.
    fn guess(&self, probe: &[Point], reference: &[Point], seed: usize) -> Rigid {
        let relaxed = &self.relaxed;
        let place = |pair: &Assigned, weight: f32| {
            let (a, b) = (&probe[usize::from(pair.probe)], &reference[usize::from(pair.reference)]);
            Correspondence { from: (a.x, a.y), to: (b.x, b.y), weight }
        };
        let mut support = vec![place(&relaxed.pairs[seed], 1.0)];
        for (other, pair) in relaxed.pairs.iter().enumerate() {
            let (a, b) = (relaxed.original[seed], relaxed.original[other]);
            let agreement = self.relaxation.agreement(relaxed.count, a, b);
            if other != seed && agreement >= self.parameters.alignment.support_min {
                support.push(place(pair, agreement));
            }
        }
        let pair = &relaxed.pairs[seed];
        let alone = || {
            Rigid::of_minutiae(
                &probe[usize::from(pair.probe)],
                &reference[usize::from(pair.reference)],
            )
        };
        if support.len() < 3 { alone() } else { Rigid::fit(&support).unwrap_or_else(alone) }
    }

    /// Sum of the fits, each weighted with the local similarity.
    fn similar(&self, probe: &PreparedTemplate, reference: &PreparedTemplate, laid: &Laid) -> f32 {
        let similar = |mate: &Mate| {
            mate.fit * self.matrix.of_minutiae(probe, reference, (mate.probe, mate.reference))
        };
        laid.mates.iter().map(similar).sum()
    }

    fn evidence(
        &self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
        laid: &Laid,
    ) -> Evidence {
        let overlap = overlap(probe, reference, &laid.motion, self.parameters.alignment.margin_px);
        let paired = laid.mates.len();
        let distance: f32 = laid.mates.iter().map(|mate| mate.distance2.sqrt()).sum();
        let reliability = |mate: &Mate| {
            let a = &probe.points[usize::from(mate.probe)];
            (a.reliability, reference.points[usize::from(mate.reference)].reliability)
        };
        let mated: f32 = laid.mates.iter().map(|m| reliability(m).0 + reliability(m).1).sum();
        Evidence {
            unpaired_reliability: (overlap.reliability - mated).max(0.0),
            reliable_support: laid
                .mates
                .iter()
                .map(|m| m.fit * (reliability(m).0 * reliability(m).1).sqrt())
                .sum(),
            local: self.relaxed.score,
            paired: paired as u16,
            probe_in_overlap: overlap.probe,
            reference_in_overlap: overlap.reference,
            similar: self.similar(probe, reference, laid),
            overlap_px2: overlap.area_px2,
            residual_px: if paired > 0 { distance / paired as f32 } else { 0.0 },
            flow_agreement: overlap.flow,
            flow_cells: overlap.flow_cells,
        }
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
