//! Searches of one gallery by one implementation of stage 1.

use super::Arguments;
use super::growth::Growing;
use crate::answers::Expected;
use crate::contenders::Timed;
use crate::figure::{Better, Figure};
use crate::population::subject;
use crate::progress;
use crate::samples::Samples;
use anyhow::{Context, Result, ensure};
use matching::calibration::Calibration;
use matching::{descriptor, stage1};
use search::{
    Coverage, Engine, Kernels, Options, Partition, Probe, Shortlist, Silent, identify_many,
    shortlist,
};
use std::time::{Duration, Instant};

/// Persons who are searched for in turn.
const PERSONS: u64 = 256;

/// Prints of the search whose answers are checked.
const CHECKED_BATCH: u64 = 4;

/// Persons left out of each answer whose score is compared with the definition, at most.
const CHECKED_LEFT_OUT: u64 = 5_000;

/// Scans of a point at least, as long as they take no longer than a point may: whole searches of
/// many prints are so slow that few of them fit.
const SCANS_MIN: usize = 5;

/// Mates that must come first, in percent, or what was timed is not a search.
const FOUND_PERCENT: u64 = 95;

/// A gallery ready to be searched.
pub(super) struct Bench<'a> {
    runs: usize,
    time: Duration,
    growing: &'a Growing<'a>,
    kernels: &'a dyn Kernels,
    calibration: Calibration,
    /// Person and probe.
    probes: Vec<(u64, Probe)>,
    checked_pairs: u64,
}

/// What was found of one implementation, size and batch.
pub(super) struct Point {
    pub(super) kernels: String,
    pub(super) size: u64,
    pub(super) batch: u64,
    /// Seconds of a whole search.
    pub(super) latency: Samples,
    /// Seconds of its stage 1.
    pub(super) scan: Samples,
    /// Share of the mates that came first.
    found: f64,
    checked_pairs: u64,
}

impl<'a> Bench<'a> {
    /// Checks a search before any is timed.
    ///
    /// # Errors
    /// A score that is not that of the definition, pairs left out, or a mate not found.
    pub(super) fn new(
        arguments: &Arguments,
        growing: &'a Growing<'a>,
        kernels: &'a dyn Kernels,
    ) -> Result<Self> {
        let generated = growing.generated();
        let persons = PERSONS.min(generated);
        let probes = (0..persons).map(|index| {
            let person = index * generated / persons;
            (person, growing.population().probe(person))
        });
        let mut bench = Self {
            runs: arguments.runs as usize,
            time: Duration::from_secs_f64(arguments.seconds.clamp(0.0, 1e6)),
            growing,
            kernels,
            calibration: Calibration::shipped(),
            probes: probes.collect(),
            checked_pairs: 0,
        };
        bench.check()?;
        Ok(bench)
    }

    fn size(&self) -> u64 {
        self.growing.gallery().references() as u64
    }

    fn check(&mut self) -> Result<()> {
        let name = self.kernels.name();
        let (persons, probes) = self.batch(0, CHECKED_BATCH);
        let lists = self.scan(self.kernels, &probes)?;
        for (person, list) in persons.iter().zip(&lists) {
            self.checked_pairs += self.check_list(*person, list).with_context(|| name.clone())?;
        }
        let found = self.search(self.kernels, 0, CHECKED_BATCH)?;
        ensure!(found > 0, "{name}: none of {CHECKED_BATCH} mates came first");
        Ok(())
    }

    /// Compares a shortlist with the definition; how many scores were compared.
    fn check_list(&self, person: u64, list: &Shortlist) -> Result<u64> {
        let (growing, parameters) = (self.growing, self.growing.parameters());
        let print = descriptor::pack(&growing.population().print(person), parameters);
        let score = |other: u64| {
            stage1::score_reference(&print, &growing.record(other), &parameters.stage1)
        };
        let persons = self.size();
        let every = persons.div_ceil(CHECKED_LEFT_OUT).max(1);
        let limit = Options::default().shortlist_persons;
        Expected { persons, limit, every, score }.check(list)
    }

    /// Searches the next `batch` probes; how many mates came first.
    fn search(&self, kernels: &dyn Kernels, run: usize, batch: u64) -> Result<u64> {
        let (persons, probes) = self.batch(run, batch);
        let partition = Partition { gallery: self.growing.gallery(), source: self.growing };
        let options = Options::default();
        let engine = self.engine(kernels);
        let answers = identify_many(&probes, &[partition], &engine, &options, &Silent)?;
        let mut found = 0;
        for (person, answer) in persons.iter().zip(&answers) {
            self.ensure_all_scanned(&answer.coverage)?;
            found += u64::from(answer.candidates.rank_of(&subject(*person)) == Some(1));
        }
        Ok(found)
    }

    /// Stage 1 alone.
    fn scan(&self, kernels: &dyn Kernels, probes: &[Probe]) -> Result<Vec<Shortlist>> {
        let (gallery, engine) = (self.growing.gallery(), self.engine(kernels));
        let lists = shortlist(probes, gallery, &engine, &Options::default(), &Silent)?;
        lists.iter().try_for_each(|list| self.ensure_all_scanned(list.coverage()))?;
        Ok(lists)
    }

