//! Finger image records of ISO/IEC 19794-4, editions 2005 and 2011.
//!
//! A record holds one or more representations: a small header (position, impression, resolution)
//! and an image, raw or in a format of its own. The image's own format is recognized by its first
//! bytes; the header's compression code is needed only for raw pixels, since writers are known to
//! confuse the codes of the two editions.

use super::cursor::Cursor;
use super::raster::{self, PackedSamples, to_8_bit};
use super::{DecodeLimits, DecodedImage, FileResolution, ImageError, ImageFormat, decode_payload};
use vocabulary::{FingerPosition, ImpressionType};

const FORMAT: ImageFormat = ImageFormat::Iso19794;
const HEADER: &str = "header";

/// Decodes the first representation of a record.
///
/// # Errors
/// As [`decode_all`].
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let first = representations(bytes)?.next().unwrap_or(Err(NO_IMAGE))?;
    first.decode(limits)
}

/// Decodes every representation of a record, in its order.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole record, or when a representation cannot be
/// decoded within `limits`; all together may have [`DecodeLimits::max_pixels`].
pub fn decode_all(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<DecodedImage>, ImageError> {
    let mut left = *limits;
    let mut images = Vec::new();
    for representation in representations(bytes)? {
        let image = representation?.decode(&left)?;
        left.max_pixels -= image.image.pixels().len() as u64;
        images.push(image);
    }
    if images.is_empty() { Err(NO_IMAGE) } else { Ok(images) }
}

const NO_IMAGE: ImageError = ImageError::NoImage { format: FORMAT };

/// One representation, not yet decoded.
struct Representation<'a> {
    position: u8,
    impression: u8,
    resolution: Option<FileResolution>,
    bit_depth: u8,
    compression: u8,
    width: u16,
    height: u16,
    data: &'a [u8],
}

/// The fields that the edition of 2005 has once in a record, that of 2011 in each representation.
#[derive(Clone, Copy)]
struct Image {
    resolution: Option<FileResolution>,
    bit_depth: u8,
    compression: u8,
}

impl Image {
    /// Scale unit, scan rate, image rate, depth and compression.
    fn read(cursor: &mut Cursor) -> Result<Self, ImageError> {
        let unit = cursor.u8(HEADER)?;
        let mut rates = [0.0; 4];
        for rate in &mut rates {
            *rate = f64::from(cursor.u16_be(HEADER)?);
        }
        let [_, _, x, y] = rates;
        let resolution = match unit {
            1 => FileResolution::per_inch(x, y),
            2 => FileResolution::per_centimeter(x, y),
            _ => None,
        };
        let [bit_depth, compression] = [cursor.u8(HEADER)?, cursor.u8(HEADER)?];
        Ok(Self { resolution, bit_depth, compression })
    }
}

type Representations<'a> = Box<dyn Iterator<Item = Result<Representation<'a>, ImageError>> + 'a>;

/// Walks the representations of a record of either edition.
fn representations(bytes: &[u8]) -> Result<Representations<'_>, ImageError> {
    let Some(rest) = bytes.strip_prefix(b"FIR\0") else {
        return Err(ImageError::WrongFormat { expected: FORMAT });
    };
    let mut cursor = Cursor::new(rest, FORMAT);
    match cursor.take(4, HEADER)? {
        b"020\0" => edition_2011(cursor),
        b"010\0" => edition_2005(cursor),
        _ => Err(ImageError::Unsupported { format: FORMAT, feature: "edition" }),
    }
}

