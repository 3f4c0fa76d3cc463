//! Comparison and its branches (21-4).

use crate::values::*;
use crate::world::*;
use registry::*;

/// A registered person in a second case that waits for verification.
fn waiting(category: Category) -> World {
    let mut world = World::new();
    world.register("first", "person", category);
    world.open("case", "person", category);
    world.check_mark("case");
    if citizenship(category).is_citizen() {
        world.give(
            &World::officer_of(category),
            Command::RecordAnswer { case: id("case"), yes: true },
        );
    }
    assert_eq!(world.state("case"), CaseState::Verify);
    world
}

fn with(change: impl Fn(&mut Command)) -> Command {
    let mut command = comparison("case");
    change(&mut command);
    command
}

fn with_slaps(codes: &[u8]) -> Command {
    with(|command| {
        if let Command::StartVerification { slaps, .. } = command {
            *slaps = codes.to_vec();
        }
    })
}

// Proves.
#[test]
fn four_fingers_of_each_hand_then_the_thumbs_in_turn() {
    let mut world = waiting(Category::C4);
    for wrong in [&[11, 12, 13, 14][..], &[13, 14, 11], &[13, 14], &[14, 13, 12, 11], &[]] {
        assert_eq!(world.refuse(&migration(), with_slaps(wrong)), Denied::SlapOrder);
    }
    assert_eq!(world.refuse(&migration(), with_slaps(&[13, 14, 15])), Denied::BothThumbs);
    world.give(&migration(), with_slaps(&[13, 14, 11, 12]));
    let mut rules = RuleSet::decree_246();
    rules.open_points.slap_sequence.both_thumbs = true;
    let mut world = World::under(rules);
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.give(&migration(), with_slaps(&[13, 14, 15]));
}

// Proves R-045.
#[test]
fn an_ink_card_is_no_source_of_a_verification() {
    let mut world = waiting(Category::C4);
    let paper = with(|command| {
        if let Command::StartVerification { ink, .. } = command {
            *ink = true;
        }
    });
    assert_eq!(world.refuse(&migration(), paper), Denied::ScannerOnly);
}

// Proves.
#[test]
fn a_match_is_stored_with_all_it_rests_on_and_the_documents_go_on() {
    for category in [Category::C1, Category::C4] {
        let mut world = waiting(category);
        world.compare("case");
        let subject = Some(id("subject-person"));
        let asked = |e: &Effect| {
            let Effect::Compare { subject: asked, threshold: 480, .. } = e else { return false };
            *asked == subject
        };
        assert!(world.has_effect(asked));
        world.later(1);
        let verdict = world.compared("case", Some(480), &[2, 3, 7]);
        world.give(&system(Role::Engine), verdict);
        assert_eq!(world.state("case"), CaseState::Documenting);
        let stored = &world.case("case").verifications[0];
        assert_eq!(stored.result, Comparison::Match);
        assert_eq!(stored.reference, Reference::Database);
        assert_eq!((stored.score, stored.threshold), (480, 480));
        assert_eq!(stored.fingers, [2, 3, 7]);
        assert_eq!((stored.officer.as_str(), stored.at), ("migration-1", world.now));
        assert_eq!(stored.station, Some(text("station-7")));
    }
}

// Proves R-064.
#[test]
fn a_document_that_carries_prints_is_a_reference_too() {
    let by_document = |data: Option<Digest>| {
        with(|command| {
            if let Command::StartVerification { reference, document, .. } = command {
                (*reference, *document) = (Reference::Document, data.clone());
            }
        })
    };
    let mut world = waiting(Category::C4);
    assert_eq!(world.refuse(&migration(), by_document(None)), Denied::Digest);
    world.give(&migration(), by_document(Some(digest(11))));
    let data = Some(digest(11));
    let asked = |e: &Effect| {
        let Effect::Compare { subject: None, document, .. } = e else { return false };
        *document == data
    };
    assert!(world.has_effect(asked));
    let verdict = world.compared("case", Some(700), &TEN);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.case("case").verifications[0].reference, Reference::Document);
    assert_eq!(world.state("case"), CaseState::Documenting);
}

// Proves R-066.
#[test]
fn too_few_common_fingers_are_inconclusive_and_never_a_mismatch() {
    let mut world = waiting(Category::C4);
    for (score, state) in [(0, CaseState::Verify), (900, CaseState::Checks)] {
        world.compare("case");
        let verdict = world.compared("case", Some(score), &[2]);
        world.give(&system(Role::Engine), verdict);
        let last = world.case("case").verifications.last().unwrap();
        assert_eq!(last.result, Comparison::Inconclusive);
        assert_eq!(world.state("case"), state);
    }
}

