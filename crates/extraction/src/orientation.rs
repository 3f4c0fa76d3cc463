//! Stage 3: which way the ridges run.
//!
//! The structure tensor of Gaussian gradients, summed over cells and then over growing
//! neighborhoods (J. Bigun and G. H. Granlund, ICCV 1987). Where a small neighborhood is coherent
//! it decides; where it is not, larger ones do. All averages are of doubled angles, in which
//! opposite directions are the same.

use crate::cells::Cells;
use crate::plane::Plane;
use crate::stages::OrientationField;

/// Side of an orientation cell, in pixels.
pub(crate) const CELL_PX: usize = 8;
/// Standard deviation of the gradient filter, in pixels.
const GRADIENT_SIGMA_PX: f32 = 1.2;
/// Taps on each side of the gradient filter.
const GRADIENT_REACH: usize = 3;
/// Taps of the gradient filter.
const TAPS: usize = 2 * GRADIENT_REACH + 1;

/// Cosine and sine of the doubled ridge angle, times a weight `0.0..=1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Doubled {
    pub(crate) cos: f32,
    pub(crate) sin: f32,
}

impl Doubled {
    /// The weight.
    pub(crate) fn length(self) -> f32 {
        (self.cos * self.cos + self.sin * self.sin).sqrt()
    }

    /// Scales the weight.
    pub(crate) fn times(self, factor: f32) -> Self {
        Self { cos: self.cos * factor, sin: self.sin * factor }
    }

    /// Weighted sum.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { cos: self.cos + other.cos, sin: self.sin + other.sin }
    }

    /// Angle of the ridges in radians, `0.0..PI`, counter-clockwise from the x axis.
    pub(crate) fn radians(self) -> f32 {
        let half = 0.5 * libm::atan2f(self.sin, self.cos);
        if half < 0.0 { (half + std::f32::consts::PI).min(3.141_592_5) } else { half }
    }
}

/// Sums over a cell of the products of the gradients, as doubled angle of the ridges and energy.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Tensor {
    cos: f32,
    sin: f32,
    energy: f32,
}

impl Tensor {
    fn plus(self, other: Self, weight: f32) -> Self {
        Self {
            cos: self.cos + weight * other.cos,
            sin: self.sin + weight * other.sin,
            energy: self.energy + weight * other.energy,
        }
    }

    /// Sum of the squared gradients.
    pub(crate) fn energy(self) -> f32 {
        self.energy
    }

    /// Doubled angle with the coherence as weight.
    fn doubled(self) -> Doubled {
        let scale = if self.energy > 1e-6 { 1.0 / self.energy } else { 0.0 };
        Doubled { cos: self.cos * scale, sin: self.sin * scale }
    }
}

/// Gaussian and its derivative.
fn gradient_taps() -> ([f32; TAPS], [f32; TAPS]) {
    let (mut smooth, mut derive) = ([0.0; TAPS], [0.0; TAPS]);
    for index in 0..TAPS {
        let at = index as f32 - GRADIENT_REACH as f32;
        let gauss = libm::expf(-at * at / (2.0 * GRADIENT_SIGMA_PX * GRADIENT_SIGMA_PX));
        smooth[index] = gauss;
        derive[index] = at * gauss;
    }
    (smooth, derive)
}

/// The structure tensor of every cell. Gradients that would reach outside the image are left out.
pub(crate) fn tensors(plane: &Plane) -> Cells<Tensor> {
    let (width, height) = (plane.width(), plane.height());
    let mut cells = Cells::filled(width, height, CELL_PX, Tensor::default());
    if width < TAPS || height < TAPS {
        return cells;
    }
    let (smooth, derive) = gradient_taps();
    let inner = width - 2 * GRADIENT_REACH;
    let (mut across, mut down) = (Plane::zero(inner, height), Plane::zero(inner, height));
    for y in 0..height {
        convolve(plane.row(y), &derive, across.row_mut(y));
        convolve(plane.row(y), &smooth, down.row_mut(y));
    }
    let columns = cells.columns();
    let (mut gx, mut gy) = (vec![0.0; inner], vec![0.0; inner]);
    for y in GRADIENT_REACH..height - GRADIENT_REACH {
        combine(&across, y - GRADIENT_REACH, &smooth, &mut gx);
        combine(&down, y - GRADIENT_REACH, &derive, &mut gy);
        let row = &mut cells.values_mut()[y / CELL_PX * columns..][..columns];
        for (x, (gx, gy)) in gx.iter().zip(&gy).enumerate() {
            let cell = &mut row[(x + GRADIENT_REACH) / CELL_PX];
            cell.cos += gy * gy - gx * gx;
            cell.sin += 2.0 * gx * gy;
            cell.energy += gx * gx + gy * gy;
        }
    }
    cells
}

