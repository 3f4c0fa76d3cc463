//! Stage 1: every usable print against every eligible reference, and the exact global cut.
//!
//! Per person and print the best eligible reference counts; a person's score is the sum over the
//! prints. The cut keeps the best persons, ties by subject id, so that the shortlists of disjoint
//! partitions merge into the shortlist of the whole.

mod cut;

use crate::gallery::Text;
use crate::identification::Coverage;
use crate::identify::Engine;
use crate::kernels::Pass;
use crate::options::{ExtractorRule, Options, PositionRule};
use crate::progress::{Meter, Progress, Stage};
use crate::{Gallery, Probe, SearchError};
use matching::{PackedRecord, descriptor};
use rayon::prelude::*;
use shaders::Ranked;
use std::cmp::Ordering;
use std::ops::Range;
use vocabulary::{ExtractorVersion, FingerPosition, SubjectId};

/// A person who passed stage 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortlistEntry {
    /// Sum over the usable prints of the best stage-1 score.
    pub score: u32,
    /// The person.
    pub subject: SubjectId,
}

impl ShortlistEntry {
    fn new((score, subject): (u32, &Text)) -> Self {
        let subject = SubjectId::new(subject.as_str()).expect("it was an id when it came");
        Self { score, subject }
    }

    /// Better first: score falling, then subject id rising.
    pub(crate) fn rank_cmp(&self, other: &Self) -> Ordering {
        other.score.cmp(&self.score).then_with(|| self.subject.cmp(&other.subject))
    }
}

/// The best persons of stage 1, best first, ties by subject id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shortlist {
    entries: Vec<ShortlistEntry>,
    coverage: Coverage,
}

impl Shortlist {
    /// The persons, best first.
    pub fn entries(&self) -> &[ShortlistEntry] {
        &self.entries
    }

    /// What of the gallery was scanned.
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The shortlist of two disjoint partitions: exactly that of a gallery holding both, when both
    /// lists hold at least the best `length` of their partitions.
    #[must_use]
    pub fn merge(mut self, other: Self, length: usize) -> Self {
        self.entries.extend(other.entries);
        self.entries.sort_unstable_by(ShortlistEntry::rank_cmp);
        self.entries.truncate(length);
        Self { entries: self.entries, coverage: self.coverage.plus(other.coverage) }
    }
}

/// Cuts the shortlists of all partitions to the best `length` persons of all, and returns who is
/// left of each.
pub(crate) fn survivors(lists: Vec<Shortlist>, length: usize) -> Vec<Vec<ShortlistEntry>> {
    let mut survivors = vec![Vec::new(); lists.len()];
    let tag = |(partition, list): (usize, Shortlist)| {
        list.entries.into_iter().map(move |entry| (partition, entry))
    };
    let mut all: Vec<_> = lists.into_iter().enumerate().flat_map(tag).collect();
    all.sort_unstable_by(|(_, a), (_, b)| a.rank_cmp(b));
    all.truncate(length);
    all.into_iter().for_each(|(partition, entry)| survivors[partition].push(entry));
    survivors
}

/// A print of a probe that stage 1 can use.
pub(crate) struct UsablePrint {
    /// Within the probe.
    pub(crate) index: usize,
    pub(crate) record: PackedRecord,
    pub(crate) position: FingerPosition,
    pub(crate) extractor: ExtractorVersion,
}

impl UsablePrint {
    /// Whether references of a finger are compared with this print.
    pub(crate) fn searches(&self, position: FingerPosition, rule: PositionRule) -> bool {
        rule == PositionRule::Any || self.position.may_equal(position)
    }
}

/// The prints of several probes, one after the other.
#[derive(Default)]
pub(crate) struct ProbePrints {
    prints: Vec<UsablePrint>,
    /// The prints of each probe.
    ranges: Vec<Range<usize>>,
    /// By probe, prints without a cylinder.
    unusable: Vec<Vec<usize>>,
}

impl ProbePrints {
    /// Packs all prints.
    pub(crate) fn new(probes: &[Probe], engine: &Engine<'_>) -> Result<Self, SearchError> {
        let mut all = Self::default();
        for probe in probes {
            probe.extractor()?;
            all.push(probe, engine);
        }
        Ok(all)
    }

