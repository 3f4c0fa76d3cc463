//! `tanba devices`: what a gallery can be scanned on.

use crate::output::{Exit, Output};
use crate::table::{Align, Table};
use rayon::prelude::*;
use serde::Serialize;
use shaders::device::{AdapterKind, AdapterSummary, Adapters, Device, DeviceOptions};
use shaders::{PreparedProbe, Stage1Path, made_up};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Arguments of `tanba devices`.
#[derive(clap::Args)]
#[command(after_help = "\
The rate is measured for about a second with made-up records that fill all 32 lanes; real prints
differ. `--device auto` uses every GPU, and never software.

Exit codes: 0 done, 2 error.

Examples:
  tanba devices
  tanba devices --no-rate --format json")]
pub(crate) struct Arguments {
    /// Do not measure rates.
    #[arg(long)]
    no_rate: bool,
}

#[derive(Serialize)]
struct Row {
    /// What `--device` takes.
    device: String,
    name: String,
    kind: &'static str,
    driver: String,
    bus: String,
    memory_bytes: Option<u64>,
    binding_bytes_max: Option<u64>,
    subgroup_lanes: Option<(u32, u32)>,
    /// Whether `--device auto` uses it here.
    used_by_auto: bool,
    /// Finger pairs a second; null when not measured.
    pairs_per_second: Option<f64>,
    /// Why it cannot be used; null when it can.
    failure: Option<String>,
}

/// Lists.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let adapters = Adapters::find();
    let gpus = adapters.summaries().iter().any(|one| one.kind == AdapterKind::Gpu);
    let progress = output.brief_progress("Measuring", adapters.summaries().len() as u64 + 1);
    let mut rows = vec![processor(!gpus, !arguments.no_rate)];
    progress.set(1);
    for adapter in adapters.summaries() {
        rows.push(adapter_row(adapter, !arguments.no_rate));
        progress.set(rows.len() as u64);
    }
    progress.finish();
    output.answer(&rows, |rows| text(rows))?;
    Ok(Exit::Found.into())
}

fn processor(used_by_auto: bool, measure: bool) -> Row {
    let path = Stage1Path::best();
    let cores = rayon::current_num_threads();
    Row {
        device: "cpu".to_owned(),
        name: format!("{path}, {cores} threads"),
        kind: "processor",
        driver: String::new(),
        bus: String::new(),
        memory_bytes: None,
        binding_bytes_max: None,
        subgroup_lanes: None,
        used_by_auto,
        pairs_per_second: measure.then(|| processor_rate(path)),
        failure: None,
    }
}

/// Pairs a second on all cores.
fn processor_rate(path: Stage1Path) -> f64 {
    const BLOCK: usize = 256;
    let records: Vec<_> = (0..64 * BLOCK as u64).map(made_up::full_record).collect();
    let print = made_up::full_record(77);
    let probe = PreparedProbe::new(&print, &matching::Parameters::default().stage1);
    let mut best = 0.0f64;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(500) {
        let start = Instant::now();
        records.par_chunks(BLOCK).for_each(|block| {
            let mut scores = [0; BLOCK];
            shaders::score_with(path, &probe, block, &mut scores);
        });
        best = best.max(records.len() as f64 / start.elapsed().as_secs_f64());
    }
    best
}

fn adapter_row(adapter: &AdapterSummary, measure: bool) -> Row {
    let opened = || Device::open(adapter, &DeviceOptions::default())?.session().rate();
    let rate = measure.then(opened);
    Row {
        device: format!("gpu:{}", adapter.number),
        name: adapter.name.clone(),
        kind: adapter.kind.name(),
        driver: adapter.driver.clone(),
        bus: adapter.bus.clone(),
        memory_bytes: adapter.memory_bytes,
        binding_bytes_max: Some(adapter.binding_bytes_max),
        subgroup_lanes: adapter.subgroup_lanes,
        used_by_auto: adapter.kind == AdapterKind::Gpu,
        pairs_per_second: rate.as_ref().and_then(|rate| rate.as_ref().ok().copied()),
        failure: rate.and_then(Result::err).map(|error| error.to_string()),
    }
}

fn text(rows: &[Row]) -> String {
    let mut table = Table::new(&[
        ("device", Align::Left),
        ("auto", Align::Left),
        ("kind", Align::Left),
        ("name", Align::Left),
        ("driver", Align::Left),
        ("bus", Align::Left),
        ("memory, GiB", Align::Right),
        ("largest binding, MiB", Align::Right),
        ("subgroup", Align::Right),
        ("M pairs/s", Align::Right),
    ]);
    let number = |value: Option<u64>, unit: u32| {
        value.map_or("-".to_owned(), |value| format!("{:.1}", value as f64 / f64::from(unit)))
    };
    for row in rows {
        let rate = |rate: f64| format!("{:.3}", rate / 1e6);
        table.row([
            row.device.clone(),
            if row.used_by_auto { "yes" } else { "" }.to_owned(),
            row.kind.to_owned(),
            row.name.clone(),
            row.driver.clone(),
            row.bus.clone(),
            number(row.memory_bytes, 1 << 30),
            number(row.binding_bytes_max, 1 << 20),
            row.subgroup_lanes.map_or("-".to_owned(), |(least, most)| match least == most {
                true => least.to_string(),
                false => format!("{least} to {most}"),
            }),
            row.pairs_per_second.map_or("-".to_owned(), rate),
        ]);
    }
    let mut text = table.render();
    for (row, failure) in rows.iter().filter_map(|row| Some((row, row.failure.as_ref()?))) {
        text.push_str(&format!("\n{} cannot be used: {failure}\n", row.device));
    }
    text
}
