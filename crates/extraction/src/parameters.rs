//! Every tuned constant that a caller may change.

/// What a caller may choose. The rest of the constants stand beside the stage they belong to,
/// because changing them changes [`crate::EXTRACTOR_VERSION`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Most minutiae kept, the most reliable first, `0..=4096`.
    pub minutiae_max: usize,
    /// Minutiae below this reliability are dropped, `0..=100`.
    pub reliability_min: u8,
    /// Whether a print with light ridges on a dark ground is recognized and turned.
    pub detect_polarity: bool,
    /// Whether a resolution that the ridge period contradicts is an error.
    pub check_resolution: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            minutiae_max: 1024,
            reliability_min: 0,
            detect_polarity: true,
            check_resolution: true,
        }
    }
}
