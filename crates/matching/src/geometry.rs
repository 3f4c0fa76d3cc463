//! Minutiae in the frame of the algorithms, and the convex hull.

use vocabulary::{Direction, Template};

/// A minutia with y growing **upwards**, so that angles and positions turn the same way.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    /// Column, px.
    pub(crate) x: f32,
    /// Minus the row, px.
    pub(crate) y: f32,
    /// Counter-clockwise direction.
    pub(crate) direction: Direction,
    /// Cosine of the direction.
    pub(crate) cos: f32,
    /// Sine of the direction.
    pub(crate) sin: f32,
    /// Reliability, `0.0..=1.0`.
    pub(crate) reliability: f32,
}

impl Point {
    /// A shift in the frame turned with the minutia: along its direction, and to its left.
    pub(crate) fn turned(&self, dx: f32, dy: f32) -> (f32, f32) {
        (dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin)
    }

    /// Squared distance, px.
    pub(crate) fn distance2(&self, other: &Self) -> f32 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        dx * dx + dy * dy
    }
}

/// Reliability of minutiae when a template tells none (0 for all, as in many foreign records).
const UNTOLD_RELIABILITY: f32 = 0.5;

/// The best minutiae of a template, at most `limit`, in its order.
pub(crate) fn points(template: &Template, limit: usize) -> Vec<Point> {
    let told = template.minutiae().first().is_some_and(|best| best.reliability() > 0);
    let point = |m: &vocabulary::Minutia| Point {
        x: m.x_px(),
        y: -m.y_px(),
        direction: m.direction(),
        cos: libm::cosf(m.direction().radians()),
        sin: libm::sinf(m.direction().radians()),
        reliability: if told { f32::from(m.reliability()) / 100.0 } else { UNTOLD_RELIABILITY },
    };
    template.minutiae().iter().take(limit).map(point).collect()
}

/// A convex polygon, counter-clockwise; it may have one or two corners.
#[derive(Clone)]
pub(crate) struct Hull {
    edges: Vec<Edge>,
    /// Whether there is an inside: three corners at least.
    solid: bool,
}

/// From one corner to the next.
#[derive(Clone)]
struct Edge {
    from: (f32, f32),
    /// To the next corner.
    along: (f32, f32),
    length2: f32,
}

impl Edge {
    fn new(from: (f32, f32), to: (f32, f32)) -> Self {
        let along = (to.0 - from.0, to.1 - from.1);
        Self { from, along, length2: along.0 * along.0 + along.1 * along.1 }
    }

    /// The length times the distance of a point from the line, positive on the inner side.
    #[inline(always)]
    fn side(&self, x: f32, y: f32) -> f32 {
        self.along.0 * (y - self.from.1) - self.along.1 * (x - self.from.0)
    }

