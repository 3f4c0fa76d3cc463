//! One pass of the kernels over a gallery.

use super::UsablePrint;
use crate::gallery::{PersonIndex, Shelf};
use crate::identify::Engine;
use crate::kernels::{ScanBlock, ScanSink};
use crate::options::{ExtractorRule, Options};
use crate::progress::Meter;
use crate::{Gallery, SearchError};
use matching::PackedRecord;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};
use vocabulary::ExtractorVersion;

/// What a pass needs to know.
pub(crate) struct Scan<'a> {
    pub(crate) gallery: &'a Gallery,
    pub(crate) engine: &'a Engine<'a>,
    pub(crate) options: &'a Options,
    pub(crate) meter: &'a Meter<'a>,
}

impl Scan<'_> {
    /// The best score of every print with every person.
    pub(crate) fn best_scores(&self, prints: &[UsablePrint]) -> Result<BestScores, SearchError> {
        let best = BestScores::new(prints.len(), self.gallery.persons());
        for (position, shelf) in self.gallery.shelves() {
            let chosen: Vec<usize> = (0..prints.len())
                .filter(|print| prints[*print].searches(position, self.options.positions))
                .collect();
            if chosen.is_empty() || shelf.len() == 0 {
                continue;
            }
            let records: Vec<PackedRecord> =
                chosen.iter().map(|print| prints[*print].record).collect();
            let sink = ShelfSink {
                shelf,
                only: self.only_versions(prints, &chosen, shelf),
                chosen,
                best: &best,
                meter: self.meter,
            };
            let stage1 = &self.engine.parameters.stage1;
            self.engine.kernels.scan(&records, &shelf.segments(), stage1, &sink);
        }
        if self.meter.cancelled() { Err(SearchError::Cancelled) } else { Ok(best) }
    }

    /// For each chosen print the one extractor version whose references count, when the shelf holds
    /// others that are to be skipped.
    fn only_versions(
        &self,
        prints: &[UsablePrint],
        chosen: &[usize],
        shelf: &Shelf,
    ) -> Vec<Option<ExtractorVersion>> {
        let only = |print: &usize| {
            let version = prints[*print].extractor;
            let uniform = shelf.versions().keys().all(|found| *found == version);
            (self.options.extractors == ExtractorRule::Skip && !uniform).then_some(version)
        };
        chosen.iter().map(only).collect()
    }
}

/// The best score of every print with every person: `score + 1`, and 0 where no reference of the
/// person was eligible. Blocks arrive from many threads; a maximum does not depend on their order.
pub(crate) struct BestScores {
    by_print: Vec<Vec<AtomicU16>>,
    persons: usize,
}

impl BestScores {
    fn new(prints: usize, persons: usize) -> Self {
        let row = || (0..persons).map(|_| AtomicU16::new(0)).collect();
        Self { by_print: (0..prints).map(|_| row()).collect(), persons }
    }

    fn raise(&self, print: usize, person: PersonIndex, score: u16) {
        let cell = &self.by_print[print][person as usize];
        if cell.load(Ordering::Relaxed) <= score {
            cell.fetch_max(score + 1, Ordering::Relaxed);
        }
    }

    /// For each person the sum over the prints, plus one; 0 for persons without an eligible
    /// reference.
    pub(crate) fn person_scores(&self, prints: Range<usize>) -> Vec<u32> {
        let rows = &self.by_print[prints];
        let sum = |person: usize| {
            let best = rows.iter().map(|row| u32::from(row[person].load(Ordering::Relaxed)));
            let (mut sum, mut eligible) = (0, false);
            for score in best {
                eligible |= score > 0;
                sum += score.saturating_sub(1);
            }
            if eligible { sum + 1 } else { 0 }
        };
        (0..self.persons).into_par_iter().map(sum).collect()
    }
}

/// Takes the scores of one shelf.
struct ShelfSink<'a> {
    shelf: &'a Shelf,
    /// Which print each of the scan's probes is.
    chosen: Vec<usize>,
    /// By probe of the scan: the extractor version whose references alone count.
    only: Vec<Option<ExtractorVersion>>,
    best: &'a BestScores,
    meter: &'a Meter<'a>,
}

impl ScanSink for ShelfSink<'_> {
    fn accept(&self, block: ScanBlock<'_>) {
        let print = self.chosen[block.probe];
        let start = Shelf::slot_index(block.segment, block.first);
        let owners = &self.shelf.owners()[start..start + block.scores.len()];
        let mut counted = block.scores.len();
        match self.only[block.probe] {
            None => {
                for (owner, score) in owners.iter().zip(block.scores) {
                    self.best.raise(print, *owner, *score);
                }
            }
            Some(version) => {
                counted = 0;
                for (index, (owner, score)) in owners.iter().zip(block.scores).enumerate() {
                    if self.shelf.record(start + index).extractor_version == version.0 {
                        self.best.raise(print, *owner, *score);
                        counted += 1;
                    }
                }
            }
        }
        self.meter.advance(counted as u64);
    }

    fn cancelled(&self) -> bool {
        self.meter.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_score_of_a_person_counts_even_by_one_and_zero_is_eligible() {
        let best = BestScores::new(2, 4);
        for (print, person, score) in [(0, 0, 7), (0, 0, 8), (0, 0, 6), (1, 0, 5), (1, 2, 0)] {
            best.raise(print, person, score);
        }
        best.raise(0, 3, 32_766);
        assert_eq!(best.person_scores(0..2), [8 + 5 + 1, 0, 1, 32_767]);
        assert_eq!(best.person_scores(1..2), [6, 0, 1, 0]);
        assert_eq!(best.person_scores(0..0), [0; 4]);
    }
}
