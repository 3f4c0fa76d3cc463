//! Exemptions and deferral (21, 22(1), 33).

use crate::values::*;
use crate::world::*;
use jiff::civil::date;
use registry::*;

fn exempt(exemption: Exemption) -> Command {
    Command::RecordExemption { case: id("case"), exemption }
}

fn conclusion() -> MedicalConclusion {
    MedicalConclusion {
        number: text("ДКК-15"),
        date: date(2026, 11, 20),
        body: text("№ 2 қалалық емхана"),
        copy: digest(12),
    }
}

fn ordered(category: Category) -> World {
    let mut world = World::new();
    world.order("case", "person", category);
    world
}

// Proves R-048.
#[test]
fn without_fingers_or_hands_nothing_is_captured_and_the_documents_go_on() {
    for category in Category::ALL.iter().copied() {
        let officer = World::officer_of(category);
        for exemption in [Exemption::NoFingers, Exemption::NoHands] {
            let mut world = ordered(category);
            if category == Category::C8 && exemption == Exemption::NoFingers {
                // Palms are taken when the hands exist (21).
                assert_eq!(world.refuse(&officer, exempt(exemption)), Denied::PalmsFirst);
                continue;
            }
            world.give(&officer, exempt(exemption));
            assert_eq!(world.state("case"), CaseState::Exempt);
            assert_eq!(world.mark_of("person"), Some((MarkStatus::Exempt, None)));
            assert!(world.person("person").lacks_fingers);
            world.give(&officer, Command::StartDocumentation { case: id("case") });
        }
    }
}

// Proves R-049.
#[test]
fn an_illness_exempts_only_with_the_conclusion_of_the_commission() {
    let mut world = ordered(Category::C5);
    let bare = exempt(Exemption::Illness(None));
    assert_eq!(world.refuse(&migration(), bare), Denied::NoConclusion);
    let future = MedicalConclusion { date: date(2026, 11, 27), ..conclusion() };
    let future = exempt(Exemption::Illness(Some(future)));
    assert_eq!(world.refuse(&migration(), future), Denied::NoConclusion);
    world.give(&migration(), exempt(Exemption::Illness(Some(conclusion()))));
    assert_eq!(world.state("case"), CaseState::Exempt);
    assert!(!world.person("person").lacks_fingers, "an illness is no missing hand");
}

// Proves R-051.
#[test]
fn a_deferral_stores_no_prints_and_warns_the_person() {
    let mut world = ordered(Category::C4);
    let submit =
        Command::SubmitCapture { case: id("case"), order: 1, capture: capture(Category::C4) };
    world.give(&migration(), submit);
    let defer = |warned| Command::DeferCapture { case: id("case"), warned };
    assert_eq!(world.refuse(&migration(), defer(false)), Denied::NotWarned);
    world.give(&migration(), defer(true));
    assert_eq!(world.state("case"), CaseState::CaptureDeferred);
    assert_eq!(world.case("case").capture, None);
    assert_eq!(world.person("person").registration, None);
    assert_eq!(world.mark_of("person"), Some((MarkStatus::Deferred, None)));
    world.give(&migration(), Command::StartDocumentation { case: id("case") });
}

#[test]
fn who_is_registered_keeps_the_mark_when_a_later_capture_is_impossible() {
    let mut world = World::new();
    let identifier = world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.give(&migration(), exempt(Exemption::NoHands));
    assert_eq!(world.mark_of("person"), Some((MarkStatus::Full, Some(identifier))));
}
