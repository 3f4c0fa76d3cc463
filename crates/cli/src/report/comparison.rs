//! One comparison of two prints in a report: the picture and what it was decided from.

use super::side_by_side::{Side, side_by_side, symbol};
use super::words;
use super::{Html, Page, figure};
use matching::{Evidence, MinutiaPair};
use vocabulary::{GrayImage, Similarity, Template};

/// A print as a report shows it.
pub(crate) struct Shown<'a> {
    /// Unique in the page; letters, digits and hyphens.
    pub(crate) id: String,
    /// What stands above it.
    pub(crate) label: String,
    /// Its pixels, when they were kept.
    pub(crate) image: Option<&'a GrayImage>,
    /// Its minutiae.
    pub(crate) template: &'a Template,
}

impl Shown<'_> {
    fn side(&self) -> Side<'_> {
        let picture = self.image.map(|_| self.id.as_str());
        Side { label: &self.label, picture, template: self.template }
    }

    fn define_in(&self, page: &mut Page) {
        if let Some(image) = self.image {
            page.define(&self.id, || symbol(&self.id, image, self.template));
        }
    }
}

/// What came of the comparison.
#[derive(Clone, Copy)]
pub(crate) struct Finding<'a> {
    /// How alike the two are.
    pub(crate) similarity: Similarity,
    /// Paired minutiae.
    pub(crate) pairs: &'a [MinutiaPair],
    /// What the similarity was made from.
    pub(crate) evidence: &'a Evidence,
}

/// Both prints with their paired minutiae, and a caption.
pub(crate) fn comparison(
    page: &mut Page,
    probe: &Shown<'_>,
    reference: &Shown<'_>,
    finding: Finding<'_>,
) -> Html {
    probe.define_in(page);
    reference.define_in(page);
    let pairs: Vec<(u16, u16)> = finding.pairs.iter().map(|p| (p.probe, p.reference)).collect();
    figure(side_by_side(probe.side(), reference.side(), &pairs), caption(finding))
}

fn caption(finding: Finding<'_>) -> Html {
    let evidence = finding.evidence;
    let mut text = format!(
        "Similarity {} of 1000. {} paired; {} of the probe and {} of the reference lie \
         where the prints overlap.",
        finding.similarity,
        words::counted(finding.pairs.len() as u64, ["minutia", "minutiae"]),
        evidence.probe_in_overlap,
        evidence.reference_in_overlap,
    );
    if evidence.paired > 0 {
        text.push_str(&format!(
            " After alignment they lie {:.1} px (500 ppi) apart on average.",
            evidence.residual_px,
        ));
    }
    if evidence.flow_agreement != 0.0 {
        let agreement = words::percent(f64::from(evidence.flow_agreement.max(0.0)));
        text.push_str(&format!(" The ridge directions agree by {agreement}."));
    }
    Html::text(text)
}

/// How to read the marks, once per report.
pub(crate) fn legend() -> Html {
    Html::text(
        "Circles are ridge endings, squares bifurcations; the tail shows the direction. Minutiae \
         with the same color and number were paired, gray ones were not. Point at a pair to see \
         the line between its two marks.",
    )
}
