//! `tanba-bench calibrate`: what a similarity means, fitted on the development halves of all sets.

use crate::accuracy::collection::{self, Print};
use crate::datasets::Half;
use crate::progress;
use anyhow::{Context, Result, ensure};
use matching::calibration::Calibration;
use matching::{Comparer, Parameters, PreparedTemplate};
use rayon::prelude::*;
use std::path::PathBuf;
use vocabulary::Similarity;

/// Command line of `calibrate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// File to write the table to
    #[arg(long, default_value = "crates/matching/src/calibration_table.txt")]
    out: PathBuf,
}

/// Fits and writes.
///
/// # Errors
/// No sample set, or a file that cannot be read or written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let (sets, _) = collection::load(&arguments.data, false, |_| true)?;
    let mut prints = collection::mixed(&sets);
    prints.retain(|print| print.half() == Half::Development);
    ensure!(
        !prints.is_empty(),
        "no sample set in {}: name their folder with --data",
        arguments.data.display()
    );
    let (mated, non_mated) = similarities(&prints);
    eprintln!("{} mated and {} non-mated comparisons", mated.len(), non_mated.len());
    let calibration = Calibration::fit(&mated, &non_mated)?;
    std::fs::write(&arguments.out, calibration.to_text())
        .with_context(|| arguments.out.display().to_string())?;
    eprintln!("table: {}", arguments.out.display());
    Ok(true)
}

/// All mated and all non-mated similarities, across the sets.
fn similarities(prints: &[Print<'_>]) -> (Vec<Similarity>, Vec<Similarity>) {
    let parameters = Parameters::default();
    let prepared: Vec<PreparedTemplate> =
        prints.par_iter().map(|p| PreparedTemplate::new(p.template, &parameters)).collect();
    let bar = progress::bar("compare all pairs", prints.len());
    let row = |comparer: &mut Comparer, probe: usize| {
        let mut scores = (Vec::new(), Vec::new());
        for reference in probe + 1..prints.len() {
            let (a, b) = (&prepared[probe], &prepared[reference]);
            let similarity = comparer.compare(a, b).similarity;
            let is_mate = prints[probe].finger_id() == prints[reference].finger_id();
            if is_mate { scores.0.push(similarity) } else { scores.1.push(similarity) }
        }
        bar.inc(1);
        scores
    };
    let new = || Comparer::new(&parameters);
    let rows: Vec<_> = (0..prints.len()).into_par_iter().map_init(new, row).collect();
    bar.finish_and_clear();
    let (mated, non_mated): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    (mated.concat(), non_mated.concat())
}
