//! `tanba-bench accuracy`: every sample set by us and by the baseline, on the same images.

mod across;
pub(crate) mod collection;
mod identification;
mod page;
mod published;
mod repeat;
mod shortlist;
pub(crate) mod systems;
mod verification;

use crate::datasets::{Dataset, Half};
use crate::environment::Environment;
use crate::record;
use anyhow::{Context, Result, bail};
use collection::Set;
use matching::PackedRecord;
use serde::Serialize;
use std::path::PathBuf;
use verification::Row;

/// Command line of `accuracy`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets; a set that is not there is skipped with a message
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Only sets whose name contains this text; may be repeated
    #[arg(long)]
    set: Vec<String>,
    /// Only these parts: pairs (1:1 within every set), across (all sets mixed, likelihood ratios
    /// and quality), search (1:N), repeat (a second run on one thread more); all by default
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Leave the baseline out (it takes most of the time)
    #[arg(long)]
    no_baseline: bool,
    /// All pairs of impressions for the baseline too, not only those of the FVC protocol
    #[arg(long)]
    all_pairs: bool,
    /// Also compare our minutiae by BOZORTH3
    #[arg(long)]
    cross: bool,
    /// Fingers per person searched
    #[arg(long, value_delimiter = ',', default_value = "1,2,10")]
    fingers: Vec<usize>,
    /// Synthetic fingers to hide the real ones among
    #[arg(long, default_value_t = 100_000)]
    synthetic: usize,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// Write the plots (DET, CMC, FNIR by FPIR, error by share refused) to this HTML file
    #[arg(long)]
    page: Option<PathBuf>,
    /// Seed of the bootstrap and of the synthetic fingers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What a print costs.
#[derive(Serialize)]
struct Cost {
    set: &'static str,
    /// Median of the set, one thread, in this run.
    image_ms: f64,
    nist_image_ms: Option<f64>,
    /// Mean and largest template in the private format, bytes.
    template_bytes: f64,
    template_bytes_max: usize,
}

#[derive(Serialize)]
struct Figures {
    halves: &'static str,
    costs: Vec<Cost>,
    packed_bytes: usize,
    rows: Vec<Row>,
    across: Vec<across::Across>,
    shortlist: Option<shortlist::Shortlist>,
    identification: Vec<identification::Identified>,
    skipped: Vec<&'static str>,
    beats_baseline_everywhere: Option<bool>,
}

/// How sets are halved, for records.
const HALVES: &str = "fingers of a set in natural order: 1st, 3rd, ... development; others \
                      validation";

/// Names of the parts.
const PARTS: [&str; 4] = ["pairs", "across", "search", "repeat"];

/// Measures and prints; `Ok(false)` when the baseline is better on a set.
///
/// # Errors
/// A set that cannot be read, or a record that cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    if let Some(unknown) = arguments.only.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("`{unknown}` is no part: give {}", PARTS.join(", "));
    }
    let wants = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|o| o == part);
    let environment = Environment::here();
    let wanted = |set: &Dataset| {
        arguments.set.is_empty() || arguments.set.iter().any(|part| set.name.contains(part))
    };
    let baseline = !arguments.no_baseline && wants("pairs");
    let (sets, skipped) = collection::load(&arguments.data, baseline, wanted)?;
    let mut figures = Figures {
        halves: HALVES,
        costs: costs(&sets),
        packed_bytes: size_of::<PackedRecord>(),
        rows: Vec::new(),
        across: Vec::new(),
        shortlist: None,
        identification: Vec::new(),
        skipped,
        beats_baseline_everywhere: None,
    };
    if wants("pairs") {
        figures.rows = verification::run(&sets, arguments)?;
        figures.beats_baseline_everywhere = verification::beats_baseline(&figures.rows);
    }
    measure_mixed(&sets, arguments, wants, &mut figures)?;
    if wants("repeat") {
        repeat::run(&sets, &arguments.data, rayon::current_num_threads() + 1)?;
    }
    if let Some(path) = &arguments.page {
        let page = page::page(&figures, &environment);
        std::fs::write(path, page).with_context(|| path.display().to_string())?;
        eprintln!("plots: {}", path.display());
    }
    if let Some(folder) = &arguments.record {
        let path = record::write(folder, "accuracy", &environment, &figures)?;
        eprintln!("record: {}", path.display());
    }
    Ok(figures.beats_baseline_everywhere != Some(false))
}

/// The parts that take all sets as one.
fn measure_mixed(
    sets: &[Set],
    arguments: &Arguments,
    wants: impl Fn(&str) -> bool,
    figures: &mut Figures,
) -> Result<()> {
    let prints = collection::mixed(sets);
    let in_both = |half: Half| prints.iter().any(|print| print.half() == half);
    if wants("across") && Half::ALL.into_iter().all(in_both) {
        figures.across = across::run(&prints, arguments.seed)?;
    }
    if wants("search") {
        figures.shortlist = shortlist::measure(&prints);
        if let Some(shortlist) = &figures.shortlist {
            shortlist.print();
        }
        for fingers in arguments.fingers.iter().copied().filter(|count| (1..=10).contains(count)) {
            let identified =
                identification::run(&prints, fingers, arguments.synthetic, arguments.seed)?;
            figures.identification.extend(identified);
        }
    }
    Ok(())
}

fn costs(sets: &[Set]) -> Vec<Cost> {
    let cost = |set: &Set| {
        let templates = set.extracted.templates.iter();
        let bytes: Vec<usize> =
            templates.map(|t| formats::template::private::encode(t).len()).collect();
        Cost {
            set: set.dataset.name,
            image_ms: set.extracted.image_ms,
            nist_image_ms: set.extracted.nist_image_ms,
            template_bytes: bytes.iter().sum::<usize>() as f64 / bytes.len().max(1) as f64,
            template_bytes_max: bytes.iter().copied().max().unwrap_or(0),
        }
    };
    let costs: Vec<Cost> = sets.iter().map(cost).collect();
    out("cost per print: median ms on one thread (beside the other), bytes of the template");
    for cost in &costs {
        let nist = cost.nist_image_ms.map_or_else(|| "-".into(), |ms| format!("{ms:.1}"));
        out(&format!(
            "{:19} {:>7.1} ms, MINDTCT {nist:>6} ms, {:>6.0} bytes on average, {:>5} at most",
            cost.set, cost.image_ms, cost.template_bytes, cost.template_bytes_max
        ));
    }
    costs
}

/// Figures go to the standard output.
#[allow(clippy::print_stdout, reason = "the table is what the command is asked for")]
pub(crate) fn out(line: &str) {
    println!("{line}");
}
