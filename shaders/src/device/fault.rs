//! Faults that a test provokes on purpose, through the very calls that a real one would come from.

/// A fault to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device is lost now.
    Lose,
    /// The device is lost in the middle of the next scoring, and of as many more after it.
    LoseInScoring {
        /// How often more.
        again: u32,
    },
    /// A bit of a resident reference changes behind everybody's back.
    FlipBit {
        /// Shelf of the reference.
        shelf: u64,
        /// Its slot.
        slot: u32,
    },
    /// A bit of a known record changes.
    FlipCanaryBit,
    /// The next wait runs out of time, whether or not the work is done.
    Hang,
    /// The next request for memory asks for more than any device has.
    ExhaustMemory,
}
