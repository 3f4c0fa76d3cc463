//! Rigid motions of the plane, in the frame where y grows upwards.

use crate::geometry::Point;
use vocabulary::Direction;

/// A turn about the origin followed by a shift.
#[derive(Clone, Copy)]
pub(crate) struct Rigid {
    pub(crate) cos: f32,
    pub(crate) sin: f32,
    pub(crate) shift_x: f32,
    pub(crate) shift_y: f32,
    /// The turn as a direction.
    pub(crate) turn: Direction,
}

/// A weighted correspondence of two points.
#[derive(Clone, Copy)]
pub(crate) struct Correspondence {
    pub(crate) from: (f32, f32),
    pub(crate) to: (f32, f32),
    pub(crate) weight: f32,
}

impl Rigid {
    /// The motion that lays one minutia on another, direction and all.
    pub(crate) fn of_minutiae(from: &Point, to: &Point) -> Self {
        let (cos, sin) =
            (to.cos * from.cos + to.sin * from.sin, to.sin * from.cos - to.cos * from.sin);
        Self::through((from.x, from.y), (to.x, to.y), (cos, sin))
    }

    /// The weighted least-squares motion; `None` when the points do not fix a turn.
    pub(crate) fn fit(correspondences: &[Correspondence]) -> Option<Self> {
        let total: f32 = correspondences.iter().map(|c| c.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let mean = |place: fn(&Correspondence) -> (f32, f32)| {
            let (mut x, mut y) = (0.0, 0.0);
            for c in correspondences {
                x += c.weight * place(c).0;
                y += c.weight * place(c).1;
            }
            (x / total, y / total)
        };
        let (from, to) = (mean(|c| c.from), mean(|c| c.to));
        let (mut dot, mut cross) = (0.0, 0.0);
        for c in correspondences {
            let (ax, ay) = (c.from.0 - from.0, c.from.1 - from.1);
            let (bx, by) = (c.to.0 - to.0, c.to.1 - to.1);
            dot += c.weight * (ax * bx + ay * by);
            cross += c.weight * (ax * by - ay * bx);
        }
        let length = (dot * dot + cross * cross).sqrt();
        (length > 1e-3).then(|| Self::through(from, to, (dot / length, cross / length)))
    }

    fn through(from: (f32, f32), to: (f32, f32), (cos, sin): (f32, f32)) -> Self {
        Self {
            cos,
            sin,
            shift_x: to.0 - (cos * from.0 - sin * from.1),
            shift_y: to.1 - (sin * from.0 + cos * from.1),
            turn: Direction::from_radians(libm::atan2f(sin, cos)),
        }
    }

    /// Where a point goes.
    pub(crate) fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        (self.cos * x - self.sin * y + self.shift_x, self.sin * x + self.cos * y + self.shift_y)
    }

    /// The motion back.
    pub(crate) fn inverse(&self) -> Self {
        let (x, y) = (-self.shift_x, -self.shift_y);
        Self {
            cos: self.cos,
            sin: -self.sin,
            shift_x: self.cos * x + self.sin * y,
            shift_y: -self.sin * x + self.cos * y,
            turn: Direction::from_turns_65536(self.turn.turns_65536().wrapping_neg()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_finds_the_motion_and_its_inverse_undoes_it() {
        let motion = Rigid::through((0.0, 0.0), (30.0, -40.0), (0.6, 0.8));
        let places = [(0.0, 0.0), (100.0, 0.0), (20.0, 70.0)];
        let given = places.map(|from| Correspondence {
            from,
            to: motion.apply(from.0, from.1),
            weight: 0.5,
        });
        let fitted = Rigid::fit(&given).unwrap();
        let back = fitted.inverse();
        for (x, y) in places {
            let (u, v) = fitted.apply(x, y);
            let expected = motion.apply(x, y);
            assert!((u - expected.0).abs() < 1e-3 && (v - expected.1).abs() < 1e-3);
            let (s, t) = back.apply(u, v);
            assert!((s - x).abs() < 1e-3 && (t - y).abs() < 1e-3);
        }
        assert_eq!(fitted.turn.difference(motion.turn), 0);
    }

    #[test]
    fn one_place_fixes_no_turn() {
        let same = Correspondence { from: (1.0, 2.0), to: (3.0, 4.0), weight: 1.0 };
        assert!(Rigid::fit(&[same, same]).is_none());
        assert!(Rigid::fit(&[]).is_none());
    }
}
