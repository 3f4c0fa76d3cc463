//! How usable a print is, and what to do about it.

/// Why the quality of a print is not higher, worst first in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QualityReason {
    /// Nothing in the image looks like ridges.
    NoPrint,
    /// Too little of the finger touched the sensor.
    SmallArea,
    /// Fewer minutiae than a comparison needs.
    FewMinutiae,
    /// Ridges and valleys hardly differ.
    LowContrast,
    /// Ridges are thin or broken: the skin is dry or the pressure too low.
    TooDry,
    /// Ridges run together: the skin is wet or the pressure too high.
    TooWet,
    /// Ridges are scratched, smeared or drowned in noise.
    Noisy,
    /// The print is cut off by the edge of the image.
    OffCenter,
}

impl QualityReason {
    /// A short stable name with hyphens, such as `too-dry`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPrint => "no-print",
            Self::SmallArea => "small-area",
            Self::FewMinutiae => "few-minutiae",
            Self::LowContrast => "low-contrast",
            Self::TooDry => "too-dry",
            Self::TooWet => "too-wet",
            Self::Noisy => "noisy",
            Self::OffCenter => "off-center",
        }
    }

    /// What the person at the sensor can do.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoPrint => "place the finger on the sensor and capture again",
            Self::SmallArea => "place the finger flat so that more of it touches the sensor",
            Self::FewMinutiae => "capture a larger or clearer part of the finger",
            Self::LowContrast => "clean the sensor and press a little harder",
            Self::TooDry => "moisten the finger or press harder",
            Self::TooWet => "dry the finger or press less",
            Self::Noisy => "clean finger and sensor and hold the finger still",
            Self::OffCenter => "move the finger to the middle of the sensor",
        }
    }
}

/// The quality of a print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityReport {
    /// 0 (unusable) to 100 (best). This is an algorithm of our own, not NFIQ 2.
    pub score: u8,
    /// What lowers it, the worst first; empty for a good print.
    pub reasons: Vec<QualityReason>,
}
