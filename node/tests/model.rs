//! A node against a map in memory: whatever is asked of both, in whatever order, with the folder
//! closed and opened in between, they hold the same.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use node::{EnrollOutcome, Node, NodeError};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use support::*;
use vocabulary::{FingerStatus, ImpressionKey};

/// Image sizes on both sides of the limit from which values go to blob files.
const IMAGE_BYTES: [usize; 3] = [100, 5_000, 40_000];

#[derive(Debug, Clone)]
enum Step {
    /// Several in one call: person, finger, impression, content.
    Enroll(Vec<(u8, u8, u8, u8)>),
    Declare(u8, u8, FingerStatus),
    Erase(u8),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let print = (0u8..4, 1u8..3, 0u8..2, 0u8..3);
    let status = prop_oneof![
        Just(FingerStatus::Present),
        Just(FingerStatus::Amputated),
        Just(FingerStatus::UnableToPrint),
    ];
    let step = prop_oneof![
        6 => prop::collection::vec(print, 1..5).prop_map(Step::Enroll),
        4 => (0u8..4, 1u8..3, status).prop_map(|(p, f, s)| Step::Declare(p, f, s)),
        1 => (0u8..4).prop_map(Step::Erase),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..16)
}

fn person(number: u8) -> String {
    // One name is the start of another, and one sorts behind it only by a sign.
    ["a", "a.b", "a-", "b"][usize::from(number)].to_owned()
}

fn print_key(person_number: u8, finger: u8, impression: u8) -> ImpressionKey {
    key(&person(person_number), finger, &impression.to_string())
}

#[derive(Default)]
struct Model {
    /// Content by key.
    prints: BTreeMap<ImpressionKey, u8>,
    absent: BTreeMap<(String, u8), FingerStatus>,
}

impl Model {
    fn enroll(&mut self, key: ImpressionKey, content: u8) -> EnrollOutcome {
        let finger = (key.subject.to_string(), key.position.code());
        match self.prints.get(&key) {
            Some(known) if *known == content => EnrollOutcome::AlreadyEnrolled,
            Some(_) => EnrollOutcome::Conflict,
            None if self.absent.get(&finger) == Some(&FingerStatus::Amputated) => {
                EnrollOutcome::FingerAbsent(FingerStatus::Amputated)
            }
            None => {
                self.absent.remove(&finger);
                self.prints.insert(key, content);
                EnrollOutcome::Enrolled
            }
        }
    }

    /// Whether the finger may be declared so.
    fn declare(&mut self, person: &str, finger: u8, status: FingerStatus) -> bool {
        if status == FingerStatus::Present {
            self.absent.remove(&(person.to_owned(), finger));
            return true;
        }
        let enrolled =
            |key: &ImpressionKey| key.subject.as_str() == person && key.position.code() == finger;
        if self.prints.keys().any(enrolled) {
            return false;
        }
        self.absent.insert((person.to_owned(), finger), status);
        true
    }

    fn erase(&mut self, person: &str) -> (u64, u64) {
        let before = (self.prints.len(), self.absent.len());
        self.prints.retain(|key, _| key.subject.as_str() != person);
        self.absent.retain(|(name, _), _| name != person);
        ((before.0 - self.prints.len()) as u64, (before.1 - self.absent.len()) as u64)
    }

    fn persons(&self) -> BTreeSet<String> {
        let enrolled = self.prints.keys().map(|key| key.subject.to_string());
        enrolled.chain(self.absent.keys().map(|(name, _)| name.clone())).collect()
    }
}

fn print_of(key: ImpressionKey, content: u8) -> node::Enrollment {
    // The same content is another image under another key, so that a mix-up shows.
    let seed = u64::from(content) << 32
        | u64::from(key.position.code()) << 16
        | key.to_string().bytes().map(u64::from).sum::<u64>();
    let template = template(seed % 97, u64::from(content));
    enrollment(key, template, seed, IMAGE_BYTES[usize::from(content)])
}

fn apply(node: &mut Option<Node>, model: &mut Model, step: Step, dir: &std::path::Path) {
    let open_node = node.as_ref().unwrap();
    match step {
        Step::Enroll(prints) => {
            let keys = prints.iter().map(|(p, f, i, content)| (print_key(*p, *f, *i), *content));
            let enrollments = keys.clone().map(|(key, content)| print_of(key, content)).collect();
            let expected: Vec<_> = keys.map(|(key, content)| model.enroll(key, content)).collect();
            assert_eq!(open_node.enroll(enrollments).unwrap(), expected);
        }
        Step::Declare(p, finger, status) => {
            let allowed = model.declare(&person(p), finger, status);
            let answer = open_node.declare_finger(&subject(&person(p)), position(finger), status);
            match answer {
                Ok(()) => assert!(allowed),
                Err(NodeError::FingerEnrolled { .. }) => assert!(!allowed),
                Err(error) => panic!("{error}"),
            }
        }
        Step::Erase(p) => {
            let receipt = open_node.erase(&subject(&person(p))).unwrap();
            assert_eq!((receipt.references, receipt.declarations), model.erase(&person(p)));
        }
        Step::Reopen => {
            drop(node.take());
            *node = Some(open(dir).unwrap());
        }
    }
}

fn compare(node: &Node, model: &Model) {
    let subjects = node.subjects().unwrap();
    let names: Vec<&str> = subjects.iter().map(|subject| subject.as_str()).collect();
    assert_eq!(names, model.persons().iter().map(String::as_str).collect::<Vec<_>>());
    let mut found = BTreeMap::new();
    for subject in &subjects {
        for reference in node.references(subject).unwrap() {
            let content = model.prints[&reference.key];
            let expected = print_of(reference.key.clone(), content);
            let impression = expected.template.header().impression;
            let labeled = expected.template.relabeled(reference.key.position, impression);
            assert!(reference.template == labeled && reference.digest == expected.digest);
            assert!(node.image(&reference.key).unwrap() == expected.image);
            found.insert(reference.key, content);
        }
        let absent = node.subject(subject).unwrap().unwrap().absent;
        let absent =
            absent.into_iter().map(|(p, status)| ((subject.to_string(), p.code()), status));
        let expected = model.absent.iter().filter(|((name, _), _)| name == subject.as_str());
        assert!(absent.eq(expected.map(|(finger, status)| (finger.clone(), *status))));
    }
    assert_eq!(found, model.prints);
    let stats = node.stats().unwrap();
    assert_eq!(stats.persons, model.persons().len() as u64);
    assert_eq!((stats.references, stats.images), (found.len() as u64, found.len() as u64));
    assert_eq!(stats.declarations, model.absent.len() as u64);
    assert_eq!(stats.positions.values().sum::<u64>(), stats.references);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_node_holds_what_a_map_would_hold(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let mut node = Some(open(dir.path()).unwrap());
        let mut model = Model::default();
        for step in steps {
            apply(&mut node, &mut model, step, dir.path());
            compare(node.as_ref().unwrap(), &model);
        }
        drop(node);
        compare(&open(dir.path()).unwrap(), &model);
    }
}
