//! Samples of any depth and color to 8-bit gray.

use super::{ImageError, ImageFormat};
use vocabulary::GrayImage;

/// What the samples of one pixel mean, in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    /// Samples per pixel.
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    pub(super) const fn is_color(self) -> bool {
        matches!(self, Self::Rgb | Self::Rgba)
    }

    /// The 8-bit gray value of one pixel of samples `0..=max`, transparency over white.
    ///
    /// # Panics
    /// When `pixel` is not [`Self::count`] long, or `max` is zero or above 65535.
    pub(super) fn gray(self, pixel: &[u32], max: u32) -> u8 {
        let value = match self {
            Self::Gray => pixel[0],
            Self::GrayAlpha => over_white(pixel[0], pixel[1], max),
            Self::Rgb => luma(pixel[0], pixel[1], pixel[2]),
            Self::Rgba => over_white(luma(pixel[0], pixel[1], pixel[2]), pixel[3], max),
        };
        to_8_bit(value, max)
    }

    /// Appends a row of 8-bit samples to `gray`.
    pub(super) fn append_row_8(self, row: &[u8], gray: &mut Vec<u8>) {
        if self == Self::Gray {
            gray.extend_from_slice(row);
            return;
        }
        let mut pixel = [0; 4];
        gray.extend(row.chunks_exact(self.count()).map(|samples| {
            for (to, from) in pixel.iter_mut().zip(samples) {
                *to = u32::from(*from);
            }
            self.gray(&pixel, 255)
        }));
    }

    /// Appends a row of big-endian 16-bit samples of range `0..=max` to `gray`.
    pub(super) fn append_row_16_be(self, row: &[u8], max: u32, gray: &mut Vec<u8>) {
        let mut pixel = [0; 4];
        gray.extend(row.chunks_exact(2 * self.count()).map(|samples| {
            for (to, from) in pixel.iter_mut().zip(samples.chunks_exact(2)) {
                *to = u32::from(u16::from_be_bytes([from[0], from[1]])).min(max);
            }
            self.gray(&pixel, max)
        }));
    }
}

/// Rec. ITU-R BT.601 luma of samples of any common range up to 16 bit, rounded.
pub(super) const fn luma(red: u32, green: u32, blue: u32) -> u32 {
    (299 * red + 587 * green + 114 * blue + 500) / 1000
}

/// A sample of opacity `alpha / max` laid over white.
const fn over_white(value: u32, alpha: u32, max: u32) -> u32 {
    let (value, alpha, max) = (value as u64, alpha as u64, max as u64);
    ((value * alpha + max * (max - alpha) + max / 2) / max) as u32
}

/// A sample of `0..=max` as the nearest of `0..=255`; `max` is at most 65535.
pub(super) const fn to_8_bit(value: u32, max: u32) -> u8 {
    let value = if value > max { max } else { value };
    ((value * 255 + max / 2) / max) as u8
}

/// The image of pixels that a decoder gathered.
///
/// # Errors
/// [`ImageError::Corrupt`] when their number does not fit the size in the header.
pub(super) fn image(
    format: ImageFormat,
    size: (u32, u32),
    pixels: Vec<u8>,
) -> Result<GrayImage, ImageError> {
    GrayImage::new(size.0, size.1, pixels)
        .map_err(|_| ImageError::Corrupt { format, part: "number of pixels" })
}

/// Samples of `1..=16` bits packed from the highest bit of each byte on.
pub(super) struct PackedSamples<'a> {
    bytes: &'a [u8],
    bits: u32,
    next_bit: usize,
}

impl<'a> PackedSamples<'a> {
    pub(super) const fn new(bytes: &'a [u8], bits: u32) -> Self {
        Self { bytes, bits, next_bit: 0 }
    }
}

impl Iterator for PackedSamples<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (start, shift) = (self.next_bit / 8, (self.next_bit % 8) as u32);
        let end = self.next_bit + self.bits as usize;
        if end > self.bytes.len() * 8 {
            return None;
        }
        let mut window = 0_u32;
        for i in 0..3 {
            window = window << 8 | u32::from(*self.bytes.get(start + i).unwrap_or(&0));
        }
        self.next_bit = end;
        Some(window >> (24 - shift - self.bits) & ((1 << self.bits) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_every_range_stay_black_and_white() {
        for bits in 1..=16 {
            let max = (1 << bits) - 1;
            assert_eq!((to_8_bit(0, max), to_8_bit(max, max)), (0, 255), "{bits} bit");
            for gray in 0..=255_u32 {
                let deep = gray * 65_535 / 255;
                assert_eq!(u32::from(to_8_bit(deep, 65_535)), gray);
            }
        }
    }

    #[test]
    fn gray_as_color_is_the_same_gray_and_full_transparency_is_white() {
        for v in 0..=255 {
            assert_eq!(u32::from(Channels::Rgb.gray(&[v, v, v], 255)), v);
            assert_eq!(u32::from(Channels::GrayAlpha.gray(&[v, 255], 255)), v);
            assert_eq!(Channels::Rgba.gray(&[v, 0, 9, 0], 255), 255);
        }
        assert_eq!(Channels::GrayAlpha.gray(&[0, 128], 255), 127);
    }

    #[test]
    fn packed_samples_are_read_from_the_highest_bit() {
        let four: Vec<u32> = PackedSamples::new(&[0x1f, 0x80], 4).collect();
        assert_eq!(four, [1, 15, 8, 0]);
        let twelve: Vec<u32> = PackedSamples::new(&[0xab, 0xcd, 0xef], 12).collect();
        assert_eq!(twelve, [0xabc, 0xdef]);
        let sixteen: Vec<u32> = PackedSamples::new(&[0x12, 0x34], 16).collect();
        assert_eq!(sixteen, [0x1234]);
    }
}
