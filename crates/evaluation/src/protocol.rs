//! Which impressions are compared with which.

use crate::{EvaluationError, Score, ScoreSet};
use std::cmp::Ordering;
use vocabulary::{ImpressionKey, Similarity};

/// How comparisons are chosen. Both take each unordered pair once, and no print with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// That of the FVC competitions (Maio et al. 2002, DOI 10.1109/34.990140, section 4): mated,
    /// every pair of impressions of a finger; non-mated, the first impressions of every pair of
    /// fingers.
    Fvc,
    /// Mated as in FVC; non-mated, every pair of impressions of different fingers.
    AllPairs,
}

/// Two impressions to compare, as indices into the list the plan was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// Index of the probe; in the plan's order it comes before the reference.
    pub probe: u32,
    /// Index of the reference.
    pub reference: u32,
}

/// The comparisons of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonPlan {
    mated: Vec<Pair>,
    non_mated: Vec<Pair>,
    /// Number of the person of each impression.
    subjects: Vec<u32>,
    undecided: u64,
}

impl ComparisonPlan {
    /// Plans the comparisons of a set of impressions. The first impression of a finger is the one
    /// whose label sorts first, numbers within labels by their value (`2` before `10`). The plan is
    /// the same for every order of `impressions`, but for the indices.
    ///
    /// Fingers of one person are different fingers unless their positions may be the same
    /// ([`vocabulary::FingerPosition::may_equal`]); two prints of a person of which only one has a
    /// known position may or may not be mated and are not compared.
    ///
    /// # Errors
    /// [`EvaluationError::DuplicateImpression`], or [`EvaluationError::TooManyImpressions`] above
    /// `u32::MAX`.
    pub fn new(protocol: Protocol, impressions: &[ImpressionKey]) -> Result<Self, EvaluationError> {
        if u32::try_from(impressions.len()).is_err() {
            return Err(EvaluationError::TooManyImpressions(impressions.len()));
        }
        let mut order: Vec<usize> = (0..impressions.len()).collect();
        order.sort_by(|a, b| order_of(&impressions[*a], &impressions[*b]));
        for pair in order.windows(2) {
            if impressions[pair[0]] == impressions[pair[1]] {
                return Err(EvaluationError::DuplicateImpression(impressions[pair[0]].clone()));
            }
        }
        let prints = Prints::new(impressions, order);
        let mut plan = Self {
            mated: Vec::new(),
            non_mated: Vec::new(),
            subjects: prints.subjects.clone(),
            undecided: 0,
        };
        plan.fill(protocol, &prints);
        Ok(plan)
    }

    fn fill(&mut self, protocol: Protocol, prints: &Prints<'_>) {
        for (rank, &first) in prints.order.iter().enumerate() {
            for &second in &prints.order[rank + 1..] {
                let pair = Pair { probe: first as u32, reference: second as u32 };
                match prints.relation(first, second) {
                    Relation::SameFinger => self.mated.push(pair),
                    Relation::Undecided => self.undecided += 1,
                    Relation::DifferentFingers => {
                        let firsts = prints.is_first[first] && prints.is_first[second];
                        if protocol == Protocol::AllPairs || firsts {
                            self.non_mated.push(pair);
                        }
                    }
                }
            }
        }
    }

    /// Pairs of impressions of the same finger.
    pub fn mated(&self) -> &[Pair] {
        &self.mated
    }

    /// Pairs of impressions of different fingers.
    pub fn non_mated(&self) -> &[Pair] {
        &self.non_mated
    }

    /// Pairs left out because a position is unknown, so that they may or may not be mated.
    pub fn undecided(&self) -> u64 {
        self.undecided
    }

    /// Joins the plan with the similarities of [`Self::mated`] and [`Self::non_mated`], in their
    /// order; `None` where one of the prints could not be enrolled.
    ///
    /// # Errors
    /// [`EvaluationError::SimilarityCount`] when a list has another length than the plan.
    pub fn scored(
        &self,
        mated: &[Option<Similarity>],
        non_mated: &[Option<Similarity>],
    ) -> Result<ScoreSet, EvaluationError> {
        Ok(ScoreSet {
            mated: self.join("mated", &self.mated, mated)?,
            non_mated: self.join("non-mated", &self.non_mated, non_mated)?,
        })
    }

    fn join(
        &self,
        kind: &'static str,
        pairs: &[Pair],
        similarities: &[Option<Similarity>],
    ) -> Result<Vec<Score>, EvaluationError> {
        if pairs.len() != similarities.len() {
            let (expected, found) = (pairs.len(), similarities.len());
            return Err(EvaluationError::SimilarityCount { kind, expected, found });
        }
        let score = |(pair, similarity): (&Pair, &Option<Similarity>)| Score {
            similarity: *similarity,
            probe_subject: self.subjects[pair.probe as usize],
            reference_subject: self.subjects[pair.reference as usize],
        };
        Ok(pairs.iter().zip(similarities).map(score).collect())
    }
}

