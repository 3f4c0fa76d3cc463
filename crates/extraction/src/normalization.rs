//! Stage 1: removes shading and equalizes contrast.
//!
//! Every pixel is measured against mean and standard deviation of the square around it. A floor
//! under the deviation keeps flat background flat. Sums are integers, hence exact.

use crate::cells::Cells;
use crate::plane::Plane;
use vocabulary::GrayImage;

/// Half the side of the square, in pixels: it spans more than two ridge periods.
const RADIUS_PX: usize = 12;
/// Values beyond this many deviations are cut: blots must not outweigh ridges.
const LIMIT: f32 = 2.0;
/// The floor as a share of the contrast in the best parts of the print.
const FLOOR_SHARE: f32 = 0.15;
/// The least floor, in gray levels: quantization noise.
const FLOOR_MIN: f32 = 1.5;
/// Side of a contrast cell, in pixels.
pub(crate) const CELL_PX: usize = 8;

/// The result of this stage.
pub(crate) struct Normalized {
    /// Deviations from the local mean, ridges positive, cut to `-2.0..=2.0`.
    pub(crate) plane: Plane,
    /// Standard deviation of the gray levels in and around a cell, in gray levels.
    pub(crate) contrast: Cells<f32>,
    /// Contrast of the best tenth of the cells, in gray levels.
    pub(crate) contrast_best: f32,
}

/// Removes local mean and deviation.
pub(crate) fn normalize(gray: &GrayImage) -> Normalized {
    let contrast = contrast(gray);
    let mut sorted = contrast.values().to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let contrast_best = sorted[sorted.len() * 9 / 10];
    let floor = (FLOOR_SHARE * contrast_best).max(FLOOR_MIN);
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let mut plane = Plane::zero(width, height);
    let mut window = ColumnSums::new(gray);
    for y in 0..height {
        window.move_to(y);
        window.normalize_row(y, floor * floor, plane.row_mut(y));
    }
    Normalized { plane, contrast, contrast_best }
}

/// Sums of gray levels and their squares over a band of rows, for each column.
struct ColumnSums<'a> {
    gray: &'a GrayImage,
    rows: std::ops::Range<usize>,
    sums: Vec<u32>,
    squares: Vec<u32>,
    // Running totals over the columns, one longer than the row.
    total: Vec<u32>,
    total_squares: Vec<u64>,
}

impl<'a> ColumnSums<'a> {
    fn new(gray: &'a GrayImage) -> Self {
        let width = gray.width() as usize;
        Self {
            gray,
            rows: 0..0,
            sums: vec![0; width],
            squares: vec![0; width],
            total: vec![0; width + 1],
            total_squares: vec![0; width + 1],
        }
    }

    /// Moves the band to the rows around `y`.
    fn move_to(&mut self, y: usize) {
        let end = (y + RADIUS_PX + 1).min(self.gray.height() as usize);
        for entering in self.rows.end..end {
            let row = self.gray.row(entering as u32);
            for ((sum, square), pixel) in self.sums.iter_mut().zip(&mut self.squares).zip(row) {
                let pixel = u32::from(*pixel);
                *sum += pixel;
                *square += pixel * pixel;
            }
        }
        let start = y.saturating_sub(RADIUS_PX);
        for leaving in self.rows.start..start {
            let row = self.gray.row(leaving as u32);
            for ((sum, square), pixel) in self.sums.iter_mut().zip(&mut self.squares).zip(row) {
                let pixel = u32::from(*pixel);
                *sum -= pixel;
                *square -= pixel * pixel;
            }
        }
        self.rows = start..end;
    }

    /// Normalizes the row `y` into `out`.
    fn normalize_row(&mut self, y: usize, floor_squared: f32, out: &mut [f32]) {
        let (mut sum, mut square) = (0u32, 0u64);
        for x in 0..self.sums.len() {
            sum += self.sums[x];
            square += u64::from(self.squares[x]);
            self.total[x + 1] = sum;
            self.total_squares[x + 1] = square;
        }
        let width = out.len();
        let pixels = self.gray.row(y as u32);
        for (x, (out, pixel)) in out.iter_mut().zip(pixels).enumerate() {
            let (left, right) = (x.saturating_sub(RADIUS_PX), (x + RADIUS_PX + 1).min(width));
            let count = ((right - left) * self.rows.len()) as f32;
            let mean = (self.total[right] - self.total[left]) as f32 / count;
            let squares = (self.total_squares[right] - self.total_squares[left]) as f32 / count;
            let variance = (squares - mean * mean).max(0.0);
            let deviation = (variance + floor_squared).sqrt();
            *out = ((mean - f32::from(*pixel)) / deviation).clamp(-LIMIT, LIMIT);
        }
    }
}

/// Standard deviation in the 3 x 3 cells around each cell.
fn contrast(gray: &GrayImage) -> Cells<f32> {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let mut sums = Cells::filled(width, height, CELL_PX, (0u64, 0u64, 0u64));
    let columns = sums.columns();
    for y in 0..height {
        let cells = &mut sums.values_mut()[y / CELL_PX * columns..][..columns];
        for (cell, pixels) in cells.iter_mut().zip(gray.row(y as u32).chunks(CELL_PX)) {
            let (mut sum, mut square) = (0u32, 0u32);
            for pixel in pixels {
                sum += u32::from(*pixel);
                square += u32::from(*pixel) * u32::from(*pixel);
            }
            *cell =
                (cell.0 + pixels.len() as u64, cell.1 + u64::from(sum), cell.2 + u64::from(square));
        }
    }
    let mut contrast = Cells::filled(width, height, CELL_PX, 0.0);
    for row in 0..sums.rows() {
        for column in 0..columns {
            let (mut count, mut sum, mut square) = (0, 0, 0);
            for (c, r) in sums.around(column, row, 1) {
                let cell = sums.get(c, r);
                (count, sum, square) = (count + cell.0, sum + cell.1, square + cell.2);
            }
            let mean = sum as f64 / count as f64;
            let variance = (square as f64 / count as f64 - mean * mean).max(0.0);
            contrast.set(column, row, variance.sqrt() as f32);
        }
    }
    contrast
}
