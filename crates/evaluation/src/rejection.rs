//! What refusing poor prints would gain.

use crate::Score;
use serde::Serialize;
use vocabulary::Similarity;

/// Misses left when the mated comparisons of the lowest quality are left out: the error-versus-
/// discard characteristic of ISO/IEC 29794-1:2024 (P. Grother and E. Tabassi, TPAMI 29(4), 2007,
/// DOI 10.1109/TPAMI.2007.1019). The threshold stays the same all along. If quality orders the
/// errors, the curve falls; if it tells nothing, it stays level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectionCurve {
    /// In thousandths: the lowest threshold that misses at least the share asked for.
    #[serde(serialize_with = "crate::operating_point::thousandths")]
    pub threshold: Similarity,
    /// By rising share left out, from none.
    pub points: Vec<RejectionPoint>,
    /// Mean FNMR over the shares left out up to [`Self::REJECTED_MAX`], as a share of the FNMR
    /// without rejection: 1 when quality tells nothing.
    pub relative_area: f64,
    /// The same for the best order there is, by similarity.
    pub relative_area_ideal: f64,
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RejectionPoint {
    /// Share of the mated comparisons that is left out.
    pub rejected: f64,
    /// Share of the others that is missed.
    pub fnmr: f64,
}

/// Steps of the curve in the whole range of shares.
const STEPS: usize = 50;

impl RejectionCurve {
    /// The largest share left out that the areas take in.
    pub const REJECTED_MAX: f64 = 0.2;

    /// From mated comparisons with the lower quality of their two prints. `missed` is the FNMR
    /// without rejection, `0.0..=1.0`. Comparisons of equal quality leave in equal parts, so that
    /// their order does not matter. `None` when nothing would be missed.
    pub fn new(mated: &[(Score, u8)], missed: f64) -> Option<Self> {
        let mut similarities: Vec<Option<Similarity>> =
            mated.iter().map(|(score, _)| score.similarity).collect();
        similarities.sort_unstable();
        let wanted = ((missed * mated.len() as f64).ceil() as usize).min(mated.len());
        let last = similarities.get(wanted.checked_sub(1)?)?;
        let threshold = last.map_or(0, |similarity| similarity.thousandths().saturating_add(1));
        let threshold = Similarity::from_thousandths(threshold);
        let is_miss = |score: &Score| !score.similarity.is_some_and(|s| s.meets(threshold));
        let by_quality: Vec<(u32, bool)> =
            mated.iter().map(|(score, quality)| (u32::from(*quality), is_miss(score))).collect();
        let by_similarity: Vec<(u32, bool)> =
            mated.iter().map(|(score, _)| (u32::from(!is_miss(score)), is_miss(score))).collect();
        let points = curve(by_quality);
        let ideal = curve(by_similarity);
        Some(Self {
            threshold,
            relative_area: relative_area(&points),
            relative_area_ideal: relative_area(&ideal),
            points,
        })
    }
}

/// FNMR of what is left at every step, from comparisons with their rank and whether they miss.
fn curve(mut comparisons: Vec<(u32, bool)>) -> Vec<RejectionPoint> {
    comparisons.sort_unstable();
    // Misses of equal rank are spread evenly over them.
    let mut misses: Vec<f64> = Vec::with_capacity(comparisons.len());
    for equal in comparisons.chunk_by(|a, b| a.0 == b.0) {
        let share = equal.iter().filter(|(_, miss)| *miss).count() as f64 / equal.len() as f64;
        misses.extend(std::iter::repeat_n(share, equal.len()));
    }
    let total: f64 = misses.iter().sum();
    let count = misses.len();
    let mut gone = 0.0;
    let mut next = 0;
    let mut points = Vec::with_capacity(STEPS);
    for step in 0..STEPS {
        let rejected = step * count / STEPS;
        while next < rejected {
            gone += misses[next];
            next += 1;
        }
        let fnmr = ((total - gone) / (count - rejected) as f64).max(0.0);
        points.push(RejectionPoint { rejected: rejected as f64 / count as f64, fnmr });
    }
    points
}

fn relative_area(points: &[RejectionPoint]) -> f64 {
    let near = points.iter().filter(|p| p.rejected <= RejectionCurve::REJECTED_MAX + 1e-9);
    let (sum, count) = near.fold((0.0, 0.0), |(sum, count), p| (sum + p.fnmr, count + 1.0));
    sum / count / points[0].fnmr
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(similarity: u32, quality: u8) -> (Score, u8) {
        let similarity = Some(Similarity::from_thousandths(similarity));
        (Score { similarity, probe_subject: 0, reference_subject: 0 }, quality)
    }

    /// A hundred comparisons, ten of them bad; quality as told.
    fn hundred(quality_of_bad: u8, quality_of_good: u8) -> Vec<(Score, u8)> {
        (0..100)
            .map(|i| {
                if i < 10 {
                    comparison(i, quality_of_bad)
                } else {
                    comparison(500, quality_of_good)
                }
            })
            .collect()
    }

    #[test]
    fn quality_that_orders_the_errors_removes_them_all() {
        let curve = RejectionCurve::new(&hundred(10, 90), 0.1).unwrap();
        assert!((curve.points[0].fnmr - 0.1).abs() < 1e-9);
        let at_ten = curve.points.iter().find(|p| p.rejected >= 0.1).unwrap();
        assert!(at_ten.fnmr < 1e-9, "{}", at_ten.fnmr);
        assert!((curve.relative_area - curve.relative_area_ideal).abs() < 1e-9);
        assert!(curve.relative_area < 0.5);
    }

    #[test]
    fn quality_that_is_always_the_same_changes_nothing() {
        let curve = RejectionCurve::new(&hundred(50, 50), 0.1).unwrap();
        assert!(curve.points.iter().all(|p| (p.fnmr - 0.1).abs() < 1e-9));
        assert!((curve.relative_area - 1.0).abs() < 1e-9);
    }

    #[test]
    fn quality_the_wrong_way_round_makes_it_worse() {
        let curve = RejectionCurve::new(&hundred(90, 10), 0.1).unwrap();
        assert!(curve.relative_area > 1.05, "{}", curve.relative_area);
    }

    #[test]
    fn a_comparison_without_a_similarity_is_missed_first() {
        let mut comparisons = hundred(10, 90);
        comparisons[0].0.similarity = None;
        let curve = RejectionCurve::new(&comparisons, 0.01).unwrap();
        assert_eq!(curve.threshold, Similarity::ZERO);
        assert!((curve.points[0].fnmr - 0.01).abs() < 1e-9);
    }

    #[test]
    fn without_misses_there_is_no_curve() {
        assert_eq!(RejectionCurve::new(&[], 0.1), None);
        assert_eq!(RejectionCurve::new(&hundred(10, 90), 0.0), None);
    }
}
