//! The report of an evaluation.

use super::parts::made;
use super::words::{PERSONS, PRINTS, counted, percent, share, target};
use super::{Html, Page, definitions, element, grid, html_table, join};
use crate::commands::evaluate::{
    Compared, Evaluation, equal_error, measured, of_total, with_interval,
};
use charts::{Axis, Chart, Scale, Series, Stroke, Unit};
use evaluation::{
    Histogram, IdentificationRates, Interval, Measurement, OperatingPoint, Proportion,
};

/// The whole page.
pub(crate) fn page(answer: &Evaluation) -> String {
    let rates = &answer.comparisons;
    let lead = format!(
        "{} of {} in {}. {} mated and {} non-mated comparisons by the {} protocol.",
        counted(answer.prints as u64, PRINTS),
        counted(answer.persons as u64, PERSONS),
        answer.folder,
        rates.mated,
        rates.non_mated,
        answer.protocol
    );
    let mut page = Page::new("Evaluation", element("p", &[], [Html::text(lead)]));
    page.section("In short", figures(answer));
    page.section("Comparison (1:1)", comparison(answer));
    if let Some(searches) = &answer.searches {
        page.section("Identification (1:N, open set)", identification(searches));
    }
    page.section("Hardest comparisons", hardest(answer));
    page.section("Set and software", facts(answer));
    page.finish(&made())
}

/// The four numbers that are asked for first.
fn figures(answer: &Evaluation) -> Html {
    let fmr_1000 = answer.comparisons.fnmr_at_fmr.get(1).and_then(|at| at.result.miss_rate());
    let rank_1 = answer.searches.as_ref().and_then(IdentificationRates::rank_1);
    let failed = &answer.failure_to_enroll;
    let shown = [
        ("Equal error rate", Some(percent(answer.comparisons.eer.rate))),
        ("FNMR at FMR 0.1 %", fmr_1000.map(percent)),
        ("Found at rank 1", rank_1.map(|it| share(it.count as usize, it.total as usize))),
        ("Failure to enroll", Some(share(failed.count as usize, failed.total as usize))),
    ];
    let figure = |(name, value): (&str, Option<String>)| {
        let value = value.unwrap_or_else(|| "too few".to_owned());
        element("div", &[], [element("b", &[], [Html::text(value)]), Html::text(name)])
    };
    element("div", &[("class", "figures")], shown.into_iter().map(figure))
}

fn comparison(answer: &Evaluation) -> Html {
    let rates = &answer.comparisons;
    let eer = &rates.eer;
    let mut rows = vec![vec![
        Html::text("Equal error rate"),
        Html::text(equal_error(eer)),
        Html::text(eer.threshold),
    ]];
    for at in &rates.fnmr_at_fmr {
        let (value, threshold) = measured(&at.result);
        let name = format!("FNMR at FMR {}", target(at.fmr_one_in.rate()));
        rows.push(vec![Html::text(name), Html::text(value), Html::text(threshold)]);
    }
    let zero = &rates.zero_fmr;
    let value = with_interval(zero.misses.rate, zero.misses_bootstrap, zero.misses.wilson);
    rows.push(vec![
        Html::text("FNMR without any false match"),
        Html::text(value),
        Html::text(zero.threshold),
    ]);
    let table = html_table(&["Measure", "Value, 95 % interval", "#Threshold"], rows);
    join([table, grid([det(answer), distribution(answer)])])
}

