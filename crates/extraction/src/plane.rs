//! Real-valued images.

use std::fmt;

/// A real value per pixel at 500 ppi, row by row from the top. `Debug` shows the size only.
#[derive(Clone, PartialEq)]
pub struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// All zero.
    pub(crate) fn zero(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// Columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// All values, `width * height` of them.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to be changed.
    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// One row.
    ///
    /// # Panics
    /// When `y` is not below the height.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// The plane with a frame: `margin` pixels on every side and then up to a multiple of `block`.
    /// The frame mirrors the image, so that ridges go on instead of ending at its border.
    pub(crate) fn padded(&self, margin: usize, block: usize) -> Self {
        let width = self.width.next_multiple_of(block) + 2 * margin;
        let height = self.height.next_multiple_of(block) + 2 * margin;
        let mut out = Self::zero(width, height);
        for y in 0..height {
            let source = self.row(mirrored(y, margin, self.height));
            let row = out.row_mut(y);
            row[margin..margin + self.width].copy_from_slice(source);
            for x in (0..margin).chain(margin + self.width..width) {
                row[x] = source[mirrored(x, margin, source.len())];
            }
        }
        out
    }

    /// The value of the nearest pixel, zero outside.
    pub(crate) fn nearest(&self, x: f32, y: f32) -> f32 {
        // Shifted by one so that truncation rounds the same way left of zero.
        let (x, y) = ((x + 1.5) as usize, (y + 1.5) as usize);
        if x < 1 || y < 1 || x > self.width || y > self.height {
            return 0.0;
        }
        self.values[(y - 1) * self.width + x - 1]
    }

    /// Bilinear interpolation; outside, the border pixels hold.
    pub(crate) fn bilinear(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| self.values[y * self.width + x];
        let upper = at(left, top) * (1.0 - fx) + at(right, top) * fx;
        let lower = at(left, bottom) * (1.0 - fx) + at(right, bottom) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// One row, to be changed.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.values[y * self.width..(y + 1) * self.width]
    }
}

/// Index into a line of `length` for an index into the line with a mirroring margin before it.
fn mirrored(index: usize, margin: usize, length: usize) -> usize {
    let from_start = if index < margin { margin - 1 - index } else { index - margin };
    let folded = from_start % (2 * length);
    if folded < length { folded } else { 2 * length - 1 - folded }
}

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plane({} x {})", self.width, self.height)
    }
}
