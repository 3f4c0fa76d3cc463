//! The main job on synthetic persons: enroll, search, and check that the answers hold.

use crate::gallery;
use crate::load::Print;
use crate::output::Output;
use crate::population::{Person, Population};
use crate::served::{self, visits};
use anyhow::ensure;
use node::{EnrollOutcome, Node, NodeOptions};
use search::{Identification, Options, Probe, Threshold};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;
use vocabulary::{Similarity, SubjectId};

/// What is asked of the demonstration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floors {
    /// Least share of two-finger searches with the right person first.
    pub(crate) rank_1_two_fingers: f64,
    /// The same with one finger of unknown position.
    pub(crate) rank_1_one_finger: f64,
    /// Least share of two-finger searches with the right person at the threshold.
    pub(crate) hits_two_fingers: f64,
    /// Share of searches that may return a wrong person at the threshold.
    pub(crate) fpir: f64,
}

/// Where the server keeps the same persons, beside the gallery.
const SERVED: &str = "served";
/// Prints enrolled with one call, and so with one sync of the disk.
const ENROLL_BATCH: usize = 200;

/// One search with what is true about it.
pub(crate) struct Trial {
    /// Index of the person.
    pub(crate) person: usize,
    /// Whether both fingers were searched together, or one alone.
    pub(crate) both: bool,
    /// The person when enrolled.
    pub(crate) mate: Option<SubjectId>,
    /// What came of it.
    pub(crate) answer: Identification,
}

impl Trial {
    /// The prints searched.
    pub(crate) fn prints<'a>(&self, persons: &'a [Person]) -> &'a [Print] {
        searched(&persons[self.person], self.both)
    }

    /// Rank of the person searched.
    pub(crate) fn rank(&self) -> Option<usize> {
        self.mate.as_ref().and_then(|mate| self.answer.candidates.rank_of(mate))
    }

    /// Similarity of the person searched, zero when not on the list.
    pub(crate) fn mated_similarity(&self) -> Similarity {
        let candidates = self.answer.candidates.as_slice();
        self.rank().map_or(Similarity::ZERO, |rank| candidates[rank - 1].similarity)
    }

    /// Similarity of the best wrong person.
    pub(crate) fn best_wrong(&self) -> Similarity {
        let mut wrong = self.answer.candidates.as_slice().iter();
        let best = wrong.find(|candidate| Some(&candidate.subject) != self.mate.as_ref());
        best.map_or(Similarity::ZERO, |candidate| candidate.similarity)
    }

    /// Whether a wrong person meets the threshold.
    pub(crate) fn is_false_positive(&self) -> bool {
        self.answer.ranked().any(|(candidate, detail)| {
            Some(&candidate.subject) != self.mate.as_ref()
                && candidate.similarity.meets(detail.threshold)
        })
    }

    /// Whether the person searched meets the threshold.
    pub(crate) fn is_hit(&self) -> bool {
        self.answer.ranked().any(|(candidate, detail)| {
            Some(&candidate.subject) == self.mate.as_ref()
                && candidate.similarity.meets(detail.threshold)
        })
    }
}

/// Searches of one kind, counted.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Counted {
    /// Searches of enrolled persons.
    pub(crate) mated: usize,
    /// With the right person first.
    pub(crate) rank_1: usize,
    /// With the right person at the threshold.
    pub(crate) hits: usize,
    /// Searches of persons who are not enrolled.
    pub(crate) strangers: usize,
    /// Searches of either with a wrong person at the threshold.
    pub(crate) false_positives: usize,
    /// Mean time of a search.
    pub(crate) milliseconds: f64,
}

impl Counted {
    fn new(trials: &[Trial], seconds: f64) -> Self {
        let count = |wanted: &dyn Fn(&Trial) -> bool| trials.iter().filter(|t| wanted(t)).count();
        Self {
            mated: count(&|trial| trial.mate.is_some()),
            rank_1: count(&|trial| trial.rank() == Some(1)),
            hits: count(&|trial| trial.is_hit()),
            strangers: count(&|trial| trial.mate.is_none()),
            false_positives: count(&|trial| trial.is_false_positive()),
            milliseconds: 1000.0 * seconds / trials.len().max(1) as f64,
        }
    }

