//! The documentation of foreigners and stateless persons, and refusal (21-3).

use crate::values::*;
use crate::world::*;
use registry::*;

const FOREIGN: [Category; 6] =
    [Category::C4, Category::C5, Category::C6, Category::C7, Category::C8, Category::C9];

fn start(case: &str) -> Command {
    Command::StartDocumentation { case: id(case) }
}

// Proves.
#[test]
fn the_mark_is_checked_and_stored_before_an_order_is_made() {
    for category in FOREIGN {
        let mut world = World::new();
        world.open("case", "person", category);
        let officer = World::officer_of(category);
        let order = Command::OrderCapture { case: id("case") };
        let state = "opened";
        assert_eq!(world.refuse(&officer, order.clone()), Denied::WrongState { state });
        world.check_mark("case");
        let answer = MarkAnswer { mark: None, at: world.now };
        assert_eq!(world.case("case").mark, Some(answer));
        world.give(&officer, order);
        assert!(world.has_effect(|e| matches!(e, Effect::CreateOrder { number: 1, .. })));
    }
}

// Proves R-088.
#[test]
fn a_registration_refers_to_its_order() {
    for category in FOREIGN {
        let officer = World::officer_of(category);
        let submit =
            |order| Command::SubmitCapture { case: id("case"), order, capture: capture(category) };
        let mut world = World::new();
        world.open("case", "person", category);
        world.check_mark("case");
        assert_eq!(world.refuse(&officer, submit(1)), Denied::NoOrder);
        world.give(&officer, Command::OrderCapture { case: id("case") });
        assert_eq!(world.refuse(&officer, submit(2)), Denied::NoOrder);
        assert_eq!(world.refuse(&officer, submit(0)), Denied::NoOrder);
        world.give(&officer, submit(1));
    }
}

// Proves R-086.
#[test]
fn with_a_mark_verification_is_mandatory_and_no_new_registration_starts() {
    let mut world = World::new();
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    assert_eq!(world.state("case"), CaseState::Verify);
    let order = Command::OrderCapture { case: id("case") };
    assert_eq!(world.refuse(&migration(), order), Denied::AlreadyRegistered);
    let denied = world.refuse(&migration(), start("case"));
    assert_eq!(denied, Denied::DocumentationBlocked { state: "verify" });
    world.verify("case", 900);
    assert_eq!(world.state("case"), CaseState::Documenting);
}

/// A foreigner's case that can be refused.
fn refusable(category: Category) -> World {
    let mut world = World::new();
    world.open("case", "person", category);
    world.check_mark("case");
    world
}

fn refuse_with(form: RefusalForm) -> Command {
    Command::RecordRefusal { case: id("case"), form: Box::new(form) }
}

fn scan(number: u8) -> Command {
    Command::AttachScan { case: id("case"), form: FormCode::Refusal, scan: digest(number) }
}

// Proves.
#[test]
fn a_refusal_is_closed_only_with_the_signed_form() {
    for category in FOREIGN {
        let officer = World::officer_of(category);
        let mut world = refusable(category);
        world.give(&officer, refuse_with(refusal(category)));
        assert!(world.has_effect(
            |e| matches!(e, Effect::Form(form) if matches!(**form, Form::Refusal { .. }))
        ));
        let close = Command::CloseRefused { case: id("case") };
        assert_eq!(world.refuse(&officer, close.clone()), Denied::FormNotAttached);
        world.give(&officer, scan(9));
        // What was attached stays as it is.
        assert_eq!(world.refuse(&officer, scan(10)), Denied::Unalterable);
        world.give(&officer, close);
        assert_eq!(world.state("case"), CaseState::Refused);
        assert_eq!(world.case("case").forms, [(FormCode::Refusal, Some(digest(9)))]);
    }
}

// Proves R-090.
#[test]
fn both_warnings_of_the_form_are_acknowledged() {
    let mut world = refusable(Category::C4);
    for (knows_service, knows_liability) in [(false, true), (true, false), (false, false)] {
        let form = RefusalForm { knows_service, knows_liability, ..refusal(Category::C4) };
        let denied = world.refuse(&migration(), refuse_with(form));
        assert_eq!(denied, Denied::AcknowledgementMissing);
    }
    world.give(&migration(), refuse_with(refusal(Category::C4)));
}

// Proves R-091.
#[test]
fn a_representative_names_the_person_and_the_basis_with_its_copy() {
    let guardian = Declarant {
        birth: born(Category::C3),
        citizenship: Citizenship::KAZAKHSTAN,
        ..declarant(Category::C4)
    };
    let mut world = refusable(Category::C4);
    let alone = RefusalForm { declarant: guardian.clone(), ..refusal(Category::C4) };
    let denied = world.refuse(&migration(), refuse_with(alone.clone()));
    assert_eq!(denied, Denied::RepresentationIncomplete);
    let somebody = (guardian, text("сенімхат 4"), digest(8));
    let other = RefusalForm { represented: Some(somebody), ..alone.clone() };
    let denied = world.refuse(&migration(), refuse_with(other));
    assert_eq!(denied, Denied::RepresentationIncomplete);
    let represented = (declarant(Category::C4), text("сенімхат 4"), digest(8));
    let whole = RefusalForm { represented: Some(represented), ..alone };
    world.give(&migration(), refuse_with(whole.clone()));
    assert_eq!(world.case("case").refusal.as_ref(), Some(&whole));
}

#[test]
fn a_refusal_with_a_broken_name_is_refused() {
    let mut world = refusable(Category::C4);
    let declarant = Declarant { surname: text("A1"), ..declarant(Category::C4) };
    let form = RefusalForm { declarant, ..refusal(Category::C4) };
    assert_eq!(world.refuse(&migration(), refuse_with(form)).code(), "NAME");
    let patronymic = Some(text("Ахметұлы"));
    let declarant = Declarant { patronymic, ..crate::values::declarant(Category::C4) };
    let form = RefusalForm { declarant, ..refusal(Category::C4) };
    assert_eq!(world.refuse(&migration(), refuse_with(form)), Denied::Patronymic);
}

// Proves.
#[test]
fn a_refusal_blocks_the_service_and_starts_no_sanction() {
    let mut world = refusable(Category::C5);
    world.give(&migration(), refuse_with(refusal(Category::C5)));
    assert_eq!(world.refuse(&migration(), start("case")), Denied::ServiceBlocked);
    world.give(&migration(), scan(9));
    world.give(&migration(), Command::CloseRefused { case: id("case") });
    let file =
        Effect::Alert { alert: Alert::RefusalFile(id("case")), body: id("body-internal-affairs") };
    assert_eq!(world.effects[1..], [file]);
    assert_eq!(world.refuse(&migration(), start("case")), Denied::ServiceBlocked);
    let close = Command::CloseCase { case: id("case") };
    assert_eq!(world.refuse(&migration(), close), Denied::ServiceBlocked);
    // A change of mind leads to registration, and then the service goes on.
    world.give(&migration(), Command::Reconsider { case: id("case") });
    world.give(&migration(), Command::OrderCapture { case: id("case") });
    world.submit("case", "subject");
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    world.give(&migration(), start("case"));
}

#[test]
fn what_was_captured_before_a_refusal_is_dropped() {
    let mut world = World::new();
    world.order("case", "person", Category::C4);
    let submit =
        Command::SubmitCapture { case: id("case"), order: 1, capture: capture(Category::C4) };
    world.give(&migration(), submit);
    world.give(&migration(), refuse_with(refusal(Category::C4)));
    assert_eq!(world.case("case").capture, None);
    assert!(world.case("case").draft.is_empty());
}
