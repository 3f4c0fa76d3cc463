//! Whether a finger costs the same in a large gallery as in a small one.

use super::point::Point;
use crate::figure::{Better, Figure};
use std::fmt;

/// Up to this ratio of the dearest finger to the cheapest the cost is called flat.
const FLAT_MAX: f64 = 1.15;

/// The cost of stage 1 by size, of one implementation and the smallest batch.
pub(super) struct Flatness {
    kernels: String,
    batch: u64,
    /// Fingers and nanoseconds a finger pair, by size.
    pub(super) costs: Vec<(u64, f64)>,
}

impl Flatness {
    /// Of the points of an implementation.
    pub(super) fn of(kernels: &str, points: &[Point]) -> Self {
        let of_kernels = || points.iter().filter(|point| point.kernels == kernels);
        let batch = of_kernels().map(|point| point.batch).min().unwrap_or(0);
        let mut costs: Vec<(u64, f64)> = of_kernels()
            .filter(|point| point.batch == batch)
            .map(|point| (point.size, point.pair_nanoseconds()))
            .collect();
        costs.sort_by_key(|cost| cost.0);
        Self { kernels: kernels.to_owned(), batch, costs }
    }

    /// The dearest finger by the cheapest.
    fn ratio(&self) -> f64 {
        let costs = || self.costs.iter().map(|cost| cost.1);
        costs().fold(f64::NAN, f64::max) / costs().fold(f64::NAN, f64::min)
    }

    /// Whether the cost stays the same; a cost that is no number does not.
    pub(super) fn is_flat(&self) -> bool {
        self.ratio() <= FLAT_MAX
    }

    /// Ratios from size to size.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let ratio = |pair: &[(u64, f64)]| {
            let name = format!("cost of a finger, {} / {}, {}", pair[1].0, pair[0].0, self.kernels);
            Figure::new(name, pair[1].1 / pair[0].1, "x").better_when(Better::Smaller)
        };
        self.costs.windows(2).map(ratio).collect()
    }
}

impl fmt::Display for Flatness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let costs: Vec<String> =
            self.costs.iter().map(|(size, cost)| format!("{cost:.1} ns at {size}")).collect();
        let verdict = match self.costs.as_slice() {
            _ if self.is_flat() => "flat",
            [(_, first), .., (_, last)] if last < first => "NOT FLAT, it falls with size",
            _ => "NOT FLAT, it rises with size",
        };
        write!(
            f,
            "cost of a finger pair in stage 1, {}, batches of {}: {}; dearest / cheapest {:.2}: \
             {verdict}",
            self.kernels,
            self.batch,
            costs.join(", "),
            self.ratio()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::point::tests::point;

    fn flatness(costs: &[(u64, f64)]) -> Flatness {
        let points: Vec<Point> = costs.iter().map(|(size, ns)| point(*size, *ns)).collect();
        Flatness::of("processor, made up", &points)
    }

    #[test]
    fn a_cost_that_stays_the_same_is_flat_whatever_the_order_of_sizes() {
        let flat = flatness(&[(100_000, 126.0), (10_000, 120.0), (1_000_000, 123.0)]);
        assert!(flat.is_flat());
        let ratios: Vec<f64> = flat.figures().iter().map(|figure| figure.value).collect();
        assert!((ratios[0] - 1.05).abs() < 1e-9 && (ratios[1] - 123.0 / 126.0).abs() < 1e-9);
        assert!(flat.to_string().ends_with("dearest / cheapest 1.05: flat"), "{flat}");
    }

    #[test]
    fn a_cost_that_rises_or_falls_with_size_is_said_not_to_be_flat() {
        let (cheap, dear) = (100.0, 120.0);
        for (small, large, way) in [(cheap, dear, "rises"), (dear, cheap, "falls")] {
            let flatness = flatness(&[(10, small), (20, large)]);
            assert!(!flatness.is_flat());
            let verdict = format!("NOT FLAT, it {way} with size");
            assert!(flatness.to_string().ends_with(&verdict), "{flatness}");
        }
    }

    #[test]
    fn nothing_measured_is_not_flat() {
        assert!(!Flatness::of("another", &[point(10, 1.0)]).is_flat());
    }
}
