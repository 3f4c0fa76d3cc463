//! Error rates of 1:1 comparison, per set, per half and over the pool.

use super::collection::Set;
use super::published::{POOL, PUBLISHED};
use super::systems::{self, System};
use super::{Arguments, out};
use crate::datasets::Half;
use anyhow::Result;
use evaluation::{Bootstrap, ComparisonPlan, ErrorRates, Interval, Pair, Protocol, ScoreSet};
use serde::Serialize;
use std::collections::HashSet;

/// Which comparisons a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Counted {
    /// Non-mated: the first impressions of every pair of fingers.
    Fvc,
    /// Non-mated: every pair of impressions of different fingers of a set.
    AllPairs,
}

/// What one system reached on one set.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) set: String,
    pub(crate) system: System,
    pub(crate) protocol: Counted,
    /// The whole set when absent.
    pub(crate) half: Option<Half>,
    /// Time of a comparison on one thread, microseconds, in this run.
    pub(crate) pair_us: f64,
    pub(crate) rates: ErrorRates,
}

/// The scores of one system on one set.
struct Scored {
    all_pairs: Option<ScoreSet>,
    fvc: ScoreSet,
    pair_us: f64,
}

/// Compares within every set, prints every row, and returns the rows.
///
/// # Errors
/// Never for sets that loaded.
pub(crate) fn run(sets: &[Set], arguments: &Arguments) -> Result<Vec<Row>> {
    let mut systems = vec![System::Tanba];
    systems.extend((!arguments.no_baseline).then_some(System::Nist));
    systems.extend(arguments.cross.then_some(System::TanbaInBozorth));
    let mut rows = Vec::new();
    for system in &systems {
        let mut pool = Vec::new();
        let mut everything = Vec::new();
        for set in sets {
            let scored = score(set, *system, arguments)?;
            let name = set.dataset.name;
            let title = |protocol| Title { set: name, system: *system, protocol };
            let mut add = |protocol, scores: &ScoreSet| {
                let sets = (std::slice::from_ref(scores), scored.pair_us);
                add_rows(title(protocol), sets, arguments.seed, &mut rows)
            };
            add(Counted::Fvc, &scored.fvc)?;
            if let Some(scores) = scored.all_pairs {
                add(Counted::AllPairs, &scores)?;
                pool.extend(set.dataset.is_in_pool().then(|| scores.clone()));
                everything.push(scores);
            }
        }
        let mut add = |set: &str, scores: &[ScoreSet]| {
            let title = Title { set, system: *system, protocol: Counted::AllPairs };
            add_rows(title, (scores, 0.0), arguments.seed, &mut rows)
        };
        if pool.len() == 4 {
            add(POOL, &pool)?;
        }
        if everything.len() == sets.len() && sets.len() > 1 {
            add("all sets, one threshold", &everything)?;
        }
    }
    print_fvc(&rows);
    print_all_pairs(&rows);
    print_halves(&rows);
    Ok(rows)
}

/// All pairs where they are asked for, cheap or part of the pool; the pairs of FVC always.
fn score(set: &Set, system: System, arguments: &Arguments) -> Result<Scored> {
    let fvc = ComparisonPlan::new(Protocol::Fvc, &set.keys)?;
    let wants_all = arguments.all_pairs || system == System::Tanba || set.dataset.is_in_pool();
    if !wants_all {
        let (scores, pair_us) = systems::compare(system, &set.extracted, &fvc)?;
        return Ok(Scored { all_pairs: None, fvc: scores, pair_us });
    }
    let all = ComparisonPlan::new(Protocol::AllPairs, &set.keys)?;
    let (scores, pair_us) = systems::compare(system, &set.extracted, &all)?;
    let firsts: HashSet<Pair> = fvc.non_mated().iter().copied().collect();
    let of_firsts = all.non_mated().iter().zip(&scores.non_mated);
    let of_firsts = of_firsts.filter(|(pair, _)| firsts.contains(pair)).map(|(_, score)| *score);
    let fvc = ScoreSet { mated: scores.mated.clone(), non_mated: of_firsts.collect() };
    Ok(Scored { all_pairs: Some(scores), fvc, pair_us })
}

/// The comparisons among the fingers of one half of one set.
fn of_half(scores: &ScoreSet, half: Half) -> ScoreSet {
    let both = |score: &&evaluation::Score| {
        Half::of(score.probe_subject) == half && Half::of(score.reference_subject) == half
    };
    ScoreSet {
        mated: scores.mated.iter().filter(both).copied().collect(),
        non_mated: scores.non_mated.iter().filter(both).copied().collect(),
    }
}

/// What a row is about.
#[derive(Clone, Copy)]
struct Title<'a> {
    set: &'a str,
    system: System,
    protocol: Counted,
}

/// A row over the whole of some sets and one over each half.
fn add_rows(
    title: Title<'_>,
    (sets, pair_us): (&[ScoreSet], f64),
    seed: u64,
    rows: &mut Vec<Row>,
) -> Result<()> {
    let Title { set, system, protocol } = title;
    let bootstrap = Bootstrap { replicates: 1000, seed };
    let mut add = |half: Option<Half>, scores: &ScoreSet| -> Result<()> {
        let mut rates = ErrorRates::new(scores, Some(&bootstrap))?;
        // A record is for reading and comparing; the curve of every set would be a megabyte.
        if half.is_some() || set != POOL {
            rates.curve.clear();
        }
        rows.push(Row { set: set.into(), system, protocol, half, pair_us, rates });
        Ok(())
    };
    add(None, &ScoreSet::pooled(sets))?;
    for half in Half::ALL {
        let parts: Vec<ScoreSet> = sets.iter().map(|set| of_half(set, half)).collect();
        let part = ScoreSet::pooled(&parts);
        if !part.mated.is_empty() && !part.non_mated.is_empty() {
            add(Some(half), &part)?;
        }
    }
    Ok(())
}

