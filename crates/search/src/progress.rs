//! How a search tells how far it is, and learns that it should stop.

use std::sync::atomic::{AtomicU64, Ordering};

/// A stage of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Stage 1: every probe print against every eligible reference; counts finger pairs.
    Scan,
    /// Stage 2: full-resolution comparison of the shortlist; counts persons.
    Rescore,
    /// Stage 3: alignment of the best persons of stage 2; counts persons.
    Align,
}

/// Told about progress from many threads, at block boundaries. No clock is read here: rates are the
/// listener's matter.
pub trait Progress: Sync {
    /// `done` of `total` units of a stage are done. Calls of different threads may arrive out of
    /// order.
    fn advance(&self, stage: Stage, done: u64, total: u64);

    /// Whether the search should stop as soon as it can.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Listens to nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _stage: Stage, _done: u64, _total: u64) {}
}

/// Adds up what many threads have done of one stage.
pub(crate) struct Meter<'a> {
    progress: &'a dyn Progress,
    stage: Stage,
    done: AtomicU64,
    total: u64,
}

impl<'a> Meter<'a> {
    pub(crate) const fn new(progress: &'a dyn Progress, stage: Stage, total: u64) -> Self {
        Self { progress, stage, done: AtomicU64::new(0), total }
    }

    /// `units` more are done.
    pub(crate) fn advance(&self, units: u64) {
        let done = self.done.fetch_add(units, Ordering::Relaxed) + units;
        self.progress.advance(self.stage, done, self.total);
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.progress.cancelled()
    }
}
