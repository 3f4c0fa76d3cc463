//! The thread that scans.

use super::owner::Errand;
use crate::ResidentScanner;
use replication::{ResidentChange, ScanJob, Scanner};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

/// What the scanner is given, in one order.
pub(super) enum Work {
    Change { change: ResidentChange, effects: usize },
    Scan(ScanJob),
}

impl Work {
    pub(super) fn change(change: ResidentChange) -> Self {
        let effects = match &change {
            ResidentChange::Content { records, .. } => records.len(),
            ResidentChange::Effects { effects, .. } => effects.len(),
            ResidentChange::Gone(_) => 0,
        };
        Self::Change { change, effects }
    }

    /// Records and effects in it.
    pub(super) const fn effects(&self) -> usize {
        match self {
            Self::Change { effects, .. } => *effects,
            Self::Scan(_) => 0,
        }
    }
}

/// Records and effects that the scanner was given and has not taken in. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Backlog(Arc<AtomicUsize>);

impl Backlog {
    pub(super) fn len(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn grow(&self, effects: usize) {
        self.0.fetch_add(effects, Ordering::Relaxed);
    }

    fn shrink(&self, effects: usize) {
        self.0.fetch_sub(effects, Ordering::Relaxed);
    }
}

/// See the module.
pub(super) struct Worker {
    pub(super) scanner: ResidentScanner,
    pub(super) jobs: Receiver<Work>,
    pub(super) errands: SyncSender<Errand>,
    pub(super) backlog: Backlog,
}

impl Worker {
    /// Runs until the owner is gone.
    pub(super) fn run_to_end(mut self) {
        if catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
            // The owner may be gone, too.
            let _ = self.errands.send(Errand::scanner_ended());
        }
    }

    fn run(&mut self) {
        while let Ok(work) = self.jobs.recv() {
            match work {
                Work::Change { change, effects } => {
                    self.scanner.change(change);
                    self.backlog.shrink(effects);
                }
                Work::Scan(job) => {
                    // May wait for the owner, which never waits for this thread.
                    if self.errands.send(Errand::scanned(self.scanner.done(&job))).is_err() {
                        return;
                    }
                }
            }
        }
    }
}
