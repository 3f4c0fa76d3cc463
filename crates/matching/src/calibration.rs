//! What a similarity means: likelihood ratio, false-match rate, thresholds.
//!
//! A calibration holds two distributions of the similarity of one finger, of the same finger
//! (mated) and of different fingers (non-mated), in steps of 4 thousandths. Above the scores
//! that were observed often, the non-mated distribution is continued by a generalized Pareto tail,
//! never lighter than exponential (J. Pickands, Annals of Statistics 3(1), 1975,
//! doi:10.1214/aos/1176343003). The sum over several fingers has the convolution of the
//! distributions. That takes the fingers of two strangers as independent; a poor capture of all ten
//! fingers at once violates it, so rates below 1e-9 are orders of magnitude, not promises.

mod distribution;
mod fit;
mod text;

use crate::MatchingError;
use distribution::{Distribution, interpolated};
use vocabulary::Similarity;

/// Thousandths per step of a distribution.
const STEP: usize = 4;
/// Steps of the distribution of one finger: 0..=1000 thousandths.
const STEPS: usize = 1000 / STEP + 1;
/// Sums of more fingers than this are judged by their mean.
const FINGERS_MAX: usize = 12;

/// Maps similarities to likelihood ratios and error rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    mated: Distribution,
    non_mated: Distribution,
    /// By number of fingers from 1: `log10` of the probability of a step or more, non-mated.
    false_match: Vec<Vec<f64>>,
    /// By number of fingers from 1: `log10` likelihood ratio by step, never falling.
    likelihood: Vec<Vec<f64>>,
}

impl Calibration {
    /// The calibration shipped with this version of the parameters.
    pub fn shipped() -> Self {
        Self::from_text(include_str!("calibration_table.txt"))
            .expect("a test reads the shipped table")
    }

    /// Fits a calibration to similarities of single fingers.
    ///
    /// # Errors
    /// [`MatchingError::CalibrationScores`] with fewer than 100 mated or 1,000 non-mated scores.
    pub fn fit(mated: &[Similarity], non_mated: &[Similarity]) -> Result<Self, MatchingError> {
        fit::enough("mated", mated.len(), 100)?;
        fit::enough("non-mated", non_mated.len(), 1000)?;
        Ok(Self::new(fit::mated(mated), fit::non_mated(non_mated)))
    }

    /// As text; [`Self::from_text`] reads it back.
    pub fn to_text(&self) -> String {
        text::write(&self.mated, &self.non_mated)
    }

    /// From the text of [`Self::to_text`].
    ///
    /// # Errors
    /// [`MatchingError::CalibrationText`] when a line is missing or no probability.
    pub fn from_text(text: &str) -> Result<Self, MatchingError> {
        let (mated, non_mated) = text::read(text)?;
        Ok(Self::new(mated, non_mated))
    }

    fn new(mated: Distribution, non_mated: Distribution) -> Self {
        let (mut sum_mated, mut sum_non_mated) = (mated.clone(), non_mated.clone());
        let (mut false_match, mut likelihood) = (Vec::new(), Vec::new());
        for fingers in 1..=FINGERS_MAX {
            if fingers > 1 {
                sum_mated = sum_mated.convolved(&mated);
                sum_non_mated = sum_non_mated.convolved(&non_mated);
            }
            false_match.push(sum_non_mated.log_survival());
            likelihood.push(distribution::log_ratio(&sum_mated, &sum_non_mated));
        }
        Self { mated, non_mated, false_match, likelihood }
    }

    /// `log10` of how many times likelier the similarity is when the prints are of one person, for
    /// a sum over `fingers` fingers; 0 for no finger. Never falls with the similarity.
    pub fn log_likelihood_ratio(&self, similarity: Similarity, fingers: usize) -> f64 {
        let Some((index, place)) = place(similarity, fingers) else { return 0.0 };
        interpolated(&self.likelihood[index], place)
    }

    /// Probability that one other person reaches the similarity, with a sum over `fingers`
    /// fingers; 1 for no finger.
    pub fn false_match_rate(&self, similarity: Similarity, fingers: usize) -> f64 {
        let Some((index, place)) = place(similarity, fingers) else { return 1.0 };
        libm::exp10(interpolated(&self.false_match[index], place)).min(1.0)
    }

