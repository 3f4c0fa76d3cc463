//! Templates without pictures: plausible fingers and mated impressions of them, by the million.
//!
//! Minutiae are scattered with natural density and distance, denser around the singular points;
//! their directions follow the orientation field of the finger's class. Where ridges spread, new
//! ones must begin, and where they close up, some must end: so the field also says which of the two
//! ways along the ridge a minutia more likely points, and fingers of a class resemble each other
//! as they do in life. An
//! impression moves, turns and stretches them, loses some and gains false ones. No ridges are grown
//! (that is [`MasterPrint`](crate::MasterPrint)), so a template costs tens of microseconds.

use crate::PatternClass;
use crate::bounded::bounded;
use crate::flow::{FlowField, Outline};
use crate::random::{Domain, Stream};
use std::f32::consts::{PI, TAU};
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, Template,
    TemplateHeader,
};

/// Width of the templates, in pixels at 500 ppi.
pub const WIDTH_PX: u16 = 388;
/// Height of the templates, in pixels at 500 ppi.
pub const HEIGHT_PX: u16 = 480;
/// Nearest that two minutiae of a finger come, in pixels.
const DISTANCE_MIN_PX: f32 = 10.0;

/// The minutiae of one synthetic finger, all of them, in their own frame.
#[derive(Clone)]
pub struct Finger {
    seed: u64,
    index: u64,
    class: PatternClass,
    minutiae: Vec<Point>,
}

/// A minutia before it is rounded: pixels from the middle of the finger.
#[derive(Clone, Copy)]
struct Point {
    right: f32,
    down: f32,
    radians: f32,
    kind: MinutiaKind,
    /// How easily it is found, 0..=1.
    clarity: f32,
}

/// How far an impression departs from its finger. Values outside the ranges are brought to the
/// nearest end, NaN to the lowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpressionParameters {
    /// Standard deviation of the rotation, in degrees, `0..=60`; clipped at three times that.
    pub rotation_sigma_degrees: f32,
    /// Standard deviation of the shift each way, in pixels, `0..=60`; clipped at twice that.
    pub translation_sigma_px: f32,
    /// Stretch of the skin at the edge of the print, in pixels, `0..=20`.
    pub distortion_px: f32,
    /// Standard deviation of a minutia's place each way, in pixels, `0..=6`.
    pub jitter_sigma_px: f32,
    /// Standard deviation of a minutia's direction, in degrees, `0..=30`.
    pub direction_sigma_degrees: f32,
    /// Share of minutiae lost, `0..=0.9`; unclear ones are lost more often.
    pub dropout: f32,
    /// False minutiae, as a share of the true ones, `0..=1`.
    pub spurious: f32,
    /// Mean radius of the contact area, in pixels, `60..=220`.
    pub contact_radius_px: f32,
}

impl ImpressionParameters {
    /// A careful capture.
    pub const fn good() -> Self {
        Self {
            rotation_sigma_degrees: 5.0,
            translation_sigma_px: 8.0,
            distortion_px: 2.5,
            jitter_sigma_px: 0.8,
            direction_sigma_degrees: 3.0,
            dropout: 0.08,
            spurious: 0.04,
            contact_radius_px: 180.0,
        }
    }

    /// An ordinary live-scan capture.
    pub const fn typical() -> Self {
        Self {
            rotation_sigma_degrees: 8.0,
            translation_sigma_px: 16.0,
            distortion_px: 5.0,
            jitter_sigma_px: 1.2,
            direction_sigma_degrees: 5.0,
            dropout: 0.16,
            spurious: 0.10,
            contact_radius_px: 168.0,
        }
    }

    /// A bad capture: small, turned, noisy.
    pub const fn poor() -> Self {
        Self {
            rotation_sigma_degrees: 12.0,
            translation_sigma_px: 24.0,
            distortion_px: 8.0,
            jitter_sigma_px: 1.6,
            direction_sigma_degrees: 7.0,
            dropout: 0.27,
            spurious: 0.2,
            contact_radius_px: 150.0,
        }
    }

