//! The implementations of stage 1 that are measured against each other, and a clock around them.

use search::{Gallery, Kernels, Pass, SearchError, TwinKernels};
use shaders::{Ranked, Stage1Path};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Every path of this processor, slowest first.
pub(crate) fn every() -> Vec<Box<dyn Kernels>> {
    Stage1Path::available().map(|path| Box::new(TwinKernels::with_path(path)) as _).collect()
}

/// Those whose name contains one of the texts.
pub(crate) fn named(texts: &[String]) -> Vec<Box<dyn Kernels>> {
    let wanted = |name: String| texts.iter().any(|text| name.contains(text));
    every().into_iter().filter(|kernels| wanted(kernels.name())).collect()
}

/// Runs stage 1 elsewhere and adds up its time, ranking included.
pub(crate) struct Timed<'a> {
    kernels: &'a dyn Kernels,
    nanoseconds: AtomicU64,
}

impl<'a> Timed<'a> {
    /// Nothing has run yet.
    pub(crate) const fn new(kernels: &'a dyn Kernels) -> Self {
        Self { kernels, nanoseconds: AtomicU64::new(0) }
    }

    /// The time of the passes since the last call.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.swap(0, Ordering::Relaxed))
    }
}

impl Kernels for Timed<'_> {
    fn name(&self) -> String {
        self.kernels.name()
    }

    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
        let start = Instant::now();
        let ranked = self.kernels.best_persons(pass);
        self.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        ranked
    }

    fn settle(&self, gallery: &Gallery) -> Result<(), SearchError> {
        self.kernels.settle(gallery)
    }

    fn parts(&self) -> usize {
        self.kernels.parts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::tests::World;

    #[test]
    fn the_time_of_a_pass_is_taken_once() {
        let world = World::new(20);
        let kernels = TwinKernels::new();
        let timed = Timed::new(&kernels);
        assert_eq!(timed.take(), Duration::ZERO);
        let start = Instant::now();
        assert_eq!(world.list(&timed, 3), world.list(&kernels, 3));
        let (took, all) = (timed.take(), start.elapsed());
        assert!(Duration::ZERO < took && took < all, "{took:?} of {all:?}");
        assert_eq!(timed.take(), Duration::ZERO);
    }

    #[test]
    fn implementations_are_found_by_a_part_of_their_name() {
        let names: Vec<String> =
            named(&["portable".into()]).iter().map(|kernels| kernels.name()).collect();
        assert_eq!(names, ["processor, portable"]);
        assert!(named(&["abacus".into()]).is_empty());
        assert_eq!(every().last().unwrap().name(), TwinKernels::new().name());
    }
}
