//! What two prints show of the same skin, once one lies on the other.

use crate::alignment::Prints;
use crate::geometry::Point;
use crate::parameters::OVERLAP_STEP_PX;
use crate::prepared::PreparedTemplate;
use crate::rigid::Rigid;
use std::f32::consts::TAU;

/// The part of the skin that both prints show.
#[derive(Clone, Copy, Default)]
pub(crate) struct Overlap {
    /// Probe minutiae in it.
    pub(crate) probe: u16,
    /// Reference minutiae in it.
    pub(crate) reference: u16,
    /// Sum of the reliabilities of the minutiae in it, of both prints.
    pub(crate) reliability: f32,
    /// Its area, square px.
    pub(crate) area_px2: f32,
    /// Mean cosine of twice the difference of the ridge orientations; 0 without.
    pub(crate) flow: f32,
    /// Cells with a ridge orientation in both prints.
    pub(crate) flow_cells: u16,
}

/// Measures the overlap of a probe laid on a reference by `motion`.
pub(crate) fn overlap(prints: Prints<'_>, motion: &Rigid, margin_px: f32) -> Overlap {
    let Prints { probe, reference } = prints;
    let back = motion.inverse();
    let count = |points: &[Point], onto: &Rigid, other: &PreparedTemplate| {
        let inside = |p: &&Point| {
            let (x, y) = onto.apply(p.x, p.y);
            other.shown_at(x, y, margin_px).is_some()
        };
        let mut total = (0, 0.0);
        for point in points.iter().filter(inside) {
            total = (total.0 + 1, total.1 + point.reliability);
        }
        total
    };
    let (in_probe, in_reference) =
        (count(&probe.points, motion, reference), count(&reference.points, &back, probe));
    let (area_px2, flow, flow_cells) = area(probe, reference, &back, margin_px);
    Overlap {
        probe: in_probe.0,
        reference: in_reference.0,
        reliability: in_probe.1 + in_reference.1,
        area_px2,
        flow,
        flow_cells,
    }
}

/// Area of the overlap, the agreement of the flows in it, and over how many cells.
fn area(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
    back: &Rigid,
    margin_px: f32,
) -> (f32, f32, u16) {
    let Some((left, bottom, right, top)) = reference.bounds(margin_px) else {
        return (0.0, 0.0, 0);
    };
    let (columns, rows) = ((right - left) / OVERLAP_STEP_PX, (top - bottom) / OVERLAP_STEP_PX);
    let turned = f32::from(back.turn.turns_65536()) / 32768.0;
    let (mut cells, mut both, mut agreement) = (0u32, 0u16, 0.0);
    for row in 0..rows as u32 {
        for column in 0..columns as u32 {
            let x = left + (column as f32 + 0.5) * OVERLAP_STEP_PX;
            let y = top - (row as f32 + 0.5) * OVERLAP_STEP_PX;
            let Some(here) = reference.shown_at(x, y, margin_px) else { continue };
            let (u, v) = back.apply(x, y);
            let Some(there) = probe.shown_at(u, v, margin_px) else { continue };
            cells += 1;
            if let (Some(here), Some(there)) = (here, there) {
                both = both.saturating_add(1);
                agreement += libm::cosf((here - there + turned) * TAU);
            }
        }
    }
    let mean = if both > 0 { agreement / f32::from(both) } else { 0.0 };
    (cells as f32 * OVERLAP_STEP_PX * OVERLAP_STEP_PX, mean, both)
}