fn edition_2011(mut cursor: Cursor<'_>) -> Result<Representations<'_>, ImageError> {
    cursor.u32_be(HEADER)?;
    let count = cursor.u16_be(HEADER)?;
    let certified = cursor.u8(HEADER)? != 0;
    cursor.u8(HEADER)?;
    Ok(Box::new((0..count).map(move |_| {
        let bytes = cursor.u32_be("representation")?;
        // The length counts itself.
        let bytes = (bytes as usize).checked_sub(4).ok_or(corrupt("representation length"))?;
        read_2011(Cursor::new(cursor.take(bytes, "representation")?, FORMAT), certified)
    })))
}

fn read_2011(mut cursor: Cursor<'_>, certified: bool) -> Result<Representation<'_>, ImageError> {
    // Date, capture technology, vendor and type of the device.
    cursor.take(14, HEADER)?;
    let qualities = usize::from(cursor.u8(HEADER)?);
    cursor.take(5 * qualities, "quality blocks")?;
    if certified {
        let certificates = usize::from(cursor.u8(HEADER)?);
        cursor.take(3 * certificates, "certification blocks")?;
    }
    let position = cursor.u8(HEADER)?;
    cursor.u8(HEADER)?;
    let image = Image::read(&mut cursor)?;
    let impression = cursor.u8(HEADER)?;
    let (width, height) = (cursor.u16_be(HEADER)?, cursor.u16_be(HEADER)?);
    let bytes = cursor.u32_be(HEADER)? as usize;
    let data = cursor.take(bytes, "image data")?;
    Ok(image.with(position, impression, (width, height), data))
}

fn edition_2005(mut cursor: Cursor<'_>) -> Result<Representations<'_>, ImageError> {
    // Six bytes of record length, device and acquisition level.
    cursor.take(10, HEADER)?;
    cursor.u8(HEADER)?;
    let image = Image::read(&mut cursor)?;
    cursor.take(2, HEADER)?;
    // The header counts fingers and each finger its views: the data is the more reliable witness.
    Ok(Box::new(std::iter::from_fn(move || {
        (!cursor.rest().is_empty()).then(|| read_2005(&mut cursor, image))
    })))
}

fn read_2005<'a>(cursor: &mut Cursor<'a>, image: Image) -> Result<Representation<'a>, ImageError> {
    let mut header = cursor.clone();
    let bytes = header.u32_be("view")? as usize;
    let whole = cursor.take(bytes, "view");
    let whole = whole.inspect_err(|_| *cursor = Cursor::new(&[], FORMAT))?;
    let mut view = Cursor::new(whole, FORMAT);
    view.take(4, HEADER).inspect_err(|_| *cursor = Cursor::new(&[], FORMAT))?;
    let position = view.u8(HEADER)?;
    // Number of views, number of this view, quality.
    view.take(3, HEADER)?;
    let impression = view.u8(HEADER)?;
    let size = (view.u16_be(HEADER)?, view.u16_be(HEADER)?);
    view.u8(HEADER)?;
    Ok(image.with(position, impression, size, view.rest()))
}

impl Image {
    fn with(
        self,
        position: u8,
        impression: u8,
        (width, height): (u16, u16),
        data: &[u8],
    ) -> Representation<'_> {
        let Self { resolution, bit_depth, compression } = self;
        Representation {
            position,
            impression,
            resolution,
            bit_depth,
            compression,
            width,
            height,
            data,
        }
    }
}

impl Representation<'_> {
    fn decode(&self, limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
        let payload = match self.raw_rows() {
            // Raw pixels may begin as the signature of a format does.
            Some(_) => None,
            None => decode_payload(self.data, limits),
        };
        let decoded = payload.unwrap_or_else(|| self.decode_raw(limits))?;
        let believed = self.resolution.filter(|resolution| resolution.is_believable());
        let stated = believed.or(decoded.stated_resolution).or(self.resolution);
        let decoded = DecodedImage {
            format: FORMAT,
            finger: FingerPosition::new(self.position).ok(),
            impression: Some(ImpressionType(self.impression)),
            ..decoded
        };
        Ok(decoded.with_resolution(stated))
    }

    /// Bits in which each pixel is stored raw: whole bytes, or packed by compression code 1.
    fn stored_bits(&self) -> usize {
        let bits = usize::from(self.bit_depth);
        if self.compression == 1 { bits } else { bits.next_multiple_of(8) }
    }

    /// Bytes of a raw row and pixels in it, if the data is long enough for raw pixels and said to
    /// be such. Packed rows may or may not begin on a byte; where they do not, all is one row.
    fn raw_rows(&self) -> Option<(usize, usize)> {
        if self.compression > 1 {
            return None;
        }
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let row_bytes = (width * self.stored_bits()).div_ceil(8);
        let bytes = self.data.len();
        if bytes >= row_bytes * height {
            return Some((row_bytes, width));
        }
        let packed = (width * height * self.stored_bits()).div_ceil(8);
        (bytes >= packed).then_some((bytes, width * height))
    }

    fn decode_raw(&self, limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
        if self.compression > 1 {
            return Err(corrupt("image data"));
        }
        if !(1..=16).contains(&self.bit_depth) {
            return Err(ImageError::Unsupported { format: FORMAT, feature: "pixel depth" });
        }
        let size = limits.admit(self.width.into(), self.height.into(), 1)?;
        let truncated = ImageError::Truncated { format: FORMAT, part: "pixels" };
        let (row_bytes, columns) = self.raw_rows().ok_or(truncated)?;
        let (stored, max) = (self.stored_bits() as u32, (1 << self.bit_depth) - 1);
        let gray = self.data.chunks(row_bytes).flat_map(|row| {
            PackedSamples::new(row, stored).take(columns).map(|sample| to_8_bit(sample, max))
        });
        let pixels = gray.take(size.0 as usize * size.1 as usize).collect();
        let image = raster::image(FORMAT, size, pixels)?;
        Ok(DecodedImage::new(image, FORMAT, self.bit_depth, false))
    }
}

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}

#[cfg(test)]
mod tests;
