//! Opaque names of persons and impressions.

use crate::{FingerPosition, VocabularyError};
use std::fmt;
use std::str::FromStr;

/// Checks the alphabet and length shared by all identifiers.
fn validated(kind: &'static str, text: &str, max: usize) -> Result<Box<str>, VocabularyError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let length = text.chars().count();
    if (1..=max).contains(&length) && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        let text = text.chars().take(80).collect();
        Err(VocabularyError::Identifier { kind, text, max })
    }
}

macro_rules! identifier {
    ($name:ident, $kind:literal, $max:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Longest identifier, in characters.
            pub const MAX_CHARACTERS: usize = $max;

            /// Checks and wraps a text.
            ///
            /// # Errors
            /// [`VocabularyError::Identifier`] when it is empty, too long, or has a character
            /// other than a letter, a digit, `.`, `_`, `-` or `@`.
            pub fn new(text: &str) -> Result<Self, VocabularyError> {
                validated($kind, text, Self::MAX_CHARACTERS).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = VocabularyError;

            fn from_str(text: &str) -> Result<Self, VocabularyError> {
                Self::new(text)
            }
        }
    };
}

identifier!(
    SubjectId,
    "subject id",
    64,
    "An opaque name of a person. It carries no identity: who it is, is kept elsewhere."
);
identifier!(
    ImpressionLabel,
    "impression label",
    64,
    "Tells the impressions of one finger of one person apart."
);

/// Names one captured print: whose, of which finger, and which of that finger's impressions.
/// A gallery holds at most one reference under a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImpressionKey {
    /// The person.
    pub subject: SubjectId,
    /// The finger.
    pub position: FingerPosition,
    /// The impression of that finger.
    pub impression: ImpressionLabel,
}

impl fmt::Display for ImpressionKey {
    /// `subject/position/impression`, with the position's code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.subject, self.position.code(), self.impression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_short_and_plain() {
        assert!(SubjectId::new("KZ-2026.000_1@a").is_ok());
        assert!(SubjectId::new("Әсел-12").is_ok());
        for bad in ["", "a b", "a/b", "x\n", &"x".repeat(65)] {
            assert!(SubjectId::new(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
