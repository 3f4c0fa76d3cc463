//! The five pattern classes.

use crate::random::Stream;
use std::fmt;

/// Pattern class of a print after Henry, as used by NIST SD 4 and NBIS PCASYS. Left and right are
/// as seen on the image: the ridges of a left loop enter and leave on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternClass {
    /// Ridges rise and fall across the finger; no singular point.
    Arch,
    /// An arch with an upright core above a delta.
    TentedArch,
    /// One loop opening to the lower left, delta on the right.
    LeftLoop,
    /// One loop opening to the lower right, delta on the left.
    RightLoop,
    /// Two loops, a delta on either side; plain whorls and twin loops.
    Whorl,
}

impl PatternClass {
    /// All classes.
    pub const ALL: [Self; 5] =
        [Self::Arch, Self::TentedArch, Self::LeftLoop, Self::RightLoop, Self::Whorl];

    /// Share of all fingers, per mille: Wilson, Candela, Watson, "Neural network fingerprint
    /// classification", 1994 (Handbook of Fingerprint Recognition, section 5.1).
    pub const fn per_mille(self) -> u16 {
        match self {
            Self::Arch => 37,
            Self::TentedArch => 29,
            Self::LeftLoop => 338,
            Self::RightLoop => 317,
            Self::Whorl => 279,
        }
    }

    /// Draws a class in natural proportions.
    pub(crate) fn draw(stream: &mut Stream) -> Self {
        Self::from_per_mille(stream.index(1000) as u16)
    }

    /// The class that a uniform number below 1000 falls on.
    fn from_per_mille(number: u16) -> Self {
        let mut left = number;
        for class in Self::ALL {
            if left < class.per_mille() {
                return class;
            }
            left -= class.per_mille();
        }
        Self::Whorl
    }

    /// The English name with hyphens, such as `left-loop`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arch => "arch",
            Self::TentedArch => "tented-arch",
            Self::LeftLoop => "left-loop",
            Self::RightLoop => "right-loop",
            Self::Whorl => "whorl",
        }
    }
}

impl fmt::Display for PatternClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_a_thousand_falls_on_a_class_as_often_as_its_share_says() {
        for class in PatternClass::ALL {
            let hits = (0..1000).filter(|n| PatternClass::from_per_mille(*n) == class).count();
            assert_eq!(hits, usize::from(class.per_mille()), "{class}");
        }
    }
}
