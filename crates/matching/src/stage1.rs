//! The score of stage 1, defined.
//!
//! This is the oracle: a plain function in integers that the portable, AVX2, AVX-512 and GPU
//! twins in `shaders` must equal bit for bit.
//!
//! 1. Two cylinders of norms `a`, `b` that differ in `d` bits have the similarity
//!    `max(0, bias + a + b - 2 d)`: bits set in both count for them, bits set in one against
//!    them. It needs one subtraction per pair of cylinders, no table and no division, and on real
//!    prints it ranks as well as the quotient `d / (a + b)` (see `docs/design/scoring.md`).
//! 2. Each probe cylinder takes its most similar reference cylinder within the direction gate.
//! 3. The score is the sum of the best [`Stage1Parameters::counted`] of these. Missing cylinders
//!    count zero, so that a print with few cylinders cannot score high by chance.
//!
//! Because the probe's norm and the bias do not depend on the reference cylinder, a kernel may keep
//! the maximum of `b - 2 d` and add the rest once per probe cylinder.

use crate::parameters::Stage1Parameters;
use crate::record::PackedRecord;

/// The largest score: eight equal full cylinders with the default parameters stay below.
pub const SCORE_MAX: u16 = 8 * (2 * 255 + 64);

/// Similarity of the best reference cylinder within the direction gate, 0 when there is none.
fn best_reference(
    probe: &PackedRecord,
    cylinder: usize,
    reference: &PackedRecord,
    parameters: &Stage1Parameters,
) -> i32 {
    let near = |other: &usize| {
        let turn = probe.theta(cylinder).wrapping_sub(reference.theta(*other));
        turn.min(turn.wrapping_neg()) <= parameters.direction_gate_256
    };
    let similarity = |other: usize| {
        let norms = i32::from(probe.norms[cylinder]) + i32::from(reference.norms[other]);
        let differing = probe.distance(cylinder, reference, other) as i32;
        i32::from(parameters.bias) + norms - 2 * differing
    };
    (0..usize::from(reference.count)).filter(near).map(similarity).max().unwrap_or(0).max(0)
}

/// Stage-1 score, `0..=SCORE_MAX` with the default parameters; larger is more alike.
pub fn score_reference(
    probe: &PackedRecord,
    reference: &PackedRecord,
    parameters: &Stage1Parameters,
) -> u16 {
    let mut best: Vec<i32> = (0..usize::from(probe.count))
        .map(|cylinder| best_reference(probe, cylinder, reference, parameters))
        .collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.iter().take(usize::from(parameters.counted)).sum::<i32>() as u16
}
