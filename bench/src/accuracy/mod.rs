//! `tanba-bench accuracy`: every sample set by us and by the baseline, on the same images.

mod shortlist;
pub(crate) mod systems;

use crate::datasets::{DATASETS, Dataset};
use crate::environment::Environment;
use crate::record;
use anyhow::Result;
use evaluation::{Bootstrap, ComparisonPlan, ErrorRates, Protocol};
use serde::Serialize;
use std::path::PathBuf;
use systems::System;
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId};

/// Command line of `accuracy`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets; a set that is not there is skipped with a message
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Only sets whose name contains this text; may be repeated
    #[arg(long)]
    set: Vec<String>,
    /// Leave the baseline out (it takes most of the time)
    #[arg(long)]
    no_baseline: bool,
    /// Also compare our minutiae by BOZORTH3
    #[arg(long)]
    cross: bool,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What one system reached on one set.
#[derive(Serialize)]
struct Row {
    set: &'static str,
    system: System,
    protocol: &'static str,
    rates: ErrorRates,
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Row>,
    shortlist: Option<shortlist::Shortlist>,
    skipped: Vec<&'static str>,
    beats_baseline_everywhere: Option<bool>,
}

/// Measures and prints; `Ok(false)` when the baseline is better on a set.
///
/// # Errors
/// A set that cannot be read, or a record that cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let environment = Environment::here();
    let mut figures = Figures {
        rows: Vec::new(),
        shortlist: None,
        skipped: Vec::new(),
        beats_baseline_everywhere: None,
    };
    let mut mixed = shortlist::Gallery::default();
    let wanted = |set: &&Dataset| {
        arguments.set.is_empty() || arguments.set.iter().any(|part| set.name.contains(part))
    };
    print_header();
    for set in DATASETS.iter().filter(wanted) {
        measure(set, arguments, &mut figures, &mut mixed)?;
    }
    figures.shortlist = mixed.measure();
    if let Some(shortlist) = &figures.shortlist {
        shortlist.print();
    }
    figures.beats_baseline_everywhere = beats_baseline(&figures.rows);
    if let Some(folder) = &arguments.record {
        let path = record::write(folder, "accuracy", &environment, &figures)?;
        eprintln!("record: {}", path.display());
    }
    Ok(figures.beats_baseline_everywhere != Some(false))
}

fn measure(
    set: &Dataset,
    arguments: &Arguments,
    figures: &mut Figures,
    mixed: &mut shortlist::Gallery,
) -> Result<()> {
    let Some(prints) = set.load(&arguments.data)? else {
        eprintln!("skipped: {} is not in {}", set.name, arguments.data.display());
        figures.skipped.push(set.name);
        return Ok(());
    };
    let key = |print: &crate::datasets::Print| -> Result<ImpressionKey> {
        Ok(ImpressionKey {
            subject: SubjectId::new(&print.finger)?,
            position: FingerPosition::UNKNOWN,
            impression: ImpressionLabel::new(&print.impression)?,
        })
    };
    let keys: Vec<ImpressionKey> = prints.iter().map(key).collect::<Result<_>>()?;
    let extracted = systems::extract(set, &prints, !arguments.no_baseline)?;
    mixed.add(set.name, &keys, &extracted.templates);
    let plan = ComparisonPlan::new(Protocol::AllPairs, &keys)?;
    let mut systems = vec![System::Tanba];
    systems.extend((!arguments.no_baseline).then_some(System::Nist));
    systems.extend(arguments.cross.then_some(System::TanbaInBozorth));
    for system in systems {
        let scores = systems::compare(system, &extracted, &plan)?;
        let bootstrap = Bootstrap { replicates: 500, seed: arguments.seed };
        let mut rates = ErrorRates::new(&scores, Some(&bootstrap))?;
        // A record is for reading and comparing; the curve of every set would be a megabyte.
        rates.curve.clear();
        let row = Row { set: set.name, system, protocol: "all pairs", rates };
        print_row(&row);
        figures.rows.push(row);
    }
    Ok(())
}

fn print_header() {
    out(&format!(
        "{:20} {:20} {:>7} {:>9} {:>7} {:>15} {:>9} {:>9}",
        "set", "system", "mated", "non-mated", "EER %", "(95 %)", "FNMR@1e-2", "FNMR@1e-3"
    ));
}

fn print_row(row: &Row) {
    let percent = |rate: Option<f64>| {
        rate.map_or_else(|| "too few".to_string(), |rate| format!("{:.2}", rate * 100.0))
    };
    let interval = row.rates.eer.bootstrap.map_or_else(String::new, |interval| {
        format!("{:.2}..{:.2}", interval.low * 100.0, interval.high * 100.0)
    });
    out(&format!(
        "{:20} {:20} {:>7} {:>9} {:>7} {:>15} {:>9} {:>9}",
        row.set,
        row.system.name(),
        row.rates.mated,
        row.rates.non_mated,
        percent(Some(row.rates.eer.rate)),
        interval,
        percent(row.rates.fmr100()),
        percent(row.rates.fmr1000()),
    ));
}

/// Figures go to the standard output.
#[allow(clippy::print_stdout, reason = "the table is what the command is asked for")]
pub(crate) fn out(line: &str) {
    println!("{line}");
}

/// Whether our EER and FNMR at FMR 0.1 % are below the baseline's on every set measured with both;
/// an error of zero on both sides counts as held.
fn beats_baseline(rows: &[Row]) -> Option<bool> {
    let of = |set: &str, system: System| rows.iter().find(|r| r.set == set && r.system == system);
    let mut all = None;
    for ours in rows.iter().filter(|row| row.system == System::Tanba) {
        let Some(theirs) = of(ours.set, System::Nist) else { continue };
        let below = |a: f64, b: f64| a < b || (a == 0.0 && b == 0.0);
        let eer = below(ours.rates.eer.rate, theirs.rates.eer.rate);
        let fnmr = match (ours.rates.fmr1000(), theirs.rates.fmr1000()) {
            (Some(ours), Some(theirs)) => below(ours, theirs),
            _ => true,
        };
        if !(eer && fnmr) {
            eprintln!("{}: the baseline is not beaten", ours.set);
        }
        all = Some(all.unwrap_or(true) && eer && fnmr);
    }
    all
}
