//! The registry played through: persons of every category walk through the rules, on synthetic
//! fingers, by a clock of their own. `tanba registry demo` shows it.

mod accesses;
mod cases;
mod people;
mod walk;

pub use people::Quality;
pub use walk::{Step, Walk};

use jiff::Timestamp;
use office::Engine;
use std::path::Path;
use terminal::output::Output;

/// Thursday 26 November 2026, nine in the morning in Astana: all of it is played on that clock.
fn beginning() -> anyhow::Result<Timestamp> {
    Ok("2026-11-26T04:00:00Z".parse()?)
}

/// Walks everything in a new folder, on fingers that follow from `seed`.
///
/// # Errors
/// When a step has another outcome than the rules say, or something cannot be written.
pub fn run(
    folder: &Path,
    seed: u64,
    quality: Quality<'_>,
    engine: Box<dyn Engine + Send>,
    output: &Output,
) -> anyhow::Result<Walk> {
    let people = people::People::make(seed, quality, output)?;
    let mut walk = Walk::begin(folder, beginning()?, engine)?;
    cases::all(&mut walk, &people)?;
    accesses::all(&mut walk)?;
    Ok(walk)
}