    /// Share of searches of enrolled persons with the right one first.
    pub(crate) fn rank_1_rate(&self) -> f64 {
        self.rank_1 as f64 / self.mated.max(1) as f64
    }
}

/// A claim and whether it holds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    /// What is claimed.
    pub(crate) claim: String,
    /// What was found.
    pub(crate) found: String,
    /// Whether it holds.
    pub(crate) holds: bool,
}

/// How long each part took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Seconds {
    /// Growing fingers, taking prints and extracting templates, on all cores.
    pub(crate) prints: f64,
    /// Writing references and images, synced.
    pub(crate) enrollment: f64,
    /// Closing, and opening again.
    pub(crate) reopening: f64,
    /// All searches.
    pub(crate) searches: f64,
    /// Enrolling and searching all with two fingers once more, through a server.
    pub(crate) served: f64,
}

/// Everything the demonstration found.
pub(crate) struct Demonstration {
    /// Who was made.
    pub(crate) population: Population,
    /// The persons.
    pub(crate) persons: Vec<Person>,
    /// The gallery, open.
    pub(crate) node: Node,
    /// Searches with both fingers.
    pub(crate) two_fingers: (Vec<Trial>, Counted),
    /// Searches with one finger of unknown position.
    pub(crate) one_finger: (Vec<Trial>, Counted),
    /// What was claimed.
    pub(crate) checks: Vec<Check>,
    /// How long it took.
    pub(crate) seconds: Seconds,
}

/// Makes persons, enrolls them into a new gallery, searches, and checks.
pub(crate) fn demonstrate(
    population: Population,
    floors: Floors,
    (dir, node_options): (&Path, &NodeOptions),
    output: &Output,
) -> anyhow::Result<Demonstration> {
    let started = Instant::now();
    let mut persons = population.make(output)?;
    let visits = visits(&persons)?;
    let prints = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let enrolled = enroll(dir, node_options, &mut persons, output)?;
    let enrollment = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let node = gallery::open(dir, node_options, output)?;
    let reopening = started.elapsed().as_secs_f64();
    let options = Options { threshold: Threshold::Fpir(floors.fpir), ..Options::default() };
    let started = Instant::now();
    let two_fingers = search(&node, &persons, true, &options, output)?;
    let one_finger = search(&node, &persons, false, &options, output)?;
    let searches = started.elapsed().as_secs_f64();
    let mut checks = vec![stored(&node, enrolled)?];
    checks.extend(rates(&two_fingers.1, &one_finger.1, floors));
    let started = Instant::now();
    checks.extend(served::check(&dir.join(SERVED), &visits, &persons, &two_fingers.0, output)?);
    let served = started.elapsed().as_secs_f64();
    let seconds = Seconds { prints, enrollment, reopening, searches, served };
    Ok(Demonstration { population, persons, node, two_fingers, one_finger, checks, seconds })
}

