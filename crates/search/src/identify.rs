//! The whole search, from probe to ranked persons.

use crate::identification::{
    CandidateDetail, Coverage, Decision, FingerDetail, Identification, Outcome, StageCounts,
};
use crate::kernels::Kernels;
use crate::options::{Options, Threshold};
use crate::progress::{Meter, Progress, Stage};
use crate::rescore::{Aligned, Rescore, Rescored, keep_best};
use crate::shortlist::{ProbePrints, Shortlist, UsablePrint, shortlists, survivors};
use crate::{Gallery, Probe, ReferenceSource, SearchError};
use matching::Parameters;
use matching::calibration::Calibration;
use std::ops::Range;
use vocabulary::{Candidate, CandidateList, FingerSimilarity, Similarity};

/// What every search of a process shares.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// Where stage 1 runs.
    pub kernels: &'a dyn Kernels,
    /// The parameters that the gallery was packed under.
    pub parameters: &'a Parameters,
    /// What a similarity means.
    pub calibration: &'a Calibration,
}

/// A part of the gallery. A person is in one partition only.
#[derive(Clone, Copy)]
pub struct Partition<'a> {
    /// Packed records.
    pub gallery: &'a Gallery,
    /// Templates of the same persons.
    pub source: &'a dyn ReferenceSource,
}

