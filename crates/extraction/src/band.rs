//! Stage 1: keeps what can be ridges.
//!
//! The difference of two Gaussian averages passes periods of 5 to 20 pixels. Without it, noise of
//! single pixels lowers the clarity of a good print until nothing is left of it, and blots as wide
//! as several ridges outweigh ridges that the sensor has blurred.

use crate::plane::Plane;

/// Standard deviation of the Gaussian that takes out noise, in pixels.
const FINE_SIGMA_PX: f32 = 1.0;
/// Standard deviation of the Gaussian whose average is taken away, in pixels.
const COARSE_SIGMA_PX: f32 = 4.0;

/// The difference of a fine and a coarse Gaussian average.
pub(crate) fn keep(plane: &Plane) -> Plane {
    let mut band = smoothed(plane, FINE_SIGMA_PX);
    let coarse = smoothed(plane, COARSE_SIGMA_PX);
    band.values_mut().iter_mut().zip(coarse.values()).for_each(|(fine, coarse)| *fine -= coarse);
    band
}

/// Gaussian average; beyond the border the image is mirrored.
fn smoothed(plane: &Plane, sigma_px: f32) -> Plane {
    let reach = (2.5 * sigma_px + 0.5) as usize;
    let mut taps: Vec<f32> = (0..=2 * reach)
        .map(|index| {
            let deviations = (index as f32 - reach as f32) / sigma_px;
            libm::expf(-0.5 * deviations * deviations)
        })
        .collect();
    let sum: f32 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= sum);
    let padded = plane.padded(reach, 1);
    let mut across = Plane::zero(plane.width(), padded.height());
    for y in 0..padded.height() {
        for (offset, tap) in taps.iter().enumerate() {
            add(across.row_mut(y), &padded.row(y)[offset..], *tap);
        }
    }
    let mut both = Plane::zero(plane.width(), plane.height());
    for y in 0..plane.height() {
        for (offset, tap) in taps.iter().enumerate() {
            add(both.row_mut(y), across.row(y + offset), *tap);
        }
    }
    both
}

/// Adds a row times a factor.
fn add(out: &mut [f32], row: &[f32], factor: f32) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a grating of amplitude one across the middle of a plane.
    fn passed(period_px: f32) -> f32 {
        let mut plane = Plane::zero(160, 40);
        for y in 0..40 {
            for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
                *value = libm::cosf(std::f32::consts::TAU * x as f32 / period_px);
            }
        }
        let band = keep(&plane);
        band.row(20)[40..120].iter().fold(0.0, |most, value| value.abs().max(most))
    }

    #[test]
    fn ridges_pass_and_pixels_and_blots_do_not() {
        assert!(passed(9.0) > 0.7, "{}", passed(9.0));
        assert!(passed(5.5) > 0.45 && passed(14.0) > 0.6);
        assert!(passed(2.0) < 0.05, "{}", passed(2.0));
        assert!(passed(80.0) < 0.1, "{}", passed(80.0));
    }

    #[test]
    fn a_constant_vanishes_up_to_the_border() {
        let mut plane = Plane::zero(30, 20);
        plane.values_mut().fill(1.5);
        assert!(keep(&plane).values().iter().all(|value| value.abs() < 1e-4));
    }
}
