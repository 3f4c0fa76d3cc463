//! Numbers that identify: of a person, of a registration, of a case.

use crate::{Date, ValueError};
use std::fmt;

/// An individual identification number (ЖСН/ИИН): twelve digits, the last of which checks the
/// others (section 1.5 of the rules).
#[derive(Clone, PartialEq, Eq)]
pub struct Iin(String);

impl Iin {
    /// Checks digits and check digit.
    ///
    /// # Errors
    /// [`ValueError::IinDigits`], [`ValueError::IinCheck`].
    pub fn new(given: &str) -> Result<Self, ValueError> {
        let digits: Vec<u32> = given.chars().filter_map(|c| c.to_digit(10)).collect();
        if given.len() != 12 || digits.len() != 12 {
            return Err(ValueError::IinDigits);
        }
        if check_digit(&digits[..11]) != Some(digits[11]) {
            return Err(ValueError::IinCheck);
        }
        Ok(Self(given.to_owned()))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The twelfth digit; `None` when the eleven digits belong to no number.
fn check_digit(digits: &[u32]) -> Option<u32> {
    let remainder = |shift: u32| {
        let weighted = digits.iter().zip(0..).map(|(digit, i)| digit * ((i + shift) % 11 + 1));
        weighted.sum::<u32>() % 11
    };
    [remainder(0), remainder(2)].into_iter().find(|remainder| *remainder < 10)
}

impl fmt::Debug for Iin {
    /// Without the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin")
    }
}

/// A registration identifier: `KZ` and a remainder whose pattern and check characters are the
/// registry's matter.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistrationId(String);

impl RegistrationId {
    /// Takes `KZ` followed by 1 to 30 Latin capitals or digits.
    ///
    /// # Errors
    /// [`ValueError::RegistrationId`].
    pub fn new(given: &str) -> Result<Self, ValueError> {
        let remainder = given.strip_prefix("KZ").ok_or(ValueError::RegistrationId)?;
        let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if !(1..=30).contains(&remainder.len()) || !remainder.chars().all(known) {
            return Err(ValueError::RegistrationId);
        }
        Ok(Self(remainder.to_owned()))
    }

    /// What follows the constant `KZ`.
    pub fn remainder(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KZ{}", self.0)
    }
}

impl fmt::Debug for RegistrationId {
    /// Without the identifier.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationId")
    }
}

/// The case that a form belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    number: String,
    opened: Date,
}

impl Case {
    /// A case by its number (1 to 40 of Latin capitals, digits, `-`, `/`, `.`: what a QR code holds
    /// densely) and the day it was opened, before which nothing of it can be signed.
    ///
    /// # Errors
    /// [`ValueError::CaseNumber`].
    pub fn new(number: &str, opened: Date) -> Result<Self, ValueError> {
        if !is_case_number(number) {
            return Err(ValueError::CaseNumber);
        }
        Ok(Self { number: number.to_owned(), opened })
    }

    /// The number.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The day the case was opened.
    pub fn opened(&self) -> Date {
        self.opened
    }
}

pub(crate) fn is_case_number(text: &str) -> bool {
    let known =
        |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '.');
    (1..=40).contains(&text.len()) && text.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iin_is_checked_by_both_rows_of_weights() {
        assert!(Iin::new("990101100010").is_ok());
        assert!(Iin::new("990101100111").is_ok(), "second row of weights");
        for last in '0'..='9' {
            let number = format!("99010110010{last}");
            assert_eq!(Iin::new(&number), Err(ValueError::IinCheck), "no number has these eleven");
        }
        assert_eq!(Iin::new("990101100011"), Err(ValueError::IinCheck));
        for given in ["99010110001", "9901011000100", "99010110001a", "９90101100010", ""] {
            assert_eq!(Iin::new(given), Err(ValueError::IinDigits), "{given}");
        }
    }

    #[test]
    fn a_registration_identifier_begins_with_kz() {
        let id = RegistrationId::new("KZ123456789012").unwrap();
        assert_eq!((id.remainder(), id.to_string().as_str()), ("123456789012", "KZ123456789012"));
        for given in ["123", "KZ", "kz12", "KZ 12", "KZ12а", &format!("KZ{}", "1".repeat(31))] {
            assert_eq!(RegistrationId::new(given), Err(ValueError::RegistrationId), "{given}");
        }
    }

    #[test]
    fn a_case_number_fits_a_qr_code() {
        let day = Date::new(2026, 11, 2).unwrap();
        assert_eq!(Case::new("ALA-2026/000123", day).unwrap().number(), "ALA-2026/000123");
        for given in ["", "а-1", "a-1", "A 1", &"A".repeat(41)] {
            assert_eq!(Case::new(given, day), Err(ValueError::CaseNumber), "{given}");
        }
    }
}
