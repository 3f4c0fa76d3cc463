//! The sample sets with what the extractors made of them.

use super::systems::{self, Extracted};
use crate::datasets::{DATASETS, Dataset, Half, is_seen_twice};
use anyhow::Result;
use evaluation::{ComparisonPlan, Protocol};
use std::path::Path;
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId, Template};

/// A sample set, extracted.
pub(crate) struct Set {
    pub(crate) dataset: &'static Dataset,
    /// A subject per finger; ordered as the prints.
    pub(crate) keys: Vec<ImpressionKey>,
    /// The number of the finger of each print within the set, in natural order.
    pub(crate) fingers: Vec<u32>,
    pub(crate) extracted: Extracted,
}

impl Set {
    /// Loads and extracts a set; `None` when it is not there.
    ///
    /// # Errors
    /// A file that cannot be read, decoded or extracted.
    pub(crate) fn load(
        dataset: &'static Dataset,
        data: &Path,
        baseline: bool,
    ) -> Result<Option<Self>> {
        let Some(prints) = dataset.load(data)? else {
            eprintln!("skipped: {} is not in {}", dataset.name, data.display());
            return Ok(None);
        };
        let key = |print: &crate::datasets::Print| -> Result<ImpressionKey> {
            Ok(ImpressionKey {
                subject: SubjectId::new(&print.finger)?,
                position: FingerPosition::UNKNOWN,
                impression: ImpressionLabel::new(&print.impression)?,
            })
        };
        let keys: Vec<ImpressionKey> = prints.iter().map(key).collect::<Result<_>>()?;
        let fingers = fingers(&keys)?;
        let extracted = systems::extract(dataset, &prints, baseline)?;
        Ok(Some(Self { dataset, keys, fingers, extracted }))
    }
}

/// Loads every set that `wanted` names; the names of those that are not there come second.
///
/// # Errors
/// As [`Set::load`].
pub(crate) fn load(
    data: &Path,
    baseline: bool,
    wanted: impl Fn(&Dataset) -> bool,
) -> Result<(Vec<Set>, Vec<&'static str>)> {
    let (mut sets, mut skipped) = (Vec::new(), Vec::new());
    for dataset in DATASETS.iter().filter(|dataset| wanted(dataset)) {
        match Set::load(dataset, data, baseline)? {
            Some(set) => sets.push(set),
            None => skipped.push(dataset.name),
        }
    }
    Ok((sets, skipped))
}

/// The number of every print's finger, as a plan numbers the subjects.
fn fingers(keys: &[ImpressionKey]) -> Result<Vec<u32>> {
    let plan = ComparisonPlan::new(Protocol::AllPairs, keys)?;
    let scores =
        plan.scored(&vec![None; plan.mated().len()], &vec![None; plan.non_mated().len()])?;
    let mut fingers = vec![0; keys.len()];
    let pairs = plan.mated().iter().chain(plan.non_mated());
    for (pair, score) in pairs.zip(scores.mated.iter().chain(&scores.non_mated)) {
        fingers[pair.probe as usize] = score.probe_subject;
        fingers[pair.reference as usize] = score.reference_subject;
    }
    Ok(fingers)
}

/// A print of all sets mixed.
#[derive(Clone, Copy)]
pub(crate) struct Print<'a> {
    pub(crate) set: usize,
    /// Within the set.
    pub(crate) finger: u32,
    /// Within the finger, from 0.
    pub(crate) impression: usize,
    pub(crate) template: &'a Template,
}

impl Print<'_> {
    pub(crate) fn half(&self) -> Half {
        Half::of(self.finger)
    }

    /// Tells fingers of all sets apart.
    pub(crate) fn finger_id(&self) -> (usize, u32) {
        (self.set, self.finger)
    }
}

/// All prints of all sets, without the fingers that are in another set under another name.
pub(crate) fn mixed(sets: &[Set]) -> Vec<Print<'_>> {
    let mut prints: Vec<Print<'_>> = Vec::new();
    for (set, loaded) in sets.iter().enumerate() {
        for (index, template) in loaded.extracted.templates.iter().enumerate() {
            if is_seen_twice(loaded.dataset.name, loaded.keys[index].subject.as_str()) {
                continue;
            }
            let finger = loaded.fingers[index];
            let before = prints.iter().filter(|p| p.finger_id() == (set, finger)).count();
            prints.push(Print { set, finger, impression: before, template });
        }
    }
    prints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_are_numbered_by_the_value_of_their_names() {
        let key = |subject: &str, impression: &str| ImpressionKey {
            subject: SubjectId::new(subject).expect("a good name"),
            position: FingerPosition::UNKNOWN,
            impression: ImpressionLabel::new(impression).expect("a good label"),
        };
        let keys = [key("10", "1"), key("2", "1"), key("2", "2"), key("1", "1"), key("1", "2")];
        assert_eq!(fingers(&keys).expect("good keys"), [2, 1, 1, 0, 0]);
        assert_eq!(Half::of(0), Half::Development);
        assert_eq!(Half::of(1), Half::Validation);
    }
}
