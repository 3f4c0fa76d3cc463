//! Why an image could not be decoded.

use super::ImageFormat;
use thiserror::Error;

/// An image that cannot be decoded. Texts name the situation and the way out, never pixels.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// There are no bytes.
    #[error("the file is empty: export the image again")]
    Empty,
    /// The first bytes belong to no format this crate reads.
    #[error(
        "the first bytes belong to no known image format: give PNG, TIFF, BMP, JPEG, JPEG 2000, \
         PGM, WSQ or ISO/IEC 19794-4"
    )]
    UnknownFormat,
    /// The bytes are of another format than the decoder called.
    #[error("these bytes are no {expected}")]
    WrongFormat {
        /// The format of the decoder that was called.
        expected: ImageFormat,
    },
    /// The data ends before the image is complete.
    #[error("the {format} data ends too early ({part}): the file was cut off, copy it again")]
    Truncated {
        /// The format being decoded.
        format: ImageFormat,
        /// What was being read.
        part: &'static str,
    },
    /// A field or the coded data contradicts the format.
    #[error("the {format} data is corrupt ({part}): export the image again")]
    Corrupt {
        /// The format being decoded.
        format: ImageFormat,
        /// What is wrong.
        part: &'static str,
    },
    /// A legal variant of the format that this crate does not read.
    #[error("this variant of {format} is not supported ({feature}): save it as PNG or plain TIFF")]
    Unsupported {
        /// The format being decoded.
        format: ImageFormat,
        /// The variant.
        feature: &'static str,
    },
    /// The header states a side of zero or above the limit.
    #[error("an image of {width} x {height} pixels is outside 1..={max} on a side: crop it")]
    Size {
        /// Columns stated.
        width: u64,
        /// Rows stated.
        height: u64,
        /// [`super::DecodeLimits::max_side`].
        max: u32,
    },
    /// The header states more pixels than the limit.
    #[error("an image of {width} x {height} has more than {max} pixels: crop it")]
    PixelCount {
        /// Columns stated.
        width: u64,
        /// Rows stated.
        height: u64,
        /// [`super::DecodeLimits::max_pixels`].
        max: u64,
    },
    /// Decoding would need more memory than the limit.
    #[error("decoding would need {needed} bytes of memory, more than {max}: save it as 8-bit gray")]
    Memory {
        /// Bytes estimated from the header.
        needed: u64,
        /// [`super::DecodeLimits::max_allocation_bytes`].
        max: u64,
    },
    /// The record holds no image.
    #[error("the {format} record holds no image")]
    NoImage {
        /// The format being decoded.
        format: ImageFormat,
    },
    /// A value that the encoder cannot write.
    #[error("{format} cannot hold this image ({part})")]
    NotEncodable {
        /// The format being written.
        format: ImageFormat,
        /// What does not fit.
        part: &'static str,
    },
}
