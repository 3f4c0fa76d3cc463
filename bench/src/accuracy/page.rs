//! The plots of a run, as one page.

use super::Figures;
use super::across::Across;
use super::identification::Identified;
use super::published::POOL;
use super::verification::Row;
use crate::environment::Environment;
use charts::{Axis, Chart, Html, Page, Scale, Series, Stroke, Unit, element, grid};
use evaluation::{IdentificationRates, Measurement, OperatingPoint};

/// The whole file.
pub(super) fn page(figures: &Figures, environment: &Environment) -> String {
    let lead = "The sample sets by tanba-bench accuracy; docs/design/accuracy.md says how they are \
                measured and halved.";
    let mut page = Page::new("Accuracy", element("p", &[], [Html::text(lead)]));
    let pool: Vec<&Row> = figures.rows.iter().filter(|row| is_pool(row)).collect();
    let mut comparison = Vec::new();
    if !pool.is_empty() {
        comparison.push(det(&pool));
    }
    if figures.across.iter().any(|half| half.rejection.is_some()) {
        comparison.push(rejection(&figures.across));
    }
    if !comparison.is_empty() {
        page.section("Comparison (1:1) and quality", grid(comparison));
    }
    if !figures.identification.is_empty() {
        let charts = grid([cmc(&figures.identification), open_set(&figures.identification)]);
        page.section("Identification (1:N, open set)", charts);
    }
    page.finish(&format!("Made {} by {}.", environment.date, environment.command))
}

/// The rows that keep their curve.
fn is_pool(row: &Row) -> bool {
    row.set == POOL && row.half.is_none() && !row.rates.curve.is_empty()
}

/// Rates by ratio, from the smallest decade that so many trials show.
fn rate_axis(title: &str, trials: u64) -> Axis<'_> {
    let smallest = (1.0 / trials.max(10) as f64).log10().floor() as i32;
    Axis { title, scale: Scale::Decades(smallest, 0), unit: Unit::Percent }
}

fn det(pool: &[&Row]) -> Html {
    let series = |row: &&Row| {
        let points = row.rates.curve.iter().rev().map(|point| (point.fmr, point.fnmr));
        Series::new(row.system.name(), Stroke::Steps, points.collect())
    };
    let most = |count: fn(&Row) -> u64| pool.iter().map(|row| count(row)).max().unwrap_or(0);
    let x = rate_axis("False match rate", most(|row| row.rates.non_mated));
    let y = rate_axis("False non-match rate", most(|row| row.rates.mated));
    let title = "Detection error trade-off (DET), FVC2002 pool";
    Chart { title, x, y, series: pool.iter().map(series).collect(), levels: Vec::new() }
        .figure("FVC2002 pool, one threshold. Rates of zero lie on the lower edge.")
}

/// The rates over both halves.
fn whole(identified: &Identified) -> Option<&IdentificationRates> {
    identified.parts.iter().find(|part| part.half.is_none()).map(|part| &part.rates)
}

/// A series for every number of fingers.
fn by_fingers(
    all: &[Identified],
    stroke: Stroke,
    points: impl Fn(&IdentificationRates) -> Vec<(f64, f64)>,
) -> Vec<Series> {
    let series = |identified: &Identified| {
        let name = match identified.fingers {
            1 => "1 finger".to_owned(),
            fingers => format!("{fingers} fingers"),
        };
        Some(Series::new(&name, stroke, points(whole(identified)?)))
    };
    all.iter().filter_map(series).collect()
}

fn cmc(all: &[Identified]) -> Html {
    let found = |rates: &IdentificationRates| {
        let place =
            |(index, found): (usize, &evaluation::Proportion)| ((index + 1) as f64, found.rate);
        rates.cmc.iter().enumerate().map(place).collect()
    };
    let series = by_fingers(all, Stroke::Line, found);
    let lowest = series.iter().flat_map(|s| &s.points).map(|point| point.1).fold(1.0, f64::min);
    let ranks = all.iter().filter_map(whole).map(|rates| rates.cmc.len()).max().unwrap_or(2);
    let x =
        Axis { title: "Rank", scale: Scale::Linear(0.0, ranks.max(2) as f64), unit: Unit::Number };
    // Whole steps of 2 % that hold every point.
    let bottom = 1.0 - ((1.0 - lowest) * 50.0).ceil().max(1.0) / 50.0;
    let scale = Scale::Linear(bottom, 1.0);
    let y = Axis { title: "Found within the rank", scale, unit: Unit::Percent };
    let title = "Cumulative match characteristic (CMC)";
    Chart { title, x, y, series, levels: Vec::new() }
        .figure("Cumulative match characteristic (CMC), whatever the similarity.")
}

fn open_set(all: &[Identified]) -> Html {
    let curve = |rates: &IdentificationRates| {
        rates.curve.iter().rev().map(|point| (point.fpir, point.fnir)).collect()
    };
    let mut series = by_fingers(all, Stroke::Steps, curve);
    for (series, rates) in series.iter_mut().zip(all.iter().filter_map(whole)) {
        for at in &rates.fnir_at_fpir {
            series.intervals.extend(interval(at.fpir_one_in.rate(), &at.result));
        }
    }
    let most = |count: fn(&IdentificationRates) -> u64| {
        all.iter().filter_map(whole).map(count).max().unwrap_or(0)
    };
    let x = rate_axis("False positive identification rate", most(|rates| rates.non_mated));
    let y = rate_axis("False negative identification rate", most(|rates| rates.mated));
    Chart { title: "Open-set trade-off", x, y, series, levels: Vec::new() }
        .figure("FNIR by FPIR; bars: 95 %, bootstrap over persons. Zero lies on the lower edge.")
}

fn interval(rate: f64, measurement: &Measurement) -> Option<(f64, f64, f64)> {
    let OperatingPoint { misses, misses_bootstrap, .. } = measurement.measured()?;
    let interval = misses_bootstrap.unwrap_or(misses.wilson);
    Some((rate, interval.low, interval.high))
}

fn rejection(halves: &[Across]) -> Html {
    let series = |across: &Across| {
        let points = across.rejection.as_ref()?.points.iter();
        let points = points.map(|point| (point.rejected, point.fnmr)).collect();
        Some(Series::new(across.half.name(), Stroke::Line, points))
    };
    let series: Vec<Series> = halves.iter().filter_map(series).collect();
    let highest = series.iter().flat_map(|s| &s.points).map(|point| point.1).fold(0.0, f64::max);
    let scale = Scale::Linear(0.0, 0.5);
    let x = Axis { title: "Share of pairs refused, worst first", scale, unit: Unit::Percent };
    let scale = Scale::Linear(0.0, (highest * 1.1).max(1e-3));
    let y = Axis { title: "FNMR of the others", scale, unit: Unit::Percent };
    let title = "Error by share refused";
    let series = series.into_iter().map(up_to_half).collect();
    Chart { title, x, y, series, levels: Vec::new() }.figure(
        "Mated pairs of the lowest quality refused first, at a fixed threshold that misses 5 % of \
         all. A quality that tells nothing keeps the line level.",
    )
}

/// Beyond half of the pairs too few misses are left.
fn up_to_half(mut series: Series) -> Series {
    series.points.retain(|point| point.0 <= 0.5);
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_reaches_down_to_what_the_trials_can_show() {
        assert_eq!(rate_axis("", 11_520).scale, Scale::Decades(-5, 0));
        assert_eq!(rate_axis("", 1_000).scale, Scale::Decades(-3, 0));
        assert_eq!(rate_axis("", 0).scale, Scale::Decades(-1, 0));
    }
}
