//! The minutiae of a clean pattern.
//!
//! The pattern is free of noise, so the classical way is exact enough to be called truth: thin the
//! ridges, take endings and bifurcations, and drop what no examiner would mark (spurs of the
//! thinning, specks, breaks and bridges shorter than a ridge is wide, the cut at the outline).

use crate::flow::FlowField;
use crate::skeleton::Skeleton;
use std::f32::consts::{FRAC_PI_2, PI, TAU};
use vocabulary::{Direction, Minutia, MinutiaKind};

/// How far along the ridge a direction is measured, in pixels.
const DIRECTION_STEPS: usize = 10;
/// Thinning's spurs are shorter than this.
const SPUR_PX: usize = 7;
/// Ridge pieces, breaks and bridges shorter than this are no minutiae.
const SPECK_PX: usize = 8;
/// The measured direction yields to the orientation field when they differ by less than this.
const FIELD_TRUST: f32 = PI / 6.0;

/// A minutia as found, in whole pixels.
struct Found {
    at: (usize, usize),
    kind: MinutiaKind,
    radians: f32,
    /// Ends of the ridges that leave it, when they end or fork within [`SPECK_PX`].
    close_ends: Vec<(usize, usize)>,
}

/// Finds the minutiae for which `inside` says that they are well within the print.
pub(crate) fn minutiae(
    skeleton: &mut Skeleton,
    flow: &FlowField,
    inside: impl Fn(f32, f32) -> bool,
) -> Vec<Minutia> {
    remove_spurs(skeleton);
    let found: Vec<Found> =
        skeleton.points().into_iter().filter_map(|at| find(skeleton, flow, at)).collect();
    let mut kept: Vec<&Found> = Vec::new();
    for (index, minutia) in found.iter().enumerate() {
        let (x, y) = (minutia.at.0 as f32, minutia.at.1 as f32);
        let spoiled = found
            .iter()
            .enumerate()
            .any(|(other, neighbor)| other != index && spoils(minutia, neighbor));
        let doubled = kept.iter().any(|k| k.kind == minutia.kind && is_near(k.at, minutia.at, 3));
        if inside(x, y) && !spoiled && !doubled {
            kept.push(minutia);
        }
    }
    kept.into_iter()
        .filter_map(|m| {
            let (x, y) = (16 * m.at.0 as u16, 16 * m.at.1 as u16);
            Minutia::new(x, y, Direction::from_radians(m.radians), m.kind, 100).ok()
        })
        .collect()
}

fn is_near(a: (usize, usize), b: (usize, usize), pixels: usize) -> bool {
    let (dx, dy) = (a.0.abs_diff(b.0), a.1.abs_diff(b.1));
    dx * dx + dy * dy <= pixels * pixels
}

/// Whether two findings are the ends of one speck, break or bridge.
fn spoils(minutia: &Found, other: &Found) -> bool {
    let joined = minutia.close_ends.iter().any(|end| is_near(*end, other.at, 1));
    let both_end = minutia.kind == MinutiaKind::Ending && other.kind == MinutiaKind::Ending;
    let faces = (minutia.radians - other.radians).abs();
    let apart = (faces - PI).abs() < FRAC_PI_2;
    joined && minutia.kind == other.kind
        || both_end && apart && is_near(minutia.at, other.at, SPECK_PX)
}

fn remove_spurs(skeleton: &mut Skeleton) {
    for (x, y) in skeleton.points() {
        if !skeleton.has(x, y) || skeleton.branches(x, y) != 1 {
            continue;
        }
        let Some(next) = skeleton.neighbors(x, y).next() else { continue };
        let path = skeleton.walk((x, y), next, SPUR_PX);
        let (end_x, end_y) = path[path.len() - 1];
        if skeleton.branches(end_x, end_y) > 2 {
            path[..path.len() - 1].iter().for_each(|(x, y)| skeleton.remove(*x, *y));
        }
    }
}

fn find(skeleton: &Skeleton, flow: &FlowField, at: (usize, usize)) -> Option<Found> {
    let branches = skeleton.branches(at.0, at.1);
    if branches != 1 && branches != 3 {
        return None;
    }
    let paths = leaving(skeleton, at, branches);
    let mut angles: Vec<f32> = paths.iter().map(|path| angle(at, path[path.len() - 1])).collect();
    let close_ends = paths
        .iter()
        .map(|path| (path.len(), path[path.len() - 1]))
        .filter(|(length, end)| *length <= SPECK_PX && skeleton.branches(end.0, end.1) != 2)
        .map(|(_, end)| end)
        .collect();
    let (kind, measured) = match (branches, angles.len()) {
        (1, 1) => (MinutiaKind::Ending, angles[0]),
        (3, 3) => {
            angles.sort_unstable_by(f32::total_cmp);
            (MinutiaKind::Bifurcation, valley_between(&angles))
        }
        _ => return None,
    };
    let field = flow.orientation(at.0 as f32, at.1 as f32);
    let halves = (measured - field) / PI;
    let away = (halves - libm::roundf(halves)) * PI;
    let radians = if away.abs() < FIELD_TRUST { measured - away } else { measured };
    Some(Found { at, kind, radians, close_ends })
}

/// The paths that leave a pixel, one for each branch.
fn leaving(skeleton: &Skeleton, at: (usize, usize), branches: usize) -> Vec<Vec<(usize, usize)>> {
    let mut firsts: Vec<(usize, usize)> = Vec::new();
    for next in skeleton.neighbors(at.0, at.1) {
        // A corner pixel beside a straight neighbour belongs to the same branch.
        let same = firsts.iter().any(|f| f.0.abs_diff(next.0) + f.1.abs_diff(next.1) == 1);
        if !same && firsts.len() < branches {
            firsts.push(next);
        }
    }
    firsts.into_iter().map(|next| skeleton.walk(at, next, DIRECTION_STEPS)).collect()
}

/// Angle from one pixel to another, counter-clockwise on the screen.
fn angle(from: (usize, usize), to: (usize, usize)) -> f32 {
    libm::atan2f(from.1 as f32 - to.1 as f32, to.0 as f32 - from.0 as f32)
}

/// The middle of the narrowest gap between three sorted angles.
fn valley_between(angles: &[f32]) -> f32 {
    let gaps = (0..3).map(|k| {
        let (from, to) = (angles[k], angles[(k + 1) % 3]);
        let gap = if k == 2 { to + TAU - from } else { to - from };
        (gap, from + 0.5 * gap)
    });
    gaps.fold((TAU, 0.0), |best, gap| if gap.0 < best.0 { gap } else { best }).1
}
