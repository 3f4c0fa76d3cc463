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
    /// The pixels: color as Rec. 601 luma, transparency over white, deeper samples rounded to
    /// 8 bit.
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

    /// The image turned so that its first row is the top and its first column the left one, after
    /// the value of the TIFF tag `Orientation`; any value but 2 to 8 changes nothing.
    pub(crate) fn upright(self, orientation: u64) -> DecodedImage {
        let (width, height) = (self.image.width(), self.image.height());
        let (right, bottom) = (width - 1, height - 1);
        // The stored column and row of each pixel of the result.
        let stored: fn(u32, u32, u32, u32) -> (u32, u32) = match orientation {
            2 => |x, y, right, _| (right - x, y),
            3 => |x, y, right, bottom| (right - x, bottom - y),
            4 => |x, y, _, bottom| (x, bottom - y),
            5 => |x, y, _, _| (y, x),
            6 => |x, y, _, bottom| (y, bottom - x),
            7 => |x, y, right, bottom| (right - y, bottom - x),
            8 => |x, y, right, _| (right - y, x),
            _ => return self,
        };
        let turned = orientation > 4;
        let (columns, rows) = if turned { (height, width) } else { (width, height) };
        let mut pixels = Vec::with_capacity(self.image.pixels().len());
        for y in 0..rows {
            for x in 0..columns {
                let (column, row) = stored(x, y, right, bottom);
                pixels.push(self.image.pixel(column, row));
            }
        }
        let image = GrayImage::new(columns, rows, pixels).expect("sides and pixels are the same");
        let swap = |resolution: FileResolution| match turned {
            true => FileResolution { ppi_x: resolution.ppi_y, ppi_y: resolution.ppi_x },
            false => resolution,
        };
        let stated = self.stated_resolution.map(swap);
        DecodedImage { image, ..self }.with_resolution(stated)
    }
}
