//! Image formats to 8-bit gray.
//!
//! [`decode`] recognizes the format by its first bytes ([`sniff`]) and returns gray pixels with
//! what the file says about itself. Every decoder checks the size in the header against
//! [`DecodeLimits`] before it allocates, returns an [`ImageError`] for bytes it cannot use, and does
//! not panic.
//!
//! Resolution is never guessed. [`DecodedImage::resolution`] is what the file states, unless the
//! statement is known to be meaningless ([`FileResolution::is_believable`]);
//! [`DecodedImage::stated_resolution`] keeps it in any case.

pub mod bmp;
mod cursor;
mod decoded;
mod error;
mod guard;
mod limits;
pub mod png;
pub mod pnm;
mod raster;
mod resolution;
pub mod wsq;

pub use decoded::{DecodedImage, ImageFormat};
pub use error::ImageError;
pub use limits::DecodeLimits;
pub use resolution::FileResolution;

/// The format of which `bytes` bear the signature, or `None`. Looks at the first 64 bytes only.
pub fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    let signatures: [(&[u8], ImageFormat); 14] = [
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
    ];
    let known = signatures.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|s| s.1);
    known.or_else(|| bytes.starts_with(b"P6").then_some(ImageFormat::Pnm))
}

/// Decodes the image in `bytes`, of any format of [`ImageFormat`]; the first image where the file
/// holds several.
///
/// # Errors
/// [`ImageError`] for every byte string that is no readable image within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    let format = sniff(bytes).ok_or(ImageError::UnknownFormat)?;
    match format {
        ImageFormat::Png => png::decode(bytes, limits),
        ImageFormat::Bmp => bmp::decode(bytes, limits),
        ImageFormat::Pnm => pnm::decode(bytes, limits),
        ImageFormat::Wsq => wsq::decode(bytes, limits),
        _ => Err(ImageError::Unsupported { format, feature: "not yet read" }),
    }
}

/// Decodes every image in `bytes`: all representations of an ISO/IEC 19794-4 record, the one image
/// of every other format. The limits hold for each image, and their pixels for the sum.
///
/// # Errors
/// As [`decode`]; one unreadable representation fails the record.
pub fn decode_all(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<DecodedImage>, ImageError> {
    decode(bytes, limits).map(|image| vec![image])
}

pub use png::encode as encode_png;
