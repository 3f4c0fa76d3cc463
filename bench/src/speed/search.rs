//! Enrollment and 1:N search through a node, on all cores, and the size of a reference.

use super::Arguments;
use crate::figure::{Better, Figure, Figures};
use crate::samples::Samples;
use crate::store::{BATCH, Store};
use anyhow::Result;

/// Searches per gallery.
const SEARCHES: u64 = 100;

/// Fills a store to each size in turn and searches it.
pub(super) fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let mut store = Store::new(arguments.population())?;
    let mut sizes = arguments.gallery.clone();
    sizes.sort_unstable();
    sizes.dedup();
    for size in sizes {
        fill(&mut store, size, figures)?;
        search(&store, figures)?;
    }
    let stats = store.node().stats()?;
    let resident = stats.bytes_resident_per_reference;
    figures.add(Figure::new("resident, per finger", resident, "bytes"))?;
    let on_disk = stats.bytes_on_disk as f64 / stats.references as f64;
    figures.add(Figure::new("on disk without images, per finger", on_disk, "bytes"))?;
    let loads: Result<Vec<f64>> = (0..3).map(|_| store.reopen()).collect();
    let rates = Samples::new(loads?).map(|seconds| store.fingers() as f64 / seconds);
    figures.add(Figure::best("load the gallery at start", &rates, "fingers/s"))
}

fn fill(store: &mut Store, size: u64, figures: &mut Figures) -> Result<()> {
    let calls = store.fill(size)?;
    let (fingers, seconds) =
        calls.iter().fold((0, 0.0), |sum, call| (sum.0 + call.0, sum.1 + call.1));
    let rates = calls.iter().map(|(fingers, seconds)| *fingers as f64 / seconds).collect();
    let name = format!("enroll templates, synced every {BATCH}, up to {size}");
    let figure = Figure::new(name, fingers as f64 / seconds, "fingers/s");
    figures.add(figure.with_quartiles(&Samples::new(rates)))
}

fn search(store: &Store, figures: &mut Figures) -> Result<()> {
    let size = store.fingers();
    let searches = store.search(SEARCHES)?;
    let times = &searches.milliseconds;
    figures.add(Figure::median(format!("1:{size}, one finger, median"), times, "ms"))?;
    figures.add(Figure::tail(format!("1:{size}, one finger, 95 %"), times, 0.95, "ms"))?;
    figures.add(Figure::tail(format!("1:{size}, one finger, 99 %"), times, 0.99, "ms"))?;
    let name = format!("1:{size}, synthetic templates, rank 1");
    figures.add(Figure::new(name, searches.found * 100.0, "%").better_when(Better::Larger))
}
