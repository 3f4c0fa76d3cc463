//! Folders that cannot be used say what is wrong and what to do, and nothing damaged is answered
//! from.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use node::{Node, NodeError, OnDamage, RecordFault};
use rocksdb::{DB, Options as RocksOptions};
use search::{Options, Probe, Silent};
use std::fs;
use std::path::{Path, PathBuf};
use support::*;
use vocabulary::ExtractorVersion;

const FAMILIES: [&str; 5] = ["default", "references", "images", "persons", "metadata"];

fn folder_of(people: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    let enrollments =
        (0..people).map(|n| enrollment(key(&format!("p{n}"), 2, "1"), template(n, 0), n, 9_000));
    node.enroll(enrollments.collect()).unwrap();
    dir
}

fn partition(dir: &Path) -> PathBuf {
    dir.join("partition-0000")
}

/// Changes the database behind the node's back.
fn meddle(dir: &Path, change: impl FnOnce(&DB)) {
    let mut options = RocksOptions::default();
    options.set_enable_blob_files(true);
    options.set_min_blob_size(4096);
    let families = FAMILIES.map(|name| (name, options.clone()));
    let db = DB::open_cf_with_opts(&options, partition(dir), families).unwrap();
    change(&db);
    db.flush().unwrap();
}

/// Writes all memory tables to files and closes the database.
fn flush(dir: &Path) {
    meddle(dir, |db| {
        for family in &FAMILIES {
            db.flush_cf(db.cf_handle(family).unwrap()).unwrap();
        }
    });
}

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(partition(dir)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|e| e == ending)).collect()
}

fn change_value(dir: &Path, family: &str, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
    meddle(dir, |db| {
        let family = db.cf_handle(family).unwrap();
        let mut value = db.get_cf(family, key).unwrap().unwrap();
        change(&mut value);
        db.put_cf(family, key, value).unwrap();
    });
}

#[test]
fn a_folder_in_use_is_refused_by_name() {
    let dir = folder_of(1);
    let _node = open(dir.path()).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, NodeError::Locked { .. }));
    assert!(error.to_string().contains(dir.path().to_str().unwrap()));
}

#[test]
fn a_damaged_reference_is_named_and_can_be_left_out_and_erased() {
    let dir = folder_of(4);
    change_value(dir.path(), "references", b"p2\0\x021", |value| value[100] ^= 1);
    let error = open(dir.path()).unwrap_err();
    assert!(
        matches!(&error, NodeError::DamagedReference { key, reason: RecordFault::Checksum, .. }
            if key == "p2/2/1"),
        "{error}"
    );

    let mut options = options();
    options.on_damage = OnDamage::LeaveOut;
    let node = Node::open(dir.path(), &options, |_| {}).unwrap();
    let damaged: Vec<String> = node.damaged().into_iter().map(|damaged| damaged.key).collect();
    assert_eq!(damaged, ["p2/2/1"]);
    let found = node.identify(&Probe::single(template(3, 1)), &Options::default(), &Silent);
    assert_eq!(found.unwrap().candidates.rank_of(&subject("p3")), Some(1));
    assert_eq!(node.erase(&subject("p2")).unwrap().references, 1);
    assert!(node.damaged().is_empty());
    drop(node);
    assert_eq!(open(dir.path()).unwrap().stats().unwrap().references, 3);
}

#[test]
fn a_person_whose_own_record_is_damaged_can_be_erased() {
    let dir = folder_of(3);
    change_value(dir.path(), "persons", b"p1\0", |value| value[2] ^= 1);
    let error = open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("erase its subject"), "{error}");

    let mut options = options();
    options.on_damage = OnDamage::LeaveOut;
    let node = Node::open(dir.path(), &options, |_| {}).unwrap();
    assert_eq!(node.damaged().len(), 1);
    assert_eq!(node.erasable(&subject("p1")).unwrap().references, 1);
    assert!(node.erase(&subject("p1")).unwrap().found());
    assert!(node.damaged().is_empty());
    drop(node);
    let stats = open(dir.path()).unwrap().stats().unwrap();
    assert_eq!((stats.persons, stats.references), (2, 2));
}

#[test]
fn a_reference_moved_under_another_key_is_noticed() {
    let dir = folder_of(2);
    meddle(dir.path(), |db| {
        let references = db.cf_handle("references").unwrap();
        let other = db.get_cf(references, b"p1\0\x021").unwrap().unwrap();
        db.put_cf(references, b"p0\0\x021", other).unwrap();
    });
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(&error, NodeError::DamagedReference { key, .. } if key == "p0/2/1"));
}

