//! `tanba-bench stage0`: what a cheaper look at every reference before stage 1 would lose and save.
//!
//! A sketch scores a probe against every reference; only the best share of the gallery would then
//! be compared by stage 1. A mate is *lost* when stage 1 alone keeps it for stage 2 and the sketch
//! drops it. Nothing of this is in the search: see `docs/design/stage0.md` for the verdict.

mod loss;
mod sketch;
mod trial;

use crate::accuracy::systems;
use crate::datasets::{DATASETS, is_seen_twice};
use crate::environment::Environment;
use crate::record;
use anyhow::{Context, Result, ensure};
use loss::{Loss, SHARES};
use matching::{PackedRecord, Parameters, descriptor};
use rayon::prelude::*;
use serde::Serialize;
use sketch::SKETCHES;
use std::io::Write;
use std::path::PathBuf;
use synthesis::templates::{ImpressionParameters, finger, impression};
use trial::{Print, Trial};

/// Command line of `stage0`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets; a set that is not there is skipped with a message
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Synthetic prints among which the real ones are hidden
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    strangers: u64,
    /// Synthetic fingers searched by a poor print, at most the strangers
    #[arg(long, default_value_t = 1_000)]
    synthetic_probes: u64,
    /// Only sketches whose name contains this text; may be repeated
    #[arg(long)]
    sketch: Vec<String>,
    /// Seed of everything synthetic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
}

/// What one sketch loses and costs.
#[derive(Serialize)]
struct Row {
    sketch: &'static str,
    /// Bytes per reference beside the packed record.
    extra_bytes: usize,
    /// Time of a pair by the kernel of stage 1 on the sketch, over that of stage 1.
    cost: f64,
    losses: Vec<Loss>,
}

#[derive(Serialize)]
struct Figures {
    real_prints: usize,
    gallery: usize,
    stage1_ns: f64,
    shares: [f64; SHARES.len()],
    rows: Vec<Row>,
}

/// Measures and prints.
///
/// # Errors
/// A set that cannot be read, a wrong score of a kernel, or a record that cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let environment = Environment::here();
    let trial = Trial::new(real_prints(arguments)?, strangers(arguments), poor_probes(arguments));
    let mut figures = Figures {
        real_prints: trial.real(),
        gallery: trial.gallery(),
        stage1_ns: 0.0,
        shares: SHARES,
        rows: Vec::new(),
    };
    out(&format!("{} real and {} prints in all", trial.real(), trial.gallery()))?;
    let wanted = |name: &str| {
        arguments.sketch.is_empty() || arguments.sketch.iter().any(|part| name.contains(part))
    };
    for sketch in SKETCHES.iter().filter(|sketch| wanted(sketch.name)) {
        let (stage1_ns, ns) = trial.nanoseconds(sketch)?;
        figures.stage1_ns = stage1_ns;
        let row = Row {
            sketch: sketch.name,
            extra_bytes: sketch.extra_bytes,
            cost: ns / stage1_ns,
            losses: trial.losses(sketch),
        };
        print_row(&row, stage1_ns)?;
        figures.rows.push(row);
    }
    if let Some(folder) = &arguments.record {
        let path = record::write(folder, "stage0", &environment, &figures)?;
        eprintln!("record: {}", path.display());
    }
    Ok(true)
}

/// Every print of every set that is there, packed; a finger has one number over all sets.
fn real_prints(arguments: &Arguments) -> Result<Vec<Print>> {
    let parameters = Parameters::default();
    let mut prints = Vec::new();
    let (mut fingers, mut last) = (0, String::new());
    for set in &DATASETS {
        let Some(loaded) = set.load(&arguments.data)? else {
            eprintln!("skipped: {} is not in {}", set.name, arguments.data.display());
            continue;
        };
        let templates = systems::extract(set, &loaded, false)?.templates;
        for (print, template) in loaded.iter().zip(&templates) {
            if is_seen_twice(set.name, &print.finger) {
                continue;
            }
            let name = format!("{}/{}", set.name, print.finger);
            if name != last {
                (fingers, last) = (fingers + 1, name);
            }
            prints.push(Print { finger: fingers, record: descriptor::pack(template, &parameters) });
        }
    }
    ensure!(!prints.is_empty(), "no sample set in {}", arguments.data.display());
    Ok(prints)
}

/// Synthetic fingers are numbered from here on.
const SYNTHETIC: u64 = 1 << 32;

fn strangers(arguments: &Arguments) -> Vec<Print> {
    let typical = ImpressionParameters::typical();
    (0..arguments.strangers).into_par_iter().map(|i| synthetic(arguments, i, 0, &typical)).collect()
}

fn poor_probes(arguments: &Arguments) -> Vec<Print> {
    let poor = ImpressionParameters::poor();
    let fingers = arguments.synthetic_probes.min(arguments.strangers);
    (0..fingers).into_par_iter().map(|i| synthetic(arguments, i, 1, &poor)).collect()
}

fn synthetic(
    arguments: &Arguments,
    index: u64,
    number: u64,
    quality: &ImpressionParameters,
) -> Print {
    let template = impression(&finger(arguments.seed, index), number, quality);
    let record: PackedRecord = descriptor::pack(&template, &Parameters::default());
    Print { finger: SYNTHETIC + index, record }
}

fn print_row(row: &Row, stage1_ns: f64) -> Result<()> {
    out(&format!(
        "\n{}: {} bytes more per finger, {:.2} of the {stage1_ns:.0} ns of stage 1",
        row.sketch, row.extra_bytes, row.cost
    ))?;
    let shares: String = SHARES.iter().map(|share| format!("{:>16}", percent(*share))).collect();
    out(&format!("  {:36} {:>6} {shares}", "mates lost % (95 % bound), passing", "kept"))?;
    for loss in &row.losses {
        let cell = |(lost, bound): (&usize, &f64)| {
            let rate = *lost as f64 / loss.kept.max(1) as f64;
            format!("{:>16}", format!("{:.2} ({:.2})", rate * 100.0, bound * 100.0))
        };
        let cells: String = loss.lost.iter().zip(&loss.bounds).map(cell).collect();
        out(&format!("  {:36} {:>6} {cells}", loss.among, loss.kept))?;
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Figures go to the standard output.
fn out(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("standard output")
}