/// What two prints are to each other.
#[derive(Debug, PartialEq, Eq)]
enum Relation {
    SameFinger,
    DifferentFingers,
    Undecided,
}

/// The impressions in their order, with what the planning asks of them.
struct Prints<'a> {
    impressions: &'a [ImpressionKey],
    order: Vec<usize>,
    subjects: Vec<u32>,
    is_first: Vec<bool>,
}

impl<'a> Prints<'a> {
    fn new(impressions: &'a [ImpressionKey], order: Vec<usize>) -> Self {
        let mut subjects = vec![0; impressions.len()];
        let mut is_first = vec![true; impressions.len()];
        let mut subject = 0;
        for pair in order.windows(2) {
            if impressions[pair[0]].subject != impressions[pair[1]].subject {
                subject += 1;
            }
            subjects[pair[1]] = subject;
        }
        let mut prints = Self { impressions, order, subjects, is_first: Vec::new() };
        let mut person_start = 0;
        for rank in 0..prints.order.len() {
            let print = prints.order[rank];
            if prints.subjects[print] != prints.subjects[prints.order[person_start]] {
                person_start = rank;
            }
            let earlier = &prints.order[person_start..rank];
            let repeats = |e: &usize| prints.relation(*e, print) == Relation::SameFinger;
            is_first[print] = !earlier.iter().any(repeats);
        }
        prints.is_first = is_first;
        prints
    }

    fn relation(&self, a: usize, b: usize) -> Relation {
        if self.subjects[a] != self.subjects[b] {
            return Relation::DifferentFingers;
        }
        let (a, b) = (self.impressions[a].position, self.impressions[b].position);
        match ((a.code() == 0) == (b.code() == 0), a.may_equal(b)) {
            (false, _) => Relation::Undecided,
            (true, true) => Relation::SameFinger,
            (true, false) => Relation::DifferentFingers,
        }
    }
}

/// By person, then finger, then impression, with numbers in names by their value.
fn order_of(a: &ImpressionKey, b: &ImpressionKey) -> Ordering {
    natural(a.subject.as_str(), b.subject.as_str())
        .then_with(|| a.position.cmp(&b.position))
        .then_with(|| natural(a.impression.as_str(), b.impression.as_str()))
}

/// Compares texts with runs of ASCII digits taken as numbers; a total order (`01` and `1` differ).
fn natural(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.as_bytes(), b.as_bytes());
    while let (Some(p), Some(q)) = (x.first(), y.first()) {
        let digits = p.is_ascii_digit() && q.is_ascii_digit();
        let order = if digits {
            let (left, right) = (leading_number(&mut x), leading_number(&mut y));
            left.len().cmp(&right.len()).then_with(|| left.cmp(right))
        } else {
            (x, y) = (&x[1..], &y[1..]);
            p.cmp(q)
        };
        if order.is_ne() {
            return order;
        }
    }
    x.len().cmp(&y.len()).then_with(|| a.cmp(b))
}

