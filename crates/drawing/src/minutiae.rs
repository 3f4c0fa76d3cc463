//! The marks of minutiae: a circle for an ending, a square for a bifurcation, a diamond for
//! neither, each with a tail in the minutia's direction.

use super::{Color, Layer, Path, Point};
use vocabulary::{Minutia, MinutiaKind};

/// Half the size of a mark and the length of its tail, in pixels at 500 ppi (a ridge period is
/// about 9).
const RADIUS_PX: f32 = 3.6;
const TAIL_PX: f32 = 9.0;

/// The outline of a minutia's mark.
pub fn mark_outline(minutia: &Minutia) -> Path {
    let (x, y) = (minutia.x_px(), minutia.y_px());
    let (corners, radius, turn) = match minutia.kind() {
        MinutiaKind::Ending => (16, RADIUS_PX, 0.0),
        MinutiaKind::Bifurcation => (4, RADIUS_PX * 1.25, 0.125),
        MinutiaKind::Other => (4, RADIUS_PX * 1.25, 0.0),
    };
    let corner = |index: usize| -> Point {
        let angle = (index as f32 / corners as f32 + turn) * std::f32::consts::TAU;
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    Path { points: (0..corners).map(corner).collect(), closed: true }
}

/// The tail, from the outline outwards in the minutia's direction.
pub fn mark_tail(minutia: &Minutia) -> Path {
    let (sin, cos) = minutia.direction().radians().sin_cos();
    let at = |length: f32| (minutia.x_px() + length * cos, minutia.y_px() - length * sin);
    Path::line(at(RADIUS_PX), at(RADIUS_PX + TAIL_PX))
}

/// Marks of all minutiae, colored by kind.
pub fn minutia_marks<'a>(minutiae: impl IntoIterator<Item = &'a Minutia>) -> Vec<Layer> {
    let kinds = [
        (MinutiaKind::Other, Color::GREEN),
        (MinutiaKind::Bifurcation, Color::BLUE),
        (MinutiaKind::Ending, Color::VERMILION),
    ];
    let all: Vec<&Minutia> = minutiae.into_iter().collect();
    kinds
        .into_iter()
        .map(|(kind, color)| {
            let of_kind = all.iter().filter(|minutia| minutia.kind() == kind);
            let paths = of_kind.flat_map(|m| [mark_outline(m), mark_tail(m)]).collect();
            Layer { paths, color, width_px: 1.4, halo: true }
        })
        .filter(|layer: &Layer| !layer.paths.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Direction;

    #[test]
    fn a_tail_of_a_quarter_turn_points_up_on_the_screen() {
        let up = Direction::from_turns_65536(0x4000);
        let minutia = Minutia::new(160, 320, up, MinutiaKind::Ending, 50).unwrap();
        let tail = mark_tail(&minutia);
        let (from, to) = (tail.points[0], tail.points[1]);
        assert!((from.0 - 10.0).abs() < 1e-4 && (to.0 - 10.0).abs() < 1e-4);
        assert!(to.1 < from.1 && from.1 < 20.0, "y grows downwards");
    }

    #[test]
    fn each_kind_has_its_own_outline() {
        let corners = |kind| {
            let minutia = Minutia::new(160, 160, Direction::default(), kind, 50).unwrap();
            mark_outline(&minutia).points.len()
        };
        assert_eq!(corners(MinutiaKind::Ending), 16);
        assert_eq!(corners(MinutiaKind::Bifurcation), 4);
    }
}
