//! JPEG 2000 (ISO/IEC 15444-1), as JP2 file or bare codestream, by the library `hayro-jpeg2000`.
//!
//! The markers are walked here first (`budget`): a codestream of a few bytes can ask for many
//! millions of tiles, precincts or code-blocks, each with bookkeeping of its own.

mod budget;

use super::raster::{self, Channels};
use super::{DecodeLimits, DecodedImage, FileResolution, ImageError, ImageFormat, guard};
use budget::Budget;
use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

const FORMAT: ImageFormat = ImageFormat::Jpeg2000;
const CODESTREAM: &[u8] = b"\xff\x4f\xff\x51";
const JP2: &[u8] = b"\x00\x00\x00\x0cjP  ";

/// Decodes a JPEG 2000 image. Resolution comes from the capture resolution box of a JP2 file, or
/// its display resolution box.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole JPEG 2000 image within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let (codestream, resolution) = if bytes.starts_with(JP2) {
        (find_codestream(bytes)?, find_resolution(bytes))
    } else if bytes.starts_with(CODESTREAM) {
        (bytes, None)
    } else {
        return Err(ImageError::WrongFormat { expected: FORMAT });
    };
    let budget = Budget::read(codestream)?;
    budget.check(limits)?;
    let decoded = guard::catch(FORMAT, || decode_guarded(bytes, limits))?;
    Ok(decoded.with_resolution(resolution))
}

fn decode_guarded(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let settings = DecodeSettings::default();
    let image = Image::new(bytes, &settings).map_err(|_| corrupt("header"))?;
    // The library counts pixels of the largest component, which subsampling makes fewer.
    let size = limits.admit(image.width().into(), image.height().into(), 1)?;
    let depth = image.original_bit_depth();
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| corrupt("coded data"))?;

    let planes: Vec<(&[f32], f32)> = decoded
        .components()
        .iter()
        .map(|plane| (plane.samples(), 65_535.0 / ((1_u64 << plane.bit_depth()) - 1) as f32))
        .collect();
    let layout = Layout::of(&image, planes.len())?;
    let count = size.0 as usize * size.1 as usize;
    if planes.iter().any(|(samples, _)| samples.len() != count) {
        return Err(corrupt("component size"));
    }
    let pixels = (0..count).map(|i| layout.gray(|plane| sample(planes[plane], i))).collect();
    let gray = raster::image(FORMAT, size, pixels)?;
    let color = !matches!(layout.channels, Channels::Gray | Channels::GrayAlpha);
    Ok(DecodedImage::new(gray, FORMAT, depth.clamp(1, 16), color))
}

/// A sample as one of 16 bits.
fn sample((samples, scale): (&[f32], f32), index: usize) -> u32 {
    // A cast from float to integer saturates below.
    ((samples[index] * scale + 0.5) as u32).min(65_535)
}

/// What the components mean.
struct Layout {
    channels: Channels,
    /// The first four components are inks.
    ink: bool,
}

impl Layout {
    fn of(image: &Image, planes: usize) -> Result<Self, ImageError> {
        let colors = usize::from(image.color_space().num_channels());
        let alpha = image.has_alpha() && planes > colors;
        let (channels, ink) = match (colors, alpha, image.color_space()) {
            (1, false, _) => (Channels::Gray, false),
            (1, true, _) => (Channels::GrayAlpha, false),
            (3, false, _) => (Channels::Rgb, false),
            (3, true, _) => (Channels::Rgba, false),
            (4, _, ColorSpace::CMYK | ColorSpace::Icc { .. }) => (Channels::Rgb, true),
            _ => {
                return Err(ImageError::Unsupported { format: FORMAT, feature: "color space" });
            }
        };
        let needed = if ink { 4 } else { channels.count() };
        if planes < needed { Err(corrupt("components")) } else { Ok(Self { channels, ink }) }
    }

    fn gray(&self, sample: impl Fn(usize) -> u32) -> u8 {
        if self.ink {
            let black = u64::from(65_535 - sample(3));
            let light = |i| (u64::from(65_535 - sample(i)) * black / 65_535) as u32;
            return Channels::Rgb.gray(&[light(0), light(1), light(2)], 65_535);
        }
        let mut pixel = [0; 4];
        let count = self.channels.count();
        for (i, value) in pixel[..count].iter_mut().enumerate() {
            *value = sample(i);
        }
        self.channels.gray(&pixel[..count], 65_535)
    }
}

/// The boxes of a JP2 file or of a box that holds others: type and content, the last without
/// content where it ends beyond the data.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], Option<&[u8]>)> {
    std::iter::from_fn(move || {
        let (head, body) = rest.split_at_checked(8)?;
        let bytes = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let split = match bytes {
            0 => Some((body, &body[body.len()..])),
            1 => body.split_at_checked(8).and_then(|(length, body)| {
                let length = length.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
                body.split_at_checked(usize::try_from(length.checked_sub(16)?).ok()?)
            }),
            _ => (bytes as usize).checked_sub(8).and_then(|bytes| body.split_at_checked(bytes)),
        };
        rest = split.map_or(&[], |(_, next)| next);
        Some(([head[4], head[5], head[6], head[7]], split.map(|(content, _)| content)))
    })
}

fn find_codestream(file: &[u8]) -> Result<&[u8], ImageError> {
    let truncated = ImageError::Truncated { format: FORMAT, part: "boxes" };
    let found = boxes(file).find(|(kind, content)| kind == b"jp2c" || content.is_none());
    found.and_then(|(_, content)| content).ok_or(truncated)
}

/// Of the capture resolution box, else of the display resolution box.
fn find_resolution(file: &[u8]) -> Option<FileResolution> {
    let inside = |data, wanted: &[u8; 4]| {
        boxes(data).find(|(kind, _)| kind == wanted).and_then(|(_, content)| content)
    };
    let resolution = inside(inside(file, b"jp2h")?, b"res ")?;
    let values = inside(resolution, b"resc").or_else(|| inside(resolution, b"resd"))?;
    let [vn, vn2, vd, vd2, hn, hn2, hd, hd2, v_exponent, h_exponent, ..] = *values else {
        return None;
    };
    let per_meter = |numerator: [u8; 2], denominator: [u8; 2], exponent: u8| {
        let [n, d] = [numerator, denominator].map(|bytes| f64::from(u16::from_be_bytes(bytes)));
        let exponent = exponent as i8;
        let tens = (0..exponent.unsigned_abs()).fold(1.0, |product, _| product * 10.0);
        if exponent < 0 { n / d / tens } else { n / d * tens }
    };
    let vertical = per_meter([vn, vn2], [vd, vd2], v_exponent);
    FileResolution::per_meter(per_meter([hn, hn2], [hd, hd2], h_exponent), vertical)
}

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}

#[cfg(test)]
mod tests;
