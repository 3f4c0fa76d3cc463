//! A folder of labeled prints put to the test: every comparison of a protocol, and open-set
//! searches.

use crate::load::{File, Print, Resolution, resolution_of_set};
use crate::output::Output;
use anyhow::{Context, bail};
use evaluation::{ComparisonPlan, Pair, ScoreSet, SearchResult, SearchSet};
use formats::naming::Pattern;
use matching::calibration::Calibration;
use matching::{Comparer, PackedRecord, Parameters, PreparedTemplate};
use rayon::prelude::*;
use search::{Engine, Gallery, Options, Partition, Probe, Reference, ReferenceSource, TwinKernels};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, Similarity, SubjectId, Template};

/// A labeled file.
pub(crate) struct Labeled {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Whose print it is.
    pub(crate) key: ImpressionKey,
}

/// A labeled file with what was extracted from it.
pub(crate) struct TrialPrint {
    /// The file and its label.
    pub(crate) labeled: Labeled,
    /// Its template, or why there is none.
    pub(crate) template: Result<Template, String>,
    /// Its resolution in words.
    pub(crate) resolution: String,
}

/// The files of a folder whose names fit the pattern, in the order of their labels, and how many
/// do not fit.
pub(crate) fn labeled_files(
    dir: &Path,
    pattern: &Pattern,
    extension: Option<&str>,
) -> anyhow::Result<(Vec<Labeled>, usize)> {
    let (mut files, mut others) = (Vec::new(), 0);
    for entry in walkdir::WalkDir::new(dir).follow_links(true).sort_by_file_name() {
        let entry = entry.with_context(|| format!("{} cannot be read", dir.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let has = entry.path().extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let wanted = extension.is_none_or(|wanted| has.as_deref() == Some(wanted));
        match pattern.read(entry.path()).filter(|_| wanted) {
            Some(named) => files.push(Labeled {
                path: entry.into_path(),
                key: ImpressionKey {
                    subject: named.subject,
                    position: named.position.unwrap_or(FingerPosition::UNKNOWN),
                    impression: match named.impression {
                        Some(impression) => impression,
                        None => bail!("the pattern has no {{impression}}: an evaluation needs it"),
                    },
                },
            }),
            None => others += 1,
        }
    }
    files.sort_by(|a, b| order(&a.key).cmp(&order(&b.key)));
    Ok((files, others))
}

/// By person, finger and impression, numeric labels by their value.
fn order(key: &ImpressionKey) -> (&SubjectId, FingerPosition, u64, &ImpressionLabel) {
    let number = key.impression.as_str().parse().unwrap_or(u64::MAX);
    (&key.subject, key.position, number, &key.impression)
}

/// Extracts all prints on all cores. A file that cannot be used is a failure to enroll, not an
/// error. The resolution of the set is returned where it had to be estimated.
pub(crate) fn extract(
    files: Vec<Labeled>,
    ppi: Option<f32>,
    output: &Output,
) -> (Vec<TrialPrint>, Option<Resolution>) {
    let of_set = match ppi {
        Some(_) => None,
        None => resolution_of_set(&sample(&files)),
    };
    let progress = output.progress("Extracting", files.len() as u64);
    let extract = |labeled: Labeled| {
        let print = first_print(&labeled, ppi, of_set);
        progress.advance(1);
        let resolution = print.as_ref().map(Print::resolution_text).unwrap_or_default();
        let template = print.and_then(|print| match print.template.minutiae() {
            [] => Err("no minutiae were found".to_owned()),
            _ => Ok(print.template),
        });
        TrialPrint { labeled, template, resolution }
    };
    let prints: Vec<TrialPrint> = files.into_par_iter().map(extract).collect();
    progress.finish();
    (prints, of_set)
}

/// At most 200 files, evenly spread.
fn sample(files: &[Labeled]) -> Vec<PathBuf> {
    let step = files.len().div_ceil(200).max(1);
    files.iter().step_by(step).map(|labeled| labeled.path.clone()).collect()
}

fn first_print(
    labeled: &Labeled,
    ppi: Option<f32>,
    of_set: Option<Resolution>,
) -> Result<Print, String> {
    let file = File::read(&labeled.path).map_err(|error| error.to_string())?;
    let prints = file.prints_of_set(ppi, of_set).map_err(|error| error.to_string())?;
    let print = prints.into_iter().next().ok_or("the file holds no print")?;
    Ok(print.at_position(labeled.key.position))
}

/// Refuses a set whose templates were made by several extractors.
pub(crate) fn check_one_extractor(prints: &[TrialPrint]) -> anyhow::Result<()> {
    let mut versions = prints.iter().filter_map(|print| print.template.as_ref().ok());
    let Some(first) = versions.next().map(|t| t.header().extractor) else { return Ok(()) };
    match versions.find(|template| template.header().extractor != first) {
        None => Ok(()),
        Some(other) => bail!(
            "the folder holds templates of extractors {} and {} (0 is a foreign one): evaluate \
             them apart, see --extension",
            first.0,
            other.header().extractor.0
        ),
    }
}

/// Prepared templates, by print; none for a failed one.
pub(crate) fn prepare(prints: &[TrialPrint]) -> Vec<Option<Arc<PreparedTemplate>>> {
    let parameters = Parameters::default();
    let prepare = |print: &TrialPrint| {
        let template = print.template.as_ref().ok()?;
        Some(Arc::new(PreparedTemplate::new(template, &parameters)))
    };
    prints.par_iter().map(prepare).collect()
}

/// Makes every comparison of the plan on all cores.
pub(crate) fn compare(
    plan: &ComparisonPlan,
    prepared: &[Option<Arc<PreparedTemplate>>],
    output: &Output,
) -> anyhow::Result<ScoreSet> {
    let total = plan.mated().len() + plan.non_mated().len();
    let progress = output.progress("Comparing", total as u64);
    let parameters = Parameters::default();
    let similarities = |pairs: &[Pair]| -> Vec<Option<Similarity>> {
        let compare = |comparer: &mut Comparer, pair: &Pair| {
            progress.advance(1);
            let print = |index: u32| prepared[index as usize].as_deref();
            let (probe, reference) = (print(pair.probe)?, print(pair.reference)?);
            Some(comparer.compare(probe, reference).similarity)
        };
        pairs.par_iter().map_init(|| Comparer::new(&parameters), compare).collect()
    };
    let (mated, non_mated) = (similarities(plan.mated()), similarities(plan.non_mated()));
    progress.finish();
    Ok(plan.scored(&mated, &non_mated)?)
}

/// The open-set 1:N protocol: the first impression of every finger is enrolled; every other
/// impression is searched once against all persons (mated) and once against all but its own
/// (non-mated). `None` when no finger has a second impression.
pub(crate) fn search_all(
    prints: &[TrialPrint],
    prepared: &[Option<Arc<PreparedTemplate>>],
    rank_max: usize,
    output: &Output,
) -> anyhow::Result<Option<SearchSet>> {
    let firsts = first_impressions(prints);
    let subjects = subject_numbers(prints);
    let gallery = TrialGallery::new(prints, prepared, &firsts)?;
    let (parameters, calibration) = (Parameters::default(), Calibration::shipped());
    let kernels = TwinKernels::new();
    let engine = Engine { kernels: &kernels, parameters: &parameters, calibration: &calibration };
    let partition = [Partition { gallery: &gallery.packed, source: &gallery }];
    // One more than the ranks that count: the person's own entry is taken out for the second
    // search.
    let options = Options { list_length: rank_max + 1, ..Options::default() };
    let probes: Vec<usize> = (0..prints.len()).filter(|index| !firsts[*index]).collect();
    let progress = output.progress("Searching", probes.len() as u64);
    let mut searches = Vec::with_capacity(2 * probes.len());
    for index in probes {
        let key = &prints[index].labeled.key;
        let subject = subjects[&key.subject];
        match &prints[index].template {
            Err(_) => searches
                .extend([true, false].map(|enrolled| SearchResult::failed(subject, enrolled))),
            Ok(template) => {
                let probe = Probe::single(template.clone());
                let found =
                    search::identify(&probe, &partition, &engine, &options, &search::Silent)?;
                searches.push(SearchResult::from_list(
                    subject,
                    Some(&key.subject),
                    &found.candidates,
                ));
                let others =
                    found.candidates.as_slice().iter().filter(|c| c.subject != key.subject);
                let others = vocabulary::CandidateList::new(others.cloned().collect(), rank_max);
                searches.push(SearchResult::from_list(subject, None, &others));
            }
        }
        progress.advance(1);
    }
    progress.finish();
    let gallery_persons = gallery.packed.persons() as u64;
    let set = SearchSet { gallery_persons, rank_max, searches };
    Ok((!set.searches.is_empty()).then_some(set))
}

/// Whether a print is the first of its finger; the prints are in the order of their labels.
fn first_impressions(prints: &[TrialPrint]) -> Vec<bool> {
    let finger = |print: &TrialPrint| {
        let key = &print.labeled.key;
        (key.subject.clone(), key.position)
    };
    let same = |index: usize| index > 0 && finger(&prints[index]) == finger(&prints[index - 1]);
    (0..prints.len()).map(|index| !same(index)).collect()
}

fn subject_numbers(prints: &[TrialPrint]) -> BTreeMap<SubjectId, u32> {
    let mut numbers = BTreeMap::new();
    for print in prints {
        let next = numbers.len() as u32;
        numbers.entry(print.labeled.key.subject.clone()).or_insert(next);
    }
    numbers
}

/// The enrolled prints of a trial, in memory.
struct TrialGallery {
    packed: Gallery,
    references: BTreeMap<SubjectId, Vec<Reference>>,
}

impl TrialGallery {
    fn new(
        prints: &[TrialPrint],
        prepared: &[Option<Arc<PreparedTemplate>>],
        enrolled: &[bool],
    ) -> anyhow::Result<Self> {
        let parameters = Parameters::default();
        let mut packed = Gallery::new(&parameters);
        let mut references: BTreeMap<SubjectId, Vec<Reference>> = BTreeMap::new();
        for (index, print) in prints.iter().enumerate().filter(|(index, _)| enrolled[*index]) {
            let (Ok(template), Some(prepared)) = (&print.template, &prepared[index]) else {
                continue;
            };
            let key = &print.labeled.key;
            let record: PackedRecord = matching::descriptor::pack(template, &parameters);
            packed.append(key, &record)?;
            references.entry(key.subject.clone()).or_default().push(Reference {
                position: key.position,
                impression: key.impression.clone(),
                prepared: Arc::clone(prepared),
            });
        }
        Ok(Self { packed, references })
    }
}

impl ReferenceSource for TrialGallery {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, search::SourceError> {
        Ok(self.references.get(subject).cloned().unwrap_or_default())
    }
}
