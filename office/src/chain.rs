//! The chain of a ledger: every entry names the SHA-256 of all before it.

use crate::{Entry, LedgerError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// How far a ledger goes: the number of the next entry, and the digest of the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Entries there are.
    pub number: u64,
    /// SHA-256 of the last one in hexadecimal; zeros before the first.
    pub digest: String,
}

#[derive(Serialize)]
struct Sealed<'a> {
    number: u64,
    previous: &'a str,
    entry: &'a Entry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    number: u64,
    previous: String,
    entry: Entry,
}

impl Head {
    /// That of an empty ledger.
    pub fn empty() -> Self {
        Self { number: 0, digest: "0".repeat(64) }
    }

    /// The bytes of the next entry; the head stays where it is until [`Self::pass`].
    pub fn seal(&self, entry: &Entry) -> Vec<u8> {
        let sealed = Sealed { number: self.number, previous: &self.digest, entry };
        serde_json::to_vec(&sealed).expect("entries are of texts, numbers and lists")
    }

    /// Goes on over the bytes of an entry.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.number += 1;
        self.digest = hexadecimal(&Sha256::digest(bytes));
    }

    /// Reads the next entry and goes on over it.
    ///
    /// # Errors
    /// [`LedgerError::Unreadable`], and [`LedgerError::Broken`] when it is not the next one of this
    /// chain.
    pub fn open(&mut self, bytes: &[u8]) -> Result<Entry, LedgerError> {
        let number = self.number;
        let read: Result<Opened, _> = serde_json::from_slice(bytes);
        // The words of the error could quote a name.
        let opened = read.map_err(|_| LedgerError::Unreadable { number })?;
        if opened.number != number || opened.previous != self.digest {
            return Err(LedgerError::Broken { number });
        }
        self.pass(bytes);
        Ok(opened.entry)
    }
}

/// Digits of bytes.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EffectId;
    use jiff::Timestamp;

    fn entry(place: u32) -> Entry {
        let effect = EffectId { entry: 1, place };
        Entry::Done { at: Timestamp::UNIX_EPOCH, effect, note: "as it should".into() }
    }

    #[test]
    fn entries_open_in_the_order_in_which_they_were_sealed_and_in_no_other() {
        let mut head = Head::empty();
        let first = head.seal(&entry(0));
        head.pass(&first);
        let second = head.seal(&entry(1));
        let mut reading = Head::empty();
        assert_eq!(reading.open(&second), Err(LedgerError::Broken { number: 0 }));
        assert_eq!(reading.open(&first), Ok(entry(0)));
        assert_eq!(reading.open(&first), Err(LedgerError::Broken { number: 1 }));
        assert_eq!(reading.open(&second), Ok(entry(1)));
        head.pass(&second);
        assert_eq!(reading, head);
    }

    #[test]
    fn an_entry_that_was_changed_breaks_the_chain_after_it() {
        let mut head = Head::empty();
        let first = head.seal(&entry(0));
        head.pass(&first);
        let second = head.seal(&entry(1));
        let text = String::from_utf8(first).unwrap().replace("should", "shoulder");
        let mut reading = Head::empty();
        assert!(reading.open(text.as_bytes()).is_ok());
        assert_eq!(reading.open(&second), Err(LedgerError::Broken { number: 1 }));
        assert_eq!(reading.open(b"{"), Err(LedgerError::Unreadable { number: 1 }));
    }
}
