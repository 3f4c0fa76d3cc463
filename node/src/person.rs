//! What is kept of a person besides the prints: which fingers are not there, and how many prints.
//!
//! Value on disk: record version 1, number of fingers declared, then per finger its position code
//! and status code; number of references and of images (32 bits each, little-endian); CRC-32 of the
//! key and all bytes before.

use crate::bytes::{Fields, seal, unseal};
use crate::error::RecordFault;
use std::collections::BTreeMap;
use vocabulary::{FingerPosition, FingerStatus};

const VERSION: u8 = 1;

/// A person of the gallery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Fingers declared amputated or missing; every other one is taken to be there.
    pub absent: BTreeMap<FingerPosition, FingerStatus>,
    /// References enrolled.
    pub references: u32,
    /// Images stored.
    pub images: u32,
}

impl Person {
    /// Whether nothing is known of the person.
    pub fn is_empty(&self) -> bool {
        self.absent.is_empty() && self.references == 0 && self.images == 0
    }

    /// The sealed value under this key.
    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let mut value = vec![VERSION, self.absent.len() as u8];
        for (position, status) in &self.absent {
            value.extend([position.code(), status_code(*status)]);
        }
        value.extend_from_slice(&self.references.to_le_bytes());
        value.extend_from_slice(&self.images.to_le_bytes());
        seal(key, value)
    }

    /// Checks and reads the value under this key.
    pub(crate) fn decode(key: &[u8], sealed: &[u8]) -> Result<Self, RecordFault> {
        let mut fields = Fields(unseal(key, sealed)?);
        let version = fields.u8()?;
        if version != VERSION {
            return Err(RecordFault::Version(version));
        }
        let mut absent = BTreeMap::new();
        for _ in 0..fields.u8()? {
            let position = FingerPosition::new(fields.u8()?).map_err(|_| RecordFault::Value)?;
            absent.insert(position, status(fields.u8()?).ok_or(RecordFault::Value)?);
        }
        let (references, images) = (fields.u32()?, fields.u32()?);
        fields.end()?;
        Ok(Self { absent, references, images })
    }
}

/// Codes of the statuses on disk.
const fn status_code(status: FingerStatus) -> u8 {
    match status {
        FingerStatus::Present => 0,
        FingerStatus::Amputated => 1,
        FingerStatus::UnableToPrint => 2,
    }
}

const fn status(code: u8) -> Option<FingerStatus> {
    match code {
        1 => Some(FingerStatus::Amputated),
        2 => Some(FingerStatus::UnableToPrint),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_back() {
        let absent = [(3, FingerStatus::Amputated), (7, FingerStatus::UnableToPrint)]
            .map(|(code, status)| (FingerPosition::new(code).unwrap(), status));
        let person = Person { absent: absent.into(), references: 4, images: 3 };
        assert_eq!(Person::decode(b"k", &person.encode(b"k")), Ok(person));
    }

    #[test]
    fn values_of_a_later_release_are_not_guessed() {
        let mut value = Person::default().encode(b"k");
        value.truncate(value.len() - 4);
        value[0] = 2;
        assert_eq!(Person::decode(b"k", &seal(b"k", value.clone())), Err(RecordFault::Version(2)));
        value[0] = VERSION;
        value.push(0);
        assert_eq!(Person::decode(b"k", &seal(b"k", value)), Err(RecordFault::Length));
    }
}
