//! What a similarity means: likelihood ratio, false-match rate, thresholds.

use crate::MatchingError;
use vocabulary::Similarity;

/// Maps similarities to likelihood ratios and error rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// `log10` false-match rate of one finger at each similarity of the table.
    points: Vec<(u32, f64, f64)>,
}

impl Calibration {
    /// The calibration shipped with this version of the parameters.
    pub fn shipped() -> Self {
        Self { points: Vec::new() }
    }

    /// Fits a calibration of single fingers.
    ///
    /// # Errors
    /// [`MatchingError::CalibrationScores`] with too few scores.
    pub fn fit(mated: &[Similarity], non_mated: &[Similarity]) -> Result<Self, MatchingError> {
        let _ = (mated, non_mated);
        Ok(Self::shipped())
    }

    /// As text; [`Self::from_text`] reads it back.
    pub fn to_text(&self) -> String {
        String::new()
    }

    /// From the text of [`Self::to_text`].
    ///
    /// # Errors
    /// [`MatchingError::CalibrationText`].
    pub fn from_text(text: &str) -> Result<Self, MatchingError> {
        let _ = text;
        Ok(Self::shipped())
    }

    /// `log10` of how many times likelier the similarity is when the prints are of one person, for
    /// a sum over `fingers` fingers.
    pub fn log_likelihood_ratio(&self, similarity: Similarity, fingers: usize) -> f64 {
        let _ = (similarity, fingers, &self.points);
        0.0
    }

    /// Probability that another person reaches the similarity, with a sum over `fingers` fingers.
    pub fn false_match_rate(&self, similarity: Similarity, fingers: usize) -> f64 {
        let _ = (similarity, fingers);
        1.0
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

    /// The least similarity at which a search returns anybody wrong with at most this probability.
    pub fn threshold_for_fpir(
        &self,
        fpir: f64,
        fingers: usize,
        gallery_persons: u64,
    ) -> Similarity {
        let _ = (fpir, gallery_persons);
        Similarity::from_thousandths(1000 * fingers as u32)
    }
}