/// Takes the digits at the front, without leading zeros.
fn leading_number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let length = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let (number, rest) = text.split_at(length);
    *text = rest;
    let zeros = number.iter().take_while(|c| **c == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vocabulary::{FingerPosition, ImpressionLabel, SubjectId};

    fn key(subject: &str, position: u8, impression: &str) -> ImpressionKey {
        ImpressionKey {
            subject: SubjectId::new(subject).unwrap(),
            position: FingerPosition::new(position).unwrap(),
            impression: ImpressionLabel::new(impression).unwrap(),
        }
    }

    /// `fingers` persons with `impressions` prints of one finger each.
    fn set(fingers: usize, impressions: usize) -> Vec<ImpressionKey> {
        let finger = |f: usize| {
            (1..=impressions).map(move |i| key(&format!("{}", 101 + f), 0, &i.to_string()))
        };
        (0..fingers).flat_map(finger).collect()
    }

    fn counts(protocol: Protocol, impressions: &[ImpressionKey]) -> (usize, usize) {
        let plan = ComparisonPlan::new(protocol, impressions).unwrap();
        (plan.mated().len(), plan.non_mated().len())
    }

    #[test]
    fn the_numbers_of_comparisons_are_those_of_fvc() {
        assert_eq!(counts(Protocol::Fvc, &set(10, 8)), (280, 45));
        assert_eq!(counts(Protocol::Fvc, &set(100, 8)), (2_800, 4_950));
        assert_eq!(counts(Protocol::AllPairs, &set(10, 8)), (280, 45 * 64));
    }

    #[test]
    fn every_pair_is_named_with_the_earlier_impression_as_probe() {
        let prints = [key("b", 0, "1"), key("a", 0, "10"), key("a", 0, "2"), key("b", 0, "3")];
        let plan = ComparisonPlan::new(Protocol::Fvc, &prints).unwrap();
        let pair = |probe, reference| Pair { probe, reference };
        assert_eq!(plan.mated(), [pair(2, 1), pair(0, 3)]);
        assert_eq!(plan.non_mated(), [pair(2, 0)], "2 comes before 10");
        let plan = ComparisonPlan::new(Protocol::AllPairs, &prints).unwrap();
        assert_eq!(plan.non_mated(), [pair(2, 0), pair(2, 3), pair(1, 0), pair(1, 3)]);
    }

    #[test]
    fn fingers_of_one_person_are_different_and_both_thumb_codes_are_one_finger() {
        let prints = [key("a", 1, "1"), key("a", 11, "2"), key("a", 2, "1"), key("b", 1, "1")];
        assert_eq!(counts(Protocol::AllPairs, &prints), (1, 5));
        assert_eq!(counts(Protocol::Fvc, &prints), (1, 3));
    }

    #[test]
    fn a_print_of_an_unknown_finger_is_not_compared_with_known_ones_of_its_person() {
        let prints = [key("a", 0, "1"), key("a", 2, "1"), key("b", 3, "1")];
        let plan = ComparisonPlan::new(Protocol::AllPairs, &prints).unwrap();
        assert_eq!((plan.mated().len(), plan.non_mated().len(), plan.undecided()), (0, 2, 1));
    }

    #[test]
    fn an_impression_listed_twice_is_refused() {
        let prints = [key("a", 1, "1"), key("b", 1, "1"), key("a", 1, "1")];
        let refused = ComparisonPlan::new(Protocol::Fvc, &prints);
        assert_eq!(refused, Err(EvaluationError::DuplicateImpression(key("a", 1, "1"))));
    }

    #[test]
    fn similarities_join_the_plan_with_the_persons() {
        let plan = ComparisonPlan::new(Protocol::Fvc, &set(3, 2)).unwrap();
        let mated: Vec<_> = (1..=3).map(|s| Some(Similarity::from_thousandths(s))).collect();
        let scores = plan.scored(&mated, &[None, None, None]).unwrap();
        let persons = |s: &Score| (s.probe_subject, s.reference_subject);
        let of = |scores: &[Score]| scores.iter().map(persons).collect::<Vec<_>>();
        assert_eq!(of(&scores.mated), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(of(&scores.non_mated), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(scores.mated[2].similarity, Some(Similarity::from_thousandths(3)));
        let refused = plan.scored(&mated, &[]);
        let (expected, found) = (3, 0);
        let error = EvaluationError::SimilarityCount { kind: "non-mated", expected, found };
        assert_eq!(refused, Err(error));
    }

    #[test]
    fn numbers_in_names_are_ordered_by_value_and_names_stay_distinct() {
        let mut names = ["f10", "f9", "f010", "f", "g1", "f9b", "f9a10", "f9a9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["f", "f9", "f9a9", "f9a10", "f9b", "f010", "f10", "g1"]);
    }

    proptest! {
        #[test]
        fn each_unordered_pair_is_compared_once_at_most(
            labels in prop::collection::btree_set((0u8..4, 0u8..4, 0u8..4), 0..20),
        ) {
            let labels: Vec<_> =
                labels.iter().map(|(s, p, i)| key(&s.to_string(), *p, &i.to_string())).collect();
            let all = ComparisonPlan::new(Protocol::AllPairs, &labels).unwrap();
            let pairs = all.mated().iter().chain(all.non_mated());
            let mut unordered: Vec<_> =
                pairs.map(|p| (p.probe.min(p.reference), p.probe.max(p.reference))).collect();
            let count = unordered.len();
            unordered.sort_unstable();
            unordered.dedup();
            prop_assert_eq!(unordered.len(), count);
            let possible = labels.len() * labels.len().saturating_sub(1) / 2;
            prop_assert_eq!(count as u64 + all.undecided(), possible as u64);
            let fvc = ComparisonPlan::new(Protocol::Fvc, &labels).unwrap();
            prop_assert_eq!(fvc.mated(), all.mated());
            prop_assert!(fvc.non_mated().iter().all(|p| all.non_mated().contains(p)));
        }

        #[test]
        fn the_natural_order_is_total(
            a in "[a0-1]{0,5}", b in "[a0-1]{0,5}", c in "[a0-1]{0,5}",
        ) {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
            if natural(&a, &b).is_lt() && natural(&b, &c).is_lt() {
                prop_assert!(natural(&a, &c).is_lt());
            }
        }
    }
}
