//! Smooth random fields.

use crate::plane::Plane;
use crate::random::Stream;

/// A field of mean 0 and variance 1 whose values hang together over about `spacing_px`: bell-shaped
/// numbers on a lattice, interpolated by cubic B-splines.
pub(crate) fn smooth(
    stream: &mut Stream,
    width: usize,
    height: usize,
    spacing_px: f32,
) -> Plane<f32> {
    // Interpolation shrinks the standard deviation to 151/315, the value of the B-spline of order
    // seven at its middle, in two dimensions.
    const GAIN: f32 = 315.0 / 151.0;
    let lattice_side = |pixels: usize| (pixels as f32 / spacing_px) as usize + 5;
    let (columns, rows) = (lattice_side(width), lattice_side(height));
    let lattice: Vec<f32> =
        (0..(columns * rows).div_ceil(4)).flat_map(|_| stream.bells()).map(|b| b * GAIN).collect();
    let across: Vec<_> = (0..width).map(|x| spline(x as f32 / spacing_px)).collect();
    let mut field = Plane::filled(width, height, 0.0);
    let mut line = vec![0.0; columns];
    for y in 0..height {
        let (row, weights) = spline(y as f32 / spacing_px);
        for (c, value) in line.iter_mut().enumerate() {
            let at = |k: usize| lattice[(row + k) * columns + c] * weights[k];
            *value = at(0) + at(1) + at(2) + at(3);
        }
        for (value, (column, weights)) in field.row_mut(y).iter_mut().zip(&across) {
            let near = &line[*column..*column + 4];
            *value = near[0] * weights[0]
                + near[1] * weights[1]
                + near[2] * weights[2]
                + near[3] * weights[3];
        }
    }
    field
}

/// First of the four lattice lines around a place, and their weights.
fn spline(place: f32) -> (usize, [f32; 4]) {
    let first = place as usize;
    let t = place - first as f32;
    let (s, t2) = (1.0 - t, t * t);
    let sixth = 1.0 / 6.0;
    let weights = [
        s * s * s * sixth,
        (3.0 * t2 * t - 6.0 * t2 + 4.0) * sixth,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) * sixth,
        t2 * t * sixth,
    ];
    (first, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    #[test]
    fn a_smooth_field_has_variance_one_and_small_steps() {
        let field = smooth(&mut Stream::new(Domain::Texture, [3, 0, 0]), 400, 300, 10.0);
        let count = field.cells.len() as f32;
        let mean = field.cells.iter().sum::<f32>() / count;
        let variance = field.cells.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count;
        assert!((0.8..1.2).contains(&variance), "variance {variance}");
        let steps = field.cells.windows(2).enumerate().filter(|(i, _)| (i + 1) % 400 != 0);
        let largest = steps.map(|(_, w)| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(largest < 0.5, "step {largest}");
    }
}
