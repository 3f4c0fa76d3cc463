//! What two prints show of the same skin, once one lies on the other.

use crate::prepared::PreparedTemplate;
use crate::rigid::Rigid;
use std::f32::consts::TAU;
use vocabulary::RidgeFlow;

/// Step of the sampling grid, px: a cell of the ridge flow.
const STEP_PX: f32 = RidgeFlow::CELL_PX as f32;

/// The part of the skin that both prints show.
#[derive(Clone, Copy, Default)]
pub(crate) struct Overlap {
    /// Probe minutiae in it.
    pub(crate) probe: u16,
    /// Reference minutiae in it.
    pub(crate) reference: u16,
    /// Its area, square px.
    pub(crate) area_px2: f32,
    /// Mean cosine of twice the difference of the ridge orientations; 0 without ridge flows.
    pub(crate) flow: f32,
}

/// Whether a print shows a place (y upwards): it has ridge flow there, or lies about its minutiae.
fn shows(print: &PreparedTemplate, x: f32, y: f32, margin_px: f32) -> bool {
    match &print.flow {
        Some(flow) => flow.orientation_at(x, -y).is_some(),
        None => print.hull.contains(x, y, margin_px),
    }
}

/// Measures the overlap of a probe laid on a reference by `motion`.
pub(crate) fn overlap(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
    motion: &Rigid,
    margin_px: f32,
) -> Overlap {
    let back = motion.inverse();
    let count = |points: &[crate::geometry::Point], onto: &Rigid, other: &PreparedTemplate| {
        let inside = |p: &&crate::geometry::Point| {
            let (x, y) = onto.apply(p.x, p.y);
            shows(other, x, y, margin_px)
        };
        points.iter().filter(inside).count() as u16
    };
    let (area_px2, flow) = area(probe, reference, &back, margin_px);
    Overlap {
        probe: count(&probe.points, motion, reference),
        reference: count(&reference.points, &back, probe),
        area_px2,
        flow,
    }
}

/// Area of the overlap and the agreement of the flows in it.
fn area(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
    back: &Rigid,
    margin_px: f32,
) -> (f32, f32) {
    let Some((left, bottom, right, top)) = reference.bounds(margin_px) else { return (0.0, 0.0) };
    let (mut cells, mut agreement) = (0u32, 0.0);
    let (columns, rows) = ((right - left) / STEP_PX, (top - bottom) / STEP_PX);
    for row in 0..rows as u32 {
        for column in 0..columns as u32 {
            let x = left + (column as f32 + 0.5) * STEP_PX;
            let y = top - (row as f32 + 0.5) * STEP_PX;
            let (u, v) = back.apply(x, y);
            if !shows(reference, x, y, margin_px) || !shows(probe, u, v, margin_px) {
                continue;
            }
            cells += 1;
            if let (Some(a), Some(b)) = (&probe.flow, &reference.flow) {
                let here = b.orientation_at(x, -y).map_or(0.0, f32::from);
                let there = a.orientation_at(u, -v).map_or(0.0, f32::from);
                let turned = f32::from(back.turn.turns_65536()) / 32768.0;
                let difference = (here - there) / f32::from(RidgeFlow::ORIENTATIONS) + turned;
                agreement += libm::cosf(difference * TAU);
            }
        }
    }
    let mean = if cells > 0 { agreement / cells as f32 } else { 0.0 };
    (cells as f32 * STEP_PX * STEP_PX, mean)
}
