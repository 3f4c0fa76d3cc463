//! The orientation field: singular points over an arch.
//!
//! Sherlock and Monro ("A model for interpreting fingerprint topology", Pattern Recognition 26(7)
//! 1993) let the orientation be half the sum of the angles to the loops less half the sum of the
//! angles to the deltas. Vizcaya and Gerhardt (Pattern Recognition 29(7) 1996) bend each of these
//! angles by a piecewise-linear function, which is what makes one loop differ from another. Far
//! from its singular points that field is horizontal, whereas a finger's ridges run around its
//! tip and down its sides: the arch term adds that. Inside this file y grows upwards.

use crate::PatternClass;
use crate::random::Stream;
use std::f32::consts::{FRAC_PI_2, PI, TAU};

/// Loop or delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingularKind {
    /// The innermost turn of a loop.
    Loop,
    /// Where three flows meet.
    Delta,
}

/// Number of knots of the piecewise-linear correction around a singular point.
const KNOTS: usize = 12;

/// A loop or a delta of a master print.
#[derive(Clone, Copy, PartialEq)]
pub struct SingularPoint {
    kind: SingularKind,
    x_px: f32,
    y_px: f32,
    /// Correction of the angle at `-PI + TAU * knot / KNOTS`, in radians.
    corrections: [f32; KNOTS],
}

impl SingularPoint {
    /// Loop or delta.
    pub const fn kind(&self) -> SingularKind {
        self.kind
    }

    /// Column in pixels at 500 ppi; may lie outside the print.
    pub const fn x_px(&self) -> f32 {
        self.x_px
    }

    /// Row in pixels at 500 ppi; may lie outside the print.
    pub const fn y_px(&self) -> f32 {
        self.y_px
    }

    /// Its share of the orientation at a point, in radians.
    fn share(&self, x_px: f32, y_px: f32) -> f32 {
        let angle = libm::atan2f(self.y_px - y_px, x_px - self.x_px);
        let place = (angle + PI) * (KNOTS as f32 / TAU);
        let knot = (place as usize).min(KNOTS - 1);
        let part = place - knot as f32;
        let (from, to) = (self.corrections[knot], self.corrections[(knot + 1) % KNOTS]);
        let bent = angle + from + (to - from) * part;
        match self.kind {
            SingularKind::Loop => 0.5 * bent,
            SingularKind::Delta => -0.5 * bent,
        }
    }
}

/// The outline of a finger: the middle and the distances from it to the edges, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outline {
    pub(crate) middle_x: f32,
    pub(crate) middle_y: f32,
    pub(crate) side: f32,
    pub(crate) top: f32,
    pub(crate) bottom: f32,
    /// 1.0 for a finger of average size.
    pub(crate) scale: f32,
}

impl Outline {
    /// Draws the size of a finger and puts it `margin` pixels from the left and the top.
    pub(crate) fn draw(stream: &mut Stream, size: f32, margin: f32) -> Self {
        let scale = size * stream.clipped_normal(1.0, 0.06, 0.14);
        let slender = stream.clipped_normal(1.0, 0.04, 0.08);
        let (side, top) = (166.0 * scale / slender, 216.0 * scale * slender);
        let bottom = 228.0 * scale * slender;
        Self { middle_x: margin + side, middle_y: margin + top, side, top, bottom, scale }
    }

    /// How far out a point is: 0 in the middle, 1 on the edge. A round tip and a squarer base.
    pub(crate) fn reach(&self, x_px: f32, y_px: f32) -> f32 {
        let across = (x_px - self.middle_x) / self.side;
        let up = self.middle_y - y_px;
        let (x2, along) =
            (across * across, if up > 0.0 { up / self.top } else { up / self.bottom });
        let y2 = along * along;
        if up > 0.0 { x2 + y2 } else { x2 * (0.65 + 0.35 * x2) + y2 * y2 }
    }
}

/// The smooth part of the field: ridges run over the finger like arches.
#[derive(Debug, Clone, Copy)]
struct Arch {
    /// Steepness where it is greatest: radians for the classes with singular points, a slope for
    /// the plain arch.
    steepness: f32,
    /// Height of the greatest steepness, as a share of the outline.
    crest: f32,
    /// Steepness left at the tip, as a share.
    tip: f32,
    /// Sideways place of the axis, in pixels.
    axis: f32,
}

