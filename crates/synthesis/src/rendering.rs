//! From a placed pattern to the pixels of a capture.
//!
//! The pattern is a rounded profile across each ridge, so a threshold on it decides how thick the
//! ridges are: low where the skin is wet or pressed, high where it is dry, beyond all ridges
//! outside the contact. Everything that soils a print moves either the profile (grain, pores,
//! creases, scratches) or the threshold (moisture, blotches, the edge of the contact).

use crate::impression::{Background, ImpressionParameters};
use crate::master::MasterPrint;
use crate::noise;
use crate::placement::Placement;
use crate::plane::Plane;
use crate::random::Stream;
use crate::skin::{self, Dot};
use std::f32::consts::PI;
use vocabulary::GrayImage;

/// How clearly the image shows the ridges, by place.
pub(crate) struct Clarity {
    thresholds: Plane<f32>,
    grain: f32,
}

impl Clarity {
    /// 1 where ridges and valleys are equally wide and clean, 0 where nothing is seen or outside.
    pub(crate) fn at(&self, x_px: f32, y_px: f32) -> f32 {
        let inside = x_px >= 0.0
            && y_px >= 0.0
            && x_px < self.thresholds.width as f32
            && y_px < self.thresholds.height as f32;
        if !inside {
            return 0.0;
        }
        let threshold = self.thresholds.at(x_px as usize, y_px as usize);
        (1.0 - 0.9 * threshold.abs()) * (1.0 - 0.4 * self.grain)
    }
}

/// One finger on the sensor.
struct Scene<'a> {
    master: &'a MasterPrint,
    placement: &'a Placement,
    parameters: &'a ImpressionParameters,
    /// Moisture of this impression, -1..=1.
    moisture: f32,
}

/// Renders the image and tells where it is clear.
pub(crate) fn render(
    master: &MasterPrint,
    placement: &Placement,
    parameters: &ImpressionParameters,
    mut stream: Stream,
) -> (GrayImage, Clarity) {
    let stream = &mut stream;
    let drawn = stream.clipped_normal(parameters.moisture, parameters.moisture_sigma, 0.8);
    let scene = Scene { master, placement, parameters, moisture: drawn.clamp(-1.0, 1.0) };
    let wear = wear(&scene, stream);
    let thresholds = thresholds(&scene, stream);
    let ink = ink(&scene, &thresholds, &wear, stream);
    let image = develop(&ink, &thresholds, parameters, stream);
    (image, Clarity { thresholds, grain: parameters.grain })
}

/// What pores, creases and scratches take from the profile.
fn wear(scene: &Scene, stream: &mut Stream) -> Plane<f32> {
    let Scene { master, placement, parameters, moisture } = *scene;
    let (width, height) = (parameters.width_px as usize, parameters.height_px as usize);
    let mut wear = Plane::filled(width, height, 0.0);
    let skin = master.skin();
    // Wet pores fill up.
    let open = (0.55 - 0.5 * moisture).clamp(0.05, 0.9);
    let move_dot = |dot: &Dot| {
        let (x, y) = placement.image_point(dot.x, dot.y);
        Dot { x, y, ..*dot }
    };
    for pore in &skin.pores {
        if stream.chance(open) {
            take(&mut wear, move_dot(pore));
        }
    }
    for crease in &skin.creases {
        let strength = stream.range(0.3, 1.2) * (1.0 - 0.5 * moisture);
        for dot in crease {
            let moved = move_dot(dot);
            take(&mut wear, Dot { depth: dot.depth * strength, ..moved });
        }
    }
    let count = parameters.scratches * stream.range(0.4, 1.6) + stream.uniform();
    for _ in 0..count as usize {
        let from = (stream.range(0.0, width as f32), stream.range(0.0, height as f32));
        let (radians, length) = (stream.range(-PI, PI), stream.range(12.0, 70.0));
        skin::draw_line(stream, from, radians, length).into_iter().for_each(|d| take(&mut wear, d));
    }
    wear
}

/// Lets a dot deepen the wear around it.
fn take(wear: &mut Plane<f32>, dot: Dot) {
    let reach = dot.radius + 1.0;
    let span = |middle: f32, limit: usize| {
        let last = limit as f32 - 1.0;
        (middle - reach).max(0.0).min(last) as usize..=(middle + reach).max(0.0).min(last) as usize
    };
    for y in span(dot.y, wear.height) {
        for x in span(dot.x, wear.width) {
            let (dx, dy) = (x as f32 - dot.x, y as f32 - dot.y);
            let cover = (reach - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
            let taken = (cover * dot.depth).max(wear.at(x, y));
            wear.set(x, y, taken);
        }
    }
}

/// The threshold everywhere: 0 for equal ridges and valleys, above 1 where nothing touches.
fn thresholds(scene: &Scene, stream: &mut Stream) -> Plane<f32> {
    let Scene { placement, parameters, moisture, .. } = *scene;
    let (width, height) = (parameters.width_px as usize, parameters.height_px as usize);
    let broad = noise::smooth(stream, width, height, 42.0);
    let narrow = noise::smooth(stream, width, height, 11.0);
    let mut thresholds = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let (broad, narrow) = (broad.row(y), narrow.row(y));
        for (x, value) in thresholds.row_mut(y).iter_mut().enumerate() {
            let (finger_x, finger_y) = placement.finger_point(x as f32, y as f32);
            let reach = placement.reach(finger_x, finger_y) + 0.02 * broad[x] + 0.03 * narrow[x];
            let edge = ((reach - 0.78) * (1.0 / 0.22)).clamp(0.0, 1.5);
            let uneven = parameters.blotches * (0.30 * broad[x] + 0.16 * narrow[x]);
            // Wet skin fills the valleys, but seldom all of them.
            *value = -0.55 * moisture - 0.08 + uneven + 1.5 * edge * edge;
        }
    }
    thresholds
}

