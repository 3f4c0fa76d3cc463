//! What makes an evaluation impossible.

use thiserror::Error;
use vocabulary::ImpressionKey;

/// Why no rate can be given. Too few comparisons for one rate is not an error but the value
/// [`crate::Measurement::NotEnoughComparisons`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvaluationError {
    /// No finger has two impressions.
    #[error("there is no mated comparison: give at least two impressions of one finger")]
    NoMatedComparisons,
    /// There is only one finger.
    #[error("there is no non-mated comparison: give impressions of at least two fingers")]
    NoNonMatedComparisons,
    /// The same impression was labeled twice.
    #[error("impression {0} is listed twice: give each impression of a finger its own label")]
    DuplicateImpression(ImpressionKey),
    /// The similarities do not belong to the plan.
    #[error("{found} similarities were given for {expected} {kind} comparisons")]
    SimilarityCount {
        /// `mated` or `non-mated`.
        kind: &'static str,
        /// Comparisons in the plan.
        expected: usize,
        /// Similarities given.
        found: usize,
    },
    /// More impressions than a plan can index.
    #[error("{0} impressions are more than the {max} one evaluation can hold", max = u32::MAX)]
    TooManyImpressions(usize),
    /// No search at all.
    #[error("there is no search to evaluate: give at least one probe")]
    NoSearches,
}