// Proves R-073.
#[test]
fn a_pending_verification_is_neither_match_nor_mismatch() {
    let mut world = waiting(Category::C4);
    world.compare("case");
    let unreachable = world.compared("case", None, &[]);
    world.give(&system(Role::Engine), unreachable);
    assert_eq!(world.state("case"), CaseState::VerificationPending);
    assert!(world.case("case").verifications.is_empty());
    let start = Command::StartDocumentation { case: id("case") };
    assert_eq!(world.refuse(&migration(), start).code(), "DOCUMENTATION_BLOCKED");
    let order = Command::OrderCapture { case: id("case") };
    assert_eq!(world.refuse(&migration(), order), Denied::AlreadyRegistered);
    // A second attempt makes the first question void.
    let first = world.compared("case", Some(900), &TEN);
    world.compare("case");
    assert_eq!(world.refuse(&system(Role::Engine), first), Denied::NoSuchQuestion);
}

// Proves R-096.
#[test]
fn a_mismatch_leads_to_check_measures_and_nothing_else() {
    let mut world = waiting(Category::C4);
    world.verify("case", 479);
    assert_eq!(world.state("case"), CaseState::Checks);
    let start = Command::StartDocumentation { case: id("case") };
    let state = "checks_126_128";
    assert_eq!(world.refuse(&migration(), start), Denied::DocumentationBlocked { state });
    let order = Command::OrderCapture { case: id("case") };
    assert_eq!(world.refuse(&migration(), order), Denied::AlreadyRegistered);
    assert_eq!(world.refuse(&migration(), comparison("case")), Denied::WrongState { state });
    let owed = world.owed(&Matter::Case(id("case")));
    assert_eq!(owed, [("T-CHECKS", &ObligationStatus::Open)]);
}

// Proves R-097.
#[test]
fn a_conclusion_needs_every_measure_and_is_stored_with_its_author() {
    let measure = |measure| Command::RecordMeasure { case: id("case"), measure };
    let conclude = |conclusion, damage| Command::Conclude { case: id("case"), conclusion, damage };
    let same = || conclude(Conclusion::SamePersonDamaged, Some(Damage::Scar));
    let mut world = waiting(Category::C4);
    world.verify("case", 100);
    assert_eq!(world.refuse(&forensic(1), same()), Denied::MeasuresMissing);
    let repeat = measure(Measure::CaptureByAnotherOfficer);
    assert_eq!(world.refuse(&migration(), repeat.clone()), Denied::SameOfficer);
    world.give(&second_migration(), repeat);
    world.give(&migration(), measure(Measure::Search));
    assert_eq!(world.refuse(&forensic(1), same()), Denied::MeasuresMissing);
    world.give(&forensic(1), measure(Measure::Examination));
    let bare = conclude(Conclusion::SamePersonDamaged, None);
    assert_eq!(world.refuse(&forensic(1), bare), Denied::NoGround);
    assert_eq!(world.refuse(&migration(), same()), Denied::RoleNotAllowed);
    world.give(&forensic(1), same());
    let (conclusion, author, at) = world.case("case").conclusion.clone().unwrap();
    assert_eq!(conclusion, Conclusion::SamePersonDamaged);
    assert_eq!((author.as_str(), at), ("forensic-1", world.now));
}

// Proves R-100.
#[test]
fn another_person_or_an_open_result_is_escalated_and_nothing_is_altered() {
    for conclusion in [Conclusion::DifferentPerson, Conclusion::Undetermined] {
        let mut world = waiting(Category::C4);
        let before = world.person("person").clone();
        world.verify("case", 100);
        world.conclude("case", conclusion);
        assert_eq!(world.state("case"), CaseState::Escalated);
        assert_eq!(world.person("person"), &before);
        let order = Command::OrderCapture { case: id("case") };
        assert_eq!(world.refuse(&migration(), order), Denied::AlreadyRegistered);
        let start = Command::StartDocumentation { case: id("case") };
        assert_eq!(world.refuse(&migration(), start).code(), "DOCUMENTATION_BLOCKED");
    }
}

#[test]
fn document_and_database_that_disagree_are_a_mismatch() {
    let mut world = waiting(Category::C4);
    world.compare("case");
    // Too few fingers first, then a mismatch, and no later match mends it.
    let verdict = world.compared("case", Some(0), &TEN);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("case"), CaseState::Checks);
}