/// How black each pixel is, 0..=1.
fn ink(
    scene: &Scene,
    thresholds: &Plane<f32>,
    wear: &Plane<f32>,
    stream: &mut Stream,
) -> Plane<f32> {
    let Scene { master, placement, parameters, moisture } = *scene;
    let (width, height) = (thresholds.width, thresholds.height);
    let coarse = noise::smooth(stream, width, height, 5.0);
    let fine = noise::smooth(stream, width, height, 2.0);
    // Dry skin is rougher.
    let grain = parameters.grain * (0.8 - 0.45 * moisture);
    let mut ink = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let (coarse, fine) = (coarse.row(y), fine.row(y));
        let (threshold, wear) = (thresholds.row(y), wear.row(y));
        for (x, value) in ink.row_mut(y).iter_mut().enumerate() {
            if threshold[x] > 2.2 {
                continue;
            }
            let (finger_x, finger_y) = placement.finger_point(x as f32, y as f32);
            let profile = master.profile(finger_x, finger_y);
            let rough = grain * (0.45 * coarse[x] + 0.6 * fine[x]);
            let height = profile + rough - wear[x] - threshold[x];
            *value = (0.5 + 0.8 * height).clamp(0.0, 1.0);
        }
    }
    ink
}

/// Ink to gray levels: contrast, background, blur, sensor noise.
fn develop(
    ink: &Plane<f32>,
    thresholds: &Plane<f32>,
    parameters: &ImpressionParameters,
    stream: &mut Stream,
) -> GrayImage {
    let (width, height) = (ink.width, ink.height);
    let (dark, light, haze) = match parameters.background {
        Background::White => (stream.range(15.0, 65.0), stream.range(246.0, 254.0), 22.0),
        Background::Gray => (stream.range(25.0, 60.0), stream.range(165.0, 200.0), 6.0),
    };
    let haze = haze * stream.range(0.2, 1.4);
    let shade = noise::smooth(stream, width, height, 60.0);
    let mut gray = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let (shade, thresholds) = (shade.row(y), thresholds.row(y));
        for (x, value) in gray.row_mut(y).iter_mut().enumerate() {
            let touched = (1.3 - thresholds[x]).clamp(0.0, 1.0);
            let ground = backdrop(parameters, light, x, y) - haze * touched;
            let black = dark + 9.0 * shade[x] + 40.0 * thresholds[x].clamp(0.0, 1.0);
            *value = ground + (black - ground) * ink.at(x, y);
        }
    }
    blur(&mut gray, parameters.blur_px);
    let sigma = if parameters.background == Background::White { 2.5 } else { 3.5 };
    let mut pixels = Vec::with_capacity(width * height);
    for values in gray.cells.chunks(4) {
        let bells = stream.bells();
        let noisy = values.iter().zip(bells).map(|(v, b)| (v + sigma * b + 0.5) as u8);
        pixels.extend(noisy);
    }
    GrayImage::new(width as u32, height as u32, pixels)
        .expect("sides are clamped to what an image may have")
}

/// Brightness where nothing touches.
fn backdrop(parameters: &ImpressionParameters, light: f32, x: usize, y: usize) -> f32 {
    if parameters.background == Background::White {
        return light;
    }
    let across = x as f32 / parameters.width_px as f32 - 0.5;
    let down = y as f32 / parameters.height_px as f32 - 0.5;
    light * (1.06 - 0.9 * (across * across + 0.6 * down * down) + 0.1 * down)
}

/// Gaussian blur, by a kernel of five.
fn blur(plane: &mut Plane<f32>, sigma_px: f32) {
    if sigma_px < 0.2 {
        return;
    }
    let bell = |d: f32| libm::expf(-d * d / (2.0 * sigma_px * sigma_px));
    let total = 1.0 + 2.0 * (bell(1.0) + bell(2.0));
    let (middle, near, far) = (1.0 / total, bell(1.0) / total, bell(2.0) / total);
    let (width, height) = (plane.width, plane.height);
    let mut across = plane.clone();
    for y in 0..height {
        let from = plane.row(y);
        for (x, value) in across.row_mut(y)[2..width - 2].iter_mut().enumerate() {
            *value = middle * from[x + 2]
                + near * (from[x + 1] + from[x + 3])
                + far * (from[x] + from[x + 4]);
        }
    }
    for y in 2..height - 2 {
        let rows = [y - 2, y - 1, y, y + 1, y + 2].map(|row| across.row(row));
        for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
            *value = middle * rows[2][x]
                + near * (rows[1][x] + rows[3][x])
                + far * (rows[0][x] + rows[4][x]);
        }
    }
}
