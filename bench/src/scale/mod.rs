//! `tanba-bench scale`: how speed and memory grow from thousands of fingers to millions.

mod flatness;
mod growth;
mod page;
mod plan;
mod point;
mod stored;

use crate::contenders::{self, Labeled};
use crate::environment::{self, Accelerator, Environment};
use crate::figure::{Figure, Figures};
use crate::output::{self, Format};
use crate::population::Population;
use crate::record::Record;
use anyhow::{Context, Result, ensure};
use flatness::Flatness;
use growth::Growing;
use matching::Parameters;
use point::{Bench, Point};
use search::{Kernels, TwinKernels};
use shaders::device::{AdapterSummary, Adapters, DeviceChoice, DeviceError};
use std::path::PathBuf;

/// Command line of `scale`.
#[derive(clap::Args)]
#[command(after_help = "\
Galleries of synthetic persons, one finger each. Planted mates must come first, and the shortlists
of some prints must be those of the definition, or nothing is timed. Sizes that do not fit into
memory are left out, and the record says so.

Examples:
  tanba-bench scale
  tanba-bench scale --size 10000,100000 --batch 1,16 --report scale.html
  tanba-bench scale --size 10000000 --store-max 0 --memory-max 14 --record bench/records")]
pub(crate) struct Arguments {
    /// Sizes of the galleries, in fingers
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000,10000000",
          value_parser = clap::value_parser!(u64).range(1..))]
    size: Vec<u64>,
    /// Probes of one print each that are searched together
    #[arg(long, value_delimiter = ',', default_value = "1,4,16,64",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    batch: Vec<u64>,
    /// Devices measured beside the processor, with the gallery resident and streaming: auto
    /// (every GPU), cpu (none), gpu:NUMBER of `tanba devices`, or all (every GPU, an error without)
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto)]
    device: DeviceChoice,
    /// Where galleries are searched
    #[arg(long, value_enum, value_delimiter = ',',
          default_values_t = [Place::Processor, Place::Resident, Place::Streaming])]
    on: Vec<Place>,
    /// Only paths of the processor whose name contains this text; the fastest by default
    #[arg(long, value_delimiter = ',')]
    kernels: Vec<String>,
    /// Fingers that are generated; the records of further ones mix cylinders of these
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    distinct: u64,
    /// Largest gallery that is also written to a store, to measure disk and loading
    #[arg(long, default_value_t = 100_000)]
    store_max: u64,
    /// Memory that may be used, in GiB; four fifths of what is available by default
    #[arg(long)]
    memory_max: Option<f64>,
    /// Most searches of one size and batch
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Seconds for one size and batch; a search that takes longer is run once
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seed of everything synthetic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// Write the plots to this HTML file
    #[arg(long)]
    report: Option<PathBuf>,
    /// How to write the figures
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Where a gallery lies when it is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Place {
    /// In memory, searched by the processor
    Processor,
    /// In the memory of a device
    Resident,
    /// In memory, nine tenths of it sent to a device in every search
    Streaming,
}

/// What a run found.
struct Findings {
    points: Vec<Point>,
    flatness: Vec<Flatness>,
    notes: Vec<String>,
}

/// Measures and prints.
///
/// # Errors
/// No kernels of that name, no size that fits, a wrong score or a mate not found, or a file that
/// cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let found = Adapters::find();
    let adapters: Vec<AdapterSummary> =
        found.chosen(arguments.device)?.into_iter().cloned().collect();
    let devices = adapters.iter().map(Accelerator::new).collect();
    let environment = Environment { devices, ..Environment::here() };
    let mut figures = Figures::new(arguments.format);
    let mut findings = Findings { points: Vec::new(), flatness: Vec::new(), notes: Vec::new() };
    findings.notes.extend(contenders::note(&adapters));
    let sizes = sizes(arguments, &mut findings.notes)?;
    stored::measure(arguments, &sizes, &mut figures, &mut findings.notes)?;
    measure(arguments, &sizes, &adapters, &mut figures, &mut findings)?;
    for note in &findings.notes {
        eprintln!("note: {note}");
    }
    let record = Record {
        bench: "scale",
        environment: &environment,
        notes: &findings.notes,
        figures: &figures.as_slice(),
    };
    if arguments.format == Format::Json {
        output::data(&record.to_json()?)?;
    }
    if let Some(folder) = &arguments.record {
        eprintln!("record: {}", record.write(folder)?.display());
    }
    if let Some(path) = &arguments.report {
        let page = page::page(&findings, figures.as_slice(), &environment);
        std::fs::write(path, page).with_context(|| path.display().to_string())?;
        eprintln!("report: {}", path.display());
    }
    Ok(true)
}

