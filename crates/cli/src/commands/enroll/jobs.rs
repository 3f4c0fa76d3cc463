//! Which files to enroll, and as whose prints.

use super::tally::Rejection;
use crate::manifest::{self, Entry};
use anyhow::bail;
use formats::naming::{Named, Pattern};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use vocabulary::{FingerPosition, FingerStatus, ImpressionLabel, ImpressionType, SubjectId};
use walkdir::WalkDir;

/// Endings of image and template files. A file of a folder with another ending and no known first
/// bytes is taken to be something else.
const ENDINGS: [&str; 22] = [
    "png", "tif", "tiff", "bmp", "jpg", "jpeg", "jp2", "j2k", "jpx", "j2c", "jpc", "pgm", "ppm",
    "pnm", "wsq", "fir", "fiir", "fmr", "iso", "iso-fmr", "ansi-fmr", "tnb",
];
/// Impression of a print whose name says none.
const ONLY_IMPRESSION: &str = "1";

/// A file to enroll.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    pub(crate) subject: SubjectId,
    pub(crate) position: Option<FingerPosition>,
    pub(crate) impression: ImpressionLabel,
    pub(crate) impression_type: Option<ImpressionType>,
    pub(crate) ppi: Option<f32>,
}

/// A finger that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) subject: SubjectId,
    pub(crate) position: FingerPosition,
    pub(crate) status: FingerStatus,
}

/// Everything a command line asks for, in a fixed order.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) jobs: Vec<Job>,
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) rejections: Vec<Rejection>,
    /// Files of folders that are neither images nor templates.
    pub(crate) ignored: usize,
}

/// From a manifest. A file may be named in one line only.
pub(crate) fn from_manifest(path: &Path, ppi: Option<f32>) -> anyhow::Result<Jobs> {
    let mut found = Jobs::default();
    let mut lines: HashMap<PathBuf, u64> = HashMap::new();
    for line in manifest::read(path)? {
        let place = format!("{}, line {}", path.display(), line.number);
        match line.entry {
            Err(error) => found.rejections.push(Rejection::new(place, error)),
            Ok(Entry::Finger { subject, position, status }) => {
                found.declarations.push(Declaration { subject, position, status });
            }
            Ok(Entry::Print { file, named, impression_type, ppi: of_line }) => {
                if let Some(first) = lines.insert(file.clone(), line.number) {
                    let reason = format!("{} is named in line {first} already", file.display());
                    found.rejections.push(Rejection::new(place, reason));
                } else {
                    let job = job(file, named, impression_type, of_line.or(ppi));
                    found.jobs.push(job);
                }
            }
        }
    }
    Ok(found)
}

/// From files and folders with names that fit a pattern, sorted by path.
pub(crate) fn from_paths(
    paths: &[PathBuf],
    pattern: &Pattern,
    ppi: Option<f32>,
) -> anyhow::Result<Jobs> {
    let mut found = Jobs::default();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files, &mut found);
        } else if path.exists() {
            files.push(path.clone());
        } else {
            bail!("{} does not exist: check the path", path.display());
        }
    }
    files.sort_unstable();
    files.dedup();
    for file in files {
        match pattern.read(&file) {
            Some(named) => found.jobs.push(job(file, named, None, ppi)),
            None => {
                let reason = format!(
                    "its name does not fit {pattern}: rename it, give another --pattern, or list \
                     it in a --manifest"
                );
                found.rejections.push(Rejection::new(file.display(), reason));
            }
        }
    }
    Ok(found)
}

fn job(
    path: PathBuf,
    named: Named,
    impression_type: Option<ImpressionType>,
    ppi: Option<f32>,
) -> Job {
    let Named { subject, position, impression } = named;
    let impression = impression.unwrap_or_else(|| {
        ImpressionLabel::new(ONLY_IMPRESSION).expect("a digit is a valid label")
    });
    Job { path, subject, position, impression, impression_type, ppi }
}

/// Adds the files below a folder that look like prints; hidden ones are left out.
fn walk(folder: &Path, files: &mut Vec<PathBuf>, found: &mut Jobs) {
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
    };
    let entries = WalkDir::new(folder).follow_links(true).into_iter();
    for entry in entries.filter_entry(|entry| !hidden(entry)) {
        match entry {
            Ok(entry) if !entry.file_type().is_file() => {}
            Ok(entry) if looks_like_a_print(entry.path()) => files.push(entry.into_path()),
            Ok(_) => found.ignored += 1,
            Err(error) => {
                let place = error.path().unwrap_or(folder).display().to_string();
                found.rejections.push(Rejection::new(place, format!("it cannot be read: {error}")));
            }
        }
    }
}

fn looks_like_a_print(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
        return true;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    // What cannot be read is reported when its turn comes.
    read.is_err()
        || formats::image::sniff(&start).is_some()
        || formats::template::sniff(&start).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_prints_in_order_and_leaves_other_files_out() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("b/2_1.png", b"");
        write("b/1_2", b"\x89PNG\r\n\x1a\n");
        write("a/1_1.wsq", b"x");
        write("a/readme.txt", b"read me");
        write(".hidden/3_1.png", b"");
        write("odd.png", b"");
        let pattern = "{subject}_{impression}".parse().unwrap();
        let found = from_paths(&[dir.path().to_owned()], &pattern, None).unwrap();
        let named: Vec<_> =
            found.jobs.iter().map(|j| (j.subject.as_str(), j.impression.as_str())).collect();
        assert_eq!(named, [("1", "1"), ("1", "2"), ("2", "1")]);
        assert_eq!((found.ignored, found.rejections.len()), (1, 1));
        assert!(found.rejections[0].reason.contains("does not fit {subject}_{impression}"));
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error_before_anything_is_done() {
        let pattern = "{subject}".parse().unwrap();
        let error = from_paths(&["/nowhere/at/all".into()], &pattern, None).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"));
    }
}
