//! Where an impression puts each point of the finger.
//!
//! The skin model of Cappelli, Maio and Maltoni ("Modelling plastic distortion in fingerprint
//! images", ICAPR 2001, doi:10.1007/3-540-44732-6_37): the inner part of the contact is pressed so
//! hard that it does not slip; the outer part follows the finger, which has moved and turned since;
//! between the two the skin stretches. All of it lies under one rotation and shift of the whole.

use crate::flow::{Outline, smooth_step};
use crate::random::Stream;

/// Drawn amounts of one impression.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// Image point of the middle of the contact.
    image_middle: (f32, f32),
    /// Finger point of the middle of the contact.
    finger_middle: (f32, f32),
    sine: f32,
    cosine: f32,
    /// Movement and turn of the finger after contact.
    slide: (f32, f32),
    turn: (f32, f32),
    /// One over the half axes of the ellipse that measures how far out a point is.
    ellipse: (f32, f32),
    /// Up to where, in squared distances of that ellipse, nothing slips.
    rigid: f32,
    /// Shares of the outline that touch, sideways and upwards.
    contact: (f32, f32),
    outline: Outline,
}

/// What [`Placement::draw`] draws from: standard deviations and the mean contact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlacementSpread {
    pub(crate) image_middle: (f32, f32),
    pub(crate) rotation_sigma: f32,
    pub(crate) translation_sigma_px: f32,
    pub(crate) distortion_px: f32,
    pub(crate) contact: f32,
}

impl Placement {
    pub(crate) fn draw(stream: &mut Stream, outline: Outline, spread: PlacementSpread) -> Self {
        let sigma = spread.rotation_sigma;
        let radians = stream.clipped_normal(0.0, sigma, 3.0 * sigma);
        let sigma = spread.translation_sigma_px;
        let mut shift = |share: f32| stream.clipped_normal(0.0, share * sigma, 2.0 * share * sigma);
        let (image_x, image_y) = (shift(0.8), shift(0.8));
        // The finger tips and rolls: another part of it touches.
        let (finger_x, finger_y) = (shift(0.7), shift(1.0));
        let pull = 0.6 * spread.distortion_px;
        let mut drag = || stream.clipped_normal(0.0, pull, 2.5 * pull);
        let slide = (drag(), drag());
        let turned = drag() / 120.0;
        let contact = spread.contact * stream.clipped_normal(1.0, 0.06, 0.15);
        let squash = stream.clipped_normal(1.06, 0.04, 0.08);
        let contact = ((contact / squash).min(1.0), (contact * squash).min(1.0));
        let length = 0.5 * (outline.top + outline.bottom);
        Self {
            image_middle: (spread.image_middle.0 + image_x, spread.image_middle.1 + image_y),
            finger_middle: (outline.middle_x + finger_x, outline.middle_y + finger_y),
            sine: libm::sinf(radians),
            cosine: libm::cosf(radians),
            slide,
            turn: (libm::cosf(turned) - 1.0, libm::sinf(turned)),
            ellipse: (1.0 / (contact.0 * outline.side), 1.0 / (contact.1 * length)),
            rigid: stream.range(0.04, 0.2),
            contact,
            outline,
        }
    }

    /// How far the skin is from where the finger wants it, by its place in the contact.
    fn stretch(&self, x: f32, y: f32) -> (f32, f32) {
        let (u, v) = (x * self.ellipse.0, y * self.ellipse.1);
        let brake = smooth_step((u * u + v * v - self.rigid) * (1.0 / 1.3));
        let (cosine, sine) = self.turn;
        (
            brake * (cosine * x + sine * y + self.slide.0),
            brake * (cosine * y - sine * x + self.slide.1),
        )
    }

    /// The finger point seen at an image point, both in pixels.
    pub(crate) fn finger_point(&self, x_px: f32, y_px: f32) -> (f32, f32) {
        let (dx, dy) = (x_px - self.image_middle.0, y_px - self.image_middle.1);
        let x = self.cosine * dx - self.sine * dy;
        let y = self.sine * dx + self.cosine * dy;
        let (stretch_x, stretch_y) = self.stretch(x, y);
        (x + stretch_x + self.finger_middle.0, y + stretch_y + self.finger_middle.1)
    }

    /// The image point where a finger point is seen: the inverse of [`Self::finger_point`], to well
    /// below a tenth of a pixel.
    pub(crate) fn image_point(&self, x_px: f32, y_px: f32) -> (f32, f32) {
        let (aim_x, aim_y) = (x_px - self.finger_middle.0, y_px - self.finger_middle.1);
        let (mut x, mut y) = (aim_x, aim_y);
        for _ in 0..12 {
            let (stretch_x, stretch_y) = self.stretch(x, y);
            (x, y) = (aim_x - stretch_x, aim_y - stretch_y);
        }
        (
            self.image_middle.0 + self.cosine * x + self.sine * y,
            self.image_middle.1 - self.sine * x + self.cosine * y,
        )
    }

    /// How far out of the contact a finger point is: 0 in its middle, 1 at its edge, and above 1
    /// off the finger.
    pub(crate) fn reach(&self, x_px: f32, y_px: f32) -> f32 {
        let x = self.outline.middle_x + (x_px - self.finger_middle.0) / self.contact.0;
        let y = self.outline.middle_y + (y_px - self.finger_middle.1) / self.contact.1;
        self.outline.reach(x, y).max(self.outline.reach(x_px, y_px))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;
    use proptest::prelude::*;

    fn placement(seed: u64, distortion_px: f32) -> Placement {
        let mut stream = Stream::new(Domain::Impression, [seed, 0, 0]);
        let outline = Outline::draw(&mut stream, 1.0, 6.0);
        let spread = PlacementSpread {
            image_middle: (194.0, 187.0),
            rotation_sigma: 0.2,
            translation_sigma_px: 20.0,
            distortion_px,
            contact: 0.8,
        };
        Placement::draw(&mut stream, outline, spread)
    }

    proptest! {
        #[test]
        fn a_point_sent_to_the_image_comes_back(
            seed: u64, x in 30.0_f32..330.0, y in 30.0_f32..430.0, distortion in 0.0_f32..12.0,
        ) {
            let placement = placement(seed, distortion);
            let (image_x, image_y) = placement.image_point(x, y);
            let (back_x, back_y) = placement.finger_point(image_x, image_y);
            prop_assert!((back_x - x).abs() < 0.05 && (back_y - y).abs() < 0.05);
        }
    }

    #[test]
    fn without_distortion_distances_stay() {
        let placement = placement(5, 0.0);
        let (a, b) = (placement.image_point(100.0, 120.0), placement.image_point(200.0, 320.0));
        let length = ((a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)).sqrt();
        assert!((length - 223.607).abs() < 0.01, "length {length}");
    }
}
