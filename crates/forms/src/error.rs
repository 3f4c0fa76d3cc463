//! What can be wrong with a value, and with a form made of values.

use crate::FormCode;
use thiserror::Error;

/// Why a value is none. Never carries the value itself: it may be a personal datum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// More characters (grapheme clusters) than any field of any form takes.
    #[error("{length} characters, at most {limit} are taken")]
    TooLong {
        /// Characters given.
        length: usize,
        /// Characters taken.
        limit: usize,
    },
    /// A control, invisible or direction-changing character.
    #[error("character {position} is a control or invisible character")]
    Invisible {
        /// 1-based, in Unicode scalar values.
        position: usize,
    },
    /// So many combining marks on one character that they reach into other lines.
    #[error("a character carries more than {limit} combining marks")]
    StackedMarks {
        /// Marks that one character may carry.
        limit: usize,
    },
    /// In a name: neither letter, hyphen, apostrophe nor space.
    #[error("character {position} is neither letter, hyphen, apostrophe nor space")]
    NotOfAName {
        /// 1-based, in Unicode scalar values.
        position: usize,
    },
    /// No day of the calendar, or a year outside 1800 to 2199.
    #[error("there is no such date between 1800 and 2199")]
    NoSuchDate,
    /// A time of day or an offset from UTC that no clock shows.
    #[error("there is no such time")]
    NoSuchTime,
    /// Not twelve digits.
    #[error("it is not twelve digits")]
    IinDigits,
    /// The twelfth digit contradicts the eleven before.
    #[error("its check digit is wrong")]
    IinCheck,
    /// Not `KZ` and 1 to 30 Latin capitals or digits.
    #[error("it is not KZ followed by 1 to 30 Latin capitals or digits")]
    RegistrationId,
    /// Not 1 to 40 Latin capitals, digits, `-`, `/` or `.`.
    #[error("it is not 1 to 40 of Latin capitals, digits, '-', '/' and '.'")]
    CaseNumber,
    /// Not the text of a QR code of a form.
    #[error("it is not the text that a form's QR code carries")]
    Seal,
    /// Not 1 to 12 Latin letters, digits or hyphens.
    #[error("it is not 1 to 12 Latin letters, digits or hyphens")]
    LocusName,
    /// Not 1 to 99 repeats with 0 to 9 tenths.
    #[error("it is not 1 to 99 repeats with 0 to 9 further bases")]
    Allele,
    /// A profile without one typed locus.
    #[error("no locus is typed")]
    NoLocus,
    /// A locus listed twice.
    #[error("locus {position} of the list stands in it before")]
    LocusTwice {
        /// 1-based place in the list.
        position: usize,
    },
    /// Amelogenin with repeats, or another locus with X and Y.
    #[error("locus {position} of the list has alleles of another kind of locus")]
    AllelesOfAnotherKind {
        /// 1-based place in the list.
        position: usize,
    },
}

/// A field on a form, as the registration rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The form.
    pub form: FormCode,
    /// The field's name in section 4 of the rules, such as `declarant.surname`.
    pub field: &'static str,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { form, field } = self;
        write!(f, "form {} (clause {}), {field}", form.number(), form.clause())
    }
}

/// Why a form cannot be printed. Names field and clause, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormError {
    /// Longer than the cells or lines of the field, continuations included. Nothing is ever cut.
    #[error("{place}: {length} characters, the print holds {limit}")]
    TooLong {
        /// Where.
        place: Place,
        /// Characters (grapheme clusters) given.
        length: usize,
        /// Characters that would have fitted.
        limit: usize,
    },
    /// A character that the embedded font lacks: neither Latin nor Cyrillic.
    #[error("{place}: character {position} is neither Latin nor Cyrillic nor usual punctuation")]
    Unprintable {
        /// Where.
        place: Place,
        /// 1-based, in Unicode scalar values.
        position: usize,
    },
    /// The person did not acknowledge what the form has them acknowledge.
    #[error("{place}: not acknowledged, so the form must not be printed")]
    NotAcknowledged {
        /// Where.
        place: Place,
    },
    /// A representative signs and the copy of the authorising document is not attached.
    #[error("{place}: the copy of the representative's document is not attached")]
    CopyMissing {
        /// Where.
        place: Place,
    },
    /// A date before the case was opened.
    #[error("{place}: the date is before the case was opened")]
    BeforeTheCase {
        /// Where.
        place: Place,
    },
    /// A year that does not begin with the printed `20`.
    #[error("{place}: the form prints 20__, the year must be 2000 to 2099")]
    Century {
        /// Where.
        place: Place,
    },
    /// More loci than the card takes.
    #[error("{place}: {count} loci besides the 21 named, the card takes {limit}")]
    TooManyLoci {
        /// Where.
        place: Place,
        /// Loci besides the named ones.
        count: usize,
        /// How many the card takes.
        limit: usize,
    },
    /// Every field fits on its own, all of them together do not fit the side.
    #[error("form {} (clause {}), side {side}: the fields do not fit on it", form.number(),
            form.clause())]
    SideFull {
        /// The form.
        form: FormCode,
        /// 1-based side.
        side: usize,
    },
    /// The PDF library refused the pages: a fault of this program, not of the data.
    #[error("form {}: the pages could not be written as PDF/A", form.number())]
    Pdf {
        /// The form.
        form: FormCode,
    },
}
