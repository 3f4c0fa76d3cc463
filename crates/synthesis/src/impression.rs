//! Impressions: captures of a master print.

use crate::bounded::bounded;
use crate::master::MasterPrint;
use crate::placement::{Placement, PlacementSpread};
use crate::random::{Domain, Stream};
use crate::rendering;
use vocabulary::{Direction, GrayImage, Minutia};

/// How the image looks where no finger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Evenly white, as of an optical sensor with background removal.
    White,
    /// Gray, unevenly lit, with specks of dirt, as of a bare optical sensor.
    Gray,
}

/// How a capture is made. Drawn quantities vary from impression to impression around what is said
/// here. Values outside the ranges are brought to the nearest end, NaN to the lowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpressionParameters {
    /// Columns of the image at 500 ppi, `64..=2000`.
    pub width_px: u32,
    /// Rows of the image at 500 ppi, `64..=2000`.
    pub height_px: u32,
    /// Standard deviation of the rotation, in degrees, `0..=60`; clipped at three times that.
    pub rotation_sigma_degrees: f32,
    /// Standard deviation of the shift each way, in pixels, `0..=60`; clipped at twice that.
    pub translation_sigma_px: f32,
    /// Mean share of the finger's width and height that touches the sensor, `0.3..=1`.
    pub contact: f32,
    /// How far the skin at the edge slides against the middle, in pixels, `0..=12`.
    pub distortion_px: f32,
    /// Mean moisture and pressure, from -1 (dry, thin broken ridges) over 0 to 1 (wet, ridges run
    /// together).
    pub moisture: f32,
    /// Standard deviation of the moisture between impressions, `0..=1`.
    pub moisture_sigma: f32,
    /// Unevenness of the moisture within an impression, `0..=1`.
    pub blotches: f32,
    /// Raggedness of the ridges, `0..=1`.
    pub grain: f32,
    /// Expected scratches, `0..=40`.
    pub scratches: f32,
    /// Standard deviation of the blur, in pixels, `0..=2`.
    pub blur_px: f32,
    /// What is seen where no finger is.
    pub background: Background,
}

impl ImpressionParameters {
    /// A careful capture: nearly the whole pad, even pressure.
    pub const fn good() -> Self {
        Self {
            width_px: 388,
            height_px: 374,
            rotation_sigma_degrees: 5.0,
            translation_sigma_px: 7.0,
            contact: 0.88,
            distortion_px: 2.5,
            moisture: 0.05,
            moisture_sigma: 0.08,
            blotches: 0.25,
            grain: 0.25,
            scratches: 0.2,
            blur_px: 0.6,
            background: Background::White,
        }
    }

    /// An ordinary live-scan capture.
    pub const fn typical() -> Self {
        Self {
            rotation_sigma_degrees: 8.0,
            translation_sigma_px: 14.0,
            contact: 0.8,
            distortion_px: 6.0,
            moisture: -0.05,
            moisture_sigma: 0.25,
            blotches: 0.6,
            grain: 0.6,
            scratches: 1.0,
            blur_px: 0.7,
            ..Self::good()
        }
    }

    /// A bad capture: a small, turned, dry or smudged part of the pad.
    pub const fn poor() -> Self {
        Self {
            rotation_sigma_degrees: 12.0,
            translation_sigma_px: 24.0,
            contact: 0.68,
            distortion_px: 9.0,
            moisture: -0.15,
            moisture_sigma: 0.45,
            blotches: 1.0,
            grain: 1.0,
            scratches: 4.0,
            blur_px: 0.9,
            ..Self::good()
        }
    }

