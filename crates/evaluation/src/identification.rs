//! Error rates of open-set 1:N identification.

use crate::operating_point::thousandths;
use crate::tally::{Tally, Walk};
use crate::{Bootstrap, EvaluationError, Measurement, OneIn, Proportion, Score};
use serde::Serialize;
use vocabulary::{CandidateList, Similarity, SubjectId};

/// False positive identification rates at which the miss rate is reported: 0.1, 0.01 and 0.001.
const FPIR_TARGETS: [OneIn; 3] = [OneIn::new(10), OneIn::new(100), OneIn::new(1_000)];

/// What came of one search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchOutcome {
    /// The person is in the gallery: the 1-based rank and the similarity on the candidate list,
    /// or `None` when the person is not on it or the probe could not be read.
    Mated(Option<(usize, Similarity)>),
    /// The person is not in the gallery: the similarity of the best candidate, or `None` when
    /// the list is empty or the probe could not be read.
    NonMated(Option<Similarity>),
}

/// One search of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchResult {
    /// Number of the person of the probe; searches of one person are not independent.
    pub subject: u32,
    /// What came of it.
    pub outcome: SearchOutcome,
}

impl SearchResult {
    /// From the returned list; `mate` is the person's identifier when enrolled.
    pub fn from_list(subject: u32, mate: Option<&SubjectId>, list: &CandidateList) -> Self {
        let candidates = list.as_slice();
        let outcome = match mate {
            Some(mate) => SearchOutcome::Mated(
                list.rank_of(mate).map(|rank| (rank, candidates[rank - 1].similarity)),
            ),
            None => SearchOutcome::NonMated(candidates.first().map(|c| c.similarity)),
        };
        Self { subject, outcome }
    }

    /// A probe that could not be read: a miss when the person is enrolled, else no false alarm.
    pub fn failed(subject: u32, mate_enrolled: bool) -> Self {
        let outcome = match mate_enrolled {
            true => SearchOutcome::Mated(None),
            false => SearchOutcome::NonMated(None),
        };
        Self { subject, outcome }
    }
}

/// All searches of an evaluation against one gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSet {
    /// N: persons enrolled.
    pub gallery_persons: u64,
    /// R: the longest candidate list, at least 1. A mate beyond it is a miss.
    pub rank_max: usize,
    /// The searches.
    pub searches: Vec<SearchResult>,
}

/// Error rates of a set of searches, in the terms of NIST: FNIR(N, R, T) is the share of mated
/// searches without the mate within rank R at a similarity of at least T, FPIR(N, T) the share of
/// non-mated searches with any candidate at T or above (ISO/IEC 19795-1:2021; Grother and Ngan,
/// NIST IR 8271).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IdentificationRates {
    /// N.
    pub gallery_persons: u64,
    /// R used in `fnir_at_fpir` and `curve`.
    pub rank_max: usize,
    /// Searches of enrolled persons.
    pub mated: u64,
    /// Searches of persons who are not enrolled.
    pub non_mated: u64,
    /// Cumulative match characteristic: at index `i` the share of mated searches with the mate
    /// within rank `i + 1`, whatever the similarity; `rank_max` entries, empty without mated
    /// searches.
    pub cmc: Vec<Proportion>,
    /// FNIR(N, R, T) at FPIR 0.1, 0.01 and 0.001; empty without mated searches.
    pub fnir_at_fpir: Vec<FnirAtFpir>,
    /// FPIR and FNIR at every threshold where one of them changes, by rising threshold; empty
    /// unless there are mated and non-mated searches.
    pub curve: Vec<IdentificationCurvePoint>,
}

/// FNIR at one FPIR.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FnirAtFpir {
    /// The false positive identification rate to hold.
    pub fpir_one_in: OneIn,
    /// The lowest FNIR at a threshold that holds it.
    pub result: Measurement,
}

/// Both errors at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IdentificationCurvePoint {
    /// In thousandths of similarity.
    #[serde(serialize_with = "thousandths")]
    pub threshold: Similarity,
    /// False positive identification rate.
    pub fpir: f64,
    /// False negative identification rate.
    pub fnir: f64,
}

