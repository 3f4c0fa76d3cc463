//! Stages 2 and 3: full-resolution comparison of the persons that passed the cut.

use crate::identification::FingerDetail;
use crate::identify::Engine;
use crate::options::{ExtractorRule, Options, PositionRule};
use crate::progress::{Meter, Progress, Stage};
use crate::shortlist::{ShortlistEntry, UsablePrint};
use crate::{Probe, Reference, ReferenceSource, SearchError};
use matching::fusion::{PrintComparison, fuse};
use matching::{Comparer, Comparison, PreparedTemplate};
use rayon::prelude::*;
use vocabulary::{FingerPosition, Similarity, SubjectId};

/// A person after stage 2.
pub(crate) struct Rescored {
    subject: SubjectId,
    /// Fused stage-2 scores of the prints.
    score: Similarity,
    references: Vec<Reference>,
}

impl Rescored {
    pub(crate) const fn subject(&self) -> &SubjectId {
        &self.subject
    }

    /// Fused stage-2 scores of the prints.
    pub(crate) const fn score(&self) -> Similarity {
        self.score
    }
}

/// A person after stage 3.
pub(crate) struct Aligned {
    pub(crate) subject: SubjectId,
    pub(crate) similarity: Similarity,
    pub(crate) fingers_compared: usize,
    pub(crate) ways: u64,
    pub(crate) fingers: Vec<FingerDetail>,
    pairs_compared: u64,
}

impl Aligned {
    /// Pairs of prints that stage 3 compared.
    pub(crate) const fn pairs_compared(&self) -> u64 {
        self.pairs_compared
    }
}

/// Persons with references, and how many pairs of prints were compared for it.
pub(crate) type Counted<T> = (Vec<T>, u64);

/// The prints of one probe, ready for stages 2 and 3.
pub(crate) struct Rescore<'a> {
    prints: Vec<(&'a UsablePrint, PreparedTemplate)>,
    /// Cloned for each thread.
    comparer: Comparer,
    options: &'a Options,
    progress: &'a dyn Progress,
}

impl<'a> Rescore<'a> {
    /// Prepares the prints that stage 1 used.
    pub(crate) fn new(
        probe: &Probe,
        usable: &'a [UsablePrint],
        engine: &Engine<'_>,
        options: &'a Options,
        progress: &'a dyn Progress,
    ) -> Self {
        let prepare = |print: &'a UsablePrint| {
            let template = &probe.prints[print.index];
            (print, PreparedTemplate::new(template, engine.parameters))
        };
        let comparer = Comparer::new(engine.parameters);
        Self { prints: usable.par_iter().map(prepare).collect(), comparer, options, progress }
    }

    /// Stage 2 of persons of one partition. A person whom the source no longer knows drops out.
    pub(crate) fn rescore(
        &self,
        entries: &[ShortlistEntry],
        source: &dyn ReferenceSource,
        meter: &Meter<'_>,
    ) -> Result<Counted<Rescored>, SearchError> {
        let rescore_one = |comparer: &mut Comparer, entry: &ShortlistEntry| {
            if self.progress.cancelled() {
                return Err(SearchError::Cancelled);
            }
            let mut references = source
                .references(&entry.subject)
                .map_err(|cause| SearchError::Source { subject: entry.subject.clone(), cause })?;
            references.sort_unstable_by(|a, b| {
                (a.position, &a.impression).cmp(&(b.position, &b.impression))
            });
            let comparisons = self.compare_prints(&references, |print, reference| {
                Similarity::from_thousandths(comparer.compare_stage2(print, reference))
            });
            let score = fuse(&comparisons).similarity;
            meter.advance(1);
            let person = Rescored { subject: entry.subject.clone(), score, references };
            Ok((person, comparisons.len() as u64))
        };
        let comparer = || self.comparer.clone();
        // Collected before it is judged, so that the same failure is reported every time.
        let results: Vec<Result<_, SearchError>> =
            entries.par_iter().map_init(comparer, rescore_one).collect();
        let mut persons = Vec::with_capacity(results.len());
        let mut pairs = 0;
        for result in results {
            let (person, compared) = result?;
            pairs += compared;
            if compared > 0 {
                persons.push(person);
            }
        }
        Ok((persons, pairs))
    }

    /// Stage 3.
    pub(crate) fn align(&self, persons: &[Rescored]) -> Result<Vec<Aligned>, SearchError> {
        let meter = Meter::new(self.progress, Stage::Align, persons.len() as u64);
        let align_one = |comparer: &mut Comparer, person: &Rescored| {
            if self.progress.cancelled() {
                return Err(SearchError::Cancelled);
            }
            let aligned = self.align_person(comparer, person);
            meter.advance(1);
            Ok(aligned)
        };
        let comparer = || self.comparer.clone();
        persons.par_iter().map_init(comparer, align_one).collect()
    }

    fn align_person(&self, comparer: &mut Comparer, person: &Rescored) -> Aligned {
        let mut full: Vec<Comparison> = Vec::new();
        let comparisons = self.compare_prints(&person.references, |print, reference| {
            let comparison = comparer.compare(print, reference);
            let similarity = comparison.similarity;
            full.push(comparison);
            similarity
        });
        let fused = fuse(&comparisons);
        let detail = |index: &usize| {
            let (comparison, full) = (&comparisons[*index], &full[*index]);
            let reference = &person.references[comparison.reference_print];
            FingerDetail {
                probe_print: comparison.probe_print,
                position: reference.position,
                impression: reference.impression.clone(),
                similarity: full.similarity,
                pairs: full.pairs.clone(),
                alignment: full.alignment,
                evidence: full.evidence,
            }
        };
        Aligned {
            subject: person.subject.clone(),
            similarity: fused.similarity,
            fingers_compared: fused.fingers,
            ways: fused.ways,
            fingers: fused.contributions.iter().map(detail).collect(),
            pairs_compared: comparisons.len() as u64,
        }
    }

    /// Compares every print with every reference that may show the same finger.
    fn compare_prints(
        &self,
        references: &[Reference],
        mut similarity: impl FnMut(&PreparedTemplate, &PreparedTemplate) -> Similarity,
    ) -> Vec<PrintComparison> {
        let mut comparisons = Vec::new();
        for (print, prepared) in &self.prints {
            // A label that is not trusted must not keep the fusion from pairing the prints.
            let probe_position = match self.options.positions {
                PositionRule::AsLabeled => print.position,
                PositionRule::Any => FingerPosition::UNKNOWN,
            };
            for (index, reference) in references.iter().enumerate() {
                let same_extractor = print.extractor == reference.prepared.extractor();
                let comparable =
                    same_extractor || self.options.extractors == ExtractorRule::Compare;
                if comparable && print.searches(reference.position, self.options.positions) {
                    comparisons.push(PrintComparison {
                        probe_print: print.index,
                        probe_position,
                        reference_print: index,
                        reference_position: reference.position,
                        similarity: similarity(prepared, &reference.prepared),
                    });
                }
            }
        }
        comparisons
    }
}

/// The cut between stages 2 and 3, over all partitions: the best persons, ties by subject id.
pub(crate) fn keep_best(mut persons: Vec<Rescored>, length: usize) -> Vec<Rescored> {
    persons.sort_unstable_by(|a, b| b.score.cmp(&a.score).then_with(|| a.subject.cmp(&b.subject)));
    persons.truncate(length);
    persons
}
