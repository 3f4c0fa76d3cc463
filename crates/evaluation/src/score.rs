//! Similarities with the persons they belong to.

use vocabulary::Similarity;

/// The outcome of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// How alike the prints are; `None` when one of them could not be enrolled. No threshold, not
    /// even 0, is met by `None`.
    pub similarity: Option<Similarity>,
    /// Number of the person of the probe; comparisons of one person are not independent.
    pub probe_subject: u32,
    /// Number of the person of the reference; equal to that of the probe in a mated comparison.
    pub reference_subject: u32,
}

/// All comparisons of an evaluation, of prints of the same finger (mated) and of different fingers
/// (non-mated).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScoreSet {
    /// Comparisons of two impressions of one finger.
    pub mated: Vec<Score>,
    /// Comparisons of two fingers.
    pub non_mated: Vec<Score>,
}

impl ScoreSet {
    /// From bare thousandths, each comparison standing for itself. Only for lists whose persons
    /// are not known: a bootstrap of such a set is too sure when the comparisons share fingers.
    pub fn independent(mated: &[u32], non_mated: &[u32]) -> Self {
        let score = |(index, thousandths): (usize, &u32)| Score {
            similarity: Some(Similarity::from_thousandths(*thousandths)),
            probe_subject: index as u32,
            reference_subject: index as u32,
        };
        let all: Vec<Score> = mated.iter().chain(non_mated).enumerate().map(score).collect();
        let (mated, non_mated) = all.split_at(mated.len());
        Self { mated: mated.to_vec(), non_mated: non_mated.to_vec() }
    }

    /// The comparisons of several sets under one threshold. Persons of different sets are different
    /// persons.
    #[must_use]
    pub fn pooled(sets: &[Self]) -> Self {
        let mut pool = Self::default();
        let mut first_free = 0;
        for set in sets {
            let moved = |score: &Score| Score {
                probe_subject: score.probe_subject + first_free,
                reference_subject: score.reference_subject + first_free,
                ..*score
            };
            pool.mated.extend(set.mated.iter().map(moved));
            pool.non_mated.extend(set.non_mated.iter().map(moved));
            let used = set.mated.iter().chain(&set.non_mated);
            let used = used.map(|s| s.probe_subject.max(s.reference_subject) + 1).max();
            first_free += used.unwrap_or(0);
        }
        pool
    }

    /// Whether there is no comparison at all.
    pub fn is_empty(&self) -> bool {
        self.mated.is_empty() && self.non_mated.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_of_pooled_sets_stay_apart() {
        let score = |probe_subject, reference_subject| Score {
            similarity: Some(Similarity::from_thousandths(1)),
            probe_subject,
            reference_subject,
        };
        let set = ScoreSet { mated: vec![score(0, 0)], non_mated: vec![score(0, 2)] };
        let pool = ScoreSet::pooled(&[set.clone(), set.clone(), set]);
        let subjects = |list: &[Score]| -> Vec<(u32, u32)> {
            list.iter().map(|s| (s.probe_subject, s.reference_subject)).collect()
        };
        assert_eq!(subjects(&pool.mated), [(0, 0), (3, 3), (6, 6)]);
        assert_eq!(subjects(&pool.non_mated), [(0, 2), (3, 5), (6, 8)]);
    }
}