impl SearchSet {
    /// FNIR(N, R, T): mated searches without the mate within `rank` at `threshold` or above.
    pub fn fnir(&self, rank: usize, threshold: Similarity) -> Proportion {
        let missed = |mate: &Option<(usize, Similarity)>| {
            !mate.is_some_and(|(r, similarity)| r <= rank && similarity.meets(threshold))
        };
        let mated = self.mated();
        Proportion::new(mated.iter().filter(|m| missed(m)).count() as u64, mated.len() as u64)
    }

    /// FPIR(N, T): non-mated searches with a candidate at `threshold` or above.
    pub fn fpir(&self, threshold: Similarity) -> Proportion {
        let outcomes = self.searches.iter().filter_map(|s| match s.outcome {
            SearchOutcome::NonMated(best) => Some(best),
            SearchOutcome::Mated(_) => None,
        });
        let (mut alarms, mut total) = (0, 0);
        for best in outcomes {
            total += 1;
            alarms += u64::from(best.is_some_and(|similarity| similarity.meets(threshold)));
        }
        Proportion::new(alarms, total)
    }

    /// All rates; with a bootstrap over the persons of the probes (the gallery is not resampled).
    ///
    /// # Errors
    /// [`EvaluationError::NoSearches`] without any search.
    pub fn rates(
        &self,
        bootstrap: Option<&Bootstrap>,
    ) -> Result<IdentificationRates, EvaluationError> {
        if self.searches.is_empty() {
            return Err(EvaluationError::NoSearches);
        }
        let tally = self.tally();
        let walk = tally.walk();
        let complete = walk.mated > 0 && walk.non_mated > 0;
        let intervals = match bootstrap {
            Some(bootstrap) if complete => bootstrap.intervals(tally, |walk| {
                FPIR_TARGETS.map(|t| walk.missed_rate(walk.at_accepted_one_in(t.trials())))
            }),
            _ => [None; 3],
        };
        let at = FPIR_TARGETS.into_iter().zip(intervals).map(|(fpir_one_in, interval)| {
            FnirAtFpir { fpir_one_in, result: Measurement::new(&walk, fpir_one_in, interval) }
        });
        Ok(IdentificationRates {
            gallery_persons: self.gallery_persons,
            rank_max: self.rank_max,
            mated: walk.mated,
            non_mated: walk.non_mated,
            cmc: self.cmc(),
            fnir_at_fpir: if walk.mated > 0 { at.collect() } else { Vec::new() },
            curve: if complete { curve(&walk) } else { Vec::new() },
        })
    }

    fn mated(&self) -> Vec<Option<(usize, Similarity)>> {
        let mate = |s: &SearchResult| match s.outcome {
            SearchOutcome::Mated(mate) => Some(mate),
            SearchOutcome::NonMated(_) => None,
        };
        self.searches.iter().filter_map(mate).collect()
    }

    fn cmc(&self) -> Vec<Proportion> {
        let mated = self.mated();
        if mated.is_empty() {
            return Vec::new();
        }
        let mut at_rank = vec![0u64; self.rank_max.max(1)];
        for (rank, _) in mated.iter().flatten() {
            if let Some(count) = rank.checked_sub(1).and_then(|index| at_rank.get_mut(index)) {
                *count += 1;
            }
        }
        let mut within = 0;
        let cumulate = |count: u64| {
            within += count;
            Proportion::new(within, mated.len() as u64)
        };
        at_rank.into_iter().map(cumulate).collect()
    }

    fn tally(&self) -> Tally {
        let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
        for search in &self.searches {
            let score = |similarity| Score {
                similarity,
                probe_subject: search.subject,
                reference_subject: search.subject,
            };
            match search.outcome {
                SearchOutcome::Mated(mate) => mated.push(score(
                    mate.filter(|(rank, _)| *rank <= self.rank_max.max(1)).map(|(_, s)| s),
                )),
                SearchOutcome::NonMated(best) => non_mated.push(score(best)),
            }
        }
        Tally::new(&mated, &non_mated)
    }
}

