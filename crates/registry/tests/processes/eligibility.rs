//! Who is registered, by whom, on what basis (5 to 8).

use crate::values::*;
use crate::world::*;
use jiff::civil::date;
use registry::*;

/// An opening with one thing changed.
fn changed(category: Category, change: impl Fn(&mut Command)) -> Command {
    let mut command = World::opening("case", "person", category);
    change(&mut command);
    command
}

fn with_reason(category: Category, wanted: Reason, papers: Vec<DocumentKind>) -> Command {
    changed(category, |command| {
        if let Command::OpenCase { reason, documents, .. } = command {
            (*reason, *documents) = (wanted, papers.clone());
        }
    })
}

fn with_birth(category: Category, year: i16, month: i8, day: i8) -> Command {
    changed(category, |command| {
        if let Command::OpenCase { birth, .. } = command {
            *birth = BirthDate::full(date(year, month, day));
        }
    })
}

fn with_citizenship(category: Category, country: &str) -> Command {
    changed(category, |command| {
        if let Command::OpenCase { citizenship, .. } = command {
            *citizenship = Citizenship::new(country).unwrap();
        }
    })
}

// Proves R-001.
#[test]
fn a_citizen_is_offered_registration_for_three_reasons_and_no_other() {
    for reason in Reason::ALL {
        let command =
            with_reason(Category::C1, *reason, vec![DocumentKind::IdCard, DocumentKind::Passport]);
        let mut world = World::new();
        match reason {
            Reason::FirstIssue | Reason::Restoration | Reason::Replacement => {
                world.give(&migration(), command);
                assert_eq!(world.state("case"), CaseState::Opened);
            }
            _ => {
                let category = Category::C1;
                let denied = world.refuse(&migration(), command);
                assert_eq!(denied, Denied::ReasonNotOfCategory { category });
            }
        }
    }
}

// Proves R-007, R-008.
#[test]
fn registration_is_mandatory_for_foreigners_who_apply_for_a_document_or_permission() {
    let documents = [
        DocumentKind::ResidencePermit,
        DocumentKind::StatelessCertificate,
        DocumentKind::RefugeeCertificate,
        DocumentKind::TravelDocument,
    ];
    for document in documents {
        for reason in [Reason::FirstIssue, Reason::Restoration, Reason::Replacement] {
            let mut world = World::new();
            world.give(&migration(), with_reason(Category::C4, reason, vec![document]));
            world.check_mark("case");
            // Nobody asks: without a registration or an exemption nothing goes on.
            let denied =
                world.refuse(&migration(), Command::StartDocumentation { case: id("case") });
            assert_eq!(denied.code(), "DOCUMENTATION_BLOCKED");
            let answer = Command::RecordAnswer { case: id("case"), yes: false };
            assert_eq!(world.refuse(&migration(), answer).code(), "WRONG_STATE");
        }
    }
    for category in [Category::C5, Category::C6] {
        let mut world = World::new();
        world.open("case", "person", category);
        world.check_mark("case");
        let denied = world.refuse(&migration(), Command::StartDocumentation { case: id("case") });
        assert_eq!(denied.code(), "DOCUMENTATION_BLOCKED");
    }
    let passport = with_reason(Category::C4, Reason::FirstIssue, vec![DocumentKind::Passport]);
    assert_eq!(World::new().refuse(&migration(), passport).code(), "REASON_NOT_OF_CATEGORY");
}

// Proves R-002.
#[test]
fn nothing_is_captured_from_a_citizen_without_a_recorded_yes() {
    let mut world = World::new();
    world.open("case", "person", Category::C1);
    let order = Command::OrderCapture { case: id("case") };
    let submit =
        Command::SubmitCapture { case: id("case"), order: 1, capture: capture(Category::C1) };
    assert_eq!(world.refuse(&migration(), order.clone()), Denied::NoConsent);
    assert_eq!(world.refuse(&migration(), submit.clone()), Denied::NoConsent);
    world.check_mark("case");
    assert_eq!(world.refuse(&migration(), order.clone()), Denied::NoConsent);
    world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: false });
    assert_eq!(world.refuse(&migration(), order), Denied::NoConsent);
    assert_eq!(world.refuse(&migration(), submit), Denied::NoConsent);
    assert_eq!(world.case("case").capture, None);
    assert!(world.case("case").draft.is_empty());
}

