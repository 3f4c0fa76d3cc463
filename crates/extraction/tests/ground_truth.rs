//! Recall and precision on synthetic prints, whose minutiae are known.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod pattern;

use extraction::{Parameters, extract_template};
use pattern::{between_directions, distance};
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};
use vocabulary::Minutia;

/// Found minutiae within this distance and angle of a true one are that one.
const NEAR_PX: f32 = 10.0;
const NEAR_DEGREES: f32 = 30.0;

struct Score {
    recall: f32,
    precision: f32,
    /// Precision of the half with the better reliability.
    precision_of_best: f32,
}

fn paired(one: &Minutia, others: &[Minutia]) -> bool {
    others.iter().any(|other| {
        distance(other, (one.x_px(), one.y_px())) < NEAR_PX
            && between_directions(one.direction().radians(), other.direction().radians())
                < NEAR_DEGREES
    })
}

fn score(parameters: &ImpressionParameters, fingers: u64) -> Score {
    let (mut truths, mut recalled, mut found, mut right) = (0, 0, 0, 0);
    let (mut best, mut best_right) = (0, 0);
    for finger in 0..fingers {
        let size = MasterParameters { size: 0.7, class: None };
        let master = MasterPrint::generate(derive_seed(41, [finger, 0, 0]), &size);
        let impression = Impression::render(&master, derive_seed(41, [finger, 0, 1]), parameters);
        let template = extract_template(&impression.image, 500.0, &Parameters::default()).unwrap();
        let sure: Vec<Minutia> =
            impression.minutiae.iter().copied().filter(|m| m.reliability() >= 50).collect();
        truths += sure.len();
        recalled += sure.iter().filter(|m| paired(m, template.minutiae())).count();
        let is_right = |m: &&Minutia| paired(m, &impression.minutiae);
        found += template.minutiae().len();
        right += template.minutiae().iter().filter(is_right).count();
        let half = &template.minutiae()[..template.minutiae().len() / 2];
        best += half.len();
        best_right += half.iter().filter(is_right).count();
    }
    let share = |part: usize, whole: usize| part as f32 / whole.max(1) as f32;
    Score {
        recall: share(recalled, truths),
        precision: share(right, found),
        precision_of_best: share(best_right, best),
    }
}

fn check(parameters: &ImpressionParameters, recall: f32, precision: f32, of_best: f32) {
    let score = score(parameters, 6);
    eprintln!(
        "recall {:.3}, precision {:.3}, of the better half {:.3}",
        score.recall, score.precision, score.precision_of_best
    );
    assert!(score.recall >= recall, "recall {}", score.recall);
    assert!(score.precision >= precision, "precision {}", score.precision);
    assert!(score.precision_of_best >= of_best, "of the better half {}", score.precision_of_best);
}

#[test]
fn most_minutiae_of_good_prints_are_found_and_few_others() {
    check(&ImpressionParameters::good(), 0.8, 0.7, 0.85);
}

#[test]
fn most_minutiae_of_typical_prints_are_found() {
    check(&ImpressionParameters::typical(), 0.7, 0.6, 0.75);
}

#[test]
fn of_poor_prints_the_more_reliable_minutiae_are_real() {
    check(&ImpressionParameters::poor(), 0.5, 0.4, 0.6);
}