/// Enrolls and closes; returns how many references were acknowledged.
fn enroll(
    dir: &Path,
    options: &NodeOptions,
    persons: &mut [Person],
    output: &Output,
) -> anyhow::Result<usize> {
    let node = gallery::open(dir, &options.clone().creating(), output)?;
    let all: Vec<_> = persons.iter_mut().flat_map(|p| p.enrollments.drain(..)).collect();
    let total = all.len();
    let progress = output.progress("Enrolling", total as u64);
    let mut rest = all.into_iter();
    let mut acknowledged = 0;
    loop {
        let batch: Vec<_> = rest.by_ref().take(ENROLL_BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let outcomes = node.enroll(batch)?;
        progress.advance(outcomes.len() as u64);
        acknowledged += outcomes.iter().filter(|o| **o == EnrollOutcome::Enrolled).count();
    }
    progress.finish();
    ensure!(acknowledged == total, "{acknowledged} of {total} references were acknowledged");
    Ok(acknowledged)
}

/// Searches every person with both fingers or with one.
fn search(
    node: &Node,
    persons: &[Person],
    both: bool,
    options: &Options,
    output: &Output,
) -> anyhow::Result<(Vec<Trial>, Counted)> {
    let what = if both { "Searching two fingers" } else { "Searching one finger" };
    let progress = output.progress(what, persons.len() as u64);
    let started = Instant::now();
    let mut trials = Vec::with_capacity(persons.len());
    for (index, person) in persons.iter().enumerate() {
        let prints = searched(person, both).iter().map(|print| print.template.clone());
        let probe = Probe { prints: prints.collect() };
        let answer = node.identify(&probe, options, &search::Silent)?;
        let mate = person.enrolled.then(|| person.subject.clone());
        trials.push(Trial { person: index, both, mate, answer });
        progress.advance(1);
    }
    let seconds = started.elapsed().as_secs_f64();
    progress.finish();
    let counted = Counted::new(&trials, seconds);
    Ok((trials, counted))
}

/// The prints of a person that are searched.
fn searched(person: &Person, both: bool) -> &[Print] {
    if both { &person.both } else { std::slice::from_ref(&person.alone) }
}

/// Everything acknowledged is there after closing and opening.
fn stored(node: &Node, enrolled: usize) -> anyhow::Result<Check> {
    let stats = node.stats()?;
    Ok(Check {
        claim: format!("all {enrolled} references are there after closing and opening"),
        found: format!("{} references with {} images", stats.references, stats.images),
        holds: stats.references == enrolled as u64 && stats.images == enrolled as u64,
    })
}

fn rates(two_fingers: &Counted, one_finger: &Counted, floors: Floors) -> Vec<Check> {
    use crate::report::words::{share, target};
    let rank_1 = |name: &str, counted: &Counted, floor: f64| Check {
        claim: format!("right person first with {name}: at least {}", target(floor)),
        found: share(counted.rank_1, counted.mated),
        holds: counted.mated > 0 && counted.rank_1_rate() >= floor,
    };
    let hit_rate = two_fingers.hits as f64 / two_fingers.mated.max(1) as f64;
    let searches = [two_fingers, one_finger].map(|c| c.mated + c.strangers).iter().sum::<usize>();
    let expected = searches as f64 * floors.fpir;
    let allowed = allowed_above(expected);
    let found = two_fingers.false_positives + one_finger.false_positives;
    vec![
        rank_1("two fingers", two_fingers, floors.rank_1_two_fingers),
        rank_1("one finger", one_finger, floors.rank_1_one_finger),
        Check {
            claim: format!(
                "right person at the threshold with two fingers: at least {}",
                target(floors.hits_two_fingers)
            ),
            found: share(two_fingers.hits, two_fingers.mated),
            holds: two_fingers.mated > 0 && hit_rate >= floors.hits_two_fingers,
        },
        Check {
            claim: format!(
                "wrong persons at the threshold: {expected:.2} expected in {searches} searches, at \
                 most {allowed} by chance"
            ),
            found: found.to_string(),
            holds: found <= allowed,
        },
    ]
}

/// The least count that chance exceeds in less than one case of a hundred, when `expected` are
/// expected (Poisson).
fn allowed_above(expected: f64) -> usize {
    let mut term = (-expected).exp();
    let (mut within, mut count) = (term, 0);
    while within < 0.99 && count < 10_000 {
        count += 1;
        term *= expected / count as f64;
        within += term;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_allowed_what_it_does_in_99_of_100_cases() {
        assert_eq!(allowed_above(0.0), 0);
        assert_eq!(allowed_above(0.1), 1);
        assert_eq!(allowed_above(1.0), 4);
    }
}