    fn ensure_all_scanned(&self, coverage: &Coverage) -> Result<()> {
        let (scanned, size) = (coverage.scanned_pairs, self.size());
        ensure!(scanned == size, "{scanned} of {size} references were scanned");
        Ok(())
    }

    /// Probes take turns.
    fn batch(&self, run: usize, batch: u64) -> (Vec<u64>, Vec<Probe>) {
        let first = run * batch as usize % self.probes.len();
        self.probes.iter().cycle().skip(first).take(batch as usize).cloned().unzip()
    }

    fn engine<'e>(&'e self, kernels: &'e dyn Kernels) -> Engine<'e> {
        let parameters = self.growing.parameters();
        Engine { kernels, parameters, calibration: &self.calibration }
    }

    /// Times searches of `batch` probes.
    ///
    /// # Errors
    /// A search that fails, or too few mates found.
    pub(super) fn measure(&self, batch: u64) -> Result<Point> {
        let (size, name) = (self.size(), self.kernels.name());
        let bar = progress::bar(&format!("{size} fingers, {}", prints(batch)), self.runs);
        let timed = Timed::new(self.kernels);
        let (mut latency, mut scan, mut found) = (Vec::new(), Vec::new(), 0);
        let start = Instant::now();
        while latency.is_empty() || (latency.len() < self.runs && start.elapsed() < self.time) {
            let run = Instant::now();
            found += self.search(&timed, latency.len(), batch)?;
            latency.push(run.elapsed().as_secs_f64());
            scan.push(timed.take().as_secs_f64());
            bar.inc(1);
        }
        bar.finish_and_clear();
        while scan.len() < SCANS_MIN && scan.iter().sum::<f64>() < self.time.as_secs_f64() {
            self.scan(&timed, &self.batch(scan.len(), batch).1)?;
            scan.push(timed.take().as_secs_f64());
        }
        let searches = latency.len() as u64 * batch;
        ensure!(
            found * 100 >= searches * FOUND_PERCENT,
            "{name}: only {found} of {searches} mates came first among {size} fingers"
        );
        let (latency, scan) = (Samples::new(latency), Samples::new(scan));
        let found = found as f64 / searches as f64;
        let checked_pairs = self.checked_pairs;
        Ok(Point { kernels: name, size, batch, latency, scan, found, checked_pairs })
    }
}

/// So many prints, in words.
fn prints(batch: u64) -> String {
    match batch {
        1 => "1 print".to_owned(),
        batch => format!("{batch} prints"),
    }
}

impl Point {
    /// How many are searched together, in words.
    pub(super) fn prints(&self) -> String {
        prints(self.batch)
    }

    /// Finger pairs per second of stage 1.
    pub(super) fn pair_rates(&self) -> Samples {
        self.scan.map(|seconds| (self.size * self.batch) as f64 / seconds)
    }

    /// Nanoseconds that stage 1 takes for one finger pair.
    pub(super) fn pair_nanoseconds(&self) -> f64 {
        self.scan.median() * 1e9 / (self.size * self.batch) as f64
    }

    /// What goes into the record.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let Self { kernels, size, .. } = self;
        let prints = self.prints();
        let name = |what: &str| format!("{size} fingers, {prints}, {kernels}: {what}");
        let rates = self.pair_rates().map(|rate| rate / 1e6);
        let milliseconds = self.latency.map(|seconds| seconds * 1e3);
        vec![
            Figure::median(name("stage 1"), &rates, "M pairs/s").checked(self.checked_pairs),
            Figure::median(name("search, median"), &milliseconds, "ms"),
            Figure::tail(name("search, 99 %"), &milliseconds, 0.99, "ms"),
            Figure::new(name("mates first"), self.found * 100.0, "%").better_when(Better::Larger),
        ]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A point of one print whose stage 1 takes `pair_ns` nanoseconds a pair.
    pub(in crate::scale) fn point(size: u64, pair_ns: f64) -> Point {
        let scan = Samples::new(vec![pair_ns * size as f64 / 1e9]);
        let latency = scan.map(|seconds| seconds + 0.01);
        let (kernels, found) = ("processor, made up".to_owned(), 1.0);
        Point { kernels, size, batch: 1, latency, scan, found, checked_pairs: 9 }
    }

    #[test]
    fn rates_and_times_of_a_point_follow_from_its_scans() {
        let point = point(1_000_000, 125.0);
        assert!((point.pair_rates().median() - 8e6).abs() < 1.0);
        assert!((point.pair_nanoseconds() - 125.0).abs() < 1e-9);
        let figures = point.figures();
        assert_eq!(figures[0].name, "1000000 fingers, 1 print, processor, made up: stage 1");
        assert!((figures[0].value - 8.0).abs() < 1e-6);
        assert_eq!(figures[0].checked_pairs, Some(9));
        assert!((figures[1].value - 135.0).abs() < 1e-6);
    }
}
