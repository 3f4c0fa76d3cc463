//! From evidence to a similarity.

use crate::compare::Evidence;
use crate::parameters::{FLOW_NOISE, ScoringParameters};
use vocabulary::Similarity;

/// What the models are linear in: support, similar, unpaired, local and flow, as in
/// [`crate::parameters::EvidenceModel`]. For fitting the weights; the flow is 0 when a template has
/// none.
pub fn features(evidence: &Evidence) -> [f32; 5] {
    let flow = if evidence.flow_cells == 0 { 0.0 } else { flow_feature(evidence.flow_agreement) };
    [
        evidence.reliable_support,
        evidence.similar,
        evidence.unpaired_reliability,
        evidence.local,
        flow,
    ]
}

/// Weighs the evidence: about the natural logarithm of how much likelier it is when the prints are
/// of one finger.
pub(crate) fn weigh(evidence: &Evidence, parameters: &ScoringParameters) -> f32 {
    let flowless = evidence.flow_cells == 0;
    let model = if flowless { &parameters.without_flow } else { &parameters.with_flow };
    let weights = [model.support, model.similar, model.unpaired, model.local, model.flow];
    let sum = |sum: f32, (weight, feature): (f32, f32)| sum + weight * feature;
    weights.into_iter().zip(features(evidence)).fold(model.offset, sum)
}

/// The natural logarithm of one over the disagreement of the ridge flows.
fn flow_feature(agreement: f32) -> f32 {
    -libm::logf((1.0 + FLOW_NOISE - agreement).max(FLOW_NOISE / 4.0))
}

/// Maps the weighed evidence to thousandths: nothing below the floor, then ever slower towards
/// 1000.
pub(crate) fn similarity(weight: f32, parameters: &ScoringParameters) -> Similarity {
    let above = (weight - parameters.floor).max(0.0) / parameters.scale;
    let mapped = 1000.0 * (1.0 - libm::expf(-above));
    Similarity::from_thousandths((mapped + 0.5) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        Evidence {
            local: 0.2,
            paired: 12,
            probe_in_overlap: 20,
            reference_in_overlap: 22,
            unpaired_reliability: 5.0,
            reliable_support: 6.0,
            similar: 4.0,
            overlap_px2: 40_000.0,
            residual_px: 3.0,
            flow_agreement: 0.95,
            flow_cells: 150,
        }
    }

    fn score(evidence: &Evidence) -> u32 {
        let parameters = ScoringParameters::default();
        similarity(weigh(evidence, &parameters), &parameters).thousandths()
    }

    #[test]
    fn more_of_each_evidence_speaks_for_the_mate() {
        let base = score(&evidence());
        assert!(score(&Evidence { local: 0.25, ..evidence() }) > base);
        assert!(score(&Evidence { reliable_support: 7.0, ..evidence() }) > base);
        assert!(score(&Evidence { similar: 5.0, ..evidence() }) > base);
        assert!(score(&Evidence { unpaired_reliability: 8.0, ..evidence() }) < base);
        assert!(score(&Evidence { flow_agreement: 0.8, ..evidence() }) < base);
    }

    #[test]
    fn similarity_stays_within_its_range() {
        let parameters = ScoringParameters::default();
        assert_eq!(similarity(f32::MIN, &parameters), Similarity::ZERO);
        assert_eq!(similarity(1e9, &parameters).thousandths(), 1000);
    }
}
