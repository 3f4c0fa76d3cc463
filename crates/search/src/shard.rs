//! A search of a part of a gallery, for whoever makes one list of several parts.
//!
//! The cuts of a search are made over the whole gallery. Who sees a part of it gives everybody who
//! may pass them, with the scores that the cuts are made by: the best of its part by stage 1, and
//! of these the similarity of those that the caller picks by their stage-2 scores.

use crate::identification::Coverage;
use crate::identify::{Engine, Partition};
use crate::options::Options;
use crate::progress::{Meter, Progress, Stage};
use crate::rescore::{Aligned, Rescore, Rescored};
use crate::shortlist::{ProbePrints, ShortlistEntry, shortlists, survivors};
use crate::{Gallery, Probe, SearchError};
use std::collections::HashMap;
use vocabulary::{Similarity, SubjectId};

/// A person of a part who may be among the best of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardEntry {
    /// Index of the partition given.
    pub partition: usize,
    /// The person.
    pub subject: SubjectId,
    /// Sum over the usable prints of the best stage-1 score.
    pub stage1: u32,
    /// Fused stage-2 score.
    pub stage2: Similarity,
    /// Similarity after stage 3, and its rarity by the calibration; `None` for whom the caller did
    /// not pick.
    pub similarity: Option<(Similarity, u32)>,
}

/// What a part gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shard {
    /// Best stage-1 score first, ties by subject id.
    pub entries: Vec<ShardEntry>,
    /// Whether eligible persons were left out by the first cut.
    pub is_cut: bool,
}

/// Who goes on to stage 3: of stage-2 scores, in the order of [`Shard::entries`], a verdict each.
pub type Pick<'a> = dyn Fn(&[(Similarity, &SubjectId)]) -> Vec<bool> + 'a;

/// A search in some partitions of a gallery.
#[derive(Clone, Copy)]
pub struct ShardSearch<'a> {
    /// Where to search.
    pub partitions: &'a [Partition<'a>],
    /// What every search of a process shares.
    pub engine: &'a Engine<'a>,
    /// [`Options::aligned_persons`], [`Options::list_length`] and [`Options::threshold`] are of no
    /// account.
    pub options: &'a Options,
    /// Whom to compare to the end.
    pub pick: &'a Pick<'a>,
    /// Who is told, and may cancel.
    pub progress: &'a dyn Progress,
}

impl ShardSearch<'_> {
    /// Searches one probe.
    ///
    /// # Errors
    /// As [`crate::identify_many`].
    pub fn run(&self, probe: &Probe) -> Result<Shard, SearchError> {
        let Self { partitions, engine, options, progress, .. } = *self;
        let prints = ProbePrints::new(std::slice::from_ref(probe), engine)?;
        let galleries: Vec<&Gallery> = partitions.iter().map(|p| p.gallery).collect();
        let usable = prints.of(0);
        if usable.is_empty() {
            return Ok(Shard::default());
        }
        let lists = shortlists(&prints, &galleries, engine, options, progress)?;
        let lists: Vec<_> = lists.into_iter().flatten().collect();
        let coverage = lists.iter().map(|list| *list.coverage()).reduce(Coverage::plus);
        let survivors = survivors(lists, options.shortlist_persons);
        let rescore = Rescore::new(probe, usable, engine, options, progress);
        let mut compared = HashMap::new();
        let total = survivors.iter().map(|entries| entries.len() as u64).sum();
        let meter = Meter::new(progress, Stage::Rescore, total);
        for (partition, entries) in partitions.iter().zip(&survivors) {
            let (persons, _) = rescore.rescore(entries, partition.source, &meter)?;
            compared.extend(persons.into_iter().map(|person| (person.subject().clone(), person)));
        }
        let mut entries = entries(survivors, &compared);
        let eligible = coverage.map_or(0, |coverage| coverage.eligible_persons);
        let is_cut = eligible > entries.len() as u64;
        align(&mut entries, compared, &rescore, self)?;
        Ok(Shard { entries, is_cut })
    }
}

/// Everybody who passed the first cut, in its order.
fn entries(
    survivors: Vec<Vec<ShortlistEntry>>,
    compared: &HashMap<SubjectId, Rescored>,
) -> Vec<ShardEntry> {
    let tag = |(partition, list): (usize, Vec<ShortlistEntry>)| {
        list.into_iter().map(move |entry| (partition, entry))
    };
    let mut all: Vec<_> = survivors.into_iter().enumerate().flat_map(tag).collect();
    all.sort_unstable_by(|(_, a), (_, b)| a.rank_cmp(b));
    let entry = |(partition, ShortlistEntry { score, subject }): (usize, ShortlistEntry)| {
        // Nothing to compare: not alike at all.
        let stage2 = compared.get(&subject).map_or(Similarity::ZERO, Rescored::score);
        ShardEntry { partition, subject, stage1: score, stage2, similarity: None }
    };
    all.into_iter().map(entry).collect()
}

fn align(
    entries: &mut [ShardEntry],
    mut compared: HashMap<SubjectId, Rescored>,
    rescore: &Rescore<'_>,
    search: &ShardSearch<'_>,
) -> Result<(), SearchError> {
    let scores: Vec<_> = entries.iter().map(|entry| (entry.stage2, &entry.subject)).collect();
    let picked = (search.pick)(&scores);
    let mut persons = Vec::new();
    for (entry, _) in entries.iter_mut().zip(picked).filter(|(_, picked)| *picked) {
        entry.similarity = Some((Similarity::ZERO, 0));
        persons.extend(compared.remove(&entry.subject));
    }
    let aligned = rescore.align(&persons)?;
    let calibration = search.engine.calibration;
    let judged = |person: Aligned| {
        let Aligned { similarity, fingers_compared, ways, .. } = person;
        let rarity = calibration.rarity(similarity, fingers_compared, ways);
        (person.subject, (similarity, rarity))
    };
    let similarities: HashMap<_, _> = aligned.into_iter().map(judged).collect();
    for entry in entries.iter_mut() {
        entry.similarity = similarities.get(&entry.subject).copied().or(entry.similarity);
    }
    Ok(())
}
