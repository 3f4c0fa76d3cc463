//! Requests of competent state bodies (48).

use crate::values::*;
use crate::world::*;
use registry::*;
use std::collections::{BTreeMap, BTreeSet};

fn annex_4() -> BTreeMap<String, Text> {
    let fields = RuleSet::decree_246().open_points.request_form.fields;
    fields.into_iter().map(|field| (field, text("мәлімет"))).collect()
}

fn wanted() -> BTreeSet<Content> {
    [Content::PersonalData, Content::Fingerprints].into()
}

fn request(kind: RequestKind, registration: Option<RegistrationId>, prints: bool) -> Command {
    Command::RegisterRequest {
        request: id("r"),
        channel: "edms".into(),
        kind,
        form: annex_4(),
        content: if kind == RequestKind::Provide { wanted() } else { BTreeSet::new() },
        prints: prints.then(|| digest(7)),
        registration,
    }
}

fn confirm(competent: bool, law_observed: bool, approved: BTreeSet<Content>) -> Command {
    Command::ConfirmRequest { request: id("r"), competent, law_observed, approved }
}

fn run() -> Command {
    Command::RunRequest { request: id("r"), query: id("q"), purpose: "U3".into() }
}

fn answer(content: BTreeSet<Content>) -> Command {
    Command::AnswerRequest { request: id("r"), content, seal: digest(9) }
}

fn registrar() -> Actor {
    ministry(Role::MinistryRegistrar)
}

fn decider() -> Actor {
    ministry(Role::MinistryOfficer)
}

/// A registered person and a registered request.
fn received(kind: RequestKind, prints: bool) -> World {
    let mut world = World::new();
    let identifier = world.register("case", "person", Category::C4);
    let named = (!prints).then_some(identifier);
    world.give(&registrar(), request(kind, named, prints));
    world
}

// Proves R-116.
#[test]
fn a_request_without_the_content_of_annex_4_is_rejected_with_what_it_lacks() {
    for item in annex_4().into_keys() {
        let mut command = request(RequestKind::Check, None, true);
        if let Command::RegisterRequest { form, .. } = &mut command {
            form.remove(&item);
        }
        let denied = World::new().refuse(&registrar(), command);
        assert_eq!(denied, Denied::RequestIncomplete { missing: vec![item] });
    }
    let nobody = request(RequestKind::Check, None, false);
    let missing = vec!["prints_or_registration".to_owned()];
    let denied = World::new().refuse(&registrar(), nobody);
    assert_eq!(denied, Denied::RequestIncomplete { missing });
    let mut nothing = request(RequestKind::Provide, None, true);
    if let Command::RegisterRequest { content, .. } = &mut nothing {
        content.clear();
    }
    let missing = vec!["content".to_owned()];
    let denied = World::new().refuse(&registrar(), nothing);
    assert_eq!(denied, Denied::RequestIncomplete { missing });
}

// Proves R-117.
#[test]
fn a_request_comes_by_courier_or_document_management_and_no_other_way() {
    for way in ["state_courier", "edms", "email", "egov", ""] {
        let mut command = request(RequestKind::Check, None, true);
        if let Command::RegisterRequest { channel, .. } = &mut command {
            *channel = way.into();
        }
        let mut world = World::new();
        if ["state_courier", "edms"].contains(&way) {
            world.give(&registrar(), command);
        } else {
            assert_eq!(world.refuse(&registrar(), command), Denied::RequestChannel);
        }
    }
}

// Proves R-118.
#[test]
fn a_request_checks_or_provides() {
    let kinds: Vec<&str> = RequestKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(kinds, ["check", "provide"]);
    assert!(serde_json::from_str::<RequestKind>("\"copy\"").is_err());
    let world = received(RequestKind::Provide, false);
    assert_eq!(world.registry.entities().requests[&id("r")].kind, RequestKind::Provide);
}

