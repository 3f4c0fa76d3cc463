//! The plots of a run, as one page.

use super::Findings;
use super::answers::Said;
use super::arrivals::Kind;
use super::crashes::Outage;
use super::rising::Step;
use crate::environment::Environment;
use crate::figure::{Figure, number};
use crate::page_parts::{all_figures, decades, machine, notes};
use charts::{
    Axis, Chart, Html, Page, Scale, Series, Stroke, Unit, element, grid, html_table, join,
};
use std::time::Duration;

/// Answers are counted in pieces of time of this length.
const PIECE: Duration = Duration::from_millis(250);
/// Series that a chart tells apart.
const SERIES_MAX: usize = 4;

/// The whole file.
pub(super) fn page(findings: &Findings, environment: &Environment) -> String {
    let lead = "A cluster of real processes on one machine. Requests start when they are due, \
                whether or not earlier ones came back, and their time counts from then. Every \
                answer was checked.";
    let mut page = Page::new("Load", element("p", &[], [Html::text(lead)]));
    if !findings.curves.is_empty() {
        page.section("Latency with little to do", latency(findings));
    }
    if !findings.steps.is_empty() {
        let charts = grid([by_rate(&findings.steps), goodput(&findings.steps)]);
        page.section("Rising rates", join([charts, steps_table(&findings.steps)]));
    }
    if !findings.outages.is_empty() {
        page.section("Processes killed", outages(&findings.outages));
    }
    page.section("To know", notes(&findings.notes));
    let figures: &[Figure] = findings.figures.as_slice();
    page.section("All figures", all_figures(figures));
    page.section("Machine", machine(environment));
    page.finish(&format!("Made {} by {}.", environment.date, environment.command))
}

fn latency(findings: &Findings) -> Html {
    let of = |(name, latencies): &(String, super::Latencies)| {
        Series::new(name, Stroke::Line, latencies.curve())
    };
    let charts = findings.curves.chunks(SERIES_MAX).map(|curves| {
        let series: Vec<Series> = curves.iter().map(of).collect();
        let x = Axis {
            title: "One in so many is slower",
            scale: decades(&series, |p| p.0),
            unit: Unit::Prefixed,
        };
        let y = Axis { title: "Time, ms", scale: decades(&series, |p| p.1), unit: Unit::Number };
        Chart { title: "Latency by share of requests", x, y, series, levels: Vec::new() }
            .figure("At 2 the median, at 100 what one request in a hundred exceeds.")
    });
    grid(charts)
}

fn by_rate(steps: &[Step]) -> Html {
    let line = |name: &str, kind, share| {
        let point =
            |step: &Step| (step.rates.total(), step.tally.latencies(kind).quantile_ms(share));
        let points = steps.iter().map(point).filter(|(_, ms)| ms.is_finite()).collect();
        Series::new(name, Stroke::Marked, points)
    };
    let series = vec![
        line("enroll, median", Kind::Enroll, 0.5),
        line("enroll, 99 %", Kind::Enroll, 0.99),
        line("identify, median", Kind::Identify, 0.5),
        line("identify, 99 %", Kind::Identify, 0.99),
    ];
    let y = Axis { title: "Time, ms", scale: decades(&series, |p| p.1), unit: Unit::Number };
    let x = asked_for(steps);
    Chart { title: "Latency by rate", x, y, series, levels: Vec::new() }
        .figure("Of the requests that were answered rightly; each was sent once.")
}

fn goodput(steps: &[Step]) -> Html {
    let line = |name: &str, value: fn(&Step) -> f64| {
        let points = steps.iter().map(|step| (step.rates.total(), value(step))).collect();
        Series::new(name, Stroke::Marked, points)
    };
    let series =
        vec![line("answered rightly", Step::goodput), line("asked for", |step| step.rates.total())];
    let (x, highest) = (asked_for(steps), highest_rate(steps));
    let y = Axis {
        title: "Answers per second",
        scale: Scale::Linear(0.0, highest * 1.05),
        unit: Unit::Prefixed,
    };
    Chart { title: "Right answers by rate", x, y, series, levels: Vec::new() }
        .figure("Where the lines part, the cluster refuses or is late.")
}

fn highest_rate(steps: &[Step]) -> f64 {
    steps.iter().map(|step| step.rates.total()).fold(1.0, f64::max)
}

fn asked_for(steps: &[Step]) -> Axis<'static> {
    let scale = Scale::Linear(0.0, highest_rate(steps) * 1.05);
    Axis { title: "Requests per second asked for", scale, unit: Unit::Prefixed }
}

