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
        let turn = probe.thetas[cylinder].wrapping_sub(reference.thetas[*other]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::pack;
    use crate::parameters::Parameters;
    use crate::samples::{finger, moved, shaken, template};

    fn score(probe: &PackedRecord, reference: &PackedRecord) -> u16 {
        score_reference(probe, reference, &Stage1Parameters::default())
    }

    fn record(seed: u64, turn_rad: f32) -> PackedRecord {
        let sketches = shaken(&moved(&finger(seed, 40), turn_rad, (5.0, 9.0)), seed + 1, 2.0);
        pack(&template(&sketches, None), &Parameters::default())
    }

    #[test]
    fn a_mate_scores_above_strangers() {
        let probe = record(1, 0.0);
        let mate = score(&probe, &record(1, 0.4));
        for stranger in 2..40 {
            assert!(mate > score(&probe, &record(stranger, 0.0)));
        }
    }

    #[test]
    fn prints_turned_beyond_the_gate_are_not_found() {
        let probe = record(1, 0.0);
        assert!(score(&probe, &record(1, 3.0)) < score(&probe, &record(1, 0.5)));
    }

    #[test]
    fn two_equal_cylinders_score_their_norms_and_the_bias() {
        let mut one = PackedRecord { count: 1, ..PackedRecord::EMPTY };
        one.words[3][0] = 0b1011;
        one.norms[0] = 3;
        let mut other = one;
        other.words[3][0] = 0b0111;
        assert_eq!(score(&one, &one), 64 + 3 + 3);
        assert_eq!(score(&one, &other), 64 + 3 + 3 - 2 * 2);
    }

    #[test]
    fn a_cylinder_counts_up_to_the_gate_and_not_beyond() {
        let at = |theta: u8| {
            let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
            record.thetas[0] = theta;
            record
        };
        for theta in [0, 1, 32, 224, 255] {
            assert_eq!(score(&at(0), &at(theta)), 64, "{theta}");
        }
        for theta in [33, 128, 223] {
            assert_eq!(score(&at(0), &at(theta)), 0, "{theta}");
        }
    }

    #[test]
    fn a_record_without_cylinders_is_similar_to_nothing() {
        assert_eq!(score(&PackedRecord::EMPTY, &record(1, 0.0)), 0);
        assert_eq!(score(&record(1, 0.0), &PackedRecord::EMPTY), 0);
    }

    #[test]
    fn the_largest_score_is_not_exceeded() {
        let mut full = PackedRecord { count: 32, ..PackedRecord::EMPTY };
        full.words = [[u32::MAX; 32]; 8];
        full.norms = [255; 32];
        assert_eq!(score(&full, &full), SCORE_MAX);
    }
}
