//! One pass of the processor over a gallery.

use super::Pass;
use crate::SearchError;
use crate::gallery::{PersonIndex, Shelf};
use matching::PackedRecord;
use rayon::prelude::*;
use shaders::twin::ranking;
use shaders::{PreparedProbe, Stage1Path};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Records of one unit of work (about 280 KB: they stay in the second-level cache while every print
/// of the probe passes over them).
const BLOCK_RECORDS: usize = 256;

/// The best score of every print with every person.
pub(super) fn best_scores(path: Stage1Path, pass: &Pass<'_>) -> Result<BestScores, SearchError> {
    let best = BestScores::new(pass.prints.len(), pass.gallery.persons());
    let prepared: Vec<PreparedProbe> = pass
        .prints
        .iter()
        .map(|print| PreparedProbe::new(&print.record, pass.parameters))
        .collect();
    for (position, shelf) in pass.gallery.shelves() {
        let searching = pass.searching(0..pass.prints.len(), position);
        let chosen: Vec<Chosen<'_>> = searching
            .into_iter()
            .map(|print| Chosen {
                print,
                prepared: &prepared[print],
                only: pass.only_version(print, shelf),
            })
            .collect();
        if !chosen.is_empty() {
            ShelfScan { path, shelf, chosen, best: &best, pass }.run();
        }
    }
    if pass.meter.cancelled() { Err(SearchError::Cancelled) } else { Ok(best) }
}

/// The best score of every print with every person: `score + 1`, and 0 where no reference of the
/// person was eligible. Blocks arrive from many threads; a maximum does not depend on their order.
pub(super) struct BestScores {
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
    pub(super) fn person_sums(&self, prints: Range<usize>) -> Vec<u32> {
        let rows = &self.by_print[prints];
        let sum = |person: usize| {
            let mut sum = 0;
            for row in rows {
                ranking::add(u32::from(row[person].load(Ordering::Relaxed)), &mut sum);
            }
            sum
        };
        (0..self.persons).into_par_iter().map(sum).collect()
    }
}

/// A print that is compared with a shelf.
struct Chosen<'a> {
    print: usize,
    prepared: &'a PreparedProbe,
    /// The one extractor version whose references count.
    only: Option<u16>,
}

/// The scan of one shelf.
struct ShelfScan<'a> {
    path: Stage1Path,
    shelf: &'a Shelf,
    chosen: Vec<Chosen<'a>>,
    best: &'a BestScores,
    pass: &'a Pass<'a>,
}

impl ShelfScan<'_> {
    fn run(&self) {
        let segments = self.shelf.segments();
        let blocks: Vec<(usize, usize)> = (0..segments.len())
            .flat_map(|s| (0..segments[s].len()).step_by(BLOCK_RECORDS).map(move |r| (s, r)))
            .collect();
        blocks.into_par_iter().for_each(|(segment, first)| {
            let records = &segments[segment][first..];
            let records = &records[..records.len().min(BLOCK_RECORDS)];
            self.block(Shelf::slot_index(segment, first), records);
        });
    }

    fn block(&self, slot: usize, records: &[PackedRecord]) {
        let owners = &self.shelf.owners()[slot..slot + records.len()];
        let mut scores = [0; BLOCK_RECORDS];
        let scores = &mut scores[..records.len()];
        for chosen in &self.chosen {
            if self.pass.meter.cancelled() {
                return;
            }
            shaders::score_with(self.path, chosen.prepared, records, scores);
            let mut counted = 0;
            for ((record, owner), score) in records.iter().zip(owners).zip(&*scores) {
                if chosen.only.is_none_or(|version| version == record.extractor_version) {
                    self.best.raise(chosen.print, *owner, *score);
                    counted += 1;
                }
            }
            self.pass.meter.advance(counted);
        }
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
        assert_eq!(best.person_sums(0..2), [8 + 5 + 1, 0, 1, 32_767]);
        assert_eq!(best.person_sums(1..2), [6, 0, 1, 0]);
        assert_eq!(best.person_sums(0..0), [0; 4]);
    }
}
