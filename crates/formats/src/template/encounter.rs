//! The prints of one encounter, or of one probe, as the cluster carries them.
//!
//! Bytes: private templates ([`super::private`]) one after the other, and nothing else. Each of
//! them holds its finger, its extractor version and a checksum, so nothing has to be said twice.
//! There is one form for a set of prints: sorted by finger, then by bytes, all of one extractor
//! version. What stage 1 compares is not in it; whoever holds the gallery makes it from the
//! templates, so that records of differing descriptor versions never meet.

use super::{TemplateError, private};
use thiserror::Error;
use vocabulary::{ExtractorVersion, FingerPosition, ImpressionLabel, Template};

/// Most prints of one encounter.
pub const PRINTS_MAX: usize = 60;
/// Most bytes of one encounter.
pub const BYTES_MAX: usize = 1 << 20;

/// Why prints are no encounter, or bytes hold none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncounterError {
    /// Nobody was there.
    #[error("an encounter has at least one print")]
    Empty,
    /// More than [`PRINTS_MAX`] prints or [`BYTES_MAX`] bytes.
    #[error("an encounter has at most {PRINTS_MAX} prints of {BYTES_MAX} bytes in all")]
    TooMuch,
    /// Prints of two extractor versions.
    #[error(
        "the prints were extracted by versions {first} and {second}: extract them again from the \
         images"
    )]
    Mixed {
        /// Of the first print.
        first: u16,
        /// Of another.
        second: u16,
    },
    /// The same print twice, or out of order.
    #[error("the prints are not each there once and in order")]
    Order,
    /// Something that would be lost: sections of a template that this release does not know.
    #[error("a template holds sections that this release does not know: use a later one")]
    Unknown,
    /// A template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// The prints of one encounter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encounter {
    extractor: ExtractorVersion,
    prints: Vec<Template>,
}

impl Encounter {
    /// Puts prints in order. A print that is given twice is taken once.
    ///
    /// # Errors
    /// No prints, too many, or of several extractor versions.
    pub fn new(prints: Vec<Template>) -> Result<Self, EncounterError> {
        let mut prints: Vec<(Place, Template)> =
            prints.into_iter().map(|print| (place(&print), print)).collect();
        prints.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        prints.dedup_by(|(a, _), (b, _)| a == b);
        Self::check(prints)
    }

    fn check(prints: Vec<(Place, Template)>) -> Result<Self, EncounterError> {
        let (_, first) = prints.first().ok_or(EncounterError::Empty)?;
        let extractor = first.header().extractor;
        let bytes: usize = prints.iter().map(|((_, bytes), _)| bytes.len()).sum();
        if prints.len() > PRINTS_MAX || bytes > BYTES_MAX {
            return Err(EncounterError::TooMuch);
        }
        let versions = prints.iter().map(|(_, print)| print.header().extractor);
        if let Some(other) = versions.into_iter().find(|version| *version != extractor) {
            return Err(EncounterError::Mixed { first: extractor.0, second: other.0 });
        }
        if !prints.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(EncounterError::Order);
        }
        let prints = prints.into_iter().map(|(_, print)| print).collect();
        Ok(Self { extractor, prints })
    }

    /// The version that extracted all prints.
    pub const fn extractor(&self) -> ExtractorVersion {
        self.extractor
    }

    /// The prints, by finger.
    pub fn prints(&self) -> &[Template] {
        &self.prints
    }

    /// The prints, by finger.
    pub fn into_prints(self) -> Vec<Template> {
        self.prints
    }

    /// Finger and label of every print, in order: the prints of a finger are numbered from 1.
    ///
    /// # Panics
    /// Never: a number is a label.
    pub fn labels(&self) -> Vec<(FingerPosition, ImpressionLabel)> {
        let (mut number, mut last) = (0, None);
        let mut label = |print: &Template| {
            let position = print.header().position;
            number = if last == Some(position) { number + 1 } else { 1 };
            last = Some(position);
            let label = ImpressionLabel::new(&number.to_string()).expect("a number is a label");
            (position, label)
        };
        self.prints.iter().map(&mut label).collect()
    }

    /// The bytes. Equal sets of prints give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.prints.iter().flat_map(private::encode).collect()
    }

    /// Reads bytes that hold one encounter and nothing else, in its one form.
    ///
    /// # Errors
    /// [`EncounterError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, EncounterError> {
        if bytes.is_empty() {
            return Err(EncounterError::Empty);
        }
        if bytes.len() > BYTES_MAX {
            return Err(EncounterError::TooMuch);
        }
        let prints = private::decode_all(bytes)?;
        let encounter = Self::check(prints.into_iter().map(|p| (place(&p), p)).collect())?;
        if encounter.encode() == bytes { Ok(encounter) } else { Err(EncounterError::Unknown) }
    }
}

/// What prints are sorted by.
type Place = (FingerPosition, Vec<u8>);

fn place(print: &Template) -> Place {
    (print.header().position, private::encode(print))
}
