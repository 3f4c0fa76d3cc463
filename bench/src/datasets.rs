//! The real sample sets that accuracy is measured on. None of them is part of the repository.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A set of prints named `{finger}_{impression}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dataset {
    /// Short name for tables and records.
    pub(crate) name: &'static str,
    /// Folder or packed archive below the data folder.
    path: &'static str,
    /// Resolution that its documentation states; the files say nothing or nonsense.
    pub(crate) ppi: f32,
}

/// One print as its file holds it.
pub(crate) struct Print {
    /// Which finger, across the whole set.
    pub(crate) finger: String,
    /// Which impression of that finger.
    pub(crate) impression: String,
    /// The file.
    pub(crate) bytes: Vec<u8>,
}

/// Every set, with the resolution from its README.
pub(crate) const DATASETS: [Dataset; 8] = [
    Dataset { name: "FVC2002 DB1_B", path: "fvc2002_b/DB1_B", ppi: 500.0 },
    Dataset { name: "FVC2002 DB2_B", path: "fvc2002_b/DB2_B", ppi: 569.0 },
    Dataset { name: "FVC2002 DB3_B", path: "fvc2002_b/DB3_B", ppi: 500.0 },
    Dataset { name: "FVC2002 DB4_B", path: "fvc2002_b/DB4_B", ppi: 500.0 },
    Dataset { name: "FVC2000 DB1_B", path: "fvc2000_db1_b/tif", ppi: 500.0 },
    Dataset {
        name: "FVC2002 DB3_A 1-35",
        path: "fvc2002_db3_a_open/db3_a_fingers_001-035.tar.xz",
        ppi: 500.0,
    },
    Dataset { name: "CrossMatch", path: "neurotech_crossmatch_open/tif", ppi: 500.0 },
    Dataset { name: "UPEK", path: "upek_open/png", ppi: 500.0 },
];

/// Fingers of FVC2000 DB1_B that sat again for FVC2002 DB3_A: 105 as finger 3 (so the README of the
/// sets says) and, judging by similarities no strangers reach, 103 as finger 31. Where sets are
/// mixed, these are left out, or mates would count as strangers.
const SEEN_TWICE: (&str, [&str; 2]) = ("FVC2000 DB1_B", ["103", "105"]);

/// Whether a finger of a set is in another set under another name.
pub(crate) fn is_seen_twice(set: &str, finger: &str) -> bool {
    set == SEEN_TWICE.0 && SEEN_TWICE.1.contains(&finger)
}

/// The sets whose name contains one of the texts; all of them when there are no texts.
pub(crate) fn named(texts: &[String]) -> impl Iterator<Item = &'static Dataset> {
    let wanted = |name: &str| texts.is_empty() || texts.iter().any(|text| name.contains(text));
    DATASETS.iter().filter(move |set| wanted(set.name))
}

/// Which half of its set a finger belongs to.
///
/// The fingers of a set, in the order of their names with numbers by value, take turns: the first,
/// third and so on are for development, the others for validation. Whatever is fitted is fitted to
/// the first; the second only judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Half {
    /// Parameters may be fitted to it.
    Development,
    /// Nothing is fitted to it.
    Validation,
}

impl Half {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Development, Self::Validation];

    /// The half of the finger with this number within its set, counted from 0. This is the number
    /// that `evaluation::ComparisonPlan` gives the subjects of a set whose subjects are fingers.
    pub(crate) const fn of(finger: u32) -> Self {
        if finger.is_multiple_of(2) { Self::Development } else { Self::Validation }
    }

    /// For tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Validation => "validation",
        }
    }
}

impl Dataset {
    /// Whether this is one of the four databases of FVC2002 set B, which the pool is made of.
    pub(crate) fn is_in_pool(&self) -> bool {
        self.path.starts_with("fvc2002_b/")
    }

    /// The ISO/IEC 19794-2 records that another extractor made of this set, by finger and
    /// impression; `None` when there are none.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn load_foreign(&self, data: &Path) -> Result<Option<Vec<Print>>> {
        let Some(name) = self.path.strip_prefix("fvc2002_b/") else { return Ok(None) };
        let folder = data.join("fvc2002_b/iso19794-2").join(name);
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut records = read_folder(&folder)?;
        records.sort_by(|a, b| (&a.finger, &a.impression).cmp(&(&b.finger, &b.impression)));
        Ok(Some(records))
    }

    /// Reads every print, ordered by finger and impression; `None` when the set is absent.
    ///
    /// # Errors
    /// A file or archive that cannot be read.
    pub(crate) fn load(&self, data: &Path) -> Result<Option<Vec<Print>>> {
        let path = data.join(self.path);
        if !path.exists() {
            return Ok(None);
        }
        let mut prints = if path.is_dir() { read_folder(&path)? } else { read_archive(&path)? };
        prints.sort_by(|a, b| (&a.finger, &a.impression).cmp(&(&b.finger, &b.impression)));
        Ok(Some(prints))
    }
}

