//! The same persons in a store: bytes on disk, loading, and searches that read it.

use super::Arguments;
use crate::figure::{Figure, Figures};
use crate::population::Population;
use crate::samples::Samples;
use crate::store::Store;
use anyhow::Result;

/// Times that a gallery is loaded.
const LOADS: usize = 3;

/// Searches of a store.
const SEARCHES: u64 = 100;

/// Measures the sizes that may be written; notes tell of the others.
pub(super) fn measure(
    arguments: &Arguments,
    sizes: &[u64],
    figures: &mut Figures,
    notes: &mut Vec<String>,
) -> Result<()> {
    let (written, left): (Vec<u64>, Vec<u64>) =
        sizes.iter().partition(|size| **size <= arguments.store_max);
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        notes.push(format!(
            "not written to a store, as --store-max is {}: {} fingers",
            arguments.store_max,
            left.join(", ")
        ));
    }
    if written.is_empty() {
        return Ok(());
    }
    notes.push("galleries are loaded from files in the system's cache".to_owned());
    let mut store = Store::new(Population { seed: arguments.seed })?;
    for size in written {
        store.fill(size)?;
        loading(&mut store, figures)?;
        searching(arguments, &store, figures)?;
    }
    Ok(())
}

fn loading(store: &mut Store, figures: &mut Figures) -> Result<()> {
    let size = store.fingers();
    let seconds: Vec<f64> = (0..LOADS).map(|_| store.reopen()).collect::<Result<_>>()?;
    let name = format!("{size} fingers: load from the store");
    figures.add(Figure::median(name, &Samples::new(seconds), "s"))?;
    let bytes = store.node().stats()?.bytes_on_disk as f64 / size as f64;
    figures.add(Figure::new(format!("{size} fingers: on disk, per finger"), bytes, "bytes"))
}

fn searching(arguments: &Arguments, store: &Store, figures: &mut Figures) -> Result<()> {
    let times = store.search(SEARCHES.min(arguments.runs))?.milliseconds;
    let size = store.fingers();
    let name = |what: &str| format!("{size} fingers, 1 print, from the store: search, {what}");
    figures.add(Figure::median(name("median"), &times, "ms"))?;
    figures.add(Figure::tail(name("99 %"), &times, 0.99, "ms"))
}