// Proves R-003.
#[test]
fn a_mission_registers_a_citizen_with_consent_under_clause_6() {
    let mut world = World::new();
    world.open("case", "person", Category::C2);
    world.check_mark("case");
    let submit =
        Command::SubmitCapture { case: id("case"), order: 1, capture: capture(Category::C2) };
    assert_eq!(world.refuse(&mission(), submit), Denied::NoConsent);
    world.give(&mission(), Command::RecordAnswer { case: id("case"), yes: true });
    world.submit("case", "subject");
    let verdict = world.searched("case", &[]);
    world.give(&system(Role::Engine), verdict);
    let record = world.person("person").registration.as_ref().unwrap().latest().clone();
    let Some(Value::Basis(basis)) = record.fields.get(&Field::RegistrationBasis) else { panic!() };
    assert_eq!((basis.category, basis.clause.as_str()), (Category::C2, "6"));
    let denied = World::new().refuse(&migration(), World::opening("case", "person", Category::C2));
    assert_eq!(denied, Denied::AuthorityNotCompetent { category: Category::C2 });
}

// Proves R-004, R-005.
#[test]
fn a_child_is_registered_only_with_its_representative_at_a_mission_and_in_the_country() {
    for (officer, clause) in [(mission(), "6"), (migration(), "5(2)")] {
        let mut world = World::new();
        world.give(&officer, World::opening("case", "person", Category::C3));
        assert_eq!(world.case("case").basis, clause);
        world.check_mark("case");
        world.give(&officer, Command::RecordAnswer { case: id("case"), yes: true });
        assert_eq!(world.state("case"), CaseState::Ready);
        let order = Command::OrderCapture { case: id("case") };
        let good = representative();
        for (lacking, what) in [
            (None, "the representative"),
            (Some(Representative { present: false, ..good.clone() }), "the presence"),
            (Some(Representative { consent: None, ..good.clone() }), "the written consent"),
            (Some(Representative { proof: None, ..good.clone() }), "the proof of authority"),
        ] {
            if let Some(representative) = lacking {
                let command = Command::RecordRepresentative { case: id("case"), representative };
                world.give(&officer, command);
            }
            let denied = world.refuse(&officer, order.clone());
            assert_eq!(denied, Denied::RepresentativeMissing { what });
        }
        let command = Command::RecordRepresentative { case: id("case"), representative: good };
        world.give(&officer, command);
        world.give(&officer, order);
        assert_eq!(world.state("case"), CaseState::Ordered);
    }
}

// Proves R-004.
#[test]
fn a_child_is_from_12_to_under_16_on_the_day_of_the_order() {
    // The orders are made on 26 November 2026.
    for (year, month, day, code) in [
        (2014, 11, 27, Some("UNDER_12")),
        (2014, 11, 26, None),
        (2010, 11, 27, None),
        (2010, 11, 26, Some("ABOVE_AGE")),
    ] {
        let mut world = World::new();
        world.give(&migration(), with_birth(Category::C3, year, month, day));
        world.check_mark("case");
        let representative = representative();
        let command = Command::RecordRepresentative { case: id("case"), representative };
        world.give(&migration(), command);
        world.give(&migration(), Command::RecordAnswer { case: id("case"), yes: true });
        match code {
            None => assert_eq!(world.state("case"), CaseState::Ordered),
            Some(code) => {
                let order = Command::OrderCapture { case: id("case") };
                assert_eq!(world.refuse(&migration(), order).code(), code);
            }
        }
    }
}

// Proves R-006, R-009.
#[test]
fn nobody_below_the_age_is_ordered_to_be_captured() {
    for category in Category::ALL.iter().copied().filter(|c| *c != Category::C3) {
        let officer = World::officer_of(category);
        for (year, month, day, code) in
            [(2015, 1, 1, Some("UNDER_12")), (2010, 11, 27, Some("UNDER_16")), (2010, 11, 26, None)]
        {
            let mut world = World::new();
            world.give(&officer, with_birth(category, year, month, day));
            world.check_mark("case");
            if matches!(category, Category::C1 | Category::C2) {
                world.give(&officer, Command::RecordAnswer { case: id("case"), yes: true });
            }
            if world.state("case") == CaseState::Ordered {
                assert_eq!(code, None);
                continue;
            }
            let order = Command::OrderCapture { case: id("case") };
            match code {
                Some(code) => assert_eq!(world.refuse(&officer, order).code(), code),
                None => drop(world.give(&officer, order)),
            }
        }
    }
}