/// `out[i]` is the sum of `taps[k] * row[i + k]`.
fn convolve(row: &[f32], taps: &[f32; TAPS], out: &mut [f32]) {
    out.fill(0.0);
    for (offset, tap) in taps.iter().enumerate() {
        for (out, value) in out.iter_mut().zip(&row[offset..]) {
            *out += tap * value;
        }
    }
}

/// The weighted sum of the rows from `first`.
fn combine(plane: &Plane, first: usize, taps: &[f32; TAPS], out: &mut [f32]) {
    out.fill(0.0);
    for (offset, tap) in taps.iter().enumerate() {
        for (out, value) in out.iter_mut().zip(plane.row(first + offset)) {
            *out += tap * value;
        }
    }
}

/// Binomial smoothing (1, 2, 1 in both directions), `times` over.
fn smooth_tensors(cells: &Cells<Tensor>, times: usize) -> Cells<Tensor> {
    cells.smoothed(times, |sum, value, weight| sum.plus(value, weight))
}

/// Binomial smoothing of doubled angles, `times` over.
pub(crate) fn smooth_doubled(cells: &Cells<Doubled>, times: usize) -> Cells<Doubled> {
    cells.smoothed(times, |sum, value, weight| sum.plus(value.times(weight)))
}

/// Sums of squared gradients, smoothed a little.
pub(crate) fn activity(tensors: &Cells<Tensor>) -> Cells<f32> {
    smooth_tensors(tensors, 1).map(Tensor::energy)
}

/// Smoothings of the scales from coarse to fine.
const SCALES: [usize; 3] = [10, 4, 1];
/// A finer scale counts nothing below the first coherence and all above the second.
const TRUST: (f32, f32) = (0.15, 0.6);

/// Ridge directions of a raw print, from coarse to fine.
pub(crate) fn estimate(tensors: &Cells<Tensor>) -> Cells<Doubled> {
    let mut field = smooth_tensors(tensors, SCALES[0]).map(Tensor::doubled);
    for times in &SCALES[1..] {
        let finer = smooth_tensors(tensors, *times).map(Tensor::doubled);
        for (coarse, fine) in field.values_mut().iter_mut().zip(finer.values()) {
            let trust = ((fine.length() - TRUST.0) / (TRUST.1 - TRUST.0)).clamp(0.0, 1.0);
            *coarse = coarse.times(1.0 - trust).plus(fine.times(trust));
        }
    }
    smooth_doubled(&field, 1)
}

/// Ridge directions of an already enhanced print: the fine scale alone.
pub(crate) fn refine(tensors: &Cells<Tensor>) -> Cells<Doubled> {
    smooth_tensors(tensors, 2).map(Tensor::doubled)
}

/// The field between cell centers.
pub(crate) fn interpolated(cells: &Cells<Doubled>, x_px: f32, y_px: f32) -> Doubled {
    let between = cells.between(x_px, y_px);
    let mut sum = Doubled::default();
    for (cell, weight) in between.cells.iter().zip(between.weights) {
        sum = sum.plus(cells.values()[*cell].times(weight));
    }
    sum
}

/// The public form of a field.
pub(crate) fn field(doubled: &Cells<Doubled>) -> OrientationField {
    OrientationField {
        radians: doubled.map(Doubled::radians),
        coherence: doubled.map(|value| value.length().min(1.0)),
    }
}
