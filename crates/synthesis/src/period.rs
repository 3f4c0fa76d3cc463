//! How far apart the ridges are.

use crate::flow::{FlowField, Outline, SingularKind, smooth_step};
use crate::random::Stream;

/// The ridge period everywhere on one finger: about 9 pixels, more near the tip, and most below the
/// lowest delta (Handbook of Fingerprint Recognition, section 6.4: density map). Where three flows
/// meet, too, the ridges stand further apart.
#[derive(Clone)]
pub(crate) struct PeriodField {
    base: f32,
    tip_gain: f32,
    base_gain: f32,
    tip_from: f32,
    base_from: f32,
    fade: f32,
    deltas: Vec<(f32, f32)>,
    delta_gain: f32,
}

impl PeriodField {
    /// Draws the periods of a finger.
    pub(crate) fn draw(stream: &mut Stream, flow: &FlowField, outline: Outline) -> Self {
        let rows = |kind| flow.points().iter().filter(move |p| p.kind() == kind).map(|p| p.y_px());
        let highest_loop = rows(SingularKind::Loop).fold(outline.middle_y, f32::min);
        let lowest_delta = rows(SingularKind::Delta).fold(outline.middle_y + 60.0, f32::max);
        let deltas = flow.points().iter().filter(|p| p.kind() == SingularKind::Delta);
        let variation = stream.clipped_normal(1.0, 0.055, 0.13);
        Self {
            base: 8.7 * variation * libm::powf(outline.scale, 0.6),
            tip_gain: stream.range(0.02, 0.12),
            base_gain: stream.range(0.12, 0.32),
            tip_from: highest_loop - 20.0,
            base_from: lowest_delta - 20.0,
            fade: 110.0 * outline.scale,
            deltas: deltas.map(|p| (p.x_px(), p.y_px())).collect(),
            delta_gain: stream.range(0.1, 0.3),
        }
    }

    /// Period at a point, in pixels.
    pub(crate) fn at(&self, x_px: f32, y_px: f32) -> f32 {
        let above = smooth_step((self.tip_from - y_px) / self.fade);
        let below = smooth_step((y_px - self.base_from) / self.fade);
        let near = self.deltas.iter().map(|(x, y)| {
            let (dx, dy) = (x_px - x, y_px - y);
            1.0 / (1.0 + (dx * dx + dy * dy) * (1.0 / 500.0))
        });
        let open = self.delta_gain * near.fold(0.0, |sum, share| sum + share);
        self.base * (1.0 + self.tip_gain * above + self.base_gain * below + open)
    }
}