    /// Squared distance of a point.
    #[inline(always)]
    fn distance2(&self, x: f32, y: f32) -> f32 {
        let (vx, vy) = (x - self.from.0, y - self.from.1);
        let (ux, uy) = self.along;
        let along = if self.length2 > 0.0 {
            ((ux * vx + uy * vy) / self.length2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let (dx, dy) = (vx - along * ux, vy - along * uy);
        dx * dx + dy * dy
    }
}

/// More than rounding can move a point or a side of a hull: positions are below 4,096 px and have
/// 24 bits, so that their products over the length of an edge are off by 0.002 px at most.
const ROUNDING_PX: f32 = 1.0;

impl Hull {
    /// The convex hull of points (Andrew's monotone chain).
    pub(crate) fn new(points: &[Point]) -> Self {
        let mut sorted: Vec<(f32, f32)> = points.iter().map(|p| (p.x, p.y)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        sorted.dedup();
        if sorted.len() < 3 {
            return Self::of_corners(&sorted);
        }
        let mut corners = half_chain(sorted.iter().copied());
        corners.pop();
        corners.extend(half_chain(sorted.iter().rev().copied()));
        corners.pop();
        Self::of_corners(&corners)
    }

    fn of_corners(corners: &[(f32, f32)]) -> Self {
        let next = corners.iter().cycle().skip(1);
        let edges = corners.iter().zip(next).map(|(from, to)| Edge::new(*from, *to)).collect();
        Self { edges, solid: corners.len() >= 3 }
    }

    /// Whether a point lies inside the polygon or at most `margin_px` outside.
    pub(crate) fn contains(&self, x: f32, y: f32, margin_px: f32) -> bool {
        let mut inside = self.solid;
        for edge in &self.edges {
            if edge.side(x, y) < 0.0 || !self.solid {
                inside = false;
                if edge.distance2(x, y) <= margin_px * margin_px {
                    return true;
                }
            }
        }
        inside
    }

    /// The edges that matter within a radius of a place: it contains there what the whole contains.
    pub(crate) fn near(&self, (x, y): (f32, f32), radius_px: f32) -> Self {
        let reach = radius_px + ROUNDING_PX;
        let cuts = |edge: &&Edge| !self.solid || edge.side(x, y) < reach * edge.length2.sqrt();
        Self { edges: self.edges.iter().filter(cuts).cloned().collect(), solid: self.solid }
    }

    /// [`Self::contains`] of several points at once.
    #[inline(always)]
    pub(crate) fn contains_each<const N: usize>(
        &self,
        xs: &[f32; N],
        ys: &[f32; N],
        margin_px: f32,
    ) -> [bool; N] {
        let (mut inside, mut near) = ([self.solid; N], [false; N]);
        for edge in &self.edges {
            let outside: [bool; N] =
                std::array::from_fn(|i| edge.side(xs[i], ys[i]) < 0.0 || !self.solid);
            if !outside.contains(&true) {
                continue;
            }
            for i in 0..N {
                inside[i] &= !outside[i];
                near[i] |= outside[i] & (edge.distance2(xs[i], ys[i]) <= margin_px * margin_px);
            }
        }
        std::array::from_fn(|i| inside[i] | near[i])
    }
}

/// Twice the area of the triangle, positive when it turns counter-clockwise.
fn turn(a: (f32, f32), b: (f32, f32), c: (f32, f32)) -> f32 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

fn half_chain(points: impl Iterator<Item = (f32, f32)>) -> Vec<(f32, f32)> {
    let mut chain: Vec<(f32, f32)> = Vec::new();
    for point in points {
        while chain.len() >= 2 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0
        {
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Sketch, finger, template};

    fn hull(corners: &[(f32, f32)]) -> Hull {
        let sketch = |(x, y): &(f32, f32)| Sketch { x: *x, y: *y, direction: 0, reliability: 1 };
        let sketches: Vec<Sketch> = corners.iter().map(sketch).collect();
        Hull::new(&points(&template(&sketches, None), 100))
    }

    #[test]
    fn a_square_contains_its_inside_and_its_margin_but_not_beyond() {
        let square = hull(&[(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0), (20.0, 20.0)]);
        assert_eq!(square.edges.len(), 4);
        assert!(square.contains(20.0, -20.0, 0.0));
        assert!(square.contains(34.0, -20.0, 5.0));
        assert!(!square.contains(36.0, -20.0, 5.0));
        assert!(!square.contains(34.0, -34.0, 5.0), "the margin is round at a corner");
    }

    #[test]
    fn the_margin_is_as_wide_on_every_side_and_not_a_pixel_more() {
        // A triangle whose long side slopes: rows 10 to 40 are -10 to -40 upwards.
        let triangle = hull(&[(10.0, 10.0), (50.0, 40.0), (10.0, 40.0)]);
        assert_eq!(triangle.edges.len(), 3);
        for (x, y, margin) in [
            // Left of the upright side, below the level one.
            (4.0, -25.0, 6.0),
            (30.0, -47.0, 7.0),
            // Ten pixels off the middle of the slope, along its normal (0.6, 0.8).
            (36.0, -17.0, 10.0),
            // Off the corners, where the nearest point is the corner.
            (7.0, -6.0, 5.0),
            (53.0, -44.0, 5.0),
        ] {
            assert!(triangle.contains(x, y, margin + 0.01), "{x} {y} within {margin}");
            assert!(!triangle.contains(x, y, margin - 0.01), "{x} {y} beyond {margin}");
        }
        assert!(triangle.contains(11.0, -12.0, 0.0) && triangle.contains(45.0, -39.0, 0.0));
    }

    #[test]
    fn a_shift_is_seen_from_the_minutia_along_it_and_to_its_left() {
        let sketch = Sketch { x: 5.0, y: 5.0, direction: 0x4000, reliability: 1 };
        // It points up: up is ahead, and the left of the screen is to its left.
        let up = points(&template(&[sketch], None), 1)[0];
        let (ahead, left) = up.turned(-3.0, 7.0);
        assert!((ahead - 7.0).abs() < 1e-5 && (left - 3.0).abs() < 1e-5, "{ahead} {left}");
    }

    #[test]
    fn one_or_two_minutiae_have_a_margin_but_no_inside() {
        assert!(hull(&[(10.0, 10.0)]).contains(12.0, -10.0, 3.0));
        assert!(!hull(&[(10.0, 10.0)]).contains(14.0, -10.0, 3.0));
        assert!(hull(&[(10.0, 10.0), (50.0, 10.0)]).contains(30.0, -12.0, 3.0));
        assert!(!hull(&[]).contains(0.0, 0.0, 1000.0));
    }

    #[test]
    fn every_minutia_lies_in_the_hull_of_all() {
        let all = points(&template(&finger(7, 50), None), 100);
        let hull = Hull::new(&all);
        assert!(all.iter().all(|p| hull.contains(p.x, p.y, 0.01)));
    }

    #[test]
    fn a_hull_seen_from_near_contains_the_same_places_there() {
        let mut uniform = crate::samples::Uniform::new(4);
        for count in [0, 1, 2, 3, 5, 30, 120] {
            let all = points(&template(&finger(9, count), None), 200);
            let hull = Hull::new(&all);
            for margin_px in [0.0, 15.0, 50.0] {
                for _ in 0..60 {
                    let mut draw = |range: f32| range * uniform.next();
                    let (x, y, radius_px) = (draw(400.0), draw(-400.0), draw(90.0));
                    let turn = draw(std::f32::consts::TAU);
                    let near = hull.near((x, y), radius_px);
                    let xs = std::array::from_fn::<f32, 7, _>(|step| {
                        x + radius_px * libm::cosf(turn + step as f32)
                    });
                    let ys = std::array::from_fn::<f32, 7, _>(|step| {
                        y + radius_px * libm::sinf(turn + step as f32)
                    });
                    let expected: [bool; 7] =
                        std::array::from_fn(|i| hull.contains(xs[i], ys[i], margin_px));
                    assert_eq!(near.contains_each(&xs, &ys, margin_px), expected);
                    assert_eq!(hull.contains_each(&xs, &ys, margin_px), expected);
                }
            }
        }
    }

    #[test]
    fn amid_a_print_no_edge_of_its_hull_is_near() {
        let square = hull(&[(0.0, 0.0), (390.0, 0.0), (390.0, 390.0), (0.0, 390.0)]);
        assert!(square.near((195.0, -195.0), 150.0).edges.is_empty());
        assert_eq!(square.near((100.0, -195.0), 150.0).edges.len(), 1);
    }

    #[test]
    fn a_template_that_tells_no_reliability_counts_all_minutiae_alike() {
        let mut sketches = finger(1, 5);
        sketches.iter_mut().for_each(|s| s.reliability = 0);
        let all = points(&template(&sketches, None), 100);
        assert!(all.iter().all(|p| p.reliability == UNTOLD_RELIABILITY));
    }
}
