//! What makes an extraction impossible.

use thiserror::Error;

/// Why an image cannot be extracted. A print without minutiae is a result, not an error.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExtractionError {
    /// The resolution is no positive number, or far from what any scanner delivers.
    #[error("a resolution of {ppi} ppi is outside 50..=5000: give the one the image was taken at")]
    Resolution {
        /// Resolution given, in pixels per inch.
        ppi: f32,
    },
    /// At 500 ppi the image would be larger than a template can describe.
    #[error(
        "at 500 ppi the image has {width} x {height} pixels, more than {max} on a side: cut it \
         into single prints"
    )]
    TooLarge {
        /// Columns after resampling to 500 ppi.
        width: u64,
        /// Rows after resampling to 500 ppi.
        height: u64,
        /// Largest side allowed.
        max: u16,
    },
    /// The ridge period contradicts the resolution given.
    #[error(
        "{given} ppi cannot be right: the distance between ridges says about {likely} ppi; give \
         the true resolution"
    )]
    ImplausibleResolution {
        /// Resolution given, in pixels per inch.
        given: f32,
        /// Resolution at which the ridges would have their usual distance, rounded to 10 ppi.
        likely: f32,
    },
}
