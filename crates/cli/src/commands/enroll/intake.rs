//! From one file to the enrollments of its prints.

use super::jobs::Job;
use crate::load::{self, LoadError, Print, Resolution, Source};
use matching::descriptor;
use node::{Enrollment, Node, NodeError, StoredImage};
use std::collections::HashMap;
use thiserror::Error;
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, VocabularyError};

/// What may be enrolled, and what is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Least quality of a print.
    pub(crate) quality_min: u8,
    /// Keep the images as received.
    pub(crate) keep_images: bool,
    /// Take template files only.
    pub(crate) templates_only: bool,
}

/// What came of a file.
pub(crate) enum Intake {
    /// The same file is enrolled already.
    Known,
    /// Prints to enroll.
    New(Vec<NewPrint>),
}

/// A print to enroll.
pub(crate) struct NewPrint {
    pub(crate) enrollment: Enrollment,
    /// `None` for a template.
    pub(crate) resolution: Option<Resolution>,
}

/// Why a file is not enrolled.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(
        "another file is enrolled as {0}: give this one another impression label, or erase the \
         subject first"
    )]
    Conflict(ImpressionKey),
    #[error("quality {found} is below --min-quality {min}: capture the finger again")]
    Quality { found: u8, min: u8 },
    #[error(
        "{minutiae} usable minutiae are too few for any search to find it: capture the finger again"
    )]
    TooFewMinutiae { minutiae: usize },
    #[error("it says it is a {in_file}, its name or manifest says {given}: correct one of them")]
    OtherFinger { in_file: FingerPosition, given: FingerPosition },
    #[error("it is an image: enroll it with `tanba enroll`")]
    Image,
    #[error("it holds no print")]
    NoPrint,
    #[error("its prints cannot be told apart: {0}")]
    Label(#[from] VocabularyError),
    #[error("{0} was declared amputated: correct the file's label, or declare the finger present")]
    Amputated(ImpressionKey),
}

/// Reads a file and extracts its prints, unless they are enrolled already.
pub(crate) fn take_in(job: &Job, node: &Node, rules: Rules) -> Result<Intake, Refusal> {
    let file = read(job, rules)?;
    let digest = file.digest();
    let enrolled = node.digests(&job.subject)?;
    if enrolled.iter().any(|(key, known)| *known == digest && job.may_be(key)) {
        return Ok(Intake::Known);
    }
    // An image's key is known before the costly extraction, so a conflict shows at once.
    if let Some(key) = job.key_of_single_print()
        && enrolled.iter().any(|(other, _)| *other == key)
    {
        return Err(Refusal::Conflict(key));
    }
    let mut new = new_prints(&file, job, rules)?;
    if rules.keep_images {
        keep_image(file, &mut new);
    }
    Ok(Intake::New(new))
}

/// Reads a file and extracts its prints, whatever is enrolled; images are not kept.
pub(crate) fn extract(job: &Job, rules: Rules) -> Result<Vec<NewPrint>, Refusal> {
    new_prints(&read(job, rules)?, job, rules)
}

fn read(job: &Job, rules: Rules) -> Result<load::File, Refusal> {
    let file = load::File::read(&job.path)?;
    if rules.templates_only && !file.is_template() {
        return Err(if formats::image::sniff(&file.bytes).is_some() {
            Refusal::Image
        } else {
            LoadError::UnknownFormat.into()
        });
    }
    Ok(file)
}

fn new_prints(file: &load::File, job: &Job, rules: Rules) -> Result<Vec<NewPrint>, Refusal> {
    let prints = file.prints(job.ppi)?;
    if prints.is_empty() {
        return Err(Refusal::NoPrint);
    }
    let mut labels = Labels::default();
    let mut new = Vec::with_capacity(prints.len());
    for print in prints {
        let key = job.key(&print, &mut labels)?;
        new.push(new_print(key, print, job, rules)?);
    }
    Ok(new)
}

fn new_print(
    key: ImpressionKey,
    print: Print,
    job: &Job,
    rules: Rules,
) -> Result<NewPrint, Refusal> {
    let header = *print.template.header();
    let minutiae = print.template.minutiae().len();
    let packed = descriptor::pack(&print.template, &matching::Parameters::default());
    if packed.count == 0 {
        return Err(Refusal::TooFewMinutiae { minutiae });
    }
    if header.quality < rules.quality_min {
        return Err(Refusal::Quality { found: header.quality, min: rules.quality_min });
    }
    let impression = job.impression_type.unwrap_or(header.impression);
    let template = print.template.relabeled(key.position, impression);
    let resolution = match print.source {
        Source::Image { resolution, .. } => Some(resolution),
        Source::Template => None,
    };
    let enrollment = Enrollment { key, template, digest: print.digest, image: None };
    Ok(NewPrint { enrollment, resolution })
}

/// Gives every print that came from an image the file's bytes.
fn keep_image(file: load::File, prints: &mut [NewPrint]) {
    let Some((last, others)) = prints.split_last_mut() else { return };
    let image =
        |bytes: Vec<u8>, resolution: Resolution| Some(StoredImage { bytes, ppi: resolution.ppi() });
    for print in others {
        if let Some(resolution) = print.resolution {
            print.enrollment.image = image(file.bytes.clone(), resolution);
        }
    }
    if let Some(resolution) = last.resolution {
        last.enrollment.image = image(file.bytes, resolution);
    }
}

/// How often each finger was seen in a file.
#[derive(Default)]
struct Labels(HashMap<FingerPosition, usize>);

impl Job {
    /// Whether a reference under this key may have come from this job's file.
    fn may_be(&self, key: &ImpressionKey) -> bool {
        let label = key.impression.as_str();
        let own = self.impression.as_str();
        let counted = label.strip_prefix(own).is_some_and(|rest| rest.starts_with('-'));
        (label == own || counted) && self.position.is_none_or(|position| position == key.position)
    }

    /// The key that the file's print will have, where name or manifest say all of it.
    fn key_of_single_print(&self) -> Option<ImpressionKey> {
        let (subject, impression) = (self.subject.clone(), self.impression.clone());
        Some(ImpressionKey { subject, position: self.position?, impression })
    }

    /// The key of a print: further prints of a finger in the same file are counted from 2.
    fn key(&self, print: &Print, labels: &mut Labels) -> Result<ImpressionKey, Refusal> {
        let in_file = print.template.header().position;
        let position = match self.position {
            Some(given) if !given.may_equal(in_file) => {
                return Err(Refusal::OtherFinger { in_file, given });
            }
            Some(given) if given != FingerPosition::UNKNOWN => given,
            _ => in_file,
        };
        let seen = labels.0.entry(position).or_default();
        *seen += 1;
        let impression = match *seen {
            1 => self.impression.clone(),
            n => ImpressionLabel::new(&format!("{}-{n}", self.impression))?,
        };
        Ok(ImpressionKey { subject: self.subject.clone(), position, impression })
    }
}
