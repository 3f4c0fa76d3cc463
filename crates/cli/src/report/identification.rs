//! The report of a search.

use super::comparison::{Finding, Shown, comparison, legend};
use super::parts::{PRINT_TITLES, decision, made, print_rows, reading_notes};
use super::words;
use super::{Html, Page, definitions, element, html_table, join};
use crate::identification::{Answer, Ranked, Search};
use anyhow::Context;
use extraction::extract_template;
use formats::image::DecodeLimits;
use node::{Node, NodeError, StoredImage};
use search::FingerDetail;
use vocabulary::{GrayImage, ImpressionKey, SubjectId, Template};

/// The whole page, with pictures of the best `pictures` candidates.
pub(crate) fn page(
    answer: &Answer,
    search: &Search<'_>,
    node: &Node,
    pictures: usize,
) -> anyhow::Result<String> {
    let mut page = Page::new("Identification report", lead(answer));
    page.section("Search", facts(answer, node));
    page.section("Probe", html_table(&PRINT_TITLES, print_rows("probe", &answer.probe)));
    page.section("Candidates", candidates(&answer.candidates));
    let mut shown = vec![element("p", &[("class", "soft")], [legend()])];
    let details = search.identification.ranked();
    for (ranked, (candidate, detail)) in answer.candidates.iter().zip(details).take(pictures) {
        let mut parts = vec![heading(ranked)];
        for finger in &detail.fingers {
            let reference = Stored::read(node, &candidate.subject, finger)?;
            parts.push(fingers_picture(&mut page, search, finger, &reference));
        }
        shown.push(element("div", &[("class", "candidate")], parts));
    }
    if answer.candidates.len() > pictures {
        let rest = answer.candidates.len() - pictures;
        let text = format!("{rest} further candidates are listed above without pictures.");
        shown.push(element("p", &[("class", "soft")], [Html::text(text)]));
    }
    page.section("Probe and candidates side by side", join(shown));
    if !answer.remarks.is_empty() {
        page.section("Remarks", sentences(&answer.remarks));
    }
    page.section("What this answer does not cover", not_covered(answer));
    page.section("How to read this", reading_notes());
    Ok(page.finish(&made()))
}

fn lead(answer: &Answer) -> Html {
    let matches = answer.candidates.iter().filter(|c| c.decision == "match").count();
    let (class, words) = match matches {
        0 => ("no", "No candidate meets the threshold.".to_owned()),
        1 => ("yes", "One candidate meets the threshold.".to_owned()),
        n => ("yes", format!("{n} candidates meet the threshold.")),
    };
    let found = element("span", &[("class", class)], [Html::text(words)]);
    let rest = " The search proposes; a trained examiner decides.";
    element("p", &[], [found, Html::text(rest)])
}

fn facts(answer: &Answer, node: &Node) -> Html {
    definitions([
        ("Gallery", Html::text(node.dir().display())),
        ("Persons in the gallery", Html::text(answer.gallery_persons)),
        (
            "References compared",
            Html::text(format!("{} of {}", answer.eligible_references, answer.gallery_references)),
        ),
        ("Threshold set by", Html::text(&answer.threshold_from)),
        ("Scanned on", Html::text(&answer.scanned_on)),
        ("Time of the search", Html::text(format!("{:.0} ms", answer.seconds * 1000.0))),
        ("Matching parameters", element("code", &[], [Html::text(&answer.parameters_hash)])),
        ("Extractor version", Html::text(answer.extractor_version)),
    ])
}

/// The ranked list.
pub(crate) fn candidates(candidates: &[Ranked]) -> Html {
    if candidates.is_empty() {
        return element("p", &[], [Html::text("There is no candidate.")]);
    }
    let titles = [
        "#Rank",
        "Subject",
        "#Similarity",
        "#Threshold",
        "#Likelihood ratio",
        "#Expected false positives",
        "Per finger",
        "Decision",
    ];
    let row = |candidate: &Ranked| {
        vec![
            Html::text(candidate.rank),
            Html::path(&candidate.subject),
            Html::text(candidate.similarity),
            Html::text(candidate.threshold),
            Html::power_of_ten(candidate.log10_likelihood_ratio),
            Html::text(words::small(candidate.expected_false_positives)),
            Html::text(crate::identification::contributions(&candidate.fingers)),
            decision(candidate.decision),
        ]
    };
    html_table(&titles, candidates.iter().map(row))
}

