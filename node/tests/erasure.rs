//! What is erased is gone: from answers, from memory and from every file.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use node::{EnrollOutcome, Node};
use search::{Options, Probe, Silent};
use std::path::Path;
use support::*;

fn enroll_people(node: &Node, people: u64) {
    // Several calls with images large enough that persons share blob files.
    for batch in 0..people / 5 {
        let enrollments = (batch * 5..batch * 5 + 5)
            .map(|n| enrollment(key(&format!("p{n:03}"), 2, "1"), template(n, 0), n, 20_000));
        let outcomes = node.enroll(enrollments.collect()).unwrap();
        assert!(outcomes.iter().all(|outcome| *outcome == EnrollOutcome::Enrolled));
    }
}

#[test]
fn an_erased_subject_is_in_no_file_and_the_others_are_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 40);
    let needle = noise(17, 20_000)[9_000..9_064].to_vec();
    let packed = files_with(dir.path(), &needle);
    assert_eq!(packed.len(), 1, "the image lies in the log and nowhere else: {packed:?}");

    let receipt = node.erase(&subject("p017")).unwrap();
    assert_eq!((receipt.references, receipt.images), (1, 1));
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
    assert!(node.subject(&subject("p017")).unwrap().is_none());
    for n in (0..40).filter(|n| *n != 17) {
        let image = node.image(&key(&format!("p{n:03}"), 2, "1")).unwrap().unwrap();
        assert_eq!(image.bytes, noise(n, 20_000));
    }
    // The id itself may stay in the list of files until that is written anew.
    let with_id = files_with(dir.path(), b"p017");
    assert!(with_id.iter().all(|file| file.contains("MANIFEST")), "{with_id:?}");
    drop(node);
    drop(open(dir.path()).unwrap());
    assert_eq!(files_with(dir.path(), b"p017"), [""; 0]);
}

#[test]
fn an_image_deep_in_a_shared_blob_file_is_taken_out_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 40);
    // The first erasure flushes all images into blob files; more people then come on top.
    node.erase(&subject("p000")).unwrap();
    for n in 100..110 {
        let enrolled = enrollment(key(&format!("p{n:03}"), 2, "1"), template(n, 0), n, 20_000);
        node.enroll(vec![enrolled]).unwrap();
    }
    let needle = noise(31, 20_000)[5_000..5_064].to_vec();
    let holding = files_with(dir.path(), &needle);
    assert!(holding.len() == 1 && holding[0].ends_with(".blob"), "{holding:?}");

    let receipt = node.erase(&subject("p031")).unwrap();
    assert!(receipt.files_rewritten >= 1);
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
    let stats = node.stats().unwrap();
    assert_eq!((stats.persons, stats.references, stats.images), (48, 48, 48));
}

#[test]
fn an_erased_subject_never_appears_in_a_candidate_list() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 20);
    let probe = Probe::single(template(5, 1));
    let search = || node.identify(&probe, &Options::default(), &Silent).unwrap();
    assert_eq!(search().candidates.rank_of(&subject("p005")), Some(1));
    node.erase(&subject("p005")).unwrap();
    assert_eq!(search().candidates.rank_of(&subject("p005")), None);
    assert_eq!(search().coverage.references, 19);
}

#[test]
fn a_subject_that_is_not_there_is_nothing_to_erase() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 5);
    assert!(!node.erase(&subject("p0")).unwrap().found());
    assert_eq!(node.stats().unwrap().persons, 5);
}

#[test]
fn an_erased_subject_may_be_enrolled_again_with_another_print() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 5);
    node.erase(&subject("p001")).unwrap();
    let again = enrollment(key("p001", 2, "1"), template(900, 0), 900, 20_000);
    assert_eq!(node.enroll(vec![again]).unwrap(), [EnrollOutcome::Enrolled]);
    drop(node);
    let node = open(dir.path()).unwrap();
    assert_eq!(node.image(&key("p001", 2, "1")).unwrap().unwrap().bytes, noise(900, 20_000));
}