fn identification(searches: &IdentificationRates) -> Html {
    let text = format!(
        "The first impression of every finger is enrolled ({} persons). Every other impression is \
         searched against all persons ({} mated searches) and against all but its own ({} \
         non-mated searches). A mated search fails when the person is not within rank {} at the \
         threshold or above.",
        searches.gallery_persons, searches.mated, searches.non_mated, searches.rank_max
    );
    let mut rows = Vec::new();
    for rank in [1, 5, 10, 20, 50] {
        if let Some(found) = searches.cmc.get(rank - 1) {
            let name = Html::text(format!("Found within rank {rank}"));
            rows.push(vec![name, Html::text(of_total(found)), Html::text("")]);
        }
    }
    for at in &searches.fnir_at_fpir {
        let (value, threshold) = measured(&at.result);
        let name = format!("FNIR at FPIR {}", target(at.fpir_one_in.rate()));
        rows.push(vec![Html::text(name), Html::text(value), Html::text(threshold)]);
    }
    let table = html_table(&["Measure", "Value, 95 % interval", "#Threshold"], rows);
    join([element("p", &[], [Html::text(text)]), table, grid([cmc(searches), open_set(searches)])])
}

/// The decade that holds the smallest rate that `trials` can show.
fn lowest_decade(trials: u64) -> i32 {
    let smallest = 1.0 / trials.max(10) as f64;
    (smallest.log10().floor() as i32).clamp(-7, -1)
}

fn rate_axis(title: &str, trials: u64) -> Axis<'_> {
    Axis { title, scale: Scale::Decades(lowest_decade(trials), 0), unit: Unit::Percent }
}

/// The measured operating points with their intervals.
fn points(name: &str, measurements: impl Iterator<Item = (f64, Measurement)>) -> Series {
    let mut series = Series::new(name, Stroke::Dots, Vec::new());
    for (rate, measurement) in measurements {
        if let Some(OperatingPoint { misses, misses_bootstrap, .. }) = measurement.measured() {
            let Interval { low, high } = misses_bootstrap.unwrap_or(misses.wilson);
            series.points.push((rate, misses.rate));
            series.intervals.push((rate, low, high));
        }
    }
    series
}

fn det(answer: &Evaluation) -> Html {
    let rates = &answer.comparisons;
    let curve = rates.curve.iter().rev().map(|point| (point.fmr, point.fnmr)).collect();
    let targets = rates.fnmr_at_fmr.iter().map(|at| (at.fmr_one_in.rate(), at.result));
    trade_off(
        "Detection error trade-off (DET)",
        rate_axis("False match rate", rates.non_mated),
        rate_axis("False non-match rate", rates.mated),
        Series::new("FNMR by FMR", Stroke::Steps, curve),
        targets,
    )
}

/// A curve of misses by false alarms with the operating points measured on it.
fn trade_off(
    title: &str,
    x: Axis<'_>,
    y: Axis<'_>,
    curve: Series,
    targets: impl Iterator<Item = (f64, Measurement)>,
) -> Html {
    let series = vec![curve, points("at target rates, 95 % interval", targets)];
    let caption = format!("{title}. Rates of zero lie on the lower edge.");
    Chart { title, x, y, series, levels: Vec::new() }.figure(&caption)
}

fn distribution(answer: &Evaluation) -> Html {
    let histogram = &answer.distribution;
    let (mated, non_mated) = (shares(histogram, true), shares(histogram, false));
    let highest = mated.iter().chain(&non_mated).map(|point| point.1).fold(0.05, f64::max);
    let right = histogram.mated.len() as f64 * f64::from(histogram.bin_width);
    let level = answer.comparisons.fnmr_at_fmr.iter().rev().find_map(|at| {
        let label = format!("FMR {}", target(at.fmr_one_in.rate()));
        at.result.measured().map(|point| (f64::from(point.threshold.thousandths()), label))
    });
    let y = Axis {
        title: "Share of comparisons",
        scale: Scale::Linear(0.0, highest * 1.05),
        unit: Unit::Percent,
    };
    let x = Axis { title: "Similarity", scale: Scale::Linear(0.0, right), unit: Unit::Number };
    let chart = Chart {
        title: "Distribution of similarities",
        x,
        y,
        series: vec![
            Series::new("same finger", Stroke::Area, mated),
            Series::new("different fingers", Stroke::Area, non_mated),
        ],
        levels: level.into_iter().collect(),
    };
    chart.figure("Similarities of mated and non-mated comparisons, each adding up to 100 %.")
}

