//! What a decoder returns.

use super::FileResolution;
use std::fmt;
use vocabulary::{FingerPosition, GrayImage, ImpressionType};

/// An image format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// ISO/IEC 15948.
    Png,
    /// TIFF 6.0.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// ISO/IEC 10918-1, baseline and progressive.
    Jpeg,
    /// ISO/IEC 15444-1, JP2 file or bare codestream.
    Jpeg2000,
    /// PGM and PPM (P2, P3, P5, P6).
    Pnm,
    /// FBI IAFIS-IC-0110 wavelet scalar quantization.
    Wsq,
    /// ISO/IEC 19794-4:2011 finger image record.
    Iso19794,
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Pnm => "PNM",
            Self::Wsq => "WSQ",
            Self::Iso19794 => "ISO/IEC 19794-4",
        })
    }
}

/// An image as 8-bit gray, with what its file says about it. `Debug` shows no pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedImage {
    /// The pixels: color as Rec. 601 luma, transparency over white, deeper samples rounded to 8 bit.
    pub image: GrayImage,
    /// Resolution of the file, where it is believed ([`FileResolution::is_believable`]).
    pub resolution: Option<FileResolution>,
    /// Resolution as the file states it, believable or not.
    pub stated_resolution: Option<FileResolution>,
    /// The format; of the outer record for ISO/IEC 19794-4.
    pub format: ImageFormat,
    /// Bits per sample in the file, `1..=16`.
    pub bit_depth: u8,
    /// Whether the file holds color samples or a palette with color in it.
    pub color: bool,
    /// The finger, from an ISO/IEC 19794-4 record.
    pub finger: Option<FingerPosition>,
    /// How the print was taken, from an ISO/IEC 19794-4 record.
    pub impression: Option<ImpressionType>,
}

impl DecodedImage {
    /// An image of which the file says nothing but the pixels' depth.
    pub(crate) fn new(
        image: GrayImage,
        format: ImageFormat,
        bit_depth: u8,
        color: bool,
    ) -> DecodedImage {
        DecodedImage {
            image,
            resolution: None,
            stated_resolution: None,
            format,
            bit_depth,
            color,
            finger: None,
            impression: None,
        }
    }

    /// The same image with what its file states as resolution.
    pub(crate) fn with_resolution(self, stated: Option<FileResolution>) -> DecodedImage {
        let resolution = stated.filter(|r| r.is_believable());
        DecodedImage { resolution, stated_resolution: stated, ..self }
    }
}