// Proves R-119.
#[test]
fn nothing_runs_before_competence_and_law_are_confirmed() {
    let mut world = received(RequestKind::Provide, false);
    assert_eq!(world.refuse(&decider(), run()), Denied::CompetenceNotChecked);
    for (competent, law) in [(false, true), (true, false), (false, false)] {
        let denied = world.refuse(&decider(), confirm(competent, law, wanted()));
        assert_eq!(denied, Denied::CompetenceNotChecked);
    }
    assert_eq!(world.refuse(&decider(), answer(wanted())).code(), "WRONG_STATE");
    assert_eq!(world.refuse(&registrar(), confirm(true, true, wanted())), Denied::RoleNotAllowed);
    world.give(&decider(), confirm(true, true, wanted()));
    let request = &world.registry.entities().requests[&id("r")];
    assert_eq!(request.confirmed_by.as_ref().map(AccountId::as_str), Some("ministry-officer-1"));
    // A refusal carries its ground.
    let ground = text("құзыреті жоқ");
    let refuse = Command::RefuseRequest { request: id("r"), ground: ground.clone() };
    world.give(&decider(), refuse);
    let request = &world.registry.entities().requests[&id("r")];
    assert_eq!((request.state, request.ground.as_ref()), (RequestState::Refused, Some(&ground)));
}

// Proves R-120.
#[test]
fn an_answer_releases_exactly_what_was_asked_for_and_approved() {
    let mut world = received(RequestKind::Provide, false);
    let beyond: BTreeSet<Content> = [Content::Photo].into();
    assert_eq!(world.refuse(&decider(), confirm(true, true, beyond.clone())), Denied::NotApproved);
    let approved: BTreeSet<Content> = [Content::Fingerprints].into();
    world.give(&decider(), confirm(true, true, approved.clone()));
    world.give(&decider(), run());
    for wrong in [wanted(), beyond, BTreeSet::new()] {
        assert_eq!(world.refuse(&decider(), answer(wrong)), Denied::NotApproved);
    }
    world.give(&decider(), answer(approved.clone()));
    let sent = Effect::Answer { request: id("r"), content: approved, seal: digest(9) };
    assert!(world.effects.contains(&sent));
    let Effect::Audit(line) = &world.effects[0] else { panic!() };
    assert_eq!(
        (line.about.as_deref(), line.account.as_str()),
        (Some("request/r"), "ministry-officer-1")
    );
}

// Proves R-068.
#[test]
fn prints_are_searched_and_an_identity_is_looked_up() {
    let mut world = received(RequestKind::Check, true);
    world.give(&decider(), confirm(true, true, BTreeSet::new()));
    world.give(&ministry_forensic(), run());
    assert!(world.has_effect(|e| matches!(e, Effect::Ask { subject: None, .. })));
    assert_eq!(world.refuse(&decider(), answer(BTreeSet::new())).code(), "WRONG_STATE");
    let candidates = vec![id("subject-person")];
    let verdict = Command::QueryVerdict {
        query: id("q"),
        candidates: candidates.clone(),
        score: None,
        fingers: vec![],
    };
    world.give(&system(Role::Engine), verdict);
    let result = world.registry.entities().requests[&id("r")].result.clone();
    assert_eq!(result, Some(CheckResult::Candidates(candidates)));
    let mut world = received(RequestKind::Check, false);
    world.give(&decider(), confirm(true, true, BTreeSet::new()));
    world.give(&ministry_forensic(), run());
    let result = world.registry.entities().requests[&id("r")].result.clone();
    assert_eq!(result, Some(CheckResult::Person(Some(id("person")))));
    assert_eq!(world.refuse(&decider(), answer(wanted())), Denied::NotApproved);
    world.give(&decider(), answer(BTreeSet::new()));
}

#[test]
fn a_request_runs_for_a_purpose() {
    let mut world = World::new();
    let identifier = world.register("case", "citizen", Category::C1);
    world.give(&registrar(), request(RequestKind::Provide, Some(identifier), false));
    world.give(&decider(), confirm(true, true, wanted()));
    for (purpose, denied) in [("U9", Denied::Purpose), ("U2", Denied::PurposeOfForeigners)] {
        let run = Command::RunRequest { request: id("r"), query: id("q"), purpose: purpose.into() };
        assert_eq!(world.refuse(&decider(), run), denied);
    }
}
