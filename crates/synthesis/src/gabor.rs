//! The filter bank that ridges grow by.
//!
//! One even Gabor filter for each of [`ORIENTATIONS`] orientations and [`PERIODS`] periods, in
//! 16-bit integers: integer sums are exact in any order, so a vectorized pass gives the same bits
//! everywhere. The envelope is narrow enough for three ridges to fit under it (Handbook of
//! Fingerprint Recognition, section 6.5), and the weights of each filter sum to zero, so that
//! evenly gray skin stays so.

use crate::plane::Plane;
use std::f32::consts::{PI, TAU};

/// Pixels from the middle of a filter to its edge.
pub(crate) const RADIUS: usize = 11;
/// Rows of a filter.
const ROWS: usize = 2 * RADIUS + 1;
/// Columns of a filter in memory: its rows and a zero, a whole number of vectors.
pub(crate) const COLUMNS: usize = ROWS + 1;
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

/// Weights of one filter, row by row.
pub(crate) type Weights = [i16; ROWS * COLUMNS];

/// The filters, by orientation and period.
pub(crate) struct FilterBank {
    weights: Vec<Weights>,
}

impl FilterBank {
    /// Filters for an image whose pixels are `pixel_px` pixels of 500 ppi wide.
    pub(crate) fn new(pixel_px: f32) -> Self {
        let mut period_px = SHORTEST_PX;
        let mut weights = Vec::with_capacity(PERIODS * ORIENTATIONS);
        for _ in 0..PERIODS {
            let envelope = Envelope::new(period_px / pixel_px);
            weights.extend((0..ORIENTATIONS).map(|o| envelope.filter(o)));
            period_px *= PERIOD_STEP;
        }
        Self { weights }
    }

    /// Number of the filter nearest to an orientation in radians, `0.0..PI`, and a period in
    /// pixels at 500 ppi; the same for every pixel size.
    pub(crate) fn nearest(radians: f32, period_px: f32) -> u16 {
        let orientation = (radians * (ORIENTATIONS as f32 / PI) + 0.5) as usize % ORIENTATIONS;
        let steps = libm::logf(period_px / SHORTEST_PX) * (1.0 / STEP_LOGARITHM);
        let period = (steps + 0.5).max(0.0).min((PERIODS - 1) as f32) as usize;
        (period * ORIENTATIONS + orientation) as u16
    }

    pub(crate) fn weights(&self, filter: u16) -> &Weights {
        &self.weights[usize::from(filter)]
    }
}

/// The round bell of one period, and the period.
struct Envelope {
    bell: Plane<f32>,
    period_px: f32,
}

impl Envelope {
    fn new(period_px: f32) -> Self {
        // Drops to 1/1000 one and a half periods out; wide ones end sooner, at the filter's edge.
        let sigma = (0.4036 * period_px).min(RADIUS as f32 / 2.6);
        let line: Vec<f32> = (0..ROWS)
            .map(|k| k as f32 - RADIUS as f32)
            .map(|d| libm::expf(-d * d / (2.0 * sigma * sigma)))
            .collect();
        let mut bell = Plane::filled(ROWS, ROWS, 0.0);
        for y in 0..ROWS {
            for x in 0..ROWS {
                bell.set(x, y, line[x] * line[y]);
            }
        }
        Self { bell, period_px }
    }

    fn filter(&self, orientation: usize) -> Weights {
        let radians = orientation as f32 * (PI / ORIENTATIONS as f32);
        let wave = TAU / self.period_px;
        // Across the ridges: the normal of (cos, -sin) on the screen is (sin, cos).
        let (step_x, step_y) = (wave * libm::sinf(radians), wave * libm::cosf(radians));
        let turn = |step: f32| {
            let angles = (0..ROWS).map(move |k| (k as f32 - RADIUS as f32) * step);
            angles.map(|a| (libm::sinf(a), libm::cosf(a))).collect::<Vec<_>>()
        };
        let (across, down) = (turn(step_x), turn(step_y));
        let mut exact = Plane::filled(ROWS, ROWS, 0.0);
        for (y, (sin_y, cos_y)) in down.iter().enumerate() {
            for (x, (sin_x, cos_x)) in across.iter().enumerate() {
                exact.set(x, y, self.bell.at(x, y) * (cos_x * cos_y - sin_x * sin_y));
            }
        }
        self.balance(&mut exact);
        let total = exact.cells.iter().fold(0.0, |sum, w| sum + w.abs());
        let mut weights = [0; ROWS * COLUMNS];
        for y in 0..ROWS {
            for x in 0..ROWS {
                weights[y * COLUMNS + x] =
                    libm::roundf(exact.at(x, y) * (WEIGHT_SUM / total)) as i16;
            }
        }
        weights
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
        for weights in &FilterBank::new(1.0).weights {
            let sum: i32 = weights.iter().map(|w| i32::from(*w)).sum();
            assert!(sum.abs() < 200, "sum {sum}");
        }
    }

    #[test]
    fn the_nearest_filter_wraps_at_half_a_turn_and_stays_in_the_bank() {
        assert_eq!(FilterBank::nearest(3.1399, 9.0), FilterBank::nearest(0.0, 9.0));
        let longest = (PERIODS - 1) * ORIENTATIONS;
        assert_eq!(usize::from(FilterBank::nearest(0.0, 99.0)), longest);
        assert_eq!(FilterBank::nearest(0.0, 1.0), 0);
    }
}
