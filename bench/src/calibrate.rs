//! `tanba-bench calibrate`: what a similarity means, fitted on every sample set at once.

use crate::accuracy::systems;
use crate::datasets::{DATASETS, is_seen_twice};
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

/// Every print of every set, prepared, with the name of its finger.
struct Prints {
    fingers: Vec<String>,
    prepared: Vec<PreparedTemplate>,
}

/// Fits and writes.
///
/// # Errors
/// No sample set, or a file that cannot be read or written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let prints = load(arguments)?;
    ensure!(
        !prints.fingers.is_empty(),
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

fn load(arguments: &Arguments) -> Result<Prints> {
    let parameters = Parameters::default();
    let mut all = Prints { fingers: Vec::new(), prepared: Vec::new() };
    for set in &DATASETS {
        let Some(prints) = set.load(&arguments.data)? else {
            eprintln!("skipped: {} is not in {}", set.name, arguments.data.display());
            continue;
        };
        let extracted = systems::extract(set, &prints, false)?;
        for (print, template) in prints.iter().zip(&extracted.templates) {
            if !is_seen_twice(set.name, &print.finger) {
                all.fingers.push(format!("{}/{}", set.name, print.finger));
                all.prepared.push(PreparedTemplate::new(template, &parameters));
            }
        }
    }
    Ok(all)
}

/// All mated and all non-mated similarities, across the sets.
fn similarities(prints: &Prints) -> (Vec<Similarity>, Vec<Similarity>) {
    let bar = progress::bar("compare all pairs", prints.fingers.len());
    let row = |comparer: &mut Comparer, probe: usize| {
        let mut scores = (Vec::new(), Vec::new());
        for reference in probe + 1..prints.fingers.len() {
            let (a, b) = (&prints.prepared[probe], &prints.prepared[reference]);
            let similarity = comparer.compare(a, b).similarity;
            let is_mate = prints.fingers[probe] == prints.fingers[reference];
            if is_mate { scores.0.push(similarity) } else { scores.1.push(similarity) }
        }
        bar.inc(1);
        scores
    };
    let new = || Comparer::new(&Parameters::default());
    let rows: Vec<_> = (0..prints.fingers.len()).into_par_iter().map_init(new, row).collect();
    bar.finish_and_clear();
    let (mated, non_mated): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    (mated.concat(), non_mated.concat())
}