#[test]
fn a_lost_reference_is_noticed_by_its_persons_count() {
    let dir = folder_of(3);
    meddle(dir.path(), |db| {
        db.delete_cf(db.cf_handle("references").unwrap(), b"p1\0\x021").unwrap();
    });
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, NodeError::DamagedFiles { .. }), "{error}");
    assert!(error.to_string().contains("3 references were written, 2 are there"), "{error}");
}

#[test]
fn a_damaged_image_is_said_to_be_damaged_and_the_reference_still_serves() {
    let dir = folder_of(2);
    change_value(dir.path(), "images", b"p1\0\x021", |value| value[500] ^= 1);
    let node = open(dir.path()).unwrap();
    assert!(matches!(node.image(&key("p1", 2, "1")), Err(NodeError::DamagedImage { .. })));
    assert!(node.image(&key("p0", 2, "1")).unwrap().is_some());
    assert_eq!(node.references(&subject("p1")).unwrap().len(), 1);
}

#[test]
fn a_table_file_cut_short_is_refused() {
    let dir = folder_of(30);
    flush(dir.path());
    for file in files(dir.path(), "sst") {
        let length = fs::metadata(&file).unwrap().len();
        fs::File::options().write(true).open(&file).unwrap().set_len(length / 2).unwrap();
    }
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, NodeError::DamagedFiles { .. }), "{error}");
    assert!(error.to_string().contains("restore the folder from a backup"), "{error}");
}

#[test]
fn a_flipped_bit_in_a_table_file_is_refused() {
    let dir = folder_of(30);
    flush(dir.path());
    // The largest table holds the references; its first block is data.
    let file = files(dir.path(), "sst").into_iter().max_by_key(|f| fs::metadata(f).unwrap().len());
    let file = file.unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[2_000] ^= 0x10;
    fs::write(&file, bytes).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, NodeError::DamagedFiles { .. }), "{error}");
}

#[test]
fn a_blob_file_cut_short_costs_its_images_only() {
    let dir = folder_of(5);
    flush(dir.path());
    let blobs = files(dir.path(), "blob");
    assert_eq!(blobs.len(), 1);
    for file in &blobs {
        fs::File::options().write(true).open(file).unwrap().set_len(20_000).unwrap();
    }
    match open(dir.path()) {
        Err(error) => assert!(matches!(error, NodeError::DamagedFiles { .. }), "{error}"),
        Ok(node) => assert!(node.image(&key("p4", 2, "1")).is_err()),
    }
    // It is not taken for what a killed process left of its writing.
    assert_eq!(files(dir.path(), "blob"), blobs);
}

#[test]
fn a_database_without_its_head_is_not_taken_for_a_new_one() {
    let dir = folder_of(5);
    flush(dir.path());
    fs::remove_file(partition(dir.path()).join("CURRENT")).unwrap();
    let tables = files(dir.path(), "sst");
    for _ in 0..2 {
        let error = open(dir.path()).unwrap_err();
        assert!(error.to_string().contains("CURRENT is missing"), "{error}");
        assert_eq!(files(dir.path(), "sst"), tables);
        // Nor when the folder looks as if its creation had been cut short.
        let _ = fs::remove_file(dir.path().join("FORMAT"));
    }
}

#[test]
fn a_creation_cut_short_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    let node = open(dir.path()).unwrap();
    node.enroll(vec![enrollment(key("a", 1, "1"), template(1, 0), 1, 10)]).unwrap();
    drop(node);
    let node = Node::open(dir.path(), &options(), |_| {}).unwrap();
    assert_eq!(node.stats().unwrap().references, 1);
}

#[test]
fn templates_of_another_extractor_are_not_mixed_in() {
    let dir = folder_of(1);
    let mut newer = options();
    newer.extractor = ExtractorVersion(newer.extractor.0 + 1);
    let error = Node::open(dir.path(), &newer, |_| {}).unwrap_err();
    assert!(error.to_string().contains("enroll the prints again into a new folder"), "{error}");

    let other = tempfile::tempdir().unwrap();
    let node = Node::open(other.path(), &newer.creating(), |_| {}).unwrap();
    let enrolled = node.enroll(vec![enrollment(key("a", 1, "1"), template(1, 0), 1, 10)]);
    assert!(matches!(enrolled, Err(NodeError::TemplateVersion { .. })));
    assert_eq!(node.stats().unwrap().references, 0);
}