/// The sizes that fit; notes tell of the others.
fn sizes(arguments: &Arguments, notes: &mut Vec<String>) -> Result<Vec<u64>> {
    let available = environment::memory_available_bytes();
    let limit = match arguments.memory_max {
        Some(gib) => (gib * plan::GIB) as u64,
        None => available / 5 * 4,
    };
    let batch = arguments.batch.iter().max().copied().unwrap_or(1);
    let templates = arguments.distinct * growth::TEMPLATE_BYTES;
    let plan = plan::Plan::new(&arguments.size, batch, limit.saturating_sub(templates));
    notes.push(format!(
        "memory: {:.1} GiB available, up to {:.1} GiB used",
        available as f64 / plan::GIB,
        limit as f64 / plan::GIB
    ));
    notes.extend(plan.left_out);
    ensure!(!plan.sizes.is_empty(), "no size fits into memory: {}", notes.join("; "));
    Ok(plan.sizes)
}

/// What searches a gallery of so many fingers.
fn kernels(
    arguments: &Arguments,
    adapters: &[AdapterSummary],
    fingers: u64,
) -> Result<Vec<Box<dyn Kernels>>> {
    let on = |place| arguments.on.contains(&place);
    let mut kernels = if on(Place::Processor) { processor(arguments)? } else { Vec::new() };
    for adapter in adapters {
        let mut add = |opened: Result<Labeled, DeviceError>| {
            kernels.push(Box::new(opened.with_context(|| adapter.label())?));
            anyhow::Ok(())
        };
        if on(Place::Resident) {
            add(Labeled::resident(adapter))?;
        }
        if on(Place::Streaming) {
            add(Labeled::streaming(adapter, fingers))?;
        }
    }
    ensure!(!kernels.is_empty(), "nothing to measure: there is no such device for `--on`");
    Ok(kernels)
}

fn processor(arguments: &Arguments) -> Result<Vec<Box<dyn Kernels>>> {
    if arguments.kernels.is_empty() {
        return Ok(vec![Box::new(TwinKernels::new())]);
    }
    let kernels = contenders::named(&arguments.kernels);
    let names: Vec<String> = contenders::every().iter().map(|kernels| kernels.name()).collect();
    ensure!(!kernels.is_empty(), "no path of that name; there are: {}", names.join("; "));
    Ok(kernels)
}

/// Grows a gallery from size to size and searches it at each.
fn measure(
    arguments: &Arguments,
    sizes: &[u64],
    adapters: &[AdapterSummary],
    figures: &mut Figures,
    findings: &mut Findings,
) -> Result<()> {
    let parameters = Parameters::default();
    let population = Population { seed: arguments.seed };
    let mut names = Vec::new();
    let mut growing = Growing::new(population, arguments.distinct, &parameters);
    findings.notes.push(
        "stages 2 and 3 take templates from memory in place of a store and prepare every one anew, \
         without the cache of a node"
            .to_owned(),
    );
    for size in sizes {
        growing.grow_to(*size)?;
        resident(&growing, *size, figures)?;
        // Devices are opened anew for each size: the memory of the last one is given back first.
        let contenders = kernels(arguments, adapters, *size)?;
        names = contenders.iter().map(|kernels| kernels.name()).collect();
        for kernels in &contenders {
            let bench = Bench::new(arguments, &growing, &**kernels)?;
            for batch in &arguments.batch {
                let point = bench.measure(*batch)?;
                point.figures().into_iter().try_for_each(|figure| figures.add(figure))?;
                findings.points.push(point);
            }
        }
    }
    findings.notes.extend(growing.note());
    for name in &names {
        let flatness = Flatness::of(name, &findings.points);
        flatness.figures().into_iter().try_for_each(|figure| figures.add(figure))?;
        findings.notes.push(flatness.to_string());
        findings.flatness.push(flatness);
    }
    Ok(())
}

fn resident(growing: &Growing<'_>, size: u64, figures: &mut Figures) -> Result<()> {
    let bytes = growing.gallery().resident_bytes() as f64 / size as f64;
    figures.add(Figure::new(format!("{size} fingers: resident, per finger"), bytes, "bytes"))?;
    // Of a small gallery the process's own memory would be most of this.
    if size >= 1_000_000 {
        let bytes = growing.process_bytes() as f64 / size as f64;
        let name = format!("{size} fingers: resident as the system counts, per finger");
        figures.add(Figure::new(name, bytes, "bytes"))?;
    }
    Ok(())
}
