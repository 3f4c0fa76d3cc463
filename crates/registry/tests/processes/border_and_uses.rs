//! Uses of fingerprint information (43) and the border (47).

use crate::values::*;
use crate::world::*;
use registry::*;

fn identify(query: &str, purpose: &str, person: Option<&str>) -> Command {
    let (query, purpose, person) = (id(query), purpose.into(), person.map(id));
    Command::Identify { query, purpose, person, prints: digest(7) }
}

fn read(person: &str, purpose: &str) -> Command {
    Command::Read { person: id(person), purpose: purpose.into() }
}

fn ask(query: &str, person: &str, purpose: &str) -> Command {
    Command::AskBorder {
        query: id(query),
        purpose: purpose.into(),
        person: id(person),
        point: "korday".into(),
        live: digest(7),
    }
}

fn procedure(citizens: bool) -> Command {
    Command::SetBorderProcedure { points: ["korday".to_owned()].into(), citizens }
}

// Proves.
#[test]
fn every_use_names_one_of_four_purposes_and_is_logged() {
    let mut world = World::new();
    world.register("case", "person", Category::C4);
    for purpose in ["", "U0", "U5", "u1", "U1 "] {
        assert_eq!(world.refuse(&migration(), identify("q", purpose, None)), Denied::Purpose);
        assert_eq!(world.refuse(&migration(), read("person", purpose)), Denied::Purpose);
        assert_eq!(world.refuse(&border(), ask("q", "person", purpose)), Denied::Purpose);
    }
    for (number, purpose) in Purpose::ALL.iter().enumerate() {
        world.give(&migration(), identify(&format!("q{number}"), purpose.code(), None));
        world.give(&migration(), read("person", purpose.code()));
        let Effect::Audit(line) = &world.effects[0] else { panic!("the audit entry is first") };
        assert_eq!(line.purpose, Some(*purpose));
        assert_eq!(
            (line.account.as_str(), line.body.as_str()),
            ("migration-1", "body-internal-affairs")
        );
        assert_eq!(line.about.as_deref(), Some("person/person"));
        assert_eq!((line.at, &*line.result), (world.now, "OK"));
        assert_eq!(line.station, Some(text("station-7")));
    }
}

// Proves R-113.
#[test]
fn control_of_foreigners_does_not_touch_a_citizen() {
    let mut world = World::new();
    world.register("a", "citizen", Category::C1);
    world.register("b", "visitor", Category::C4);
    let denied = world.refuse(&migration(), read("citizen", "U2"));
    assert_eq!(denied, Denied::PurposeOfForeigners);
    let denied = world.refuse(&migration(), identify("q", "U2", Some("citizen")));
    assert_eq!(denied, Denied::PurposeOfForeigners);
    world.give(&migration(), read("visitor", "U2"));
    world.give(&migration(), read("citizen", "U3"));
}

// Proves R-067.
#[test]
fn a_person_without_documents_is_searched_with_a_purpose() {
    let mut world = World::new();
    world.give(&migration(), identify("q", "U1", None));
    let asked = |e: &Effect| matches!(e, Effect::Ask { subject: None, threshold: 600, .. });
    assert!(world.has_effect(asked));
    let verdict = |candidates: Vec<Subject>| Command::QueryVerdict {
        query: id("q"),
        candidates,
        score: None,
        fingers: vec![],
    };
    let found = vec![id("subject-2"), id("subject-1")];
    world.give(&system(Role::Engine), verdict(found.clone()));
    let answer = world.registry.entities().queries[&id("q")].answer.clone();
    assert_eq!(answer, Some(QueryAnswer::Candidates(found)));
    assert_eq!(world.refuse(&system(Role::Engine), verdict(vec![])), Denied::NoSuchQuestion);
    assert_eq!(world.refuse(&migration(), identify("q", "U1", None)), Denied::Exists);
    assert_eq!(world.refuse(&transport(), identify("q2", "U1", None)), Denied::RoleNotAllowed);
}

