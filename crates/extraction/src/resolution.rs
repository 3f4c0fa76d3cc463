//! Resolution from the distance between ridges.
//!
//! Adults have 2.1 to 2.2 ridges per millimeter (N. Kralik and V. Novotny, Variability and
//! Evolution 11, 2003, and others), about 9.2 pixels from ridge to ridge at 500 ppi; children's
//! ridges are finer in proportion to the hand.

use crate::ridges::Ridges;
use crate::{ExtractionError, input};
use vocabulary::{GrayImage, TEMPLATE_PPI};

/// Ridge period usual in adults, in pixels at 500 ppi.
pub(crate) const USUAL_PERIOD_PX: f32 = 9.2;
/// Periods of fingers of all ages that are taken for granted, in pixels at 500 ppi.
const PLAUSIBLE_PX: std::ops::RangeInclusive<f32> = 5.4..=14.7;
/// Least confidence that contradicts a given resolution.
const SURE: f32 = 0.4;
/// With less of the contrast in the band of ridge periods, the ridges may be too fine to be
/// followed at the resolution given. Of 100 prints of five sets at theirs none has less, and at
/// twice theirs nine of ten have.
const BAND_SHARE: f32 = 0.25;
/// Larger images are judged by their middle: pixels on a side at the scale tried.
const SIDE_MAX: u32 = 1024;
/// How much the image is shrunk before its ridges are followed. Ridges are followed best when they
/// come out within [`FOLLOWED_PX`].
const SHRINKS: [f32; 4] = [1.0, 2.0, 4.0, 0.5];
/// Periods at which an image is neither too coarse nor too fine to be judged, in pixels.
const FOLLOWED_PX: std::ops::RangeInclusive<f32> = 6.0..=14.0;

/// A resolution guessed from the ridge period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PpiEstimate {
    /// Resolution at which the ridges would have the period usual in adults, in pixels per inch.
    /// Fingers differ: most lie within 15 % of it, children's ridges are finer.
    pub ppi: f32,
    /// 0 (no ridges seen) to 1 (clear ridges of one period nearly everywhere).
    pub confidence: f32,
}

/// Guesses the resolution of a print from its ridges; `None` when no ridges are seen.
pub fn estimate_ppi(image: &GrayImage) -> Option<PpiEstimate> {
    let mut best: Option<PpiEstimate> = None;
    for shrink in SHRINKS {
        let side = (SIDE_MAX as f32 * shrink) as u32;
        let middle = input::middle(image, side);
        let Ok(scaled) = input::resample(&middle, TEMPLATE_PPI as f32 * shrink) else { continue };
        let Some(typical) = TypicalPeriod::of(&Ridges::follow(&scaled)) else { continue };
        if !FOLLOWED_PX.contains(&typical.px) {
            continue;
        }
        let ppi = TEMPLATE_PPI as f32 * shrink * typical.px / USUAL_PERIOD_PX;
        if best.is_none_or(|best| typical.confidence > best.confidence) {
            best = Some(PpiEstimate { ppi, confidence: typical.confidence });
        }
    }
    best
}

/// An error when the ridges contradict the resolution given.
///
/// `ridges` are those of the image at that resolution. Where they are too fine to be followed, what
/// was followed is noise, so the image is looked at again at several scales.
pub(crate) fn check(image: &GrayImage, given: f32, ridges: &Ridges) -> Result<(), ExtractionError> {
    if let Some(typical) = TypicalPeriod::of(ridges) {
        typical.check(given)?;
    }
    if ridges.band_share() >= BAND_SHARE {
        return Ok(());
    }
    let Some(PpiEstimate { ppi, confidence }) = estimate_ppi(image) else { return Ok(()) };
    TypicalPeriod { px: USUAL_PERIOD_PX * ppi / given, confidence }.check(given)
}

/// The ridge period of a whole print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypicalPeriod {
    /// Median over the foreground, in pixels.
    pub(crate) px: f32,
    /// 0 to 1: how clear the ridges are and how much of them is seen.
    pub(crate) confidence: f32,
}

impl TypicalPeriod {
    /// The median period of the clear parts; `None` without any.
    pub(crate) fn of(ridges: &Ridges) -> Option<Self> {
        let cells = ridges.foreground.values().iter().zip(ridges.clarity.values());
        let measured = ridges.period.period_px.values().iter();
        let cells = cells.zip(measured.zip(ridges.period.reliability.values()));
        let clear = cells.filter(|((inside, clarity), (_, reliability))| {
            **inside && **clarity > 0.6 && **reliability > 0.3
        });
        let mut periods: Vec<f32> = clear.map(|(_, (period, _))| *period).collect();
        if periods.is_empty() {
            return None;
        }
        periods.sort_unstable_by(f32::total_cmp);
        let at = |share: usize| periods[(periods.len() - 1) * share / 4];
        let (low, px, high) = (at(1), at(2), at(3));
        // Half of the periods of a print lie within a band of a fifth of their median.
        let even = (1.0 - (high - low) / px).max(0.0);
        let seen = (periods.len() as f32 / 300.0).min(1.0);
        Some(Self { px, confidence: even * seen })
    }

    /// An error when the ridges contradict the resolution given.
    fn check(self, given: f32) -> Result<(), ExtractionError> {
        if self.confidence < SURE || PLAUSIBLE_PX.contains(&self.px) {
            return Ok(());
        }
        let likely = (given * self.px / USUAL_PERIOD_PX / 10.0 + 0.5).floor() * 10.0;
        Err(ExtractionError::ImplausibleResolution { given, likely })
    }
}
