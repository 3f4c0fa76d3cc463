//! What the template-only mode promises.

use proptest::prelude::*;
use std::collections::BTreeMap;
use synthesis::PatternClass;
use synthesis::templates::{self, Finger, ImpressionParameters};
use vocabulary::Minutia;

/// Nothing but the contact area is lost.
fn exact() -> ImpressionParameters {
    ImpressionParameters {
        rotation_sigma_degrees: 0.0,
        translation_sigma_px: 0.0,
        distortion_px: 0.0,
        jitter_sigma_px: 0.0,
        direction_sigma_degrees: 0.0,
        dropout: 0.0,
        spurious: 0.0,
        contact_radius_px: 220.0,
    }
}

fn place(minutia: &Minutia) -> (u16, u16, u16) {
    (minutia.x_16(), minutia.y_16(), minutia.direction().turns_65536())
}

#[test]
fn classes_come_in_natural_proportions() {
    const FINGERS: u64 = 5000;
    let mut counts = BTreeMap::new();
    for index in 0..FINGERS {
        *counts.entry(templates::finger(77, index).class()).or_insert(0.0) += 1.0;
    }
    let chi_square: f64 = PatternClass::ALL
        .into_iter()
        .map(|class| {
            let expected = FINGERS as f64 * f64::from(class.per_mille()) / 1000.0;
            let found: f64 = counts.get(&class).copied().unwrap_or(0.0);
            (found - expected) * (found - expected) / expected
        })
        .sum();
    // Four degrees of freedom: above 18.5 once in a thousand seeds.
    assert!(chi_square < 18.5, "chi square {chi_square}: {counts:?}");
}

#[test]
fn a_noiseless_impression_shows_minutiae_of_its_finger_in_their_places() {
    for index in 0..50 {
        let finger = templates::finger(5, index);
        let all: Vec<_> = finger.template().minutiae().iter().map(place).collect();
        let seen = templates::impression(&finger, 3, &exact());
        assert!(seen.minutiae().len() * 2 > all.len(), "finger {index}");
        for minutia in seen.minutiae() {
            let (x, y, direction) = place(minutia);
            let same = |other: &(u16, u16, u16)| {
                x.abs_diff(other.0) <= 1
                    && y.abs_diff(other.1) <= 1
                    && direction.wrapping_sub(other.2).wrapping_add(2) <= 4
            };
            assert!(all.iter().any(same), "finger {index}");
        }
    }
}

/// Share of minutiae of `a` with a counterpart in `b` within 12 pixels and 20 degrees, after the
/// best of the shifts and turns that bring a minutia of one onto one of the other.
fn overlap(a: &[Minutia], b: &[Minutia]) -> f32 {
    let mut best = 0;
    for from in a {
        for to in b {
            let turn = to.direction().difference(from.direction());
            if turn.unsigned_abs() > 8192 {
                continue;
            }
            let (sine, cosine) = (f32::from(turn) * std::f32::consts::TAU / 65536.0).sin_cos();
            let hit = |m: &&Minutia| {
                let (dx, dy) = (m.x_px() - from.x_px(), m.y_px() - from.y_px());
                let (x, y) =
                    (to.x_px() + cosine * dx + sine * dy, to.y_px() - sine * dx + cosine * dy);
                b.iter().any(|o| {
                    let bend = o.direction().difference(m.direction()).wrapping_sub(turn);
                    (o.x_px() - x).hypot(o.y_px() - y) < 12.0 && bend.unsigned_abs() < 3641
                })
            };
            best = best.max(a.iter().filter(hit).count());
        }
    }
    best as f32 / a.len().min(b.len()).max(1) as f32
}

#[test]
fn mated_impressions_overlap_and_non_mated_ones_do_not() {
    let parameters = ImpressionParameters::typical();
    let fingers: Vec<Finger> = (0..8).map(|index| templates::finger(9, index)).collect();
    let seen = |index: usize, impression| {
        templates::impression(&fingers[index], impression, &parameters).minutiae().to_vec()
    };
    let mated: Vec<f32> = (0..8).map(|i| overlap(&seen(i, 0), &seen(i, 1))).collect();
    let other: Vec<f32> = (0..8).map(|i| overlap(&seen(i, 0), &seen((i + 1) % 8, 1))).collect();
    let mean = |shares: &[f32]| shares.iter().sum::<f32>() / shares.len() as f32;
    assert!(mean(&mated) > mean(&other) + 0.2, "mated {mated:?}, non-mated {other:?}");
}

#[test]
fn templates_have_as_many_minutiae_as_prints() {
    let parameters = ImpressionParameters::typical();
    let mut counts: Vec<usize> = (0..400)
        .map(|i| templates::impression(&templates::finger(1, i), 0, &parameters).minutiae().len())
        .collect();
    counts.sort_unstable();
    assert!((35..=50).contains(&counts[200]), "median {}", counts[200]);
    assert!(counts[20] >= 22 && counts[380] <= 72, "5 % {}, 95 % {}", counts[20], counts[380]);
}

#[test]
fn fingers_and_impressions_depend_on_their_own_numbers_only() {
    let parameters = ImpressionParameters::typical();
    let finger = templates::finger(1, 2);
    let template = templates::impression(&finger, 3, &parameters);
    assert!(template == templates::impression(&templates::finger(1, 2), 3, &parameters));
    assert!(template != templates::impression(&finger, 4, &parameters));
    assert!(template != templates::impression(&templates::finger(1, 3), 3, &parameters));
    assert!(template != templates::impression(&templates::finger(2, 2), 3, &parameters));
}

proptest! {
    #[test]
    fn no_parameters_break_a_template(
        seed: u64,
        index: u64,
        numbers in proptest::array::uniform8(prop_oneof![
            -5.0_f32..300.0,
            Just(f32::NAN),
            Just(f32::INFINITY),
            Just(f32::NEG_INFINITY),
        ]),
    ) {
        let [rotation, translation, distortion, jitter, direction, dropout, spurious, radius] =
            numbers;
        let parameters = ImpressionParameters {
            rotation_sigma_degrees: rotation,
            translation_sigma_px: translation,
            distortion_px: distortion,
            jitter_sigma_px: jitter,
            direction_sigma_degrees: direction,
            dropout,
            spurious,
            contact_radius_px: radius,
        };
        let finger = templates::finger(seed, index);
        let template = templates::impression(&finger, index, &parameters);
        prop_assert!(template.minutiae().len() <= 3 * finger.minutia_count());
    }
}
