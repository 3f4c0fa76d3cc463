//! What a station may submit (21, 21-4, 26).

use crate::values::*;
use crate::world::*;
use registry::*;

/// Submits a capture under an order of a category.
fn submit(category: Category, capture: Capture) -> Result<(), Denied> {
    let mut world = World::new();
    world.order("case", "person", category);
    let command = Command::SubmitCapture { case: id("case"), order: 1, capture };
    let envelope = world.envelope(&World::officer_of(category), command);
    world.registry.apply(&envelope).map(drop).map_err(|refused| refused.denied)
}

const ROLLED: [Category; 3] = [Category::C5, Category::C6, Category::C8];

fn flat_categories() -> impl Iterator<Item = Category> {
    Category::ALL.iter().copied().filter(|category| !ROLLED.contains(category))
}

// Proves R-030.
#[test]
fn each_of_the_ten_fingers_is_given_once_or_coded_absent() {
    for category in Category::ALL.iter().copied() {
        assert_eq!(submit(category, capture(category)), Ok(()));
        let mut nine = capture(category);
        nine.fingers.pop();
        let mut twice = capture(category);
        twice.fingers[9].position = 9;
        let mut eleven = capture(category);
        eleven.fingers.push(eleven.fingers[0].clone());
        let mut unknown = capture(category);
        unknown.fingers[0].position = 0;
        for wrong in [nine, twice, eleven, unknown] {
            assert_eq!(submit(category, wrong), Err(Denied::Positions));
        }
        for why in FingerAbsence::ALL {
            assert_eq!(submit(category, without(capture(category), &[4, 9], *why)), Ok(()));
        }
    }
}

// Proves R-031.
#[test]
fn both_palms_are_accounted_for_where_palms_are_taken_and_nowhere_else() {
    for category in ROLLED {
        let mut none = capture(category);
        none.palms.clear();
        let mut one = capture(category);
        one.palms.pop();
        let mut twice = capture(category);
        twice.palms[1].right = true;
        let mut empty = capture(category);
        empty.palms[0].prints = Ok(Vec::new());
        for wrong in [none, one, twice, empty] {
            assert_eq!(submit(category, wrong), Err(Denied::Palms));
        }
        for why in PalmAbsence::ALL {
            let mut coded = capture(category);
            coded.palms[1].prints = Err(*why);
            assert_eq!(submit(category, coded), Ok(()));
        }
    }
    for category in flat_categories() {
        let mut with = capture(category);
        with.palms = capture(Category::C5).palms;
        assert_eq!(submit(category, with), Err(Denied::Palms));
    }
}

// Proves.
#[test]
fn residence_and_expulsion_are_rolled_and_the_rest_is_flat_or_rolled() {
    for category in ROLLED {
        let mut flat = capture(category);
        flat.method = CaptureMethod::ScannerPlain;
        flat.fingers.iter_mut().for_each(|finger| finger.rolled = false);
        assert_eq!(submit(category, flat), Err(Denied::Method));
        let mut one_flat = capture(category);
        one_flat.fingers[6].rolled = false;
        assert_eq!(submit(category, one_flat), Err(Denied::Impression { position: 7 }));
    }
    for category in flat_categories() {
        let mut rolled = capture(category);
        rolled.method = CaptureMethod::ScannerRolled;
        let mixed = rolled.clone();
        rolled.fingers.iter_mut().for_each(|finger| finger.rolled = true);
        assert_eq!(submit(category, rolled), Ok(()));
        assert_eq!(submit(category, mixed), Err(Denied::Impression { position: 1 }));
    }
}

// Proves R-041.
#[test]
fn an_ink_card_comes_with_its_scan_at_500_ppi() {
    for category in ROLLED {
        assert_eq!(submit(category, ink(category)), Ok(()));
        let card = |card| Capture { card, ..ink(category) };
        let coarse = CardScan { image: digest(4), ppi: 499 };
        assert_eq!(submit(category, card(None)), Err(Denied::CardScan));
        assert_eq!(submit(category, card(Some(coarse))), Err(Denied::CardScan));
        let stray = Capture { card: ink(category).card, ..capture(category) };
        assert_eq!(submit(category, stray), Err(Denied::CardScan));
    }
    let mut world = World::new();
    world.order("case", "person", Category::C5);
    world.submit_this("case", "subject", ink(Category::C5), fields(Category::C5));
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    let record = world.person("person").registration.as_ref().unwrap().latest();
    assert_eq!(record.capture.method, CaptureMethod::InkCard);
    assert_eq!(record.capture.card, Some(CardScan { image: digest(4), ppi: 500 }));
}

