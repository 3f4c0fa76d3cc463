//! Whether a second run, with another number of threads, gives the same bits.

use super::collection::Set;
use super::out;
use super::systems::{self, System};
use anyhow::{Result, ensure};
use evaluation::{ComparisonPlan, Protocol};
use std::path::Path;

/// Extracts and compares every set again with `threads` threads.
///
/// # Errors
/// A template or a similarity that differs, or a set that can no longer be read.
pub(crate) fn run(sets: &[Set], data: &Path, threads: usize) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut comparisons = 0;
    for set in sets {
        let again = pool.install(|| Set::load(set.dataset, data, false))?;
        let name = set.dataset.name;
        let Some(again) = again else { anyhow::bail!("{name} is gone") };
        ensure!(again.extracted.templates == set.extracted.templates, "{name}: templates differ");
        let plan = ComparisonPlan::new(Protocol::Fvc, &set.keys)?;
        let first = systems::compare(System::Tanba, &set.extracted, &plan)?.0;
        let second = pool.install(|| systems::compare(System::Tanba, &again.extracted, &plan))?.0;
        ensure!(first == second, "{name}: similarities differ");
        comparisons += first.mated.len() + first.non_mated.len();
    }
    let prints: usize = sets.iter().map(|set| set.extracted.templates.len()).sum();
    out(&format!(
        "\nsecond run with {threads} thread(s): {prints} templates and {comparisons} similarities \
         are the same, bit for bit"
    ));
    Ok(())
}
