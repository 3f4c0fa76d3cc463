//! How much a decoder may take on.

use super::ImageError;
use vocabulary::GrayImage;

/// Limits enforced from the header, before anything of the stated size is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Largest width and height, in pixels; at most [`GrayImage::MAX_SIDE`] is of use.
    pub max_side: u32,
    /// Most pixels.
    pub max_pixels: u64,
    /// Most bytes of working memory for one image, the result included. Decoders estimate their
    /// need from the header; the estimates are upper bounds within about a tenth.
    pub max_allocation_bytes: u64,
}

impl Default for DecodeLimits {
    /// 20,000 pixels on a side, 100 million pixels, 1 GiB of working memory.
    fn default() -> Self {
        Self {
            max_side: GrayImage::MAX_SIDE,
            max_pixels: 100_000_000,
            max_allocation_bytes: 1 << 30,
        }
    }
}

impl DecodeLimits {
    /// Accepts a size stated by a header for a decoder that needs `bytes_per_pixel` of working
    /// memory, and returns it in pixels.
    ///
    /// # Errors
    /// [`ImageError::Size`], [`ImageError::PixelCount`] or [`ImageError::Memory`].
    pub(crate) fn admit(
        &self,
        width: u64,
        height: u64,
        bytes_per_pixel: u64,
    ) -> Result<(u32, u32), ImageError> {
        let max = self.max_side.min(GrayImage::MAX_SIDE);
        let sides = 1..=u64::from(max);
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(ImageError::Size { width, height, max });
        }
        let pixels = width * height;
        if pixels > self.max_pixels {
            return Err(ImageError::PixelCount { width, height, max: self.max_pixels });
        }
        self.admit_memory(pixels.saturating_mul(bytes_per_pixel))?;
        Ok((width as u32, height as u32))
    }

    /// Accepts a need of working memory.
    ///
    /// # Errors
    /// [`ImageError::Memory`].
    pub(crate) fn admit_memory(&self, needed: u64) -> Result<(), ImageError> {
        let max = self.max_allocation_bytes;
        if needed > max { Err(ImageError::Memory { needed, max }) } else { Ok(()) }
    }
}