#[test]
fn other_parameters_are_refused_until_the_folder_is_packed_again() {
    let dir = folder_of(6);
    let mut other = options();
    other.parameters.packed.radius_px += 5.0;
    let error = Node::open(dir.path(), &other, |_| {}).unwrap_err();
    assert!(matches!(error, NodeError::OtherParameters { .. }), "{error}");

    other.repack = true;
    let node = Node::open(dir.path(), &other, |_| {}).unwrap();
    let found = node.identify(&Probe::single(template(3, 1)), &Options::default(), &Silent);
    assert_eq!(found.unwrap().candidates.rank_of(&subject("p3")), Some(1));
    drop(node);
    other.repack = false;
    assert!(Node::open(dir.path(), &other, |_| {}).is_ok());
    assert!(matches!(open(dir.path()), Err(NodeError::OtherParameters { .. })));
}

/// A value with its checksum made anew.
fn sealed(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&(key.len() as u32).to_le_bytes());
    crc.update(key);
    crc.update(&value);
    value.extend_from_slice(&crc.finalize().to_le_bytes());
    value
}

#[test]
fn records_of_another_length_are_refused_until_the_folder_is_packed_again() {
    let dir = folder_of(6);
    // As the first releases kept them: 1,200 bytes.
    for person in 0..6 {
        let key = format!("p{person}\0\x021");
        change_value(dir.path(), "references", key.as_bytes(), |value| {
            let size = size_of::<matching::PackedRecord>();
            assert_eq!(value[38..42], (size as u32).to_le_bytes());
            let old = [&1200u32.to_le_bytes()[..], &[1; 1200]].concat();
            value.splice(38..42 + size, old);
            value.truncate(value.len() - 4);
            *value = sealed(key.as_bytes(), std::mem::take(value));
        });
    }
    let error = open(dir.path()).unwrap_err();
    let length = |e: &NodeError| {
        matches!(e, NodeError::DamagedReference { reason: RecordFault::Length, .. })
    };
    assert!(length(&error), "{error}");

    change_value(dir.path(), "metadata", b"gallery", |value| {
        value[7] ^= 1;
        value.truncate(value.len() - 4);
        *value = sealed(b"gallery", std::mem::take(value));
    });
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, NodeError::OtherParameters { .. }), "{error}");
    assert!(error.to_string().contains("tanba stats --repack"), "{error}");

    let mut repacking = options();
    repacking.repack = true;
    drop(Node::open(dir.path(), &repacking, |_| {}).unwrap());
    let node = open(dir.path()).unwrap();
    let found = node.identify(&Probe::single(template(3, 1)), &Options::default(), &Silent);
    assert_eq!(found.unwrap().candidates.rank_of(&subject("p3")), Some(1));
}

#[test]
fn an_erasure_cut_short_is_finished_by_the_next_open() {
    let dir = folder_of(6);
    flush(dir.path());
    let needle = noise(3, 9_000)[4_000..4_064].to_vec();
    // As a process leaves it that is killed between the deletion and the rewriting of files.
    meddle(dir.path(), |db| {
        for family in ["references", "images"] {
            db.delete_cf(db.cf_handle(family).unwrap(), b"p3\0\x021").unwrap();
        }
        db.delete_cf(db.cf_handle("persons").unwrap(), b"p3\0").unwrap();
        db.put_cf(db.cf_handle("metadata").unwrap(), b"erasing/p3", b"").unwrap();
    });
    assert_eq!(files_with(dir.path(), &needle).len(), 1);
    let node = open(dir.path()).unwrap();
    assert_eq!(files_with(dir.path(), &needle), [""; 0]);
    assert_eq!(node.stats().unwrap().references, 5);
    drop(node);
    drop(open(dir.path()).unwrap());
    assert_eq!(files_with(dir.path(), b"erasing/p3"), [""; 0]);
}

#[test]
fn an_image_of_an_impossible_resolution_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    for ppi in [f32::NAN, f32::INFINITY, -500.0, 0.0, 0.5, 20_001.0] {
        let mut enrollment = enrollment(key("a", 1, "1"), template(1, 0), 1, 100);
        enrollment.image.as_mut().unwrap().ppi = ppi;
        assert!(matches!(node.enroll(vec![enrollment]), Err(NodeError::Resolution { .. })));
    }
    assert_eq!(node.stats().unwrap().references, 0);
}

#[test]
fn an_image_that_is_not_what_its_digest_says_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let node = open(dir.path()).unwrap();
    let mut enrollment = enrollment(key("a", 1, "1"), template(1, 0), 1, 100);
    enrollment.digest[0] ^= 1;
    assert!(matches!(node.enroll(vec![enrollment]), Err(NodeError::DigestMismatch { .. })));
    assert_eq!(node.stats().unwrap().references, 0);
}
