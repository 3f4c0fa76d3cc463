//! Minutiae of known place, direction and kind.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod pattern;

use extraction::{Parameters, extract_template};
use pattern::{Dislocation, Pattern, between_directions, distance, inverted};
use vocabulary::MinutiaKind::{Bifurcation, Ending};
use vocabulary::Template;

/// The filter carries a line on past its end, towards where ISO/IEC 19794-2 places an ending (the
/// fork of the valley around it), by two to four pixels.
const NEAR_PX: f32 = 5.0;

fn template(pattern: &Pattern) -> Template {
    extract_template(&pattern.image(), 500.0, &Parameters::default()).unwrap()
}

#[test]
fn a_single_minutia_is_found_with_place_direction_and_kind() {
    for kind in [Ending, Bifurcation] {
        for step in 0..12 {
            let angle = (step as f32 * 30.0 + 7.0).to_radians();
            let pattern = Pattern::with_minutia(angle, 9.0, kind);
            let template = template(&pattern);
            let middle = pattern.place(&pattern.dislocations[0]);
            let [minutia] = template.minutiae() else {
                panic!("{} minutiae instead of one at {angle}", template.minutiae().len());
            };
            let apart = distance(minutia, middle);
            assert!(apart < NEAR_PX, "{apart} px from its place at {angle}");
            let error = between_directions(minutia.direction().radians(), angle);
            assert!(error < 5.0, "{error} degrees off at {angle}");
            assert_eq!(minutia.kind(), kind, "at {angle}");
        }
    }
}

#[test]
fn with_the_polarity_reversed_a_minutia_keeps_place_and_direction_and_changes_kind() {
    let parameters = Parameters { detect_polarity: false, ..Parameters::default() };
    for step in 0..6 {
        let pattern = Pattern::with_minutia(step as f32 * 0.5, 9.0, Ending);
        let middle = pattern.place(&pattern.dislocations[0]);
        let reversed = extract_template(&inverted(&pattern.image()), 500.0, &parameters).unwrap();
        let [minutia] = reversed.minutiae() else { panic!("not one minutia") };
        assert!(distance(minutia, middle) < NEAR_PX);
        assert!(between_directions(minutia.direction().radians(), pattern.angle) < 5.0);
        assert_eq!(minutia.kind(), Bifurcation);
    }
}

/// Places far enough from each other that none disturbs its neighbors' directions much.
fn many(angle: f32) -> Pattern {
    let places = [(-80.0, -60.0), (-30.0, 40.0), (20.0, -70.0), (60.0, 30.0), (0.0, 85.0)];
    let dislocations = places
        .iter()
        .enumerate()
        .map(|(i, (u, n))| Dislocation { u: *u, n: *n, sense: [1.0, -1.0][i % 2] })
        .collect();
    Pattern { side_px: 320, radius_px: 140.0, dislocations, ..Pattern::grating(angle, 9.0) }
}

#[test]
fn a_turned_print_gives_the_same_minutiae_turned() {
    for step in 0..8 {
        let pattern = many(step as f32 * 0.79);
        let template = template(&pattern);
        for dislocation in &pattern.dislocations {
            let place = pattern.place(dislocation);
            let turn = if dislocation.sense > 0.0 { 0.0 } else { std::f32::consts::PI };
            let found = template.minutiae().iter().any(|m| {
                distance(m, place) < NEAR_PX
                    && between_directions(m.direction().radians(), pattern.angle + turn) < 12.0
            });
            assert!(found, "nothing found near its place at step {step}");
        }
        let sure = template.minutiae().iter().filter(|m| m.reliability() >= 50).count();
        assert_eq!(sure, pattern.dislocations.len(), "at step {step}");
    }
}

#[test]
fn an_image_of_twice_the_resolution_gives_the_same_minutiae() {
    let coarse = many(0.6);
    let fine = Pattern {
        side_px: 640,
        period_px: 18.0,
        radius_px: 280.0,
        dislocations: coarse
            .dislocations
            .iter()
            .map(|d| Dislocation { u: 2.0 * d.u, n: 2.0 * d.n, sense: d.sense })
            .collect(),
        ..coarse.clone()
    };
    let fine = extract_template(&fine.image(), 1000.0, &Parameters::default()).unwrap();
    assert_eq!((fine.header().width_px, fine.header().height_px), (320, 320));
    for dislocation in &coarse.dislocations {
        let place = coarse.place(dislocation);
        assert!(fine.minutiae().iter().any(|m| distance(m, place) < NEAR_PX));
    }
}

#[test]
fn only_as_many_minutiae_as_asked_for_are_kept_and_they_are_the_best() {
    let image = many(0.3).image();
    let all = extract_template(&image, 500.0, &Parameters::default()).unwrap();
    let few = Parameters { minutiae_max: 3, ..Parameters::default() };
    let few = extract_template(&image, 500.0, &few).unwrap();
    assert_eq!(few.minutiae(), &all.minutiae()[..3]);
    let sure = Parameters { reliability_min: 50, ..Parameters::default() };
    let sure = extract_template(&image, 500.0, &sure).unwrap();
    assert!(!sure.minutiae().is_empty());
    assert!(sure.minutiae().iter().all(|m| m.reliability() >= 50));
}
