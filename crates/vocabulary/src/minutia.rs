//! Ridge endings and bifurcations.

use crate::{Direction, VocabularyError};
use std::fmt;

/// What a minutia is, with the codes of ISO/IEC 19794-2:2005, clause 5.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MinutiaKind {
    /// Neither, or not known.
    Other,
    /// A ridge ends.
    Ending,
    /// A ridge splits.
    Bifurcation,
}

/// One ridge ending or bifurcation.
///
/// The direction is that of ISO/IEC 19794-2:2005, clause 5.3: at an ending it points back **along
/// the ending ridge**, at a bifurcation it points **into the valley between the two branches**, so
/// that a ridge ending seen with the polarity reversed keeps its direction. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Minutia {
    x_16: u16,
    y_16: u16,
    direction: Direction,
    kind: MinutiaKind,
    reliability: u8,
}

impl Minutia {
    /// From sixteenths of a pixel at 500 ppi, and a reliability of 0 (worst) to 100 (best).
    ///
    /// # Errors
    /// [`VocabularyError::Quality`] when the reliability is above 100.
    pub fn new(
        x_16: u16,
        y_16: u16,
        direction: Direction,
        kind: MinutiaKind,
        reliability: u8,
    ) -> Result<Self, VocabularyError> {
        if reliability > 100 {
            return Err(VocabularyError::Quality(reliability));
        }
        Ok(Self { x_16, y_16, direction, kind, reliability })
    }

    /// Column in 1/16 pixel at 500 ppi.
    pub const fn x_16(&self) -> u16 {
        self.x_16
    }

    /// Row in 1/16 pixel at 500 ppi.
    pub const fn y_16(&self) -> u16 {
        self.y_16
    }

    /// Column in pixels at 500 ppi, `0.0..4096.0`.
    pub fn x_px(&self) -> f32 {
        f32::from(self.x_16) / 16.0
    }

    /// Row in pixels at 500 ppi, `0.0..4096.0`.
    pub fn y_px(&self) -> f32 {
        f32::from(self.y_16) / 16.0
    }

    /// Which way it points.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Ending, bifurcation or other.
    pub const fn kind(&self) -> MinutiaKind {
        self.kind
    }

    /// How sure the extractor is that it is real, `0..=100`.
    pub const fn reliability(&self) -> u8 {
        self.reliability
    }
}

impl fmt::Debug for Minutia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minutia(..)")
    }
}
