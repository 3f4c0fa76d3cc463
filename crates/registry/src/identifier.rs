//! Opaque names of what the registry keeps. They arrive as arguments: the registry draws none.

use crate::Denied;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! identifier {
    ($most:literal: $($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            #[doc = concat!("[`Denied::Identifier`] unless it has 1 to ", $most,
                            " ASCII letters, digits, `.`, `_`, `-`.")]
            pub fn new(text: impl Into<String>) -> Result<Self, Denied> {
                let text = text.into();
                let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
                if (1..=$most).contains(&text.len()) && text.bytes().all(plain) {
                    Ok(Self(text))
                } else {
                    Err(Denied::Identifier)
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Denied;

            fn try_from(text: String) -> Result<Self, Denied> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

identifier! { 64:
    /// A person, as the document-issuance application refers to it.
    PersonId,
    /// A documentation case.
    CaseId,
    /// An application for subject access.
    AccessId,
    /// A request of a state body.
    RequestId,
    /// A search or a question of the border.
    QueryId,
    /// A command, so that it is carried out once.
    CommandId,
    /// An account of an officer or a system.
    AccountId,
    /// A body or unit.
    BodyId,
    /// A record of the genomic subsystem.
    GenomicRecord,
}

identifier! { 16:
    /// The subject of the fingerprint galleries: it says nothing about who it is. A cluster keeps
    /// 16 bytes.
    Subject,
}

/// The SHA-256 digest of something that is stored elsewhere: an image, a scan, a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// From its 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`Denied::Digest`] for anything else.
    pub fn new(text: impl Into<String>) -> Result<Self, Denied> {
        let text = text.into();
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(hexadecimal) {
            Ok(Self(text))
        } else {
            Err(Denied::Digest)
        }
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = Denied;

    fn try_from(text: String) -> Result<Self, Denied> {
        Self::new(text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl Subject {
    /// As the galleries name it.
    pub fn to_vocabulary(&self) -> vocabulary::SubjectId {
        vocabulary::SubjectId::new(&self.0).expect("our alphabet and length are within theirs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_digests_are_short_and_plain() {
        for bad in ["", "a b", "ә", "a/b", &"x".repeat(65)] {
            assert_eq!(CaseId::new(bad), Err(Denied::Identifier), "{bad:?}");
            assert!(serde_json::from_str::<CaseId>(&format!("{bad:?}")).is_err());
        }
        assert_eq!(Subject::new("x".repeat(17)), Err(Denied::Identifier));
        assert_eq!(Subject::new("S-1.x_").unwrap().to_vocabulary().as_str(), "S-1.x_");
        assert!(Digest::new("ab".repeat(32)).is_ok());
        for bad in ["ab".repeat(31), "AB".repeat(32), "xy".repeat(32)] {
            assert_eq!(Digest::new(bad), Err(Denied::Digest));
        }
    }
}