fn steps_table(steps: &[Step]) -> Html {
    let titles = [
        "#Enroll, 1/s",
        "#Identify, 1/s",
        "#Right, 1/s",
        "#Refused, %",
        "#Enroll, median, ms",
        "#Enroll, 99 %, ms",
        "#Identify, median, ms",
        "#Identify, 99 %, ms",
    ];
    let row = |step: &Step| {
        let ms = |kind, share| Html::text(number(step.tally.latencies(kind).quantile_ms(share)));
        vec![
            Html::text(number(step.rates.enroll)),
            Html::text(number(step.rates.identify)),
            Html::text(number(step.goodput())),
            Html::text(number(step.shed() * 100.0)),
            ms(Kind::Enroll, 0.5),
            ms(Kind::Enroll, 0.99),
            ms(Kind::Identify, 0.5),
            ms(Kind::Identify, 0.99),
        ]
    };
    html_table(&titles, steps.iter().map(row))
}

/// A chart for every process that was killed.
fn outages(outages: &[Outage]) -> Html {
    let chart = |outage: &Outage| {
        let series = vec![
            answers(outage, "enrolled", Kind::Enroll),
            answers(outage, "identified", Kind::Identify),
        ];
        let ends = outage.tally.ends();
        let last = ends.iter().map(|end| end.ended.as_secs_f64()).fold(1.0, f64::max);
        let highest = series.iter().flat_map(|s| &s.points).map(|p| p.1).fold(1.0, f64::max);
        let x = Axis {
            title: "Seconds from the first request",
            scale: Scale::Linear(0.0, last),
            unit: Unit::Number,
        };
        let y = Axis {
            title: "Right answers per second",
            scale: Scale::Linear(0.0, highest * 1.1),
            unit: Unit::Number,
        };
        let levels = vec![(outage.killed_at.as_secs_f64(), "killed".to_owned())];
        let first = |kind| match outage.first_right_s(kind) {
            Some(seconds) => format!("after {seconds:.2} s"),
            None => "never".to_owned(),
        };
        let caption = format!(
            "{} killed. First enrollment {}, first complete search {}.",
            outage.who,
            first(Kind::Enroll),
            first(Kind::Identify)
        );
        Chart { title: "Answers while a process is killed", x, y, series, levels }.figure(&caption)
    };
    grid(outages.iter().map(chart))
}

/// Right answers of a kind per second, piece by piece.
fn answers(outage: &Outage, name: &str, kind: Kind) -> Series {
    let right = outage.tally.ends().iter().filter(|end| end.kind == kind);
    let right = right.filter(|end| end.said == Said::Right);
    let mut counts: Vec<u32> = Vec::new();
    for end in right {
        let piece = (end.ended.as_secs_f64() / PIECE.as_secs_f64()) as usize;
        counts.resize(counts.len().max(piece + 1), 0);
        counts[piece] += 1;
    }
    let seconds = PIECE.as_secs_f64();
    let point = |(piece, count): (usize, u32)| (piece as f64 * seconds, f64::from(count) / seconds);
    Series::new(name, Stroke::Steps, counts.into_iter().enumerate().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::super::arrivals::Rates;
    use super::super::latencies::Latencies;
    use super::super::tally::Tally;
    use super::super::tally::tests::end;
    use super::*;
    use crate::figure::Figures;
    use crate::output::Format;

    fn ends() -> Tally {
        Tally::new(vec![
            end(Kind::Enroll, 10, 2030, Said::Right),
            end(Kind::Enroll, 10, 2040, Said::Right),
            end(Kind::Identify, 20, 2530, Said::Right),
            end(Kind::Identify, 20, 30, Said::Incomplete),
        ])
    }

    fn outage() -> Outage {
        let killed_at = Duration::from_secs(2);
        Outage { who: "coordinator-2".to_owned(), killed_at, tally: ends() }
    }

    #[test]
    fn answers_are_counted_in_the_piece_of_time_that_they_ended_in() {
        let enrolled = answers(&outage(), "enrolled", Kind::Enroll);
        assert_eq!(enrolled.points.last(), Some(&(2.0, 8.0)));
        assert_eq!(enrolled.points.iter().map(|p| p.1).sum::<f64>(), 8.0);
        let identified = answers(&outage(), "identified", Kind::Identify);
        assert_eq!(identified.points.last(), Some(&(2.5, 4.0)));
    }

    #[test]
    fn a_page_shows_every_plot_note_and_figure() {
        let mut figures = Figures::new(Format::Json);
        figures.add(Figure::new("enroll, committed", 1234.0, "persons/s")).unwrap();
        let rates = Rates { enroll: 100.0, identify: 5.0 };
        let findings = Findings {
            figures,
            notes: vec!["all on <one> machine".to_owned()],
            curves: vec![("search".to_owned(), Latencies::of([Duration::from_millis(3)]))],
            steps: vec![Step { rates, length: Duration::from_secs(4), tally: ends() }],
            outages: vec![outage()],
        };
        let page = page(&findings, &Environment::here());
        let texts = ["all on &lt;one&gt; machine", "enroll, committed", "coordinator-2 killed"];
        for text in texts {
            assert!(page.contains(text), "{text}");
        }
        assert_eq!(page.matches("<svg class=\"chart\"").count(), 4);
    }
}
