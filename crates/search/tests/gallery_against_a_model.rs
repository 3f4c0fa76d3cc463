//! The gallery behaves like a map from keys to records, whatever is added and removed.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod world;

use matching::{PackedRecord, Parameters, descriptor};
use proptest::prelude::*;
use search::{Gallery, GalleryError, Options, PositionRule, shortlist};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::{ImpressionKey, ImpressionLabel, SubjectId};
use world::{World, key, print, probe, subject};

#[derive(Debug, Clone)]
enum Change {
    Append(u64, u8, u64),
    Remove(u64, u8, u64),
    RemoveSubject(u64),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = || (0u64..6, prop::sample::select(vec![0u8, 1, 2, 11]), 0u64..3);
    let change = prop_oneof![
        6 => place().prop_map(|(s, p, i)| Change::Append(s, p, i)),
        4 => place().prop_map(|(s, p, i)| Change::Remove(s, p, i)),
        1 => (0u64..6).prop_map(Change::RemoveSubject),
    ];
    prop::collection::vec(change, 0..120)
}

/// A record that tells which key it was stored under.
fn marked(key: &ImpressionKey) -> PackedRecord {
    let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
    let mark = |text: &str| text.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31) + u32::from(b));
    record.words[0][0] = mark(key.subject.as_str());
    record.words[1][0] = mark(key.impression.as_str());
    record.words[2][0] = u32::from(key.position.code());
    record.norms[0] = 1;
    record
}

fn held(gallery: &Gallery, subject: &SubjectId) -> BTreeSet<(u8, ImpressionLabel)> {
    gallery.references_of(subject).map(|(p, label)| (p.code(), label)).collect()
}

proptest! {
    #[test]
    fn a_gallery_is_a_map_of_keys(changes in changes()) {
        let mut gallery = Gallery::new(&Parameters::default());
        let mut model: BTreeMap<ImpressionKey, PackedRecord> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Append(s, p, i) => {
                    let key = key(s, p, i);
                    let taken = model.contains_key(&key);
                    let result = gallery.append(&key, &marked(&key));
                    let expected =
                        if taken { Err(GalleryError::AlreadyPresent(key.clone())) } else { Ok(()) };
                    prop_assert_eq!(result, expected);
                    model.insert(key.clone(), marked(&key));
                }
                Change::Remove(s, p, i) => {
                    let key = key(s, p, i);
                    prop_assert_eq!(gallery.remove(&key), model.remove(&key).is_some());
                }
                Change::RemoveSubject(s) => {
                    let before = model.len();
                    model.retain(|key, _| key.subject != subject(s));
                    prop_assert_eq!(gallery.remove_subject(&subject(s)), before - model.len());
                }
            }
            let persons: BTreeSet<_> = model.keys().map(|key| &key.subject).collect();
            prop_assert_eq!(gallery.references(), model.len());
            prop_assert_eq!(gallery.persons(), persons.len());
            for person in 0..6 {
                let expected: BTreeSet<_> = model
                    .keys()
                    .filter(|key| key.subject == subject(person))
                    .map(|key| (key.position.code(), key.impression.clone()))
                    .collect();
                prop_assert_eq!(held(&gallery, &subject(person)), expected);
            }
        }
        for key in model.keys() {
            prop_assert!(gallery.contains(key));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// After any changes every record still scores for its own person: nothing was mixed up.
    #[test]
    fn every_record_keeps_its_owner(changes in changes(), seed in 0u64..1000) {
        let world = World::new();
        let mut gallery = Gallery::new(&world.parameters);
        let mut left: BTreeSet<ImpressionKey> = BTreeSet::new();
        let record = |key: &ImpressionKey| {
            let person: u64 = key.subject.as_str()[7..].parse().unwrap();
            let template = print(seed + person, key.position.code(), 0);
            descriptor::pack(&template, &world.parameters)
        };
        for change in changes.into_iter().take(40) {
            match change {
                Change::Append(s, p, i) => {
                    let key = key(s, p, i);
                    if gallery.append(&key, &record(&key)).is_ok() {
                        left.insert(key);
                    }
                }
                Change::Remove(s, p, i) => {
                    gallery.remove(&key(s, p, i));
                    left.remove(&key(s, p, i));
                }
                Change::RemoveSubject(s) => {
                    gallery.remove_subject(&subject(s));
                    left.retain(|key| key.subject != subject(s));
                }
            }
        }
        let options = Options { positions: PositionRule::Any, ..Options::default() };
        for key in &left {
            let person: u64 = key.subject.as_str()[7..].parse().unwrap();
            let template = print(seed + person, key.position.code(), 0);
            let probe = search::Probe::single(template);
            let lists = shortlist(&[probe], &gallery, &world.engine(), &options, &search::Silent);
            let lists = lists.unwrap();
            let best = &lists[0].entries()[0];
            prop_assert_eq!(&best.subject, &key.subject);
        }
    }
}

#[test]
fn the_plain_thumb_is_searched_with_the_thumb() {
    let world = World::new();
    let mut gallery = Gallery::new(&world.parameters);
    let record = descriptor::pack(&print(1, 1, 0), &world.parameters);
    gallery.append(&key(1, 11, 0), &record).unwrap();
    let probes = [probe(1, &[1]), probe(1, &[6])];
    let lists = shortlist(&probes, &gallery, &world.engine(), &Options::default(), &search::Silent);
    let found: Vec<_> = lists.unwrap().iter().map(|list| list.entries().len()).collect();
    assert_eq!(found, [1, 0]);
}

#[test]
fn records_of_another_descriptor_or_shape_are_refused() {
    let mut gallery = Gallery::new(&Parameters::default());
    let other = PackedRecord { descriptor_version: 99, ..PackedRecord::EMPTY };
    let refused = gallery.append(&key(1, 2, 0), &other);
    assert_eq!(refused, Err(GalleryError::DescriptorVersion(key(1, 2, 0))));
    let mut malformed = PackedRecord::EMPTY;
    malformed.norms[3] = 1;
    let refused = gallery.append(&key(1, 2, 0), &malformed);
    assert_eq!(refused, Err(GalleryError::Malformed(key(1, 2, 0))));
    assert_eq!((gallery.references(), gallery.persons()), (0, 0));
}

#[test]
fn a_finger_takes_at_most_1200_bytes() {
    let mut gallery = Gallery::new(&Parameters::default());
    for person in 0..20_000 {
        let key = key(person, 2, 0);
        gallery.append(&key, &marked(&key)).unwrap();
    }
    // The room left in the last segment of a finger is not what a finger costs.
    let unfilled = (5 * 4096 - 20_000) * size_of::<PackedRecord>();
    let per_finger = (gallery.resident_bytes() - unfilled) / gallery.references();
    println!("{per_finger} bytes per finger");
    assert!(per_finger <= 1200, "{per_finger} bytes");
}
