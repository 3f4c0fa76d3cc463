//! Who a form is about, and who signs it.

use super::{FieldList, FormCode};
use crate::sheet::{Ruled, Sheet, Span};
use crate::{BirthDate, Case, Date, FormError, Iin, PersonName, Text};
use std::fmt;

/// A person as form 1-1 asks for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: PersonName,
    /// Birth date, as far as the document knows it.
    pub birth_date: BirthDate,
    /// Citizenship, or that there is none.
    pub citizenship: Text,
    /// Individual identification number, if the person has one.
    pub iin: Option<Iin>,
    /// Identity document.
    pub document: IdentityDocument,
}

/// An identity document as form 1-1 asks for one.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityDocument {
    /// Kind of document.
    pub kind: Text,
    /// Number or series.
    pub number: Text,
    /// Who issued it.
    pub issuer: Text,
    /// When it was issued.
    pub issued: Date,
}

impl IdentityDocument {
    /// Number, issuer and date of issue, in the order of the caption.
    pub(crate) fn details(&self) -> String {
        format!("{}, {}, {}", self.number.as_str(), self.issuer.as_str(), self.issued)
    }
}

impl fmt::Debug for IdentityDocument {
    /// Without number and dates.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityDocument")
    }
}

/// An official who signs a request or a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Official {
    /// Name; printed as surname and initials.
    pub name: PersonName,
    /// Position.
    pub position: Text,
}

impl Official {
    pub(super) fn line(&self) -> String {
        format!("{}, {}", self.name.with_initials(), self.position.as_str())
    }

    pub(super) fn list(&self, name: &'static str, fields: &mut FieldList) {
        fields.add(name, self.line());
    }

    /// The official's line, a rule to sign on, and the date.
    pub(super) fn lay_out(
        &self,
        sheet: &mut Sheet<'_>,
        words: &Signature<'_>,
    ) -> Result<(), FormError> {
        let place = words.form.place(words.field);
        let line = self.line();
        sheet.ruled(&Ruled::line(place, words.caption, Some(&line)))?;
        sheet.space(3.0);
        sheet.ruled(&Ruled { hint: words.hint, ..Ruled::blank(place) })?;
        sheet.space(4.0);
        let at = words.form.place("date");
        super::check_date(at, words.date, words.case)?;
        super::check_century(at, words.date)?;
        let (year, day) = (words.date.year() % 100, words.date.day());
        sheet.sentence(&[
            Span::Words("20"),
            Span::Value(at, &format!("{year:02}")),
            Span::Words(words.year_word),
            Span::Value(at, &format!("{day:02}")),
            Span::Words("\" "),
            Span::Value(at, words.month),
        ])
    }
}

/// The words around an official's signature.
pub(super) struct Signature<'a> {
    pub(super) form: FormCode,
    pub(super) field: &'static str,
    pub(super) caption: &'a str,
    pub(super) hint: &'a str,
    /// Between the year and the day, the opening quotation mark included.
    pub(super) year_word: &'a str,
    pub(super) month: &'a str,
    pub(super) date: Date,
    pub(super) case: &'a Case,
}
