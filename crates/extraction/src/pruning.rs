//! Stage 9, on the skeleton: removes lines that are no ridges and closes ridges that are broken.
//!
//! Lengths are in ridge periods, so that the rules mean the same on a child's finger.

use crate::cells::Cells;
use crate::graph::{Graph, Point};
use crate::orientation::Doubled;

/// A line that ends free and is shorter than this is a spur of the ridge it sits on.
const SPUR_PERIODS: f32 = 0.7;
/// A line with two free ends and shorter than this is a dot or dirt between ridges.
const ISLAND_PERIODS: f32 = 1.2;
/// A line across the ridges and shorter than this is a bridge.
const BRIDGE_PERIODS: f32 = 1.2;
/// A closed pair of lines, each shorter than this, is a pore or a hole.
const HOLE_PERIODS: f32 = 1.8;
/// Free ends that face each other nearer than this belong to one ridge.
const BREAK_PERIODS: f32 = 1.8;

/// What the rules look at besides the skeleton.
pub(crate) struct Context<'a> {
    pub(crate) ridges: &'a Cells<Doubled>,
    pub(crate) period_px: &'a Cells<f32>,
}

impl Context<'_> {
    pub(crate) fn period(&self, at: Point) -> f32 {
        self.period_px.at(at.x as usize, at.y as usize)
    }

    /// Cosine of twice the angle between a step and the ridges: 1 along, -1 across.
    pub(crate) fn along(&self, at: Point, dx: f32, dy: f32) -> f32 {
        let square = dx * dx + dy * dy;
        if square == 0.0 {
            return 1.0;
        }
        let ridge = self.ridges.at(at.x as usize, at.y as usize);
        let length = ridge.length().max(1e-6);
        // The doubled angle of (dx, -dy).
        let (cos, sin) = ((dx * dx - dy * dy) / square, -2.0 * dx * dy / square);
        (cos * ridge.cos + sin * ridge.sin) / length
    }
}

/// Applies all rules until nothing short is left.
pub(crate) fn prune(graph: &mut Graph, context: &Context) {
    remove_holes(graph, context);
    remove_spurs(graph, context, 0.5 * SPUR_PERIODS);
    remove_bridges(graph, context);
    remove_spurs(graph, context, SPUR_PERIODS);
    close_breaks(graph, context);
    remove_spurs(graph, context, SPUR_PERIODS);
    remove_islands(graph, context);
    remove_holes(graph, context);
}

/// Displacement from the first to the last point of a line.
fn chord(graph: &Graph, line: usize) -> (f32, f32) {
    let points = &graph.lines[line].points;
    let (first, last) = (points[0], points[points.len() - 1]);
    (f32::from(last.x - first.x), f32::from(last.y - first.y))
}

/// Lines of at most a length, shortest first.
fn short_lines(graph: &Graph, context: &Context, periods: f32) -> Vec<usize> {
    let mut lines: Vec<usize> = (0..graph.lines.len())
        .filter(|i| {
            let line = &graph.lines[*i];
            line.alive && (line.steps() as f32) < periods * context.period(line.points[0])
        })
        .collect();
    lines.sort_by_key(|i| (graph.lines[*i].steps(), *i));
    lines
}

fn remove_spurs(graph: &mut Graph, context: &Context, periods: f32) {
    for line in short_lines(graph, context, periods) {
        if !graph.lines[line].alive {
            continue;
        }
        let [a, b] = graph.lines[line].nodes;
        let (a, b) = (graph.nodes[a].lines.len(), graph.nodes[b].lines.len());
        let still_short = {
            let line = &graph.lines[line];
            (line.steps() as f32) < periods * context.period(line.points[0])
        };
        if still_short && a.min(b) == 1 && a.max(b) >= 3 {
            graph.remove_line(line);
        }
    }
}

fn remove_islands(graph: &mut Graph, context: &Context) {
    for line in short_lines(graph, context, ISLAND_PERIODS) {
        let [a, b] = graph.lines[line].nodes;
        if graph.nodes[a].lines.len() == 1 && graph.nodes[b].lines.len() == 1 {
            graph.remove_line(line);
        }
    }
}

