//! Wavelet scalar quantization, the FBI's format for gray fingerprints of 500 ppi.
//!
//! Source: *WSQ Gray-scale Fingerprint Image Compression Specification*, IAFIS-IC-0110 (V3),
//! Criminal Justice Information Services, 1997, and the practice of the NIST reference software,
//! with which files are exchanged. The idea: shift and scale the image, decompose it into 64
//! subbands with a two-channel filter bank (`wavelet`, `subbands`), round each coefficient to
//! a bin whose width the file states per subband (`quantizer`), and code bins and runs of zeros
//! in three blocks with Huffman tables that the file carries (`huffman`).
//!
//! Departures: restart markers are accepted wherever they stand, the black and white calibration
//! values in the frame header are not applied (as in the reference software), and a stream whose
//! codes do not fill the image exactly is an error instead of a gray patch.

mod decode;
mod encode;
mod huffman;
mod huffman_build;
mod quantizer;
mod segments;
mod subbands;
mod wavelet;

pub use decode::decode;
pub use encode::{EncodeOptions, encode};

use super::{ImageError, ImageFormat};

/// Second bytes of the markers; the first is `0xff`.
mod marker {
    pub(super) const START_OF_IMAGE: u8 = 0xa0;
    pub(super) const END_OF_IMAGE: u8 = 0xa1;
    pub(super) const START_OF_FRAME: u8 = 0xa2;
    pub(super) const START_OF_BLOCK: u8 = 0xa3;
    pub(super) const TRANSFORM_TABLE: u8 = 0xa4;
    pub(super) const QUANTIZATION_TABLE: u8 = 0xa5;
    pub(super) const HUFFMAN_TABLES: u8 = 0xa6;
    pub(super) const RESTART_INTERVAL: u8 = 0xa7;
    pub(super) const COMMENT: u8 = 0xa8;
    pub(super) const RESTART_FIRST: u8 = 0xb0;
    pub(super) const RESTART_LAST: u8 = 0xb7;
}

/// Meaning of the Huffman values.
mod symbol {
    /// Longest run of zeros with a value of its own; runs of 1 to 100 are values 1 to 100.
    pub(super) const RUN_MAX: u8 = 100;
    /// A bin above 74, of 8 bits that follow.
    pub(super) const POSITIVE_8: u8 = 101;
    /// A bin below -73, its magnitude in 8 bits.
    pub(super) const NEGATIVE_8: u8 = 102;
    pub(super) const POSITIVE_16: u8 = 103;
    pub(super) const NEGATIVE_16: u8 = 104;
    /// A run of zeros, its length in 8 bits.
    pub(super) const RUN_8: u8 = 105;
    pub(super) const RUN_16: u8 = 106;
    /// Bins -73 to 74 are values 107 to 254: the bin and this.
    pub(super) const BIN_OFFSET: i32 = 180;
    pub(super) const BIN_MIN: i32 = -73;
    pub(super) const BIN_MAX: i32 = 74;
}

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: ImageFormat::Wsq, part }
}
