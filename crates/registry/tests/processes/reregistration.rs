//! Capturing a registered person once more (22, 22-1).

use crate::values::*;
use crate::world::*;
use registry::*;

fn order() -> Command {
    Command::OrderCapture { case: id("case") }
}

fn commit(world: &mut World, subject: &str) {
    world.submit("case", subject);
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
}

/// A second case of a person, with its mark checked.
fn second_case(world: &mut World, category: Category) {
    world.open("case", "person", category);
    world.check_mark("case");
}

// Proves R-104.
#[test]
fn without_a_ground_nobody_is_registered_twice() {
    for category in Category::ALL.iter().copied() {
        let mut world = World::new();
        world.register("first", "person", category);
        second_case(&mut world, category);
        let officer = World::officer_of(category);
        if citizenship(category).is_citizen() {
            world.give(&officer, Command::RecordAnswer { case: id("case"), yes: true });
        }
        if category == Category::C3 {
            // The answer comes first; without the representative another rule would refuse.
            continue;
        }
        assert_eq!(world.refuse(&officer, order()), Denied::AlreadyRegistered, "{category}");
    }
}

// Proves.
#[test]
fn a_foreigner_with_damaged_ridges_is_captured_again_under_the_same_identifier() {
    let mut world = World::new();
    let identifier = world.register("first", "person", Category::C4);
    second_case(&mut world, Category::C6);
    world.verify("case", 100);
    world.conclude("case", Conclusion::SamePersonDamaged);
    assert_eq!(world.state("case"), CaseState::Reregister);
    world.give(&migration(), order());
    let kind = OrderKind::Again(ReregistrationReason::Damage);
    assert_eq!(world.case("case").order().unwrap().kind, kind);
    // Method and fields are those of the category of today.
    let flat =
        Command::SubmitCapture { case: id("case"), order: 1, capture: capture(Category::C4) };
    assert_eq!(world.refuse(&migration(), flat), Denied::Method);
    let mut before = world.person("person").registration.clone().unwrap();
    commit(&mut world, "another");
    let after = world.person("person").registration.clone().unwrap();
    assert_eq!(after.identifier, identifier);
    assert_eq!(after.subject, before.subject);
    assert_eq!(after.records.len(), 2);
    assert_eq!(after.records[0], before.records.remove(0), "an earlier record stays as it is");
    let record = after.latest();
    assert_eq!((record.number, record.kind, record.damage), (2, kind, Some(Damage::Scar)));
    assert!(record.fields.contains_key(&Field::PlannedPermanentAddress));
    assert_eq!(world.registry.entities().registrations.len(), 1);
}

// Proves.
#[test]
fn a_damaged_citizen_is_captured_again_only_with_new_consent() {
    let damaged = || {
        let mut world = World::new();
        world.register("first", "person", Category::C1);
        second_case(&mut world, Category::C1);
        world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: true });
        world.verify("case", 100);
        world.conclude("case", Conclusion::SamePersonDamaged);
        // The yes to registration is no yes to another capture.
        assert_eq!(world.refuse(&migration(), order()), Denied::NoConsent);
        world
    };
    let mut world = damaged();
    world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: true });
    world.give(&migration(), order());
    let kind = OrderKind::Again(ReregistrationReason::DamageOfCitizen);
    commit(&mut world, "another");
    assert_eq!(world.person("person").registration.as_ref().unwrap().latest().kind, kind);
    let mut world = damaged();
    world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: false });
    assert_eq!(world.state("case"), CaseState::Documenting);
    assert!(world.person("person").not_recognisable);
    assert_eq!(world.person("person").registration.as_ref().unwrap().records.len(), 1);
    // Who is not recognizable is never called another person.
    world.open("third", "person", Category::C1);
    world.check_mark("third");
    world.give(&migration(), Command::RecordAnswer { case: id("third"), yes: true });
    world.verify("third", 100);
    let last = world.case("third").verifications.last().unwrap();
    assert_eq!(last.result, Comparison::Inconclusive);
}

