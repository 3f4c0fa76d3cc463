//! A node in a temporary folder, filled with the synthetic population.

use crate::population::{Population, key, subject};
use crate::progress;
use crate::samples::Samples;
use anyhow::{Context, Result, ensure};
use node::{EnrollOutcome, Enrollment, Node, NodeOptions};
use rayon::prelude::*;
use search::{Options, Silent};
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;

/// Templates that one synced call enrolls.
pub(crate) const BATCH: u64 = 2_000;

/// Mates that must come first, in percent, or what was timed is not a search.
const FOUND_PERCENT: u64 = 95;

/// Searches of a store.
pub(crate) struct Searches {
    /// Milliseconds of each.
    pub(crate) milliseconds: Samples,
    /// Share of the mates that came first.
    pub(crate) found: f64,
}

/// A folder that is gone when this is dropped.
pub(crate) struct Store {
    // Fields drop in this order: the node closes before its folder goes.
    node: Option<Node>,
    options: NodeOptions,
    folder: TempDir,
    population: Population,
    fingers: u64,
}

impl Store {
    /// An empty one.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub(crate) fn new(population: Population) -> Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder for the store")?;
        let extractor = population.reference(0).header().extractor;
        let options = NodeOptions::new(extractor).creating();
        let node = Some(Node::open(data(&folder), &options, |_| {})?);
        Ok(Self { node, options, folder, population, fingers: 0 })
    }

    /// The open node.
    pub(crate) fn node(&self) -> &Node {
        self.node.as_ref().expect("it is open but for the time of a restart")
    }

    /// Fingers enrolled.
    pub(crate) const fn fingers(&self) -> u64 {
        self.fingers
    }

    /// Enrolls persons until there are `fingers`; by call, the fingers and the seconds until they
    /// were acknowledged, without the time of making templates.
    ///
    /// # Errors
    /// A failed write, or a fresh finger that was not enrolled.
    pub(crate) fn fill(&mut self, fingers: u64) -> Result<Vec<(u64, f64)>> {
        let count = fingers.saturating_sub(self.fingers);
        let bar = progress::bar(&format!("enroll up to {fingers}"), count as usize);
        let mut calls = Vec::new();
        while self.fingers < fingers {
            let persons = self.fingers..(self.fingers + BATCH).min(fingers);
            let length = persons.end - persons.start;
            let population = self.population;
            let batch: Vec<Enrollment> =
                persons.into_par_iter().map(|person| enrollment(population, person)).collect();
            let start = Instant::now();
            let outcomes = self.node().enroll(batch)?;
            calls.push((length, start.elapsed().as_secs_f64()));
            let all = outcomes.iter().all(|outcome| *outcome == EnrollOutcome::Enrolled);
            ensure!(all && outcomes.len() as u64 == length, "a fresh finger was not enrolled");
            self.fingers += length;
            bar.inc(length);
        }
        bar.finish_and_clear();
        Ok(calls)
    }

    /// Searches for persons spread over all, one print each.
    ///
    /// # Errors
    /// A search that fails, references left out, or too few mates found.
    pub(crate) fn search(&self, searches: u64) -> Result<Searches> {
        let size = self.fingers;
        let bar = progress::bar(&format!("search a store of {size}"), searches as usize);
        let (mut milliseconds, mut found) = (Vec::new(), 0);
        for search in 0..searches {
            let person = search * size / searches;
            let probe = self.population.probe(person);
            let start = Instant::now();
            let answer = self.node().identify(&probe, &Options::default(), &Silent)?;
            milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
            let scanned = answer.coverage.scanned_pairs;
            ensure!(scanned == size, "{scanned} of {size} references were scanned");
            found += u64::from(answer.candidates.rank_of(&subject(person)) == Some(1));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let enough = found * 100 >= searches * FOUND_PERCENT;
        ensure!(enough, "only {found} of {searches} mates came first");
        let found = found as f64 / searches as f64;
        Ok(Searches { milliseconds: Samples::new(milliseconds), found })
    }

    /// Closes and opens the node; seconds until the gallery was loaded.
    ///
    /// # Errors
    /// A folder that does not open, or a lost reference.
    pub(crate) fn reopen(&mut self) -> Result<f64> {
        self.node = None;
        let bar = progress::bar("load the gallery", self.fingers as usize);
        let start = Instant::now();
        let node = Node::open(data(&self.folder), &self.options, |at| bar.set_position(at.loaded))?;
        let seconds = start.elapsed().as_secs_f64();
        bar.finish_and_clear();
        ensure!(node.stats()?.references == self.fingers, "a reference was lost over a restart");
        self.node = Some(node);
        Ok(seconds)
    }
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn enrollment(population: Population, person: u64) -> Enrollment {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&person.to_le_bytes());
    Enrollment { key: key(person), template: population.reference(person), digest, image: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_store_finds_its_persons_after_a_restart() {
        let mut store = Store::new(Population { seed: 2 }).unwrap();
        store.fill(30).unwrap();
        let calls = store.fill(50).unwrap();
        assert_eq!(calls.iter().map(|call| call.0).sum::<u64>(), 20);
        assert!(store.fill(40).unwrap().is_empty(), "nobody is left to enroll");
        store.reopen().unwrap();
        assert_eq!(store.node().stats().unwrap().references, 50);
        let searches = store.search(20).unwrap();
        assert_eq!((searches.milliseconds.runs(), searches.found), (20, 1.0));
    }

    #[test]
    fn a_store_without_the_persons_searched_for_is_refused() {
        let mut store = Store::new(Population { seed: 2 }).unwrap();
        store.fill(30).unwrap();
        store.population.seed = 3;
        assert!(store.search(20).is_err());
    }
}
