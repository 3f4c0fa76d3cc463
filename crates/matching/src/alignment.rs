//! Stage 3, first half: laying the probe on the reference.
//!
//! The best relaxed pairs are seeds. The pairs that agree with a seed fix a rigid motion; minutiae
//! that then lie and point alike are paired, one to one, and the motion is fitted again. At the
//! end the skin's stretch is estimated from the residuals of the neighbors, and the pairs are
//! drawn once more under a tighter tolerance.

use crate::geometry::Point;
use crate::parameters::AlignmentParameters;
use crate::prepared::PreparedTemplate;
use crate::rigid::{Correspondence, Rigid};

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
pub(crate) struct Aligner {
    parameters: AlignmentParameters,
    candidates: Vec<Mate>,
    probe_taken: Vec<bool>,
    reference_taken: Vec<bool>,
    correspondences: Vec<Correspondence>,
}

/// How far minutiae may lie apart and point differently.
struct Tolerance {
    distance_px: f32,
    sigma_px: f32,
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
    pub(crate) fn settle(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
        guess: Rigid,
        rounds: usize,
    ) -> Laid {
        let (points, others) = (&probe.points, &reference.points);
        let loose = Tolerance {
            distance_px: self.parameters.loose_px,
            sigma_px: self.parameters.loose_sigma_px,
        };
        let mut laid = Laid { motion: guess, mates: Vec::new() };
        for _ in 0..rounds {
            self.pair(probe, reference, &mut laid, &loose, false);
            self.correspondences.clear();
            self.correspondences.extend(laid.mates.iter().map(|mate| {
                let (a, b) = ends(points, others, mate);
                Correspondence { from: (a.x, a.y), to: (b.x, b.y), weight: mate.fit }
            }));
            if laid.mates.len() < 2 {
                return laid;
            }
            match Rigid::fit(&self.correspondences) {
                Some(motion) => laid.motion = motion,
                None => return laid,
            }
        }
        self.pair(probe, reference, &mut laid, &loose, false);
        laid
    }

    /// Draws the pairs again with the stretch taken out.
    pub(crate) fn refine(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
        laid: &mut Laid,
    ) {
        let tight = Tolerance {
            distance_px: self.parameters.tight_px,
            sigma_px: self.parameters.tight_sigma_px,
        };
        self.pair(probe, reference, laid, &tight, true);
    }

    /// Pairs minutiae one to one, the best fit first.
    fn pair(
        &mut self,
        probe: &PreparedTemplate,
        reference: &PreparedTemplate,
        laid: &mut Laid,
        tolerance: &Tolerance,
        stretched: bool,
    ) {
        let (probe, reference, by_x) = (&probe.points, &reference.points, &reference.by_x);
        self.candidates.clear();
        for (index, a) in probe.iter().enumerate() {
            let (mut x, mut y) = laid.motion.apply(a.x, a.y);
            if stretched {
                let (dx, dy) = self.stretch(probe, laid, index);
                (x, y) = (x + dx, y + dy);
            }
            let left = x - tolerance.distance_px;
            let first = by_x.partition_point(|other| reference[usize::from(*other)].x < left);
            for other in &by_x[first..] {
                let other = usize::from(*other);
                let b = &reference[other];
                let (dx, dy) = (b.x - x, b.y - y);
                if dx > tolerance.distance_px {
                    break;
                }
                if dy.abs() > tolerance.distance_px {
                    continue;
                }
                self.candidates.extend(self.mate(
                    (index, a),
                    (other, b),
                    laid,
                    (dx, dy),
                    tolerance,
                ));
            }
        }
        self.candidates.sort_unstable_by(|a, b| {
            b.fit.total_cmp(&a.fit).then((a.probe, a.reference).cmp(&(b.probe, b.reference)))
        });
        self.probe_taken.clear();
        self.probe_taken.resize(probe.len(), false);
        self.reference_taken.clear();
        self.reference_taken.resize(reference.len(), false);
        laid.mates.clear();
        for mate in &self.candidates {
            let (a, b) = (usize::from(mate.probe), usize::from(mate.reference));
            if !self.probe_taken[a] && !self.reference_taken[b] {
                (self.probe_taken[a], self.reference_taken[b]) = (true, true);
                laid.mates.push(*mate);
            }
        }
    }

    /// The pair of two minutiae, when it is within the tolerance.
    fn mate(
        &self,
        (index, a): (usize, &Point),
        (other, b): (usize, &Point),
        laid: &Laid,
        (dx, dy): (f32, f32),
        tolerance: &Tolerance,
    ) -> Option<Mate> {
        let distance2 = dx * dx + dy * dy;
        let turned =
            b.direction.difference(a.direction).wrapping_sub(laid.motion.turn.turns_65536() as i16);
        let turn = turned.unsigned_abs();
        if distance2 > tolerance.distance_px * tolerance.distance_px
            || turn > self.parameters.direction_65536
        {
            return None;
        }
        let (x, y) = laid.motion.apply(a.x, a.y);
        let angle = f32::from(turn) / self.parameters.direction_sigma_65536;
        let cost = 0.5 * (distance2 / (tolerance.sigma_px * tolerance.sigma_px) + angle * angle);
        Some(Mate {
            probe: index as u16,
            reference: other as u16,
            residual: (b.x - x, b.y - y),
            distance2,
            fit: libm::expf(-cost),
        })
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
            if scaled < 9.0 {
                let weight = mate.fit / (1.0 + scaled * scaled);
                dx += weight * mate.residual.0;
                dy += weight * mate.residual.1;
                total += weight;
            }
        }
        (dx / total, dy / total)
    }
}

fn ends<'a>(probe: &'a [Point], reference: &'a [Point], mate: &Mate) -> (&'a Point, &'a Point) {
    (&probe[usize::from(mate.probe)], &reference[usize::from(mate.reference)])
}
