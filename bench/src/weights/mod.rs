//! `tanba-bench weights`: the weights of the evidence of stage 3, fitted on the development halves
//! of all sets, so that what ships can be made again from here.
//!
//! Mated and non-mated pairs have equal total weight, and among each every set has, with the
//! non-mated pairs across sets as one more set. The penalty is weak.

mod logistic;

use crate::accuracy::collection::{self, Print, Set};
use crate::accuracy::out;
use crate::baseline;
use crate::datasets::Half;
use crate::progress;
use anyhow::{Context, Result, ensure};
use formats::image::{DecodeLimits, decode};
use logistic::{Example, Model, fit};
use matching::{Comparer, Parameters, PreparedTemplate, scoring};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocabulary::Template;

/// Command line of `weights`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the sample sets
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Penalty on the squares of the weights, in units of each evidence's spread
    #[arg(long, default_value_t = 1e-4)]
    ridge: f64,
    /// The same for templates without ridge flow. It is stronger, because a search of many scores
    /// strangers by these weights: steep ones let a few minutiae that happen to lie alike speak
    /// louder than a mate
    #[arg(long, default_value_t = 1e-3)]
    ridge_without_flow: f64,
    /// Also fit with every set left out in turn, and say what the fit then makes of it
    #[arg(long)]
    leave_one_out: bool,
}

/// One comparison: evidence, whether mated, and the two sets.
struct Pair {
    features: [f64; 5],
    mated: bool,
    sets: (usize, usize),
}

/// Fits and prints.
///
/// # Errors
/// No sample set, or a file that cannot be read.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let (sets, _) = collection::load(&arguments.data, false, |_| true)?;
    ensure!(
        !sets.is_empty(),
        "no sample set in {}: name their folder with --data",
        arguments.data.display()
    );
    let pairs = pairs_of(&development(&sets));
    let leave_one_out = arguments.leave_one_out;
    let title = "both templates have a ridge flow";
    report(title, &pairs, (arguments.ridge, leave_one_out), |set| sets[set].dataset.name);
    let foreign = foreign(&sets, &arguments.data)?;
    let of_sets = foreign.iter().map(|f| (f.set, &f.prints));
    // Ours with the flow left out, as sets of their own after those of others.
    let flowless = |pair: Pair| Pair {
        features: [pair.features[0], pair.features[1], pair.features[2], pair.features[3], 0.0],
        sets: (foreign.len() + pair.sets.0, foreign.len() + pair.sets.1),
        ..pair
    };
    let mut pairs_without: Vec<Pair> = pairs.into_iter().map(flowless).collect();
    for (set, prints) in of_sets {
        let prints: Vec<Print<'_>> = prints
            .iter()
            .map(|(finger, template)| Print { set, finger: *finger, impression: 0, template })
            .collect();
        pairs_without.extend(pairs_of(&prints));
    }
    let name = |set: usize| match set.checked_sub(foreign.len()) {
        Some(own) => sets[own].dataset.name,
        None => foreign_name(&foreign, set),
    };
    report("one has none", &pairs_without, (arguments.ridge_without_flow, leave_one_out), name);
    Ok(true)
}

fn development(sets: &[Set]) -> Vec<Print<'_>> {
    let mut prints = collection::mixed(sets);
    prints.retain(|print| print.half() == Half::Development);
    prints
}

/// The evidence of all pairs.
fn pairs_of(prints: &[Print<'_>]) -> Vec<Pair> {
    let parameters = Parameters::default();
    let prepared: Vec<PreparedTemplate> =
        prints.par_iter().map(|p| PreparedTemplate::new(p.template, &parameters)).collect();
    let bar = progress::bar("compare all pairs", prints.len());
    let row = |comparer: &mut Comparer, probe: usize| {
        let pair = |reference: usize| {
            let evidence = comparer.compare(&prepared[probe], &prepared[reference]).evidence;
            let (a, b) = (&prints[probe], &prints[reference]);
            Pair {
                features: scoring::features(&evidence).map(f64::from),
                mated: a.finger_id() == b.finger_id(),
                sets: (a.set, b.set),
            }
        };
        let pairs: Vec<Pair> = (probe + 1..prints.len()).map(pair).collect();
        bar.inc(1);
        pairs
    };
    let new = || Comparer::new(&parameters);
    let rows: Vec<Vec<Pair>> = (0..prints.len()).into_par_iter().map_init(new, row).collect();
    bar.finish_and_clear();
    rows.into_iter().flatten().collect()
}

/// Equal weight to mated and non-mated, and among each to every set.
fn examples<'a>(pairs: impl Iterator<Item = &'a Pair> + Clone) -> Vec<Example<5>> {
    // The pairs across sets are one more set.
    let group = |pair: &Pair| {
        (pair.mated, if pair.sets.0 == pair.sets.1 { pair.sets.0 } else { usize::MAX })
    };
    let mut counts: BTreeMap<(bool, usize), usize> = BTreeMap::new();
    for pair in pairs.clone() {
        *counts.entry(group(pair)).or_default() += 1;
    }
    let groups = |mated: bool| counts.keys().filter(|(m, _)| *m == mated).count() as f64;
    let (mated_groups, non_mated_groups) = (groups(true), groups(false));
    let example = |pair: &Pair| {
        let of_kind = if pair.mated { mated_groups } else { non_mated_groups };
        let weight = 1.0 / (of_kind * counts[&group(pair)] as f64);
        Example { features: pair.features, mated: pair.mated, weight }
    };
    pairs.map(example).collect()
}

