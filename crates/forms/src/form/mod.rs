//! The forms: what each is filled with, and how it is laid out.

mod card_request;
mod certificate;
mod copy_request;
mod dna_card;
mod dna_profile;
mod person;
mod refusal;

pub use card_request::CardRequest;
pub use certificate::Certificate;
pub use copy_request::CopyRequest;
pub use dna_card::DnaCard;
pub use dna_profile::{Allele, Alleles, DnaProfile, LocusName};
pub use person::{IdentityDocument, Official, Person};
pub use refusal::{Refusal, Representation};

use crate::sheet::{Align, Footer, Sheet};
use crate::typeface::{CAPTION, HINT, TITLE, Typeface};
use crate::{Case, Date, Field, FormError, Moment, Place, Seal, pdf};

/// Which of the five forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormCode {
    /// 1-1, refusal of fingerprint capture.
    Refusal,
    /// 3-1, certificate of passing fingerprint capture.
    Certificate,
    /// 3-2, request for a copy of fingerprint information.
    CopyRequest,
    /// 3-3, request to capture and issue a paper card.
    CardRequest,
    /// 4-1, DNA profile card.
    DnaCard,
}

impl FormCode {
    /// Every form, in the order of the annexes.
    pub const ALL: [Self; 5] =
        [Self::Refusal, Self::Certificate, Self::CopyRequest, Self::CardRequest, Self::DnaCard];

    /// The annex number of the Rules.
    pub fn number(self) -> &'static str {
        match self {
            Self::Refusal => "1-1",
            Self::Certificate => "3-1",
            Self::CopyRequest => "3-2",
            Self::CardRequest => "3-3",
            Self::DnaCard => "4-1",
        }
    }

    /// The clause of the Rules that calls for the form.
    pub fn clause(self) -> &'static str {
        match self {
            Self::Refusal => "21-3",
            Self::Certificate => "26-1",
            Self::CopyRequest => "136-2",
            Self::CardRequest => "136-3",
            Self::DnaCard => "136-5",
        }
    }

    /// The printed title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Refusal => refusal::TITLE,
            Self::Certificate => certificate::TITLE,
            Self::CopyRequest => copy_request::TITLE,
            Self::CardRequest => card_request::TITLE,
            Self::DnaCard => dna_card::TITLE,
        }
    }

    fn place(self, field: &'static str) -> Place {
        Place { form: self, field }
    }
}

/// A filled form.
#[expect(clippy::large_enum_variant, reason = "one is made for a print, and never many at once")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// 1-1.
    Refusal(Refusal),
    /// 3-1.
    Certificate(Certificate),
    /// 3-2.
    CopyRequest(CopyRequest),
    /// 3-3.
    CardRequest(CardRequest),
    /// 4-1.
    DnaCard(DnaCard),
}

impl Form {
    /// Which form it is.
    pub fn code(&self) -> FormCode {
        match self {
            Self::Refusal(_) => FormCode::Refusal,
            Self::Certificate(_) => FormCode::Certificate,
            Self::CopyRequest(_) => FormCode::CopyRequest,
            Self::CardRequest(_) => FormCode::CardRequest,
            Self::DnaCard(_) => FormCode::DnaCard,
        }
    }

    /// Everything that is filled in, in the order of the form: what the digest is taken of.
    pub fn fields(&self) -> Vec<Field> {
        let mut list = FieldList(Vec::new());
        match self {
            Self::Refusal(form) => form.list(&mut list),
            Self::Certificate(form) => form.list(&mut list),
            Self::CopyRequest(form) => form.list(&mut list),
            Self::CardRequest(form) => form.list(&mut list),
            Self::DnaCard(form) => form.list(&mut list),
        }
        list.0
    }

    /// What the QR code of this form in this case says.
    pub fn seal(&self, case: &Case) -> Seal {
        Seal::new(self.code(), case.number(), &self.fields())
    }

    /// The form as PDF/A-2u on A4, one side a page; the same bytes for the same arguments.
    ///
    /// # Errors
    /// Those of [`FormError`]: a field that is too long, cannot be printed or must not be, or all
    /// fields together too long for their side.
    pub fn print(&self, case: &Case, printed_at: Moment) -> Result<Vec<u8>, FormError> {
        let form = self.code();
        let typeface = Typeface::new();
        let sheets = self.sheets(case, &typeface)?;
        let seal = self.seal(case);
        let sides = sheets.len();
        let mut placed = Vec::with_capacity(sides);
        for (sheet, side) in sheets.into_iter().zip(1..) {
            let footer = Footer { seal: &seal, side, sides };
            placed.push(sheet.place(footer).ok_or(FormError::SideFull { form, side })?);
        }
        pdf::write(form, &placed, &typeface, printed_at).ok_or(FormError::Pdf { form })
    }

    fn sheets<'a>(&self, case: &Case, typeface: &'a Typeface) -> Result<Vec<Sheet<'a>>, FormError> {
        let mut sheet = Sheet::new(typeface);
        annex(&mut sheet, self.code());
        match self {
            Self::Refusal(form) => return form.sheets(sheet, Sheet::new(typeface), case),
            Self::Certificate(form) => form.lay_out(&mut sheet)?,
            Self::CopyRequest(form) => form.lay_out(&mut sheet, case)?,
            Self::CardRequest(form) => form.lay_out(&mut sheet, case)?,
            Self::DnaCard(form) => form.lay_out(&mut sheet, case)?,
        }
        Ok(vec![sheet])
    }
}

/// Fields in the order of a form.
struct FieldList(Vec<Field>);

impl FieldList {
    fn add(&mut self, name: &'static str, value: impl ToString) {
        self.0.push(Field { name, value: value.to_string() });
    }

    /// A field that the form may leave blank.
    fn add_if(&mut self, name: &'static str, value: Option<impl ToString>) {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        self.0.push(Field { name, value });
    }
}

/// The annex heading, as every form of the decree has one.
fn annex(sheet: &mut Sheet<'_>, form: FormCode) {
    let rules = "Дактилоскопиялық және геномдық тіркеуді жүргізу қағидаларына";
    sheet.text(&format!("{rules} {}-қосымша", form.number()), HINT, Align::RightHalf);
    sheet.space(2.0);
}

/// The body a request goes to, top right.
fn heading(sheet: &mut Sheet<'_>, text: &str) {
    sheet.text(text, CAPTION, Align::RightHalf);
    sheet.space(8.0);
}

fn title(sheet: &mut Sheet<'_>, form: FormCode) {
    sheet.text(form.title(), TITLE, Align::Center);
    sheet.space(4.0);
}

/// Errors of a date that a form of this case prints.
fn check_date(place: Place, date: Date, case: &Case) -> Result<(), FormError> {
    if date < case.opened() {
        return Err(FormError::BeforeTheCase { place });
    }
    Ok(())
}

/// Year, day and month for a printed `20__ ж. "__" ____`.
fn check_century(place: Place, date: Date) -> Result<(), FormError> {
    if !(2000..2100).contains(&date.year()) {
        return Err(FormError::Century { place });
    }
    Ok(())
}
