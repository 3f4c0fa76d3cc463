//! Whatever comes in, a template comes out.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod pattern;

use extraction::{Parameters, QualityReason, extract, extract_template};
use pattern::Pattern;
use proptest::prelude::*;
use vocabulary::{GrayImage, MinutiaKind};

fn noise(width: u32, height: u32, seed: u32) -> GrayImage {
    let mut state = seed;
    let pixels = (0..width * height)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    GrayImage::new(width, height, pixels).unwrap()
}

#[test]
fn images_without_a_print_give_an_empty_template_of_no_quality() {
    let flat = |width: u32, height: u32, gray: u8| {
        GrayImage::new(width, height, vec![gray; (width * height) as usize]).unwrap()
    };
    for image in [
        flat(1, 1, 0),
        flat(1, 1, 255),
        flat(7, 3, 128),
        flat(300, 300, 0),
        flat(300, 300, 255),
        flat(4096, 2, 90),
        flat(2, 4096, 90),
    ] {
        let extraction = extract(&image, 500.0, &Parameters::default()).unwrap();
        assert_eq!(extraction.template.minutiae().len(), 0);
        assert_eq!(extraction.quality.score, 0);
        assert_eq!(extraction.quality.reasons, [QualityReason::NoPrint]);
    }
}

#[test]
fn noise_is_hardly_a_print() {
    for seed in 0..4 {
        let extraction = extract(&noise(300, 300, seed), 500.0, &Parameters::default()).unwrap();
        assert!(extraction.quality.score <= 10, "{}", extraction.quality.score);
        let sure = extraction.template.minutiae().iter().filter(|m| m.reliability() >= 40).count();
        assert!(sure <= 3, "{sure}");
    }
}

#[test]
fn the_largest_image_is_extracted_in_bounded_space() {
    let image = noise(4096, 600, 9);
    let template = extract_template(&image, 500.0, &Parameters::default()).unwrap();
    assert!(template.minutiae().len() <= vocabulary::Template::MAX_MINUTIAE);
}

#[test]
fn the_same_image_gives_the_same_everything_again() {
    let image = Pattern::with_minutia(0.4, 9.0, MinutiaKind::Bifurcation).image();
    let first = extract(&image, 512.0, &Parameters::default()).unwrap();
    let second = extract(&image, 512.0, &Parameters::default()).unwrap();
    assert_eq!(first, second);
    let template = extract_template(&image, 512.0, &Parameters::default()).unwrap();
    assert_eq!(template, first.template);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn small_images_of_anything_give_a_template(
        width in 1u32..80,
        height in 1u32..80,
        seed: u32,
        levels in 1u32..=256,
        ppi in 100f32..2000.0,
    ) {
        let pixels = noise(width, height, seed)
            .pixels()
            .iter()
            .map(|pixel| (u32::from(*pixel) * levels / 256) as u8)
            .collect();
        let image = GrayImage::new(width, height, pixels).unwrap();
        let parameters = Parameters { check_resolution: false, ..Parameters::default() };
        let extraction = extract(&image, ppi, &parameters).unwrap();
        let header = extraction.template.header();
        prop_assert_eq!(u32::from(header.width_px), extraction.stages.gray.width());
        let inside = extraction.template.minutiae().iter().all(|m| {
            m.x_px() < f32::from(header.width_px) && m.y_px() < f32::from(header.height_px)
        });
        prop_assert!(inside);
        let flow = extraction.template.ridge_flow().unwrap();
        prop_assert_eq!(flow.columns(), header.width_px.div_ceil(16));
    }

    #[test]
    fn low_contrast_and_offset_change_little(offset in 0u8..120, divisor in 2u8..7) {
        let pattern = Pattern::with_minutia(1.0, 9.0, MinutiaKind::Ending);
        let pixels: Vec<u8> =
            pattern.image().pixels().iter().map(|p| p / divisor + offset / 2).collect();
        let image = GrayImage::new(256, 256, pixels).unwrap();
        let template = extract_template(&image, 500.0, &Parameters::default()).unwrap();
        let middle = pattern.place(&pattern.dislocations[0]);
        prop_assert!(template.minutiae().iter().any(|m| pattern::distance(m, middle) < 2.0));
    }
}
