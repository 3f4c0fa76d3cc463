//! The documentation of citizens (21-2).

use crate::values::*;
use crate::world::*;
use registry::*;

fn answer(yes: bool) -> Command {
    Command::RecordAnswer { case: id("case"), yes }
}

fn start() -> Command {
    Command::StartDocumentation { case: id("case") }
}

// Proves R-079.
#[test]
fn documentation_waits_until_the_citizen_was_asked() {
    let mut world = World::new();
    world.open("case", "person", Category::C1);
    let state = "opened";
    assert_eq!(world.refuse(&migration(), start()), Denied::DocumentationBlocked { state });
    world.check_mark("case");
    assert_eq!(world.refuse(&migration(), start()), Denied::DocumentationBlocked { state });
    world.give(&migration(), answer(false));
    let recorded = &world.case("case").answers[0];
    assert_eq!((recorded.officer.as_str(), recorded.at), ("migration-1", world.now));
    assert!(!recorded.yes);
    assert_eq!(world.state("case"), CaseState::Documenting);
}

// Proves.
#[test]
fn a_spoken_yes_makes_the_order_and_no_paper() {
    for mark_first in [true, false] {
        let mut world = World::new();
        world.open("case", "person", Category::C1);
        if mark_first {
            world.check_mark("case");
            world.give(&migration(), answer(true));
        } else {
            world.give(&migration(), answer(true));
            assert_eq!(world.state("case"), CaseState::Asked);
            world.check_mark("case");
        }
        assert_eq!(world.state("case"), CaseState::Ordered);
        let order = Effect::CreateOrder { case: id("case"), number: 1, kind: OrderKind::First };
        assert!(world.effects.contains(&order));
        assert!(!world.has_effect(|effect| matches!(effect, Effect::Form(_))));
        assert!(world.case("case").forms.is_empty());
    }
}

// Proves.
#[test]
fn a_spoken_no_lets_the_documents_go_on_without_a_form() {
    let mut world = World::new();
    world.open("case", "person", Category::C1);
    world.check_mark("case");
    world.give(&migration(), answer(false));
    assert_eq!(world.effects.len(), 1, "the audit entry alone: {:?}", world.effects);
    assert_eq!(world.state("case"), CaseState::Documenting);
    world.give(&migration(), Command::CloseCase { case: id("case") });
    assert_eq!(world.person("person").registration, None);
    assert_eq!(world.person("person").mark, None);
    let mut world = World::new();
    world.order("case", "person", Category::C1);
    let form = Box::new(refusal(Category::C1));
    let refusal = Command::RecordRefusal { case: id("case"), form };
    assert_eq!(world.refuse(&migration(), refusal), Denied::NoFormForCitizens);
}

// Proves.
#[test]
fn a_registered_person_is_verified_whatever_the_answer() {
    for yes in [true, false] {
        let mut world = World::new();
        world.register("first", "person", Category::C1);
        world.open("case", "person", Category::C1);
        world.check_mark("case");
        world.give(&migration(), answer(yes));
        assert_eq!(world.state("case"), CaseState::Verify);
        let order = Command::OrderCapture { case: id("case") };
        let denied = world.refuse(&migration(), order);
        assert!(matches!(denied, Denied::AlreadyRegistered | Denied::NoConsent));
    }
}

// Proves R-084.
#[test]
fn a_mark_without_registration_or_the_reverse_holds_the_case() {
    let claims = |world: &World| {
        let real = world.mark_of("known").unwrap();
        let other = world.identifier("other");
        vec![
            ("known", None),
            ("known", Some((MarkStatus::Full, Some(other.clone())))),
            ("known", Some((MarkStatus::Deferred, None))),
            ("unknown", Some(real)),
            ("unknown", Some((MarkStatus::Full, Some(other)))),
        ]
    };
    for number in 0..5 {
        let mut world = World::new();
        world.register("first", "known", Category::C1);
        world.register("second", "other", Category::C1);
        let (person, mark) = claims(&world).swap_remove(number);
        world.open("case", person, Category::C1);
        let command = Command::RecordMark { case: id("case"), mark };
        world.give(&system(Role::DocumentApplication), command);
        assert_eq!(world.state("case"), CaseState::Held);
        let alert = |e: &Effect| matches!(e, Effect::Alert { alert: Alert::Inconsistent(_), .. });
        assert!(world.has_effect(alert));
        assert_eq!(world.refuse(&migration(), answer(true)), Denied::Held);
        assert_eq!(world.refuse(&migration(), start()), Denied::Held);
    }
}

#[test]
fn a_registered_citizen_who_will_not_be_verified_is_checked_by_hand() {
    let mut world = World::new();
    world.register("first", "person", Category::C1);
    world.open("case", "person", Category::C1);
    world.check_mark("case");
    world.give(&migration(), answer(false));
    world.give(&migration(), Command::DeclineVerification { case: id("case") });
    assert_eq!(world.state("case"), CaseState::Documenting);
    let told = |e: &Effect| matches!(e, Effect::Alert { alert: Alert::WillNotBeVerified(_), .. });
    assert!(world.has_effect(told));
    world.register("fourth", "visitor", Category::C4);
    world.open("fifth", "visitor", Category::C4);
    world.check_mark("fifth");
    let denied = world.refuse(&migration(), Command::DeclineVerification { case: id("fifth") });
    assert_eq!(denied.code(), "WRONG_STATE");
}
