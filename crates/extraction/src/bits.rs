//! Binary images, 64 pixels to a word.

use std::fmt;

/// One bit per pixel at 500 ppi. Bit `x % 64` of word `x / 64` of a row is column `x`; bits beyond
/// the width are zero. `Debug` shows the size only.
#[derive(Clone, PartialEq, Eq)]
pub struct BitImage {
    width: usize,
    height: usize,
    words_per_row: usize,
    words: Vec<u64>,
}

impl BitImage {
    /// All bits zero.
    pub(crate) fn zero(width: usize, height: usize) -> Self {
        let words_per_row = width.div_ceil(64);
        Self { width, height, words_per_row, words: vec![0; words_per_row * height] }
    }

    /// Columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The words of one row.
    ///
    /// # Panics
    /// When `y` is not below the height.
    pub fn row(&self, y: usize) -> &[u64] {
        &self.words[y * self.words_per_row..(y + 1) * self.words_per_row]
    }

    /// The words of one row, to be changed. Bits beyond the width must stay zero.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [u64] {
        &mut self.words[y * self.words_per_row..(y + 1) * self.words_per_row]
    }

    /// Whether the bit of a pixel is set; pixels outside the image are not.
    pub fn get(&self, x: isize, y: isize) -> bool {
        if x < 0 || y < 0 || x as usize >= self.width || y as usize >= self.height {
            return false;
        }
        let (x, y) = (x as usize, y as usize);
        self.words[y * self.words_per_row + x / 64] >> (x % 64) & 1 == 1
    }

    /// Sets or clears the bit of a pixel of the image.
    pub(crate) fn set(&mut self, x: usize, y: usize, value: bool) {
        let word = &mut self.words[y * self.words_per_row + x / 64];
        *word = *word & !(1 << (x % 64)) | u64::from(value) << (x % 64);
    }

    /// Number of set bits.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }
}

impl fmt::Debug for BitImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitImage({} x {})", self.width, self.height)
    }
}