fn remove_bridges(graph: &mut Graph, context: &Context) {
    for line in short_lines(graph, context, BRIDGE_PERIODS) {
        if !graph.lines[line].alive {
            continue;
        }
        let [a, b] = graph.lines[line].nodes;
        let splits = graph.nodes[a].lines.len() >= 3 && graph.nodes[b].lines.len() >= 3;
        let (dx, dy) = chord(graph, line);
        if a != b && splits && context.along(graph.nodes[a].at, dx, dy) < 0.0 {
            graph.remove_line(line);
        }
    }
}

fn remove_holes(graph: &mut Graph, context: &Context) {
    for line in short_lines(graph, context, HOLE_PERIODS) {
        if !graph.lines[line].alive {
            continue;
        }
        let [a, b] = graph.lines[line].nodes;
        if a == b {
            graph.remove_line(line);
            continue;
        }
        let twin = graph.nodes[a].lines.iter().copied().find(|other| {
            *other != line
                && graph.other_end(*other, a) == b
                && graph.lines[*other].steps() <= graph.lines[line].steps()
        });
        if twin.is_some() {
            graph.remove_line(line);
        }
    }
}

/// A free end of a line.
struct FreeEnd {
    node: usize,
    at: Point,
    /// Unit vector away from its own line.
    outward: (f32, f32),
}

/// The free ends of all lines.
fn free_ends(graph: &Graph) -> Vec<FreeEnd> {
    let ends = graph.nodes.iter().enumerate().filter(|(_, node)| node.lines.len() == 1);
    ends.filter_map(|(index, node)| {
        let points = graph.outward(node.lines[0], index);
        let back = points[points.len().min(10) - 1];
        let (dx, dy) = (f32::from(node.at.x - back.x), f32::from(node.at.y - back.y));
        let length = (dx * dx + dy * dy).sqrt();
        let outward = (dx / length, dy / length);
        (length > 0.0).then_some(FreeEnd { node: index, at: node.at, outward })
    })
    .collect()
}

/// Joins free ends that face each other, the nearest first.
fn close_breaks(graph: &mut Graph, context: &Context) {
    let ends = free_ends(graph);
    let reach = ends
        .iter()
        .map(|end| (BREAK_PERIODS * context.period(end.at)) as i32 + 1)
        .max()
        .unwrap_or(1);
    // Free ends are found row by row at first, but later joins add nodes: sort once.
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by_key(|i| (ends[*i].at.y, ends[*i].at.x));
    let mut pairs = Vec::new();
    for (rank, first) in order.iter().enumerate() {
        for second in &order[rank + 1..] {
            let (a, b) = (&ends[*first], &ends[*second]);
            if i32::from(b.at.y) - i32::from(a.at.y) > reach {
                break;
            }
            if let Some(cost) = break_cost(a, b, context) {
                pairs.push((cost, a.node.min(b.node), a.node.max(b.node)));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, a, b) in pairs {
        if graph.nodes[a].lines.len() == 1 && graph.nodes[b].lines.len() == 1 {
            graph.join(a, b);
        }
    }
}

/// How badly two free ends face each other; `None` when they do not.
fn break_cost(a: &FreeEnd, b: &FreeEnd, context: &Context) -> Option<f32> {
    let (dx, dy) = (f32::from(b.at.x - a.at.x), f32::from(b.at.y - a.at.y));
    let distance = (dx * dx + dy * dy).sqrt();
    if distance > BREAK_PERIODS * context.period(a.at) {
        return None;
    }
    let near = distance < 3.0;
    let (ux, uy) = if distance > 0.0 { (dx / distance, dy / distance) } else { (0.0, 0.0) };
    let facing_a = a.outward.0 * ux + a.outward.1 * uy;
    let facing_b = -(b.outward.0 * ux + b.outward.1 * uy);
    let opposite = -(a.outward.0 * b.outward.0 + a.outward.1 * b.outward.1);
    let faces = near || facing_a > 0.75 && facing_b > 0.75 && context.along(a.at, dx, dy) > 0.5;
    (opposite > 0.6 && faces).then_some(distance * (3.0 - facing_a - facing_b))
}