    fn clamped(&self) -> Self {
        Self {
            rotation_sigma_degrees: bounded(self.rotation_sigma_degrees, 0.0, 60.0),
            translation_sigma_px: bounded(self.translation_sigma_px, 0.0, 60.0),
            distortion_px: bounded(self.distortion_px, 0.0, 20.0),
            jitter_sigma_px: bounded(self.jitter_sigma_px, 0.0, 6.0),
            direction_sigma_degrees: bounded(self.direction_sigma_degrees, 0.0, 30.0),
            dropout: bounded(self.dropout, 0.0, 0.9),
            spurious: bounded(self.spurious, 0.0, 1.0),
            contact_radius_px: bounded(self.contact_radius_px, 60.0, 220.0),
        }
    }
}

impl Default for ImpressionParameters {
    fn default() -> Self {
        Self::typical()
    }
}

/// Finger number `index` of the population `seed`. Fingers do not depend on each other; number
/// them `person * fingers + finger` or as suits.
#[must_use]
pub fn finger(seed: u64, index: u64) -> Finger {
    let mut stream = Stream::new(Domain::TemplateFinger, [seed, index, 0]);
    let class = PatternClass::draw(&mut stream);
    let outline = Outline::draw(&mut stream, 1.0, 0.0);
    let flow = FlowField::draw(&mut stream, class, outline);
    let area_px = 0.8 * PI * outline.side * 0.5 * (outline.top + outline.bottom);
    let area_each_px = stream.clipped_normal(1450.0, 170.0, 350.0);
    let wanted = (area_px / area_each_px) as usize;
    let mut minutiae: Vec<Point> = Vec::with_capacity(wanted);
    for _ in 0..wanted * 24 {
        if minutiae.len() == wanted {
            break;
        }
        let Some((x, y)) = draw_place(&mut stream, &flow, outline) else { continue };
        let (right, down) = (x - outline.middle_x, y - outline.middle_y);
        let near = |m: &Point| {
            let (dx, dy) = (m.right - right, m.down - down);
            dx * dx + dy * dy < DISTANCE_MIN_PX * DISTANCE_MIN_PX
        };
        if minutiae.iter().any(near) {
            continue;
        }
        let along = flow.orientation(x, y);
        let share = share_along(&flow, (x, y), along, 1.0 / area_each_px);
        let flip = !stream.chance(share);
        let bent = along + stream.range(-0.06, 0.06);
        let kind = if stream.chance(0.58) { MinutiaKind::Ending } else { MinutiaKind::Bifurcation };
        let radians = if flip { bent + PI } else { bent };
        minutiae.push(Point { right, down, radians, kind, clarity: stream.uniform() });
    }
    Finger { seed, index, class, minutiae }
}

/// Impression number `index` of a finger: a mated template. Impressions do not depend on each
/// other.
#[must_use]
pub fn impression(finger: &Finger, index: u64, parameters: &ImpressionParameters) -> Template {
    let parameters = parameters.clamped();
    let key = [finger.seed, finger.index, index];
    let mut stream = Stream::new(Domain::TemplateImpression, key);
    let motion = Motion::draw(&mut stream, &parameters);
    let mut seen = Vec::with_capacity(finger.minutiae.len() + 16);
    for point in &finger.minutiae {
        let lost = parameters.dropout * (1.6 - 1.2 * point.clarity);
        let place = motion.place(point.right, point.down);
        if stream.chance(lost) || !motion.touches(point.right, point.down) {
            continue;
        }
        let sigma = parameters.jitter_sigma_px;
        let turned = point.radians
            + motion.radians
            + stream.clipped_normal(0.0, 1.0, 3.0)
                * parameters.direction_sigma_degrees.to_radians();
        let (dx, dy) = jitter(&mut stream, sigma);
        let swapped = stream.chance(0.12);
        let kind = if swapped { other_kind(point.kind) } else { point.kind };
        let reliability = 30.0 + 65.0 * point.clarity + stream.range(-8.0, 5.0);
        seen.extend(minutia(place.0 + dx, place.1 + dy, turned, kind, reliability));
    }
    add_spurious(&mut stream, &motion, &parameters, &mut seen);
    let clarity = 1.0 - parameters.dropout;
    template(seen, (clarity * 100.0) as u8, ImpressionType::LIVE_SCAN_PLAIN)
}

