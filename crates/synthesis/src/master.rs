//! Master prints: the whole skin pattern of one finger.

use crate::PatternClass;
use crate::bounded::bounded;
use crate::flow::{FlowField, Outline, SingularPoint};
use crate::gabor;
use crate::growth::{self, CELL, Growth, NO_FILTER};
use crate::noise;
use crate::period::PeriodField;
use crate::plane::Plane;
use crate::random::{Domain, Stream};
use crate::skeleton::Skeleton;
use crate::skin::Skin;
use crate::truth;
use std::f32::consts::PI;
use vocabulary::{GrayImage, Minutia};

/// Pixels around the outline.
const MARGIN_PX: f32 = 6.0;

/// What kind of finger to make. Values outside the ranges are brought to the nearest end, NaN to
/// the lowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MasterParameters {
    /// The pattern class; drawn in natural proportions when `None`.
    pub class: Option<PatternClass>,
    /// Size of the finger, 1.0 for an average adult's (about 335 by 450 pixels), `0.6..=1.2`.
    pub size: f32,
}

impl Default for MasterParameters {
    fn default() -> Self {
        Self { class: None, size: 1.0 }
    }
}

/// The whole skin pattern of one finger, with its minutiae. `Debug` shows the class only.
pub struct MasterPrint {
    seed: u64,
    outline: Outline,
    flow: FlowField,
    period: PeriodField,
    /// Ridge profile, -256 in the middle of a valley to 256 on the crest of a ridge.
    pattern: Plane<i16>,
    minutiae: Vec<Minutia>,
    skin: Skin,
}

impl MasterPrint {
    /// Grows the finger of a seed. Takes about a tenth of a second.
    #[must_use]
    pub fn generate(seed: u64, parameters: &MasterParameters) -> Self {
        let mut stream = Stream::new(Domain::Master, [seed, 0, 0]);
        let drawn = PatternClass::draw(&mut stream);
        let class = parameters.class.unwrap_or(drawn);
        let size = bounded(parameters.size, 0.6, 1.2);
        let outline = Outline::draw(&mut stream, size, MARGIN_PX);
        let flow = FlowField::draw(&mut stream, class, outline);
        let period = PeriodField::draw(&mut stream, &flow, outline);
        let filters = choose_filters(&mut stream, outline, &flow, &period);
        let growth = Growth { spot_area_px: 1000.0, coarse_passes: 24, fine_passes: 4 };
        let mut stream = Stream::new(Domain::Growth, [seed, 0, 0]);
        let pattern = growth::grow(&filters, growth, &mut stream);
        let is_ridge = |x: usize, y: usize| pattern.at(x, y) > 0;
        let mut skeleton = Skeleton::of(pattern.width, pattern.height, is_ridge);
        let inside = |x: f32, y: f32| outline.reach(x, y) < 0.93;
        let minutiae = truth::minutiae(&mut skeleton, &flow, inside);
        let skin = Skin::draw(&mut Stream::new(Domain::Skin, [seed, 0, 0]), &skeleton, outline);
        Self { seed, outline, flow, period, pattern, minutiae, skin }
    }

    /// The seed it was grown from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Pattern class.
    pub const fn class(&self) -> PatternClass {
        self.flow.class()
    }

    /// Loops and deltas; none on an arch.
    pub fn singular_points(&self) -> &[SingularPoint] {
        self.flow.points()
    }

    /// Columns of the print, in pixels at 500 ppi.
    pub fn width_px(&self) -> u32 {
        self.pattern.width as u32
    }

    /// Rows of the print, in pixels at 500 ppi.
    pub fn height_px(&self) -> u32 {
        self.pattern.height as u32
    }

    /// Ground truth: the minutiae of the whole pattern, all with reliability 100.
    pub fn minutiae(&self) -> &[Minutia] {
        &self.minutiae
    }

