//! From the pixels of a record to those of a template.

use vocabulary::TEMPLATE_PPI;

/// How many pixels of a template (500 ppi) one pixel of a record makes, as an exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    numerator: u64,
    denominator: u64,
}

/// Pixels per centimeter of 500 ppi, as every record that we write states it.
pub(super) const TEMPLATE_PER_CM: u16 = 197;

impl Scale {
    /// From pixels per centimeter, `1..`.
    ///
    /// Records hold whole numbers, so 500 ppi (196.85) is written 197, by some 196. A number that
    /// a multiple of 250 ppi rounds to, up or down, means that multiple; any other is taken as it
    /// stands.
    pub(super) fn from_per_cm(per_cm: u16) -> Self {
        let per_cm = u64::from(per_cm);
        // 250 k ppi are 12500 k / 127 pixels per centimeter.
        let nominal =
            (1..=16).find(|k| (12_500 * k / 127..=12_500 * k / 127 + 1).contains(&per_cm));
        match nominal {
            Some(k) => Self { numerator: TEMPLATE_PPI.into(), denominator: 250 * k },
            None => Self { numerator: u64::from(TEMPLATE_PPI) * 50, denominator: per_cm * 127 },
        }
    }

    /// A position, in whole pixels of the record, as 1/16 pixel of the template.
    pub(super) fn position_16(self, px: u16) -> u64 {
        let doubled = u64::from(px) * 16 * self.numerator * 2;
        (doubled + self.denominator) / (self.denominator * 2)
    }

    /// A side, in whole pixels of the record, in whole pixels of the template, rounded up.
    pub(super) fn side(self, px: u16) -> u64 {
        (u64::from(px) * self.numerator).div_ceil(self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_roundings_of_500_ppi_leave_positions_alone() {
        for per_cm in [196, 197] {
            let scale = Scale::from_per_cm(per_cm);
            assert_eq!((scale.position_16(300), scale.side(388)), (4800, 388));
        }
    }

    #[test]
    fn twice_the_resolution_halves_positions_to_the_half_pixel() {
        let scale = Scale::from_per_cm(394);
        assert_eq!((scale.position_16(301), scale.side(301)), (2408, 151));
    }

    #[test]
    fn an_odd_resolution_is_taken_as_it_stands() {
        // 224 per cm are 568.96 ppi: 560 px become 492.13.
        let scale = Scale::from_per_cm(224);
        assert_eq!((scale.position_16(560), scale.side(560)), (7874, 493));
    }

    #[test]
    fn the_last_pixel_stays_inside_at_every_resolution() {
        for per_cm in 1..=2000 {
            let scale = Scale::from_per_cm(per_cm);
            for side in [1, 2, 255, 1000, 16_383] {
                assert!(scale.position_16(side - 1) < scale.side(side) * 16, "{per_cm} {side}");
            }
        }
    }
}
