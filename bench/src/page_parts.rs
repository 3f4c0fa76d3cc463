//! What the pages of several benchmarks have in common.

use crate::environment::{Accelerator, Environment};
use crate::figure::{Figure, Spread, number};
use charts::{Html, Scale, Series, definitions, element, html_table};

/// The whole decades that hold every positive value.
pub(crate) fn decades(series: &[Series], value: impl Fn(&(f64, f64)) -> f64) -> Scale {
    let values: Vec<f64> =
        series.iter().flat_map(|s| &s.points).map(value).filter(|v| *v > 0.0).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    if values.is_empty() {
        return Scale::Decades(0, 1);
    }
    let first = low.log10().floor() as i32;
    Scale::Decades(first, (high.log10().ceil() as i32).max(first + 1))
}

/// What one must know to read the figures.
pub(crate) fn notes(notes: &[String]) -> Html {
    element("ul", &[], notes.iter().map(|note| element("li", &[], [Html::text(note)])))
}

/// Every figure with its spread.
pub(crate) fn all_figures(figures: &[Figure]) -> Html {
    let row = |figure: &Figure| {
        let spread = figure.spread.map_or_else(String::new, |Spread { runs, low, high }| {
            format!("{} to {}, {runs} runs", number(low), number(high))
        });
        vec![
            Html::text(&figure.name),
            Html::text(number(figure.value)),
            Html::text(&figure.unit),
            Html::text(spread),
        ]
    };
    html_table(&["Figure", "#Value", "Unit", "Spread"], figures.iter().map(row))
}

/// Where and on what the figures were measured.
pub(crate) fn machine(environment: &Environment) -> Html {
    let device = |one: &Accelerator| {
        let memory = one.memory_gib.map_or_else(String::new, |gib| format!(", {gib} GiB"));
        format!("{} ({}, {}{memory})", one.name, one.kind, one.driver)
    };
    let devices: Vec<String> = environment.devices.iter().map(device).collect();
    definitions([
        (
            "Devices",
            Html::text(if devices.is_empty() { "none".to_owned() } else { devices.join("; ") }),
        ),
        ("Processor", Html::text(&environment.processor)),
        ("Instruction sets", Html::text(environment.instruction_sets.join(", "))),
        ("Cores", Html::text(environment.cores)),
        ("Memory", Html::text(format!("{} GiB", environment.memory_gib))),
        ("System", Html::text(&environment.system)),
        ("Compiler", Html::text(&environment.rustc)),
        ("Commit", Html::text(&environment.commit)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use charts::Stroke;

    #[test]
    fn an_axis_of_decades_holds_every_value() {
        let series = [Series::new("a", Stroke::Marked, vec![(1.0, 90.0), (64.0, 1000.0)])];
        assert_eq!(decades(&series, |p| p.0), Scale::Decades(0, 2));
        assert_eq!(decades(&series, |p| p.1), Scale::Decades(1, 3));
        assert_eq!(decades(&[], |p| p.1), Scale::Decades(0, 1));
    }
}
