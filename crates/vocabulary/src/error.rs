//! What makes a value of this crate impossible.

use thiserror::Error;

/// A value that no noun of this crate can hold. Texts name the limit, never the biometric content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VocabularyError {
    /// The number of pixels does not fit the width and height.
    #[error("an image of {width} x {height} pixels needs {expected} bytes, not {found}")]
    PixelCount {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// `width * height`.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// A side of an image or template is zero or above the limit.
    #[error("a size of {width} x {height} pixels is outside 1..={max} on a side")]
    Size {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Largest side allowed.
        max: u32,
    },
    /// A minutia lies outside its template.
    #[error("minutia {index} lies outside the {width} x {height} template")]
    MinutiaOutside {
        /// Index in the list given.
        index: usize,
        /// Columns of the template.
        width: u16,
        /// Rows of the template.
        height: u16,
    },
    /// More minutiae than a template can hold.
    #[error("{found} minutiae are more than the {max} that a template holds")]
    MinutiaCount {
        /// Minutiae given.
        found: usize,
        /// Most allowed.
        max: usize,
    },
    /// A quality or reliability above 100.
    #[error("a quality of {0} is above 100")]
    Quality(u8),
    /// A number that is no finger position of ANSI/NIST-ITL 1-2011, table 8.
    #[error("{0:?} is no finger position: give a number 0..=17 or a name such as right-index")]
    FingerPosition(String),
    /// An identifier of the wrong length or with a forbidden character.
    #[error(
        "{kind} {text:?} must be 1 to {max} characters: letters, digits, '.', '_', '-' and '@'"
    )]
    Identifier {
        /// Which identifier.
        kind: &'static str,
        /// What was given, cut to 80 characters.
        text: String,
        /// Longest allowed.
        max: usize,
    },
    /// The number of cells does not fit the columns and rows.
    #[error("a ridge flow of {columns} x {rows} cells does not fit {found} cells")]
    RidgeFlowCells {
        /// Columns of cells.
        columns: u16,
        /// Rows of cells.
        rows: u16,
        /// Cells given.
        found: usize,
    },
}