// Proves R-010, R-011, R-012, R-013.
#[test]
fn only_a_body_that_the_clause_names_registers_a_category() {
    let police = officer("police-1", Role::PoliceOfficer, BodyKind::InternalAffairs);
    let competent = |category: Category, kind: BodyKind| match category {
        Category::C1 | Category::C4 | Category::C5 | Category::C6 => {
            kind == BodyKind::InternalAffairs
        }
        Category::C2 => kind == BodyKind::ForeignPolicy,
        Category::C3 | Category::C7 => {
            matches!(kind, BodyKind::InternalAffairs | BodyKind::ForeignPolicy)
        }
        Category::C8 => matches!(kind, BodyKind::InternalAffairs | BodyKind::NationalSecurity),
        Category::C9 => kind == BodyKind::Transport,
    };
    for category in Category::ALL.iter().copied() {
        for officer in [migration(), police.clone(), mission(), security(), transport()] {
            let mut world = World::new();
            let opening = World::opening("case", "person", category);
            if competent(category, officer.body.kind) {
                world.give(&officer, opening);
                continue;
            }
            let not_competent = Denied::AuthorityNotCompetent { category };
            assert_eq!(world.refuse(&officer, opening), not_competent);
            // Neither does it carry on what another body began.
            world.order("case", "person", category);
            let capture = capture(category);
            let submit = Command::SubmitCapture { case: id("case"), order: 1, capture };
            assert_eq!(world.refuse(&officer, submit), not_competent);
        }
    }
}

// Proves R-011.
#[test]
fn expulsion_and_readmission_are_registered_under_clause_7() {
    for reason in [Reason::Expulsion, Reason::Readmission] {
        let mut world = World::new();
        world.give(&security(), with_reason(Category::C8, reason, vec![]));
        assert_eq!(world.case("case").basis, "7");
    }
}

// Proves R-012.
#[test]
fn a_seafarer_of_any_citizenship_needs_a_recorded_decision() {
    for country in ["KZ", "UZ", "stateless"] {
        let mut world = World::new();
        world.give(&transport(), with_citizenship(Category::C9, country));
        world.check_mark("case");
        world.give(&transport(), Command::OrderCapture { case: id("case") });
    }
    let mut world = World::new();
    let undecided = changed(Category::C9, |command| {
        if let Command::OpenCase { decision, .. } = command {
            *decision = None;
        }
    });
    world.give(&transport(), undecided);
    world.check_mark("case");
    let order = Command::OrderCapture { case: id("case") };
    assert_eq!(world.refuse(&transport(), order), Denied::NoPositiveDecision);
}

#[test]
fn citizenship_and_category_must_fit() {
    for category in Category::ALL.iter().copied().filter(|c| *c != Category::C9) {
        let other = if citizenship(category).is_citizen() { "stateless" } else { "KZ" };
        let officer = World::officer_of(category);
        let denied = World::new().refuse(&officer, with_citizenship(category, other));
        assert_eq!(denied, Denied::Citizenship { category });
    }
}

// Proves R-015.
#[test]
fn a_case_keeps_the_rules_it_was_opened_under() {
    let old = RuleSet::decree_246();
    let text = include_str!("../../rules/kz-246-2024.toml")
        .replacen("version = \"kz-36", "version = \"next-36", 1)
        .replacen("2024-04-11", "2026-12-01", 1)
        .replacen("plain_min = 40", "plain_min = 90", 1);
    let new = RuleSet::from_toml(&text).unwrap();
    let book = Rulebook::new(vec![old.clone(), new.clone()]).unwrap();
    let mut world = World::new();
    world.registry = Registry::new(book, Calendar::kazakhstan(), world.now).unwrap();
    world.order("before", "one", Category::C1);
    world.at("2026-12-02T10:00");
    world.order("after", "two", Category::C1);
    assert_eq!(world.case("before").rules, old.version);
    assert_eq!(world.case("after").rules, new.version);
    // A print of quality 80 is good enough for the one and too poor for the other.
    world.submit("before", "subject-1");
    let submit =
        Command::SubmitCapture { case: id("after"), order: 1, capture: capture(Category::C1) };
    assert_eq!(world.refuse(&migration(), submit), Denied::Quality { position: 1 });
    let verdict = world.searched("before", &[]);
    world.give(&system(Role::Engine), verdict);
    let record = world.person("one").registration.as_ref().unwrap().latest();
    assert_eq!(record.rules, old.version);
}

// Proves R-159.
#[test]
fn a_role_does_only_what_the_clauses_give_to_it() {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let genomic = Command::RecordGenomicCheck { access: id("a") };
    assert_eq!(world.refuse(&migration(), genomic.clone()), Denied::RoleNotAllowed);
    let answer =
        Command::AnswerRequest { request: id("r"), content: Default::default(), seal: digest(1) };
    assert_eq!(world.refuse(&mission(), answer), Denied::RoleNotAllowed);
    let verdict = world.searched("case", &[]);
    assert_eq!(world.refuse(&migration(), verdict), Denied::RoleNotAllowed);
    let disguised = officer("x", Role::MinistryForensicOfficer, BodyKind::Transport);
    assert_eq!(world.refuse(&disguised, genomic), Denied::RoleNotOfBody);
}
