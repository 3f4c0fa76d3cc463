//! Records made by other programs, where the data are there.

use formats::template::{TemplateFormat, decode, encode, private, sniff};
use std::path::{Path, PathBuf};

/// All files below a folder beside the repository, or nothing with a note.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/");
    let mut folders = vec![Path::new(root).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    if files.is_empty() {
        eprintln!("skipped: there is no folder shared/data/{folder} beside the repository");
    }
    files
}

/// The minutiae of the only view of an ISO/IEC 19794-2:2005 record, as bytes in a fixed order:
/// templates have their own.
fn minutiae(record: &[u8]) -> Vec<&[u8]> {
    let count = usize::from(record[27]);
    let mut minutiae: Vec<&[u8]> = record[28..28 + 6 * count].chunks(6).collect();
    minutiae.sort();
    minutiae
}

fn every_record_survives(folder: &str, count: usize) {
    let files = files(folder);
    for path in &files {
        let record = std::fs::read(path).unwrap();
        let name = path.display();
        assert_eq!(sniff(&record), Some(TemplateFormat::Iso2005), "{name}");
        let templates = decode(&record).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = encode(TemplateFormat::Iso2005, &templates).unwrap();
        assert_eq!(minutiae(&again), minutiae(&record), "{name}");
        assert_eq!((again.len(), &again[..24]), (record.len(), &record[..24]), "{name}");
        let kept = private::decode(&private::encode(&templates[0])).unwrap();
        assert_eq!(kept, templates[0], "{name}");
    }
    assert!(files.is_empty() || files.len() == count, "{} files in {folder}", files.len());
}

#[test]
fn records_of_the_secugen_library_are_written_with_the_same_bytes() {
    every_record_survives("fvc2002_b/iso19794-2", 320);
}

#[test]
fn records_of_the_fingerjet_library_are_written_with_the_same_bytes() {
    every_record_survives("iso19794_samples/fingerjet/iso19794-2", 9);
}