impl Finger {
    /// Pattern class.
    pub const fn class(&self) -> PatternClass {
        self.class
    }

    /// Number of minutiae of the whole finger; an impression shows some of them.
    pub fn minutia_count(&self) -> usize {
        self.minutiae.len()
    }

    /// The finger itself, every minutia in its true place: upright, centered, without noise.
    pub fn template(&self) -> Template {
        let (x, y) = middle();
        let minutiae = self
            .minutiae
            .iter()
            .filter_map(|m| minutia(x + m.right, y + m.down, m.radians, m.kind, 100.0))
            .collect();
        template(minutiae, 100, ImpressionType::LIVE_SCAN_ROLLED)
    }
}

fn middle() -> (f32, f32) {
    (0.5 * f32::from(WIDTH_PX), 0.5 * f32::from(HEIGHT_PX))
}

/// A place within the outline, more often near a singular point.
fn draw_place(stream: &mut Stream, flow: &FlowField, outline: Outline) -> Option<(f32, f32)> {
    let x = outline.middle_x + stream.range(-1.0, 1.0) * outline.side;
    let y = outline.middle_y + stream.range(-outline.top, outline.bottom);
    let draw = stream.uniform();
    if outline.reach(x, y) > 0.94 {
        return None;
    }
    // As found on grown master prints: some eight times as dense at a singular point.
    let mut density = 0.14;
    for point in flow.points() {
        let (dx, dy) = (x - point.x_px(), y - point.y_px());
        density += 0.86 / (1.0 + (dx * dx + dy * dy) * (1.0 / 800.0));
    }
    (draw < density).then_some((x, y))
}

/// Probability that a minutia points along `radians` and not the other way.
///
/// The number of ridges that begin less those that end, per area and along the ridge, is the curl
/// of the ridge normal over the period, which is the turn of the orientation across the ridges
/// over the period.
fn share_along(flow: &FlowField, place: (f32, f32), radians: f32, density: f32) -> f32 {
    const STEP_PX: f32 = 6.0;
    const PERIOD_PX: f32 = 9.0;
    let (sine, cosine) = (libm::sinf(radians), libm::cosf(radians));
    let across = flow.orientation(place.0 - STEP_PX * sine, place.1 - STEP_PX * cosine);
    let halves = (across - radians) / PI;
    let turn = (halves - libm::roundf(halves)) * PI;
    let excess = 1.2 * turn / (STEP_PX * PERIOD_PX * density);
    0.5 + 0.5 * excess.clamp(-0.97, 0.97)
}

/// Where an impression puts the skin.
struct Motion {
    sine: f32,
    cosine: f32,
    radians: f32,
    shift: (f32, f32),
    stretch: (f32, f32),
    twist: f32,
    contact: (f32, f32, f32, f32),
}

impl Motion {
    fn draw(stream: &mut Stream, parameters: &ImpressionParameters) -> Self {
        let sigma = parameters.rotation_sigma_degrees;
        let radians = stream.clipped_normal(0.0, sigma, 3.0 * sigma).to_radians();
        let sigma = parameters.translation_sigma_px;
        let shift = [(); 2].map(|()| stream.clipped_normal(0.0, sigma, 2.0 * sigma));
        let pull = 0.5 * parameters.distortion_px;
        let stretch = [(); 2].map(|()| stream.clipped_normal(0.0, pull, 2.0 * pull));
        let twist = stream.clipped_normal(0.0, pull, 2.0 * pull) / 150.0;
        let radius = parameters.contact_radius_px * stream.range(0.85, 1.12);
        let contact = (
            stream.clipped_normal(0.0, 0.7 * sigma, 1.4 * sigma),
            stream.clipped_normal(-10.0, sigma, 2.0 * sigma),
            1.0 / (radius * 0.82),
            1.0 / (radius * 1.15),
        );
        Self {
            sine: libm::sinf(radians),
            cosine: libm::cosf(radians),
            radians,
            shift: (shift[0], shift[1]),
            stretch: (stretch[0], stretch[1]),
            twist,
            contact,
        }
    }

