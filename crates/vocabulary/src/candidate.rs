//! Ranked answers of an identification.

use crate::{FingerPosition, ImpressionLabel, Similarity, SubjectId};

/// What one print of the probe contributed to a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerSimilarity {
    /// Index of the print within the probe, from 0.
    pub probe_print: usize,
    /// Finger of the reference it matched best.
    pub position: FingerPosition,
    /// Impression of the reference it matched best.
    pub impression: ImpressionLabel,
    /// Similarity of the two prints.
    pub similarity: Similarity,
}

/// A person on the returned list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub subject: SubjectId,
    /// Similarity of the whole probe.
    pub similarity: Similarity,
    /// What each print of the probe contributed, by [`FingerSimilarity::probe_print`].
    pub fingers: Vec<FingerSimilarity>,
}

/// Candidates in their total order: similarity falling, then subject id rising. Merging the lists
/// of several shards is commutative and associative.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CandidateList {
    candidates: Vec<Candidate>,
}

impl CandidateList {
    /// Orders candidates and keeps the best `length`.
    pub fn new(mut candidates: Vec<Candidate>, length: usize) -> Self {
        candidates.sort_unstable_by(|a, b| {
            b.similarity.cmp(&a.similarity).then_with(|| a.subject.cmp(&b.subject))
        });
        candidates.truncate(length);
        Self { candidates }
    }

    /// The best `length` of two lists of disjoint shards.
    #[must_use]
    pub fn merge(self, other: Self, length: usize) -> Self {
        let mut all = self.candidates;
        all.extend(other.candidates);
        Self::new(all, length)
    }

    /// The candidates; the one at index `i` has rank `i + 1`.
    pub fn as_slice(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The 1-based rank of a person, when on the list.
    pub fn rank_of(&self, subject: &SubjectId) -> Option<usize> {
        self.candidates.iter().position(|c| c.subject == *subject).map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidates(entries: Vec<(u32, u32)>) -> Vec<Candidate> {
        entries
            .into_iter()
            .map(|(subject, similarity)| Candidate {
                subject: SubjectId::new(&format!("s{subject}")).unwrap(),
                similarity: Similarity::from_thousandths(similarity),
                fingers: Vec::new(),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn merging_shards_gives_the_list_of_the_whole(
            entries in prop::collection::btree_map(0u32..50, 0u32..6, 0..40),
            split in 0usize..40,
            length in 0usize..20,
        ) {
            let entries: Vec<_> = entries.into_iter().collect();
            let split = split.min(entries.len());
            let whole = CandidateList::new(candidates(entries.clone()), length);
            let left = CandidateList::new(candidates(entries[..split].to_vec()), length);
            let right = CandidateList::new(candidates(entries[split..].to_vec()), length);
            prop_assert_eq!(&left.clone().merge(right.clone(), length), &whole);
            prop_assert_eq!(&right.merge(left, length), &whole);
        }
    }

    #[test]
    fn equal_similarities_are_ordered_by_subject_id() {
        let list = CandidateList::new(candidates(vec![(9, 5), (1, 5), (4, 7)]), 10);
        let order: Vec<_> = list.as_slice().iter().map(|c| c.subject.as_str()).collect();
        assert_eq!(order, ["s4", "s1", "s9"]);
        assert_eq!(list.rank_of(&SubjectId::new("s9").unwrap()), Some(3));
    }
}
