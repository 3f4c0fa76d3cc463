//! What an enrollment answers, one rule at a time.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use node::{EnrollOutcome, Node, NodeError};
use search::{Options, Probe, Silent};
use support::*;
use vocabulary::FingerStatus;

fn print(person: &str, finger: u8, impression: &str, seed: u64) -> node::Enrollment {
    enrollment(key(person, finger, impression), template(seed, 0), seed, 5_000)
}

fn enroll(node: &Node, print: node::Enrollment) -> EnrollOutcome {
    node.enroll(vec![print]).unwrap()[0]
}

#[test]
fn a_key_takes_one_file_and_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    // Also when both come in one call.
    let both = vec![print("a", 2, "1", 10), print("a", 2, "1", 11), print("a", 2, "1", 10)];
    let outcomes = node.enroll(both).unwrap();
    use EnrollOutcome::{AlreadyEnrolled, Conflict, Enrolled};
    assert_eq!(outcomes, [Enrolled, Conflict, AlreadyEnrolled]);
    assert_eq!(enroll(&node, print("a", 2, "1", 10)), AlreadyEnrolled);
    assert_eq!(enroll(&node, print("a", 2, "1", 11)), Conflict);
    assert_eq!(node.image(&key("a", 2, "1")).unwrap().unwrap().bytes, noise(10, 5_000));
    assert_eq!(node.stats().unwrap().references, 1);
}

#[test]
fn a_missing_finger_is_there_again_once_it_is_enrolled() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    node.declare_finger(&subject("a"), position(2), FingerStatus::UnableToPrint).unwrap();
    assert_eq!(node.stats().unwrap().declarations, 1);
    assert_eq!(enroll(&node, print("a", 2, "1", 10)), EnrollOutcome::Enrolled);
    assert!(node.subject(&subject("a")).unwrap().unwrap().absent.is_empty());
    assert_eq!(node.stats().unwrap().declarations, 0);
}

#[test]
fn an_amputated_finger_takes_no_print_and_a_printed_one_is_not_declared_absent() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    let declare = |code, status| node.declare_finger(&subject("a"), position(code), status);
    declare(2, FingerStatus::Amputated).unwrap();
    let absent = EnrollOutcome::FingerAbsent(FingerStatus::Amputated);
    assert_eq!(enroll(&node, print("a", 2, "1", 10)), absent);
    assert_eq!(enroll(&node, print("a", 3, "1", 11)), EnrollOutcome::Enrolled);
    let refused = declare(3, FingerStatus::Amputated).unwrap_err();
    assert!(matches!(refused, NodeError::FingerEnrolled { .. }));
    declare(2, FingerStatus::Present).unwrap();
    assert_eq!(enroll(&node, print("a", 2, "1", 10)), EnrollOutcome::Enrolled);
}

#[test]
fn a_template_is_kept_under_the_finger_of_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll(&node, print("a", 7, "1", 10));
    let reference = node.reference(&key("a", 7, "1")).unwrap().unwrap();
    assert_eq!(reference.template.header().position, position(7));
    assert_eq!(node.stats().unwrap().positions, [(position(7), 1)].into());
}

#[test]
fn a_new_impression_of_a_person_counts_in_the_next_search() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll(&node, print("a", 2, "1", 10));
    enroll(&node, print("b", 2, "1", 11));
    let search = |finger| {
        let probe = Probe::single(template(finger, 1));
        node.identify(&probe, &Options::default(), &Silent).unwrap()
    };
    // Reads and keeps the templates of `a`.
    search(10);
    let before = search(12).candidates;
    enroll(&node, print("a", 2, "2", 12));
    let after = search(12).candidates;
    assert_eq!(after.rank_of(&subject("a")), Some(1));
    let similarity = |list: &vocabulary::CandidateList| {
        list.as_slice().iter().find(|c| c.subject == subject("a")).map(|c| c.similarity)
    };
    assert!(similarity(&after) > similarity(&before));
}
