//! Stage 1: what the sensor did not see.
//!
//! Frames, cut-out backgrounds and the corners of a turned image are of one gray level. Their edges
//! are no ridges, and their contrast to the print is none of the print's, so they count as outside
//! the image in every stage. A valley may be of one gray level too, but it is narrower than the
//! square that must be flat.

use crate::bits::BitImage;
use vocabulary::GrayImage;

/// Half the side of the square that must be flat, in pixels: the square is as wide as a ridge and a
/// valley.
const REACH: usize = 4;
/// Largest difference of gray levels in the square.
const SPREAD: u8 = 2;

/// Which pixels were seen: 1, or 0 where a flat square covers them.
pub(crate) struct Seen {
    width: usize,
    values: Vec<u8>,
}

impl Seen {
    /// Finds the flat squares. Only the part of a square inside the image counts.
    pub(crate) fn of(gray: &GrayImage) -> Self {
        let (width, height) = (gray.width() as usize, gray.height() as usize);
        let largest = spread(gray.pixels().to_vec(), width, height, u8::max);
        let smallest = spread(gray.pixels().to_vec(), width, height, u8::min);
        let flat = |(large, small): (&u8, &u8)| u8::from(large - small <= SPREAD);
        let flat: Vec<u8> = largest.iter().zip(&smallest).map(flat).collect();
        let mut values = spread(flat, width, height, u8::max);
        values.iter_mut().for_each(|value| *value = 1 - *value);
        Self { width, values }
    }

    /// One row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Clears the bits of the pixels that were not seen.
    pub(crate) fn cut(&self, bits: &mut BitImage) {
        for y in 0..bits.height() {
            let row = self.row(y);
            for (word, values) in bits.row_mut(y).iter_mut().zip(row.chunks(64)) {
                let mut seen = 0u64;
                for (bit, value) in values.iter().enumerate() {
                    seen |= u64::from(*value) << bit;
                }
                *word &= seen;
            }
        }
    }
}

/// The largest or smallest value in the square around every pixel, as `better` says.
fn spread(values: Vec<u8>, width: usize, height: usize, better: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let mut across = values.clone();
    for (out, row) in across.chunks_mut(width).zip(values.chunks(width)) {
        for shift in 1..=REACH.min(width - 1) {
            for (out, value) in out[..width - shift].iter_mut().zip(&row[shift..]) {
                *out = better(*out, *value);
            }
            for (out, value) in out[shift..].iter_mut().zip(row) {
                *out = better(*out, *value);
            }
        }
    }
    let mut both = across.clone();
    for shift in 1..=REACH.min(height - 1) {
        let rows = width * (height - shift);
        for (out, value) in both[..rows].iter_mut().zip(&across[width * shift..]) {
            *out = better(*out, *value);
        }
        for (out, value) in both[width * shift..].iter_mut().zip(&across[..rows]) {
            *out = better(*out, *value);
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> GrayImage {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        GrayImage::new(width, height, pixels.map(|(x, y)| pixel(x, y)).collect()).unwrap()
    }

    fn unseen(seen: &Seen, height: usize) -> usize {
        (0..height).map(|y| seen.row(y).iter().filter(|value| **value == 0).count()).sum()
    }

    #[test]
    fn a_frame_is_not_seen_and_ridges_with_flat_valleys_are() {
        let ridges = |x: u32| if x % 10 < 4 { 30 } else { 255 };
        let plain = image(62, 50, |x, _| ridges(x));
        assert_eq!(unseen(&Seen::of(&plain), 50), 0);
        let inner = |x: u32, y: u32| (6..54).contains(&x) && (6..44).contains(&y);
        let framed = image(60, 50, |x, y| if inner(x, y) { ridges(x) } else { 0 });
        let seen = Seen::of(&framed);
        assert_eq!(unseen(&seen, 50), 60 * 50 - 48 * 38);
        assert_eq!((seen.row(20)[5], seen.row(20)[6]), (0, 1));
    }

    #[test]
    fn an_image_of_one_gray_level_is_not_seen_at_all() {
        for (width, height) in [(1, 1), (3, 40), (64, 65)] {
            let seen = Seen::of(&image(width, height, |_, _| 200));
            assert_eq!(unseen(&seen, height as usize), (width * height) as usize);
            let mut bits = BitImage::zero(width as usize, height as usize);
            bits.set(0, 0, true);
            seen.cut(&mut bits);
            assert_eq!(bits.count(), 0);
        }
    }
}
