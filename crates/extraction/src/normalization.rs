//! Stage 1: removes shading and equalizes contrast.
//!
//! Every pixel is measured against mean and standard deviation of the square around it. A floor
//! under the deviation keeps flat background flat. Sums are integers, hence exact. What was not
//! seen ([`Seen`]) takes no part.

use crate::band;
use crate::blank::Seen;
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
    /// The same, limited to the band of ridge periods.
    pub(crate) band: Plane,
    /// Standard deviation of the gray levels in and around a cell, in gray levels.
    pub(crate) contrast: Cells<f32>,
    /// Contrast of the best tenth of the cells that were seen, in gray levels.
    pub(crate) contrast_best: f32,
    /// The pixels that took part.
    pub(crate) seen: Seen,
}

/// Removes local mean and deviation.
pub(crate) fn normalize(gray: &GrayImage) -> Normalized {
    let seen = Seen::of(gray);
    let (contrast, mut sorted) = contrast(gray, &seen);
    sorted.sort_unstable_by(f32::total_cmp);
    let contrast_best = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
    let floor = (FLOOR_SHARE * contrast_best).max(FLOOR_MIN);
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let mut plane = Plane::zero(width, height);
    let mut window = ColumnSums::new(gray, &seen);
    for y in 0..height {
        window.move_to(y);
        window.normalize_row(y, floor * floor, plane.row_mut(y));
    }
    let band = band::keep(&plane);
    Normalized { plane, band, contrast, contrast_best, seen }
}

/// Sums of gray levels and their squares over a band of rows, for each column.
struct ColumnSums<'a> {
    gray: &'a GrayImage,
    seen: &'a Seen,
    rows: std::ops::Range<usize>,
    counts: Vec<u32>,
    sums: Vec<u32>,
    squares: Vec<u32>,
    // Running totals over the columns, one longer than the row.
    total_count: Vec<u32>,
    total: Vec<u32>,
    total_squares: Vec<u64>,
}

impl<'a> ColumnSums<'a> {
    fn new(gray: &'a GrayImage, seen: &'a Seen) -> Self {
        let width = gray.width() as usize;
        Self {
            gray,
            seen,
            rows: 0..0,
            counts: vec![0; width],
            sums: vec![0; width],
            squares: vec![0; width],
            total_count: vec![0; width + 1],
            total: vec![0; width + 1],
            total_squares: vec![0; width + 1],
        }
    }

    /// Moves the band to the rows around `y`.
    fn move_to(&mut self, y: usize) {
        let end = (y + RADIUS_PX + 1).min(self.gray.height() as usize);
        for entering in self.rows.end..end {
            self.change(entering, u32::wrapping_add);
        }
        let start = y.saturating_sub(RADIUS_PX);
        for leaving in self.rows.start..start {
            self.change(leaving, u32::wrapping_sub);
        }
        self.rows = start..end;
    }

    /// Adds a row to the sums or takes it away; nothing wraps, because only added rows are taken
    /// away.
    fn change(&mut self, y: usize, by: impl Fn(u32, u32) -> u32) {
        let pixels = self.gray.row(y as u32).iter().zip(self.seen.row(y));
        let sums = self.counts.iter_mut().zip(&mut self.sums).zip(&mut self.squares);
        for (((count, sum), square), (pixel, seen)) in sums.zip(pixels) {
            let seen = u32::from(*seen);
            let pixel = u32::from(*pixel) * seen;
            *count = by(*count, seen);
            *sum = by(*sum, pixel);
            *square = by(*square, pixel * pixel);
        }
    }

    /// Normalizes the row `y` into `out`.
    fn normalize_row(&mut self, y: usize, floor_squared: f32, out: &mut [f32]) {
        let (mut count, mut sum, mut square) = (0u32, 0u32, 0u64);
        for x in 0..self.sums.len() {
            count += self.counts[x];
            sum += self.sums[x];
            square += u64::from(self.squares[x]);
            self.total_count[x + 1] = count;
            self.total[x + 1] = sum;
            self.total_squares[x + 1] = square;
        }
        let width = out.len();
        let pixels = self.gray.row(y as u32).iter().zip(self.seen.row(y));
        for (x, (out, (pixel, seen))) in out.iter_mut().zip(pixels).enumerate() {
            if *seen == 0 {
                continue;
            }
            let (left, right) = (x.saturating_sub(RADIUS_PX), (x + RADIUS_PX + 1).min(width));
            let count = (self.total_count[right] - self.total_count[left]) as f32;
            let mean = (self.total[right] - self.total[left]) as f32 / count;
            let squares = (self.total_squares[right] - self.total_squares[left]) as f32 / count;
            let variance = (squares - mean * mean).max(0.0);
            let deviation = (variance + floor_squared).sqrt();
            *out = ((mean - f32::from(*pixel)) / deviation).clamp(-LIMIT, LIMIT);
        }
    }
}

/// Standard deviation in the 3 x 3 cells around each cell, 0 where less than a third of them was
/// seen; and the list of the others.
fn contrast(gray: &GrayImage, seen: &Seen) -> (Cells<f32>, Vec<f32>) {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let mut sums = Cells::filled(width, height, CELL_PX, (0u64, 0u64, 0u64));
    let columns = sums.columns();
    for y in 0..height {
        let cells = &mut sums.values_mut()[y / CELL_PX * columns..][..columns];
        let pixels = gray.row(y as u32).chunks(CELL_PX).zip(seen.row(y).chunks(CELL_PX));
        for (cell, (pixels, seen)) in cells.iter_mut().zip(pixels) {
            let (mut count, mut sum, mut square) = (0u32, 0u32, 0u32);
            for (pixel, seen) in pixels.iter().zip(seen) {
                let pixel = u32::from(*pixel) * u32::from(*seen);
                count += u32::from(*seen);
                sum += pixel;
                square += pixel * pixel;
            }
            *cell =
                (cell.0 + u64::from(count), cell.1 + u64::from(sum), cell.2 + u64::from(square));
        }
    }
    let mut contrast = Cells::filled(width, height, CELL_PX, 0.0);
    let mut measured = Vec::new();
    for row in 0..sums.rows() {
        for column in 0..columns {
            let (mut count, mut sum, mut square) = (0, 0, 0);
            for (c, r) in sums.around(column, row, 1) {
                let cell = sums.get(c, r);
                (count, sum, square) = (count + cell.0, sum + cell.1, square + cell.2);
            }
            if count < (3 * CELL_PX * CELL_PX) as u64 {
                continue;
            }
            let mean = sum as f64 / count as f64;
            let variance = (square as f64 / count as f64 - mean * mean).max(0.0);
            contrast.set(column, row, variance.sqrt() as f32);
            measured.push(variance.sqrt() as f32);
        }
    }
    (contrast, measured)
}
