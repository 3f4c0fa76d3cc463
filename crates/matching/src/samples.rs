//! Prints drawn from seeds, for tests.

use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, RidgeFlow,
    Template, TemplateHeader,
};

/// A minutia before it is checked: column and row in px, direction in 1/65536 turn, reliability.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sketch {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) direction: u16,
    pub(crate) reliability: u8,
}

/// A small generator of uniform numbers (xorshift64*).
pub(crate) struct Uniform(u64);

impl Uniform {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// In `0.0..1.0`.
    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// `count` minutiae at least 12 px apart, amid a square of 400 px, with distinct reliabilities as
/// long as there are enough.
pub(crate) fn finger(seed: u64, count: usize) -> Vec<Sketch> {
    let mut uniform = Uniform::new(seed);
    let mut sketches: Vec<Sketch> = Vec::new();
    while sketches.len() < count {
        let (x, y) = (100.0 + 200.0 * uniform.next(), 100.0 + 200.0 * uniform.next());
        let far = |s: &Sketch| (s.x - x) * (s.x - x) + (s.y - y) * (s.y - y) > 144.0;
        if sketches.iter().all(far) {
            let direction = (uniform.next() * 65535.0) as u16;
            let reliability = 100 - (sketches.len() % 60) as u8;
            sketches.push(Sketch { x, y, direction, reliability });
        }
    }
    sketches
}

/// Turned counter-clockwise about the middle of the square, then shifted.
pub(crate) fn moved(sketches: &[Sketch], turn_rad: f32, (dx, dy): (f32, f32)) -> Vec<Sketch> {
    let (sin, cos) = (libm::sinf(turn_rad), libm::cosf(turn_rad));
    let turn = Direction::from_radians(turn_rad).turns_65536();
    let place = |s: &Sketch| {
        let (x, y) = (s.x - 200.0, s.y - 200.0);
        Sketch {
            x: x * cos + y * sin + 200.0 + dx,
            y: -x * sin + y * cos + 200.0 + dy,
            direction: s.direction.wrapping_add(turn),
            ..*s
        }
    };
    sketches.iter().map(place).collect()
}

/// Each minutia shifted by up to `px` and turned by up to 6 degrees.
pub(crate) fn shaken(sketches: &[Sketch], seed: u64, px: f32) -> Vec<Sketch> {
    let mut uniform = Uniform::new(seed);
    let mut about = |range: f32| (2.0 * uniform.next() - 1.0) * range;
    let shake = |s: &Sketch| Sketch {
        x: s.x + about(px),
        y: s.y + about(px),
        direction: s.direction.wrapping_add(about(1092.0) as i16 as u16),
        ..*s
    };
    sketches.iter().map(shake).collect()
}

/// A template of 400 x 400 px.
pub(crate) fn template(sketches: &[Sketch], flow: Option<RidgeFlow>) -> Template {
    let minutia = |s: &Sketch| {
        let sixteenths = |v: f32| (v * 16.0 + 0.5).clamp(0.0, 6399.0) as u16;
        let direction = Direction::from_turns_65536(s.direction);
        let kind = MinutiaKind::Ending;
        Minutia::new(sixteenths(s.x), sixteenths(s.y), direction, kind, s.reliability).unwrap()
    };
    let header = TemplateHeader {
        width_px: 400,
        height_px: 400,
        position: FingerPosition::UNKNOWN,
        impression: ImpressionType::LIVE_SCAN_PLAIN,
        quality: 60,
        extractor: ExtractorVersion(1),
    };
    Template::new(header, sketches.iter().map(minutia).collect(), flow).unwrap()
}
