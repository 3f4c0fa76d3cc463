//! Stage 4: the distance between ridges.
//!
//! Around the center of every second cell the image is averaged along the ridges and read off
//! across them (the x-signature of L. Hong, Y. Wan and A. Jain, TPAMI 20(8), 1998, section 2.4).
//! The period is the peak of its spectrum, not the distance of its maxima: it survives noise and a
//! lost ridge. Unsure places are filled from their neighbors.

use crate::cells::Cells;
use crate::orientation::Doubled;
use crate::plane::Plane;
use crate::resolution::USUAL_PERIOD_PX;
use crate::stages::PeriodMap;

/// Shortest period, in pixels.
pub(crate) const PERIOD_MIN_PX: f32 = 3.0;
/// Longest period, in pixels.
pub(crate) const PERIOD_MAX_PX: f32 = 25.0;
/// Side of a period cell, in pixels.
const CELL_PX: usize = 16;
/// Samples on each side of the center, one pixel apart across the ridges.
const HALF: usize = 24;
/// Samples across.
const SAMPLES: usize = 2 * HALF + 1;
/// Samples on each side of the center, two pixels apart along the ridges.
const ALONG_HALF: isize = 4;
/// Spacing of the spectrum, in periods per pixel.
const STEP: f32 = 0.0075;
/// Lines of the spectrum.
const LINES: usize = 40;

/// Window and spectrum tables.
struct Spectrum {
    window: [f32; SAMPLES],
    cos: Vec<[f32; SAMPLES]>,
    sin: Vec<[f32; SAMPLES]>,
}

impl Spectrum {
    fn new() -> Self {
        let angle = |index: usize| index as f32 - HALF as f32;
        let mut window = [0.0; SAMPLES];
        for (index, weight) in window.iter_mut().enumerate() {
            let phase = std::f32::consts::PI * angle(index) / (HALF + 1) as f32;
            *weight = 0.5 + 0.5 * libm::cosf(phase);
        }
        let table = |wave: fn(f32) -> f32| {
            (0..LINES)
                .map(|line| {
                    let turn = std::f32::consts::TAU * (1.0 / PERIOD_MAX_PX + STEP * line as f32);
                    let mut row = [0.0; SAMPLES];
                    for (index, value) in row.iter_mut().enumerate() {
                        *value = wave(turn * angle(index));
                    }
                    row
                })
                .collect()
        };
        Self { window, cos: table(libm::cosf), sin: table(libm::sinf) }
    }

    /// Period in pixels and share of the energy in it.
    fn peak(&self, signature: &[f32; SAMPLES]) -> Option<(f32, f32)> {
        let weight: f32 = self.window.iter().sum();
        let mean = dot(signature, &self.window) / weight;
        let mut windowed = [0.0; SAMPLES];
        let (mut energy, mut weight_squares) = (0.0, 0.0);
        for index in 0..SAMPLES {
            windowed[index] = (signature[index] - mean) * self.window[index];
            energy += windowed[index] * windowed[index];
            weight_squares += self.window[index] * self.window[index];
        }
        let mut power = [0.0f32; LINES];
        for (line, power) in power.iter_mut().enumerate() {
            let (re, im) = (dot(&windowed, &self.cos[line]), dot(&windowed, &self.sin[line]));
            *power = re * re + im * im;
        }
        let best = (0..LINES).max_by(|a, b| power[*a].total_cmp(&power[*b]))?;
        if best == 0 || best == LINES - 1 || power[best] <= 0.0 {
            // The true peak may lie outside.
            return None;
        }
        let (low, mid, high) = (power[best - 1], power[best], power[best + 1]);
        let shift = 0.5 * (low - high) / (low - 2.0 * mid + high);
        let frequency = 1.0 / PERIOD_MAX_PX + STEP * (best as f32 + shift);
        let share = 2.0 * weight_squares * mid / (weight * weight * energy);
        Some((1.0 / frequency, share.min(1.0)))
    }
}

