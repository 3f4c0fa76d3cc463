//! Weighted logistic regression with a ridge penalty.

/// A weighted example: features and whether it is of the first class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example<const N: usize> {
    pub(super) features: [f64; N],
    pub(super) mated: bool,
    pub(super) weight: f64,
}

/// A linear model of the natural logarithm of the odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Model<const N: usize> {
    pub(super) offset: f64,
    pub(super) weights: [f64; N],
}

impl<const N: usize> Model<N> {
    pub(super) fn log_odds(&self, features: &[f64; N]) -> f64 {
        self.weights.iter().zip(features).fold(self.offset, |sum, (w, x)| sum + w * x)
    }
}

/// Rounds of Newton's method; it settles in about ten.
const ROUNDS: usize = 60;

/// Fits by Newton's method. `ridge` is the penalty on the square of a weight, in units of the
/// feature's standard deviation, against a total weight of the examples of one. Features that never
/// differ get no weight.
pub(super) fn fit<const N: usize>(examples: &[Example<N>], ridge: f64) -> Model<N> {
    let total: f64 = examples.iter().map(|e| e.weight).sum();
    let mean_of = |value: &dyn Fn(&Example<N>) -> f64| {
        examples.iter().map(|e| e.weight * value(e)).sum::<f64>() / total
    };
    let mean: [f64; N] = std::array::from_fn(|i| mean_of(&|e| e.features[i]));
    let deviation: [f64; N] =
        std::array::from_fn(|i| mean_of(&|e| (e.features[i] - mean[i]).powi(2)).sqrt());
    let standard = |e: &Example<N>| -> Vec<f64> {
        let scaled = |i: usize| {
            if deviation[i] > 1e-12 { (e.features[i] - mean[i]) / deviation[i] } else { 0.0 }
        };
        std::iter::once(1.0).chain((0..N).map(scaled)).collect()
    };
    let rows: Vec<(Vec<f64>, f64, f64)> = examples
        .iter()
        .map(|e| (standard(e), f64::from(u8::from(e.mated)), e.weight / total))
        .collect();
    let mut weights = vec![0.0; N + 1];
    for _ in 0..ROUNDS {
        let step = newton_step(&rows, &weights, ridge);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < 1e-10) {
            break;
        }
    }
    let unscaled: [f64; N] =
        std::array::from_fn(
            |i| {
                if deviation[i] > 1e-12 { weights[i + 1] / deviation[i] } else { 0.0 }
            },
        );
    let offset = weights[0] - unscaled.iter().zip(&mean).map(|(w, m)| w * m).sum::<f64>();
    Model { offset, weights: unscaled }
}

/// The step that maximizes the quadratic model of the penalized likelihood.
fn newton_step(rows: &[(Vec<f64>, f64, f64)], weights: &[f64], ridge: f64) -> Vec<f64> {
    let size = weights.len();
    let mut hessian = vec![vec![0.0; size]; size];
    let mut gradient = vec![0.0; size];
    for (row, mated, weight) in rows {
        let log_odds: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
        let probability = 1.0 / (1.0 + (-log_odds).exp());
        let spread = weight * probability * (1.0 - probability);
        for (i, x) in row.iter().enumerate() {
            gradient[i] += weight * (mated - probability) * x;
            for (j, y) in row.iter().enumerate().take(i + 1) {
                hessian[i][j] += spread * x * y;
            }
        }
    }
    for (i, j) in (0..size).flat_map(|i| (i + 1..size).map(move |j| (i, j))) {
        hessian[i][j] = hessian[j][i];
    }
    for (i, weight) in weights.iter().enumerate() {
        // The constant is not penalized, but kept from being endless.
        let penalty = if i == 0 { 1e-12 } else { ridge };
        gradient[i] -= penalty * weight;
        hessian[i][i] += penalty;
    }
    solve(hessian, gradient)
}

/// Gauss elimination with the largest pivot.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for column in 0..size {
        let largest =
            |a: &usize, b: &usize| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs());
        let pivot = (column..size).max_by(largest).unwrap_or(column);
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..size {
            let factor = matrix[row][column] / matrix[column][column];
            let (above, below) = matrix.split_at_mut(row);
            for (value, pivot) in below[0].iter_mut().zip(&above[column]).skip(column) {
                *value -= factor * pivot;
            }
            right[row] -= factor * right[column];
        }
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|k| matrix[row][k] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts that have exactly the odds `exp(1 + 2 a - 0.5 b)`.
    fn examples() -> Vec<Example<2>> {
        let mut examples = Vec::new();
        for (a, b) in [(-1.0, 0.0), (0.0, 3.0), (0.5, 1.0), (1.0, -2.0), (-2.0, 2.0)] {
            let odds = (1.0f64 + 2.0 * a - 0.5 * b).exp();
            let probability = odds / (1.0 + odds);
            for (mated, weight) in [(true, probability), (false, 1.0 - probability)] {
                examples.push(Example { features: [a, b], mated, weight });
            }
        }
        examples
    }

    #[test]
    fn the_weights_that_made_the_odds_are_found() {
        let model = fit(&examples(), 0.0);
        assert!((model.offset - 1.0).abs() < 1e-6, "{model:?}");
        assert!((model.weights[0] - 2.0).abs() < 1e-6, "{model:?}");
        assert!((model.weights[1] + 0.5).abs() < 1e-6, "{model:?}");
        assert!((model.log_odds(&[1.0, 2.0]) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_penalty_shrinks_the_weights_and_a_constant_feature_gets_none() {
        let free = fit(&examples(), 0.0);
        let held = fit(&examples(), 0.1);
        assert!(held.weights[0] > 0.0 && held.weights[0] < free.weights[0]);
        let mut flat = examples();
        flat.iter_mut().for_each(|e| e.features[1] = 4.0);
        assert_eq!(fit(&flat, 0.0).weights[1], 0.0);
    }

    #[test]
    fn classes_that_do_not_overlap_give_finite_weights() {
        let example = |x: f64, mated| Example { features: [x], mated, weight: 1.0 };
        let model = fit(&[example(-1.0, false), example(1.0, true)], 1e-3);
        assert!(model.weights[0].is_finite() && model.weights[0] > 1.0);
    }
}
