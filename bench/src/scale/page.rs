//! The plots of a run, as one page.

use super::Findings;
use super::point::Point;
use crate::environment::Environment;
use crate::figure::{Figure, number};
use crate::page_parts::{all_figures, decades, machine, notes};
use charts::{
    Axis, Chart, Html, Page, Scale, Series, Stroke, Unit, element, grid, html_table, join,
};

/// The whole file.
pub(super) fn page(findings: &Findings, figures: &[Figure], environment: &Environment) -> String {
    let lead = "Galleries of synthetic persons, one finger each, searched exhaustively. Planted \
                mates came first, and shortlists of stage 1 are those of its definition.";
    let mut page = Page::new("Scale", element("p", &[], [Html::text(lead)]));
    for kernels in names(&findings.points) {
        let points: Vec<&Point> =
            findings.points.iter().filter(|point| point.kernels == kernels).collect();
        let charts = grid([latency(&points), rates(&points)]);
        page.section(&format!("Stage 1 on: {kernels}"), join([charts, table(&points)]));
    }
    page.section("Cost of a finger", flatness(findings));
    page.section("To know", notes(&findings.notes));
    page.section("All figures", all_figures(figures));
    page.section("Machine", machine(environment));
    page.finish(&format!("Made {} by {}.", environment.date, environment.command))
}

/// Names of implementations, in the order of their first points.
fn names(points: &[Point]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for point in points {
        if !names.contains(&point.kernels.as_str()) {
            names.push(&point.kernels);
        }
    }
    names
}

/// A series of points for each value of `group`, at most as many as a chart tells apart.
fn series(
    points: &[&Point],
    group: impl Fn(&Point) -> (u64, String),
    place: impl Fn(&Point) -> (f64, f64),
) -> Vec<Series> {
    let mut groups: Vec<(u64, String)> = points.iter().map(|point| group(point)).collect();
    groups.sort_unstable();
    groups.dedup();
    groups.truncate(SERIES_MAX);
    let of = |(value, name): (u64, String)| {
        let members = points.iter().filter(|point| group(point).0 == value);
        Series::new(&name, Stroke::Marked, members.map(|point| place(point)).collect())
    };
    groups.into_iter().map(of).collect()
}

const SERIES_MAX: usize = 4;

fn latency(points: &[&Point]) -> Html {
    let prints = |point: &Point| (point.batch, point.prints());
    let place = |point: &Point| (point.size as f64, point.latency.median() * 1e3);
    let series = series(points, prints, place);
    let title = "Time of a search by size of the gallery";
    let x = Axis { title: "Fingers", scale: decades(&series, |p| p.0), unit: Unit::Prefixed };
    let y = Axis {
        title: "Median time of a search, ms",
        scale: decades(&series, |p| p.1),
        unit: Unit::Number,
    };
    Chart { title, x, y, series, levels: Vec::new() }.figure(
        "Whole searches, with stages 2 and 3 of every print searched. Where a line bends, the part \
         that does not grow with the gallery ends.",
    )
}

fn rates(points: &[&Point]) -> Html {
    let fingers =
        |point: &Point| (point.size, format!("{} fingers", charts::prefixed(point.size as f64)));
    let place = |point: &Point| (point.batch as f64, point.pair_rates().median() / 1e6);
    let series = series(points, fingers, place);
    let highest = series.iter().flat_map(|s| &s.points).map(|p| p.1).fold(0.0, f64::max);
    let title = "Rate of stage 1 by prints searched together";
    let x = Axis { title: "Prints together", scale: decades(&series, |p| p.0), unit: Unit::Number };
    let scale = Scale::Linear(0.0, highest.max(1e-6) * 1.1);
    let y = Axis { title: "M finger pairs per second", scale, unit: Unit::Number };
    Chart { title, x, y, series, levels: Vec::new() }
        .figure("Stage 1 alone, median of all runs, on everything that the implementation uses.")
}

fn table(points: &[&Point]) -> Html {
    let titles = [
        "#Fingers",
        "#Prints",
        "#Runs",
        "#Stage 1, M pairs/s",
        "#Stage 1, ns/pair",
        "#Search, median, ms",
        "#Search, 99 %, ms",
    ];
    let row = |point: &&Point| {
        let milliseconds = |share| number(point.latency.quantile(share) * 1e3);
        // The 99 % quantile of fewer runs is but the slowest of them.
        let tail = if point.latency.runs() >= 100 {
            milliseconds(0.99)
        } else {
            format!("{} (slowest)", milliseconds(1.0))
        };
        vec![
            Html::text(point.size),
            Html::text(point.batch),
            Html::text(point.latency.runs()),
            Html::text(number(point.pair_rates().median() / 1e6)),
            Html::text(number(point.pair_nanoseconds())),
            Html::text(milliseconds(0.5)),
            Html::text(tail),
        ]
    };
    html_table(&titles, points.iter().map(row))
}

fn flatness(findings: &Findings) -> Html {
    let verdict = |flatness: &super::Flatness| {
        let class = if flatness.is_flat() { "yes" } else { "no" };
        element("p", &[("class", class)], [Html::text(flatness)])
    };
    join(findings.flatness.iter().map(verdict))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::flatness::Flatness;
    use crate::scale::point::tests::point;

    #[test]
    fn a_page_shows_every_implementation_size_note_and_verdict() {
        let points = vec![point(10_000, 120.0), point(1_000_000, 240.0)];
        let flatness = vec![Flatness::of("processor, made up", &points)];
        let figures: Vec<Figure> = points.iter().flat_map(Point::figures).collect();
        let notes = vec!["left out: 10 <large> sizes".to_owned()];
        let page = page(&Findings { points, flatness, notes }, &figures, &Environment::here());
        for text in ["Stage 1 on: processor, made up", "left out: 10 &lt;large&gt;", "NOT FLAT"] {
            assert!(page.contains(text), "{text}");
        }
        assert_eq!(page.matches("<svg class=\"chart\"").count(), 2);
        // Two points of one series, then one point of each of two series.
        assert_eq!(page.matches("<circle").count(), 4);
    }
}
