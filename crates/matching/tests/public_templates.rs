//! Accuracy on public ISO/IEC 19794-2 templates (FVC2002, set B, databases 1 and 4).
//!
//! The templates come from a commercial extractor and hold about 25 minutiae and no ridge flow: the
//! hard case for a matcher, and one that our own extractor cannot influence. The sets are not
//! part of the repository; without them the test says so and passes.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use formats::template::decode;
use matching::{Comparer, Parameters, PreparedTemplate};
use std::path::{Path, PathBuf};

const ROOT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/fvc2002_b/iso19794-2");

/// The prints of a database with the finger each shows, in the order of their names.
fn prints(folder: &Path, parameters: &Parameters) -> Vec<(String, PreparedTemplate)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let print = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let finger = stem.split('_').next().unwrap().to_owned();
        let views = decode(&std::fs::read(path).unwrap()).unwrap();
        (finger, PreparedTemplate::new(&views[0], parameters))
    };
    paths.iter().map(print).collect()
}

/// Part of the mated pairs that a threshold misses which 1 in 1,000 non-mated pairs exceed.
fn missed_at_one_in_a_thousand(database: &str) -> Option<f64> {
    let folder = Path::new(ROOT).join(database);
    if !folder.is_dir() {
        println!("skipped: {database} of FVC2002 is not here");
        return None;
    }
    let parameters = Parameters::default();
    let prints = prints(&folder, &parameters);
    let mut comparer = Comparer::new(&parameters);
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (index, (finger, probe)) in prints.iter().enumerate() {
        for (other, reference) in &prints[index + 1..] {
            let similarity = comparer.compare(probe, reference).similarity;
            if finger == other { mated.push(similarity) } else { non_mated.push(similarity) }
        }
    }
    assert_eq!((mated.len(), non_mated.len()), (280, 2880));
    non_mated.sort_unstable();
    let threshold = non_mated[non_mated.len() - 1 - non_mated.len() / 1000];
    let missed = mated.iter().filter(|similarity| **similarity <= threshold).count();
    Some(missed as f64 / mated.len() as f64)
}

/// Greedy assignment and relaxation alone miss 9 % here.
#[test]
fn optical_prints_are_found_at_one_false_match_in_a_thousand() {
    if let Some(missed) = missed_at_one_in_a_thousand("DB1_B") {
        assert!(missed <= 0.06, "{missed}");
    }
}

#[test]
fn synthetic_prints_are_found_at_one_false_match_in_a_thousand() {
    if let Some(missed) = missed_at_one_in_a_thousand("DB4_B") {
        assert!(missed <= 0.025, "{missed}");
    }
}
