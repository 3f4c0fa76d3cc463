//! Figures: what benchmarks print, keep in records and compare.

use crate::output::{self, Format};
use crate::samples::Samples;
use anyhow::Result;
use serde::{Deserialize, Deserializer, Serialize};

/// Which way a figure improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Better {
    /// Larger is better: a rate.
    Larger,
    /// Smaller is better: a time, a size, an error rate.
    Smaller,
    /// It describes the data and is neither.
    Neither,
}

impl Better {
    /// As the unit tells: rates per second are to be large, times and sizes small.
    pub(crate) fn of_unit(unit: &str) -> Self {
        let first = unit.split('/').next().unwrap_or_default();
        match first {
            _ if unit.contains("/s") => Self::Larger,
            "ns" | "us" | "ms" | "s" | "bytes" | "GiB" => Self::Smaller,
            _ => Self::Neither,
        }
    }
}

/// How far repetitions of a figure lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// Repetitions.
    pub(crate) runs: usize,
    /// Lower quartile of the repetitions; of a tail quantile, the lower end of its 95 % interval.
    #[serde(deserialize_with = "null_as_nan")]
    pub(crate) low: f64,
    /// Upper quartile or end.
    #[serde(deserialize_with = "null_as_nan")]
    pub(crate) high: f64,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What was measured; stays the same between records.
    pub(crate) name: String,
    /// The value; what is no number is `null` in a record.
    #[serde(deserialize_with = "null_as_nan")]
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: String,
    /// Which way it improves; older records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    better: Option<Better>,
    /// Of a repeated measurement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<Spread>,
    /// Pairs whose score was found equal to the definition's before anything was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked_pairs: Option<u64>,
}

fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

impl Figure {
    /// A value that was had once.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &str) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.to_owned(),
            better: Some(Better::of_unit(unit)),
            spread: None,
            checked_pairs: None,
        }
    }

    /// The best of repeated runs, which on a shared machine is the least disturbed one, with the
    /// quartiles of all.
    pub(crate) fn best(name: impl Into<String>, samples: &Samples, unit: &str) -> Self {
        let smaller = Better::of_unit(unit) == Better::Smaller;
        let value = if smaller { samples.min() } else { samples.max() };
        Self::new(name, value, unit).with_quartiles(samples)
    }

    /// The middle of repeated runs, with their quartiles.
    pub(crate) fn median(name: impl Into<String>, samples: &Samples, unit: &str) -> Self {
        Self::new(name, samples.median(), unit).with_quartiles(samples)
    }

    /// A quantile in the tail, with its interval.
    pub(crate) fn tail(name: impl Into<String>, samples: &Samples, share: f64, unit: &str) -> Self {
        let (low, high) = samples.quantile_interval(share);
        let spread = Some(Spread { runs: samples.runs(), low, high });
        Self { spread, ..Self::new(name, samples.quantile(share), unit) }
    }

    /// With the quartiles of repetitions.
    pub(crate) fn with_quartiles(self, samples: &Samples) -> Self {
        let (low, high) = samples.quartiles();
        Self { spread: Some(Spread { runs: samples.runs(), low, high }), ..self }
    }

    /// Where the unit does not tell.
    pub(crate) fn better_when(self, better: Better) -> Self {
        Self { better: Some(better), ..self }
    }

    /// With the number of pairs whose scores were checked.
    pub(crate) fn checked(self, pairs: u64) -> Self {
        Self { checked_pairs: Some(pairs), ..self }
    }

    /// Which way it improves.
    pub(crate) fn better(&self) -> Better {
        self.better.unwrap_or_else(|| Better::of_unit(&self.unit))
    }

    /// A line of a table.
    fn line(&self) -> String {
        let spread = self.spread.map_or_else(String::new, |Spread { runs, low, high }| {
            format!("  {} to {}, {runs} runs", number(low), number(high))
        });
        format!("{:58} {:>12} {}{spread}\n", self.name, number(self.value), self.unit)
    }
}

/// At least three significant digits.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size.is_nan() => "no number".to_owned(),
        _ => format!("{value:.4}"),
    }
}

/// Collects figures and, as a table, prints each as it comes.
pub(crate) struct Figures {
    format: Format,
    list: Vec<Figure>,
}

impl Figures {
    /// None yet.
    pub(crate) const fn new(format: Format) -> Self {
        Self { format, list: Vec::new() }
    }

    /// Prints and keeps a figure.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub(crate) fn add(&mut self, figure: Figure) -> Result<()> {
        if self.format == Format::Table {
            output::data(&figure.line())?;
        }
        self.list.push(figure);
        Ok(())
    }

    /// All so far.
    pub(crate) fn as_slice(&self) -> &[Figure] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_tell_which_way_a_figure_improves() {
        for unit in ["M pairs/s/core", "fingers/s", "images/s"] {
            assert_eq!(Better::of_unit(unit), Better::Larger, "{unit}");
        }
        for unit in ["ms/image", "us/pair", "ms", "ns", "bytes", "s"] {
            assert_eq!(Better::of_unit(unit), Better::Smaller, "{unit}");
        }
        for unit in ["%", "x", "minutiae", "pairs", "steps"] {
            assert_eq!(Better::of_unit(unit), Better::Neither, "{unit}");
        }
    }

    #[test]
    fn the_best_run_is_the_shortest_time_or_the_highest_rate() {
        let samples = Samples::new(vec![2.0, 5.0, 3.0]);
        assert_eq!(Figure::best("t", &samples, "ms").value, 2.0);
        assert_eq!(Figure::best("r", &samples, "fingers/s").value, 5.0);
        let spread = Figure::best("t", &samples, "ms").spread.unwrap();
        assert_eq!((spread.runs, spread.low, spread.high), (3, 2.0, 5.0));
    }

    #[test]
    fn a_figure_survives_a_record_even_when_it_is_no_number() {
        let figure = Figure::new("a", 1.5, "%").better_when(Better::Larger).checked(7);
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(serde_json::from_str::<Figure>(&text).unwrap(), figure);
        let text = serde_json::to_string(&Figure::new("a", f64::NAN, "ms")).unwrap();
        assert!(text.contains("\"value\":null"), "{text}");
        assert!(serde_json::from_str::<Figure>(&text).unwrap().value.is_nan());
    }

    #[test]
    fn a_figure_of_an_older_record_improves_as_its_unit_tells() {
        let text = r#"{ "name": "a", "value": 2.0, "unit": "us/pair" }"#;
        let figure: Figure = serde_json::from_str(text).unwrap();
        assert_eq!((figure.better(), figure.spread), (Better::Smaller, None));
    }

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!([1234.5, 12.345, 0.012345, 0.0].map(number), ["1234", "12.35", "0.0123", "0"]);
        assert_eq!(number(f64::NAN), "no number");
    }
}
