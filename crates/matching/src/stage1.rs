//! The score of stage 1, defined.
//!
//! This is the oracle: a plain function in integers that the portable, AVX2, AVX-512 and GPU
//! twins in `shaders` must equal bit for bit.
//!
//! For each probe cylinder the most similar reference cylinder within the direction gate is found;
//! the score is the mean of the best of these. The similarity of two cylinders falls with the bits
//! in which they differ, relative to the bits set in both: `SCALE - d * weight(na + nb) >> 7`.

use crate::parameters::Stage1Parameters;
use crate::record::{CYLINDERS, PackedRecord};

/// Similarity of two equal cylinders, and the largest score.
pub const SCALE: u16 = 255;

/// Similarity of two cylinders, `0..=255`, from the bits in which they differ (`0..=256`) and the
/// sum of their norms (`0..=510`).
pub fn cylinder_similarity(differing: u32, norms: u32, parameters: &Stage1Parameters) -> u16 {
    let weight = u32::from(parameters.weights[(norms >> 4) as usize]);
    let loss = differing * weight >> 7;
    SCALE.saturating_sub(loss.min(u32::from(SCALE)) as u16)
}

/// Similarity of the best eligible reference cylinder, 0 when there is none.
fn best_reference(
    probe: &PackedRecord,
    cylinder: usize,
    reference: &PackedRecord,
    parameters: &Stage1Parameters,
) -> u16 {
    let near = |other: &usize| {
        let turn = probe.theta(cylinder).wrapping_sub(reference.theta(*other));
        turn.min(turn.wrapping_neg()) <= parameters.direction_gate_256
    };
    let similarity = |other: usize| {
        let norms = u32::from(probe.norms[cylinder]) + u32::from(reference.norms[other]);
        cylinder_similarity(probe.distance(cylinder, reference, other), norms, parameters)
    };
    (0..usize::from(reference.count)).filter(near).map(similarity).max().unwrap_or(0)
}

/// How many of the best cylinders count, from the smaller of the two counts.
pub fn counted_cylinders(probe: u8, reference: u8, parameters: &Stage1Parameters) -> u16 {
    u16::from(parameters.counted[usize::from(probe.min(reference)).min(CYLINDERS)])
}

/// Stage-1 score, `0..=4080`: 16 times the mean of the best cylinder similarities, rounded down.
pub fn score_reference(
    probe: &PackedRecord,
    reference: &PackedRecord,
    parameters: &Stage1Parameters,
) -> u16 {
    let counted = counted_cylinders(probe.count, reference.count, parameters);
    if counted == 0 {
        return 0;
    }
    let mut best: Vec<u16> = (0..usize::from(probe.count))
        .map(|cylinder| best_reference(probe, cylinder, reference, parameters))
        .collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.iter().take(usize::from(counted)).sum::<u16>() * 16 / counted
}