    /// How rare it is that one other person is as similar when there were so many `ways` to choose
    /// the prints: thousandths of the negative decimal logarithm of the probability. 9,000 is one
    /// person in a thousand million. It compares persons of whom different numbers of fingers were
    /// compared; 0 is nothing special.
    pub fn rarity(&self, similarity: Similarity, fingers: usize, ways: u64) -> u32 {
        let Some((index, place)) = place(similarity, fingers) else { return 0 };
        let rate = interpolated(&self.false_match[index], place) + libm::log10(ways.max(1) as f64);
        (-1000.0 * rate).max(0.0) as u32
    }

    /// The least rarity at which a search of a person who is not enrolled returns anybody with at
    /// most the probability `fpir`.
    pub fn rarity_for_fpir(fpir: f64, gallery_persons: u64) -> u32 {
        let wanted = rate_of_one(fpir, gallery_persons);
        (-1000.0 * libm::log10(wanted)).clamp(0.0, f64::from(u32::MAX)) as u32
    }

    /// Expected number of other persons at or above the similarity in a gallery.
    pub fn expected_false_positives(
        &self,
        similarity: Similarity,
        fingers: usize,
        gallery_persons: u64,
    ) -> f64 {
        self.false_match_rate(similarity, fingers) * gallery_persons as f64
    }

