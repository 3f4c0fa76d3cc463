//! What a master print promises.

use synthesis::{MasterParameters, MasterPrint, PatternClass, SingularKind};
use vocabulary::{Minutia, MinutiaKind};

/// Square pixels at 500 ppi in a square millimeter.
const PIXELS_PER_MM2: f32 = 387.5;

fn masters(count: u64) -> Vec<MasterPrint> {
    (0..count).map(|seed| MasterPrint::generate(seed, &MasterParameters::default())).collect()
}

/// Mean gray around a point some pixels ahead of a minutia, 0 ridge to 255 valley.
fn gray_ahead(master: &MasterPrint, minutia: &Minutia, pixels: f32) -> f32 {
    let (sine, cosine) = minutia.direction().radians().sin_cos();
    let x = minutia.x_px() + pixels * cosine;
    let y = minutia.y_px() - pixels * sine;
    let image = master.image();
    let around = [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)];
    let gray = |(dx, dy): (f32, f32)| {
        f32::from(image.pixel((x + dx).round() as u32, (y + dy).round() as u32))
    };
    around.into_iter().map(gray).sum::<f32>() / 4.0
}

fn area_mm2(master: &MasterPrint) -> f32 {
    let rows = 0..master.height_px();
    let pixels = rows.flat_map(|y| (0..master.width_px()).map(move |x| (x as f32, y as f32)));
    pixels.filter(|(x, y)| master.is_foreground(*x, *y)).count() as f32 / PIXELS_PER_MM2
}

#[test]
fn minutiae_are_as_dense_as_on_skin() {
    let densities: Vec<f32> =
        masters(12).iter().map(|m| m.minutiae().len() as f32 / area_mm2(m)).collect();
    let mean = densities.iter().sum::<f32>() / densities.len() as f32;
    assert!((0.14..0.26).contains(&mean), "mean {mean} per square millimeter");
    assert!(densities.iter().all(|d| (0.08..0.36).contains(d)), "{densities:?}");
}

#[test]
fn a_direction_points_along_the_ridge_of_an_ending_and_into_the_valley_of_a_bifurcation() {
    let (mut right, mut total) = (0, 0);
    for master in masters(6) {
        for minutia in master.minutiae() {
            let (ahead, behind) =
                (gray_ahead(&master, minutia, 5.0), gray_ahead(&master, minutia, -5.0));
            let holds = match minutia.kind() {
                MinutiaKind::Ending => ahead < behind,
                _ => ahead > behind,
            };
            right += usize::from(holds);
            total += 1;
        }
    }
    assert!(total > 200, "{total} minutiae");
    assert!(right * 100 >= total * 95, "{right} of {total}");
}

#[test]
fn a_minutia_direction_follows_the_orientation_field() {
    let master = MasterPrint::generate(3, &MasterParameters::default());
    let close = |m: &&Minutia| {
        let field = master.orientation_at(m.x_px(), m.y_px()).unwrap();
        let halves = (m.direction().radians() - field) / std::f32::consts::PI;
        (halves - halves.round()).abs() * 180.0 < 5.0
    };
    let follow = master.minutiae().iter().filter(close).count();
    assert!(follow * 10 >= master.minutiae().len() * 8, "{follow} of {}", master.minutiae().len());
}

#[test]
fn ridges_are_as_far_apart_as_the_period_says() {
    let class = Some(PatternClass::Arch);
    let master = MasterPrint::generate(5, &MasterParameters { class, size: 1.0 });
    let image = master.image();
    let (x, middle) = (master.width_px() / 2, master.height_px() / 2);
    let rows = middle - 60..middle + 60;
    let dark = |y: u32| image.pixel(x, y) < 128;
    let ridges = rows.clone().filter(|y| dark(*y) && !dark(*y - 1)).count() as f32;
    let expected: f32 = rows.map(|y| 1.0 / master.period_at(x as f32, y as f32).unwrap()).sum();
    assert!((ridges - expected).abs() < 2.0, "{ridges} ridges, not {expected}");
}

#[test]
fn each_class_has_its_singular_points() {
    for (class, loops, deltas) in [
        (PatternClass::Arch, 0, 0),
        (PatternClass::TentedArch, 1, 1),
        (PatternClass::LeftLoop, 1, 1),
        (PatternClass::RightLoop, 1, 1),
        (PatternClass::Whorl, 2, 2),
    ] {
        let parameters = MasterParameters { class: Some(class), size: 0.6 };
        let master = MasterPrint::generate(8, &parameters);
        let count = |kind| master.singular_points().iter().filter(|p| p.kind() == kind).count();
        let found = (count(SingularKind::Loop), count(SingularKind::Delta));
        assert_eq!((master.class(), found), (class, (loops, deltas)));
    }
}

#[test]
fn the_delta_of_a_left_loop_is_on_the_right() {
    for (class, side) in [(PatternClass::LeftLoop, 1.0), (PatternClass::RightLoop, -1.0)] {
        let parameters = MasterParameters { class: Some(class), size: 0.6 };
        let master = MasterPrint::generate(2, &parameters);
        let x = |kind| master.singular_points().iter().find(|p| p.kind() == kind).unwrap().x_px();
        assert!((x(SingularKind::Delta) - x(SingularKind::Loop)) * side > 0.0, "{class}");
    }
}

#[test]
fn another_seed_gives_another_finger_and_the_same_seed_the_same() {
    let parameters = MasterParameters { class: None, size: 0.6 };
    let [a, b, c] = [1, 1, 2].map(|seed| MasterPrint::generate(seed, &parameters));
    assert!(a.image() == b.image() && a.minutiae() == b.minutiae());
    assert!(a.image() != c.image());
}

#[test]
fn debug_shows_the_class_only() {
    let parameters = MasterParameters { class: Some(PatternClass::Whorl), size: 0.6 };
    assert_eq!(format!("{:?}", MasterPrint::generate(1, &parameters)), "MasterPrint(whorl)");
}
