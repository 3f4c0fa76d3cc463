//! The storage commands as a person meets them: enroll, import, export, stats and erase.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod prints;

use node::{Node, NodeOptions};
use prints::*;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with prints, and where the gallery goes.
struct Place {
    _dir: tempfile::TempDir,
    prints: PathBuf,
    data: PathBuf,
}

impl Place {
    fn new(subjects: usize, impressions: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (prints, data) = (dir.path().join("prints"), dir.path().join("gallery"));
        folder_of_prints(&prints, subjects, impressions);
        Self { _dir: dir, prints, data }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.prints.join(name)
    }

    /// Runs a command on the gallery.
    fn tanba(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = tanba().args(arguments).arg("--data").arg(&self.data).output().unwrap();
        said(&output)
    }

    fn enroll(&self, arguments: &[&str]) -> (i32, String, String) {
        let prints = self.prints.to_str().unwrap();
        self.tanba(&[&["enroll", prints, "--ppi", "500"], arguments].concat())
    }

    fn stats(&self) -> serde_json::Value {
        let (code, stdout, stderr) = self.tanba(&["stats", "--format", "json"]);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str(&stdout).unwrap()
    }

    fn node(&self) -> Node {
        let options = NodeOptions::new(extraction::EXTRACTOR_VERSION);
        Node::open(&self.data, &options, |_| {}).unwrap()
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_second_run_skips_what_is_enrolled() {
    let place = Place::new(3, 2);
    let (code, stdout, stderr) = place.enroll(&[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("6 enrolled, 0 enrolled before, 0 rejected;"), "{stdout}");
    let (code, stdout, _) = place.enroll(&[]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("0 enrolled, 6 enrolled before, 0 rejected;"), "{stdout}");
    let stats = place.stats();
    assert_eq!((&stats["persons"], &stats["references"]), (&3.into(), &6.into()));
    assert_eq!(stats["images"], 6);
}

#[test]
fn a_different_file_under_the_same_name_is_rejected_and_the_first_one_stays() {
    let place = Place::new(2, 1);
    assert_eq!(place.enroll(&[]).0, 0);
    let first = fs::read(place.file("s00_0.pgm")).unwrap();
    fs::write(place.file("s00_0.pgm"), print(999)).unwrap();
    let (code, stdout, _) = place.enroll(&[]);
    assert_eq!(code, 3);
    assert!(stdout.contains("another file is enrolled as s00/0/0"), "{stdout}");
    assert!(stdout.contains("0 enrolled, 1 enrolled before, 1 rejected"), "{stdout}");
    let key = "s00/unknown/0";
    let out = place.file("back.pgm");
    let (code, ..) = place.tanba(&["export", key, "--as", "image", "--out", path(&out)]);
    assert_eq!(code, 0);
    assert_eq!(fs::read(out).unwrap(), first);
}

#[test]
fn two_files_under_one_name_in_one_run_always_end_the_same_way() {
    let place = Place::new(1, 1);
    fs::create_dir(place.file("z")).unwrap();
    fs::write(place.file("z/s00_0.pgm"), print(555)).unwrap();
    for _ in 0..3 {
        let (code, stdout, _) = place.enroll(&[]);
        assert_eq!(code, 3);
        assert!(stdout.contains("z/s00_0.pgm"), "{stdout}");
        assert_eq!(
            place
                .node()
                .image(&"s00/0/0".split('/').collect::<Vec<_>>().key())
                .unwrap()
                .unwrap()
                .bytes,
            fs::read(place.file("s00_0.pgm")).unwrap()
        );
        fs::remove_dir_all(&place.data).unwrap();
    }
}

/// The key of a subject, finger and impression.
trait Key {
    fn key(&self) -> vocabulary::ImpressionKey;
}

impl Key for Vec<&str> {
    fn key(&self) -> vocabulary::ImpressionKey {
        vocabulary::ImpressionKey {
            subject: self[0].parse().unwrap(),
            position: self[1].parse().unwrap(),
            impression: self[2].parse().unwrap(),
        }
    }
}

#[test]
fn every_bad_file_is_listed_with_its_reason_and_holds_up_no_other() {
    let place = Place::new(2, 1);
    let good = fs::read(place.file("s00_0.pgm")).unwrap();
    fs::write(place.file("empty_1.png"), b"").unwrap();
    fs::write(place.file("cut_1.pgm"), &good[..good.len() / 2]).unwrap();
    fs::write(place.file("text_1.png"), b"this is no image").unwrap();
    fs::write(place.file("bomb_1.pgm"), b"P5 60000 60000 255\n").unwrap();
    let blank = [&b"P5\n200 200\n255\n"[..], &[255; 40_000]].concat();
    fs::write(place.file("blank_1.pgm"), blank).unwrap();
    fs::write(place.file("unnamed.pgm"), &good).unwrap();
    fs::write(place.file("notes.txt"), b"not a print").unwrap();
    let rejects = place.file("rejects.csv");
    let (code, stdout, stderr) = place.enroll(&["--rejects", path(&rejects)]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stdout.contains("2 enrolled, 0 enrolled before, 6 rejected, 1 other files left out"));
    let listed = fs::read_to_string(rejects).unwrap();
    for (file, reason) in [
        ("empty_1.png", "empty"),
        ("cut_1.pgm", "cut off"),
        ("text_1.png", "no format that tanba reads"),
        ("bomb_1.pgm", "60000"),
        ("blank_1.pgm", "too few"),
        ("unnamed.pgm", "does not fit {subject}_{impression}"),
    ] {
        let line = listed.lines().find(|line| line.contains(file));
        let line = line.unwrap_or_else(|| panic!("{file} is not listed: {listed}"));
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn a_manifest_says_whose_prints_they_are_and_which_fingers_are_not_there() {
    let place = Place::new(2, 1);
    let manifest = place.file("people.csv");
    let text = "subject,position,type,file,ppi,impression,status\n\
        kz-1,right-index,plain,s00_0.pgm,500,a,\n\
        kz-1,left-ring,,,,,amputated\n\
        kz-2,7,rolled,s01_0.pgm,500,,\n\
        kz-2,8,,,,,missing\n\
        kz-3,2,,none.pgm,500,,\n\
        kz-3,two,,s01_0.pgm,500,,\n";
    fs::write(&manifest, text).unwrap();
    let arguments = ["enroll", "--manifest", path(&manifest), "--format", "json"];
    let (code, stdout, stderr) = place.tanba(&arguments);
    assert_eq!(code, 3, "{stderr}");
    let enrolled = events(&stdout, "enrolled");
    assert_eq!(enrolled.len(), 2);
    assert_eq!(enrolled[0]["position"], "right-index");
    assert_eq!(enrolled[0]["impression"], "a");
    assert_eq!(enrolled[1]["impression"], "1");
    let rejected: Vec<_> =
        events(&stdout, "rejected").iter().map(|e| e["file"].to_string()).collect();
    assert!(rejected.iter().any(|file| file.contains("people.csv, line 7")), "{rejected:?}");
    assert!(rejected.iter().any(|file| file.contains("none.pgm")), "{rejected:?}");
    assert_eq!(events(&stdout, "declared").len(), 2);
    let stats = place.stats();
    assert_eq!(stats["finger_declarations"], 2);
    assert_eq!(stats["positions"]["left-index"], 1);
    // A print of an amputated finger is a contradiction.
    let file = place.file("s01_0.pgm");
    let (code, stdout, _) =
        place.tanba(&["enroll", path(&file), "--ppi", "500", "--pattern", "s01_{*}{impression}"]);
    assert_eq!(code, 2, "{stdout}");
    fs::rename(&file, place.file("kz-1_9.pgm")).unwrap();
    let arguments = ["enroll", path(&place.prints), "--ppi", "500", "--position", "left-ring"];
    let (code, stdout, _) = place.tanba(&arguments);
    assert_eq!(code, 3);
    assert!(stdout.contains("was declared amputated"), "{stdout}");
}

#[test]
fn a_resolution_is_never_guessed_silently() {
    let place = Place::new(1, 1);
    let file = place.file("s00_0.pgm");
    let (code, _, stderr) = place.tanba(&["enroll", path(&file)]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("1 print states no resolution: taken as 500 ppi"), "{stderr}");
    fs::remove_dir_all(&place.data).unwrap();
    let (code, stdout, _) = place.tanba(&["enroll", path(&file), "--ppi", "1000"]);
    assert_eq!(code, 3);
    assert!(stdout.contains("1000 ppi cannot be right"), "{stdout}");
}

#[test]
fn erasing_asks_first_and_says_what_is_gone() {
    let place = Place::new(2, 2);
    place.enroll(&["--missing", "s00:left-thumb"]);
    let (code, _, stderr) = place.tanba(&["erase", "s00"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("give --yes"), "{stderr}");
    let (code, stdout, _) = place.tanba(&["erase", "s00", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("would be erased: 2 references, 2 images, 1 finger"), "{stdout}");
    assert_eq!(place.stats()["references"], 4);
    let (code, stdout, _) = place.tanba(&["erase", "s00", "--yes"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("s00: erased: 2 references, 2 images, 1 finger"), "{stdout}");
    assert_eq!(place.stats()["references"], 2);
    let (code, stdout, _) = place.tanba(&["erase", "s00", "--yes"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("s00: not in the gallery"), "{stdout}");
    let (code, stdout, _) = place.tanba(&["erase", "s01", "s00", "s01", "--yes"]);
    assert_eq!((code, stdout.lines().count()), (1, 2), "{stdout}");
    assert!(stdout.contains("s01: erased: 2 references"), "{stdout}");
}

#[test]
fn templates_leave_and_enter_in_standard_formats() {
    let place = Place::new(1, 2);
    assert_eq!(place.enroll(&["--position", "right-index"]).0, 0);
    let exported = |format: &str, file: &str| {
        let out = place.file(file);
        let (code, _, stderr) =
            place.tanba(&["export", "s00", "--as", format, "--out", path(&out)]);
        assert_eq!(code, 0, "{format}: {stderr}");
        formats::template::decode(&fs::read(out).unwrap()).unwrap()
    };
    let node = place.node();
    let own = node.references(&"s00".parse().unwrap()).unwrap();
    drop(node);
    let private = exported("private", "s09_a.tnb");
    assert!(private.iter().eq(own.iter().map(|reference| &reference.template)));
    for format in ["iso2005", "iso2011", "ansi2004", "ansi2009"] {
        let templates = exported(format, &format!("s1_{format}.fmr"));
        let counts = |t: &[vocabulary::Template]| -> Vec<usize> {
            t.iter().map(|t| t.minutiae().len()).collect()
        };
        assert_eq!(counts(&templates), counts(&private), "{format}");
    }

    let other = Place::new(0, 0);
    for file in ["s09_a.tnb", "s1_iso2005.fmr"] {
        fs::copy(place.file(file), other.file(file)).unwrap();
    }
    fs::copy(place.file("s00_0.pgm"), other.file("s00_0.pgm")).unwrap();
    let (code, stdout, stderr) = other.tanba(&["import", path(&other.prints)]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stdout.contains("it is an image: enroll it"), "{stdout}");
    let imported = other.node().references(&"s09".parse().unwrap()).unwrap();
    let keys: Vec<String> = imported.iter().map(|reference| reference.key.to_string()).collect();
    assert_eq!(keys, ["s09/2/a", "s09/2/a-2"]);
    assert!(imported.iter().map(|r| &r.template).eq(own.iter().map(|r| &r.template)));
    let stats = other.stats();
    assert_eq!((&stats["extractor_versions"]["0"], &stats["images"]), (&2.into(), &0.into()));
    let (code, stdout, _) = other.tanba(&["import", path(&other.prints)]);
    assert_eq!(code, 3);
    assert!(stdout.contains("0 enrolled, 2 enrolled before"), "{stdout}");
}

#[test]
fn images_are_left_out_on_request() {
    let place = Place::new(1, 1);
    assert_eq!(place.enroll(&["--no-images"]).0, 0);
    assert_eq!(place.stats()["images"], 0);
    let (code, _, stderr) = place.tanba(&["export", "s00/0/0", "--as", "image", "--out", "-"]);
    assert_eq!(code, 1, "{stderr}");
}

#[test]
fn a_folder_in_use_or_newer_or_foreign_is_refused_with_what_to_do() {
    let place = Place::new(1, 1);
    place.enroll(&[]);
    let node = place.node();
    let (code, _, stderr) = place.tanba(&["stats"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("another process has") && stderr.contains(path(&place.data)));
    drop(node);

    fs::write(place.data.join("FORMAT"), "tanba gallery\nformat 2\n").unwrap();
    let (code, _, stderr) = place.enroll(&[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("was written in format 2"), "{stderr}");

    let prints = path(&place.prints).to_owned();
    let output = run(["stats", "--data", prints.as_str()]);
    let (code, _, stderr) = said(&output);
    assert_eq!(code, 2);
    assert!(stderr.contains("which is no part of a gallery"), "{stderr}");

    let file = path(&place.file("s00_0.pgm")).to_owned();
    let (code, _, stderr) = said(&run(["stats", "--data", file.as_str()]));
    assert_eq!(code, 2);
    assert!(stderr.contains("is a file, not a folder"), "{stderr}");

    let (code, _, stderr) = said(&run(["stats", "--data", "/nowhere/gallery"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no gallery in /nowhere/gallery"), "{stderr}");
}

/// A limit on the size of files makes writes fail as a full disk does, without needing one.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_stops_the_enrollment_and_loses_nothing() {
    let place = Place::new(10, 4);
    let script = "trap '' XFSZ; ulimit -f 1024; exec \"$@\"";
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", script, "sh", env!("CARGO_BIN_EXE_tanba"), "enroll"]);
    limited.args([path(&place.prints), "--ppi", "500", "--format", "json"]);
    limited.args(["--sync-every", "4", "--data", path(&place.data)]);
    let (code, stdout, stderr) = said(&limited.output().unwrap());
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("what was acknowledged is safe"), "{stderr}");
    assert!(stderr.contains(path(&place.data)), "{stderr}");
    let acknowledged = events(&stdout, "enrolled").len() as u64;
    assert!((1..40).contains(&acknowledged), "{acknowledged}");
    let kept = place.stats()["references"].as_u64().unwrap();
    assert!(kept >= acknowledged, "{kept} of {acknowledged}");
    let (code, stdout, _) = place.enroll(&[]);
    assert_eq!(code, 0);
    assert!(stdout.contains(&format!("{} enrolled, {kept} enrolled before", 40 - kept)));
}
