//! What a descriptor says of a print, seen from outside: which minutiae get a cylinder, what its
//! bits depend on, and that neither bits nor similarities change unnoticed.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use matching::parameters::Stage1Parameters;
use matching::{Comparer, PackedRecord, Parameters, PreparedTemplate, descriptor, stage1};
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, Template,
    TemplateHeader,
};

/// Column and row in pixels, direction in degrees counter-clockwise.
type Place = (f32, f32, f32);

fn template(places: &[Place]) -> Template {
    let header = TemplateHeader {
        width_px: 500,
        height_px: 500,
        position: FingerPosition::UNKNOWN,
        impression: ImpressionType::LIVE_SCAN_PLAIN,
        quality: 60,
        extractor: ExtractorVersion(1),
    };
    let minutia = |(index, (x, y, degrees)): (usize, &Place)| {
        let direction = Direction::from_radians(degrees.to_radians());
        let reliability = 100 - (index % 60) as u8;
        let (x, y) = ((x * 16.0) as u16, (y * 16.0) as u16);
        Minutia::new(x, y, direction, MinutiaKind::Ending, reliability).unwrap()
    };
    Template::new(header, places.iter().enumerate().map(minutia).collect(), None).unwrap()
}

fn pack(places: &[Place]) -> PackedRecord {
    descriptor::pack(&template(places), &Parameters::default())
}

/// Scattered minutiae of a number.
fn scattered(seed: u64, count: usize) -> Vec<Place> {
    let mut state = seed;
    let mut draw = |limit: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % limit) as f32
    };
    (0..count).map(|_| (100.0 + draw(250), 100.0 + draw(300), draw(360))).collect()
}

/// Every minutia shifted by its own small amount, and the last few left out.
fn second_impression(places: &[Place]) -> Vec<Place> {
    let kept = places[..places.len() - 4].iter().enumerate();
    kept.map(|(i, (x, y, d))| (x + (i % 5) as f32, y + 9.0 - (i % 3) as f32, d + 4.0)).collect()
}

#[test]
fn a_cylinder_needs_two_neighbors_and_they_count_up_to_92_pixels_away() {
    let line = |last: f32| pack(&[(100.0, 200.0, 0.0), (110.0, 200.0, 0.0), (last, 200.0, 0.0)]);
    assert_eq!(line(192.0).count, 3);
    // The outer two are 93 px apart now and left with one neighbor each.
    assert_eq!(line(193.0).count, 1);
    assert_eq!(pack(&[(100.0, 200.0, 0.0), (110.0, 200.0, 0.0)]).count, 0);
}

#[test]
fn a_cylinder_is_kept_when_a_third_of_it_lies_within_the_margin_of_the_hull() {
    let places = [(200.0, 200.0, 0.0), (206.0, 200.0, 0.0), (203.0, 205.0, 0.0)];
    let kept = |hull_px: f32| {
        let mut parameters = Parameters::default();
        parameters.packed.hull_px = hull_px;
        descriptor::pack(&template(&places), &parameters).count
    };
    // A disc of 42 px and the small triangle cover three tenths of the cylinder's 70 px.
    assert_eq!((kept(30.0), kept(42.0), kept(50.0)), (0, 3, 3));
}

/// The bits of the minutia that points at nothing else's direction: lane 0.
fn bits_beside(neighbor: Place) -> PackedRecord {
    let mut record = pack(&[(200.0, 200.0, 10.0), neighbor, (200.0, 270.0, 100.0)]);
    record.count = 1;
    record
}

#[test]
fn bits_depend_on_where_a_neighbor_lies_and_where_it_points() {
    let still = bits_beside((235.0, 200.0, 60.0));
    let distance = |neighbor: Place| still.distance(0, &bits_beside(neighbor), 0);
    assert_eq!(distance((235.0, 200.0, 60.0)), 0);
    let far = [
        distance((165.0, 200.0, 60.0)),
        distance((200.0, 235.0, 60.0)),
        distance((200.0, 165.0, 60.0)),
        distance((235.0, 200.0, 240.0)),
        distance((235.0, 200.0, 320.0)),
    ];
    assert!(far.iter().all(|bits| *bits >= 4), "{far:?}");
    let near = [distance((236.0, 200.0, 60.0)), distance((235.0, 200.0, 64.0))];
    assert!(near.iter().all(|bits| *bits <= 2), "{near:?}");
}

/// FNV-1a of a record's bytes.
fn fingerprint(record: &PackedRecord) -> u64 {
    bytemuck::bytes_of(record).iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Galleries on disk hold these bits: whoever changes them raises `record::DESCRIPTOR_VERSION` or a
/// parameter, so that old galleries are packed again.
#[test]
fn prints_are_packed_as_in_every_release_with_these_parameters() {
    let found = [3, 9, 40].map(|count| fingerprint(&pack(&scattered(count, count as usize))));
    assert_eq!(
        found.map(|f| format!("{f:016x}")),
        ["7dcfa059e663b6b2", "99cb0b2ca972b18b", "d4396cdb040effd0"]
    );
}

/// The calibration and the thresholds were fitted to these similarities: whoever changes them fits
/// the calibration again.
#[test]
fn similarities_are_those_that_the_calibration_was_fitted_to() {
    let parameters = Parameters::default();
    let mut comparer = Comparer::new(&parameters);
    let mut compare = |a: &[Place], b: &[Place]| {
        let (a, b) = (template(a), template(b));
        let score = stage1::score_reference(
            &descriptor::pack(&a, &parameters),
            &descriptor::pack(&b, &parameters),
            &Stage1Parameters::default(),
        );
        let [a, b] = [a, b].map(|t| PreparedTemplate::new(&t, &parameters));
        let (stage2, full) = (comparer.compare_stage2(&a, &b), comparer.compare(&a, &b));
        (score, stage2, full.similarity.thousandths(), full.pairs.len())
    };
    let (one, other) = (scattered(1, 40), scattered(2, 45));
    let found = [
        compare(&one, &second_impression(&one)),
        compare(&other, &second_impression(&other)),
        compare(&one, &other),
    ];
    assert_eq!(found, [(789, 36_675, 856, 36), (781, 36_750, 871, 41), (368, 6_843, 121, 6)]);
}