/// In percent, with the interval where there is one.
fn percent(rate: f64, interval: Option<Interval>) -> String {
    let text = format!("{:.2}", rate * 100.0);
    match interval {
        Some(i) => format!("{text} ({:.2}..{:.2})", i.low * 100.0, i.high * 100.0),
        None => text,
    }
}

fn eer(row: &Row) -> String {
    percent(row.rates.eer.rate, row.rates.eer.bootstrap)
}

/// FNMR at FMR 0.1 %; `*` when there are too few comparisons to show such a rate.
fn fnmr(row: &Row) -> String {
    let point = row.rates.fmr1000_or_zero_fmr();
    let mark = if row.rates.fmr1000().is_none() { "*" } else { "" };
    percent(point.misses.rate, point.misses_bootstrap) + mark
}

fn find<'a>(rows: &'a [Row], set: &str, system: System, protocol: Counted) -> Option<&'a Row> {
    rows.iter().find(|row| {
        row.set == set && row.system == system && row.protocol == protocol && row.half.is_none()
    })
}

/// The table that other systems are known by.
fn print_fvc(rows: &[Row]) {
    out("\nFVC protocol: EER % and FNMR % at FMR 0.1 % (95 %, bootstrap over fingers)");
    out("* without any false match: too few impostor pairs to show a rate of 0.1 %");
    out("published: best open system, measured once on another machine; + on the whole set");
    out(&format!(
        "{:19} {:>13} {:>19} {:>20} {:>22} {:>22} {:>13} {:>11}",
        "set", "pairs", "Tanba EER", "FNMR", "NIST EER", "FNMR", "published", "goal"
    ));
    for quoted in &PUBLISHED {
        let protocol = if quoted.set == POOL { Counted::AllPairs } else { Counted::Fvc };
        let Some(ours) = find(rows, quoted.set, System::Tanba, protocol) else { continue };
        let nist = find(rows, quoted.set, System::Nist, protocol);
        let of_nist = |text: fn(&Row) -> String| nist.map_or_else(|| "-".into(), text);
        let mark = if quoted.whole_set { "+" } else { "" };
        out(&format!(
            "{:19} {:>13} {:>19} {:>20} {:>22} {:>22} {:>13} {:>11}",
            quoted.set,
            format!("{}/{}", ours.rates.mated, ours.rates.non_mated),
            eer(ours),
            fnmr(ours),
            of_nist(eer),
            of_nist(fnmr),
            format!("{:.2}/{:.1}{mark}", quoted.best_eer.1, quoted.best_fnmr.2),
            format!("{:.1}/{:.1}", quoted.goal.0, quoted.goal.1),
        ));
    }
}

fn print_all_pairs(rows: &[Row]) {
    out("\nall pairs of impressions: EER %, FNMR % at FMR 0.1 % and 0.01 % (95 %)");
    for row in rows.iter().filter(|r| r.half.is_none() && r.protocol == Counted::AllPairs) {
        let finest = row.rates.fmr10000().map_or_else(|| "too few".into(), |r| percent(r, None));
        out(&format!(
            "{:24} {:20} {:>13} {:>20} {:>22} {:>8}",
            row.set,
            row.system.name(),
            format!("{}/{}", row.rates.mated, row.rates.non_mated),
            eer(row),
            fnmr(row),
            finest
        ));
    }
}

/// Ours in both halves, side by side: what was fitted to the first must hold in the second.
fn print_halves(rows: &[Row]) {
    out("\nTanba, halves of every set, all pairs: EER % and FNMR % at FMR 0.1 %");
    out(&format!(
        "{:24} {:>22} {:>22} {:>22} {:>22}",
        "set", "development EER", "FNMR", "validation EER", "FNMR"
    ));
    let ours = |row: &&Row| row.system == System::Tanba && row.protocol == Counted::AllPairs;
    for whole in rows.iter().filter(ours).filter(|row| row.half.is_none()) {
        let of = |half: Half, text: fn(&Row) -> String| {
            let same = |row: &&Row| row.set == whole.set && row.half == Some(half);
            rows.iter().filter(ours).find(same).map_or_else(|| "-".into(), text)
        };
        out(&format!(
            "{:24} {:>22} {:>22} {:>22} {:>22}",
            whole.set,
            of(Half::Development, eer),
            of(Half::Development, fnmr),
            of(Half::Validation, eer),
            of(Half::Validation, fnmr),
        ));
    }
}

/// Whether our EER and FNMR at FMR 0.1 % are below the baseline's on every set measured with both;
/// an error of zero on both sides counts as held. `None` without a baseline.
pub(crate) fn beats_baseline(rows: &[Row]) -> Option<bool> {
    let mut all = None;
    let whole = |row: &&Row| row.system == System::Tanba && row.half.is_none();
    for ours in rows.iter().filter(whole) {
        let Some(theirs) = find(rows, &ours.set, System::Nist, ours.protocol) else { continue };
        let below = |a: f64, b: f64| a < b || (a == 0.0 && b == 0.0);
        let fnmr = |row: &Row| row.rates.fmr1000_or_zero_fmr().misses.rate;
        let held =
            below(ours.rates.eer.rate, theirs.rates.eer.rate) && below(fnmr(ours), fnmr(theirs));
        if !held {
            eprintln!("{}: the baseline is not beaten", ours.set);
        }
        all = Some(all.unwrap_or(true) && held);
    }
    all
}
