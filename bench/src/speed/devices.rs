//! Stage 1 on devices: what each can do at best, and how much of that the kernel reaches.

use super::Arguments;
use super::stage1::Prints;
use super::whole::Whole;
use crate::contenders;
use crate::figure::{Better, Figure, Figures};
use anyhow::{Context, Result};
use matching::Parameters;
use matching::record::{CYLINDERS, WORDS};
use search::DeviceKernels;
use shaders::device::{AdapterKind, AdapterSummary, Device, DeviceOptions, Peaks};

/// Bit counts of an ungated pair of full fingers without full adders: 32 cylinders by 32, 8 words
/// each. Full adders need about half, so with them the bound can be passed.
const POPCOUNTS: f64 = (CYLINDERS * CYLINDERS * WORDS) as f64;

/// Fingers of the gallery that software searches, which is slow.
const SOFTWARE_FINGERS: u64 = 2_000;

/// Prints of a pass.
const BATCHES: [u64; 2] = [1, 16];

/// Parameters with the scores that they give.
type Scored = (Parameters, Vec<Vec<u16>>);

/// What the shares of the bound mean, for the record.
pub(super) fn note() -> String {
    format!(
        "popcount bound: popcounts a second, as measured, / {POPCOUNTS}, the words of an ungated \
         pair of 32 x 32 cylinders of 8 words; gated rows are effective rates over the same bound, \
         and full adders save about half of the popcounts"
    )
}

/// Measures every adapter: gated and ungated, in this order.
pub(super) fn run(
    arguments: &Arguments,
    prints: &Prints,
    [gated, ungated]: &[Scored; 2],
    figures: &mut Figures,
) -> Result<()> {
    for adapter in contenders::adapters(arguments.software) {
        let persons = match adapter.kind {
            AdapterKind::Gpu => arguments.device_gallery,
            AdapterKind::Software => SOFTWARE_FINGERS,
        };
        let gated = Whole::new(prints, &gated.1, &gated.0, persons)?;
        let ungated = Whole::new(prints, &ungated.1, &ungated.0, persons)?;
        let bound = bound(&adapter, figures)?;
        for full_adders in [3, 4] {
            for subgroups in [true, false] {
                let options = DeviceOptions { full_adders, subgroups, ..DeviceOptions::default() };
                let device = open(&adapter, &options)?;
                // Where there is nothing to switch off, the second row would be the first again.
                if subgroups && device.subgroup_lanes().is_none() {
                    continue;
                }
                variant(device, &options, [&gated, &ungated], bound, figures)?;
            }
        }
    }
    Ok(())
}

fn open(adapter: &AdapterSummary, options: &DeviceOptions) -> Result<Device> {
    Device::open(adapter, options).with_context(|| adapter.label())
}

/// Peaks, and the finger pairs a second that bit counts alone would allow.
fn bound(adapter: &AdapterSummary, figures: &mut Figures) -> Result<f64> {
    let peaks = open(adapter, &DeviceOptions::default())?.session().peaks()?;
    let Peaks { popcounts_per_second, logic_per_second, copied_bytes_per_second } = peaks;
    let label = adapter.label();
    let mut add = |what: &str, value: f64, unit: &str| {
        figures.add(Figure::new(format!("{label}: {what}"), value, unit))
    };
    add("popcounts", popcounts_per_second / 1e9, "G words/s")?;
    add("logic", logic_per_second / 1e9, "G words/s")?;
    add("copies, read and written", copied_bytes_per_second / 1e9, "GB/s")?;
    let bound = popcounts_per_second / POPCOUNTS;
    let name = format!("bound of ungated pairs = popcounts / {POPCOUNTS}");
    add(&name, bound / 1e6, "M pairs/s")?;
    Ok(bound)
}

/// The rates of one way to run the kernel, gated and ungated.
fn variant(
    device: Device,
    options: &DeviceOptions,
    [gated, ungated]: [&Whole<'_>; 2],
    bound: f64,
    figures: &mut Figures,
) -> Result<()> {
    let subgroups = if options.subgroups { "subgroups" } else { "no subgroups" };
    let label = device.summary().label();
    let adders = options.full_adders;
    let kernels = DeviceKernels::new(vec![device]);
    for (gate, whole) in [("gated", gated), ("ungated", ungated)] {
        for batch in BATCHES {
            let rates = whole.measure(&kernels, batch)?;
            let prints = if batch == 1 { "1 print".into() } else { format!("{batch} prints") };
            let name =
                format!("stage 1, {label}, {subgroups}, {adders} full adders, {gate}, {prints}");
            let rate = Figure::best(&name, &rates.map(|rate| rate / 1e6), "M pairs/s");
            figures.add(rate.checked(whole.persons() * batch))?;
            let share = rates.map(|rate| rate / bound * 100.0);
            let name = format!("{name}: of the popcount bound");
            let share = Figure::new(name, share.max(), "%").with_quartiles(&share);
            figures.add(share.better_when(Better::Larger))?;
        }
    }
    Ok(())
}