/// The finger and impression that a file name tells: everything before the last underscore, and
/// what follows it.
fn labels(path: &Path) -> Option<(String, String)> {
    let (finger, impression) = path.file_stem()?.to_str()?.rsplit_once('_')?;
    Some((finger.into(), impression.into()))
}

fn read_folder(folder: &Path) -> Result<Vec<Print>> {
    let mut prints = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path: PathBuf = entry?.path();
        if let Some((finger, impression)) = labels(&path) {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            prints.push(Print { finger, impression, bytes });
        }
    }
    Ok(prints)
}

fn read_archive(path: &Path) -> Result<Vec<Print>> {
    let packed = std::fs::read(path).with_context(|| path.display().to_string())?;
    let mut unpacked = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut unpacked)
        .with_context(|| format!("{}: damaged archive", path.display()))?;
    let mut archive = tar::Archive::new(unpacked.as_slice());
    let mut prints = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        if let (true, Some((finger, impression))) =
            (entry.header().entry_type().is_file(), labels(&name))
        {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            prints.push(Print { finger, impression, bytes });
        }
    }
    Ok(prints)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Vec<&'static str> {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        named(&texts).map(|set| set.name).collect()
    }

    #[test]
    fn sets_are_chosen_by_a_part_of_their_name() {
        assert_eq!(names(&[]).len(), DATASETS.len());
        assert_eq!(names(&["DB1_B"]), ["FVC2002 DB1_B", "FVC2000 DB1_B"]);
        assert_eq!(names(&["UPEK", "FVC2000"]), ["FVC2000 DB1_B", "UPEK"]);
        assert!(names(&["LivDet"]).is_empty());
    }

    #[test]
    fn only_the_two_fingers_of_one_set_are_seen_twice() {
        assert!(is_seen_twice("FVC2000 DB1_B", "103") && is_seen_twice("FVC2000 DB1_B", "105"));
        assert!(!is_seen_twice("FVC2000 DB1_B", "104"));
        assert!(!is_seen_twice("FVC2002 DB1_B", "103"));
        assert!(DATASETS.iter().any(|set| set.name == SEEN_TWICE.0));
    }

    #[test]
    fn a_file_name_tells_finger_and_impression() {
        let labels = |name: &str| labels(Path::new(name));
        assert_eq!(labels("a/101_3.tif"), Some(("101".into(), "3".into())));
        assert_eq!(labels("p_7_2.png"), Some(("p_7".into(), "2".into())));
        assert_eq!(labels("README.md"), None);
    }

    #[test]
    fn a_set_is_read_in_order_of_fingers_and_an_absent_one_is_none() {
        let data = tempfile::tempdir().unwrap();
        let set = Dataset { name: "made up", path: "set", ppi: 500.0 };
        assert!(set.load(data.path()).unwrap().is_none());
        std::fs::create_dir(data.path().join("set")).unwrap();
        for name in ["b_1.tif", "a_2.tif", "a_1.tif", "notes.txt"] {
            std::fs::write(data.path().join("set").join(name), name).unwrap();
        }
        let prints = set.load(data.path()).unwrap().unwrap();
        let read: Vec<_> =
            prints.iter().map(|p| (p.finger.as_str(), p.impression.as_str())).collect();
        assert_eq!(read, [("a", "1"), ("a", "2"), ("b", "1")]);
        assert_eq!(prints[2].bytes, b"b_1.tif");
    }

    #[test]
    fn a_damaged_archive_is_an_error_that_names_it() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("set.tar.xz"), b"no archive").unwrap();
        let set = Dataset { name: "made up", path: "set.tar.xz", ppi: 500.0 };
        let error = set.load(data.path()).err().unwrap();
        assert!(error.to_string().contains("set.tar.xz"), "{error}");
    }

    #[test]
    fn a_finger_seen_twice_is_not_in_both_halves() {
        // FVC2000 DB1_B 103 and 105 are the third and fifth of 101 to 110; they are fingers 31 and
        // 3 of FVC2002 DB3_A, whose names are their numbers.
        for (in_first, in_second) in [(103 - 101, 31 - 1), (105 - 101, 3 - 1)] {
            assert_eq!(Half::of(in_first), Half::of(in_second));
        }
        assert!(is_seen_twice("FVC2000 DB1_B", "103") && is_seen_twice("FVC2000 DB1_B", "105"));
    }
}
