//! Runs the simulation over many seeds, or checks that it finds seeded bugs.
//!
//! `simulate --seeds N --from S` runs seeds; `simulate --seed S` runs one twice and tells what
//! happened; `simulate --mutations --seeds N` runs every seeded bug until a seed finds it, and
//! `simulate --mutation NAME --seeds N` one of them. `--figures FILE` also writes what came of it.

use replication::Mutation;
use serde_json::{Value, json};
use simulation::{Report, Scenario, Violation, run};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

struct Arguments {
    seeds: u64,
    from: u64,
    only: Option<u64>,
    mutations: Vec<Mutation>,
    threads: usize,
    figures: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (only, mutations, figures) = (None, Vec::new(), None);
    let mut parsed = Arguments { seeds: 500, from: 1, only, mutations, threads: cores, figures };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64, String> {
            let text = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            text.parse().map_err(|_| format!("`{text}` is no number"))
        };
        match word.as_str() {
            "--seeds" => parsed.seeds = number()?,
            "--from" => parsed.from = number()?,
            "--seed" => parsed.only = Some(number()?),
            "--threads" => parsed.threads = number()?.max(1) as usize,
            "--figures" => {
                let file = words.next().ok_or("--figures needs a file")?;
                parsed.figures = Some(file.into());
            }
            "--mutations" => parsed.mutations = Mutation::ALL.to_vec(),
            "--mutation" => {
                let name = words.next().unwrap_or_default();
                let found = Mutation::ALL.into_iter().find(|known| format!("{known:?}") == name);
                parsed.mutations.push(found.ok_or(format!("`{name}` is no seeded bug"))?);
            }
            other => return Err(format!("`{other}` is no option")),
        }
    }
    Ok(parsed)
}

/// Runs seeds on all threads until one is found for which `stop` says so.
fn search(
    arguments: &Arguments,
    mutation: Option<Mutation>,
    stop_at_first: bool,
) -> Vec<(u64, Report)> {
    let next = AtomicU64::new(arguments.from);
    let end = AtomicU64::new(arguments.from + arguments.seeds);
    let mut reports: Vec<(u64, Report)> = std::thread::scope(|scope| {
        let worker = || {
            let mut reports = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end.load(Ordering::Relaxed) {
                    return reports;
                }
                let report = run(&Scenario { mutation, ..Scenario::of_seed(seed) });
                if report.violation.is_some() && stop_at_first {
                    end.fetch_min(seed, Ordering::Relaxed);
                }
                reports.push((seed, report));
            }
        };
        let workers: Vec<_> = (0..arguments.threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    reports.sort_by_key(|(seed, _)| *seed);
    reports
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    // A panic is reported as a violation, with its seed; its own words would come in between.
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = std::io::stdout().lock();
    let result = match (arguments.only, arguments.mutations.is_empty()) {
        (Some(seed), _) => one(&mut out, seed).map(|holds| (holds, Value::Null)),
        (None, false) => mutations(&mut out, &arguments),
        (None, true) => many(&mut out, &arguments),
    };
    let written = result.and_then(|(holds, figures)| {
        let text = format!("{figures:#}\n");
        arguments.figures.as_ref().map_or(Ok(()), |file| std::fs::write(file, text))?;
        Ok(holds)
    });
    match written {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn one(out: &mut impl std::io::Write, seed: u64) -> std::io::Result<bool> {
    let scenario = Scenario::of_seed(seed);
    writeln!(out, "{scenario:#?}")?;
    let (first, second) = (run(&scenario), run(&scenario));
    writeln!(out, "{first:#?}")?;
    if first != second {
        writeln!(out, "the second run was another: {second:#?}")?;
    }
    Ok(first.violation.is_none() && first == second)
}

fn many(out: &mut impl std::io::Write, arguments: &Arguments) -> std::io::Result<(bool, Value)> {
    let start = Instant::now();
    let reports = search(arguments, None, false);
    let seconds = start.elapsed().as_secs_f64();
    let mut failed = 0;
    for (seed, report) in &reports {
        if let Some(Violation { invariant, what }) = &report.violation {
            failed += 1;
            writeln!(out, "seed {seed}: {invariant}: {what}")?;
            writeln!(out, "  again: cargo xtask simulate --seed {seed}")?;
        }
    }
    let sum = |of: fn(&Report) -> u64| reports.iter().map(|(_, report)| of(report)).sum::<u64>();
    writeln!(
        out,
        "{} seeds from {}, {failed} failed; {:.1} s on {} threads, {:.0} seeds/s; \
         {} events, {} entries, {} answers, {} complete searches, {} faults, {:.0} s of time",
        reports.len(),
        arguments.from,
        seconds,
        arguments.threads,
        reports.len() as f64 / seconds,
        sum(|r| r.events),
        sum(|r| r.entries),
        sum(|r| r.answers),
        sum(|r| r.complete_searches),
        sum(|r| r.faults),
        sum(|r| r.ended_at_ms) as f64 / 1000.0,
    )?;
    let figures = json!({
        "seeds": reports.len(),
        "from": arguments.from,
        "failed": failed,
        "threads": arguments.threads,
        "seconds": (seconds * 10.0).round() / 10.0,
        "events": sum(|r| r.events),
        "entries": sum(|r| r.entries),
        "answers": sum(|r| r.answers),
        "complete_searches": sum(|r| r.complete_searches),
        "faults": sum(|r| r.faults),
        "simulated_seconds": sum(|r| r.ended_at_ms) / 1000,
    });
    Ok((failed == 0, figures))
}

fn mutations(
    out: &mut impl std::io::Write,
    arguments: &Arguments,
) -> std::io::Result<(bool, Value)> {
    if !cfg!(feature = "mutations") {
        writeln!(out, "built without seeded bugs: build with the feature `mutations`")?;
        return Ok((false, Value::Null));
    }
    let (mut missed, mut bugs) = (0, Vec::new());
    writeln!(out, "| seeded bug | found after seeds | by |\n|---|---|---|")?;
    for &mutation in &arguments.mutations {
        let reports = search(arguments, Some(mutation), true);
        let found = reports.iter().find(|(_, report)| report.violation.is_some());
        match found.and_then(|(seed, report)| Some((seed, report.violation.as_ref()?))) {
            Some((seed, violation)) => {
                let seeds = seed + 1 - arguments.from;
                let Violation { invariant, what } = violation;
                let what: String = what.chars().take(70).collect();
                writeln!(out, "| {mutation:?} | {seeds} | {invariant}: {what} |")?;
                let bug = format!("{mutation:?}");
                bugs.push(json!({ "bug": bug, "found_after_seeds": seeds, "by": invariant }));
            }
            None => {
                missed += 1;
                writeln!(out, "| {mutation:?} | **not in {}** | |", reports.len())?;
                let bug = format!("{mutation:?}");
                bugs.push(json!({ "bug": bug, "not_found_in_seeds": reports.len() }));
            }
        }
        out.flush()?;
    }
    writeln!(out, "{missed} of {} not found", arguments.mutations.len())?;
    let figures = json!({ "from": arguments.from, "missed": missed, "bugs": bugs });
    Ok((missed == 0, figures))
}