// Proves.
#[test]
fn the_border_is_answered_as_the_national_security_bodies_set_it() {
    let mut world = World::new();
    world.register("a", "visitor", Category::C7);
    world.register("b", "citizen", Category::C1);
    let border_says =
        |world: &mut World, n: &str, person: &str| world.give(&border(), ask(n, person, "U4"));
    let not_checked = Outcome::Border(BorderAnswer::NotChecked);
    assert_eq!(border_says(&mut world, "q1", "visitor"), not_checked);
    assert_eq!(world.refuse(&migration(), procedure(false)), Denied::RoleNotAllowed);
    world.give(&security(), procedure(false));
    assert_eq!(border_says(&mut world, "q2", "visitor"), Outcome::Asked);
    assert_eq!(border_says(&mut world, "q3", "citizen"), not_checked);
    world.give(&security(), procedure(true));
    assert_eq!(border_says(&mut world, "q4", "citizen"), Outcome::Asked);
    let nobody = border_says(&mut world, "q5", "nobody");
    assert_eq!(nobody, Outcome::Border(BorderAnswer::NotRegistered));
    assert_eq!(world.refuse(&border(), ask("q6", "citizen", "U1")), Denied::Purpose);
    for (query, score, fingers, expected) in
        [("q2", 480, &TEN[..], BorderAnswer::Match), ("q4", 479, &TEN[..], BorderAnswer::NoMatch)]
    {
        let pending = Command::QueryVerdict {
            query: id(query),
            candidates: vec![],
            score: None,
            fingers: vec![],
        };
        // An engine that cannot be reached has answered nothing.
        assert_eq!(world.give(&system(Role::Engine), pending), Outcome::Asked);
        let verdict = Command::QueryVerdict {
            query: id(query),
            candidates: vec![],
            score: Some(score),
            fingers: fingers.to_vec(),
        };
        assert_eq!(world.give(&system(Role::Engine), verdict), Outcome::Border(expected));
    }
}

// Proves R-050.
#[test]
fn a_foreigner_without_fingers_is_exempt_at_the_border() {
    for (exemption, category) in [
        (Exemption::NoFingers, Category::C7),
        (Exemption::NoHands, Category::C7),
        (Exemption::NoHands, Category::C8),
    ] {
        let mut world = World::new();
        world.give(&security(), procedure(true));
        world.order("case", "person", category);
        world.give(&migration(), Command::RecordExemption { case: id("case"), exemption });
        let answer = world.give(&border(), ask("q", "person", "U4"));
        assert_eq!(answer, Outcome::Border(BorderAnswer::Exempt));
    }
    // Also when the palms were taken.
    let mut world = World::new();
    world.give(&security(), procedure(true));
    world.order("case", "person", Category::C8);
    let palms = without(capture(Category::C8), &TEN, FingerAbsence::Amputated);
    world.submit_this("case", "subject", palms, fields(Category::C8));
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    let answer = world.give(&border(), ask("q", "person", "U4"));
    assert_eq!(answer, Outcome::Border(BorderAnswer::Exempt));
}

// Proves R-158.
#[test]
fn every_command_that_is_carried_out_leaves_one_line_in_the_audit_trail() {
    let mut world = World::new();
    world.order("case", "person", Category::C4);
    world.submit("case", "subject");
    let audits = |world: &World| {
        world.effects.iter().filter(|effect| matches!(effect, Effect::Audit(_))).count()
    };
    assert_eq!(audits(&world), 1);
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    let Effect::Audit(line) = &world.effects[0] else { panic!() };
    assert_eq!((line.action, line.purpose), (Action::Verdict, Some(Purpose::Identity)));
    assert_eq!(line.about.as_deref(), Some("case/case"));
    // It names a case by its identifier, and nobody by name.
    assert!(!format!("{line:?}").contains("Әбдіғани"));
}
