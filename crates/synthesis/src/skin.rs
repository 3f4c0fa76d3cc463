//! What of the skin stays from impression to impression besides the ridges: pores and creases.

use crate::flow::Outline;
use crate::random::Stream;
use crate::skeleton::Skeleton;
use std::f32::consts::PI;

/// At most one pore in a square of this side, in pixels: pores sit some 0.4 mm apart on a ridge.
const PORE_CELL_PX: usize = 8;

/// A mark that takes ridge away: a dot, or one dot of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dot {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) radius: f32,
    /// How much of a full ridge it takes, 0..=2.
    pub(crate) depth: f32,
}

/// Pores and creases of one finger, in its own frame.
pub(crate) struct Skin {
    pub(crate) pores: Vec<Dot>,
    /// Each crease is a line of dots a pixel apart.
    pub(crate) creases: Vec<Vec<Dot>>,
}

impl Skin {
    pub(crate) fn draw(stream: &mut Stream, skeleton: &Skeleton, outline: Outline) -> Self {
        let pores = draw_pores(stream, skeleton, outline);
        // Most fingers have none or a few; some are full of them.
        let many = stream.uniform();
        let count = (9.0 * many * many * many * many + stream.range(0.0, 1.6)) as usize;
        let creases = (0..count)
            .map(|_| {
                let x = outline.middle_x + stream.range(-0.8, 0.8) * outline.side;
                let y = outline.middle_y + stream.range(-0.6, 0.85) * outline.bottom;
                let radians = stream.clipped_normal(0.0, 0.5, 1.4);
                let length = stream.range(25.0, 130.0);
                draw_line(stream, (x, y), radians, length)
            })
            .collect();
        Self { pores, creases }
    }
}

fn draw_pores(stream: &mut Stream, skeleton: &Skeleton, outline: Outline) -> Vec<Dot> {
    let columns = (2.0 * (outline.side + 20.0)) as usize / PORE_CELL_PX + 1;
    let rows = (outline.top + outline.bottom + 40.0) as usize / PORE_CELL_PX + 1;
    let mut taken = vec![false; columns * rows];
    let mut pores = Vec::new();
    for (x, y) in skeleton.points() {
        let cell = y / PORE_CELL_PX * columns + x / PORE_CELL_PX;
        if taken[cell] || !stream.chance(0.15) {
            continue;
        }
        taken[cell] = true;
        let (dx, dy) = (stream.range(-0.8, 0.8), stream.range(-0.8, 0.8));
        let (radius, depth) = (stream.range(0.2, 0.8), stream.range(0.4, 1.3));
        pores.push(Dot { x: x as f32 + dx, y: y as f32 + dy, radius, depth });
    }
    pores
}

/// A gently bent line of dots that swells and thins, a crease or a scratch.
pub(crate) fn draw_line(
    stream: &mut Stream,
    from: (f32, f32),
    radians: f32,
    length_px: f32,
) -> Vec<Dot> {
    let (mut x, mut y) = from;
    let mut heading = radians;
    let bend = stream.clipped_normal(0.0, 0.004, 0.01);
    let thickness = stream.range(0.9, 2.0);
    let depth = stream.range(0.9, 1.9);
    let steps = length_px as usize;
    (0..steps)
        .map(|step| {
            heading += bend + stream.range(-0.03, 0.03);
            x += libm::cosf(heading);
            y -= libm::sinf(heading);
            let swell = libm::sinf(PI * (step as f32 + 0.5) / steps as f32);
            let radius = thickness * (0.35 + 0.65 * swell) * stream.range(0.75, 1.2);
            Dot { x, y, radius, depth: depth * (0.4 + 0.6 * swell) }
        })
        .collect()
}
