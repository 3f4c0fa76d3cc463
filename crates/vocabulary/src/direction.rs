//! Directions as a fraction of a turn.

use std::f32::consts::TAU;

/// A direction in 1/65536 of a turn, counter-clockwise from the positive x axis as seen on the
/// screen. Arithmetic wraps, so a difference is always the short way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Direction(u16);

impl Direction {
    /// From 1/65536 of a turn.
    pub const fn from_turns_65536(units: u16) -> Self {
        Self(units)
    }

    /// In 1/65536 of a turn.
    pub const fn turns_65536(self) -> u16 {
        self.0
    }

    /// From radians; any finite angle is reduced to one turn, and NaN or infinity becomes zero.
    pub fn from_radians(radians: f32) -> Self {
        let turns = radians / TAU;
        if !turns.is_finite() {
            return Self(0);
        }
        let fraction = turns - turns.floor();
        Self((fraction * 65536.0 + 0.5) as u32 as u16)
    }

    /// In radians, `0.0..TAU`.
    pub fn radians(self) -> f32 {
        f32::from(self.0) * (TAU / 65536.0)
    }

    /// `self - other`, wrapped to `-32768..=32767` units of 1/65536 turn.
    pub const fn difference(self, other: Self) -> i16 {
        self.0.wrapping_sub(other.0) as i16
    }

    /// The direction half a turn away.
    pub const fn opposite(self) -> Self {
        Self(self.0.wrapping_add(0x8000))
    }

    /// Nearest of 256 directions, as used by ISO/IEC 19794-2 (1.40625 degrees each).
    pub const fn turns_256(self) -> u8 {
        (self.0.wrapping_add(0x80) >> 8) as u8
    }

    /// From one of 256 directions.
    pub const fn from_turns_256(units: u8) -> Self {
        Self((units as u16) << 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn radians_survive_a_round_trip(units: u16) {
            let direction = Direction::from_turns_65536(units);
            prop_assert_eq!(Direction::from_radians(direction.radians()), direction);
        }

        #[test]
        fn a_difference_added_back_gives_the_first_direction(a: u16, b: u16) {
            let (a, b) = (Direction(a), Direction(b));
            prop_assert_eq!(b.0.wrapping_add(a.difference(b) as u16), a.0);
        }
    }

    #[test]
    fn angles_beyond_a_turn_wrap() {
        assert_eq!(Direction::from_radians(-TAU / 4.0).turns_65536(), 0xC000);
        assert_eq!(Direction::from_radians(TAU * 2.25).turns_65536(), 0x4000);
        assert_eq!(Direction::from_radians(f32::NAN), Direction::default());
    }

    #[test]
    fn the_nearest_of_256_directions_wraps_at_a_full_turn() {
        assert_eq!(Direction(0xFFFF).turns_256(), 0);
        assert_eq!(Direction(0x0180).turns_256(), 2);
    }
}