/// Begins to erase a person whose image shares a blob file, and fails before that is rewritten: a
/// folder that is named like a blob file cannot be looked through.
fn fail_to_erase(node: &Node, dir: &Path, person: &str) {
    // The first erasure flushes all images into blob files.
    node.erase(&subject("p000")).unwrap();
    let obstacle = dir.join("partition-0000/900000.blob");
    std::fs::create_dir(&obstacle).unwrap();
    assert!(node.erase(&subject(person)).is_err());
    std::fs::remove_dir(&obstacle).unwrap();
}

/// Blob files as a process leaves them that is killed while it writes: copies of the person's, cut
/// anywhere before the end of the footer of 32 bytes, or with zeros for its end after a power
/// failure. One number is below the database's next, one above.
#[test]
fn what_a_killed_process_left_of_a_blob_file_hinders_no_erasure() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 10);
    node.erase(&subject("p000")).unwrap();
    let needle = noise(1, 20_000)[9_000..9_064].to_vec();
    let holding = files_with(dir.path(), &needle);
    assert_eq!(holding.len(), 1, "{holding:?}");
    drop(node);
    let whole = std::fs::read(dir.path().join(&holding[0])).unwrap();
    let cuts = [0, 20, 30, 55, 25_000, whole.len() - 50, whole.len() - 32, whole.len() - 1];
    let leftover = |number: usize| dir.path().join(format!("partition-0000/{number:06}.blob"));
    for (number, cut) in cuts.into_iter().enumerate() {
        std::fs::write(leftover(1 + 90_000 * (number % 2) + number), &whole[..cut]).unwrap();
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        std::fs::write(leftover(20 + 90_000 * (number % 2) + number), torn).unwrap();
    }
    let node = open(dir.path()).unwrap();
    node.erase(&subject("p001")).unwrap();
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
    for n in 2..10 {
        let image = node.image(&key(&format!("p{n:03}"), 2, "1")).unwrap().unwrap();
        assert_eq!(image.bytes, noise(n, 20_000));
    }
}

#[test]
fn an_erasure_that_failed_is_finished_when_it_is_asked_for_again() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 5);
    let needle = noise(1, 20_000)[9_000..9_064].to_vec();
    fail_to_erase(&node, dir.path(), "p001");
    assert!(node.subject(&subject("p001")).unwrap().is_none());
    assert_ne!(files_with(dir.path(), &needle), [""; 0]);
    node.erase(&subject("p001")).unwrap();
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
}

#[test]
fn a_person_enrolled_again_after_an_erasure_that_failed_keeps_the_new_prints() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 5);
    let needle = noise(1, 20_000)[9_000..9_064].to_vec();
    fail_to_erase(&node, dir.path(), "p001");
    let again = enrollment(key("p001", 2, "1"), template(900, 0), 900, 20_000);
    assert_eq!(node.enroll(vec![again]).unwrap(), [EnrollOutcome::Enrolled]);
    node.erase(&subject("p004")).unwrap();
    drop(node);
    let node = open(dir.path()).unwrap();
    assert_eq!(node.image(&key("p001", 2, "1")).unwrap().unwrap().bytes, noise(900, 20_000));
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
}

#[test]
fn what_an_erasure_would_remove_is_what_it_removes() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    enroll_people(&node, 5);
    let absent = vocabulary::FingerStatus::UnableToPrint;
    node.declare_finger(&subject("p002"), position(9), absent).unwrap();
    node.declare_finger(&subject("declared"), position(9), absent).unwrap();
    for person in ["p002", "declared", "nobody"] {
        let would = node.erasable(&subject(person)).unwrap();
        let mut did = node.erase(&subject(person)).unwrap();
        did.files_rewritten = 0;
        assert_eq!(would, did, "{person}");
        assert_eq!(would.found(), person != "nobody");
    }
    let stats = node.stats().unwrap();
    assert_eq!((stats.persons, stats.references, stats.declarations), (4, 4, 0));
}
