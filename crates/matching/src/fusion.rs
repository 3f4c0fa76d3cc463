//! From similarities of prints to the similarity of a person.
//!
//! The person similarity is the sum over fingers. Several impressions of one reference finger
//! give one value, the largest. Several probe prints of one finger give one value, the mean of
//! theirs rounded down. Probe prints of unknown position are assigned to reference fingers one to
//! one, so that no reference finger counts twice.

use vocabulary::{FingerPosition, Similarity};

/// One comparison of a probe print with a reference print of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintComparison {
    /// Index of the print within the probe.
    pub probe_print: usize,
    /// Finger of the probe print, possibly unknown.
    pub probe_position: FingerPosition,
    /// Index of the reference print, chosen by the caller; only handed back.
    pub reference_print: usize,
    /// Finger of the reference print, possibly unknown.
    pub reference_position: FingerPosition,
    /// Similarity of the two.
    pub similarity: Similarity,
}

/// The similarity of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonSimilarity {
    /// Sum over fingers.
    pub similarity: Similarity,
    /// Fingers that were compared, whatever came of it: the `fingers` of the calibration.
    pub fingers: usize,
    /// Indices into the comparisons given, one per probe print that contributed, by probe print.
    pub contributions: Vec<usize>,
}

/// Fuses the comparisons of one probe with one person.
pub fn fuse(comparisons: &[PrintComparison]) -> PersonSimilarity {
    let _ = comparisons;
    PersonSimilarity::default()
}
