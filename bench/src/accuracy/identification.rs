//! 1:N: persons of one, two and ten fingers, hidden among synthetic persons and all real
//! non-mates.
//!
//! Persons are made of the fingers of different sets, within each half. Every impression of a
//! person is enrolled as a reference of its own, so that all real non-mates are in the gallery; a
//! search is for the first impression, and the other impressions of the person are taken out of the
//! answer (the list and the short lists are as much longer). A search without its mate is the same
//! search with the mate taken out too.
//!
//! Synthetic templates score lower than real non-mates: what they add is volume.

use super::collection::Print;
use super::out;
use crate::datasets::Half;
use crate::progress;
use anyhow::{Context, Result, ensure};
use evaluation::{Bootstrap, IdentificationRates, SearchOutcome, SearchResult, SearchSet};
use matching::calibration::Calibration;
use matching::{Parameters, PreparedTemplate, descriptor};
use rayon::prelude::*;
use search::{
    Engine, ExtractorRule, Gallery, Options, Partition, Probe, Reference, ReferenceSource, Silent,
    SourceError, TwinKernels, identify,
};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{
    FingerPosition, ImpressionKey, ImpressionLabel, ImpressionType, Similarity, SubjectId, Template,
};

/// Longest candidate list that counts.
const RANK_MAX: usize = 20;
/// Impressions of a finger in every set.
const IMPRESSIONS: usize = 8;

/// The figures of one number of fingers.
#[derive(Serialize)]
pub(crate) struct Identified {
    pub(super) fingers: usize,
    /// Searches of both halves, then of each.
    pub(super) parts: Vec<Part>,
    /// Share of mated searches whose mate stage 1 ranked behind so many persons.
    penetration: Vec<Penetration>,
}

#[derive(Serialize)]
pub(super) struct Part {
    pub(super) half: Option<Half>,
    /// FNIR at the threshold above every candidate of a search without mate.
    fnir_without_false_alarm: f64,
    pub(super) rates: IdentificationRates,
}

/// Mates lost when stage 1 hands on a share of the gallery.
#[derive(Serialize)]
struct Penetration {
    share: f64,
    lost: usize,
    searches: usize,
}

/// Fingers that make up a person, each with its impressions.
struct Person<'a> {
    half: Half,
    fingers: Vec<Vec<&'a Template>>,
}

/// Groups the fingers of each half, neighbors from different sets; what is left over is not used.
fn persons<'a>(prints: &[Print<'a>], fingers: usize) -> Vec<Person<'a>> {
    let mut persons = Vec::new();
    for half in Half::ALL {
        let mut of_finger: Vec<((u32, usize), Vec<&'a Template>)> = Vec::new();
        for print in prints.iter().filter(|p| p.half() == half) {
            let id = (print.finger, print.set);
            match of_finger.iter_mut().find(|(other, _)| *other == id) {
                Some((_, templates)) => templates.push(print.template),
                None => of_finger.push((id, vec![print.template])),
            }
        }
        // By number within the set, then by set: neighbors are of different sets while they last.
        of_finger.sort_by_key(|(id, _)| *id);
        let whole = of_finger.chunks_exact(fingers);
        persons.extend(whole.map(|group| Person {
            half,
            fingers: group.iter().map(|(_, templates)| templates.clone()).collect(),
        }));
    }
    persons
}

/// The real persons' references, and synthetic ones made when they are asked for.
struct Source {
    real: HashMap<SubjectId, Vec<Reference>>,
    fingers: usize,
    seed: u64,
    /// By synthetic finger.
    synthetic: Vec<OnceLock<Arc<PreparedTemplate>>>,
}

/// The synthetic finger with this number, labeled as the finger of its person.
fn synthetic(seed: u64, index: usize, fingers: usize) -> Template {
    impression(&finger(seed, index as u64), 0, &ImpressionParameters::typical())
        .relabeled(position(index % fingers), ImpressionType::LIVE_SCAN_PLAIN)
}

fn position(finger: usize) -> FingerPosition {
    FingerPosition::new(finger as u8 + 1).expect("a person has at most ten fingers")
}

fn real_id(person: usize, number: usize) -> SubjectId {
    SubjectId::new(&format!("real-{person}-{number}")).expect("a short text is an id")
}

fn synthetic_id(person: usize) -> SubjectId {
    SubjectId::new(&format!("synthetic-{person}")).expect("a short text is an id")
}

/// The first label: every reference is the only one of its finger.
fn label() -> ImpressionLabel {
    ImpressionLabel::new("1").expect("a digit is a label")
}

