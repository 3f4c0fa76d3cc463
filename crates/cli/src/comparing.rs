//! 1:1 comparison of two sets of prints of one finger or several.

use crate::load::Print;
use anyhow::bail;
use clap::ValueEnum;
use matching::fusion::{PersonSimilarity, PrintComparison, fuse};
use matching::{Comparer, Comparison, Parameters, PreparedTemplate, check_comparable};
use vocabulary::Similarity;

/// What to do about prints made by different extractors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OtherExtractors {
    /// Stop with an error.
    Refuse,
    /// Leave them out, and say how many.
    Skip,
    /// Compare them all the same: the similarities are then lower, and not calibrated.
    Compare,
}

impl OtherExtractors {
    /// As the search knows it.
    pub(crate) const fn rule(self) -> search::ExtractorRule {
        match self {
            Self::Refuse => search::ExtractorRule::Refuse,
            Self::Skip => search::ExtractorRule::Skip,
            Self::Compare => search::ExtractorRule::Compare,
        }
    }
}

/// What came of comparing two sets of prints.
pub(crate) struct Compared {
    /// Of the persons: the sum over fingers.
    pub(crate) similarity: Similarity,
    /// Fingers compared.
    pub(crate) fingers: usize,
    /// In how many ways the prints could have been chosen.
    pub(crate) ways: u64,
    /// The comparisons that count, by probe print.
    pub(crate) contributions: Vec<Contribution>,
}

/// A comparison that counts.
pub(crate) struct Contribution {
    /// Index of the probe print.
    pub(crate) probe: usize,
    /// Index of the reference print.
    pub(crate) reference: usize,
    /// What came of it.
    pub(crate) comparison: Comparison,
}

/// Compares every probe print with every reference print of a finger that may be the same.
pub(crate) fn compare_persons(
    probe: &[Print],
    reference: &[Print],
    other_extractors: OtherExtractors,
) -> anyhow::Result<Compared> {
    let parameters = Parameters::default();
    let prepare = |print: &Print| PreparedTemplate::new(&print.template, &parameters);
    let probes: Vec<PreparedTemplate> = probe.iter().map(prepare).collect();
    let references: Vec<PreparedTemplate> = reference.iter().map(prepare).collect();
    let mut comparer = Comparer::new(&parameters);
    let (mut outcomes, mut prints) = (Vec::new(), Vec::new());
    for (p, prepared_probe) in probes.iter().enumerate() {
        for (r, prepared_reference) in references.iter().enumerate() {
            let position = |print: &Print| print.template.header().position;
            let (left, right) = (position(&probe[p]), position(&reference[r]));
            if !left.may_equal(right) {
                continue;
            }
            match (check_comparable(prepared_probe, prepared_reference), other_extractors) {
                (Ok(()), _) | (Err(_), OtherExtractors::Compare) => {}
                (Err(_), OtherExtractors::Skip) => continue,
                (Err(error), OtherExtractors::Refuse) => {
                    return Err(anyhow::Error::from(error).context(format!(
                        "{} and {} (see --other-extractors)",
                        probe[p].name(),
                        reference[r].name()
                    )));
                }
            }
            let comparison = comparer.compare(prepared_probe, prepared_reference);
            prints.push(PrintComparison {
                probe_print: p,
                probe_position: left,
                reference_print: r,
                reference_position: right,
                similarity: comparison.similarity,
            });
            outcomes.push(comparison);
        }
    }
    if prints.is_empty() {
        bail!(
            "no print of the one side may be compared with one of the other: give prints of the \
             same finger and the same extractor"
        );
    }
    let fused = fuse(&prints);
    let mut outcomes: Vec<Option<Comparison>> = outcomes.into_iter().map(Some).collect();
    let contribution = |index: usize| Contribution {
        probe: prints[index].probe_print,
        reference: prints[index].reference_print,
        comparison: outcomes[index].take().unwrap_or_default(),
    };
    let contributions = fused.contributions.iter().copied().map(contribution).collect();
    let PersonSimilarity { similarity, fingers, ways, .. } = fused;
    Ok(Compared { similarity, fingers, ways, contributions })
}
