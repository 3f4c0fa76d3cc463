//! Stages 2 and 3: the similarity of two prints.

use crate::alignment::{Aligner, Laid, Mate, Prints};
use crate::local::{Assigned, LocalMatrix};
use crate::overlap::overlap;
use crate::relaxation::{Relaxation, Relaxed};
use crate::rigid::{Correspondence, Rigid};
use crate::scoring::{similarity, weigh};
use crate::{Parameters, PreparedTemplate};
use std::fmt;
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

/// The result of comparing two prints. `Debug` tells how many pairs there are, not which: pairs and
/// alignment are biometric content.
#[derive(Clone, PartialEq, Default)]
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

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comparison")
            .field("similarity", &self.similarity)
            .field("pairs", &self.pairs.len())
            .finish_non_exhaustive()
    }
}

/// Compares many pairs with one set of tables and buffers. One per thread; clones share the tables.
#[derive(Clone)]
pub struct Comparer {
    parameters: Parameters,
    matrix: LocalMatrix,
    assigned: Vec<Assigned>,
    relaxation: Relaxation,
    relaxed: Relaxed,
    aligner: Aligner,
    seeds: Vec<usize>,
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
            seeds: Vec::new(),
        }
    }

    /// Assigns and relaxes.
    fn relax(&mut self, prints: Prints<'_>) {
        self.matrix.fill(prints, &self.parameters.local);
        let limit = self.relaxation.pairs_max();
        self.matrix.assign(prints, limit, &mut self.assigned);
        self.relaxation.relax(prints, &self.assigned, &mut self.relaxed);
    }

    /// The stage-2 score alone, `0..=65536`: good enough to order candidates, not calibrated.
    pub fn compare_stage2(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
    ) -> u32 {
        self.relax(Prints { probe, reference });
        (self.relaxed.score * 65536.0) as u32
    }

    /// Stages 2 and 3.
    pub fn compare(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
    ) -> Comparison {
        let prints = Prints { probe, reference };
        self.relax(prints);
        let Some(laid) = self.lay(prints) else { return Comparison::default() };
        let evidence = self.evidence(prints, &laid);
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
    fn lay(&mut self, prints: Prints<'_>) -> Option<Laid> {
        self.seeds.clear();
        self.seeds.extend(0..self.relaxed.pairs.len());
        let strength = |seed: &usize| self.relaxed.pairs[*seed].similarity;
        self.seeds.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
        let mut best: Option<(f32, Laid)> = None;
        let mut explained: Vec<(u16, u16)> = Vec::new();
        let mut tried = 0;
        for seed in &self.seeds {
            let pair = self.relaxed.pairs[*seed];
            if tried == self.parameters.alignment.seeds {
                break;
            }
            if explained.contains(&(pair.probe, pair.reference)) {
                continue;
            }
            tried += 1;
            let guess = self.guess(prints, *seed);
            let laid = self.aligner.settle(prints, guess);
            explained.extend(laid.mates.iter().map(|mate| (mate.probe, mate.reference)));
            let weight = self.parameters.alignment.support_weight;
            let merit = self.similar(prints, &laid) + weight * laid.support();
            if best.as_ref().is_none_or(|(other, _)| merit > *other) {
                best = Some((merit, laid));
            }
        }
        let (_, mut laid) = best?;
        self.aligner.refine(prints, &mut laid);
        Some(laid)
    }

    /// The motion that a seed and the pairs that agree with it suggest.
    fn guess(&self, prints: Prints<'_>, seed: usize) -> Rigid {
        let relaxed = &self.relaxed;
        let place = |pair: &Assigned, weight: f32| {
            let (a, b) = prints.ends((pair.probe, pair.reference));
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
        let (a, b) = prints.ends((relaxed.pairs[seed].probe, relaxed.pairs[seed].reference));
        let fitted = if support.len() < 3 { None } else { Rigid::fit(&support) };
        fitted.unwrap_or_else(|| Rigid::of_minutiae(a, b))
    }

    /// Sum of the fits, each weighted with the local similarity.
    fn similar(&self, prints: Prints<'_>, laid: &Laid) -> f32 {
        let similar =
            |mate: &Mate| mate.fit * self.matrix.of_minutiae(prints, (mate.probe, mate.reference));
        laid.mates.iter().map(similar).sum()
    }

    fn evidence(&self, prints: Prints<'_>, laid: &Laid) -> Evidence {
        let overlap = overlap(prints, &laid.motion, self.parameters.alignment.margin_px);
        let (mut distance, mut mated, mut support) = (0.0, 0.0, 0.0);
        for mate in &laid.mates {
            let (a, b) = prints.ends((mate.probe, mate.reference));
            distance += mate.distance2.sqrt();
            mated += a.reliability + b.reliability;
            support += mate.fit * (a.reliability * b.reliability).sqrt();
        }
        let paired = laid.mates.len();
        Evidence {
            local: self.relaxed.score,
            paired: paired as u16,
            probe_in_overlap: overlap.probe,
            reference_in_overlap: overlap.reference,
            reliable_support: support,
            similar: self.similar(prints, laid),
            unpaired_reliability: (overlap.reliability - mated).max(0.0),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Sketch, finger, moved, shaken, template};
    use proptest::prelude::*;
    use vocabulary::RidgeFlow;

    fn prepared(sketches: &[Sketch]) -> PreparedTemplate {
        PreparedTemplate::new(&template(sketches, None), &Parameters::default())
    }

    fn compared(probe: &PreparedTemplate, reference: &PreparedTemplate) -> Comparison {
        compare(probe, reference, &Parameters::default())
    }

    fn check_pairs(comparison: &Comparison, probe: usize, reference: usize) {
        let mut seen = std::collections::BTreeSet::new();
        for pair in &comparison.pairs {
            assert!(usize::from(pair.probe) < probe && usize::from(pair.reference) < reference);
            assert!(seen.insert((0, pair.probe)) && seen.insert((1, pair.reference)));
        }
        assert_eq!(comparison.pairs.len(), usize::from(comparison.evidence.paired));
        assert!(comparison.similarity.thousandths() <= 1000);
    }

    #[test]
    fn a_print_is_nearly_wholly_similar_to_itself() {
        let one = prepared(&finger(1, 40));
        let comparison = compared(&one, &one);
        assert!(comparison.similarity.thousandths() >= 900, "{}", comparison.similarity);
        assert_eq!(comparison.pairs.len(), 40);
        assert!(comparison.pairs.iter().all(|pair| pair.probe == pair.reference));
    }

    #[test]
    fn the_alignment_lays_the_probe_on_a_turned_and_shifted_reference() {
        let sketches = finger(2, 35);
        let reference = moved(&sketches, 0.6, (20.0, -35.0));
        let comparison = compared(&prepared(&sketches), &prepared(&reference));
        let alignment = comparison.alignment.unwrap();
        assert!((alignment.turn_rad - 0.6).abs() < 0.01);
        for (from, to) in sketches.iter().zip(&reference) {
            let (x, y) = alignment.apply(from.x, from.y);
            assert!((x - to.x).abs() < 1.0 && (y - to.y).abs() < 1.0);
        }
        assert!(comparison.similarity.thousandths() >= 800);
    }

    #[test]
    fn mates_with_missing_and_moved_minutiae_score_above_strangers() {
        let mut comparer = Comparer::new(&Parameters::default());
        for seed in 1..8 {
            let sketches = finger(seed, 45);
            let probe = prepared(&sketches[..35]);
            let mate = prepared(&shaken(&moved(&sketches, -0.3, (9.0, 14.0))[8..], seed, 3.0));
            let mated = comparer.compare(&probe, &mate).similarity;
            for stranger in 50..60 {
                let other = prepared(&finger(stranger, 45));
                assert!(mated > comparer.compare(&probe, &other).similarity);
            }
        }
    }

    #[test]
    fn stretched_skin_is_taken_out() {
        let sketches = finger(4, 40);
        let stretch = |s: &Sketch| Sketch {
            x: 200.0 + (s.x - 200.0) * 1.07,
            y: 200.0 + (s.y - 200.0) * 0.95,
            ..*s
        };
        let stretched: Vec<Sketch> = sketches.iter().map(stretch).collect();
        let comparison = compared(&prepared(&sketches), &prepared(&stretched));
        assert!(comparison.pairs.len() >= 38, "{}", comparison.pairs.len());
        // The rigid motion alone leaves 7 % of up to 100 px.
        assert!(comparison.evidence.residual_px < 2.5, "{}", comparison.evidence.residual_px);
    }

    #[test]
    fn comparing_the_other_way_round_gives_nearly_the_same() {
        for seed in 1..12 {
            let sketches = finger(seed, 40);
            let a = prepared(&sketches);
            let b = prepared(&shaken(&sketches[5..], seed + 3, 4.0));
            let (there, back) = (compared(&a, &b).similarity, compared(&b, &a).similarity);
            assert!(there.thousandths().abs_diff(back.thousandths()) <= 60, "{there} {back}");
        }
    }

    #[test]
    fn the_order_of_the_minutiae_given_changes_nothing() {
        let sketches = finger(9, 40);
        let mut reversed = sketches.clone();
        reversed.reverse();
        let other = prepared(&shaken(&sketches, 4, 3.0));
        assert_eq!(compared(&prepared(&sketches), &other), compared(&prepared(&reversed), &other));
    }

    #[test]
    fn a_used_comparer_gives_what_a_fresh_one_gives() {
        let prints: Vec<_> =
            (0..5).map(|seed| prepared(&finger(seed, 12 * seed as usize))).collect();
        let mut used = Comparer::new(&Parameters::default());
        for a in &prints {
            for b in &prints {
                assert_eq!(used.compare(a, b), compared(a, b));
                let alone = compare_stage2(a, b, &Parameters::default());
                assert_eq!(used.compare_stage2(a, b), alone);
            }
        }
    }

    #[test]
    fn prints_without_minutiae_are_similar_to_nothing() {
        let (none, some) = (prepared(&[]), prepared(&finger(1, 40)));
        assert_eq!(compared(&none, &some), Comparison::default());
        assert_eq!(compared(&some, &none).similarity, Similarity::ZERO);
        assert_eq!(compared(&none, &none).similarity, Similarity::ZERO);
        assert_eq!(compare_stage2(&none, &some, &Parameters::default()), 0);
    }

    #[test]
    fn agreeing_ridge_flows_speak_for_the_mate_and_crossing_ones_against() {
        let sketches = finger(3, 20);
        let with = |orientation: u8| {
            let flow = RidgeFlow::new(25, 25, vec![orientation; 625]).unwrap();
            PreparedTemplate::new(&template(&sketches, Some(flow)), &Parameters::default())
        };
        let same = compared(&with(30), &with(30));
        let crossing = compared(&with(30), &with(150));
        assert!((same.evidence.flow_agreement - 1.0).abs() < 1e-3);
        assert!((crossing.evidence.flow_agreement + 1.0).abs() < 1e-3);
        assert!(same.similarity > crossing.similarity);
    }

    #[test]
    fn ridge_flows_are_compared_after_the_turn() {
        // A quarter of a half turn is 60 of 240 steps of orientation.
        let turn = std::f32::consts::FRAC_PI_4;
        let sketches = finger(5, 25);
        let with = |sketches: &[Sketch], orientation: u8| {
            let flow = RidgeFlow::new(25, 25, vec![orientation; 625]).unwrap();
            PreparedTemplate::new(&template(sketches, Some(flow)), &Parameters::default())
        };
        let probe = with(&sketches, 20);
        let reference = moved(&sketches, turn, (0.0, 0.0));
        let turned = compared(&probe, &with(&reference, 80)).evidence.flow_agreement;
        let unturned = compared(&probe, &with(&reference, 20)).evidence.flow_agreement;
        assert!(turned > 0.99, "{turned}");
        assert!(unturned.abs() < 0.05, "{unturned}");
    }

    #[test]
    fn debug_output_tells_how_many_pairs_and_not_which() {
        let comparison = Comparison {
            similarity: Similarity::from_thousandths(700),
            pairs: vec![MinutiaPair { probe: 1234, reference: 4321 }],
            ..Comparison::default()
        };
        let text = format!("{comparison:?}");
        assert!(text.contains("pairs: 1") && !text.contains("1234"), "{text}");
    }

    #[test]
    fn the_largest_templates_are_compared_by_their_best_minutiae() {
        let mut uniform = crate::samples::Uniform::new(11);
        let mut draw = || {
            let all: Vec<Sketch> = (0..vocabulary::Template::MAX_MINUTIAE)
                .map(|_| Sketch {
                    x: 399.0 * uniform.next(),
                    y: 399.0 * uniform.next(),
                    direction: (65535.0 * uniform.next()) as u16,
                    reliability: (100.0 * uniform.next()) as u8,
                })
                .collect();
            prepared(&all)
        };
        let (a, b) = (draw(), draw());
        let limit = Parameters::default().minutiae_max;
        check_pairs(&compared(&a, &b), limit, limit);
    }

    fn sketches(most: usize) -> impl Strategy<Value = Vec<Sketch>> {
        let sketch = (0u16..400, 0u16..400, any::<u16>(), 0u8..=100).prop_map(
            |(x, y, direction, reliability)| Sketch {
                x: f32::from(x),
                y: f32::from(y),
                direction,
                reliability,
            },
        );
        prop::collection::vec(sketch, 0..most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_two_templates_compare_without_fault(a in sketches(40), b in sketches(40)) {
            let comparison = compared(&prepared(&a), &prepared(&b));
            check_pairs(&comparison, a.len(), b.len());
        }

        #[test]
        fn minutiae_heaped_on_one_place_compare_without_fault(count in 0usize..30, turn: u16) {
            let heap = vec![Sketch { x: 50.0, y: 60.0, direction: turn, reliability: 9 }; count];
            let comparison = compared(&prepared(&heap), &prepared(&heap));
            check_pairs(&comparison, count, count);
        }
    }
}
