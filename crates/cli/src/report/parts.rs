//! Pieces that several reports share.

use super::{Html, element};
use crate::load::PrintSummary;
use extraction::EXTRACTOR_VERSION;

/// Columns of the table of prints.
pub(crate) const PRINT_TITLES: [&str; 7] =
    ["", "File", "Finger", "Resolution", "#Quality", "#Minutiae", "SHA-256"];

/// Rows of the table of prints.
pub(crate) fn print_rows<'a>(
    side: &'a str,
    prints: &'a [PrintSummary],
) -> impl Iterator<Item = Vec<Html>> + 'a {
    prints.iter().enumerate().map(move |(index, print)| {
        let resolution = print.resolution.map_or("template".to_owned(), |r| r.to_string());
        vec![
            Html::text(format!("{side} {}", index + 1)),
            Html::path(&print.file),
            Html::text(format!("{}, {}", print.position, print.impression)),
            Html::text(format!("{} · {resolution}", print.format)),
            Html::text(print.quality),
            Html::text(print.minutiae),
            element("code", &[], [Html::text(&print.sha256)]),
        ]
    })
}

/// A decision in its color.
pub(crate) fn decision(words: &str) -> Html {
    let class = if words == "match" { "yes" } else { "no" };
    element("span", &[("class", class)], [Html::text(words)])
}

/// When and by what a report was made.
pub(crate) fn made() -> String {
    format!("Made {} by {}.", crate::calendar::now(), versions())
}

/// The versions behind every number.
pub(crate) fn versions() -> String {
    format!(
        "tanba {}, extractor {}, matching parameters {:016x}",
        env!("CARGO_PKG_VERSION"),
        EXTRACTOR_VERSION.0,
        matching::Parameters::default().configuration_hash(),
    )
}

/// What the numbers mean and what they do not.
pub(crate) fn reading_notes() -> Html {
    let notes = [
        "Similarity is a number of 0 to 1000 per finger, summed over the fingers compared. It is \
         comparable between reports with the same matching parameters only.",
        "The likelihood ratio says how many times likelier such a similarity is for prints of the \
         same finger than for prints of different fingers. It is calibrated on test data, not on \
         this case, and is not validated for use in court. Words follow the scale of the ENFSI \
         guideline of 2015.",
        "Expected false positives are how many other persons would reach such a similarity by \
         chance in a gallery of this size. A low similarity with several of them expected says \
         nothing about a person.",
        "The threshold turns a similarity into a decision. The program proposes; identification \
         is the conclusion of a trained examiner, verified by a second one.",
    ];
    let item = |note: &str| element("li", &[], [Html::text(note)]);
    element("ul", &[], notes.into_iter().map(item))
}
