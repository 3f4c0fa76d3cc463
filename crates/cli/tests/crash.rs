//! `kill -9` at every moment: what was acknowledged is there with image and template, nothing is
//! there in part, and the same command finishes the work.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod prints;

use node::{Node, NodeOptions, Reference};
use prints::*;
use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const SUBJECTS: usize = 12;
const IMPRESSIONS: usize = 8;

/// What the test sees of a running process before it kills it.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// A file of this name is there, in the folder or its partition.
    FileIsThere(&'static str),
    /// So many files came into being in the partition, as on opening and recovery.
    NewFiles(usize),
    /// RocksDB's new log has at least so many bytes.
    LogBytes(u64),
    /// At least so many prints were acknowledged.
    Acknowledged(usize),
}

fn enroll(prints: &Path, data: &Path) -> std::process::Command {
    let mut command = tanba();
    command.arg("enroll").arg(prints).arg("--data").arg(data);
    command.args(["--ppi", "500", "--format", "json", "--quiet", "--sync-every", "2"]);
    command
}

/// Starts the process, waits for the moment and kills it; what it had acknowledged until then.
fn killed_at(moment: Moment, prints: &Path, data: &Path) -> Vec<(String, String)> {
    let old = partition_files(data);
    let mut child = enroll(prints, data).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = Vec::new();
    if let Moment::Acknowledged(count) = moment {
        let mut byte = [0];
        let stdout = child.stdout.as_mut().unwrap();
        while said.iter().filter(|b| **b == b'\n').count() < count
            && stdout.read(&mut byte).unwrap() == 1
        {
            said.push(byte[0]);
        }
    } else {
        while !reached(moment, data, &old) && !ended(&mut child) {
            std::thread::yield_now();
        }
    }
    child.kill().unwrap();
    child.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    let signal = child.wait().unwrap().signal();
    assert_eq!(signal, Some(9), "it ended before the moment came: {moment:?}");
    let said = String::from_utf8(said).unwrap();
    // A line cut in half was not acknowledged.
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let name = |event: serde_json::Value| {
        let text = |field: &str| event[field].as_str().unwrap().to_owned();
        (text("subject"), text("impression"))
    };
    events(whole, "enrolled").into_iter().map(name).collect()
}

fn ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

fn partition_files(data: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(data.join("partition-0000")).into_iter().flatten();
    entries.map_while(Result::ok).map(|entry| entry.path()).collect()
}

fn reached(moment: Moment, data: &Path, old: &BTreeSet<PathBuf>) -> bool {
    let is_log = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "log");
    let new: Vec<PathBuf> = partition_files(data).difference(old).cloned().collect();
    match moment {
        Moment::FileIsThere(name) => {
            data.join(name).exists() || data.join("partition-0000").join(name).exists()
        }
        Moment::NewFiles(count) => new.len() >= count,
        Moment::LogBytes(bytes) => {
            let logs = new.into_iter().filter(is_log);
            let sizes = logs.filter_map(|file| Some(std::fs::metadata(file).ok()?.len()));
            sizes.sum::<u64>() >= bytes
        }
        Moment::Acknowledged(_) => unreachable!("it is read from the standard output"),
    }
}

fn references(data: &Path) -> Option<Vec<(Reference, Vec<u8>)>> {
    let options = NodeOptions::new(extraction::EXTRACTOR_VERSION);
    let node = match Node::open(data, &options, |_| {}) {
        Ok(node) => node,
        // Killed before its creation was finished.
        Err(node::NodeError::NoGallery { .. }) => return None,
        Err(error) => panic!("after the kill the folder does not open: {error}"),
    };
    let mut all = Vec::new();
    for subject in node.subjects().unwrap() {
        let references = node.references(&subject).unwrap();
        let person = node.subject(&subject).unwrap().unwrap();
        assert_eq!(
            (person.references, person.images),
            (references.len() as u32, references.len() as u32)
        );
        for reference in references {
            let image =
                node.image(&reference.key).unwrap().expect("an enrolled print has its image");
            all.push((reference, image.bytes));
        }
    }
    assert_eq!(node.stats().unwrap().references, all.len() as u64);
    Some(all)
}