    fn clamped(&self) -> Self {
        Self {
            width_px: self.width_px.clamp(64, 2000),
            height_px: self.height_px.clamp(64, 2000),
            rotation_sigma_degrees: bounded(self.rotation_sigma_degrees, 0.0, 60.0),
            translation_sigma_px: bounded(self.translation_sigma_px, 0.0, 60.0),
            contact: bounded(self.contact, 0.3, 1.0),
            distortion_px: bounded(self.distortion_px, 0.0, 12.0),
            moisture: bounded(self.moisture, -1.0, 1.0),
            moisture_sigma: bounded(self.moisture_sigma, 0.0, 1.0),
            blotches: bounded(self.blotches, 0.0, 1.0),
            grain: bounded(self.grain, 0.0, 1.0),
            scratches: bounded(self.scratches, 0.0, 40.0),
            blur_px: bounded(self.blur_px, 0.0, 2.0),
            background: self.background,
        }
    }
}

impl Default for ImpressionParameters {
    fn default() -> Self {
        Self::typical()
    }
}

/// One capture of a finger. `Debug` shows its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct Impression {
    /// The image, 500 ppi, dark ridges.
    pub image: GrayImage,
    /// Ground truth: the minutiae of the master print that this image shows, where it shows them.
    /// Their reliability falls with how faint or smeared their surroundings are.
    pub minutiae: Vec<Minutia>,
}

impl Impression {
    /// Captures a finger. The same finger, seed and parameters give the same impression, other
    /// seeds other impressions of it. Takes about ten milliseconds.
    #[must_use]
    pub fn render(master: &MasterPrint, seed: u64, parameters: &ImpressionParameters) -> Self {
        let parameters = parameters.clamped();
        let mut stream = Stream::new(Domain::Impression, [master.seed(), seed, 0]);
        let spread = PlacementSpread {
            image_middle: (0.5 * parameters.width_px as f32, 0.5 * parameters.height_px as f32),
            rotation_sigma: parameters.rotation_sigma_degrees.to_radians(),
            translation_sigma_px: parameters.translation_sigma_px,
            distortion_px: parameters.distortion_px,
            contact: parameters.contact,
        };
        let placement = Placement::draw(&mut stream, master.outline(), spread);
        let texture = Stream::new(Domain::Texture, [master.seed(), seed, 0]);
        let (image, clarity) = rendering::render(master, &placement, &parameters, texture);
        let minutiae = master
            .minutiae()
            .iter()
            .filter_map(|minutia| project(minutia, &placement, |x, y| clarity.at(x, y)))
            .filter(|minutia| {
                minutia.x_px() < parameters.width_px as f32 - 4.0
                    && minutia.y_px() < parameters.height_px as f32 - 4.0
            })
            .collect();
        Self { image, minutiae }
    }
}

impl std::fmt::Debug for Impression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Impression({} x {})", self.image.width(), self.image.height())
    }
}

/// A minutia of the master as the impression shows it; `None` where it shows nothing.
fn project(
    minutia: &Minutia,
    placement: &Placement,
    clarity: impl Fn(f32, f32) -> f32,
) -> Option<Minutia> {
    const STEP_PX: f32 = 6.0;
    const CLARITY_MIN: f32 = 0.25;
    const EDGE_PX: f32 = 4.0;
    let radians = minutia.direction().radians();
    let (from_x, from_y) = (minutia.x_px(), minutia.y_px());
    let (x, y) = placement.image_point(from_x, from_y);
    let (ahead_x, ahead_y) = placement.image_point(
        from_x + STEP_PX * libm::cosf(radians),
        from_y - STEP_PX * libm::sinf(radians),
    );
    let seen = clarity(x, y);
    if x < EDGE_PX || y < EDGE_PX || seen < CLARITY_MIN {
        return None;
    }
    let direction = Direction::from_radians(libm::atan2f(y - ahead_y, ahead_x - x));
    let (x_16, y_16) = ((x * 16.0 + 0.5) as u16, (y * 16.0 + 0.5) as u16);
    let reliability = (seen * 100.0).min(100.0) as u8;
    Minutia::new(x_16, y_16, direction, minutia.kind(), reliability).ok()
}