    /// Whether the sensor sees a place of the finger.
    fn touches(&self, right: f32, down: f32) -> bool {
        let (x, y, across, along) = self.contact;
        let (dx, dy) = ((right - x) * across, (down - y) * along);
        dx * dx + dy * dy < 1.0
    }

    /// Where a place of the finger comes to lie, in pixels of the template. The middle of the
    /// contact keeps its place; the further out, the more the skin slides and turns.
    fn place(&self, right: f32, down: f32) -> (f32, f32) {
        let (x, y, across, along) = self.contact;
        let (dx, dy) = ((right - x) * across, (down - y) * along);
        let slide = (dx * dx + dy * dy).min(1.5);
        let (from_x, from_y) = (right - x, down - y);
        let slid_x = right + slide * (self.stretch.0 + self.twist * from_y);
        let slid_y = down + slide * (self.stretch.1 - self.twist * from_x);
        let (middle_x, middle_y) = middle();
        (
            middle_x + self.shift.0 + self.cosine * slid_x + self.sine * slid_y,
            middle_y + self.shift.1 - self.sine * slid_x + self.cosine * slid_y,
        )
    }
}

fn jitter(stream: &mut Stream, sigma: f32) -> (f32, f32) {
    let bells = stream.bells();
    (sigma * bells[0], sigma * bells[1])
}

fn add_spurious(
    stream: &mut Stream,
    motion: &Motion,
    parameters: &ImpressionParameters,
    seen: &mut Vec<Minutia>,
) {
    let expected = parameters.spurious * seen.len() as f32;
    let count = (expected * stream.range(0.3, 1.7) + 0.5) as usize;
    let (x, y, across, along) = motion.contact;
    for _ in 0..count {
        let (right, down) = (stream.range(-1.0, 1.0), stream.range(-1.0, 1.0));
        let place = motion.place(x + right * 0.8 / across, y + down * 0.8 / along);
        let radians = stream.range(0.0, TAU);
        let kind = if stream.chance(0.7) { MinutiaKind::Ending } else { MinutiaKind::Bifurcation };
        let reliability = stream.range(5.0, 55.0);
        seen.extend(minutia(place.0, place.1, radians, kind, reliability));
    }
}

const fn other_kind(kind: MinutiaKind) -> MinutiaKind {
    match kind {
        MinutiaKind::Ending => MinutiaKind::Bifurcation,
        MinutiaKind::Bifurcation | MinutiaKind::Other => MinutiaKind::Ending,
    }
}

/// `None` outside the template.
fn minutia(x: f32, y: f32, radians: f32, kind: MinutiaKind, reliability: f32) -> Option<Minutia> {
    let inside =
        (0.0..f32::from(WIDTH_PX)).contains(&x) && (0.0..f32::from(HEIGHT_PX)).contains(&y);
    if !inside {
        return None;
    }
    let reliability = reliability.clamp(0.0, 100.0) as u8;
    let direction = Direction::from_radians(radians);
    Minutia::new((x * 16.0) as u16, (y * 16.0) as u16, direction, kind, reliability).ok()
}

fn template(minutiae: Vec<Minutia>, quality: u8, impression: ImpressionType) -> Template {
    let header = TemplateHeader {
        width_px: WIDTH_PX,
        height_px: HEIGHT_PX,
        position: FingerPosition::UNKNOWN,
        impression,
        quality: quality.min(100),
        extractor: ExtractorVersion(1),
    };
    Template::new(header, minutiae, None).expect("sizes are constants and minutiae lie inside")
}
