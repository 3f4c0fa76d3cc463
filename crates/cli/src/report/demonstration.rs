//! The report of the demonstration.

use super::comparison::legend;
use super::identification::{Stored, candidates, fingers_picture, heading};
use super::parts::{made, reading_notes};
use super::words::share;
use super::{Html, Page, definitions, element, grid, html_table, join};
use crate::commands::demo::{Example, Summary};
use crate::demonstration::{Check, Counted, Demonstration, Trial};
use crate::identification::Search;
use charts::{Axis, Chart, Scale, Series, Stroke, Unit};
use search::Options;

/// Candidates of each example shown with pictures.
const PICTURES: usize = 1;

/// The whole page.
pub(crate) fn page(done: &Demonstration, summary: &Summary) -> anyhow::Result<String> {
    let lead = format!(
        "{} synthetic persons were enrolled with two fingers each, from seed {}. Impressions held \
         back and {} persons who are not enrolled were searched. No print here is of a real \
         person.",
        summary.persons, summary.seed, summary.strangers
    );
    let mut page = Page::new("Demonstration", element("p", &[], [Html::text(lead)]));
    page.section("In short", join([figures(summary), counts(summary)]));
    page.section("Checks", checks(&summary.checks));
    let charts = [
        distribution("Two fingers", &done.two_fingers.0),
        distribution("One finger", &done.one_finger.0),
    ];
    page.section("Similarities", grid(charts));
    let mut examples = vec![element("p", &[("class", "soft")], [legend()])];
    for example in &summary.examples {
        examples.push(search(&mut page, done, example)?);
    }
    page.section("Searches", join(examples));
    page.section("How to read this", reading_notes());
    page.section("Times and versions", facts(summary));
    Ok(page.finish(&made()))
}

fn figures(summary: &Summary) -> Html {
    let wrong = summary.two_fingers.false_positives + summary.one_finger.false_positives;
    let shown = [
        (
            "right person first, two fingers",
            share(summary.two_fingers.rank_1, summary.two_fingers.mated),
        ),
        (
            "right person first, one finger",
            share(summary.one_finger.rank_1, summary.one_finger.mated),
        ),
        ("wrong persons at the threshold", wrong.to_string()),
        ("per search with two fingers", format!("{:.1} ms", summary.two_fingers.milliseconds)),
    ];
    let figure = |(name, value): (&str, String)| {
        element("div", &[], [element("b", &[], [Html::text(value)]), Html::text(name)])
    };
    element("div", &[("class", "figures")], shown.into_iter().map(figure))
}

fn counts(summary: &Summary) -> Html {
    let titles = [
        "Searches",
        "#Of enrolled persons",
        "#Right person first",
        "#Right person at the threshold",
        "#Of strangers",
        "#Wrong person at the threshold",
    ];
    let row = |(name, counted): (&str, &Counted)| {
        vec![
            Html::text(name),
            Html::text(counted.mated),
            Html::text(counted.rank_1),
            Html::text(counted.hits),
            Html::text(counted.strangers),
            Html::text(counted.false_positives),
        ]
    };
    let rows = [("Two fingers", &summary.two_fingers), ("One finger", &summary.one_finger)];
    html_table(&titles, rows.into_iter().map(row))
}

fn checks(checks: &[Check]) -> Html {
    let row = |check: &Check| {
        let (class, word) = if check.holds { ("yes", "holds") } else { ("no", "fails") };
        let verdict = element("span", &[("class", class)], [Html::text(word)]);
        vec![Html::text(&check.claim), Html::text(&check.found), verdict]
    };
    html_table(&["Claim", "Found", "Verdict"], checks.iter().map(row))
}

/// Histograms of the right persons' similarities and of the best wrong ones'.
fn distribution(name: &str, trials: &[Trial]) -> Html {
    let mated: Vec<u32> = trials
        .iter()
        .filter(|trial| trial.mate.is_some())
        .map(|trial| trial.mated_similarity().thousandths())
        .collect();
    let wrong: Vec<u32> = trials.iter().map(|t| t.best_wrong().thousandths()).collect();
    let right = mated.iter().chain(&wrong).max().map_or(100, |highest| highest / 50 * 50 + 50);
    let (mated, wrong) = (shares(&mated, right), shares(&wrong, right));
    let highest = mated.iter().chain(&wrong).map(|point| point.1).fold(0.05, f64::max);
    let threshold = trials.iter().flat_map(|trial| &trial.answer.details).next();
    let level =
        threshold.map(|detail| (f64::from(detail.threshold.thousandths()), "threshold".to_owned()));
    let chart = Chart {
        title: name,
        x: Axis {
            title: "Similarity",
            scale: Scale::Linear(0.0, f64::from(right)),
            unit: Unit::Number,
        },
        y: Axis {
            title: "Share of searches",
            scale: Scale::Linear(0.0, highest * 1.05),
            unit: Unit::Percent,
        },
        series: vec![
            Series::new("the right person", Stroke::Area, mated),
            Series::new("the most similar wrong person", Stroke::Area, wrong),
        ],
        levels: level.into_iter().collect(),
    };
    chart.figure(name)
}

/// Shares of the values in 40 bins up to `right`, as steps.
fn shares(values: &[u32], right: u32) -> Vec<(f64, f64)> {
    const BINS: u32 = 40;
    let width = f64::from(right) / f64::from(BINS);
    let mut counts = [0usize; BINS as usize];
    for value in values {
        counts[((f64::from(*value) / width) as usize).min(BINS as usize - 1)] += 1;
    }
    let total = values.len().max(1) as f64;
    let mut points: Vec<(f64, f64)> = counts
        .iter()
        .enumerate()
        .map(|(index, count)| (index as f64 * width, *count as f64 / total))
        .collect();
    points.push((f64::from(right), points.last().map_or(0.0, |point| point.1)));
    points
}

fn search(page: &mut Page, done: &Demonstration, example: &Example) -> anyhow::Result<Html> {
    let (both, index) = example.trial;
    let trials = if both { &done.two_fingers.0 } else { &done.one_finger.0 };
    let trial = &trials[index];
    let prints = trial.prints(&done.persons);
    let options = Options::default();
    let search = Search { prints, options: &options, identification: &trial.answer };
    let best = example.answer.candidates.len().min(3);
    let mut parts = vec![
        element("h3", &[], [Html::text(&example.title)]),
        candidates(&example.answer.candidates[..best]),
    ];
    let ranked = trial.answer.ranked().zip(&example.answer.candidates).take(PICTURES);
    for ((candidate, detail), ranked) in ranked {
        parts.push(heading(ranked));
        for finger in &detail.fingers {
            let reference = Stored::read(&done.node, &candidate.subject, finger)?;
            parts.push(fingers_picture(page, &search, finger, &reference));
        }
    }
    Ok(element("div", &[("class", "candidate")], parts))
}

fn facts(summary: &Summary) -> Html {
    let seconds = &summary.seconds;
    let time = |value: f64| Html::text(format!("{value:.1} s"));
    definitions([
        ("Prints made and extracted", Html::text(summary.prints)),
        ("Making and extracting them", time(seconds.prints)),
        ("Enrolling, synced to disk", time(seconds.enrollment)),
        ("Opening the gallery again", time(seconds.reopening)),
        ("All searches", time(seconds.searches)),
        ("The same through a server", time(seconds.served)),
        ("Galleries scanned on", Html::text(&summary.scanned_on)),
        ("Software", Html::text(&summary.versions)),
    ])
}