/// Sum of products in four lanes, a fixed order that vectorizes.
fn dot(a: &[f32; SAMPLES], b: &[f32; SAMPLES]) -> f32 {
    let mut lanes = [0.0f32; 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes[0] + lanes[1] + lanes[2] + lanes[3] + a[SAMPLES - 1] * b[SAMPLES - 1]
}

/// The image averaged along the ridges, read off across them. Pixels outside count as zero.
fn signature(plane: &Plane, x: f32, y: f32, ridge: Doubled) -> [f32; SAMPLES] {
    let angle = ridge.radians();
    let (ux, uy) = (libm::cosf(angle), -libm::sinf(angle));
    let (nx, ny) = (-uy, ux);
    let mut out = [0.0; SAMPLES];
    for (index, out) in out.iter_mut().enumerate() {
        let across = index as f32 - HALF as f32;
        for along in -ALONG_HALF..=ALONG_HALF {
            let along = 2.0 * along as f32;
            *out += plane.nearest(x + across * nx + along * ux, y + across * ny + along * uy);
        }
    }
    out
}

/// Ridge periods of the whole image on the grid of `ridges`, where `usable` says so.
pub(crate) fn estimate(plane: &Plane, ridges: &Cells<Doubled>, usable: &Cells<bool>) -> PeriodMap {
    let spectrum = Spectrum::new();
    let mut measured = Cells::filled(plane.width(), plane.height(), CELL_PX, Measured::default());
    for row in 0..measured.rows() {
        for column in 0..measured.columns() {
            let x = ((column * CELL_PX + CELL_PX / 2) as f32).min(plane.width() as f32 - 1.0);
            let y = ((row * CELL_PX + CELL_PX / 2) as f32).min(plane.height() as f32 - 1.0);
            if !usable.at(x as usize, y as usize) {
                continue;
            }
            let ridge = ridges.at(x as usize, y as usize);
            if let Some((period, share)) = spectrum.peak(&signature(plane, x, y, ridge)) {
                let weight = share * share;
                measured.set(column, row, Measured { log: weight * libm::logf(period), weight });
            }
        }
    }
    fill(&measured, ridges)
}

/// A logarithm of a period times its weight, and the weight.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    log: f32,
    weight: f32,
}

/// Smooths measured periods, more widely where little was measured.
fn fill(measured: &Cells<Measured>, grid: &Cells<Doubled>) -> PeriodMap {
    let add = |sum: Measured, value: Measured, weight: f32| Measured {
        log: sum.log + weight * value.log,
        weight: sum.weight + weight * value.weight,
    };
    let total = measured.values().iter().fold(Measured::default(), |sum, m| add(sum, *m, 1.0));
    let usual =
        if total.weight > 0.0 { total.log / total.weight } else { libm::logf(USUAL_PERIOD_PX) };
    let near = measured.smoothed(2, add);
    let far = measured.smoothed(10, add);
    let log = |index: usize| {
        // The far average and the usual period enter with small weights.
        let (near, far) = (near.values()[index], far.values()[index]);
        let weight = near.weight + 0.1 * far.weight + 1e-4;
        (near.log + 0.1 * far.log + 1e-4 * usual) / weight
    };
    let logs: Vec<f32> = (0..measured.values().len()).map(log).collect();
    let mut coarse = measured.map(|_| 0.0);
    coarse.values_mut().copy_from_slice(&logs);
    let trust = near.map(|m| m.weight.min(1.0).sqrt());
    let (mut period_px, mut reliability) = (grid.map(|_| 0.0), grid.map(|_| 0.0));
    let half = grid.cell_px() as f32 / 2.0 - 0.5;
    for row in 0..grid.rows() {
        for column in 0..grid.columns() {
            let x = (column * grid.cell_px()) as f32 + half;
            let y = (row * grid.cell_px()) as f32 + half;
            let period = libm::expf(coarse.interpolated(x, y));
            period_px.set(column, row, period.clamp(PERIOD_MIN_PX, PERIOD_MAX_PX));
            reliability.set(column, row, trust.interpolated(x, y));
        }
    }
    PeriodMap { period_px, reliability }
}
