//! The search before registration and what a hit leads to (43(1)).

use crate::values::*;
use crate::world::*;
use registry::*;

fn examine(finding: Finding) -> Command {
    Command::Adjudicate { case: id("case"), finding }
}

/// A case with a hit on a registered person.
fn with_hit() -> World {
    let mut world = World::new();
    world.register("first", "known", Category::C4);
    world.order("case", "person", Category::C4);
    world.submit("case", "subject-new");
    let verdict = world.searched("case", &["subject-known"]);
    world.give(&system(Role::Engine), verdict);
    world
}

fn same() -> Finding {
    Finding::SameIdentity(id("subject-known"))
}

fn other() -> Finding {
    Finding::OtherIdentity(id("subject-known"))
}

// Proves.
#[test]
fn identifier_and_mark_follow_the_search_and_never_precede_it() {
    for category in Category::ALL.iter().copied() {
        let mut world = World::new();
        world.order("case", "person", category);
        world.submit("case", "subject");
        let asked = |e: &Effect| matches!(e, Effect::EnrollWithDuplicateCheck { .. });
        assert!(world.has_effect(asked));
        assert_eq!(world.person("person").registration, None);
        assert_eq!(world.person("person").mark, None);
        let verdict = world.searched("case", &[]);
        world.give(&system(Role::Engine), verdict);
        let identifier = world.identifier("person");
        assert!(identifier.as_str().starts_with("KZ"));
        let mark = world.person("person").mark.clone().unwrap();
        assert_eq!((mark.status, mark.identifier.as_ref()), (MarkStatus::Full, Some(&identifier)));
        // The galleries are told first, the mark is set afterwards.
        let position = |found: fn(&Effect) -> bool| world.effects.iter().position(found).unwrap();
        let enrolled = position(|e| matches!(e, Effect::ConfirmEnrollment { .. }));
        assert!(enrolled < position(|e| matches!(e, Effect::SetMark(_))));
    }
}

// Proves R-034.
#[test]
fn every_registration_has_an_identifier_of_its_own() {
    let mut world = World::new();
    let first = world.register("a", "one", Category::C1);
    let second = world.register("b", "two", Category::C4);
    assert_ne!(first, second);
    let owners = &world.registry.entities().registrations;
    assert_eq!((owners[&first].as_str(), owners[&second].as_str()), ("one", "two"));
}

// Proves R-062.
#[test]
fn a_search_without_candidate_is_kept_with_what_it_searched() {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let record = world.person("person").registration.as_ref().unwrap().latest();
    let search = &record.search;
    assert_eq!((search.searched, search.engine.as_str()), (1000, "engine 1"));
    assert_eq!((search.threshold, search.at), (600, world.now));
}

// Proves R-061.
#[test]
fn a_hit_holds_the_case_without_mark_and_without_certificate() {
    let mut world = with_hit();
    assert_eq!(world.state("case"), CaseState::Adjudication);
    assert_eq!(world.person("person").mark, None);
    let print = Command::PrintCertificate { case: id("case") };
    assert_eq!(world.refuse(&migration(), print), Denied::NotRegistered);
    let start = Command::StartDocumentation { case: id("case") };
    assert_eq!(world.refuse(&migration(), start).code(), "DOCUMENTATION_BLOCKED");
    assert_eq!(world.refuse(&migration(), examine(same())), Denied::RoleNotAllowed);
    let owed = world.owed(&Matter::Case(id("case")));
    assert_eq!(owed, [("T-ADJUDICATION", &ObligationStatus::Open)]);
}

// Proves R-060.
#[test]
fn the_same_person_is_not_registered_twice_and_is_verified_instead() {
    let mut world = with_hit();
    world.give(&forensic(1), examine(same()));
    assert_eq!(world.state("case"), CaseState::Adjudication);
    assert_eq!(world.refuse(&forensic(1), examine(same())), Denied::SameOfficer);
    world.give(&forensic(2), examine(same()));
    assert_eq!(world.state("case"), CaseState::Verify);
    assert_eq!(world.case("case").person, id("known"));
    assert_eq!(world.person("person").registration, None);
    assert_eq!(world.registry.entities().registrations.len(), 1);
    assert!(world.has_effect(|e| matches!(e, Effect::DropEnrollment { .. })));
    world.verify("case", 900);
    assert_eq!(world.state("case"), CaseState::Documenting);
}

// Proves R-061.
#[test]
fn a_person_under_another_identity_is_escalated_and_nothing_is_altered() {
    let mut world = with_hit();
    let before = world.person("known").clone();
    world.give(&forensic(1), examine(other()));
    world.give(&forensic(2), examine(other()));
    assert_eq!(world.state("case"), CaseState::Escalated);
    assert_eq!(world.person("known"), &before);
    assert_eq!(world.person("person").mark, None);
}

#[test]
fn a_false_hit_ends_in_registration() {
    let mut world = with_hit();
    world.give(&forensic(1), examine(Finding::NotSame));
    world.give(&forensic(2), examine(Finding::NotSame));
    assert_eq!(world.state("case"), CaseState::Registered);
    let (known, person) = (world.identifier("known"), world.identifier("person"));
    assert_ne!(known, person);
    let owed = world.owed(&Matter::Case(id("case")));
    assert!(matches!(owed[..], [("T-ADJUDICATION", ObligationStatus::Met { late: false, .. })]));
}