fn report<'a>(
    title: &str,
    pairs: &[Pair],
    (ridge, leave_one_out): (f64, bool),
    name: impl Fn(usize) -> &'a str,
) {
    let model = fit(&examples(pairs.iter()), ridge);
    let mated = pairs.iter().filter(|pair| pair.mated).count();
    out(&format!("\n{title}: {mated} mated and {} non-mated pairs", pairs.len() - mated));
    print_model("all sets", &model);
    let at = |one_in: usize| fnmr(pairs.iter(), &model, one_in) * 100.0;
    let (at_1000, at_10000) = (at(1_000), at(10_000));
    out(&format!("    FNMR at FMR 0.1 % {at_1000:.2} %, at 0.01 % {at_10000:.2} %"));
    if !leave_one_out {
        return;
    }
    let mut sets: Vec<usize> = pairs.iter().map(|pair| pair.sets.0).collect();
    sets.sort_unstable();
    sets.dedup();
    for left_out in sets {
        let others = pairs.iter().filter(|p| p.sets.0 != left_out && p.sets.1 != left_out);
        let model = fit(&examples(others), ridge);
        print_model(&format!("without {}", name(left_out)), &model);
        let inside = pairs.iter().filter(|p| p.sets == (left_out, left_out));
        let [own, all] = [&model, &fit(&examples(pairs.iter()), ridge)]
            .map(|model| fnmr(inside.clone(), model, 1_000) * 100.0);
        out(&format!("    FNMR at FMR 0.1 % in it: {own:.2} %, by the fit to all sets {all:.2} %"));
    }
}

fn print_model(title: &str, model: &Model<5>) {
    let [support, similar, unpaired, local, flow] = model.weights;
    out(&format!(
        "  {title:24} offset {:>7.2} support {support:>6.3} similar {similar:>6.3} unpaired \
         {unpaired:>7.3} local {local:>6.2} flow {flow:>6.3}",
        model.offset
    ));
}

/// The least FNMR at a threshold that one in so many non-mated pairs meets at most.
fn fnmr<'a>(pairs: impl Iterator<Item = &'a Pair>, model: &Model<5>, one_in: usize) -> f64 {
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for pair in pairs {
        let list = if pair.mated { &mut mated } else { &mut non_mated };
        list.push(model.log_odds(&pair.features));
    }
    non_mated.sort_unstable_by(|a, b| b.total_cmp(a));
    let above = non_mated.get(non_mated.len() / one_in).copied().unwrap_or(f64::MIN);
    mated.iter().filter(|log_odds| **log_odds <= above).count() as f64 / mated.len().max(1) as f64
}

/// Minutiae of other extractors for the images of a set, development half.
struct Foreign {
    set: usize,
    name: String,
    /// Number of the finger within its set, and the template.
    prints: Vec<(u32, Template)>,
}

fn foreign_name(foreign: &[Foreign], set: usize) -> &str {
    foreign.iter().find(|f| f.set == set).map_or("", |f| &f.name)
}

/// MINDTCT's minutiae of every set but the second capacitive one, and the ISO/IEC 19794-2 records.
fn foreign(sets: &[Set], data: &Path) -> Result<Vec<Foreign>> {
    let mut all = Vec::new();
    for set in sets.iter().filter(|set| !set.dataset.name.contains("DB3_A")) {
        let dataset = set.dataset;
        let prints = dataset.load(data)?.context("a set that was there is gone")?;
        let bar = progress::bar(&format!("{}: MINDTCT", dataset.name), prints.len());
        let numbered: Vec<_> = set.fingers.iter().zip(&prints).collect();
        let of_nist = |(finger, print): &(&u32, &crate::datasets::Print)| {
            let image = decode(&print.bytes, &DecodeLimits::default()).ok()?.image;
            bar.inc(1);
            Some((**finger, baseline::template(&image, dataset.ppi)?))
        };
        let half = |finger: u32| Half::of(finger) == Half::Development;
        let nist = numbered.par_iter().filter(|(finger, _)| half(**finger)).filter_map(of_nist);
        let name = format!("{} MINDTCT", dataset.name);
        all.push(Foreign { set: all.len(), name, prints: nist.collect() });
        bar.finish_and_clear();
        if let Some(records) = dataset.load_foreign(data)? {
            let of_record = |(finger, record): (&u32, &crate::datasets::Print)| {
                let templates = formats::template::decode(&record.bytes).ok()?;
                Some((*finger, templates.into_iter().next()?))
            };
            let numbered = set.fingers.iter().zip(&records).filter(|(finger, _)| half(**finger));
            let name = format!("{} ISO", dataset.name);
            let prints = numbered.filter_map(of_record).collect();
            all.push(Foreign { set: all.len(), name, prints });
        }
    }
    Ok(all)
}