/// The orientation of the ridges everywhere on one finger.
#[derive(Clone)]
pub(crate) struct FlowField {
    class: PatternClass,
    outline: Outline,
    points: Vec<SingularPoint>,
    arch: Arch,
}

impl FlowField {
    /// Draws singular points and arch for a finger.
    pub(crate) fn draw(stream: &mut Stream, class: PatternClass, outline: Outline) -> Self {
        let mut places = place_points(stream, class);
        if class == PatternClass::RightLoop {
            places.iter_mut().for_each(|place| place.1 = -place.1);
        }
        let points: Vec<_> = places
            .into_iter()
            .map(|(kind, right, up)| SingularPoint {
                kind,
                x_px: outline.middle_x + right * outline.scale,
                y_px: outline.middle_y - up * outline.scale,
                corrections: draw_corrections(stream),
            })
            .collect();
        let arch = draw_arch(stream, class, outline.scale);
        let mut field = Self { class, outline, points, arch };
        field.round_turns(stream);
        field
    }

    /// Half the sum of angles makes every loop a parabola and every delta three hyperbolas, whose
    /// ridges fan out and so need many new ones. In prints the turns are rounder and the ridges
    /// beyond them run side by side: each angle is bent towards one that does all its turning where
    /// the ridges cross the line from the point.
    fn round_turns(&mut self, stream: &mut Stream) {
        for index in 0..self.points.len() {
            let SingularPoint { kind, x_px, y_px, .. } = self.points[index];
            let rest = self.points.iter().enumerate().filter(|(other, _)| *other != index);
            let shares = rest.map(|(_, point)| point.share(x_px, y_px));
            let others = shares.fold(self.arch_angle(x_px, y_px), |total, share| total + share);
            // Where ridges run straight out of the point, and how often they do all around.
            let (straight, arms) = match kind {
                SingularKind::Loop => (2.0 * others, 1.0),
                SingularKind::Delta => (2.0 / 3.0 * others, 3.0),
            };
            let roundness = stream.range(0.35, 0.75);
            for (knot, correction) in self.points[index].corrections.iter_mut().enumerate() {
                let angle = -PI + TAU * knot as f32 / KNOTS as f32;
                let turns = (angle - straight) * arms / TAU;
                let from_arm = (turns - libm::roundf(turns)) * TAU;
                let bend = if from_arm.abs() < FRAC_PI_2 {
                    from_arm
                } else if from_arm > 0.0 {
                    PI - from_arm
                } else {
                    -PI - from_arm
                };
                *correction -= roundness * bend / arms;
            }
        }
    }

    pub(crate) const fn class(&self) -> PatternClass {
        self.class
    }

    pub(crate) fn points(&self) -> &[SingularPoint] {
        &self.points
    }

    /// Orientation at a point in pixels, in radians, `0.0..PI`, counter-clockwise on the screen.
    pub(crate) fn orientation(&self, x_px: f32, y_px: f32) -> f32 {
        let sum = self.points.iter().map(|point| point.share(x_px, y_px));
        let angle = self.arch_angle(x_px, y_px) + sum.fold(0.0, |total, share| total + share);
        let turns = angle / PI;
        let reduced = (turns - libm::floorf(turns)) * PI;
        if reduced < PI { reduced } else { 0.0 }
    }

    fn arch_angle(&self, x_px: f32, y_px: f32) -> f32 {
        let across = (x_px - self.outline.middle_x - self.arch.axis) / self.outline.side;
        let up = self.outline.middle_y - y_px;
        let height = if up > 0.0 { up / self.outline.top } else { up / self.outline.bottom };
        let strength = self.arch.steepness * self.arch_profile(height);
        let bounded = across.clamp(-1.3, 1.3);
        if self.class == PatternClass::Arch {
            // Low down the ridges level out towards the sides; near the tip they keep falling.
            let levelling = (0.55 - 0.6 * height).clamp(0.0, 1.0);
            let wave = libm::sinf(bounded * (FRAC_PI_2 + levelling));
            -libm::atanf(strength * wave)
        } else {
            -strength * libm::sinf(bounded * 1.35)
        }
    }

