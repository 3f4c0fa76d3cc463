//! Ridge patterns whose every property is known, computed from a formula.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::f32::consts::{PI, TAU};
use vocabulary::{GrayImage, Minutia, MinutiaKind};

/// A point where one ridge (or valley) begins: the phase turns once around it.
#[derive(Clone, Copy)]
pub(crate) struct Dislocation {
    /// Position relative to the middle of the image along (`u`) and across (`n`) the ridges.
    pub(crate) u: f32,
    pub(crate) n: f32,
    /// +1 when the additional ridge runs towards growing `u`, -1 when towards falling `u`.
    pub(crate) sense: f32,
}

/// Straight ridges with dislocations.
#[derive(Clone)]
pub(crate) struct Pattern {
    pub(crate) side_px: u32,
    /// Direction of the ridges in radians, counter-clockwise.
    pub(crate) angle: f32,
    pub(crate) period_px: f32,
    /// Phase of the ridges in the middle: 0 on a ridge, PI in a valley.
    pub(crate) phase: f32,
    pub(crate) dislocations: Vec<Dislocation>,
    /// Ridges are shown within this distance of the middle, in pixels.
    pub(crate) radius_px: f32,
}

impl Pattern {
    /// Straight ridges all over the image.
    pub(crate) fn grating(angle: f32, period_px: f32) -> Self {
        Self {
            side_px: 256,
            angle,
            period_px,
            phase: 0.0,
            dislocations: Vec::new(),
            radius_px: f32::INFINITY,
        }
    }

    /// A grating with one dislocation in the middle.
    pub(crate) fn with_minutia(angle: f32, period_px: f32, kind: MinutiaKind) -> Self {
        let phase = if kind == MinutiaKind::Ending { 0.0 } else { PI };
        let dislocations = vec![Dislocation { u: 0.0, n: 0.0, sense: 1.0 }];
        Self { phase, dislocations, ..Self::grating(angle, period_px) }
    }

    /// Unit vectors along and across the ridges, on the screen.
    pub(crate) fn axes(&self) -> ((f32, f32), (f32, f32)) {
        let (cos, sin) = (libm::cosf(self.angle), libm::sinf(self.angle));
        ((cos, -sin), (sin, cos))
    }

    /// Where a dislocation lies in the image, in pixels.
    pub(crate) fn place(&self, d: &Dislocation) -> (f32, f32) {
        let ((ux, uy), (nx, ny)) = self.axes();
        let middle = (self.side_px - 1) as f32 / 2.0;
        (middle + d.u * ux + d.n * nx, middle + d.u * uy + d.n * ny)
    }

    /// The image, dark ridges on light ground.
    pub(crate) fn image(&self) -> GrayImage {
        let ((ux, uy), (nx, ny)) = self.axes();
        let middle = (self.side_px - 1) as f32 / 2.0;
        let pixel = |index: u32| {
            let x = (index % self.side_px) as f32 - middle;
            let y = (index / self.side_px) as f32 - middle;
            if x * x + y * y > self.radius_px * self.radius_px {
                return 225;
            }
            let (u, n) = (x * ux + y * uy, x * nx + y * ny);
            let turns = |d: &Dislocation| d.sense * libm::atan2f(n - d.n, u - d.u);
            let phase: f32 = self.dislocations.iter().map(turns).sum();
            let wave = libm::cosf(TAU * n / self.period_px + phase + self.phase);
            (140.0 - 80.0 * wave) as u8
        };
        let pixels = (0..self.side_px * self.side_px).map(pixel).collect();
        GrayImage::new(self.side_px, self.side_px, pixels).unwrap()
    }
}

/// White for black.
pub(crate) fn inverted(image: &GrayImage) -> GrayImage {
    let pixels = image.pixels().iter().map(|pixel| 255 - pixel).collect();
    GrayImage::new(image.width(), image.height(), pixels).unwrap()
}

/// Distance of a minutia from a point, in pixels.
pub(crate) fn distance(minutia: &Minutia, place: (f32, f32)) -> f32 {
    ((minutia.x_px() - place.0).powi(2) + (minutia.y_px() - place.1).powi(2)).sqrt()
}

/// Angle between two directions in degrees, `0.0..=180.0`.
pub(crate) fn between_directions(a: f32, b: f32) -> f32 {
    let degrees = (a - b).to_degrees().rem_euclid(360.0);
    degrees.min(360.0 - degrees)
}

/// Angle between two undirected lines in degrees, `0.0..=90.0`.
pub(crate) fn between_lines(a: f32, b: f32) -> f32 {
    let degrees = (a - b).to_degrees().rem_euclid(180.0);
    degrees.min(180.0 - degrees)
}