impl ReferenceSource for Source {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        if let Some(references) = self.real.get(subject) {
            return Ok(references.clone());
        }
        let number = subject.as_str().strip_prefix("synthetic-").and_then(|n| n.parse().ok());
        let Some(person): Option<usize> = number else { return Ok(Vec::new()) };
        let of_finger = |number: usize| {
            let index = person * self.fingers + number;
            let prepared = self.synthetic[index].get_or_init(|| {
                let template = synthetic(self.seed, index, self.fingers);
                Arc::new(PreparedTemplate::new(&template, &Parameters::default()))
            });
            Reference {
                position: position(number),
                impression: label(),
                prepared: Arc::clone(prepared),
            }
        };
        Ok((0..self.fingers).map(of_finger).collect())
    }
}

/// Everything enrolled.
struct World {
    gallery: Gallery,
    source: Source,
}

impl World {
    fn enroll(
        persons: &[Person<'_>],
        fingers: usize,
        synthetic_fingers: usize,
        seed: u64,
    ) -> Result<Self> {
        let parameters = Parameters::default();
        let mut gallery = Gallery::new(&parameters);
        let mut real: HashMap<SubjectId, Vec<Reference>> = HashMap::new();
        for (person, of_person) in persons.iter().enumerate() {
            for (finger, templates) in of_person.fingers.iter().enumerate() {
                for (number, template) in templates.iter().enumerate() {
                    let subject = real_id(person, number);
                    let position = position(finger);
                    let key =
                        ImpressionKey { subject: subject.clone(), position, impression: label() };
                    gallery.append(&key, &descriptor::pack(template, &parameters))?;
                    let prepared = Arc::new(PreparedTemplate::new(template, &parameters));
                    let reference = Reference { position, impression: label(), prepared };
                    real.entry(subject).or_default().push(reference);
                }
            }
        }
        let people = synthetic_fingers / fingers;
        let bar = progress::bar("enroll synthetic fingers", people * fingers);
        for start in (0..people * fingers).step_by(10_000) {
            let end = (start + 10_000).min(people * fingers);
            let packed: Vec<_> = (start..end)
                .into_par_iter()
                .map(|index| descriptor::pack(&synthetic(seed, index, fingers), &parameters))
                .collect();
            for (index, record) in (start..end).zip(packed) {
                let (subject, position) =
                    (synthetic_id(index / fingers), position(index % fingers));
                gallery
                    .append(&ImpressionKey { subject, position, impression: label() }, &record)?;
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        let synthetic = (0..people * fingers).map(|_| OnceLock::new()).collect();
        Ok(Self { gallery, source: Source { real, fingers, seed, synthetic } })
    }
}

/// Searches every later impression of every person.
///
/// # Errors
/// An impression that cannot be enrolled or searched.
pub(crate) fn run(
    prints: &[Print<'_>],
    fingers: usize,
    synthetic_fingers: usize,
    seed: u64,
) -> Result<Option<Identified>> {
    let persons = persons(prints, fingers);
    if persons.is_empty() {
        return Ok(None);
    }
    let world = World::enroll(&persons, fingers, synthetic_fingers, seed)?;
    let searches: Vec<(usize, usize)> = persons
        .iter()
        .enumerate()
        .flat_map(|(index, person)| {
            let impressions = person.fingers.iter().map(Vec::len).min().unwrap_or(0);
            (1..impressions).map(move |number| (index, number))
        })
        .collect();
    let bar = progress::bar(&format!("search, {fingers} fingers"), searches.len());
    let mut found = Vec::with_capacity(searches.len());
    for (person, number) in searches {
        let prints = persons[person].fingers.iter().enumerate().map(|(finger, templates)| {
            templates[number].clone().relabeled(position(finger), ImpressionType::LIVE_SCAN_PLAIN)
        });
        let probe = Probe { prints: prints.collect() };
        found.push((persons[person].half, search(&world, &probe, person)?));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let identified = summarize(fingers, &world, &found, seed)?;
    identified.print();
    Ok(Some(identified))
}

/// What one search brought.
struct Found {
    person: usize,
    mate: Option<(usize, Similarity)>,
    best_other: Option<Similarity>,
    /// Persons, not counting the prober's own, that stage 1 ranks before the mate.
    before_mate: usize,
}

fn search(world: &World, probe: &Probe, person: usize) -> Result<Found> {
    let parameters = Parameters::default();
    let calibration = CALIBRATION.get_or_init(Calibration::shipped);
    let kernels = TwinKernels::new();
    let engine = Engine { kernels: &kernels, parameters: &parameters, calibration };
    let usual = Options::default();
    let options = Options {
        list_length: RANK_MAX + IMPRESSIONS,
        shortlist_persons: usual.shortlist_persons + IMPRESSIONS,
        aligned_persons: usual.aligned_persons + IMPRESSIONS,
        // The synthetic ones are of no extractor's version.
        extractors: ExtractorRule::Compare,
        ..usual
    };
    let partition = Partition { gallery: &world.gallery, source: &world.source };
    let answer = identify(probe, &[partition], &engine, &options, &Silent)?;
    let own = format!("real-{person}-");
    let is_own = |subject: &SubjectId| subject.as_str().starts_with(&own);
    let mate = real_id(person, 0);
    let (mut rank, mut found, mut best_other) = (1, None, None);
    for candidate in answer.candidates.as_slice() {
        if candidate.subject == mate {
            found = Some((rank, candidate.similarity));
        } else if !is_own(&candidate.subject) {
            best_other = best_other.or(Some(candidate.similarity));
            rank += 1;
        }
    }
    let everybody = Options { shortlist_persons: world.gallery.persons(), ..options };
    let probes = std::slice::from_ref(probe);
    let lists = search::shortlist(probes, &world.gallery, &engine, &everybody, &Silent)?;
    let ranked = lists.first().context("one list per probe")?.entries();
    let own_place = ranked.iter().position(|entry| entry.subject == mate);
    let before = &ranked[..own_place.unwrap_or(ranked.len())];
    let before_mate = before.iter().filter(|entry| !is_own(&entry.subject)).count();
    ensure!(ranked.len() == world.gallery.persons(), "stage 1 left somebody out");
    Ok(Found { person, mate: found, best_other, before_mate })
}

static CALIBRATION: OnceLock<Calibration> = OnceLock::new();

fn summarize(
    fingers: usize,
    world: &World,
    found: &[(Half, Found)],
    seed: u64,
) -> Result<Identified> {
    let bootstrap = Bootstrap { replicates: 500, seed };
    let mut parts = Vec::new();
    for half in [None, Some(Half::Development), Some(Half::Validation)] {
        let of_part = found.iter().filter(|(of, _)| half.is_none_or(|half| *of == half));
        let searches = of_part.flat_map(|(_, found)| {
            let subject = found.person as u32;
            let mated = SearchOutcome::Mated(found.mate);
            let non_mated = SearchOutcome::NonMated(found.best_other);
            [mated, non_mated].map(|outcome| SearchResult { subject, outcome })
        });
        let set = SearchSet {
            gallery_persons: world.gallery.persons() as u64,
            rank_max: RANK_MAX,
            searches: searches.collect(),
        };
        if !set.searches.is_empty() {
            let mut rates = set.rates(Some(&bootstrap))?;
            let fnir_without_false_alarm = set.fnir(RANK_MAX, above_all(&set)).rate;
            if half.is_some() {
                rates.curve.clear();
            }
            parts.push(Part { half, fnir_without_false_alarm, rates });
        }
    }
    let persons = world.gallery.persons() as f64;
    let penetration = [0.001, 0.01, 0.05].map(|share| {
        let kept = (persons * share) as usize;
        let lost = found.iter().filter(|(_, found)| found.before_mate >= kept).count();
        Penetration { share, lost, searches: found.len() }
    });
    Ok(Identified { fingers, parts, penetration: penetration.into() })
}

/// The lowest threshold that no search without its mate meets.
fn above_all(set: &SearchSet) -> Similarity {
    let best = set.searches.iter().filter_map(|search| match search.outcome {
        SearchOutcome::NonMated(best) => best,
        SearchOutcome::Mated(_) => None,
    });
    Similarity::from_thousandths(best.max().map_or(0, |best| best.thousandths() + 1))
}

impl Identified {
    fn print(&self) {
        for part in &self.parts {
            let rates = &part.rates;
            let half = part.half.map_or("all", Half::name);
            let rank_1 = rates.rank_1().map_or(0.0, |p| p.rate * 100.0);
            let none = part.fnir_without_false_alarm;
            let fnir = |index: usize| {
                let result = rates.fnir_at_fpir.get(index).map(|f| &f.result);
                let point = result.and_then(|r| r.measured());
                point.map_or_else(
                    || format!("too few (without any false alarm {:.2} %)", none * 100.0),
                    |p| match p.misses_bootstrap {
                        Some(i) => format!(
                            "{:.2} ({:.2}..{:.2}) %",
                            p.misses.rate * 100.0,
                            i.low * 100.0,
                            i.high * 100.0
                        ),
                        None => format!("{:.2} %", p.misses.rate * 100.0),
                    },
                )
            };
            out(&format!(
                "1:N, {} finger(s), N = {}, {half}: {} searches, rank 1 {rank_1:.2} %, FNIR at \
                 FPIR 1 % {}, at 0.1 % {}",
                self.fingers,
                rates.gallery_persons,
                rates.mated,
                fnir(1),
                fnir(2),
            ));
        }
        let lost = self.penetration.iter().map(|p| {
            let rate = p.lost as f64 / p.searches as f64;
            format!("{} % of the gallery: {:.2} %", p.share * 100.0, rate * 100.0)
        });
        let lost: Vec<String> = lost.collect();
        out(&format!("  stage 1, mates lost in the best {}", lost.join(", ")));
    }
}