/// Searches one probe. See [`identify_many`].
///
/// # Errors
/// As [`identify_many`].
pub fn identify(
    probe: &Probe,
    partitions: &[Partition<'_>],
    engine: &Engine<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Identification, SearchError> {
    let probes = std::slice::from_ref(probe);
    let mut answers = identify_many(probes, partitions, engine, options, progress)?;
    Ok(answers.pop().expect("one answer per probe"))
}

/// Searches several persons' probes in one pass over the gallery; an answer per probe, each the
/// same as of a search of its own.
///
/// The answer does not depend on how the gallery is partitioned, on the order in which references
/// were added, or on the number of threads. Runs on the current rayon pool.
///
/// # Errors
/// Prints of differing extractor versions (see [`crate::ExtractorRule`]), a gallery packed under
/// other parameters, a source that fails, or a caller who cancels.
pub fn identify_many(
    probes: &[Probe],
    partitions: &[Partition<'_>],
    engine: &Engine<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Identification>, SearchError> {
    let mut answers = Vec::with_capacity(probes.len());
    let persons = partitions.iter().map(|p| p.gallery.persons()).max().unwrap_or(0);
    for batch in batches(probes.iter().map(|probe| probe.prints.len()), persons) {
        let search = Search { partitions, engine, options, progress };
        answers.extend(search.run(&probes[batch])?);
    }
    Ok(answers)
}

/// Memory of stage 1 for the scores of one pass, per partition. A single probe with many prints may
/// need more: it is not split, since ten prints take 24 bytes per person, and every packed record
/// of a person takes a kibibyte as it is.
const PASS_BYTES_MAX: usize = 1 << 30;
/// Best score of a print with a person.
const SCORE_BYTES: usize = 2;
/// Sum over the prints of a probe of a person; those of all probes are there at once.
const SUM_BYTES: usize = 4;

/// Splits probes of so many prints each so that the scores of a pass over so many persons stay in
/// bounds.
fn batches(probes: impl Iterator<Item = usize>, persons: usize) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0usize;
    for (index, prints) in probes.enumerate() {
        let per_person = SCORE_BYTES * prints + SUM_BYTES;
        let own = per_person.saturating_mul(persons);
        bytes = bytes.saturating_add(own);
        match batches.last_mut() {
            Some(batch) if bytes <= PASS_BYTES_MAX => batch.end = index + 1,
            _ => {
                bytes = own;
                batches.push(index..index + 1);
            }
        }
    }
    batches
}

/// One search under way.
struct Search<'a> {
    partitions: &'a [Partition<'a>],
    engine: &'a Engine<'a>,
    options: &'a Options,
    progress: &'a dyn Progress,
}

impl Search<'_> {
    fn run(&self, probes: &[Probe]) -> Result<Vec<Identification>, SearchError> {
        let prints = ProbePrints::new(probes, self.engine)?;
        let galleries: Vec<&Gallery> = self.partitions.iter().map(|p| p.gallery).collect();
        let by_gallery = shortlists(&prints, &galleries, self.engine, self.options, self.progress)?;
        let mut by_probe = vec![Vec::with_capacity(galleries.len()); probes.len()];
        for lists in by_gallery {
            by_probe.iter_mut().zip(lists).for_each(|(all, list)| all.push(list));
        }
        let mut answers = Vec::with_capacity(probes.len());
        for (index, (probe, lists)) in probes.iter().zip(by_probe).enumerate() {
            let mut answer = self.finish(probe, prints.of(index), lists)?;
            answer.unusable_prints = prints.unusable_of(index).to_vec();
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Stages 2 and 3 of one probe; `lists` are its shortlists, by partition.
    fn finish(
        &self,
        probe: &Probe,
        usable: &[UsablePrint],
        lists: Vec<Shortlist>,
    ) -> Result<Identification, SearchError> {
        let coverage = lists.iter().map(|list| *list.coverage()).reduce(Coverage::plus);
        let coverage = coverage.unwrap_or_default();
        if usable.is_empty() {
            return Ok(Identification::nothing_to_search_with(coverage));
        }
        let mut counts = StageCounts::default();
        let survivors = survivors(lists, self.options.shortlist_persons);
        let total = survivors.iter().map(|entries| entries.len() as u64).sum();
        counts.rescored_persons = total;
        let rescore = Rescore::new(probe, usable, self.engine, self.options, self.progress);
        let meter = Meter::new(self.progress, Stage::Rescore, total);
        let mut rescored: Vec<Rescored> = Vec::new();
        for (partition, entries) in self.partitions.iter().zip(survivors) {
            let (persons, pairs) = rescore.rescore(&entries, partition.source, &meter)?;
            rescored.extend(persons);
            counts.rescored_pairs += pairs;
        }
        let aligned = rescore.align(&keep_best(rescored, self.options.aligned_persons))?;
        counts.aligned_persons = aligned.len() as u64;
        counts.aligned_pairs = aligned.iter().map(Aligned::pairs_compared).sum();
        let (candidates, details) = self.rank(aligned, &coverage);
        Ok(Identification {
            outcome: Outcome::Searched,
            candidates,
            details,
            unusable_prints: Vec::new(),
            coverage,
            counts,
        })
    }

    /// The candidate list with what stands behind it; persons not alike at all are left out.
    fn rank(
        &self,
        aligned: Vec<Aligned>,
        coverage: &Coverage,
    ) -> (CandidateList, Vec<CandidateDetail>) {
        let mut ranked: Vec<_> = aligned
            .into_iter()
            .filter(|person| person.similarity > Similarity::ZERO)
            .map(|person| self.candidate(person, coverage))
            .collect();
        ranked.sort_unstable_by(|(a, _), (b, _)| {
            b.similarity.cmp(&a.similarity).then_with(|| a.subject.cmp(&b.subject))
        });
        ranked.truncate(self.options.list_length);
        let (candidates, details) = ranked.into_iter().unzip();
        (CandidateList::new(candidates, self.options.list_length), details)
    }

    /// What a person of stage 3 is worth.
    fn candidate(&self, person: Aligned, coverage: &Coverage) -> (Candidate, CandidateDetail) {
        let calibration = self.engine.calibration;
        let (similarity, fingers) = (person.similarity, person.fingers_compared);
        let ways = person.ways.max(1) as f64;
        let persons = coverage.eligible_persons;
        let threshold = match self.options.threshold {
            Threshold::Similarity(similarity) => similarity,
            Threshold::Fpir(fpir) => calibration.threshold_for_fpir(fpir / ways, fingers, persons),
        };
        let met = similarity.meets(threshold);
        let detail = CandidateDetail {
            decision: if met { Decision::Match } else { Decision::NoMatch },
            threshold,
            fingers_compared: fingers,
            log_likelihood_ratio: calibration.log_likelihood_ratio(similarity, fingers)
                - ways.log10(),
            expected_false_positives: (ways
                * calibration.expected_false_positives(similarity, fingers, persons))
            .min(persons as f64),
            fingers: person.fingers,
        };
        let finger = |finger: &FingerDetail| FingerSimilarity {
            probe_print: finger.probe_print,
            position: finger.position,
            impression: finger.impression.clone(),
            similarity: finger.similarity,
        };
        let fingers = detail.fingers.iter().map(finger).collect();
        (Candidate { subject: person.subject, similarity, fingers }, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scores_and_sums_of_a_batch_stay_in_bounds_unless_it_is_one_probe() {
        for (prints, persons) in [(1, 40_000_000), (2, 3_000_000), (10, 1_000_000), (1, 0)] {
            let batches = batches([prints; 100].into_iter(), persons);
            let bytes = |probes: usize| probes * (SCORE_BYTES * prints + SUM_BYTES) * persons;
            assert!(batches.iter().all(|batch| bytes(batch.len()) <= PASS_BYTES_MAX));
            let covered: Vec<usize> = batches.iter().cloned().flatten().collect();
            assert_eq!(covered, (0..100).collect::<Vec<_>>());
            // None could take one probe more.
            let full = &batches[..batches.len() - 1];
            assert!(full.iter().all(|batch| bytes(batch.len() + 1) > PASS_BYTES_MAX));
        }
        assert_eq!(batches([1, 500, 1].into_iter(), 5_000_000), [0..1, 1..2, 2..3]);
        assert_eq!(batches([1, 500, 1].into_iter(), usize::MAX).len(), 3);
        assert_eq!(batches([0; 0].into_iter(), 5), [0..0; 0]);
    }
}