/// A person whose first capture was deferred, in a second case.
fn deferred(category: Category) -> World {
    let mut world = World::new();
    world.order("first", "person", category);
    let defer = Command::DeferCapture { case: id("first"), warned: true };
    world.give(&World::officer_of(category), defer);
    second_case(&mut world, category);
    world
}

// Proves.
#[test]
fn after_a_deferred_capture_the_next_contact_captures() {
    let mut world = deferred(Category::C4);
    assert_eq!(world.state("case"), CaseState::Reregister);
    let start = Command::StartDocumentation { case: id("case") };
    assert_eq!(world.refuse(&migration(), start).code(), "DOCUMENTATION_BLOCKED");
    assert_eq!(world.refuse(&migration(), comparison("case")).code(), "WRONG_STATE");
    world.give(&migration(), order());
    let kind = OrderKind::Again(ReregistrationReason::Deferred);
    assert_eq!(world.case("case").order().unwrap().kind, kind);
    commit(&mut world, "subject");
    assert_eq!(world.mark_of("person").unwrap().0, MarkStatus::Full);
}

#[test]
fn after_a_deferred_capture_a_citizen_is_asked_again() {
    let mut world = deferred(Category::C1);
    world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: true });
    assert_eq!(world.state("case"), CaseState::Ordered);
    let mut world = deferred(Category::C1);
    world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: false });
    assert_eq!(world.state("case"), CaseState::Documenting);
}

// Proves.
#[test]
fn a_partial_capture_is_accepted_and_completed_after_verification() {
    let mut world = World::new();
    world.order("first", "person", Category::C4);
    let wounded = without(capture(Category::C4), &[2, 3], FingerAbsence::TemporarilyDamaged);
    world.submit_this("first", "subject", wounded, fields(Category::C4));
    let verdict = world.searched("first", &[]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("first"), CaseState::PartialTemporary);
    let mark = world.mark_of("person").unwrap();
    assert_eq!(mark.0, MarkStatus::PartialTemporary);
    let capture = &world.person("person").registration.as_ref().unwrap().latest().capture;
    let missing = capture.fingers.iter().filter(|finger| finger.print.is_err());
    assert_eq!(missing.map(|finger| finger.position).collect::<Vec<_>>(), [2, 3]);
    let identifier = world.identifier("person");
    second_case(&mut world, Category::C4);
    assert_eq!(world.state("case"), CaseState::Verify);
    world.verify("case", 900);
    assert_eq!(world.state("case"), CaseState::Reregister);
    world.give(&migration(), order());
    let kind = OrderKind::Again(ReregistrationReason::Partial);
    assert_eq!(world.case("case").order().unwrap().kind, kind);
    commit(&mut world, "another");
    assert_eq!(world.mark_of("person"), Some((MarkStatus::Full, Some(identifier))));
}

// Proves R-105.
#[test]
fn a_new_category_adds_what_is_not_on_file_to_the_same_registration() {
    let mut world = World::new();
    let identifier = world.register("first", "person", Category::C7);
    second_case(&mut world, Category::C5);
    world.verify("case", 900);
    assert_eq!(world.state("case"), CaseState::Reregister);
    world.give(&migration(), order());
    assert_eq!(world.case("case").order().unwrap().kind, OrderKind::Supplement);
    commit(&mut world, "another");
    assert_eq!(world.identifier("person"), identifier);
    // From temporary to permanent residence nothing is lacking any more.
    world.open("third", "person", Category::C6);
    world.check_mark("third");
    world.verify("third", 900);
    assert_eq!(world.state("third"), CaseState::Documenting);
}

#[test]
fn a_hit_on_the_own_registration_is_no_foreign_hit() {
    let mut world = World::new();
    world.register("first", "person", Category::C7);
    second_case(&mut world, Category::C5);
    world.verify("case", 900);
    world.give(&migration(), order());
    world.submit("case", "another");
    let verdict = world.searched("case", &["subject-person"]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("case"), CaseState::Registered);
}