// Proves.
#[test]
fn a_poor_image_is_accepted_only_after_the_attempts_and_with_a_reason() {
    for (category, minimum) in [(Category::C1, 40), (Category::C5, 35)] {
        let reason = || Some(text("құрғақ тері"));
        for (quality, attempts, accepted_because, accepted) in [
            (minimum, 1, None, true),
            (minimum - 1, 1, None, false),
            (minimum - 1, 3, None, false),
            (minimum - 1, 2, reason(), false),
            (minimum - 1, 3, reason(), true),
            (101, 3, reason(), false),
        ] {
            let mut poor = capture(category);
            let print = Print { quality, attempts, accepted_because, ..print() };
            poor.fingers[3].print = Ok(print);
            let expected = if accepted { Ok(()) } else { Err(Denied::Quality { position: 4 }) };
            assert_eq!(submit(category, poor), expected, "{category} {quality} {attempts}");
        }
    }
    let mut palm = capture(Category::C5);
    palm.palms[1].prints = Ok(vec![print(), Print { quality: 29, ..print() }]);
    assert_eq!(submit(Category::C5, palm), Err(Denied::Quality { position: 23 }));
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let capture = &world.person("person").registration.as_ref().unwrap().latest().capture;
    assert!(capture.fingers.iter().all(|f| f.print.as_ref().unwrap().quality == 80));
}

// Proves.
#[test]
fn a_capture_that_the_engine_finds_wrong_is_refused_with_its_positions() {
    let mut swapped = capture(Category::C1);
    swapped.findings.wrong_positions = vec![2, 7];
    let denied = submit(Category::C1, swapped);
    assert_eq!(denied, Err(Denied::Sequence { positions: vec![2, 7] }));
    let mut foreign = capture(Category::C5);
    foreign.findings.rolled_against_plain = vec![5];
    let denied = submit(Category::C5, foreign);
    assert_eq!(denied, Err(Denied::Sequence { positions: vec![5] }));
}

// Proves R-046.
#[test]
fn an_expelled_person_without_fingers_is_registered_by_the_palms() {
    for why in [FingerAbsence::Amputated, FingerAbsence::NoRidges] {
        let palms = without(capture(Category::C8), &TEN, why);
        assert_eq!(submit(Category::C8, palms.clone()), Ok(()));
        let mut nothing = palms;
        nothing.palms.iter_mut().for_each(|palm| palm.prints = Err(PalmAbsence::Unable));
        assert_eq!(submit(Category::C8, nothing), Err(Denied::NothingCaptured));
    }
    let mut world = World::new();
    world.order("case", "person", Category::C8);
    let palms = without(capture(Category::C8), &TEN, FingerAbsence::Amputated);
    world.submit_this("case", "subject", palms, fields(Category::C8));
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("case"), CaseState::Registered);
    assert!(world.person("person").lacks_fingers);
}

// Proves R-053.
#[test]
fn deformed_fingers_are_coded_and_the_rest_is_taken() {
    let deformed = without(capture(Category::C4), &[3, 4, 5], FingerAbsence::Unable);
    let mut world = World::new();
    world.order("case", "person", Category::C4);
    world.submit_this("case", "subject", deformed, fields(Category::C4));
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("case"), CaseState::Registered);
}

#[test]
fn without_ridges_a_second_officer_confirms_where_no_palms_are_taken() {
    let bare = without(capture(Category::C4), &TEN, FingerAbsence::NoRidges);
    assert_eq!(submit(Category::C4, bare.clone()), Err(Denied::NotConfirmed));
    let amputated = without(capture(Category::C4), &TEN, FingerAbsence::Amputated);
    assert_eq!(submit(Category::C4, amputated), Err(Denied::NothingCaptured));
    let mut world = World::new();
    world.order("case", "person", Category::C4);
    let confirm = Command::ConfirmNoRidges { case: id("case") };
    assert_eq!(world.refuse(&migration(), confirm.clone()), Denied::SameOfficer);
    world.give(&second_migration(), confirm);
    let submit = Command::SubmitCapture { case: id("case"), order: 1, capture: bare };
    assert_eq!(world.refuse(&second_migration(), submit.clone()), Denied::NotConfirmed);
    world.give(&migration(), submit);
}