    /// Steepness by height: none at the base, full at the crest, some left at the tip.
    fn arch_profile(&self, height: f32) -> f32 {
        let Arch { crest, tip, .. } = self.arch;
        if height < crest {
            smooth_step((height + 0.85) / (crest + 0.85))
        } else {
            1.0 - (1.0 - tip) * smooth_step((height - crest) / (1.1 - crest))
        }
    }
}

/// 0 below 0, 1 above 1, smooth between.
pub(crate) fn smooth_step(place: f32) -> f32 {
    let t = place.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Kind, pixels to the right of the middle, pixels above it. Right loops are placed as left ones.
fn place_points(stream: &mut Stream, class: PatternClass) -> Vec<(SingularKind, f32, f32)> {
    use SingularKind::{Delta, Loop};
    match class {
        PatternClass::Arch => Vec::new(),
        PatternClass::TentedArch => {
            let (x, y) = (stream.clipped_normal(0.0, 8.0, 16.0), stream.range(-10.0, 40.0));
            let below = stream.range(55.0, 105.0);
            vec![(Loop, x, y), (Delta, x + stream.range(-10.0, 10.0), y - below)]
        }
        PatternClass::LeftLoop | PatternClass::RightLoop => {
            let (x, y) =
                (stream.clipped_normal(-2.0, 10.0, 22.0), stream.clipped_normal(28.0, 14.0, 28.0));
            let (aside, below) = (stream.range(72.0, 122.0), stream.range(105.0, 170.0));
            vec![(Loop, x, y), (Delta, x + aside, y - below)]
        }
        PatternClass::Whorl => {
            let (x, y) =
                (stream.clipped_normal(0.0, 9.0, 20.0), stream.clipped_normal(16.0, 14.0, 28.0));
            let apart = stream.range(14.0, 46.0);
            let twist = stream.clipped_normal(0.0, 11.0, 24.0);
            let (left, right) = (stream.range(88.0, 128.0), stream.range(88.0, 128.0));
            let (low_left, low_right) = (stream.range(95.0, 150.0), stream.range(95.0, 150.0));
            vec![
                (Loop, x + twist, y + apart),
                (Loop, x - twist, y - apart),
                (Delta, x - left, y - low_left),
                (Delta, x + right, y - low_right),
            ]
        }
    }
}

fn draw_corrections(stream: &mut Stream) -> [f32; KNOTS] {
    let raw = [(); KNOTS].map(|()| stream.clipped_normal(0.0, 0.14, 0.3));
    // Neighbours pull together, so that no ridge breaks at a knot; the mean would only rotate.
    let mean = raw.iter().fold(0.0, |total, c| total + c) / KNOTS as f32;
    std::array::from_fn(|k| {
        let (before, after) = (raw[(k + KNOTS - 1) % KNOTS], raw[(k + 1) % KNOTS]);
        0.5 * raw[k] + 0.25 * (before + after) - mean
    })
}

fn draw_arch(stream: &mut Stream, class: PatternClass, scale: f32) -> Arch {
    let axis = scale * stream.clipped_normal(0.0, 8.0, 16.0);
    let (steepness, crest, tip) = match class {
        PatternClass::Arch => {
            (stream.range(0.8, 1.5), stream.range(-0.15, 0.1), stream.range(0.5, 0.8))
        }
        PatternClass::TentedArch => {
            (stream.range(0.45, 0.65), stream.range(-0.1, 0.1), stream.range(0.6, 0.9))
        }
        PatternClass::LeftLoop | PatternClass::RightLoop => {
            (stream.range(0.3, 0.55), stream.range(0.0, 0.25), stream.range(0.6, 0.9))
        }
        PatternClass::Whorl => {
            (stream.range(0.2, 0.4), stream.range(0.1, 0.35), stream.range(0.7, 1.0))
        }
    };
    Arch { steepness, crest, tip, axis }
}
