//! The five forms of the registration rules (annexes 1-1, 3-1, 3-2, 3-3 and 4-1), printed from data
//! as PDF/A-2u.
//!
//! Each form is a struct of validated values; [`Form::print`] turns it into the bytes of a document
//! in which every caption stands letter for letter as the decree has it, and nothing is ever cut:
//! a name longer than its cells gets more cells and then further rows, and what is longer still is
//! an error that names field and clause. Pure: the same values, case and moment give the same
//! bytes. Every side carries a QR code with form, case number and a digest of what is filled in
//! ([`Seal`]).
//!
//! Source: Government Decree of the Republic of Kazakhstan No. 246 of 1 April 2024, annexes 1 to 5.

mod date;
mod error;
mod form;
mod number;
mod pdf;
mod seal;
mod sheet;
mod text;
mod typeface;

pub use date::{BirthDate, Date, Moment};
pub use error::{FormError, Place, ValueError};
pub use form::{
    Allele, Alleles, CardRequest, Certificate, CopyRequest, DnaCard, DnaProfile, Form, FormCode,
    IdentityDocument, LocusName, Official, Person, Refusal, Representation,
};
pub use number::{Case, Iin, RegistrationId};
pub use seal::{Field, Seal};
pub use text::{Name, PersonName, Text};