    fn push(&mut self, probe: &Probe, engine: &Engine<'_>) {
        let start = self.prints.len();
        let mut unusable = Vec::new();
        for (index, print) in probe.prints.iter().enumerate() {
            let record = descriptor::pack(print, engine.parameters);
            let header = print.header();
            let (position, extractor) = (header.position, header.extractor);
            if record.count == 0 {
                unusable.push(index);
            } else {
                self.prints.push(UsablePrint { index, record, position, extractor });
            }
        }
        self.ranges.push(start..self.prints.len());
        self.unusable.push(unusable);
    }

    /// The usable prints of one probe.
    pub(crate) fn of(&self, probe: usize) -> &[UsablePrint] {
        &self.prints[self.ranges[probe].clone()]
    }

    /// The unusable prints of one probe, by index within it.
    pub(crate) fn unusable_of(&self, probe: usize) -> &[usize] {
        &self.unusable[probe]
    }
}

/// Stage 1 of several probes over one gallery, in one pass over it: the shortlist of each probe.
///
/// # Errors
/// Differing extractor versions or parameters, and cancellation.
pub fn shortlist(
    probes: &[Probe],
    gallery: &Gallery,
    engine: &Engine<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Shortlist>, SearchError> {
    let prints = ProbePrints::new(probes, engine)?;
    let mut lists = shortlists(&prints, &[gallery], engine, options, progress)?;
    Ok(lists.pop().expect("one list of shortlists per gallery"))
}

/// Stage 1 over several galleries: by gallery, the shortlist of each probe.
pub(crate) fn shortlists(
    prints: &ProbePrints,
    galleries: &[&Gallery],
    engine: &Engine<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Vec<Shortlist>>, SearchError> {
    let mut coverages = Vec::with_capacity(galleries.len());
    for gallery in galleries {
        if gallery.configuration_hash() != engine.parameters.configuration_hash() {
            return Err(SearchError::Parameters);
        }
        let of_probe =
            |range: &Range<usize>| coverage(&prints.prints[range.clone()], gallery, options);
        coverages.push(prints.ranges.iter().map(of_probe).collect::<Result<Vec<_>, _>>()?);
    }
    let pairs = coverages.iter().flatten().map(|coverage| coverage.scanned_pairs).sum();
    let meter = Meter::new(progress, Stage::Scan, pairs);
    let search = |(gallery, coverages): (&&Gallery, Vec<Coverage>)| {
        let pass = Pass {
            gallery,
            prints: &prints.prints,
            probes: &prints.ranges,
            parameters: &engine.parameters.stage1,
            options,
            meter: &meter,
        };
        let ranked = engine.kernels.best_persons(&pass)?;
        let list = |(ranked, coverage): (Ranked, Coverage)| {
            let eligible_persons = u64::from(ranked.eligible);
            let best = cut::settle(ranked, options.shortlist_persons, |p| gallery.subject(p));
            let entries = best.into_iter().map(ShortlistEntry::new).collect();
            Shortlist { entries, coverage: Coverage { eligible_persons, ..coverage } }
        };
        Ok(ranked.into_iter().zip(coverages).map(list).collect())
    };
    // Galleries on several devices are searched at the same time.
    galleries.par_iter().zip(coverages).map(search).collect()
}

/// What the prints of one probe will be compared with; the eligible persons are counted later.
fn coverage(
    prints: &[UsablePrint],
    gallery: &Gallery,
    options: &Options,
) -> Result<Coverage, SearchError> {
    let mut coverage = Coverage {
        persons: gallery.persons() as u64,
        references: gallery.references() as u64,
        positions: options.positions,
        extractors: options.extractors,
        ..Coverage::default()
    };
    let Some(version) = prints.first().map(|print| print.extractor) else { return Ok(coverage) };
    for (position, shelf) in gallery.shelves() {
        let searching = |print: &&UsablePrint| print.searches(position, options.positions);
        let searching = prints.iter().filter(searching).count() as u64;
        if searching == 0 {
            continue;
        }
        for (found, references) in shelf.versions() {
            let other = *found != version;
            if other && options.extractors == ExtractorRule::Refuse {
                let (probe, found) = (version.0, found.0);
                let references = *references;
                return Err(SearchError::ExtractorVersion { probe, found, references });
            }
            let references = *references as u64;
            coverage.other_extractor += if other { references } else { 0 };
            if !other || options.extractors == ExtractorRule::Compare {
                coverage.eligible_references += references;
                coverage.scanned_pairs += references * searching;
            }
        }
    }
    Ok(coverage)
}
