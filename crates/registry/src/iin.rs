//! The individual identification number.

use crate::{Denied, Sex};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Twelve digits: birth date as YYMMDD, century and sex, four serial digits, a check digit
/// (section 1.5 of the requirements, decree No. 565 of 11 June 2003).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iin([u8; 12]);

impl Iin {
    /// From its digits.
    ///
    /// # Errors
    /// [`Denied::Iin`] unless there are twelve digits that pass the check.
    pub fn new(text: &str) -> Result<Self, Denied> {
        let bytes: [u8; 12] = text.as_bytes().try_into().map_err(|_| Denied::Iin)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(Denied::Iin);
        }
        let digits = bytes.map(|byte| byte - b'0');
        if check_digit(&digits) == Some(digits[11]) { Ok(Self(digits)) } else { Err(Denied::Iin) }
    }

    /// Whether digits 1 to 7 contradict a birth date or a sex. A seventh digit of 0 says neither
    /// century nor sex.
    pub fn disagrees_with(&self, birth: Date, sex: Sex) -> bool {
        let d = self.0.map(i16::from);
        let yymmdd = [d[0] * 10 + d[1], d[2] * 10 + d[3], d[4] * 10 + d[5]];
        let born = [birth.year() % 100, i16::from(birth.month()), i16::from(birth.day())];
        let Some(code) = (1..=6).contains(&self.0[6]).then_some(self.0[6]) else {
            return yymmdd != born;
        };
        let century = 18 + i16::from((code - 1) / 2);
        let said = if code % 2 == 1 { Sex::Male } else { Sex::Female };
        yymmdd != born || century != birth.year() / 100 || (sex != Sex::Other && sex != said)
    }
}

/// The twelfth digit of the first eleven, or `None` when they cannot have one.
fn check_digit(digits: &[u8; 12]) -> Option<u8> {
    let weighted = |shift: usize| {
        let weight = |i: usize| (i + shift) % 11 + 1;
        (0..11).map(|i| weight(i) * usize::from(digits[i])).sum::<usize>() % 11
    };
    let first = weighted(0);
    let sum = if first == 10 { weighted(2) } else { first };
    u8::try_from(sum).ok().filter(|sum| *sum < 10)
}

impl fmt::Display for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin(private)")
    }
}

impl TryFrom<String> for Iin {
    type Error = Denied;

    fn try_from(text: String) -> Result<Self, Denied> {
        Self::new(&text)
    }
}

impl From<Iin> for String {
    fn from(iin: Iin) -> Self {
        iin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    // Proves R-024.
    #[test]
    fn a_number_passes_only_with_its_check_digit() {
        for good in ["990101100010", "990101100111"] {
            assert_eq!(Iin::new(good).unwrap().to_string(), good);
        }
        let none = (0..10).map(|x| format!("99010110010{x}"));
        for bad in none.chain(
            ["990101100011", "99010110001", "9901011000100", "99010110001x", ""].map(String::from),
        ) {
            assert_eq!(Iin::new(&bad), Err(Denied::Iin), "{bad}");
        }
    }

    #[test]
    fn the_first_seven_digits_are_compared_with_birth_date_and_sex() {
        let iin = Iin::new("990101100010").unwrap();
        assert!(!iin.disagrees_with(date(1899, 1, 1), Sex::Male));
        assert!(!iin.disagrees_with(date(1899, 1, 1), Sex::Other));
        assert!(iin.disagrees_with(date(1999, 1, 1), Sex::Male));
        assert!(iin.disagrees_with(date(1899, 1, 2), Sex::Male));
        assert!(iin.disagrees_with(date(1899, 1, 1), Sex::Female));
    }
}
