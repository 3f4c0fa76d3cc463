//! A drawing as pixels.

use super::{Background, Drawing, Layer, Path, Point};

/// Draws a picture `scale` times as large as its background, with smooth lines.
pub fn rasterize(drawing: &Drawing, scale: u32) -> Background {
    let mut canvas = enlarged(&drawing.background, scale);
    for layer in &drawing.layers {
        if layer.halo {
            stroke_layer(&mut canvas, layer, scale, [255; 3], layer.width_px + 1.4);
        }
        let color = [layer.color.0, layer.color.1, layer.color.2];
        stroke_layer(&mut canvas, layer, scale, color, layer.width_px);
    }
    canvas
}

/// Each pixel repeated, so that the picture shows the samples and invents none.
fn enlarged(background: &Background, scale: u32) -> Background {
    let (width, height) = (background.width * scale, background.height * scale);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in background.pixels.chunks_exact(background.width as usize) {
        let wide: Vec<[u8; 3]> =
            row.iter().flat_map(|pixel| std::iter::repeat_n(*pixel, scale as usize)).collect();
        for _ in 0..scale {
            pixels.extend_from_slice(&wide);
        }
    }
    Background { width, height, pixels }
}

fn stroke_layer(canvas: &mut Background, layer: &Layer, scale: u32, color: [u8; 3], pen_px: f32) {
    let scale = scale as f32;
    for (from, to) in layer.paths.iter().flat_map(Path::segments) {
        let (from, to) = ((from.0 * scale, from.1 * scale), (to.0 * scale, to.1 * scale));
        stroke_segment(canvas, from, to, color, pen_px * scale);
    }
}

fn stroke_segment(canvas: &mut Background, from: Point, to: Point, color: [u8; 3], pen: f32) {
    let reach = pen / 2.0 + 1.0;
    let columns = span(from.0.min(to.0) - reach, from.0.max(to.0) + reach, canvas.width);
    let rows = span(from.1.min(to.1) - reach, from.1.max(to.1) + reach, canvas.height);
    for y in rows {
        for x in columns.clone() {
            let center = (x as f32 + 0.5, y as f32 + 0.5);
            let distance = distance_to_segment(center, from, to);
            let coverage = (pen / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
            if coverage > 0.0 {
                let index = y as usize * canvas.width as usize + x as usize;
                blend(&mut canvas.pixels[index], color, coverage);
            }
        }
    }
}

/// The pixels between two coordinates that are on the canvas.
fn span(low: f32, high: f32, size: u32) -> std::ops::Range<u32> {
    let at = |value: f32| value.clamp(0.0, size as f32) as u32;
    at(low.floor())..at(high.ceil())
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length_squared = dx * dx + dy * dy;
    let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length_squared.max(1e-9);
    let along = along.clamp(0.0, 1.0);
    let (x, y) = (from.0 + along * dx - point.0, from.1 + along * dy - point.1);
    (x * x + y * y).sqrt()
}

fn blend(pixel: &mut [u8; 3], color: [u8; 3], coverage: f32) {
    for (old, new) in pixel.iter_mut().zip(color) {
        *old = (f32::from(*old) * (1.0 - coverage) + f32::from(new) * coverage).round() as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Color;

    fn drawing(path: Path) -> Drawing {
        let layer =
            Layer { paths: vec![path], color: Color(200, 0, 0), width_px: 1.0, halo: false };
        Drawing { background: Background::white(10, 10), layers: vec![layer] }
    }

    #[test]
    fn a_line_colors_the_pixels_it_covers_and_no_others() {
        let picture = rasterize(&drawing(Path::line((2.5, 4.5), (7.5, 4.5))), 1);
        let at = |x: usize, y: usize| picture.pixels[y * 10 + x];
        assert_eq!(at(5, 4), [200, 0, 0]);
        assert_eq!(at(5, 7), [255; 3]);
        assert_eq!(at(0, 4), [255; 3]);
    }

    #[test]
    fn lines_beyond_the_edge_are_cut_off() {
        let picture = rasterize(&drawing(Path::line((-50.0, 5.0), (50.0, 5.0))), 3);
        assert_eq!((picture.width, picture.height), (30, 30));
        assert_eq!(picture.pixels.len(), 900);
        assert_eq!(picture.pixels[15 * 30], [200, 0, 0]);
    }
}
