//! What makes a comparison or a calibration impossible.

use thiserror::Error;
use vocabulary::ExtractorVersion;

/// A refusal of this crate. Texts never show biometric content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MatchingError {
    /// The two templates come from different extractors.
    #[error(
        "the templates come from extractors {} and {}: extract both with the same version, \
         or allow the comparison explicitly",
        probe.0, reference.0
    )]
    ExtractorVersions {
        /// Of the probe.
        probe: ExtractorVersion,
        /// Of the reference.
        reference: ExtractorVersion,
    },
    /// Too few scores to fit a calibration.
    #[error("{kind} scores: {found} are too few to fit a calibration, give at least {needed}")]
    CalibrationScores {
        /// `mated` or `non-mated`.
        kind: &'static str,
        /// Scores given.
        found: usize,
        /// Scores needed.
        needed: usize,
    },
    /// A calibration text that cannot be read.
    #[error("calibration table, line {line}: {reason}")]
    CalibrationText {
        /// 1-based line.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}
