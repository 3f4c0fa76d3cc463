//! The registration identifier.

use crate::Denied;
use crate::rules::IdentifierFormat;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A prefix, a serial number and two check digits of ISO 7064 MOD 97-10 (OP-33). The serial number
/// counts registrations, so nothing about a person can be read from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegistrationId(String);

impl RegistrationId {
    /// The identifier of a serial number.
    ///
    /// # Errors
    /// [`Denied::SerialsUsedUp`] when the number has more digits than the format.
    pub fn from_serial(format: &IdentifierFormat, serial: u64) -> Result<Self, Denied> {
        let digits = format!("{serial:0width$}", width = format.serial_digits);
        if digits.len() > format.serial_digits {
            return Err(Denied::SerialsUsedUp);
        }
        let check = check_digits(&digits);
        Ok(Self(format!("{}{digits}{check}", format.prefix)))
    }

    /// From what somebody typed: upper or lower case, with or without spaces.
    ///
    /// # Errors
    /// [`Denied::RegistrationId`] for a wrong prefix, length or check.
    pub fn parse(format: &IdentifierFormat, text: &str) -> Result<Self, Denied> {
        let wanted: String = text.chars().filter(|c| *c != ' ').collect::<String>().to_uppercase();
        let number = wanted.strip_prefix(format.prefix.as_str()).ok_or(Denied::RegistrationId)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || number.len() != format.serial_digits + 2 {
            return Err(Denied::RegistrationId);
        }
        let (serial, check) = number.split_at(format.serial_digits);
        if check == check_digits(serial) { Ok(Self(wanted)) } else { Err(Denied::RegistrationId) }
    }

    /// The text, beginning with the prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the prefix that the forms print themselves.
    pub fn after_prefix(&self) -> &str {
        self.0.trim_start_matches(|c: char| c.is_ascii_alphabetic())
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// ISO 7064 MOD 97-10 over decimal digits.
fn check_digits(digits: &str) -> String {
    let remainder = |start: u32, text: &str| {
        text.bytes().fold(start, |sum, byte| (sum * 10 + u32::from(byte - b'0')) % 97)
    };
    format!("{:02}", 98 - remainder(remainder(0, digits), "00"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn format() -> IdentifierFormat {
        IdentifierFormat { prefix: "KZ".into(), serial_digits: 10 }
    }

    // Proves.
    #[test]
    fn an_identifier_is_a_prefix_a_serial_and_a_check() {
        let id = RegistrationId::from_serial(&format(), 794).unwrap();
        // 794 has the check digits 44 in the worked example of ISO 7064.
        assert_eq!((id.as_str(), id.after_prefix()), ("KZ000000079444", "000000079444"));
        assert_eq!(RegistrationId::parse(&format(), "kz 0000000794 44").unwrap(), id);
        let used_up = RegistrationId::from_serial(&format(), 10_000_000_000);
        assert_eq!(used_up, Err(Denied::SerialsUsedUp));
    }

    proptest! {
        // Proves R-036.
        #[test]
        fn a_mistyped_identifier_is_found(
            serial in 0u64..10_000_000_000, at in 2usize..14, by in 1u8..10,
        ) {
            let id = RegistrationId::from_serial(&format(), serial).unwrap();
            let mut bytes = id.as_str().as_bytes().to_vec();
            bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
            let typed = String::from_utf8(bytes).unwrap();
            prop_assert!(RegistrationId::parse(&format(), &typed).is_err());
            let mut swapped = id.as_str().as_bytes().to_vec();
            if at > 2 && swapped[at] != swapped[at - 1] {
                swapped.swap(at, at - 1);
                let typed = String::from_utf8(swapped).unwrap();
                prop_assert!(RegistrationId::parse(&format(), &typed).is_err());
            }
        }
    }
}
