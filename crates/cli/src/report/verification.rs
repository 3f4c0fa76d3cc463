//! The report of a 1:1 comparison.

use super::comparison::{Finding, Shown, comparison, legend};
use super::parts::{PRINT_TITLES, decision, made, print_rows, reading_notes};
use super::words;
use super::{Html, Page, definitions, element, html_table, join};
use crate::commands::verify::Verification;
use crate::comparing::Compared;
use crate::load::Print;

/// The whole page.
pub(crate) fn page(
    answer: &Verification,
    probe: &[Print],
    reference: &[Print],
    compared: &Compared,
) -> String {
    let lead = element(
        "p",
        &[],
        [
            Html::text("Decision of the threshold: "),
            decision(answer.decision),
            Html::text(format!(
                ". Similarity {}, threshold {}. A comparison proposes; a trained examiner decides.",
                answer.similarity, answer.threshold
            )),
        ],
    );
    let mut page = Page::new("Comparison report", lead);
    page.section("Result", result(answer));
    let prints =
        print_rows("probe", &answer.probe).chain(print_rows("reference", &answer.reference));
    page.section("Prints", html_table(&PRINT_TITLES, prints));
    let mut figures = vec![element("p", &[("class", "soft")], [legend()])];
    for contribution in &compared.contributions {
        let (p, r) = (contribution.probe, contribution.reference);
        let shown = |side: &str, index: usize, print: &'_ Print| {
            (format!("{side}-{index}"), format!("{side} {}: {}", index + 1, print.name()))
        };
        let ((probe_id, probe_label), (reference_id, reference_label)) =
            (shown("probe", p, &probe[p]), shown("reference", r, &reference[r]));
        let (left, right) = (&probe[p], &reference[r]);
        let left = Shown {
            id: probe_id,
            label: probe_label,
            image: left.image(),
            template: &left.template,
        };
        let right = Shown {
            id: reference_id,
            label: reference_label,
            image: right.image(),
            template: &right.template,
        };
        let outcome = &contribution.comparison;
        let finding = Finding {
            similarity: outcome.similarity,
            pairs: &outcome.pairs,
            evidence: &outcome.evidence,
        };
        figures.push(comparison(&mut page, &left, &right, finding));
    }
    page.section("Comparison", join(figures));
    page.section("How to read this", reading_notes());
    page.finish(&made())
}

fn result(answer: &Verification) -> Html {
    let ratio = answer.log10_likelihood_ratio;
    definitions([
        ("Similarity", Html::text(answer.similarity)),
        ("Threshold", Html::text(format!("{} ({})", answer.threshold, answer.threshold_from))),
        ("Decision", decision(answer.decision)),
        (
            "Likelihood ratio",
            join([
                Html::power_of_ten(ratio),
                Html::text(format!(" ({})", answer.likelihood_words)),
            ]),
        ),
        (
            "Different persons reaching this similarity",
            Html::text(words::percent(answer.false_match_rate)),
        ),
        ("Fingers compared", Html::text(answer.fingers_compared)),
    ])
}
