//! Image formats to 8-bit gray.
//!
//! [`decode`] recognizes the format by its first bytes ([`sniff`]) and returns gray pixels with
//! what the file says about itself. Every decoder checks the size in the header against
//! [`DecodeLimits`] before it allocates, returns an [`ImageError`] for bytes it cannot use, and
//! does not panic.
//!
//! Resolution is never guessed. [`DecodedImage::resolution`] is what the file states, unless the
//! statement is known to be meaningless ([`FileResolution::is_believable`]);
//! [`DecodedImage::stated_resolution`] keeps it in any case.
//!
//! ```
//! use formats::image::{DecodeLimits, ImageFormat, decode, encode_png};
//! use vocabulary::GrayImage;
//!
//! let print = GrayImage::new(2, 2, vec![0, 80, 160, 255])?;
//! let decoded = decode(&encode_png(&print, Some(500)), &DecodeLimits::default())?;
//! assert_eq!((decoded.format, decoded.image), (ImageFormat::Png, print));
//! assert_eq!(decoded.resolution.map(|resolution| resolution.ppi_x), Some(500.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bmp;
mod cursor;
mod decoded;
mod error;
mod guard;
pub mod iso19794;
pub mod jpeg;
pub mod jpeg2000;
mod limits;
pub mod png;
pub mod pnm;
mod raster;
mod resolution;
pub mod tiff;
pub mod wsq;

pub use decoded::{DecodedImage, ImageFormat};
pub use error::ImageError;
pub use limits::DecodeLimits;
pub use resolution::FileResolution;

/// The format of which `bytes` bear the signature, or `None`. Looks at the first 64 bytes only.
pub fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    let signatures: [(&[u8], ImageFormat); 15] = [
        (b"\x89PNG\r\n\x1a\n", ImageFormat::Png),
        (b"II\x2a\x00", ImageFormat::Tiff),
        (b"MM\x00\x2a", ImageFormat::Tiff),
        (b"II\x2b\x00", ImageFormat::Tiff),
        (b"MM\x00\x2b", ImageFormat::Tiff),
        (b"BM", ImageFormat::Bmp),
        (b"\xff\xd8\xff", ImageFormat::Jpeg),
        (b"\x00\x00\x00\x0cjP  ", ImageFormat::Jpeg2000),
        (b"\xff\x4f\xff\x51", ImageFormat::Jpeg2000),
        (b"\xff\xa0\xff", ImageFormat::Wsq),
        (b"FIR\0", ImageFormat::Iso19794),
        (b"P2", ImageFormat::Pnm),
        (b"P3", ImageFormat::Pnm),
        (b"P5", ImageFormat::Pnm),
        (b"P6", ImageFormat::Pnm),
    ];
    signatures.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|s| s.1)
}

/// Decodes the image in `bytes`, of any format of [`ImageFormat`]; the first image where the file
/// holds several. The pixels stand upright, as the file's orientation tag asks.
///
/// # Errors
/// [`ImageError`] for every byte string that is no readable image within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    match sniff(bytes).ok_or(ImageError::UnknownFormat)? {
        ImageFormat::Iso19794 => iso19794::decode(bytes, limits),
        format => decode_single(format, bytes, limits),
    }
}

/// Decodes an image of a format that holds no others.
fn decode_single(
    format: ImageFormat,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<DecodedImage, ImageError> {
    match format {
        ImageFormat::Png => png::decode(bytes, limits),
        ImageFormat::Tiff => tiff::decode(bytes, limits),
        ImageFormat::Bmp => bmp::decode(bytes, limits),
        ImageFormat::Jpeg => jpeg::decode(bytes, limits),
        ImageFormat::Jpeg2000 => jpeg2000::decode(bytes, limits),
        ImageFormat::Pnm => pnm::decode(bytes, limits),
        ImageFormat::Wsq => wsq::decode(bytes, limits),
        // A record inside a record is none of the forms of ISO/IEC 19794-4.
        ImageFormat::Iso19794 => Err(ImageError::Corrupt { format, part: "image data" }),
    }
}

/// Decodes the image inside a record; `None` when it bears no format's signature.
fn decode_payload(bytes: &[u8], limits: &DecodeLimits) -> Option<Result<DecodedImage, ImageError>> {
    sniff(bytes).map(|format| decode_single(format, bytes, limits))
}

/// Decodes every image in `bytes`: all representations of an ISO/IEC 19794-4 record, the one image
/// of every other format. The limits hold for each image, and their pixels for the sum.
///
/// # Errors
/// As [`decode`]; one unreadable representation fails the record.
pub fn decode_all(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<DecodedImage>, ImageError> {
    match sniff(bytes) {
        Some(ImageFormat::Iso19794) => iso19794::decode_all(bytes, limits),
        _ => decode(bytes, limits).map(|image| vec![image]),
    }
}

pub use png::encode as encode_png;
