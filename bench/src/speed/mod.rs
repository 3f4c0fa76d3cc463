//! `tanba-bench speed`: times and sizes, each with a checked answer.

mod devices;
mod enrollment;
mod extraction;
mod pairs;
mod search;
mod stage1;
mod whole;

use crate::contenders;
use crate::environment::{Accelerator, Environment};
use crate::figure::Figures;
use crate::output::{self, Format};
use crate::population::Population;
use crate::record::Record;
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Command line of `speed`.
#[derive(clap::Args)]
#[command(after_help = "\
A figure of repeated runs is the best of them, followed by the quartiles of all. Every stage-1 score
is compared with its definition before the path is timed; the record says how many.

Examples:
  tanba-bench speed
  tanba-bench speed --only stage1,pairs --format json
  tanba-bench speed --only search --gallery 10000 --record bench/records")]
pub(crate) struct Arguments {
    /// Folder with the sample sets; without it images are synthetic only
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Only sets whose name contains this text; may be repeated
    #[arg(long)]
    set: Vec<String>,
    /// Only these parts: extraction, enrollment, stage1, pairs, search; all by default
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Sizes of the galleries searched, in fingers
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    gallery: Vec<u64>,
    /// Measure software adapters too: right, and slow
    #[arg(long)]
    software: bool,
    /// Fingers of the gallery that GPUs search, at least 10000; software searches 2000
    #[arg(long, default_value_t = 2_000_000,
          value_parser = clap::value_parser!(u64).range(stage1::REFERENCES..))]
    device_gallery: u64,
    /// Seed of everything synthetic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// How to write the figures
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Arguments {
    const fn population(&self) -> Population {
        Population { seed: self.seed }
    }
}

/// Measures one part and adds its figures.
type Part = fn(&Arguments, &mut Figures) -> Result<()>;

/// Parts by name, in the order in which they run.
const PARTS: [(&str, Part); 5] = [
    ("extraction", extraction::run),
    ("enrollment", enrollment::run),
    ("stage1", stage1::run),
    ("pairs", pairs::run),
    ("search", search::run),
];

/// Measures and prints.
///
/// # Errors
/// An unknown part, a wrong answer of what is timed, or a record that cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    if let Some(unknown) = arguments.only.iter().find(|o| PARTS.iter().all(|(name, _)| o != name)) {
        bail!("`{unknown}` is no part: give extraction, enrollment, stage1, pairs or search");
    }
    let mut environment = Environment::here();
    let mut notes = Vec::new();
    let mut figures = Figures::new(arguments.format);
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    if wanted("stage1") {
        let adapters = contenders::adapters(arguments.software);
        notes.extend(contenders::note(&adapters));
        notes.extend((!adapters.is_empty()).then(devices::note));
        environment.devices = adapters.iter().map(Accelerator::new).collect();
    }
    for (name, part) in PARTS {
        if wanted(name) {
            part(arguments, &mut figures)?;
        }
    }
    for note in &notes {
        eprintln!("note: {note}");
    }
    let record = Record {
        bench: "speed",
        environment: &environment,
        notes: &notes,
        figures: &figures.as_slice(),
    };
    if arguments.format == Format::Json {
        output::data(&record.to_json()?)?;
    }
    if let Some(folder) = &arguments.record {
        eprintln!("record: {}", record.write(folder)?.display());
    }
    Ok(true)
}
