//! The processor's twins of the kernels, on all threads of the current rayon pool.

use super::scan;
use super::{Kernels, Pass};
use crate::{Gallery, SearchError};
use rayon::prelude::*;
use shaders::twin::ranking;
use shaders::{Ranked, Stage1Path};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct TwinKernels {
    path: Stage1Path,
}

impl TwinKernels {
    /// The fastest path of this processor.
    pub fn new() -> Self {
        Self { path: Stage1Path::best() }
    }

    /// A given path.
    pub const fn with_path(path: Stage1Path) -> Self {
        Self { path }
    }
}

impl Default for TwinKernels {
    fn default() -> Self {
        Self::new()
    }
}

impl Kernels for TwinKernels {
    fn name(&self) -> String {
        format!("processor, {}", self.path)
    }

    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
        let best = scan::best_scores(self.path, pass)?;
        let rank = |prints: &std::ops::Range<usize>| {
            ranking::rank(&best.person_sums(prints.clone()), pass.limit())
        };
        Ok(pass.probes.par_iter().map(rank).collect())
    }

    fn settle(&self, _: &Gallery) -> Result<(), SearchError> {
        Ok(())
    }

    /// One: a scan uses every core.
    fn parts(&self) -> usize {
        1
    }
}
