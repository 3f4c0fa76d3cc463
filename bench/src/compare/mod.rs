//! `tanba-bench compare`: what changed from one record to another of the same benchmark.

mod reading;
mod verdict;

use crate::figure::number;
use crate::output::{self, Format};
use anyhow::{Result, ensure};
use reading::Reading;
use serde::Serialize;
use std::path::PathBuf;
use std::str::FromStr;
use verdict::{Row, Verdict, rows};

/// Command line of `compare`.
#[derive(clap::Args)]
#[command(after_help = "\
A figure is worse when it moved the wrong way by more than the tolerance, and better when it moved
the right way by as much. Where both records tell how far repeated runs lie apart and the two ranges
overlap, the move is noise. A figure that is no number any more is worse.

Exit codes: 0 nothing got worse, 1 something did, 2 the records cannot be compared.

Examples:
  tanba-bench compare before-speed.json after-speed.json
  tanba-bench compare before-speed.json after-speed.json --tolerance 10% --format json")]
pub(crate) struct Arguments {
    /// The record to compare with
    #[arg(value_name = "A.json")]
    before: PathBuf,
    /// The record of interest
    #[arg(value_name = "B.json")]
    after: PathBuf,
    /// How far a figure may move before it counts
    #[arg(long, default_value = "5%")]
    tolerance: Tolerance,
    /// How to write the comparison
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// A share of a figure, written `5%` or `0.05`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tolerance(f64);

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = match text.strip_suffix('%') {
            Some(digits) => (digits.trim(), 0.01),
            None => (text, 1.0),
        };
        match digits.parse::<f64>() {
            Ok(value) if (0.0..=10.0).contains(&(value * unit)) => Ok(Self(value * unit)),
            _ => Err("give a share such as 5% or 0.05".to_owned()),
        }
    }
}

#[derive(Serialize)]
struct Answer {
    bench: String,
    tolerance: f64,
    /// What about the machines differs, so that a change may not be the code's.
    differences: Vec<String>,
    worse: usize,
    rows: Vec<Row>,
}

/// Compares and prints; `Ok(false)` when a figure got worse.
///
/// # Errors
/// Files that are no records, or records of two benchmarks.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let before = Reading::of_file(&arguments.before)?;
    let after = Reading::of_file(&arguments.after)?;
    let answer = compare(&before, &after, arguments.tolerance)?;
    for difference in &answer.differences {
        eprintln!("warning: measured on different machines: {difference}");
    }
    warn_of_figures_in_one_record(&answer.rows);
    match arguments.format {
        Format::Table => output::data(&table(&answer))?,
        Format::Json => output::data(&(serde_json::to_string_pretty(&answer)? + "\n"))?,
    }
    Ok(answer.worse == 0)
}

fn compare(before: &Reading, after: &Reading, tolerance: Tolerance) -> Result<Answer> {
    ensure!(
        before.bench == after.bench,
        "one record is of `{}`, the other of `{}`: give two of one benchmark",
        before.bench,
        after.bench
    );
    let rows = rows(&before.figures, &after.figures, tolerance.0);
    ensure!(
        rows.iter().any(|row| row.before.is_some() && row.after.is_some()),
        "the two records have no figure in common"
    );
    Ok(Answer {
        bench: after.bench.clone(),
        tolerance: tolerance.0,
        differences: before.environment.differences(&after.environment),
        worse: rows.iter().filter(|row| row.verdict.is_worse()).count(),
        rows,
    })
}

fn warn_of_figures_in_one_record(rows: &[Row]) {
    let of = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let (missing, units) = (of(Verdict::Missing), of(Verdict::OtherUnit));
    if missing > 0 {
        eprintln!("warning: {missing} figures of the first record are not in the second");
    }
    if units > 0 {
        eprintln!("warning: {units} figures have another unit and were not compared");
    }
}

