//! `tanba-bench speed`: times and sizes, each with a checked answer.

mod extraction;
mod pairs;
mod search;
mod stage1;
mod timing;

use crate::accuracy::out;
use crate::environment::Environment;
use crate::record;
use anyhow::{Result, bail};
use serde::Serialize;
use std::path::PathBuf;

/// Command line of `speed`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets; without it images are synthetic only
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Only these parts: extraction, stage1, pairs, search; all by default
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Sizes of the galleries searched, in fingers
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    gallery: Vec<u64>,
    /// Seed of everything synthetic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
}

/// One figure.
#[derive(Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    name: String,
    /// The value.
    value: f64,
    /// Its unit.
    unit: &'static str,
}

/// Prints a figure and keeps it.
pub(crate) fn figure(
    figures: &mut Vec<Figure>,
    name: impl Into<String>,
    value: f64,
    unit: &'static str,
) {
    let name = name.into();
    let digits = if value.abs() >= 100.0 { 0 } else { 2 };
    out(&format!("{name:58} {value:>14.digits$} {unit}"));
    figures.push(Figure { name, value, unit });
}

/// Measures one part and adds its figures.
type Part = fn(&Arguments, &mut Vec<Figure>) -> Result<()>;

/// Parts by name, in the order in which they run.
const PARTS: [(&str, Part); 4] = [
    ("extraction", extraction::run),
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
        bail!("`{unknown}` is no part: give extraction, stage1, pairs or search");
    }
    let environment = Environment::here();
    let mut figures = Vec::new();
    for (name, part) in PARTS {
        if arguments.only.is_empty() || arguments.only.iter().any(|only| only == name) {
            part(arguments, &mut figures)?;
        }
    }
    if let Some(folder) = &arguments.record {
        let path = record::write(folder, "speed", &environment, &figures)?;
        eprintln!("record: {}", path.display());
    }
    Ok(true)
}