/// Rank, subject and decision above the pictures of a candidate.
pub(crate) fn heading(ranked: &Ranked) -> Html {
    let numbers = join([
        Html::text(format!("similarity {}, threshold {}, ", ranked.similarity, ranked.threshold)),
        Html::text("likelihood ratio "),
        Html::power_of_ten(ranked.log10_likelihood_ratio),
        Html::text(format!(" ({})", ranked.likelihood_words)),
    ]);
    element(
        "h3",
        &[],
        [
            Html::text(format!("{}. {}", ranked.rank, ranked.subject)),
            decision(ranked.decision),
            element("span", &[("class", "soft")], [numbers]),
        ],
    )
}

fn not_covered(answer: &Answer) -> Html {
    if answer.not_covered.is_empty() {
        let text = "Nothing: every reference of the gallery was compared in full.";
        return element("p", &[], [Html::text(text)]);
    }
    sentences(&answer.not_covered)
}

fn sentences(sentences: &[String]) -> Html {
    let item = |sentence: &String| element("li", &[], [Html::text(sentence)]);
    element("ul", &[], sentences.iter().map(item))
}

/// A reference as the gallery holds it.
pub(crate) struct Stored {
    key: ImpressionKey,
    template: Template,
    image: Option<GrayImage>,
    /// The image that should be there cannot be shown.
    damaged: bool,
}

impl Stored {
    /// Reads the reference that a finger of a candidate matched best. A damaged image leaves a gap
    /// and fails nothing.
    pub(crate) fn read(
        node: &Node,
        subject: &SubjectId,
        finger: &FingerDetail,
    ) -> anyhow::Result<Self> {
        let key = ImpressionKey {
            subject: subject.clone(),
            position: finger.position,
            impression: finger.impression.clone(),
        };
        let reference = node.reference(&key)?;
        let reference = reference.with_context(|| format!("{key} was erased meanwhile"))?;
        let stored = match node.image(&key) {
            Err(NodeError::DamagedImage { .. }) => None,
            stored => stored?,
        };
        let image = stored.and_then(|stored| picture(&stored, &reference.template));
        let damaged = reference.image_ppi.is_some() && image.is_none();
        Ok(Self { key, template: reference.template, image, damaged })
    }
}

/// The image that a template was extracted from; a file may hold those of several fingers. `None`
/// when there is none to be read: the reference is then shown by its minutiae alone.
fn picture(stored: &StoredImage, template: &Template) -> Option<GrayImage> {
    let decoded = formats::image::decode_all(&stored.bytes, &DecodeLimits::default()).ok()?;
    let mut images: Vec<GrayImage> = decoded.into_iter().map(|decoded| decoded.image).collect();
    if images.len() == 1 {
        return images.pop();
    }
    // The same image gives the same minutiae.
    let is_it = |image: &GrayImage| {
        let extracted = extract_template(image, stored.ppi, &extraction::Parameters::default());
        extracted.is_ok_and(|extracted| extracted.minutiae() == template.minutiae())
    };
    images.into_iter().find(is_it)
}

/// A print of the probe beside the reference it matched best.
pub(crate) fn fingers_picture(
    page: &mut Page,
    search: &Search<'_>,
    finger: &FingerDetail,
    reference: &Stored,
) -> Html {
    let print = &search.prints[finger.probe_print];
    let probe = Shown {
        id: format!("probe-{}", crate::load::hexadecimal(&print.digest[..6]))
            + &format!("-{}", print.index),
        label: format!("Probe {}: {}", finger.probe_print + 1, file_name(print)),
        image: print.image(),
        template: &print.template,
    };
    let key = &reference.key;
    let unique = crate::load::hexadecimal(key.to_string().as_bytes());
    let shown = Shown {
        id: format!("reference-{unique}"),
        label: format!("{}, {}, impression {}", key.subject, key.position, key.impression),
        image: reference.image.as_ref(),
        template: &reference.template,
    };
    let finding =
        Finding { similarity: finger.similarity, pairs: &finger.pairs, evidence: &finger.evidence };
    let compared = comparison(page, &probe, &shown, finding);
    if !reference.damaged {
        return compared;
    }
    let gap = "The stored image of this reference is damaged or no longer readable: only its \
               minutiae are shown. Enroll the print again.";
    join([compared, element("p", &[("class", "no")], [Html::text(gap)])])
}

fn file_name(print: &crate::load::Print) -> String {
    let name = print.path.file_name().unwrap_or(print.path.as_os_str());
    name.to_string_lossy().into_owned()
}
