//! What makes a template unreadable or unwritable.

use thiserror::Error;
use vocabulary::VocabularyError;

/// Why bytes are no template, or templates do not fit a format. Offsets count from the start of
/// the bytes given. Texts never hold a position, angle or quality of a minutia.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// No bytes at all.
    #[error("the template is empty: export it again")]
    Empty,
    /// The first bytes belong to no format we read.
    #[error(
        "this is no template: it begins neither like ISO/IEC 19794-2 nor ANSI 378 (FMR) nor our \
         own format (TNBT)"
    )]
    UnknownFormat,
    /// A name that is none of [`crate::template::TemplateFormat::name`].
    #[error("{0:?} is no template format: give private, iso2005, iso2011, ansi2004 or ansi2009")]
    FormatName(String),
    /// The bytes end within a field.
    #[error(
        "the template is cut short: it ends within the {field} at byte {offset}: copy the file \
         again"
    )]
    Truncated {
        /// What was being read.
        field: &'static str,
        /// Where that begins.
        offset: usize,
    },
    /// A header field has a value that the format does not allow.
    #[error("the {field} at byte {offset} is {found}, but must be {allowed}")]
    Field {
        /// Which field.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// Its value.
        found: u32,
        /// What it may be.
        allowed: &'static str,
    },
    /// A minutia has a value that the format does not allow.
    #[error("the {field} of minutia {index} at byte {offset} must be {allowed}")]
    Minutia {
        /// Which field.
        field: &'static str,
        /// Index of the minutia in its view.
        index: usize,
        /// Where the minutia begins.
        offset: usize,
        /// What it may be.
        allowed: &'static str,
    },
    /// The stated length is not that of the contents.
    #[error("the {field} at byte {offset} says {stated} bytes, but the contents take {found}")]
    Length {
        /// Which length.
        field: &'static str,
        /// Where it stands.
        offset: usize,
        /// What it says.
        stated: u64,
        /// What the contents take.
        found: u64,
    },
    /// The checksum of a private template is wrong.
    #[error("the checksum at byte {offset} is wrong: the template is damaged, copy it again")]
    Checksum {
        /// Where the checksum stands.
        offset: usize,
    },
    /// A private template of a later version.
    #[error(
        "the template has version {found} of the private format, this program reads up to \
         {supported}: use a newer program"
    )]
    NewerVersion {
        /// Its version.
        found: u16,
        /// The newest version we read.
        supported: u16,
    },
    /// A private template needs a part that we do not know.
    #[error(
        "the template needs section {tag} at byte {offset}, which this program does not know: use \
         a newer program"
    )]
    UnknownSection {
        /// The section's tag.
        tag: u16,
        /// Where it begins.
        offset: usize,
    },
    /// A section of a private template is there twice.
    #[error("section {tag} at byte {offset} is there twice")]
    RepeatedSection {
        /// The section's tag.
        tag: u16,
        /// Where the second begins.
        offset: usize,
    },
    /// Every field is allowed, but together they make no template.
    #[error("view {view} is no usable template")]
    Unusable {
        /// Index of the view in the record, from 0.
        view: usize,
        /// What is wrong with it.
        #[source]
        source: VocabularyError,
    },
    /// A record without views.
    #[error("the record has no view: give at least one template")]
    NoViews,
    /// More views than the format can number.
    #[error("{found} templates are more than the {max} that the format holds {scope}")]
    TooManyViews {
        /// Templates given.
        found: usize,
        /// Most allowed.
        max: usize,
        /// `in a record` or `of one finger`.
        scope: &'static str,
    },
}
