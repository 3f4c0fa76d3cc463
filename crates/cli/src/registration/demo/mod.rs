//! `tanba registry demo`: persons of every category walk through the rules, on synthetic fingers.

mod accesses;
mod cases;
mod people;
mod walk;

pub(crate) use walk::{Step, Walk};

use crate::output::Output;
use jiff::Timestamp;
use office::Engine;
use std::path::Path;

/// Thursday 26 November 2026, nine in the morning in Astana: all of it is played on that clock.
fn beginning() -> anyhow::Result<Timestamp> {
    Ok("2026-11-26T04:00:00Z".parse()?)
}

/// Walks everything in a new folder.
pub(crate) fn run(
    folder: &Path,
    seed: u64,
    engine: Box<dyn Engine + Send>,
    output: &Output,
) -> anyhow::Result<Walk> {
    let people = people::People::make(seed, output)?;
    let mut walk = Walk::begin(folder, beginning()?, engine)?;
    cases::all(&mut walk, &people)?;
    accesses::all(&mut walk)?;
    Ok(walk)
}
