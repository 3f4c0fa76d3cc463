//! The foot of every side: the QR code, and in words what it says.

use super::{MM, Mark, WIDTH};
use crate::Seal;
use crate::typeface::{HINT, Style, Typeface};
use qrcode::{Color, EcLevel, QrCode};

/// Above the lower margin.
pub(crate) const HEIGHT: f32 = 25.0 * MM;
/// Side of the QR code without its quiet zone.
const SIDE: f32 = 21.0 * MM;
/// White around the code: four modules of the largest code fit in it.
const QUIET: f32 = 3.0 * MM;
const SMALL: Style = Style { size: 7.5, ..HINT };

/// What the foot of a side says.
#[derive(Clone, Copy)]
pub(crate) struct Footer<'a> {
    pub(crate) seal: &'a Seal,
    /// 1-based.
    pub(crate) side: usize,
    pub(crate) sides: usize,
}

impl Footer<'_> {
    /// In points from the footer's top left corner. Language-neutral: the decree gives no caption
    /// for it.
    pub(crate) fn marks(&self, typeface: &Typeface) -> Vec<Mark> {
        let top = HEIGHT - SIDE;
        let mut marks = vec![
            Mark::horizontal(0.0, 0.0, WIDTH),
            Mark::Filled { rects: modules(self.seal, 0.0, top) },
        ];
        let digest = self.seal.digest_hex();
        let (first, second) = digest.split_at(digest.len() / 2);
        let lines = [
            format!("{}   № {}", self.seal.form().number(), self.seal.case_number()),
            format!("SHA-256 {first}"),
            second.to_owned(),
            format!("{} / {}", self.side, self.sides),
        ];
        let mut y = top + SMALL.ascent();
        for line in lines {
            let shaped = typeface.shape(&line, SMALL);
            marks.push(Mark::Text { x: SIDE + QUIET, y, shaped });
            y += SMALL.leading() * 1.3;
        }
        marks
    }
}

/// The dark modules, as rectangles one module high.
fn modules(seal: &Seal, left: f32, top: f32) -> Vec<[f32; 4]> {
    let code = QrCode::with_error_correction_level(seal.to_string(), EcLevel::M)
        .expect("a form, a case number of 40 characters and a digest fit a QR code");
    let width = code.width();
    let module = SIDE / width as f32;
    let colors = code.to_colors();
    let mut rects = Vec::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let (x, y) = (left + column as f32 * module, top + row as f32 * module);
                rects.push([x, y, run.len() as f32 * module, module]);
            }
            column += run.len();
        }
    }
    rects
}
