//! How alike two prints or persons are.

use std::fmt;
use std::ops::Add;

/// A similarity in thousandths; larger is more alike. One finger against one finger gives
/// `0..=1000` thousandths, a person the sum over the fingers compared. Integers, so that the order
/// of candidates is total and the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Similarity(u32);

impl Similarity {
    /// Nothing alike.
    pub const ZERO: Self = Self(0);

    /// From thousandths.
    pub const fn from_thousandths(thousandths: u32) -> Self {
        Self(thousandths)
    }

    /// In thousandths.
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// The one place where a decision is made: the threshold is met when the similarity is at
    /// least as large.
    pub fn meets(self, threshold: Self) -> bool {
        self >= threshold
    }
}

impl Add for Similarity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Similarity {
    fn sum<I: Iterator<Item = Self>>(similarities: I) -> Self {
        similarities.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Similarity {
    /// Whole thousandths, as users see it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