    /// Whether a point in pixels lies on the finger.
    pub fn is_foreground(&self, x_px: f32, y_px: f32) -> bool {
        self.outline.reach(x_px, y_px) < 1.0
    }

    /// Ridge orientation at a point in pixels, in radians, `0.0..PI`, counter-clockwise from the x
    /// axis on the screen; `None` off the finger.
    pub fn orientation_at(&self, x_px: f32, y_px: f32) -> Option<f32> {
        self.is_foreground(x_px, y_px).then(|| self.flow.orientation(x_px, y_px))
    }

    /// Ridge period at a point in pixels, in pixels; `None` off the finger.
    pub fn period_at(&self, x_px: f32, y_px: f32) -> Option<f32> {
        self.is_foreground(x_px, y_px).then(|| self.period.at(x_px, y_px))
    }

    pub(crate) const fn outline(&self) -> Outline {
        self.outline
    }

    pub(crate) const fn skin(&self) -> &Skin {
        &self.skin
    }

    /// Height of the skin at a point in pixels, -1 (valley) to 1 (ridge), interpolated; -1 outside
    /// the pattern.
    pub(crate) fn profile(&self, x_px: f32, y_px: f32) -> f32 {
        let (width, height) = (self.pattern.width, self.pattern.height);
        let inside =
            x_px >= 0.0 && y_px >= 0.0 && x_px < (width - 1) as f32 && y_px < (height - 1) as f32;
        if !inside {
            return -1.0;
        }
        let (column, row) = (x_px as usize, y_px as usize);
        let (right, down) = (x_px - column as f32, y_px - row as f32);
        let place = row * width + column;
        let cells = &self.pattern.cells;
        let at = |place: usize| f32::from(cells[place]);
        let upper = at(place) + (at(place + 1) - at(place)) * right;
        let below = place + width;
        let lower = at(below) + (at(below + 1) - at(below)) * right;
        (upper + (lower - upper) * down) * (1.0 / 256.0)
    }

    /// The clean pattern as a picture: dark ridges on white, white off the finger.
    pub fn image(&self) -> GrayImage {
        let mut pixels = Vec::with_capacity(self.pattern.cells.len());
        for y in 0..self.pattern.height {
            for (x, value) in self.pattern.row(y).iter().enumerate() {
                let ridge = i32::from(*value) * 3 / 4;
                let gray = (128 - ridge).clamp(0, 255) as u8;
                pixels.push(if self.is_foreground(x as f32, y as f32) { gray } else { 255 });
            }
        }
        GrayImage::new(self.width_px(), self.height_px(), pixels)
            .expect("a finger is a few hundred pixels wide and high")
    }
}

impl std::fmt::Debug for MasterPrint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterPrint({})", self.class())
    }
}

/// The filter of every cell, with some smooth disorder in orientation and period.
fn choose_filters(
    stream: &mut Stream,
    outline: Outline,
    flow: &FlowField,
    period: &PeriodField,
) -> Plane<u16> {
    let side = |pixels: f32| ((pixels + 2.0 * MARGIN_PX) as usize).div_ceil(CELL);
    let (width, height) = (side(2.0 * outline.side), side(outline.top + outline.bottom));
    let cell = CELL as f32;
    let sway = noise::smooth(stream, width, height, 55.0 / cell);
    let swell = noise::smooth(stream, width, height, 26.0 / cell);
    let mut filters = Plane::filled(width, height, NO_FILTER);
    for row in 0..height {
        let y = row as f32 * cell + 0.5;
        for column in 0..width {
            let x = column as f32 * cell + 0.5;
            if outline.reach(x, y) > 1.06 {
                continue;
            }
            let turned = flow.orientation(x, y) + 0.08 * sway.at(column, row);
            let radians = if turned < 0.0 { turned + PI } else { turned };
            let period_px = period.at(x, y) * (1.0 + 0.085 * swell.at(column, row));
            filters.set(column, row, gabor::nearest(radians, period_px));
        }
    }
    filters
}
