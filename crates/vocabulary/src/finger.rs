//! Which finger, and whether it can be printed.

use crate::VocabularyError;
use std::fmt;
use std::str::FromStr;

/// A friction ridge position code of ANSI/NIST-ITL 1-2011 (update 2015), table 8, kept as the
/// number: 0 unknown, 1..=10 single fingers, 11..=15 plain thumbs and slaps, 16..=17 extra digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FingerPosition(u8);

/// Names of codes 0..=17, in order.
const NAMES: [&str; 18] = [
    "unknown",
    "right-thumb",
    "right-index",
    "right-middle",
    "right-ring",
    "right-little",
    "left-thumb",
    "left-index",
    "left-middle",
    "left-ring",
    "left-little",
    "plain-right-thumb",
    "plain-left-thumb",
    "right-four-fingers",
    "left-four-fingers",
    "both-thumbs",
    "right-extra-digit",
    "left-extra-digit",
];

impl FingerPosition {
    /// The position is not known.
    pub const UNKNOWN: Self = Self(0);

    /// From a position code.
    ///
    /// # Errors
    /// [`VocabularyError::FingerPosition`] above 17.
    pub fn new(code: u8) -> Result<Self, VocabularyError> {
        if usize::from(code) < NAMES.len() {
            Ok(Self(code))
        } else {
            Err(VocabularyError::FingerPosition(code.to_string()))
        }
    }

    /// The position code, `0..=17`.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The English name with hyphens, such as `right-index`.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }

    /// Whether a print of `self` may show the same finger as a print of `other`: the codes agree,
    /// one of them is unknown, or they are the rolled and the plain code of the same thumb.
    pub fn may_equal(self, other: Self) -> bool {
        self.0 == 0 || other.0 == 0 || self.finger() == other.finger()
    }

    /// The code with the plain thumbs 11 and 12 folded onto the thumbs 1 and 6.
    const fn finger(self) -> u8 {
        match self.0 {
            11 => 1,
            12 => 6,
            code => code,
        }
    }
}

impl fmt::Display for FingerPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for FingerPosition {
    type Err = VocabularyError;

    /// Accepts the code in decimal or the name, with hyphens, underscores or spaces, in any case.
    fn from_str(text: &str) -> Result<Self, VocabularyError> {
        let wanted = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        if let Ok(code) = wanted.parse::<u8>() {
            return Self::new(code);
        }
        match NAMES.iter().position(|name| *name == wanted) {
            Some(code) => Ok(Self(code as u8)),
            None => Err(VocabularyError::FingerPosition(text.chars().take(80).collect())),
        }
    }
}

/// Whether a finger can be printed; the codes are those of ANSI/NIST-ITL field 14.018 (AMP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FingerStatus {
    /// It can be printed.
    #[default]
    Present,
    /// Amputated for good (`XX`).
    Amputated,
    /// Cannot be printed at this visit (`UP`): bandaged, say.
    UnableToPrint,
}

impl FingerStatus {
    /// The two-letter code of field 14.018, or `None` for a finger that is there.
    pub const fn amputation_code(self) -> Option<&'static str> {
        match self {
            Self::Present => None,
            Self::Amputated => Some("XX"),
            Self::UnableToPrint => Some("UP"),
        }
    }
}

impl fmt::Display for FingerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Present => "present",
            Self::Amputated => "amputated",
            Self::UnableToPrint => "missing",
        })
    }
}

impl FromStr for FingerStatus {
    type Err = String;

    /// Accepts `present`, `amputated` or `XX`, `missing` or `UP`, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "present" => Ok(Self::Present),
            "amputated" | "xx" => Ok(Self::Amputated),
            "missing" | "up" | "unable-to-print" => Ok(Self::UnableToPrint),
            _ => Err(format!("{text:?} is no finger status: give present, missing or amputated")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_that_reads_back() {
        for code in 0..=17 {
            let position = FingerPosition::new(code).unwrap();
            assert_eq!(position.name().parse::<FingerPosition>().unwrap(), position);
            assert_eq!(code.to_string().parse::<FingerPosition>().unwrap(), position);
        }
        assert!(FingerPosition::new(18).is_err());
        assert!("toe".parse::<FingerPosition>().is_err());
    }

    #[test]
    fn the_plain_thumb_is_the_thumb_and_unknown_may_be_any_finger() {
        let at = |code| FingerPosition::new(code).unwrap();
        assert!(at(1).may_equal(at(11)));
        assert!(at(0).may_equal(at(7)));
        assert!(!at(2).may_equal(at(3)));
    }
}
