//! How a print was taken.

use std::fmt;

/// An impression type code of ANSI/NIST-ITL 1-2011 (update 2015), table 7, kept as the number.
/// ISO/IEC 19794-2 uses the same numbers for the codes it knows (0..=3, 4..=7, 8, 9, 24, 28, 29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ImpressionType(pub u8);

impl ImpressionType {
    /// Live-scan, plain contact.
    pub const LIVE_SCAN_PLAIN: Self = Self(0);
    /// Live-scan, rolled contact.
    pub const LIVE_SCAN_ROLLED: Self = Self(1);
    /// From a card or other carrier, plain.
    pub const NON_LIVE_SCAN_PLAIN: Self = Self(2);
    /// From a card or other carrier, rolled.
    pub const NON_LIVE_SCAN_ROLLED: Self = Self(3);
    /// A latent print (impression).
    pub const LATENT_IMPRESSION: Self = Self(4);
    /// Swiped over a line sensor.
    pub const LIVE_SCAN_SWIPE: Self = Self(8);

    /// The English name, or `other` for a code without one here.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "plain",
            1 => "rolled",
            2 => "plain-card",
            3 => "rolled-card",
            4..=7 => "latent",
            8 => "swipe",
            9 => "vertical-roll",
            24 => "contactless",
            _ => "other",
        }
    }

    /// From a code in decimal or a name of [`Self::name`].
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Ok(code) = text.parse() {
            return Some(Self(code));
        }
        [0, 1, 2, 3, 4, 8, 9, 24].map(Self).into_iter().find(|t| t.name() == text)
    }
}

impl fmt::Display for ImpressionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
