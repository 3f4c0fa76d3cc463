//! What a ranking answers.

/// The best persons of a probe, before ties are settled: everybody with a sum above the cut, and
/// everybody exactly at it, of whom `room` pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranked {
    /// Persons with an eligible reference.
    pub eligible: u32,
    /// Persons above the cut with their sums plus one, by person.
    pub above: Vec<(u32, u32)>,
    /// The cut: a sum plus one; 0 when all eligible persons are above it.
    pub cut: u32,
    /// Persons exactly at the cut, rising.
    pub tied: Vec<u32>,
    /// How many of the tied pass.
    pub room: u32,
}
