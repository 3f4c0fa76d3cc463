//! The processor's twins of the kernels, on all threads of the current rayon pool.

use super::scan;
use super::{Kernels, Pass};
use crate::{Gallery, SearchError};
use rayon::prelude::*;
use shaders::layout::tasks::State;
use shaders::twin::ranking;
use shaders::{Ranked, Stage1Path};

/// Persons whose sums one thread counts at a time.
const COUNTED_TOGETHER: usize = 1 << 16;

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
        let rank =
            |prints: &std::ops::Range<usize>| rank(&best.person_sums(prints.clone()), pass.limit());
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

/// [`ranking::rank`], counted by all threads.
fn rank(sums: &[u32], limit: u32) -> Ranked {
    let count = |digit: u32, state: &mut State| {
        let known = *state;
        let part = |sums: &[u32]| {
            let mut own = known;
            ranking::histogram(sums, digit, &mut own);
            own.bins
        };
        let parts: Vec<_> = sums.par_chunks(COUNTED_TOGETHER).map(part).collect();
        for bins in parts {
            state.bins.iter_mut().zip(bins).for_each(|(total, count)| *total += count);
        }
    };
    ranking::take(sums, ranking::find_cut_by(limit, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_one_thread_across_the_parts() {
        let sum = |person: u32| person.wrapping_mul(2_654_435_761) >> 17;
        for persons in [0, 1, 1 << 16, (1 << 17) + 3] {
            let sums: Vec<u32> = (0..persons).map(sum).collect();
            for limit in [1, 500, 1 << 17] {
                assert_eq!(rank(&sums, limit), ranking::rank(&sums, limit));
            }
        }
    }
}
