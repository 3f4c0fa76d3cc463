//! Bins of coefficients.

use super::subbands::SUBBANDS;

/// The bins of one subband: one of `zero_width` around zero, the others `width` wide.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bin {
    /// Zero when the subband is not coded.
    pub(super) width: f32,
    pub(super) zero_width: f32,
}

/// The bins of all subbands.
#[derive(Debug, Clone)]
pub(super) struct Quantizer {
    /// Where in its bin a coefficient is assumed, from the far end, in bin widths.
    pub(super) center: f32,
    pub(super) bins: [Bin; SUBBANDS],
}

impl Bin {
    /// Whether the subband is left out of the coded data.
    pub(super) fn is_skipped(self) -> bool {
        self.width == 0.0
    }

    /// The coefficient that stands for bin `index`.
    pub(super) fn value(self, index: i32, center: f32) -> f32 {
        match index {
            0 => 0.0,
            1.. => self.width * (index as f32 - center) + self.zero_width / 2.0,
            _ => self.width * (index as f32 + center) - self.zero_width / 2.0,
        }
    }

    /// The bin that holds `coefficient`.
    pub(super) fn index(self, coefficient: f32) -> i32 {
        let edge = self.zero_width / 2.0;
        match coefficient {
            c if c > edge => ((c - edge) / self.width + 1.0) as i32,
            c if c < -edge => ((c + edge) / self.width - 1.0) as i32,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_holds_the_value_that_stands_for_it() {
        let bin = Bin { width: 0.75, zero_width: 0.9 };
        for index in -300..=300 {
            assert_eq!(bin.index(bin.value(index, 0.44)), index);
        }
    }
}