fn table(answer: &Answer) -> String {
    let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    let width = answer.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:>12}  {:>12}  {:>7}  {:15}  verdict\n",
        "figure", "A", "B", "B / A", "unit"
    );
    for row in &answer.rows {
        let ratio = row.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        text.push_str(&format!(
            "{:width$}  {:>12}  {:>12}  {ratio:>7}  {:15}  {}\n",
            row.name,
            cell(row.before),
            cell(row.after),
            row.unit,
            row.verdict.words()
        ));
    }
    let percent = answer.tolerance * 100.0;
    text + &format!(
        "{} of {} figures worse by more than {percent} %\n",
        answer.worse,
        answer.rows.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn record(bench: &str, rustc: &str, figures: Value) -> Value {
        json!({
            "bench": bench,
            "environment": {
                "processor": "Xeon", "instruction_sets": ["avx2"], "cores": 2,
                "memory_gib": 23.5, "system": "Linux", "rustc": rustc,
                "commit": "0123456789ab", "date": "2026-01-31", "command": "tanba-bench speed",
            },
            "figures": figures,
        })
    }

    fn reading(record: &Value) -> Reading {
        Reading::of_text(&record.to_string()).unwrap()
    }

    fn speed(value: f64) -> Reading {
        let figures = json!([{ "name": "stage 1", "value": value, "unit": "M pairs/s" }]);
        reading(&record("speed", "rustc 1.95", figures))
    }

    #[test]
    fn a_regression_beyond_the_tolerance_is_counted_and_one_within_is_not() {
        let worse = |after, tolerance: &str| {
            compare(&speed(8.0), &speed(after), tolerance.parse().unwrap()).unwrap().worse
        };
        assert_eq!([worse(7.7, "5%"), worse(7.5, "5%"), worse(9.0, "5%")], [0, 1, 0]);
        assert_eq!(worse(7.5, "10%"), 0);
    }

    #[test]
    fn records_of_two_benchmarks_or_without_a_common_figure_are_refused() {
        let tolerance = Tolerance(0.05);
        let scale = reading(&record("scale", "rustc 1.95", json!([])));
        assert!(compare(&speed(1.0), &scale, tolerance).is_err());
        let empty = reading(&record("speed", "rustc 1.95", json!([])));
        assert!(compare(&speed(1.0), &empty, tolerance).is_err());
    }

    #[test]
    fn another_compiler_is_said() {
        let figures = json!([{ "name": "stage 1", "value": 1.0, "unit": "M pairs/s" }]);
        let newer = reading(&record("speed", "rustc 1.96", figures));
        let answer = compare(&speed(1.0), &newer, Tolerance(0.05)).unwrap();
        assert_eq!(answer.differences, ["rustc: rustc 1.95 / rustc 1.96"]);
        assert!(compare(&speed(1.0), &speed(1.0), Tolerance(0.05)).unwrap().differences.is_empty());
    }

    #[test]
    fn a_table_shows_value_ratio_and_verdict_of_every_figure() {
        let answer = compare(&speed(8.0), &speed(4.0), Tolerance(0.05)).unwrap();
        let text = table(&answer);
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["stage", "1", "8.00", "4.00", "0.500", "M", "pairs/s", "WORSE"]);
        assert!(text.ends_with("1 of 1 figures worse by more than 5 %\n"), "{text}");
    }

    #[test]
    fn a_tolerance_is_a_share() {
        assert_eq!("5%".parse(), Ok(Tolerance(0.05)));
        assert_eq!("0.2".parse(), Ok(Tolerance(0.2)));
        for wrong in ["", "%", "-1%", "NaN", "five"] {
            assert!(wrong.parse::<Tolerance>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn exit_is_success_only_when_nothing_got_worse() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, value: f64| {
            let figures = json!([{ "name": "a", "value": value, "unit": "ms" }]);
            let path = folder.path().join(name);
            std::fs::write(&path, record("speed", "rustc", figures).to_string()).unwrap();
            path
        };
        let (fast, slow) = (write("fast.json", 1.0), write("slow.json", 2.0));
        let run = |before: &PathBuf, after: &PathBuf| {
            run(&Arguments {
                before: before.clone(),
                after: after.clone(),
                tolerance: Tolerance(0.05),
                format: Format::Json,
            })
        };
        assert!(run(&slow, &fast).unwrap());
        assert!(!run(&fast, &slow).unwrap());
        assert!(run(&fast, &folder.path().join("absent.json")).is_err());
    }
}