impl IdentificationRates {
    /// The share of mated searches with the mate in first place; `None` without mated searches.
    pub fn rank_1(&self) -> Option<Proportion> {
        self.cmc.first().copied()
    }
}

fn curve(walk: &Walk) -> Vec<IdentificationCurvePoint> {
    let point = |p: &crate::tally::Point| IdentificationCurvePoint {
        threshold: p.threshold,
        fpir: walk.accepted_rate(p),
        fnir: walk.missed_rate(p),
    };
    walk.points.iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vocabulary::Candidate;

    const fn thousandths(value: u32) -> Similarity {
        Similarity::from_thousandths(value)
    }

    fn mated(subject: u32, mate: Option<(usize, u32)>) -> SearchResult {
        let mate = mate.map(|(rank, similarity)| (rank, thousandths(similarity)));
        SearchResult { subject, outcome: SearchOutcome::Mated(mate) }
    }

    fn non_mated(subject: u32, best: Option<u32>) -> SearchResult {
        SearchResult { subject, outcome: SearchOutcome::NonMated(best.map(thousandths)) }
    }

    fn set(rank_max: usize, searches: Vec<SearchResult>) -> SearchSet {
        SearchSet { gallery_persons: 100, rank_max, searches }
    }

    /// Mates at rank 1 (900), rank 2 (500), missing, and rank 1 (300); ten non-mated searches, of
    /// which the best candidates have 400, 350, and 8 times 100.
    fn small() -> SearchSet {
        let mates = [Some((1, 900)), Some((2, 500)), None, Some((1, 300))];
        let mut searches: Vec<_> = (0..).zip(mates).map(|(s, mate)| mated(s, mate)).collect();
        let best = [400, 350, 100, 100, 100, 100, 100, 100, 100, 100];
        searches.extend((10..).zip(best).map(|(s, best)| non_mated(s, Some(best))));
        set(2, searches)
    }

    #[test]
    fn the_errors_are_those_of_the_definition() {
        let set = small();
        let counts = |p: Proportion| (p.count, p.total);
        assert_eq!(counts(set.fnir(2, thousandths(0))), (1, 4));
        assert_eq!(counts(set.fnir(1, thousandths(0))), (2, 4));
        assert_eq!(counts(set.fnir(2, thousandths(500))), (2, 4));
        assert_eq!(counts(set.fnir(2, thousandths(501))), (3, 4));
        assert_eq!(counts(set.fpir(thousandths(400))), (1, 10));
        assert_eq!(counts(set.fpir(thousandths(401))), (0, 10));
        assert_eq!(counts(set.fpir(thousandths(100))), (10, 10));
    }

    #[test]
    fn the_match_characteristic_cumulates_over_ranks() {
        let rates = small().rates(None).unwrap();
        let hits: Vec<_> = rates.cmc.iter().map(|p| (p.count, p.total)).collect();
        assert_eq!(hits, [(2, 4), (3, 4)]);
        assert_eq!(rates.rank_1().unwrap().rate, 0.5);
    }

    #[test]
    fn the_miss_rate_is_taken_at_the_lowest_threshold_that_holds_the_false_alarms() {
        let rates = small().rates(None).unwrap();
        // One false alarm in ten is allowed: 351 lets only the 400 pass, and misses 300.
        let point = *rates.fnir_at_fpir[0].result.measured().unwrap();
        assert_eq!(point.threshold.thousandths(), 351);
        assert_eq!((point.misses.count, point.false_alarms.count), (2, 1));
        let at_one_percent = rates.fnir_at_fpir[1].result;
        assert_eq!(at_one_percent, Measurement::NotEnoughComparisons { found: 10, needed: 100 });
    }

    #[test]
    fn a_mate_beyond_the_longest_rank_is_missed_at_every_threshold() {
        let short = SearchSet { rank_max: 1, ..small() };
        let rates = short.rates(None).unwrap();
        assert_eq!(rates.cmc.len(), 1);
        assert_eq!(rates.curve[0].fnir, 0.5);
    }

    #[test]
    fn a_probe_that_cannot_be_read_misses_its_mate_and_alarms_nobody() {
        let unread = set(1, vec![SearchResult::failed(0, true), SearchResult::failed(1, false)]);
        assert_eq!(unread.fnir(1, thousandths(0)).rate, 1.0);
        assert_eq!(unread.fpir(thousandths(0)).rate, 0.0);
    }

    #[test]
    fn searches_of_one_kind_alone_give_what_they_can() {
        let only_mated = set(2, vec![mated(0, Some((1, 5)))]).rates(None).unwrap();
        assert_eq!(only_mated.cmc.len(), 2);
        assert!(only_mated.curve.is_empty());
        assert!(matches!(
            only_mated.fnir_at_fpir[0].result,
            Measurement::NotEnoughComparisons { found: 0, .. }
        ));
        let only_non_mated = set(2, vec![non_mated(0, Some(5))]).rates(None).unwrap();
        assert!(only_non_mated.cmc.is_empty() && only_non_mated.fnir_at_fpir.is_empty());
        assert_eq!(set(2, vec![]).rates(None), Err(EvaluationError::NoSearches));
    }

    #[test]
    fn a_candidate_list_becomes_an_outcome() {
        let candidate = |subject: &str, similarity| Candidate {
            subject: SubjectId::new(subject).unwrap(),
            similarity: thousandths(similarity),
            fingers: Vec::new(),
        };
        let list = CandidateList::new(vec![candidate("a", 7), candidate("b", 9)], 10);
        let outcome = |mate: Option<&str>| {
            let mate = mate.map(|mate| SubjectId::new(mate).unwrap());
            SearchResult::from_list(3, mate.as_ref(), &list).outcome
        };
        assert_eq!(outcome(Some("a")), SearchOutcome::Mated(Some((2, thousandths(7)))));
        assert_eq!(outcome(Some("c")), SearchOutcome::Mated(None));
        assert_eq!(outcome(None), SearchOutcome::NonMated(Some(thousandths(9))));
    }

    #[test]
    fn the_interval_resamples_persons() {
        // Person 0 has ten probes, all missed; nine others have one each, all found.
        let mut searches = vec![mated(0, None); 10];
        searches.extend((1..10).map(|s| mated(s, Some((1, 900)))));
        searches.extend((10..30).map(|s| non_mated(s, Some(s))));
        let bootstrap = Bootstrap { replicates: 1000, seed: 5 };
        let rates = set(1, searches).rates(Some(&bootstrap)).unwrap();
        let point = rates.fnir_at_fpir[0].result;
        let interval = point.measured().unwrap().misses_bootstrap.unwrap();
        assert_eq!(interval.low, 0.0, "person 0 is often not drawn");
        assert!(interval.high > 0.7);
    }

    fn any_search() -> impl Strategy<Value = SearchResult> {
        prop_oneof![
            (0u32..9, prop::option::of((1usize..6, 0u32..30))).prop_map(|(s, m)| mated(s, m)),
            (0u32..9, prop::option::of(0u32..30)).prop_map(|(s, b)| non_mated(s, b)),
        ]
    }

    proptest! {
        #[test]
        fn the_curve_agrees_with_the_definition(
            mut searches in prop::collection::vec(any_search(), 0..60),
            rank_max in 1usize..6,
        ) {
            searches.extend([mated(0, None), non_mated(1, None)]);
            let set = set(rank_max, searches);
            let rates = set.rates(None).unwrap();
            for point in &rates.curve {
                prop_assert_eq!(point.fnir, set.fnir(rank_max, point.threshold).rate);
                prop_assert_eq!(point.fpir, set.fpir(point.threshold).rate);
            }
            for (index, hits) in rates.cmc.iter().enumerate() {
                let missed = set.fnir(index + 1, thousandths(0));
                prop_assert_eq!(hits.count + missed.count, hits.total);
            }
        }
    }
}
