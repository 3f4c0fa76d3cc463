//! What the stages say about ridges of known direction and distance.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod pattern;

use extraction::{Parameters, extract};
use pattern::{Pattern, between_lines};

fn any_period() -> Parameters {
    Parameters { check_resolution: false, ..Parameters::default() }
}

/// Cells whose surroundings lie wholly inside the image.
fn inner(columns: usize, rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (4..rows - 4).flat_map(move |row| (4..columns - 4).map(move |column| (column, row)))
}

#[test]
fn orientation_is_right_within_two_degrees() {
    for step in 0..18 {
        let angle = (step as f32 * 10.0 + 3.0).to_radians();
        for period in [6.0, 9.0, 14.0] {
            let image = Pattern::grating(angle, period).image();
            let field = extract(&image, 500.0, &any_period()).unwrap().stages.orientation;
            for (column, row) in inner(field.radians.columns(), field.radians.rows()) {
                let error = between_lines(field.radians.get(column, row), angle);
                assert!(error < 2.0, "{error} degrees off at {angle} rad, period {period} px");
                assert!(field.coherence.get(column, row) > 0.9);
            }
        }
    }
}

#[test]
fn period_is_right_within_three_percent() {
    for step in 0..6 {
        let angle = (step as f32 * 31.0).to_radians();
        for period in [4.0, 6.5, 9.0, 12.0, 18.0] {
            let image = Pattern::grating(angle, period).image();
            let map = extract(&image, 500.0, &any_period()).unwrap().stages.period;
            for (column, row) in inner(map.period_px.columns(), map.period_px.rows()) {
                let error = (map.period_px.get(column, row) / period - 1.0).abs();
                assert!(error < 0.03, "{error} off at {angle} rad, period {period} px");
            }
        }
    }
}

#[test]
fn a_whole_grating_is_foreground_and_has_no_minutia() {
    for angle in [0.0f32, 0.4, 1.1, 1.571, 2.5] {
        let extraction =
            extract(&Pattern::grating(angle, 9.0).image(), 500.0, &Parameters::default()).unwrap();
        assert!(extraction.stages.mask.count() > 256 * 256 * 9 / 10, "{angle}");
        assert_eq!(extraction.template.minutiae().len(), 0, "{angle}");
    }
}

#[test]
fn ridges_cover_half_of_a_grating_and_their_skeleton_one_pixel_per_period() {
    let stages =
        extract(&Pattern::grating(0.0, 8.0).image(), 500.0, &Parameters::default()).unwrap().stages;
    let area = stages.mask.count() as f32;
    let ridges = stages.binary.count() as f32 / area;
    assert!((0.45..0.55).contains(&ridges), "{ridges}");
    let lines = stages.skeleton.count() as f32 / area * 8.0;
    assert!((0.95..1.05).contains(&lines), "{lines}");
}

#[test]
fn the_mask_keeps_to_the_print() {
    let pattern = Pattern { radius_px: 90.0, ..Pattern::grating(0.7, 9.0) };
    let stages = extract(&pattern.image(), 500.0, &Parameters::default()).unwrap().stages;
    let disc = std::f32::consts::PI * 90.0 * 90.0;
    let share = stages.mask.count() as f32 / disc;
    assert!((0.85..1.35).contains(&share), "{share}");
    for corner in [(2, 2), (253, 2), (2, 253), (253, 253)] {
        assert!(!stages.mask.get(corner.0, corner.1));
    }
}
