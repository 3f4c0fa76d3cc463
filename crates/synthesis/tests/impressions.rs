//! What an impression promises.

use proptest::prelude::*;
use synthesis::{Background, Impression, ImpressionParameters, MasterParameters, MasterPrint};
use vocabulary::{Direction, Minutia};

fn master(seed: u64) -> MasterPrint {
    MasterPrint::generate(seed, &MasterParameters { class: None, size: 0.8 })
}

/// Straight from above: the finger where it is, whole and clean.
fn still() -> ImpressionParameters {
    ImpressionParameters {
        width_px: 500,
        height_px: 600,
        rotation_sigma_degrees: 0.0,
        translation_sigma_px: 0.0,
        contact: 1.0,
        distortion_px: 0.0,
        moisture: 0.0,
        moisture_sigma: 0.0,
        blotches: 0.0,
        grain: 0.0,
        scratches: 0.0,
        blur_px: 0.0,
        background: Background::White,
    }
}

/// Distance and angle from the middle of the image, where a still finger keeps its middle.
fn polar(minutia: &Minutia, parameters: &ImpressionParameters) -> (f32, Direction) {
    let x = minutia.x_px() - 0.5 * parameters.width_px as f32;
    let y = minutia.y_px() - 0.5 * parameters.height_px as f32;
    (x.hypot(y), Direction::from_radians((-y).atan2(x)))
}

#[test]
fn ground_truth_moves_with_the_skin() {
    let master = master(4);
    let straight = still();
    let clean = Impression::render(&master, 1, &straight).minutiae;
    let shown = clean.len();
    assert!(shown * 10 >= master.minutiae().len() * 8, "{shown} of {}", master.minutiae().len());
    let slanted = ImpressionParameters { rotation_sigma_degrees: 15.0, ..straight };
    let turned = Impression::render(&master, 1, &slanted).minutiae;
    // Where a minutia has turned as far as its direction has, by how much.
    let mut turns: Vec<i16> = Vec::new();
    for minutia in &clean {
        let (radius, angle) = polar(minutia, &straight);
        let turn = turned.iter().find_map(|other| {
            let (other_radius, other_angle) = polar(other, &slanted);
            let turn = other_angle.difference(angle);
            let bend = other.direction().difference(minutia.direction());
            let same = (radius - other_radius).abs() < 0.2 && turn.abs_diff(bend) < 500;
            same.then_some(turn)
        });
        turns.extend(turn);
    }
    turns.sort_unstable();
    let middle = turns[turns.len() / 2];
    let agree = turns.iter().filter(|turn| turn.abs_diff(middle) < 300).count();
    assert!(agree * 100 >= shown * 85, "{agree} of {shown}");
    assert!(middle.unsigned_abs() > 200, "no rotation");
}

#[test]
fn ground_truth_lies_where_the_ridges_of_the_image_say() {
    let mut right = 0;
    let mut total = 0;
    for seed in 0..4 {
        let impression = Impression::render(&master(seed), 9, &ImpressionParameters::good());
        for minutia in &impression.minutiae {
            let gray = |pixels: f32| {
                let (sine, cosine) = minutia.direction().radians().sin_cos();
                let x = minutia.x_px() + pixels * cosine;
                let y = minutia.y_px() - pixels * sine;
                impression.image.pixel(x.round().max(0.0) as u32, y.round().max(0.0) as u32)
            };
            let inside = minutia.x_px() > 8.0 && minutia.y_px() > 8.0;
            let inside = inside && minutia.x_px() < 379.0 && minutia.y_px() < 365.0;
            if inside {
                let ending = minutia.kind() == vocabulary::MinutiaKind::Ending;
                right += usize::from((gray(5.0) < gray(-5.0)) == ending);
                total += 1;
            }
        }
    }
    assert!(total > 80, "{total} minutiae");
    assert!(right * 100 >= total * 88, "{right} of {total}");
}

#[test]
fn an_impression_depends_on_its_own_seed_and_finger_only() {
    let parameters = ImpressionParameters::typical();
    let (one, other) = (master(1), master(2));
    let first = Impression::render(&one, 1, &parameters);
    let second = Impression::render(&one, 2, &parameters);
    assert!(first == Impression::render(&one, 1, &parameters));
    assert!(first.image != second.image);
    assert!(first.image != Impression::render(&other, 1, &parameters).image);
}

#[test]
fn a_wet_impression_is_darker_than_a_dry_one() {
    let master = master(6);
    let mean = |moisture: f32| {
        let parameters = ImpressionParameters { moisture, ..still() };
        let image = Impression::render(&master, 1, &parameters).image;
        image.pixels().iter().map(|p| f64::from(*p)).sum::<f64>() / image.pixels().len() as f64
    };
    let (dry, normal, wet) = (mean(-0.8), mean(0.0), mean(0.8));
    assert!(dry > normal + 5.0 && normal > wet + 5.0, "dry {dry}, normal {normal}, wet {wet}");
}

#[test]
fn worse_presets_show_fewer_minutiae() {
    let masters: Vec<_> = (0..5).map(master).collect();
    let shown = |parameters: ImpressionParameters| -> usize {
        masters.iter().map(|m| Impression::render(m, 1, &parameters).minutiae.len()).sum()
    };
    let good = shown(ImpressionParameters::good());
    let typical = shown(ImpressionParameters::typical());
    let poor = shown(ImpressionParameters::poor());
    assert!(good > typical && typical > poor, "{good}, {typical}, {poor}");
}

#[test]
fn debug_shows_the_size_only() {
    let impression = Impression::render(&master(1), 1, &ImpressionParameters::good());
    assert_eq!(format!("{impression:?}"), "Impression(388 x 374)");
}

fn any_number() -> impl Strategy<Value = f32> {
    prop_oneof![
        -2.0_f32..40.0,
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        Just(f32::MAX),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_parameters_break_an_impression(
        seed: u64,
        sides in (0_u32..300, 0_u32..300),
        numbers in proptest::array::uniform10(any_number()),
        gray: bool,
    ) {
        static MASTER: std::sync::OnceLock<MasterPrint> = std::sync::OnceLock::new();
        let master = MASTER.get_or_init(|| {
            MasterPrint::generate(1, &MasterParameters { class: None, size: 0.6 })
        });
        let [rotation, translation, contact, distortion, moisture, ..] = numbers;
        let [.., sigma, blotches, grain, scratches, blur] = numbers;
        let parameters = ImpressionParameters {
            width_px: sides.0,
            height_px: sides.1,
            rotation_sigma_degrees: rotation,
            translation_sigma_px: translation,
            contact,
            distortion_px: distortion,
            moisture,
            moisture_sigma: sigma,
            blotches,
            grain,
            scratches,
            blur_px: blur,
            background: if gray { Background::Gray } else { Background::White },
        };
        let Impression { image, minutiae } = Impression::render(master, seed, &parameters);
        prop_assert_eq!(image.width(), sides.0.max(64));
        prop_assert_eq!(image.height(), sides.1.max(64));
        for minutia in minutiae {
            prop_assert!(minutia.x_px() < image.width() as f32);
            prop_assert!(minutia.y_px() < image.height() as f32);
        }
    }
}