/// Everything in the folder is whole; which prints are there.
fn check_whole(prints: &Path, data: &Path) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (reference, image) in references(data).unwrap_or_default() {
        let key = reference.key;
        let (subject, impression) = (key.subject.to_string(), key.impression.to_string());
        let file = prints.join(format!("{subject}_{impression}.pgm"));
        assert_eq!(image, std::fs::read(file).unwrap(), "{key}");
        assert!(!reference.template.minutiae().is_empty(), "{key}");
        found.insert((subject, impression));
    }
    found
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_enrolled_when_killed_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (prints, data) = (dir.path().join("prints"), dir.path().join("gallery"));
    folder_of_prints(&prints, SUBJECTS, IMPRESSIONS);
    let image_bytes = print(0).len() as u64;
    let creating = ["LOCK", "IDENTITY", "CURRENT", "FORMAT"];
    let mut moments: Vec<Moment> = creating.map(Moment::FileIsThere).to_vec();
    // In the midst of a batch, at its start, and just before its end.
    for part in [1, 40, 99, 150, 199, 260] {
        moments.push(Moment::LogBytes(image_bytes * part / 100));
        moments.push(Moment::NewFiles(part as usize % 3 + 1));
    }
    moments.extend([1, 2, 3, 5].map(Moment::Acknowledged));
    moments.extend([30, 120, 180, 201].map(|part| Moment::LogBytes(image_bytes * part / 100)));
    let mut acknowledged = BTreeSet::new();
    for moment in moments {
        acknowledged.extend(killed_at(moment, &prints, &data));
        let found = check_whole(&prints, &data);
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "killed at {moment:?}: acknowledged and lost: {lost:?}");
    }
    assert!(!acknowledged.is_empty(), "no kill came after an acknowledgment");

    let (code, stdout, stderr) = said(&enroll(&prints, &data).output().unwrap());
    assert_eq!(code, 0, "{stderr}");
    let summary = &events(&stdout, "summary")[0];
    let done = summary["enrolled"].as_u64().unwrap() + summary["skipped"].as_u64().unwrap();
    assert_eq!(done as usize, SUBJECTS * IMPRESSIONS);
    assert_eq!(check_whole(&prints, &data).len(), SUBJECTS * IMPRESSIONS);
}

#[test]
fn a_person_is_wholly_there_or_wholly_gone_when_an_erasure_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let (prints, data) = (dir.path().join("prints"), dir.path().join("gallery"));
    folder_of_prints(&prints, SUBJECTS, 2);
    assert!(enroll(&prints, &data).status().unwrap().success());
    let mut all = check_whole(&prints, &data);
    for number in 0..SUBJECTS {
        let subject = format!("s{number:02}");
        let mut erase = tanba();
        erase.args(["erase", &subject, "--yes", "--quiet", "--data"]).arg(&data);
        let mut child = erase.stdout(Stdio::null()).spawn().unwrap();
        // Later and later: an erasure writes to the log, then makes new files.
        let files = || std::fs::read_dir(data.join("partition-0000")).unwrap().count();
        let (mut changes, mut last) = (0, files());
        while changes < number && !ended(&mut child) {
            let now = files();
            changes += usize::from(now != last);
            last = now;
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = check_whole(&prints, &data);
        let there = found.iter().filter(|(name, _)| *name == subject).count();
        assert!(there == 0 || there == 2, "{there} of 2 references are left");
        all.retain(|(name, _)| *name != subject || there == 2);
        assert_eq!(found, all, "another person was touched");
        if there == 0 {
            let bytes = std::fs::read(prints.join(format!("{subject}_0.pgm"))).unwrap();
            assert!(!anywhere(&data, &bytes[20_000..20_064]), "its image is still in a file");
        }
    }
}

/// Whether any file below a folder holds the bytes.
fn anywhere(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            anywhere(&path, needle)
        } else {
            std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
        }
    })
}
