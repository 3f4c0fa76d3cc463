//! Stage 3, first half: laying the probe on the reference.
//!
//! The best relaxed pairs are seeds. The pairs that agree with a seed fix a rigid motion; minutiae
//! that then lie and point alike are paired, one to one, and the motion is fitted again. At the
//! end the skin's stretch is estimated from the residuals of the neighbors, and the pairs are
//! drawn once more under a tighter tolerance.

use crate::geometry::Point;
use crate::parameters::{AlignmentParameters, STRETCH_RANGES2};
use crate::prepared::PreparedTemplate;
use crate::rigid::{Correspondence, Rigid};

/// Two prints to be compared.
#[derive(Clone, Copy)]
pub(crate) struct Prints<'a> {
    pub(crate) probe: &'a PreparedTemplate,
    pub(crate) reference: &'a PreparedTemplate,
}

impl<'a> Prints<'a> {
    /// The minutiae of a pair, by index.
    pub(crate) fn ends(&self, (probe, reference): (u16, u16)) -> (&'a Point, &'a Point) {
        (&self.probe.points[usize::from(probe)], &self.reference.points[usize::from(reference)])
    }
}

/// Two minutiae that lie on each other.
#[derive(Clone, Copy)]
pub(crate) struct Mate {
    pub(crate) probe: u16,
    pub(crate) reference: u16,
    /// How far the reference minutia is from the probe minutia after the motion, px.
    pub(crate) residual: (f32, f32),
    /// Squared distance after the stretch is taken out, px.
    pub(crate) distance2: f32,
    /// `exp(-cost)`: how well it fits, `0.0..=1.0`.
    pub(crate) fit: f32,
}

/// The probe laid on the reference.
#[derive(Clone)]
pub(crate) struct Laid {
    pub(crate) motion: Rigid,
    pub(crate) mates: Vec<Mate>,
}

impl Laid {
    /// Sum of the fits.
    pub(crate) fn support(&self) -> f32 {
        self.mates.iter().map(|mate| mate.fit).sum()
    }
}

/// Lays probes on references; holds the buffers.
#[derive(Clone)]
pub(crate) struct Aligner {
    parameters: AlignmentParameters,
    candidates: Vec<Candidate>,
    probe_taken: Vec<bool>,
    reference_taken: Vec<bool>,
    correspondences: Vec<Correspondence>,
}

/// How far minutiae may lie apart.
#[derive(Clone, Copy)]
struct Tolerance {
    distance_px: f32,
    sigma_px: f32,
    /// Whether the stretch of the pairs so far is taken out.
    stretched: bool,
}

impl Aligner {
    pub(crate) fn new(parameters: &AlignmentParameters) -> Self {
        Self {
            parameters: parameters.clone(),
            candidates: Vec::new(),
            probe_taken: Vec::new(),
            reference_taken: Vec::new(),
            correspondences: Vec::new(),
        }
    }

    /// From a first guess to pairs under the loose tolerance, fitting the motion `rounds` times.
    pub(crate) fn settle(&mut self, prints: Prints<'_>, guess: Rigid) -> Laid {
        let loose = Tolerance {
            distance_px: self.parameters.loose_px,
            sigma_px: self.parameters.loose_sigma_px,
            stretched: false,
        };
        let mut laid = Laid { motion: guess, mates: Vec::new() };
        for _ in 0..self.parameters.rounds {
            self.pair(prints, &mut laid, loose);
            if laid.mates.len() < 2 {
                return laid;
            }
            self.correspondences.clear();
            self.correspondences.extend(laid.mates.iter().map(|mate| {
                let (a, b) = prints.ends((mate.probe, mate.reference));
                Correspondence { from: (a.x, a.y), to: (b.x, b.y), weight: mate.fit }
            }));
            match Rigid::fit(&self.correspondences) {
                Some(motion) => laid.motion = motion,
                None => return laid,
            }
        }
        self.pair(prints, &mut laid, loose);
        laid
    }

    /// Draws the pairs again with the stretch taken out.
    pub(crate) fn refine(&mut self, prints: Prints<'_>, laid: &mut Laid) {
        let tight = Tolerance {
            distance_px: self.parameters.tight_px,
            sigma_px: self.parameters.tight_sigma_px,
            stretched: true,
        };
        self.pair(prints, laid, tight);
    }

