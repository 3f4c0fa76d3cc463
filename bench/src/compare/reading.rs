//! Records as they are read back: figures by name, whatever benchmark wrote them.

use crate::environment::Environment;
use crate::figure::{Better, Figure};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// A record.
pub(super) struct Reading {
    /// Which benchmark wrote it.
    pub(super) bench: String,
    /// Where and on what.
    pub(super) environment: Environment,
    /// All its figures.
    pub(super) figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct RawRecord {
    bench: Option<String>,
    environment: Environment,
    figures: Value,
}

impl Reading {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read or is no record.
    pub(super) fn of_file(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::of_text(&text).with_context(|| format!("{}: no record", path.display()))
    }

    /// Reads the text of a record.
    ///
    /// # Errors
    /// Text that is no record, or one without figures that can be compared.
    pub(super) fn of_text(text: &str) -> Result<Self> {
        let RawRecord { bench, environment, figures } = serde_json::from_str(text)?;
        // Records of before the field name their benchmark in the command only.
        let of_command = || environment.command.split_whitespace().nth(1).map(str::to_owned);
        let bench =
            bench.or_else(of_command).context("it does not say which benchmark it is of")?;
        let figures = match &figures {
            Value::Array(_) => serde_json::from_value(figures)?,
            Value::Object(_) => error_rates(&figures)?,
            _ => bail!("it has no figures"),
        };
        Ok(Self { bench, environment, figures })
    }
}

/// The error rates of an accuracy record as figures; a rate that too few comparisons could show is
/// none.
fn error_rates(figures: &Value) -> Result<Vec<Figure>> {
    let rows = figures["rows"].as_array().context("it has no rows of error rates")?;
    let mut rates = Vec::new();
    for row in rows {
        let name = |text: &str| row[text].as_str().unwrap_or("unnamed");
        let (set, system) = (name("set"), name("system"));
        let mut add = |measure: String, rate: &Value| {
            if let Some(rate) = rate.as_f64() {
                rates.push(error_rate(format!("{set}, {system}, {measure}"), rate));
            }
        };
        add("EER".to_owned(), &row["rates"]["eer"]["rate"]);
        for at in row["rates"]["fnmr_at_fmr"].as_array().into_iter().flatten() {
            let measure = format!("FNMR at FMR 1/{}", at["fmr_one_in"]);
            add(measure, &at["result"]["misses"]["rate"]);
        }
    }
    for (name, value) in figures["shortlist"].as_object().into_iter().flatten() {
        if let (true, Some(rate)) = (name.starts_with("miss_"), value.as_f64()) {
            rates.push(error_rate(format!("shortlist, {name}"), rate));
        }
    }
    Ok(rates)
}

fn error_rate(name: String, rate: f64) -> Figure {
    Figure::new(name, rate * 100.0, "%").better_when(Better::Smaller)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(command: &str, figures: Value) -> String {
        json!({
            "environment": {
                "processor": "Xeon", "instruction_sets": [], "cores": 2, "memory_gib": 23.5,
                "system": "Linux", "rustc": "rustc", "commit": "0", "date": "2026-01-31",
                "command": command,
            },
            "figures": figures,
        })
        .to_string()
    }

    #[test]
    fn an_older_record_names_its_benchmark_in_its_command() {
        let figures = json!([{ "name": "a", "value": 1.0, "unit": "ms" }]);
        let reading = Reading::of_text(&record("tanba-bench speed --seed 2", figures)).unwrap();
        assert_eq!(reading.bench, "speed");
        assert_eq!(reading.figures.len(), 1);
    }

    #[test]
    fn error_rates_are_figures_that_are_to_be_small() {
        let figures = json!({
            "rows": [{ "set": "DB1", "system": "tanba", "rates": {
                "eer": { "rate": 0.02 },
                "fnmr_at_fmr": [
                    { "fmr_one_in": 100, "result": { "misses": { "rate": 0.05 } } },
                    { "fmr_one_in": 1000, "result": { "status": "not_enough_comparisons" } },
                ],
            } }],
            "shortlist": { "gallery": 872, "miss_rank_1": 0.0275 },
        });
        let reading = Reading::of_text(&record("tanba-bench accuracy", figures)).unwrap();
        let found: Vec<_> =
            reading.figures.iter().map(|f| (f.name.as_str(), f.value, f.better())).collect();
        let expected = [
            ("DB1, tanba, EER", 2.0, Better::Smaller),
            ("DB1, tanba, FNMR at FMR 1/100", 5.0, Better::Smaller),
            ("shortlist, miss_rank_1", 2.75, Better::Smaller),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        assert!(Reading::of_text("{").is_err());
        assert!(Reading::of_text("{\"figures\": []}").is_err());
        assert!(Reading::of_text(&record("tanba-bench", json!([]))).is_err());
        assert!(Reading::of_text(&record("tanba-bench speed", json!("none"))).is_err());
        assert!(Reading::of_text(&record("tanba-bench accuracy", json!({}))).is_err());
        let error = Reading::of_file(Path::new("absent.json")).err().unwrap();
        assert!(error.to_string().contains("absent.json"), "{error}");
    }
}
