//! The engine of a registry on one machine: a gallery folder.

use crate::comparing::{OtherExtractors, compare_persons};
use crate::gallery;
use crate::load::{File, Print};
use crate::output::Output;
use matching::calibration::Calibration;
use node::{EnrollOutcome, Enrollment, Node};
use office::{Compared, Engine, EngineError, FingerImage, Searched};
use registry::Subject;
use search::{Options, Probe, Silent};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, Similarity};

/// Searches and compares in a gallery folder.
pub(super) struct LocalEngine {
    node: Node,
    calibration: Calibration,
}

/// What compares, for the record.
pub(super) fn release() -> String {
    let (tanba, extractor) = (env!("CARGO_PKG_VERSION"), extraction::EXTRACTOR_VERSION.0);
    format!("tanba {tanba}, extractor {extractor}")
}

pub(super) fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}

impl LocalEngine {
    /// That of the register in a folder; its gallery is made when it is not there.
    pub(super) fn open(folder: &Path, output: &Output) -> anyhow::Result<Self> {
        let options = gallery::options().creating();
        let node = gallery::open(&folder.join("gallery"), &options, output)?;
        Ok(Self { node, calibration: Calibration::shipped() })
    }
}

/// The similarity, in thousandths, that one finger would need to be as rare between strangers: what
/// compares persons of whom different numbers of fingers were compared, and is held against the
/// thresholds of the rules.
pub(super) fn score_of_rarity(calibration: &Calibration, rarity: u32) -> u32 {
    let of_one = |s: u32| calibration.rarity(Similarity::from_thousandths(s), 1, 1);
    // The rarity rises with the similarity.
    let (mut low, mut high) = (0u32, 1000);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if of_one(middle) <= rarity { low = middle } else { high = middle - 1 }
    }
    low
}

fn score(calibration: &Calibration, similarity: Similarity, fingers: usize, ways: u64) -> u32 {
    score_of_rarity(calibration, calibration.rarity(similarity, fingers, ways))
}

/// Compares prints with others, finger by finger.
pub(super) fn against(
    calibration: &Calibration,
    live: &[Print],
    other: &[Print],
) -> Result<Compared, EngineError> {
    let positions = |prints: &[Print]| -> BTreeSet<u8> {
        prints.iter().map(|print| print.template.header().position.code()).collect()
    };
    let (live_positions, other_positions) = (positions(live), positions(other));
    let fingers: Vec<u8> = live_positions.intersection(&other_positions).copied().collect();
    if fingers.is_empty() {
        return Ok(Compared { score: 0, fingers });
    }
    let compared = compare_persons(live, other, OtherExtractors::Compare).map_err(failed)?;
    let score = score(calibration, compared.similarity, compared.fingers, compared.ways);
    Ok(Compared { score, fingers })
}

/// Reads an image and extracts it under its position.
fn print(image: &FingerImage) -> Result<(File, Print), EngineError> {
    let position = FingerPosition::new(image.position).map_err(failed)?;
    let path = PathBuf::from(format!("finger {}", image.position));
    let file = File { path, bytes: image.bytes.clone() };
    let print = file.first_print().map_err(|error| failed(format!("{error:#}")))?;
    Ok((file, print.at_position(position)))
}

pub(super) fn prints(images: &[FingerImage]) -> Result<Vec<Print>, EngineError> {
    images.iter().map(|image| print(image).map(|(_, print)| print)).collect()
}

fn enrollment(
    subject: &Subject,
    record: u32,
    image: &FingerImage,
) -> Result<Enrollment, EngineError> {
    let (file, print) = print(image)?;
    let key = ImpressionKey {
        subject: subject.to_vocabulary(),
        position: print.template.header().position,
        impression: ImpressionLabel::new(&record.to_string()).map_err(failed)?,
    };
    Ok(gallery::enrollment(key, file, &print))
}

impl Engine for LocalEngine {
    fn name(&self) -> String {
        release()
    }

    fn search(&mut self, images: &[FingerImage], threshold: u32) -> Result<Searched, EngineError> {
        let searched = self.node.stats().map_err(failed)?.persons;
        if images.is_empty() || searched == 0 {
            return Ok(Searched { candidates: Vec::new(), searched });
        }
        let probe = Probe { prints: prints(images)?.into_iter().map(|p| p.template).collect() };
        let answer = self.node.identify(&probe, &Options::default(), &Silent).map_err(failed)?;
        let alike = answer.ranked().filter(|(candidate, detail)| {
            let fingers = detail.fingers_compared;
            score(&self.calibration, candidate.similarity, fingers, 1) >= threshold
        });
        let name = |text: &str| Subject::new(text).map_err(failed);
        let candidates = alike.map(|(candidate, _)| name(candidate.subject.as_str()));
        Ok(Searched { candidates: candidates.collect::<Result<_, _>>()?, searched })
    }

    fn enroll(
        &mut self,
        subject: &Subject,
        record: u32,
        images: &[FingerImage],
    ) -> Result<(), EngineError> {
        let all = images.iter().map(|image| enrollment(subject, record, image));
        let outcomes = self.node.enroll(all.collect::<Result<_, _>>()?).map_err(failed)?;
        let done = |o: &EnrollOutcome| {
            matches!(o, EnrollOutcome::Enrolled | EnrollOutcome::AlreadyEnrolled)
        };
        match outcomes.iter().find(|outcome| !done(outcome)) {
            None => Ok(()),
            Some(outcome) => Err(failed(format!("a finger was not enrolled: {outcome:?}"))),
        }
    }

    fn compare_enrolled(
        &mut self,
        live: &[FingerImage],
        subject: &Subject,
    ) -> Result<Compared, EngineError> {
        let references = self.node.references(&subject.to_vocabulary()).map_err(failed)?;
        let on_file: Vec<Print> = references.into_iter().map(Print::enrolled).collect();
        against(&self.calibration, &prints(live)?, &on_file)
    }

    fn compare(
        &mut self,
        live: &[FingerImage],
        other: &[FingerImage],
    ) -> Result<Compared, EngineError> {
        against(&self.calibration, &prints(live)?, &prints(other)?)
    }

    fn erase(&mut self, subject: &Subject) -> Result<(), EngineError> {
        self.node.erase(&subject.to_vocabulary()).map_err(failed)?;
        Ok(())
    }
}
