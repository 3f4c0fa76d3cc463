//! Stage 1 as a search runs it, on everything that an implementation uses.

use super::stage1::{PROBES, Prints};
use crate::answers::Expected;
use crate::contenders::Timed;
use crate::population::key;
use crate::samples::Samples;
use anyhow::{Context, Result};
use matching::Parameters;
use matching::calibration::Calibration;
use search::{Engine, Gallery, Kernels, Options, Probe, Shortlist, Silent, shortlist};
use std::time::Duration;

/// A gallery of some size with the scores that searches of it must give.
pub(super) struct Whole<'a> {
    gallery: Gallery,
    probes: Vec<Probe>,
    /// By probe, of the distinct references.
    oracle: &'a [Vec<u16>],
    parameters: &'a Parameters,
    calibration: Calibration,
    options: Options,
}

impl<'a> Whole<'a> {
    /// Enrolls persons, whose references repeat when there are more persons than references.
    ///
    /// # Errors
    /// A full gallery.
    pub(super) fn new(
        prints: &Prints,
        oracle: &'a [Vec<u16>],
        parameters: &'a Parameters,
        persons: u64,
    ) -> Result<Self> {
        let mut gallery = Gallery::new(parameters);
        for (person, record) in (0..persons).zip(prints.references.iter().cycle()) {
            gallery.append(&key(person), record)?;
        }
        let probes = (0..PROBES).map(|person| prints.population.probe(person)).collect();
        let (calibration, options) = (Calibration::shipped(), Options::default());
        Ok(Self { gallery, probes, oracle, parameters, calibration, options })
    }

    /// Finger pairs per second of passes of so many probes, which repeat; ranking is included.
    ///
    /// # Errors
    /// Any answer, before and after the timing, that is not that of the definition.
    pub(super) fn measure(&self, kernels: &dyn Kernels, batch: u64) -> Result<Samples> {
        let timed = Timed::new(kernels);
        let probes: Vec<Probe> = self.probes.iter().cycle().take(batch as usize).cloned().collect();
        let run = || self.run(&timed, &probes);
        self.check(kernels, &run()?.0)?;
        let mut last = Vec::new();
        let seconds = Samples::of_durations(|| {
            let (lists, took) = run()?;
            last = lists;
            Ok(took)
        })?;
        self.check(kernels, &last)?;
        let pairs = self.persons() * batch;
        Ok(seconds.map(|seconds| pairs as f64 / seconds))
    }

    /// Persons enrolled.
    pub(super) fn persons(&self) -> u64 {
        self.gallery.persons() as u64
    }

    fn run(&self, timed: &Timed<'_>, probes: &[Probe]) -> Result<(Vec<Shortlist>, Duration)> {
        let (parameters, calibration) = (self.parameters, &self.calibration);
        let engine = Engine { kernels: timed, parameters, calibration };
        timed.take();
        let lists = shortlist(probes, &self.gallery, &engine, &self.options, &Silent)?;
        Ok((lists, timed.take()))
    }

    fn check(&self, kernels: &dyn Kernels, lists: &[Shortlist]) -> Result<()> {
        for (list, scores) in lists.iter().zip(self.oracle.iter().cycle()) {
            let score = |person: u64| scores[person as usize % scores.len()];
            let (persons, limit) = (self.persons(), self.options.shortlist_persons);
            let expected = Expected { persons, limit, every: 1, score };
            expected.check(list).with_context(|| kernels.name())?;
        }
        Ok(())
    }
}
