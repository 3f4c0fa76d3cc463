//! Mates that stage 1 alone would keep and a sketch drops.

use serde::Serialize;

/// Shares of the gallery that a sketch lets pass.
pub(super) const SHARES: [f64; 6] = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/// Where a mate stands: how many strangers score at least as high.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// By stage 1.
    pub(super) stage1: usize,
    /// By the sketch.
    pub(super) sketch: usize,
}

/// Mates lost among those that stage 1 keeps.
#[derive(Serialize)]
pub(super) struct Loss {
    /// Which probes, against whom.
    pub(super) among: &'static str,
    /// Pairs of a probe and a mate.
    pub(super) pairs: usize,
    /// Pairs of which stage 1 alone keeps the mate.
    pub(super) kept: usize,
    /// Of those, how many the sketch drops, by [`SHARES`].
    pub(super) lost: [usize; SHARES.len()],
    /// Upper ends of the one-sided 95 % interval of the rate of loss, were the pairs independent.
    pub(super) bounds: [f64; SHARES.len()],
}

impl Loss {
    /// Counts, in a gallery of `strangers` of which stage 1 keeps the best `stage1_share`.
    pub(super) fn new(
        among: &'static str,
        standings: &[Standing],
        strangers: usize,
        stage1_share: f64,
    ) -> Self {
        let place = |share: f64| (strangers as f64 * share).ceil() as usize;
        let kept: Vec<_> = standings.iter().filter(|s| s.stage1 < place(stage1_share)).collect();
        let lost = SHARES.map(|share| kept.iter().filter(|s| s.sketch >= place(share)).count());
        let bounds = lost.map(|lost| upper_bound(lost, kept.len()));
        Self { among, pairs: standings.len(), kept: kept.len(), lost, bounds }
    }
}

/// The rate at which as few as `events` of `trials` come about with a probability of 5 %
/// (Clopper and Pearson, 1934); about `3 / trials` when there was none.
fn upper_bound(events: usize, trials: usize) -> f64 {
    if events >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(events, trials, middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

/// Probability of at most `events` in `trials` at this rate, `0 < rate < 1`.
fn at_most(events: usize, trials: usize, rate: f64) -> f64 {
    let mut logarithm = trials as f64 * (-rate).ln_1p();
    let mut sum = logarithm.exp();
    for k in 0..events {
        logarithm += ((trials - k) as f64 / (k + 1) as f64).ln() + rate.ln() - (-rate).ln_1p();
        sum += logarithm.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mates_that_stage_1_keeps_can_be_lost() {
        let standing = |stage1, sketch| Standing { stage1, sketch };
        let standings = [
            standing(0, 0),
            standing(4, 9),
            standing(4, 10),
            standing(4, 499),
            standing(4, 500),
            standing(5, 900),
        ];
        let loss = Loss::new("all", &standings, 1_000, 0.005);
        assert_eq!((loss.pairs, loss.kept), (6, 5));
        assert_eq!(loss.lost, [1, 2, 2, 2, 2, 3]);
    }

    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        // Tables of the binomial distribution, one-sided 95 %.
        for (events, trials, expected) in
            [(0, 10, 0.2589), (1, 10, 0.3942), (5, 10, 0.7776), (0, 763, 0.003918), (10, 10, 1.0)]
        {
            let bound = upper_bound(events, trials);
            assert!((bound - expected).abs() < 1e-4, "{events} of {trials}: {bound}");
        }
    }
}
