//! What is detected rather than told.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod pattern;

use extraction::{ExtractionError, Parameters, Polarity, estimate_ppi, extract, extract_template};
use pattern::{Pattern, inverted};
use vocabulary::{GrayImage, MinutiaKind};

fn print() -> Pattern {
    let pattern = Pattern::with_minutia(0.5, 9.0, MinutiaKind::Ending);
    Pattern { side_px: 320, radius_px: 110.0, ..pattern }
}

#[test]
fn light_ridges_on_dark_ground_are_turned() {
    let image = print().image();
    let dark = extract(&image, 500.0, &Parameters::default()).unwrap();
    let light = extract(&inverted(&image), 500.0, &Parameters::default()).unwrap();
    assert_eq!(dark.stages.polarity, Polarity::DarkRidges);
    assert_eq!(light.stages.polarity, Polarity::LightRidges);
    assert_eq!(light.stages.gray, image);
    assert_eq!(light.template.minutiae().len(), dark.template.minutiae().len());
    for (light, dark) in light.template.minutiae().iter().zip(dark.template.minutiae()) {
        assert_eq!(
            (light.x_16(), light.y_16(), light.kind()),
            (dark.x_16(), dark.y_16(), dark.kind())
        );
    }
}

#[test]
fn the_resolution_is_estimated_from_the_ridges() {
    for (ppi, period) in [(250.0, 4.6), (500.0, 9.2), (750.0, 13.8), (1000.0, 18.4)] {
        let side_px = (0.64 * ppi) as u32;
        let pattern = Pattern { side_px, ..Pattern::grating(0.9, period) };
        let estimate = estimate_ppi(&pattern.image()).unwrap();
        assert!((estimate.ppi / ppi - 1.0).abs() < 0.05, "{} for {ppi}", estimate.ppi);
        assert!(estimate.confidence > 0.5, "{}", estimate.confidence);
    }
}

#[test]
fn without_ridges_no_resolution_is_estimated() {
    assert_eq!(estimate_ppi(&GrayImage::new(300, 300, vec![200; 90_000]).unwrap()), None);
    assert_eq!(estimate_ppi(&GrayImage::new(1, 1, vec![0]).unwrap()), None);
}

#[test]
fn a_resolution_that_the_ridges_contradict_is_an_error_with_the_likely_one() {
    let pattern = Pattern { side_px: 512, ..Pattern::grating(0.3, 18.4) };
    let error = extract(&pattern.image(), 500.0, &Parameters::default()).unwrap_err();
    let ExtractionError::ImplausibleResolution { given, likely } = error else {
        panic!("another error: {error}");
    };
    assert_eq!(given, 500.0);
    assert!((950.0..1050.0).contains(&likely), "{likely}");
    assert!(extract(&pattern.image(), 1000.0, &Parameters::default()).is_ok());
    let unchecked = Parameters { check_resolution: false, ..Parameters::default() };
    assert!(extract(&pattern.image(), 500.0, &unchecked).is_ok());
}

#[test]
fn ridges_too_fine_to_be_followed_contradict_the_resolution_too() {
    let image = Pattern { side_px: 400, ..Pattern::grating(0.4, 9.2) }.image();
    for given in [1000.0, 1250.0, 1500.0, 2000.0, 4000.0] {
        let error = extract(&image, given, &Parameters::default()).unwrap_err();
        let ExtractionError::ImplausibleResolution { likely, .. } = error else {
            panic!("another error: {error}");
        };
        assert!((470.0..=530.0).contains(&likely), "{likely} for {given}");
    }
}

#[test]
fn periods_of_children_and_coarse_hands_are_no_error() {
    for period in [6.0, 7.5, 11.0, 13.5] {
        let image = Pattern::grating(1.0, period).image();
        assert!(extract(&image, 500.0, &Parameters::default()).is_ok(), "{period}");
    }
}

#[test]
fn impossible_resolutions_are_refused() {
    let image = print().image();
    for ppi in [0.0, -500.0, f32::NAN, f32::INFINITY, 20.0, 6000.0] {
        let result = extract_template(&image, ppi, &Parameters::default());
        assert!(matches!(result, Err(ExtractionError::Resolution { .. })));
    }
}

#[test]
fn an_image_too_large_at_500_ppi_is_refused_with_its_size() {
    let image = GrayImage::new(5000, 10, vec![200; 50_000]).unwrap();
    let error = extract_template(&image, 500.0, &Parameters::default()).unwrap_err();
    assert_eq!(error, ExtractionError::TooLarge { width: 5000, height: 10, max: 4096 });
    assert!(extract_template(&image, 1000.0, &Parameters::default()).is_ok());
}
