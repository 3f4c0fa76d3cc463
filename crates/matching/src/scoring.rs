//! From evidence to a similarity.

use crate::compare::Evidence;
use crate::parameters::ScoringParameters;
use vocabulary::Similarity;

/// Weighs the evidence: about the natural logarithm of how much likelier it is when the prints are
/// of one finger, up to a constant.
pub(crate) fn weigh(evidence: &Evidence, parameters: &ScoringParameters) -> f32 {
    let features = features(evidence);
    let products = features.iter().zip(&parameters.weights).map(|(f, w)| f * w);
    parameters.offset + products.sum::<f32>()
}

/// Features of the linear model, in the order of [`ScoringParameters::weights`].
pub(crate) fn features(e: &Evidence) -> [f32; 5] {
    let inside = f32::from(e.probe_in_overlap) + f32::from(e.reference_in_overlap);
    let unpaired = (inside - 2.0 * f32::from(e.paired)).max(0.0);
    [e.support, e.similar, unpaired, e.local, e.flow_agreement]
}

/// Maps the weighed evidence to thousandths: nothing below zero, nearly straight up to the
/// middle, then ever slower towards 1000.
pub(crate) fn similarity(weight: f32, parameters: &ScoringParameters) -> Similarity {
    let positive = (weight - parameters.floor).max(0.0) / parameters.scale;
    let mapped = 1000.0 * (1.0 - libm::expf(-positive));
    Similarity::from_thousandths((mapped + 0.5) as u32)
}
