//! Score distributions for a plot.

use crate::ScoreSet;
use serde::Serialize;

/// Counts of similarities in bins of equal width.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// Width of a bin, in thousandths; bin `i` holds `i * width ..= (i + 1) * width - 1`.
    pub bin_width: u32,
    /// Mated comparisons in each bin.
    pub mated: Vec<u64>,
    /// Non-mated comparisons in each bin; as many bins as `mated`.
    pub non_mated: Vec<u64>,
    /// Mated comparisons without a similarity.
    pub mated_failed: u64,
    /// Non-mated comparisons without a similarity.
    pub non_mated_failed: u64,
}

impl Histogram {
    /// Counts a score set into at most `bins` bins from 0 to its largest similarity; `bins` of 0
    /// is taken as 1.
    pub fn new(scores: &ScoreSet, bins: u32) -> Self {
        let all = || scores.mated.iter().chain(&scores.non_mated);
        let largest = all().filter_map(|s| s.similarity).max().unwrap_or_default().thousandths();
        let bins = bins.max(1);
        let bin_width = (largest / bins).saturating_add(1);
        let length = (largest / bin_width + 1) as usize;
        let count = |scores: &[crate::Score]| {
            let mut counts = vec![0u64; length];
            let mut failed = 0;
            for score in scores {
                match score.similarity {
                    Some(s) => counts[(s.thousandths() / bin_width) as usize] += 1,
                    None => failed += 1,
                }
            }
            (counts, failed)
        };
        let (mated, mated_failed) = count(&scores.mated);
        let (non_mated, non_mated_failed) = count(&scores.non_mated);
        Self { bin_width, mated, non_mated, mated_failed, non_mated_failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bins_start_at_zero_and_reach_the_largest_similarity() {
        let histogram = Histogram::new(&ScoreSet::independent(&[9, 10, 19], &[0, 4]), 4);
        assert_eq!(histogram.bin_width, 5);
        assert_eq!(histogram.mated, [0, 1, 1, 1]);
        assert_eq!(histogram.non_mated, [2, 0, 0, 0]);
    }

    #[test]
    fn failed_comparisons_are_counted_beside_the_bins() {
        let mut scores = ScoreSet::independent(&[5, 5], &[1]);
        scores.mated[0].similarity = None;
        let histogram = Histogram::new(&scores, 10);
        assert_eq!(histogram.mated_failed, 1);
        assert_eq!(histogram.mated.iter().sum::<u64>(), 1);
    }

    proptest! {
        #[test]
        fn no_comparison_is_lost_and_no_bin_is_too_many(
            mated in prop::collection::vec(any::<u32>(), 0..50),
            non_mated in prop::collection::vec(0u32..1000, 0..50),
            bins in 0u32..300,
        ) {
            let histogram = Histogram::new(&ScoreSet::independent(&mated, &non_mated), bins);
            prop_assert_eq!(histogram.mated.iter().sum::<u64>(), mated.len() as u64);
            prop_assert_eq!(histogram.non_mated.iter().sum::<u64>(), non_mated.len() as u64);
            prop_assert!(histogram.mated.len() <= bins.max(1) as usize);
            prop_assert_eq!(histogram.mated.len(), histogram.non_mated.len());
        }
    }
}
