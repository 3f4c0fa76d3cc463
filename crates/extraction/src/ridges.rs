//! Stages 1 to 5 together: from gray levels to followed ridges, whatever comes after.

use crate::bits::BitImage;
use crate::cells::Cells;
use crate::enhancement::{LONG, TOLERANT, enhance};
use crate::normalization::{Normalized, normalize};
use crate::orientation::{self, Doubled};
use crate::plane::Plane;
use crate::segmentation;
use crate::stages::PeriodMap;
use crate::{frequency, input::Polarity};
use vocabulary::GrayImage;

/// What is known of the ridges of an image.
pub(crate) struct Ridges {
    pub(crate) normalized: Normalized,
    /// Cells with enough contrast to be filtered.
    pub(crate) usable: Cells<bool>,
    pub(crate) directions: Cells<Doubled>,
    pub(crate) period: PeriodMap,
    pub(crate) enhanced: Plane,
    /// Squared correlation of print and enhanced print.
    pub(crate) clarity: Cells<f32>,
    pub(crate) foreground: Cells<bool>,
    pub(crate) mask: BitImage,
}

impl Ridges {
    /// Follows the ridges of an image at 500 ppi, dark or light.
    pub(crate) fn follow(gray: &GrayImage) -> Self {
        let normalized = normalize(gray);
        let usable = segmentation::by_contrast(&normalized);
        let (plain, print) = (&normalized.plane, &normalized.band);

        let tensors = orientation::tensors(print);
        let rough = orientation::estimate(&tensors);
        let period = frequency::estimate(print, &rough, &usable);
        let first = enhance(print, &rough, &period.period_px, &usable, &TOLERANT);
        let better = orientation::refine(&orientation::tensors(&first));
        let second = enhance(print, &better, &period.period_px, &usable, &LONG);
        let directions = orientation::refine(&orientation::tensors(&second));
        let mut enhanced = enhance(plain, &directions, &period.period_px, &usable, &LONG);

        let clarity = segmentation::clarity(print, &enhanced, &usable);
        let foreground =
            segmentation::by_clarity(&clarity, &orientation::activity(&tensors), &usable);
        let mut mask = segmentation::mask(&foreground, print.width(), print.height());
        normalized.seen.cut(&mut mask);
        clear_outside(&mut enhanced, &mask);
        Self { normalized, usable, directions, period, enhanced, clarity, foreground, mask }
    }

    /// Makes ridges of valleys.
    pub(crate) fn turn_over(&mut self) {
        for plane in [&mut self.normalized.plane, &mut self.normalized.band, &mut self.enhanced] {
            plane.values_mut().iter_mut().for_each(|value| *value = -*value);
        }
    }

    /// How much of the contrast inside the mask lies in the band of ridge periods: at the right
    /// resolution a third and more; 0 without a print.
    pub(crate) fn band_share(&self) -> f32 {
        let (mut band, mut all) = (0.0, 0.0);
        let rows = 0..self.mask.height();
        for (y, x) in rows.flat_map(|y| (0..self.mask.width()).map(move |x| (y, x))) {
            if self.mask.row(y)[x / 64] >> (x % 64) & 1 == 1 {
                band += f64::from(self.normalized.band.row(y)[x]).powi(2);
                all += f64::from(self.normalized.plane.row(y)[x]).powi(2);
            }
        }
        if all > 0.0 { (band / all) as f32 } else { 0.0 }
    }

    /// Whether ridges are dark: then the ground beside the print is as bright as its valleys.
    ///
    /// Without ground to be seen they are taken to be dark.
    pub(crate) fn polarity(&self, gray: &GrayImage) -> Polarity {
        let (mut dark, mut light) = (Mean::default(), Mean::default());
        let mut ground = Mean::default();
        let side = self.foreground.cell_px();
        for row in 0..self.foreground.rows() {
            for column in 0..self.foreground.columns() {
                let inside = self.foreground.get(column, row);
                if !inside && !self.is_ground(column, row) {
                    continue;
                }
                for y in row * side..((row + 1) * side).min(self.enhanced.height()) {
                    let columns = column * side..((column + 1) * side).min(self.enhanced.width());
                    let pixels = &gray.row(y as u32)[columns.clone()];
                    for (pixel, enhanced) in pixels.iter().zip(&self.enhanced.row(y)[columns]) {
                        match (inside, *enhanced > 0.0) {
                            (false, _) => ground.add(*pixel),
                            (true, true) => dark.add(*pixel),
                            (true, false) => light.add(*pixel),
                        }
                    }
                }
            }
        }
        let (Some(dark), Some(light), Some(ground)) = (dark.value(), light.value(), ground.value())
        else {
            return Polarity::DarkRidges;
        };
        // 0 when the ground is like the darker phase, 1 when it is like the lighter.
        let place = (ground - dark) / (light - dark).max(1.0);
        if place < 0.15 { Polarity::LightRidges } else { Polarity::DarkRidges }
    }

    /// Whether a cell is empty and lies beside the print, two to five cells away: further out may
    /// be a frame, nearer the faint rim of the print.
    fn is_ground(&self, column: usize, row: usize) -> bool {
        let any = |reach: usize| {
            self.foreground.around(column, row, reach).any(|(c, r)| self.foreground.get(c, r))
        };
        !self.usable.get(column, row) && !any(1) && any(5)
    }
}

/// A mean of gray levels.
#[derive(Default)]
struct Mean {
    sum: u64,
    count: u64,
}

impl Mean {
    fn add(&mut self, pixel: u8) {
        self.sum += u64::from(pixel);
        self.count += 1;
    }

    /// The mean, of at least two thousand pixels.
    fn value(&self) -> Option<f32> {
        (self.count >= 2000).then(|| self.sum as f32 / self.count as f32)
    }
}

/// Zero outside the mask.
fn clear_outside(plane: &mut Plane, mask: &BitImage) {
    for y in 0..mask.height() {
        for (values, word) in plane.row_mut(y).chunks_mut(64).zip(mask.row(y)) {
            for (bit, value) in values.iter_mut().enumerate() {
                if word >> bit & 1 == 0 {
                    *value = 0.0;
                }
            }
        }
    }
}