    /// Pairs minutiae one to one, the best fit first.
    fn pair(&mut self, prints: Prints<'_>, laid: &mut Laid, tolerance: Tolerance) {
        self.collect(prints, laid, tolerance);
        self.candidates.sort_unstable_by(|a, b| {
            a.cost.total_cmp(&b.cost).then((a.probe, a.reference).cmp(&(b.probe, b.reference)))
        });
        self.probe_taken.clear();
        self.probe_taken.resize(prints.probe.points.len(), false);
        self.reference_taken.clear();
        self.reference_taken.resize(prints.reference.points.len(), false);
        laid.mates.clear();
        for candidate in &self.candidates {
            let (a, b) = (usize::from(candidate.probe), usize::from(candidate.reference));
            if !self.probe_taken[a] && !self.reference_taken[b] {
                (self.probe_taken[a], self.reference_taken[b]) = (true, true);
                laid.mates.push(candidate.mate(prints, &laid.motion));
            }
        }
    }

    /// Collects all pairs within the tolerance. The reference minutiae are visited from left to
    /// right, so that those too far to a side cost nothing.
    fn collect(&mut self, prints: Prints<'_>, laid: &Laid, tolerance: Tolerance) {
        let (reference, by_x) = (&prints.reference.points, &prints.reference.by_x);
        let turn = laid.motion.turn.turns_65536() as i16;
        let per_square_px = 0.5 / (tolerance.sigma_px * tolerance.sigma_px);
        self.candidates.clear();
        for (index, a) in prints.probe.points.iter().enumerate() {
            let (mut x, mut y) = laid.motion.apply(a.x, a.y);
            if tolerance.stretched {
                let (dx, dy) = self.stretch(&prints.probe.points, laid, index);
                (x, y) = (x + dx, y + dy);
            }
            let left = x - tolerance.distance_px;
            let first = by_x.partition_point(|other| reference[usize::from(*other)].x < left);
            for other in &by_x[first..] {
                let b = &reference[usize::from(*other)];
                let (dx, dy) = (b.x - x, b.y - y);
                if dx > tolerance.distance_px {
                    break;
                }
                let distance2 = dx * dx + dy * dy;
                let turned = b.direction.difference(a.direction).wrapping_sub(turn).unsigned_abs();
                if distance2 <= tolerance.distance_px * tolerance.distance_px
                    && turned <= self.parameters.direction_65536
                {
                    let angle = f32::from(turned) / self.parameters.direction_sigma_65536;
                    let cost = per_square_px * distance2 + 0.5 * angle * angle;
                    let (probe, reference) = (index as u16, *other);
                    self.candidates.push(Candidate { probe, reference, distance2, cost });
                }
            }
        }
    }

    /// The shift that the residuals of the other pairs nearby suggest for a probe minutia, px.
    fn stretch(&self, probe: &[Point], laid: &Laid, index: usize) -> (f32, f32) {
        let range2 = self.parameters.stretch_range_px * self.parameters.stretch_range_px;
        let (mut dx, mut dy, mut total) = (0.0, 0.0, self.parameters.stretch_prior);
        for mate in &laid.mates {
            if usize::from(mate.probe) == index {
                continue;
            }
            let scaled = probe[index].distance2(&probe[usize::from(mate.probe)]) / range2;
            if scaled < STRETCH_RANGES2 {
                let weight = mate.fit / (1.0 + scaled * scaled);
                dx += weight * mate.residual.0;
                dy += weight * mate.residual.1;
                total += weight;
            }
        }
        (dx / total, dy / total)
    }
}

/// A pair within the tolerance.
#[derive(Clone, Copy)]
struct Candidate {
    probe: u16,
    reference: u16,
    distance2: f32,
    cost: f32,
}

impl Candidate {
    fn mate(&self, prints: Prints<'_>, motion: &Rigid) -> Mate {
        let (a, b) = prints.ends((self.probe, self.reference));
        let (x, y) = motion.apply(a.x, a.y);
        Mate {
            probe: self.probe,
            reference: self.reference,
            residual: (b.x - x, b.y - y),
            distance2: self.distance2,
            fit: libm::expf(-self.cost),
        }
    }
}