/// Bins as steps: each share is held from the left edge of its bin to the right one.
fn shares(histogram: &Histogram, mated: bool) -> Vec<(f64, f64)> {
    let counts = if mated { &histogram.mated } else { &histogram.non_mated };
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let width = f64::from(histogram.bin_width);
    let left = |index: usize| index as f64 * width;
    let mut points: Vec<(f64, f64)> =
        counts.iter().enumerate().map(|(i, count)| (left(i), *count as f64 / total)).collect();
    points.push((left(counts.len()), points.last().map_or(0.0, |point| point.1)));
    points
}

fn cmc(searches: &IdentificationRates) -> Html {
    let found: Vec<(f64, f64)> = searches
        .cmc
        .iter()
        .enumerate()
        .map(|(index, Proportion { rate, .. })| ((index + 1) as f64, *rate))
        .collect();
    let lowest = found.first().map_or(0.0, |point| point.1);
    let bottom = if lowest >= 0.9 {
        0.9
    } else if lowest >= 0.5 {
        0.5
    } else {
        0.0
    };
    let ranks = searches.cmc.len().max(2) as f64;
    let x = Axis { title: "Rank", scale: Scale::Linear(0.0, ranks), unit: Unit::Number };
    let y = Axis {
        title: "Found within the rank",
        scale: Scale::Linear(bottom, 1.0),
        unit: Unit::Percent,
    };
    let series = vec![Series::new("mated searches", Stroke::Line, found)];
    let title = "Cumulative match characteristic";
    Chart { title, x, y, series, levels: Vec::new() }
        .figure("Cumulative match characteristic (CMC), whatever the similarity.")
}

fn open_set(searches: &IdentificationRates) -> Html {
    let curve = searches.curve.iter().rev().map(|point| (point.fpir, point.fnir)).collect();
    let targets = searches.fnir_at_fpir.iter().map(|at| (at.fpir_one_in.rate(), at.result));
    trade_off(
        "Open-set trade-off",
        rate_axis("False positive identification rate", searches.non_mated),
        rate_axis("False negative identification rate", searches.mated),
        Series::new("FNIR by FPIR", Stroke::Steps, curve),
        targets,
    )
}

fn hardest(answer: &Evaluation) -> Html {
    let rows = |compared: &[Compared]| {
        let row = |c: &Compared| {
            vec![Html::path(&c.probe), Html::path(&c.reference), Html::text(c.similarity)]
        };
        html_table(&["Probe", "Reference", "#Similarity"], compared.iter().map(row))
    };
    join([
        element("h3", &[], [Html::text("Least alike of one finger")]),
        rows(&answer.hardest.mated),
        element("h3", &[], [Html::text("Most alike of two fingers")]),
        rows(&answer.hardest.non_mated),
        element(
            "p",
            &[("class", "soft")],
            [Html::text("Draw a comparison with: tanba verify PROBE REFERENCE --report pair.html")],
        ),
    ])
}

fn facts(answer: &Evaluation) -> Html {
    let seconds = &answer.seconds;
    let mut entries = vec![
        ("Folder", Html::path(&answer.folder)),
        ("Failure to enroll", Html::text(of_total(&answer.failure_to_enroll))),
        ("Files whose names do not fit", Html::text(answer.files_ignored)),
        ("Pairs that may or may not be mated", Html::text(answer.comparisons_undecided)),
        ("Resolution", Html::text(answer.resolutions.join("; "))),
        ("Extraction", Html::text(format!("{:.1} s", seconds.extraction))),
        ("Comparison", Html::text(format!("{:.1} s", seconds.comparison))),
        ("Search", Html::text(format!("{:.1} s", seconds.search))),
    ];
    entries.push(("Software", Html::text(&answer.versions)));
    let failures = answer
        .failures
        .iter()
        .map(|failure| vec![Html::path(&failure.file), Html::text(&failure.reason)]);
    let failures = match answer.failures.is_empty() {
        true => Html::default(),
        false => html_table(&["File not used", "Reason"], failures),
    };
    join([definitions(entries), failures])
}