#[test]
fn where_two_examiners_differ_a_third_person_decides() {
    let decide = |finding| Command::Supervise { case: id("case"), finding };
    let mut world = with_hit();
    assert_eq!(world.refuse(&supervisor(), decide(same())), Denied::NotOpen);
    world.give(&forensic(1), examine(same()));
    world.give(&forensic(2), examine(Finding::NotSame));
    assert!(world.has_effect(|e| matches!(e, Effect::Alert { alert: Alert::Conflict(_), .. })));
    assert_eq!(world.state("case"), CaseState::Adjudication);
    assert_eq!(world.refuse(&forensic(3), examine(same())), Denied::NotOpen);
    let mut examiner = supervisor();
    examiner.account = id("forensic-1");
    assert_eq!(world.refuse(&examiner, decide(same())), Denied::SameOfficer);
    let nobody = Finding::SameIdentity(id("subject-nobody"));
    assert_eq!(world.refuse(&supervisor(), decide(nobody)), Denied::NotOpen);
    world.give(&supervisor(), decide(same()));
    assert_eq!(world.state("case"), CaseState::Verify);
}

#[test]
fn an_answer_to_another_question_changes_nothing() {
    let mut world = World::new();
    world.order("case", "person", Category::C1);
    let early = world.searched("case", &[]);
    assert_eq!(world.refuse(&system(Role::Engine), early), Denied::NoSuchQuestion);
    world.submit("case", "subject");
    let engine = system(Role::Engine);
    let mut wrong = world.searched("case", &[]);
    if let Command::SearchVerdict { question, .. } = &mut wrong {
        *question += 1;
    }
    assert_eq!(world.refuse(&engine, wrong), Denied::NoSuchQuestion);
    let other = world.compared("case", Some(900), &TEN);
    assert_eq!(world.refuse(&engine, other), Denied::NoSuchQuestion);
    let verdict = world.searched("case", &[]);
    world.give(&engine, verdict.clone());
    assert_eq!(world.refuse(&engine, verdict), Denied::NoSuchQuestion);
}

// Proves R-104.
#[test]
fn of_two_cases_about_one_person_only_the_first_registers() {
    let mut world = World::new();
    for case in ["first", "second"] {
        world.order(case, "person", Category::C4);
        world.submit(case, &format!("subject-{case}"));
    }
    let verdict = world.searched("first", &[]);
    world.give(&system(Role::Engine), verdict);
    let identifier = world.identifier("person");
    let verdict = world.searched("second", &[]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("second"), CaseState::Verify);
    assert!(
        world.effects.contains(&Effect::DropEnrollment {
            case: id("second"),
            subject: id("subject-second"),
        })
    );
    assert!(world.case("second").capture.is_none() && world.case("second").draft.is_empty());
    let registration = world.person("person").registration.as_ref().unwrap();
    assert_eq!((&registration.identifier, registration.records.len()), (&identifier, 1));
    assert_eq!(registration.subject, id("subject-first"));
}

#[test]
fn nothing_is_added_to_a_registration_that_ended_meanwhile() {
    let mut world = World::new();
    world.register("visa", "person", Category::C7);
    world.open("stay", "person", Category::C5);
    world.check_mark("stay");
    world.verify("stay", 1_000_000);
    world.give(&migration(), Command::OrderCapture { case: id("stay") });
    world.submit("stay", "subject-stay");
    let (person, ground) = (id("person"), AnnulmentGround::Error);
    world.give(&administrator(1), Command::ProposeAnnulment { person, ground });
    let (person, act) = (id("person"), digest(4));
    world.give(&administrator(2), Command::ApproveAnnulment { person, act });
    let verdict = world.searched("stay", &[]);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("stay"), CaseState::Held);
    assert!(world.has_effect(|effect| matches!(
        effect,
        Effect::Alert { alert: Alert::Inconsistent(_), .. }
    )));
    assert_eq!(world.person("person").registration, None);
    assert_eq!(world.person("person").mark, None);
}

#[test]
fn a_name_of_the_galleries_is_given_to_one_case_and_is_nobody_before_registration() {
    let mut world = World::new();
    world.order("one", "person-one", Category::C4);
    world.submit("one", "subject-one");
    world.order("two", "person-two", Category::C4);
    let order = u32::try_from(world.case("two").orders.len()).unwrap();
    let capture = capture(Category::C4);
    let submit = Command::SubmitCapture { case: id("two"), order, capture };
    world.give(&migration(), submit);
    let fields = fields(Category::C4);
    world.give(&migration(), Command::FillFields { case: id("two"), fields, cannot_sign: None });
    assert_eq!(world.refuse(&migration(), finalize("two", "subject-one")), Denied::Exists);
    world.give(&migration(), finalize("two", "subject-two"));
    let verdict = world.searched("two", &["subject-one"]);
    world.give(&system(Role::Engine), verdict);
    let finding = Finding::SameIdentity(id("subject-one"));
    let decide = Command::Adjudicate { case: id("two"), finding };
    world.give(&forensic(1), decide.clone());
    assert_eq!(world.refuse(&forensic(2), decide), Denied::UnknownPerson);
}
