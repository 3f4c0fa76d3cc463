//! The filter bank that ridges grow by.
//!
//! One even Gabor filter for each of [`ORIENTATIONS`] orientations and [`PERIODS`] periods, in
//! 16-bit integers: integer sums are exact in any order, so a vectorized pass gives the same bits
//! everywhere. The envelope is narrow enough for three ridges to fit under it (Handbook of
//! Fingerprint Recognition, section 6.5), and the weights of each filter sum to zero, so that
//! evenly gray skin stays so.

use crate::plane::Plane;
use std::f32::consts::{PI, TAU};

/// Orientations in half a turn.
const ORIENTATIONS: usize = 64;
/// Periods from [`SHORTEST_PX`] at 500 ppi, each [`PERIOD_STEP`] times the one before.
const PERIODS: usize = 18;
const SHORTEST_PX: f32 = 6.0;
const PERIOD_STEP: f32 = 1.05;
/// Natural logarithm of [`PERIOD_STEP`].
const STEP_LOGARITHM: f32 = 0.048_790_164;
/// Sum of the magnitudes of the weights of a filter, nearly.
pub(crate) const WEIGHT_SUM: f32 = 32_768.0;

/// The filters, by orientation and period, with `COLUMNS` columns in memory, a whole number of
/// vectors: a filter has one column less, and as many rows.
pub(crate) struct FilterBank<const COLUMNS: usize> {
    weights: Vec<i16>,
}

impl<const COLUMNS: usize> FilterBank<COLUMNS> {
    /// Rows of a filter, and columns without the last, which is zero.
    const SIDE: usize = COLUMNS - 1;
    /// Pixels from the middle of a filter to its edge.
    pub(crate) const RADIUS: usize = Self::SIDE / 2;

    /// Filters for an image whose pixels are `pixel_px` pixels of 500 ppi wide.
    pub(crate) fn new(pixel_px: f32) -> Self {
        let mut period_px = SHORTEST_PX;
        let mut weights = Vec::with_capacity(PERIODS * ORIENTATIONS * Self::SIDE * COLUMNS);
        for _ in 0..PERIODS {
            let envelope = Envelope::new(Self::RADIUS, period_px / pixel_px);
            for orientation in 0..ORIENTATIONS {
                for row in envelope.filter(orientation).chunks_exact(Self::SIDE) {
                    weights.extend_from_slice(row);
                    weights.push(0);
                }
            }
            period_px *= PERIOD_STEP;
        }
        Self { weights }
    }

    /// Weights of a filter, row by row.
    pub(crate) fn weights(&self, filter: u16) -> &[i16] {
        let length = Self::SIDE * COLUMNS;
        &self.weights[usize::from(filter) * length..][..length]
    }
}

/// Number of the filter nearest to an orientation in radians, `0.0..PI`, and a period in pixels at
/// 500 ppi; the same in every bank.
pub(crate) fn nearest(radians: f32, period_px: f32) -> u16 {
    let orientation = (radians * (ORIENTATIONS as f32 / PI) + 0.5) as usize % ORIENTATIONS;
    let steps = libm::logf(period_px / SHORTEST_PX) * (1.0 / STEP_LOGARITHM);
    let period = (steps + 0.5).max(0.0).min((PERIODS - 1) as f32) as usize;
    (period * ORIENTATIONS + orientation) as u16
}

/// The round bell of one period, and the period.
struct Envelope {
    bell: Plane<f32>,
    radius: usize,
    period_px: f32,
}

impl Envelope {
    fn new(radius: usize, period_px: f32) -> Self {
        // Drops to 1/1000 one and a half periods out; wide ones end sooner, at the filter's edge.
        let sigma = (0.4036 * period_px).min(radius as f32 / 2.6);
        let side = 2 * radius + 1;
        let line: Vec<f32> = (0..side)
            .map(|k| k as f32 - radius as f32)
            .map(|d| libm::expf(-d * d / (2.0 * sigma * sigma)))
            .collect();
        let mut bell = Plane::filled(side, side, 0.0);
        for y in 0..side {
            for x in 0..side {
                bell.set(x, y, line[x] * line[y]);
            }
        }
        Self { bell, radius, period_px }
    }

    fn filter(&self, orientation: usize) -> Vec<i16> {
        let radians = orientation as f32 * (PI / ORIENTATIONS as f32);
        let wave = TAU / self.period_px;
        // Across the ridges: the normal of (cos, -sin) on the screen is (sin, cos).
        let (step_x, step_y) = (wave * libm::sinf(radians), wave * libm::cosf(radians));
        let turn = |step: f32| {
            let places = (0..self.bell.width).map(|k| k as f32 - self.radius as f32);
            places.map(|p| (libm::sinf(p * step), libm::cosf(p * step))).collect::<Vec<_>>()
        };
        let (across, down) = (turn(step_x), turn(step_y));
        let mut exact = self.bell.clone();
        for (y, (sin_y, cos_y)) in down.iter().enumerate() {
            for (value, (sin_x, cos_x)) in exact.row_mut(y).iter_mut().zip(&across) {
                *value *= cos_x * cos_y - sin_x * sin_y;
            }
        }
        self.balance(&mut exact);
        let total = exact.cells.iter().fold(0.0, |sum, w| sum + w.abs());
        exact.cells.iter().map(|w| libm::roundf(w * (WEIGHT_SUM / total)) as i16).collect()
    }

    /// Takes the mean away under the bell.
    fn balance(&self, exact: &mut Plane<f32>) {
        let sum = exact.cells.iter().fold(0.0, |sum, w| sum + w);
        let weight = self.bell.cells.iter().fold(0.0, |sum, w| sum + w);
        for (value, bell) in exact.cells.iter_mut().zip(&self.bell.cells) {
            *value -= bell * (sum / weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_blind_to_even_gray() {
        let bank = FilterBank::<24>::new(1.0);
        for filter in 0..(ORIENTATIONS * PERIODS) as u16 {
            let weights = bank.weights(filter);
            let sum: i32 = weights.iter().map(|w| i32::from(*w)).sum();
            assert!(sum.abs() < 200, "sum {sum}");
        }
    }

    #[test]
    fn the_nearest_filter_wraps_at_half_a_turn_and_stays_in_the_bank() {
        assert_eq!(nearest(3.1399, 9.0), nearest(0.0, 9.0));
        let longest = (PERIODS - 1) * ORIENTATIONS;
        assert_eq!(usize::from(nearest(0.0, 99.0)), longest);
        assert_eq!(nearest(0.0, 1.0), 0);
    }
}
