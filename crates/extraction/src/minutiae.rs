//! Stage 8: from the ends and splits of the skeleton to minutiae.
//!
//! Position: the point where the enhanced image is zero and flat across the ridge. There the phase
//! of the ridge pattern is undefined, whether a ridge ends or a valley does, and it lies between
//! pixels (K. G. Larkin and P. A. Fletcher, Optics Express 15(14), 2007). Direction: that of the
//! orientation field, and of its two senses the one the skeleton was followed in.

use crate::cells::Cells;
use crate::graph::Graph;
use crate::orientation::{self, Doubled};
use crate::plane::Plane;
use vocabulary::MinutiaKind;

/// Steps that a line is followed from its node for the direction, in pixels.
const TRACE_PX: usize = 14;
/// Rounds of the search for the exact position.
const ROUNDS: usize = 5;

/// A minutia before it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Where the skeleton ends or splits, in pixels.
    pub(crate) node: (f32, f32),
    /// Exact position in pixels.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Direction in radians, counter-clockwise.
    pub(crate) angle: f32,
    pub(crate) kind: MinutiaKind,
    /// Cosine between the direction and the way the skeleton runs.
    pub(crate) agreement: f32,
    /// Shortest of the lines that meet here, in pixels.
    pub(crate) shortest: f32,
    /// Whether the exact position was found.
    pub(crate) exact: bool,
}

/// All ends and splits of a skeleton, row by row of their nodes.
pub(crate) fn find(graph: &Graph, enhanced: &Plane, ridges: &Cells<Doubled>) -> Vec<Found> {
    (0..graph.nodes.len())
        .filter_map(|node| {
            let (kind, sense) = match graph.nodes[node].lines.len() {
                1 => (MinutiaKind::Ending, heading(graph, node, 0)),
                3 => (MinutiaKind::Bifurcation, between_branches(graph, node)),
                _ => return None,
            };
            let lines = graph.nodes[node].lines.iter();
            let shortest = lines.map(|line| graph.lines[*line].steps()).min()? as f32;
            let at = graph.nodes[node].at;
            let node = (f32::from(at.x), f32::from(at.y));
            let (x, y, exact) = phase_singularity(enhanced, ridges, node.0, node.1);
            let (angle, agreement) = direction(ridges, x, y, sense);
            Some(Found { node, x, y, angle, kind, agreement, shortest, exact })
        })
        .collect()
}

/// Unit vector from a node along one of its lines.
fn heading(graph: &Graph, node: usize, line: usize) -> (f32, f32) {
    let line = &graph.lines[graph.nodes[node].lines[line]];
    let points = &line.points;
    let steps = TRACE_PX.min(points.len() - 1);
    let far = if line.nodes[0] == node { points[steps] } else { points[points.len() - 1 - steps] };
    let at = graph.nodes[node].at;
    unit(f32::from(far.x - at.x), f32::from(far.y - at.y))
}

fn unit(x: f32, y: f32) -> (f32, f32) {
    let length = (x * x + y * y).sqrt();
    if length > 0.0 { (x / length, y / length) } else { (0.0, 0.0) }
}

/// Unit vector from a split into the valley between its branches: the branches are the two of the
/// three lines that run most alike.
fn between_branches(graph: &Graph, node: usize) -> (f32, f32) {
    let ways = [0, 1, 2].map(|line| heading(graph, node, line));
    let alike = |a: usize, b: usize| ways[a].0 * ways[b].0 + ways[a].1 * ways[b].1;
    let pairs = [(0, 1, 2), (0, 2, 1), (1, 2, 0)];
    let mut best = pairs[0];
    for pair in &pairs[1..] {
        if alike(pair.0, pair.1) > alike(best.0, best.1) {
            best = *pair;
        }
    }
    let (a, b, stem) = best;
    unit(ways[a].0 + ways[b].0 - ways[stem].0, ways[a].1 + ways[b].1 - ways[stem].1)
}

/// Direction of the ridges in the sense of a vector, in radians counter-clockwise, and the cosine
/// of the angle between the two.
fn direction(ridges: &Cells<Doubled>, x: f32, y: f32, sense: (f32, f32)) -> (f32, f32) {
    let (ux, uy) = along(ridges, x, y);
    let cos = ux * sense.0 + uy * sense.1;
    let (ux, uy) = if cos < 0.0 { (-ux, -uy) } else { (ux, uy) };
    (libm::atan2f(-uy, ux), cos.abs())
}

/// Unit vector along the ridges, one of its two senses.
pub(crate) fn along(ridges: &Cells<Doubled>, x: f32, y: f32) -> (f32, f32) {
    let angle = orientation::interpolated(ridges, x, y).radians();
    (libm::cosf(angle), -libm::sinf(angle))
}

/// Newton's search for the point near (`x`, `y`) where the enhanced image and its slope across the
/// ridges vanish; the starting point and false when it runs away.
fn phase_singularity(
    enhanced: &Plane,
    ridges: &Cells<Doubled>,
    x: f32,
    y: f32,
) -> (f32, f32, bool) {
    let (ux, uy) = along(ridges, x, y);
    let (nx, ny) = (-uy, ux);
    let (mut u, mut n) = (0.0f32, 0.0f32);
    let value = |u: f32, n: f32| enhanced.bilinear(x + u * ux + n * nx, y + u * uy + n * ny);
    for _ in 0..ROUNDS {
        let v: [[f32; 3]; 3] = std::array::from_fn(|i| {
            std::array::from_fn(|j| value(u + i as f32 - 1.0, n + j as f32 - 1.0))
        });
        let (e, e_u, e_n) = (v[1][1], 0.5 * (v[2][1] - v[0][1]), 0.5 * (v[1][2] - v[1][0]));
        let e_nn = v[1][2] - 2.0 * e + v[1][0];
        let e_nu = 0.25 * (v[2][2] - v[2][0] - v[0][2] + v[0][0]);
        let determinant = e_u * e_nn - e_n * e_nu;
        if determinant.abs() < 1e-6 {
            return (x, y, false);
        }
        u += ((e_n * e_n - e * e_nn) / determinant).clamp(-2.0, 2.0);
        n += ((e * e_nu - e_u * e_n) / determinant).clamp(-2.0, 2.0);
        if u * u + n * n > 49.0 {
            return (x, y, false);
        }
    }
    let (x, y) = (x + u * ux + n * nx, y + u * uy + n * ny);
    let inside = x >= 0.0
        && y >= 0.0
        && x <= (enhanced.width() - 1) as f32
        && y <= (enhanced.height() - 1) as f32;
    if inside && value(u, n).abs() < 0.1 { (x, y, true) } else { (x, y, false) }
}
