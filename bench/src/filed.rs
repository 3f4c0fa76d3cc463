//! `tanba-bench file`: figures of a program that keeps no records itself, with their environment.

use crate::environment::Environment;
use crate::record;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `tanba-bench file`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The figures, as JSON.
    #[arg(value_name = "FILE")]
    figures: PathBuf,
    /// Which benchmark they are of: lower-case letters, digits and hyphens.
    #[arg(long, value_name = "NAME")]
    bench: String,
    /// The command line that gave them.
    #[arg(long, value_name = "TEXT")]
    command: String,
    /// The folder of the records.
    #[arg(long, value_name = "DIR")]
    record: PathBuf,
}

/// Writes the record.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let name = &arguments.bench;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(!name.is_empty() && name.chars().all(plain), "`{name}` is no name of a benchmark");
    let file = arguments.figures.display();
    let text = std::fs::read_to_string(&arguments.figures).with_context(|| file.to_string())?;
    let figures: Value = serde_json::from_str(&text).with_context(|| format!("{file}: no JSON"))?;
    let environment = Environment { command: arguments.command.clone(), ..Environment::here() };
    let path = record::write(&arguments.record, name, &environment, &figures)?;
    eprintln!("record: {}", path.display());
    Ok(true)
}
