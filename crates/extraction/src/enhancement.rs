//! Stage 5: contextual enhancement.
//!
//! Every block is filtered with the even Gabor kernel of its own ridge orientation and period
//! (L. Hong, Y. Wan and A. Jain, TPAMI 20(8), 1998, section 2.6), free of any constant part.
//! Kernels are quantized to [`ORIENTATIONS`] and [`PERIODS`] steps and computed once per process.

use crate::cells::Cells;
use crate::frequency::{PERIOD_MAX_PX, PERIOD_MIN_PX};
use crate::orientation::{self, Doubled};
use crate::plane::Plane;
use std::sync::OnceLock;

/// Quantized orientations in half a turn.
const ORIENTATIONS: usize = 32;
/// Quantized periods, eighths of an octave apart.
const PERIODS: usize = 26;
/// Logarithmic distance of two quantized periods: an eighth of an octave.
const PERIOD_STEP: f32 = std::f32::consts::LN_2 / 8.0;
/// Largest reach of a kernel, in pixels on each side.
const REACH_MAX: usize = 16;
/// Side of a block, in pixels. Blocks and orientation cells coincide.
const BLOCK: usize = crate::orientation::CELL_PX;

/// A square kernel of odd side; rows keep only the taps inside a circle.
struct Kernel {
    reach: usize,
    /// First column and taps of every row.
    rows: Vec<(usize, Vec<f32>)>,
}

/// Kernels of one shape, made when first used.
pub(crate) struct Bank {
    kernels: [OnceLock<Kernel>; ORIENTATIONS * PERIODS],
    /// Standard deviations along and across the ridges, in periods.
    along: f32,
    across: f32,
}

impl Bank {
    const fn new(along: f32, across: f32) -> Self {
        Self { kernels: [const { OnceLock::new() }; ORIENTATIONS * PERIODS], along, across }
    }

    fn kernel(&self, orientation: usize, period: usize) -> &Kernel {
        self.kernels[orientation * PERIODS + period].get_or_init(|| {
            let angle = orientation as f32 * std::f32::consts::PI / ORIENTATIONS as f32;
            let period = PERIOD_MIN_PX * libm::expf(PERIOD_STEP * period as f32);
            gabor(angle, period, self.along * period, self.across * period)
        })
    }
}

/// The first pass: tolerant of wrong orientations.
pub(crate) static TOLERANT: Bank = Bank::new(0.45, 0.42);
/// The second pass: longer along the ridges.
pub(crate) static LONG: Bank = Bank::new(0.52, 0.36);

/// A kernel with gain one for a grating of this angle and period, and gain zero for a constant.
fn gabor(angle: f32, period: f32, along: f32, across: f32) -> Kernel {
    let (ux, uy) = (libm::cosf(angle), -libm::sinf(angle));
    let reach = ((2.3 * along.max(across) + 0.5) as usize).clamp(2, REACH_MAX);
    let side = 2 * reach + 1;
    let wave = std::f32::consts::TAU / period;
    let mut cells = vec![(0.0f32, 0.0f32); side * side];
    let (mut gauss_sum, mut wave_sum) = (0.0, 0.0);
    let limit = (reach as f32 + 0.3) * (reach as f32 + 0.3);
    for (index, cell) in cells.iter_mut().enumerate() {
        let x = (index % side) as f32 - reach as f32;
        let y = (index / side) as f32 - reach as f32;
        if x * x + y * y > limit {
            continue;
        }
        let (u, n) = (x * ux + y * uy, -x * uy + y * ux);
        let gauss = libm::expf(-0.5 * (u * u / (along * along) + n * n / (across * across)));
        let cos = libm::cosf(wave * n);
        *cell = (gauss, cos);
        gauss_sum += gauss;
        wave_sum += gauss * cos;
    }
    let mean = wave_sum / gauss_sum;
    let gain: f32 = cells.iter().map(|(gauss, cos)| gauss * (cos - mean) * cos).sum();
    let rows = cells
        .chunks(side)
        .map(|row| {
            let first = row.iter().position(|cell| cell.0 != 0.0).unwrap_or(reach);
            let taps = row[first..side - first].iter();
            (first, taps.map(|(gauss, cos)| gauss * (cos - mean) / gain).collect())
        })
        .collect();
    Kernel { reach, rows }
}

/// Filters the blocks that are `usable`; the rest is zero.
pub(crate) fn enhance(
    plane: &Plane,
    ridges: &Cells<Doubled>,
    period_px: &Cells<f32>,
    usable: &Cells<bool>,
    bank: &Bank,
) -> Plane {
    let padded = plane.padded(REACH_MAX, BLOCK);
    let mut out = Plane::zero(plane.width(), plane.height());
    for row in 0..ridges.rows() {
        for column in 0..ridges.columns() {
            if !usable.get(column, row) {
                continue;
            }
            let period = period_px.get(column, row).clamp(PERIOD_MIN_PX, PERIOD_MAX_PX);
            let octaves = libm::logf(period / PERIOD_MIN_PX) / PERIOD_STEP;
            let period = ((octaves + 0.5) as usize).min(PERIODS - 1);
            for half in 0..BLOCK / 4 {
                let (x, y) = (column * BLOCK, row * BLOCK + 4 * half);
                if y < plane.height() {
                    let ridge = orientation::interpolated(ridges, x as f32 + 3.5, y as f32 + 1.5);
                    let turns = ridge.radians() / std::f32::consts::PI;
                    let orientation = (turns * ORIENTATIONS as f32 + 0.5) as usize % ORIENTATIONS;
                    let sums = filter(&padded, x, y, bank.kernel(orientation, period));
                    copy_block(&sums, x, y, &mut out);
                }
            }
        }
    }
    out
}

/// Four rows of eight filtered pixels. Pixel (0, 0) of the plane before padding is at
/// (`REACH_MAX`, `REACH_MAX`).
fn filter(padded: &Plane, x: usize, y: usize, kernel: &Kernel) -> [[f32; BLOCK]; 4] {
    let mut sums = [[0.0f32; BLOCK]; 4];
    let shift = REACH_MAX - kernel.reach;
    for (ky, (first, taps)) in kernel.rows.iter().enumerate() {
        let start = x + shift + first;
        let span = start..start + taps.len() + BLOCK - 1;
        let top = y + shift + ky;
        let rows: [&[f32]; 4] = std::array::from_fn(|r| &padded.row(top + r)[span.clone()]);
        let windows = rows[0].windows(BLOCK).zip(rows[1].windows(BLOCK));
        let windows = windows.zip(rows[2].windows(BLOCK).zip(rows[3].windows(BLOCK)));
        for (tap, ((a, b), (c, d))) in taps.iter().zip(windows) {
            for lane in 0..BLOCK {
                sums[0][lane] += tap * a[lane];
                sums[1][lane] += tap * b[lane];
                sums[2][lane] += tap * c[lane];
                sums[3][lane] += tap * d[lane];
            }
        }
    }
    sums
}

/// Writes a block, cut at the border of the image.
fn copy_block(sums: &[[f32; BLOCK]; 4], x: usize, y: usize, out: &mut Plane) {
    let width = out.width();
    let (columns, rows) = ((width - x).min(BLOCK), (out.height() - y).min(4));
    for (r, sums) in sums.iter().enumerate().take(rows) {
        out.row_mut(y + r)[x..x + columns].copy_from_slice(&sums[..columns]);
    }
}
