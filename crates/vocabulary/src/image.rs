//! Gray images.

use crate::VocabularyError;
use std::fmt;

/// An 8-bit gray image, row by row from the top, 0 black, 255 white. `Debug` shows only its size.
#[derive(Clone, PartialEq, Eq)]
pub struct GrayImage {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl GrayImage {
    /// Largest width or height, in pixels: a 40 x 40 inch sheet at 500 ppi.
    pub const MAX_SIDE: u32 = 20_000;

    /// Wraps pixels.
    ///
    /// # Errors
    /// A side of zero or above [`Self::MAX_SIDE`], or a wrong number of pixels.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, VocabularyError> {
        let sides = 1..=Self::MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(VocabularyError::Size { width, height, max: Self::MAX_SIDE });
        }
        let (expected, found) = (u64::from(width) * u64::from(height), pixels.len() as u64);
        if expected != found {
            return Err(VocabularyError::PixelCount { width, height, expected, found });
        }
        Ok(Self { width, height, pixels })
    }

    /// Columns.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, `width * height` of them.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One row.
    ///
    /// # Panics
    /// When `y` is not below the height.
    pub fn row(&self, y: u32) -> &[u8] {
        let width = self.width as usize;
        let start = y as usize * width;
        &self.pixels[start..start + width]
    }

    /// One pixel.
    ///
    /// # Panics
    /// When `x` or `y` is outside the image.
    pub fn pixel(&self, x: u32, y: u32) -> u8 {
        assert!(x < self.width, "column {x} of an image {} wide", self.width);
        self.row(y)[x as usize]
    }

    /// The pixels alone.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl fmt::Debug for GrayImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrayImage({} x {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_exactly_its_pixels() {
        assert!(GrayImage::new(3, 2, vec![0; 6]).is_ok());
        assert!(GrayImage::new(3, 2, vec![0; 5]).is_err());
        assert!(GrayImage::new(0, 2, vec![]).is_err());
        assert!(GrayImage::new(60_000, 60_000, vec![]).is_err());
    }

    #[test]
    fn debug_does_not_show_pixels() {
        let image = GrayImage::new(2, 2, vec![77; 4]).unwrap();
        assert_eq!(format!("{image:?}"), "GrayImage(2 x 2)");
    }
}