    /// The least similarity at which a search of a person who is not enrolled returns anybody with
    /// at most the probability `fpir`. One thousandth above the largest possible similarity when
    /// even that is not rare enough.
    pub fn threshold_for_fpir(
        &self,
        fpir: f64,
        fingers: usize,
        gallery_persons: u64,
    ) -> Similarity {
        let wanted = rate_of_one(fpir, gallery_persons);
        let most = 1000 * fingers as u32;
        let (mut low, mut high) = (0, most + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = Similarity::from_thousandths(middle);
            if self.false_match_rate(at, fingers) <= wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Similarity::from_thousandths(low)
    }
}

/// How often one person may be taken for another so that a search among so many finds anybody with
/// at most the probability `fpir`.
fn rate_of_one(fpir: f64, gallery_persons: u64) -> f64 {
    let persons = gallery_persons.max(1) as f64;
    let fpir = fpir.clamp(0.0, 1.0);
    if fpir >= 1.0 { 1.0 } else { -libm::expm1(libm::log1p(-fpir) / persons) }
}

/// Which table, and where in it, in steps; `None` for no finger.
fn place(similarity: Similarity, fingers: usize) -> Option<(usize, f64)> {
    let index = fingers.min(FINGERS_MAX).checked_sub(1)?;
    let shrink = (index + 1) as f64 / fingers as f64;
    let thousandths = f64::from(similarity.thousandths()) * shrink;
    // A step holds the thousandths from its start on: their mean lies (STEP - 1) / 2 further, which
    // adds up over the fingers of a sum but is already right for one.
    let drift = index as f64 * (STEP - 1) as f64 / 2.0;
    Some((index, (thousandths - drift).max(0.0) / STEP as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn similarities(values: impl Iterator<Item = u32>) -> Vec<Similarity> {
        values.map(Similarity::from_thousandths).collect()
    }

    /// Mated scores about 600, non-mated scores that fall by a factor of e every 20 thousandths.
    fn example() -> Calibration {
        let mated = similarities((0..1000).map(|i| 400 + i * 400 / 1000));
        let quantile = |i: u32| (-20.0 * (f64::from(2 * i + 1) / 40000.0).ln()) as u32;
        Calibration::fit(&mated, &similarities((0..20000).map(quantile))).unwrap()
    }

    #[test]
    fn an_exponential_tail_is_continued_with_its_own_scale() {
        let calibration = example();
        for (similarity, wanted) in [(100, -2.17), (200, -4.34), (400, -8.69)] {
            let similarity = Similarity::from_thousandths(similarity);
            let rate = calibration.false_match_rate(similarity, 1).log10();
            assert!((rate - wanted).abs() < 0.1 * -wanted, "{rate} for {similarity}");
        }
    }

    #[test]
    fn rarity_compares_persons_of_whom_different_numbers_of_fingers_were_compared() {
        let calibration = example();
        let persons = 1_000_000;
        for fingers in [1, 2, 10] {
            let rarity = Calibration::rarity_for_fpir(0.001, persons);
            let threshold = calibration.threshold_for_fpir(0.001, fingers, persons);
            let below = Similarity::from_thousandths(threshold.thousandths() - 20);
            assert!(calibration.rarity(threshold, fingers, 1) >= rarity);
            assert!(calibration.rarity(below, fingers, 1) < rarity, "{fingers}");
            // Ten chances are a decade.
            let chosen = calibration.rarity(threshold, fingers, 10);
            assert!(calibration.rarity(threshold, fingers, 1).abs_diff(chosen + 1000) <= 1);
        }
        assert_eq!(Calibration::rarity_for_fpir(1.0, 10), 0);
        assert_eq!(calibration.rarity(Similarity::from_thousandths(500), 0, 1), 0);
    }

    #[test]
    fn two_fingers_of_a_stranger_multiply() {
        let calibration = example();
        let rate = calibration.false_match_rate(Similarity::from_thousandths(400), 2).log10();
        // A sum of two exponentials of scale 20 at 400: (1 + 20) e^-20.
        assert!((rate - -7.36).abs() < 0.4, "{rate}");
    }

    #[test]
    fn the_threshold_gives_the_wanted_rate_and_one_less_does_not() {
        let calibration = example();
        for (fpir, fingers, persons) in
            [(0.01, 1, 1000), (0.001, 2, 1_000_000), (1e-4, 10, 20_000_000)]
        {
            let threshold = calibration.threshold_for_fpir(fpir, fingers, persons);
            let below = Similarity::from_thousandths(threshold.thousandths() - 1);
            assert!(
                calibration.expected_false_positives(threshold, fingers, persons) <= fpir * 1.01
            );
            assert!(calibration.expected_false_positives(below, fingers, persons) > fpir * 0.99);
        }
        assert_eq!(calibration.threshold_for_fpir(1.0, 1, 10), Similarity::ZERO);
        assert_eq!(calibration.threshold_for_fpir(0.0, 1, 10).thousandths(), 1001);
    }

    #[test]
    fn a_likely_score_of_a_mate_speaks_for_the_mate_and_zero_against() {
        let calibration = example();
        assert!(calibration.log_likelihood_ratio(Similarity::from_thousandths(600), 1) > 5.0);
        assert!(calibration.log_likelihood_ratio(Similarity::ZERO, 1) < -1.0);
        assert_eq!(calibration.log_likelihood_ratio(Similarity::from_thousandths(600), 0), 0.0);
    }

    #[test]
    fn text_reads_back() {
        let calibration = example();
        let read = Calibration::from_text(&calibration.to_text()).unwrap();
        for similarity in (0..=2000).step_by(50).map(Similarity::from_thousandths) {
            let (a, b) = (&calibration, &read);
            let difference =
                a.log_likelihood_ratio(similarity, 2) - b.log_likelihood_ratio(similarity, 2);
            assert!(difference.abs() < 1e-3);
        }
    }

    #[test]
    fn damaged_text_is_refused_with_its_line() {
        let text = example().to_text();
        let damaged = text.replacen("\n8 ", "\n8 x", 1);
        assert!(matches!(
            Calibration::from_text(&damaged),
            Err(MatchingError::CalibrationText { line, .. }) if line > 1
        ));
        assert!(Calibration::from_text("").is_err());
    }

    #[test]
    fn too_few_scores_are_refused() {
        let few = similarities(0..99);
        assert!(matches!(
            Calibration::fit(&few, &similarities(0..1000)),
            Err(MatchingError::CalibrationScores { kind: "mated", found: 99, needed: 100 })
        ));
    }

    #[test]
    fn the_shipped_table_reads_and_separates_mates_from_strangers() {
        let calibration = Calibration::shipped();
        let high = Similarity::from_thousandths(900);
        assert!(calibration.false_match_rate(high, 1) < 1e-6);
        assert!(calibration.log_likelihood_ratio(high, 1) > 3.0);
        assert!(calibration.log_likelihood_ratio(Similarity::ZERO, 1) < 0.0);
    }

    proptest! {
        #[test]
        fn rates_fall_and_ratios_rise_with_the_similarity(
            a in 0u32..=10_000,
            b in 0u32..=10_000,
            fingers in 1usize..=14,
        ) {
            let calibration = Calibration::shipped();
            let (low, high) = (a.min(b), a.max(b));
            let (low, high) =
                (Similarity::from_thousandths(low), Similarity::from_thousandths(high));
            prop_assert!(
                calibration.false_match_rate(low, fingers)
                    >= calibration.false_match_rate(high, fingers)
            );
            prop_assert!(
                calibration.log_likelihood_ratio(low, fingers)
                    <= calibration.log_likelihood_ratio(high, fingers)
            );
        }
    }
}
