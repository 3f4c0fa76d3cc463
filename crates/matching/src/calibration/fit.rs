//! Fitting the distributions to observed similarities.

use super::distribution::Distribution;
use super::{STEP, STEPS};
use crate::MatchingError;
use vocabulary::Similarity;

/// Spread of the smoothing of mated scores, in steps.
const SMOOTHING_STEPS: f64 = 5.0;
/// Part of the mated scores spread evenly, so that no score is impossible.
const EVEN: f64 = 0.002;
/// Part of the non-mated scores that the tail is fitted to, and its least number.
const TAIL: (usize, usize) = (200, 100);

pub(super) fn enough(kind: &'static str, found: usize, needed: usize) -> Result<(), MatchingError> {
    if found >= needed {
        Ok(())
    } else {
        Err(MatchingError::CalibrationScores { kind, found, needed })
    }
}

fn step(similarity: &Similarity) -> usize {
    (similarity.thousandths() as usize / STEP).min(STEPS - 1)
}

/// Smoothed mated scores.
pub(super) fn mated(similarities: &[Similarity]) -> Distribution {
    let mut counts = vec![0.0; STEPS];
    similarities.iter().for_each(|similarity| counts[step(similarity)] += 1.0);
    let smoothed = smoothed(&counts);
    let even = EVEN * similarities.len() as f64 / STEPS as f64;
    Distribution::normalized(smoothed.iter().map(|count| count + even).collect())
}

/// Gaussian smoothing that keeps the total.
fn smoothed(counts: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; counts.len()];
    for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        let weight = |other: usize| {
            let distance = (other as f64 - index as f64) / SMOOTHING_STEPS;
            libm::exp(-0.5 * distance * distance)
        };
        let total: f64 = (0..counts.len()).map(weight).sum();
        out.iter_mut().enumerate().for_each(|(other, o)| *o += count * weight(other) / total);
    }
    out
}

/// Non-mated scores as counted, continued by a tail.
pub(super) fn non_mated(similarities: &[Similarity]) -> Distribution {
    let mut falling: Vec<usize> = similarities.iter().map(step).collect();
    falling.sort_unstable_by(|a, b| b.cmp(a));
    let in_tail = (falling.len() / TAIL.0).max(TAIL.1);
    let start = falling[in_tail - 1];
    let tail = Tail::fit(&falling[..in_tail], start);
    let mut counts = vec![0.0; STEPS];
    falling.iter().filter(|step| **step < start).for_each(|step| counts[*step] += 1.0);
    let above = falling.iter().filter(|step| **step >= start).count() as f64;
    for (index, count) in counts.iter_mut().enumerate().skip(start) {
        let from = (index - start) as f64;
        let next = if index + 1 < STEPS { tail.survival(from + 1.0) } else { 0.0 };
        *count = above * (tail.survival(from) - next);
    }
    Distribution::normalized(counts)
}

/// A generalized Pareto tail of steps above a start.
struct Tail {
    scale: f64,
    shape: f64,
}

impl Tail {
    /// Moment estimate; the shape is never below zero (exponential), so that no score is taken as
    /// impossible because it was not seen.
    fn fit(steps: &[usize], start: usize) -> Self {
        // A step stands for scores spread over it, so its middle is half a step further.
        let excess = |step: &usize| (*step - start) as f64 + 0.5;
        let count = steps.len() as f64;
        let mean = steps.iter().map(excess).sum::<f64>() / count;
        let spread = |step: &usize| (excess(step) - mean) * (excess(step) - mean);
        let variance = (steps.iter().map(spread).sum::<f64>() / count).max(1e-9);
        let shape = (0.5 * (1.0 - mean * mean / variance)).clamp(0.0, 0.45);
        Self { scale: mean * (1.0 - shape), shape }
    }

    /// Probability of an excess of at least so many steps.
    fn survival(&self, excess: f64) -> f64 {
        if self.shape < 1e-6 {
            libm::exp(-excess / self.scale)
        } else {
            libm::pow(1.0 + self.shape * excess / self.scale, -1.0 / self.shape)
        }
    }
}
