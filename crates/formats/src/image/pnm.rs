//! Portable gray and pixel maps: P2 and P5 (gray), P3 and P6 (color), 8 and 16 bit.
//!
//! Source: the Netpbm manual, pages `pgm` and `ppm`. The format states no resolution.

use super::raster::{self, Channels};
use super::{DecodeLimits, DecodedImage, ImageError, ImageFormat};

const FORMAT: ImageFormat = ImageFormat::Pnm;

/// Decodes a PGM or PPM; the first image where the file holds several.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole PGM or PPM within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let (channels, plain) = match bytes {
        [b'P', b'2', ..] => (Channels::Gray, true),
        [b'P', b'3', ..] => (Channels::Rgb, true),
        [b'P', b'5', ..] => (Channels::Gray, false),
        [b'P', b'6', ..] => (Channels::Rgb, false),
        _ => return Err(ImageError::WrongFormat { expected: FORMAT }),
    };
    let mut text = Text { rest: &bytes[2..] };
    let (width, height) = (text.number("width")?, text.number("height")?);
    let max = text.number("largest value")?;
    if !(1..=65_535).contains(&max) {
        return Err(ImageError::Corrupt { format: FORMAT, part: "largest value" });
    }
    let size = limits.admit(width.into(), height.into(), 1)?;
    let samples = size.0 as usize * size.1 as usize * channels.count();
    let pixels = match plain {
        true => plain_pixels(&mut text, channels, max, samples)?,
        false => raw_pixels(text.rest, channels, max, samples)?,
    };
    let image = raster::image(FORMAT, size, pixels)?;
    let depth = (u32::BITS - max.leading_zeros()) as u8;
    Ok(DecodedImage::new(image, FORMAT, depth, channels.is_color()))
}

fn raw_pixels(
    rest: &[u8],
    channels: Channels,
    max: u32,
    samples: usize,
) -> Result<Vec<u8>, ImageError> {
    let truncated = ImageError::Truncated { format: FORMAT, part: "pixels" };
    // Exactly one white space ends the header.
    let rest = rest.get(1..).ok_or(truncated.clone())?;
    let sample_bytes = if max > 255 { 2 } else { 1 };
    let data = rest.get(..samples * sample_bytes).ok_or(truncated)?;
    let mut pixels = Vec::with_capacity(samples / channels.count());
    if sample_bytes == 2 {
        channels.append_row_16_be(data, max, &mut pixels);
    } else if max == 255 {
        channels.append_row_8(data, &mut pixels);
    } else {
        let mut pixel = [0; 4];
        pixels.extend(data.chunks_exact(channels.count()).map(|values| {
            for (to, from) in pixel.iter_mut().zip(values) {
                *to = u32::from(*from).min(max);
            }
            channels.gray(&pixel, max)
        }));
    }
    Ok(pixels)
}

fn plain_pixels(
    text: &mut Text,
    channels: Channels,
    max: u32,
    samples: usize,
) -> Result<Vec<u8>, ImageError> {
    // Each number needs a digit and a space: a short text cannot make us reserve much.
    if text.rest.len() < 2 * samples - 1 {
        return Err(ImageError::Truncated { format: FORMAT, part: "pixels" });
    }
    let mut pixels = Vec::with_capacity(samples / channels.count());
    let mut pixel = [0; 4];
    for _ in 0..samples / channels.count() {
        for value in &mut pixel[..channels.count()] {
            *value = text.number("pixels")?.min(max);
        }
        pixels.push(channels.gray(&pixel, max));
    }
    Ok(pixels)
}

/// Numbers separated by white space, and comments from `#` to the end of the line.
struct Text<'a> {
    rest: &'a [u8],
}

impl Text<'_> {
    fn number(&mut self, part: &'static str) -> Result<u32, ImageError> {
        self.skip_space();
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        if rest.is_empty() && number.is_empty() {
            return Err(ImageError::Truncated { format: FORMAT, part });
        }
        let value = std::str::from_utf8(number).ok().and_then(|digits| digits.parse().ok());
        self.rest = rest;
        value.ok_or(ImageError::Corrupt { format: FORMAT, part })
    }

    fn skip_space(&mut self) {
        while let [first, rest @ ..] = self.rest {
            match first {
                b'#' => {
                    let comment = rest.iter().take_while(|&&byte| byte != b'\n').count();
                    self.rest = &rest[comment..];
                }
                space if space.is_ascii_whitespace() => self.rest = rest,
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], size: (u32, u32), pixels: &[u8], depth: u8) {
        let decoded = decode(bytes, &DecodeLimits::default()).unwrap();
        assert_eq!((decoded.image.width(), decoded.image.height()), size);
        assert_eq!((decoded.image.pixels(), decoded.bit_depth), (pixels, depth));
        assert_eq!(decoded.resolution, None);
    }

    #[test]
    fn all_four_kinds_and_both_depths_are_read() {
        check(b"P5 2 1 255\n\x07\xff", (2, 1), &[7, 255], 8);
        check(b"P5\n# scanner\n1 2\n# a\n65535\n\x80\x80\xff\xff", (1, 2), &[128, 255], 16);
        check(b"P2\n3 1\n15\n0 5 # five\n15", (3, 1), &[0, 85, 255], 4);
        check(b"P6 1 1 255 \xff\x00\x00", (1, 1), &[76], 8);
        check(b"P3 1 2 1 1 1 1 0 0 0", (1, 2), &[255, 0], 1);
        check(b"P5 2 1 100\n\x64\xc8", (2, 1), &[255, 255], 7);
    }

    #[test]
    fn missing_pixels_and_senseless_headers_are_errors() {
        let error = |bytes: &[u8]| decode(bytes, &DecodeLimits::default()).unwrap_err();
        let truncated = ImageError::Truncated { format: FORMAT, part: "pixels" };
        assert_eq!(error(b"P5 2 2 255\n\x01\x02\x03"), truncated);
        assert_eq!(error(b"P2 2000 2000 255\n1 2 3"), truncated);
        assert!(matches!(error(b"P5 2 2 0\n1234"), ImageError::Corrupt { .. }));
        assert!(matches!(error(b"P5 x"), ImageError::Corrupt { part: "width", .. }));
        assert!(matches!(error(b"P5 60000 60000 255\n"), ImageError::Size { .. }));
        assert!(matches!(error(b"P5 19999 19999 255\n"), ImageError::PixelCount { .. }));
    }
}
