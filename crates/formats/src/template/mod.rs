//! Template formats to and from [`vocabulary::Template`].
//!
//! [`decode`] recognizes the format by its first bytes ([`sniff`]). The interchange formats carry
//! up to 255 minutiae per view at whole pixels and nothing else that we use, so what is read from
//! them is marked [`vocabulary::ExtractorVersion::FOREIGN`] and what is written to them is the best
//! 255; the private format ([`private`]) keeps everything. What each conversion does to positions,
//! angles and qualities is described there, too.
//!
//! Departures from the standards on reading: reserved bits are ignored; extension blocks are
//! skipped, whatever they hold; view numbers need not be consecutive; a finger without minutiae is
//! allowed. A record whose stated lengths do not agree with its contents is refused.
//!
//! ```
//! use formats::template::{TemplateFormat, decode, encode, sniff};
//!
//! // An ISO/IEC 19794-2:2005 record of 256 x 364 pixels at 500 ppi: one view, one minutia.
//! let mut record = b"FMR\0 20\0\0\0\0\x24\0\0\x01\0\x01\x6c\0\xc5\0\xc5\x01\0".to_vec();
//! record.extend([2, 0, 80, 1, 0x40, 100, 0, 120, 64, 90, 0, 0]);
//! assert_eq!(sniff(&record), Some(TemplateFormat::Iso2005));
//!
//! let templates = decode(&record)?;
//! assert_eq!(templates[0].header().position.name(), "right-index");
//! assert_eq!(templates[0].minutiae()[0].x_px(), 100.0);
//! assert_eq!(encode(TemplateFormat::Iso2005, &templates)?, record);
//! # Ok::<(), formats::template::TemplateError>(())
//! ```

mod ansi2009;
pub mod encounter;
mod error;
mod fmr20;
mod iso2011;
pub mod private;
mod reader;
mod resolution;
mod view;

pub use error::TemplateError;
pub use view::{MAX_VIEW_MINUTIAE, UNREPORTED_QUALITY};

use fmr20::Dialect;
use std::fmt;
use std::str::FromStr;
use vocabulary::Template;

/// A byte format of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateFormat {
    /// Our own, lossless: see [`private`].
    Private,
    /// ISO/IEC 19794-2:2005, record format.
    Iso2005,
    /// ISO/IEC 19794-2:2011, record format.
    Iso2011,
    /// ANSI/INCITS 378-2004.
    Ansi2004,
    /// ANSI/INCITS 378-2009; records of its amendment 1 (2010) are read, too.
    Ansi2009,
}

impl TemplateFormat {
    /// All formats.
    pub const ALL: [Self; 5] =
        [Self::Private, Self::Iso2005, Self::Iso2011, Self::Ansi2004, Self::Ansi2009];

    /// The short name for a command line, such as `iso2005`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Iso2005 => "iso2005",
            Self::Iso2011 => "iso2011",
            Self::Ansi2004 => "ansi2004",
            Self::Ansi2009 => "ansi2009",
        }
    }
}

impl fmt::Display for TemplateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for TemplateFormat {
    type Err = TemplateError;

    /// Accepts a name of [`TemplateFormat::name`] in any case.
    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let wanted = text.trim().to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.name() == wanted)
            .ok_or_else(|| TemplateError::FormatName(text.chars().take(80).collect()))
    }
}

/// The format that `bytes` claim to be in, or `None`. Bytes that only begin like a record are
/// named as well; [`decode`] says what is wrong with them.
pub fn sniff(bytes: &[u8]) -> Option<TemplateFormat> {
    if bytes.starts_with(private::MAGIC) {
        return Some(TemplateFormat::Private);
    }
    match bytes.get(..8)? {
        fmr20::MAGIC => Some(match fmr20::dialect(bytes) {
            Dialect::Iso => TemplateFormat::Iso2005,
            Dialect::Ansi => TemplateFormat::Ansi2004,
        }),
        iso2011::MAGIC if iso2011::lengths_agree(bytes) => Some(TemplateFormat::Iso2011),
        ansi2009::MAGIC | ansi2009::MAGIC_AMENDMENT_1 => Some(TemplateFormat::Ansi2009),
        _ => None,
    }
}

/// Decodes all views of a record of any format of [`TemplateFormat`], in their order.
///
/// # Errors
/// [`TemplateError`] for every byte string that is no complete, consistent record.
pub fn decode(bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    match sniff(bytes) {
        Some(format) => decode_as(format, bytes),
        None if bytes.is_empty() => Err(TemplateError::Empty),
        None => Err(TemplateError::UnknownFormat),
    }
}

/// Decodes all views of a record of a known format, in their order.
///
/// # Errors
/// As [`decode`]; [`TemplateError::UnknownFormat`] when `bytes` do not begin like that format.
pub fn decode_as(format: TemplateFormat, bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    match format {
        TemplateFormat::Private => private::decode_all(bytes),
        TemplateFormat::Iso2005 => fmr20::decode(Dialect::Iso, bytes),
        TemplateFormat::Ansi2004 => fmr20::decode(Dialect::Ansi, bytes),
        TemplateFormat::Iso2011 => iso2011::decode(bytes),
        TemplateFormat::Ansi2009 => ansi2009::decode(bytes),
    }
}

/// Encodes templates as one record, one view each, finger by finger (templates of the same finger
/// keep their order). Interchange formats take the best 255 minutiae of each template, at whole
/// pixels, and no ridge flow.
///
/// # Errors
/// [`TemplateError::NoViews`] without templates, [`TemplateError::TooManyViews`] above 255 of them
/// or above 16 of one finger (the private format takes any number).
pub fn encode(format: TemplateFormat, templates: &[Template]) -> Result<Vec<u8>, TemplateError> {
    if templates.is_empty() {
        return Err(TemplateError::NoViews);
    }
    match format {
        TemplateFormat::Private => Ok(templates.iter().flat_map(private::encode).collect()),
        TemplateFormat::Iso2005 => fmr20::encode(Dialect::Iso, templates),
        TemplateFormat::Ansi2004 => fmr20::encode(Dialect::Ansi, templates),
        TemplateFormat::Iso2011 => iso2011::encode(templates),
        TemplateFormat::Ansi2009 => ansi2009::encode(templates),
    }
}
