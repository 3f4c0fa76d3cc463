//! Stage 10: how usable a print is, and what to do about it.
//!
//! The aspects are those of ISO/IEC 29794-4:2024, clause 6 (area, clarity, contrast, minutiae); the
//! numbers are our own and must not be called NFIQ 2.

use crate::ridges::Ridges;
use vocabulary::Minutia;

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

/// What is measured of a print before it is judged.
#[derive(Debug, Clone, Copy)]
struct Measures {
    /// Foreground in pixels at 500 ppi.
    area_px: f32,
    /// Mean clarity of the foreground, `0.0..=1.0`.
    clarity: f32,
    /// Mean contrast of the foreground, in gray levels.
    contrast: f32,
    /// Skewness of the normalized print: positive when ridges are thin, negative when valleys are.
    skewness: f32,
    /// Minutiae that are more likely real than not.
    minutiae: usize,
    /// Distance of the middle of the print from that of the image, as a share of half the image,
    /// when the print touches the border on that side.
    shift: f32,
}

/// A rising ramp from 0 at `low` to 1 at `high`.
fn ramp(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// Measures and judges a print.
pub(crate) fn assess(ridges: &Ridges, minutiae: &[Minutia]) -> QualityReport {
    let measures = Measures::of(ridges, minutiae);
    if measures.area_px < 2000.0 {
        return QualityReport { score: 0, reasons: vec![QualityReason::NoPrint] };
    }
    QualityReport { score: score(minutiae), reasons: measures.reasons() }
}

/// Sum of the reliabilities times their mean, at which the score is 63.
const USUAL_EVIDENCE: f32 = 10.0;

/// The score: how many minutiae there are to compare by, and how sure they are. Of what is measured
/// of a print, this ordered the misses of comparisons best (`docs/design/accuracy.md`).
fn score(minutiae: &[Minutia]) -> u8 {
    let sum: f32 = minutiae.iter().map(|m| f32::from(m.reliability()) / 100.0).sum();
    let evidence = sum * sum / minutiae.len().max(1) as f32;
    (100.0 * (1.0 - libm::expf(-evidence / USUAL_EVIDENCE)) + 0.5) as u8
}

impl Measures {
    fn of(ridges: &Ridges, minutiae: &[Minutia]) -> Self {
        let cells = ridges.foreground.values();
        let area = cells.iter().filter(|inside| **inside).count().max(1) as f32;
        let mean = |values: &[f32]| {
            let inside = values.iter().zip(cells).filter(|(_, inside)| **inside);
            inside.map(|(value, _)| value).sum::<f32>() / area
        };
        let side = ridges.foreground.cell_px() as f32;
        Self {
            area_px: if cells.contains(&true) { area * side * side } else { 0.0 },
            clarity: mean(ridges.clarity.values()),
            contrast: mean(ridges.normalized.contrast.values()),
            skewness: skewness(ridges),
            minutiae: minutiae.iter().filter(|m| m.reliability() >= 30).count(),
            shift: shift(ridges),
        }
    }

    /// The aspects that are worth less than a half, the worst first.
    fn reasons(&self) -> Vec<QualityReason> {
        let mut lacking = self.aspects().to_vec();
        lacking.retain(|(_, value)| *value < 0.5);
        lacking.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        lacking.into_iter().map(|(reason, _)| reason).collect()
    }

    /// Every aspect from 0 (worst) to 1 (no complaint).
    fn aspects(&self) -> [(QualityReason, f32); 7] {
        [
            (QualityReason::SmallArea, ramp(self.area_px, 4_000.0, 66_000.0)),
            (QualityReason::FewMinutiae, ramp(self.minutiae as f32, 4.0, 24.0)),
            (QualityReason::LowContrast, ramp(self.contrast, 3.0, 16.0)),
            (QualityReason::TooDry, 1.0 - ramp(self.skewness, 0.6, 1.6)),
            (QualityReason::TooWet, 1.0 - ramp(-self.skewness, 0.4, 1.2)),
            (QualityReason::Noisy, ramp(self.clarity, 0.25, 0.85)),
            (QualityReason::OffCenter, 1.0 - ramp(self.shift, 0.2, 0.6)),
        ]
    }
}

/// Skewness of the normalized print inside the foreground.
fn skewness(ridges: &Ridges) -> f32 {
    let plane = &ridges.normalized.plane;
    let (mut count, mut sum, mut squares, mut cubes) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
    for y in 0..plane.height() {
        for (values, word) in plane.row(y).chunks(64).zip(ridges.mask.row(y)) {
            for (bit, value) in values.iter().enumerate() {
                if word >> bit & 1 == 1 {
                    let value = f64::from(*value);
                    count += 1.0;
                    sum += value;
                    squares += value * value;
                    cubes += value * value * value;
                }
            }
        }
    }
    if count == 0.0 {
        return 0.0;
    }
    let (mean, square, cube) = (sum / count, squares / count, cubes / count);
    let variance = (square - mean * mean).max(1e-9);
    ((cube - 3.0 * mean * square + 2.0 * mean * mean * mean) / (variance * variance.sqrt())) as f32
}

/// How far off the middle a print lies that is cut by the border on that side.
fn shift(ridges: &Ridges) -> f32 {
    let cells = &ridges.foreground;
    let (columns, rows) = (cells.columns(), cells.rows());
    let (mut count, mut x, mut y) = (0.0f32, 0.0f32, 0.0f32);
    let mut cut = [0usize; 4];
    for row in 0..rows {
        for column in 0..columns {
            if cells.get(column, row) {
                count += 1.0;
                x += column as f32 + 0.5;
                y += row as f32 + 0.5;
                let sides = [column == 0, column + 1 == columns, row == 0, row + 1 == rows];
                cut.iter_mut().zip(sides).for_each(|(cut, side)| *cut += usize::from(side));
            }
        }
    }
    if count == 0.0 {
        return 0.0;
    }
    let across = 2.0 * x / (count * columns as f32) - 1.0;
    let down = 2.0 * y / (count * rows as f32) - 1.0;
    let shifts = [-across, across, -down, down];
    let long = [rows, rows, columns, columns];
    let touched = (0..4).filter(|side| cut[*side] * 4 >= long[*side]);
    touched.map(|side| shifts[side]).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a good plain print measures.
    const GOOD: Measures = Measures {
        area_px: 70_000.0,
        clarity: 0.8,
        contrast: 40.0,
        skewness: 0.1,
        minutiae: 30,
        shift: 0.0,
    };

    #[test]
    fn a_good_print_gets_no_advice() {
        assert_eq!(GOOD.reasons(), []);
    }

    #[test]
    fn every_defect_gets_its_own_advice() {
        let defects = [
            (Measures { area_px: 34_000.0, ..GOOD }, QualityReason::SmallArea),
            (Measures { minutiae: 13, ..GOOD }, QualityReason::FewMinutiae),
            (Measures { contrast: 9.0, ..GOOD }, QualityReason::LowContrast),
            (Measures { skewness: 1.15, ..GOOD }, QualityReason::TooDry),
            (Measures { skewness: -0.85, ..GOOD }, QualityReason::TooWet),
            (Measures { clarity: 0.54, ..GOOD }, QualityReason::Noisy),
            (Measures { shift: 0.45, ..GOOD }, QualityReason::OffCenter),
        ];
        for (measures, reason) in defects {
            assert_eq!(measures.reasons(), [reason]);
        }
    }

    #[test]
    fn the_worst_defect_is_named_first() {
        let print = Measures { contrast: 9.0, clarity: 0.3, ..GOOD };
        assert_eq!(print.reasons(), [QualityReason::Noisy, QualityReason::LowContrast]);
    }
}
