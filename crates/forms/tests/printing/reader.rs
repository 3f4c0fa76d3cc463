//! Reads a printed form back: its text as a PDF reader gets it, and its pages as pixels.

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, String as PdfString};
use hayro::kurbo::{Affine, BezPath, PathEl, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

/// What stands together on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The text that the PDF says it is: the replacement text where it gives one.
    pub(crate) text: String,
    /// The text by the glyphs alone.
    pub(crate) by_glyphs: String,
    /// Bold: a title, or filled in.
    pub(crate) bold: bool,
    /// Size in tenths of a point.
    pub(crate) size: u32,
    /// Left end of the first and origin of the last glyph, and baseline, in points from the top
    /// left corner of the page.
    pub(crate) left: i32,
    pub(crate) last: i32,
    pub(crate) baseline: i32,
}

/// Every side's lines, in the order in which the PDF has them.
pub(crate) fn lines(pdf: &[u8]) -> Vec<Vec<Line>> {
    read(pdf).into_iter().map(|reader| reader.lines).collect()
}

fn read(pdf: &[u8]) -> Vec<Reader> {
    let pdf = Pdf::new(pdf.to_vec()).expect("a PDF");
    let cache = InterpreterCache::new();
    let mut sides = Vec::new();
    for page in pdf.pages().iter() {
        let bounds = Rect::new(0.0, 0.0, 600.0, 850.0);
        let settings = InterpreterSettings::default();
        let upright = Affine::translate((0.0, f64::from(page.render_dimensions().1)))
            * Affine::scale_non_uniform(1.0, -1.0);
        let mut context = Context::new(upright, bounds, &cache, pdf.xref(), settings);
        let mut reader = Reader::default();
        interpret_page(page, &mut context, &mut reader);
        sides.push(reader);
    }
    sides
}

/// All lines but those of the footer, which are smaller than any other.
pub(crate) fn lines_above_the_footer(pdf: &[u8]) -> Vec<Line> {
    lines(pdf).into_iter().flatten().filter(|line| line.size > 75).collect()
}

/// The text of lines without white space, which a line break swallows.
pub(crate) fn letters<'a>(lines: impl IntoIterator<Item = &'a Line>) -> String {
    lines.into_iter().map(|line| without_space(&line.text)).collect()
}

pub(crate) fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Width and height in pixels and the pixels' brightness, of the first side at `dpi`.
pub(crate) fn picture(pdf: &[u8], side: usize, dpi: f32) -> (usize, usize, Vec<u8>) {
    let pdf = Pdf::new(pdf.to_vec()).expect("a PDF");
    let settings = PixmapSettings { x_scale: dpi / 72.0, y_scale: dpi / 72.0, bg_color: WHITE };
    let pixels = render(
        &pdf.pages()[side],
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let brightness = pixels.data().iter().map(|pixel| pixel.g).collect();
    (usize::from(pixels.width()), usize::from(pixels.height()), brightness)
}

/// How many cells every row of cells has, in the order of the form.
pub(crate) fn cell_rows(pdf: &[u8]) -> Vec<usize> {
    /// Distance of two borders in hundredths of a point.
    const CELL: i32 = 1587;
    let borders: Vec<[i32; 2]> = read(pdf).into_iter().flat_map(|reader| reader.borders).collect();
    let next = |a: &[i32; 2], b: &[i32; 2]| a[1] == b[1] && (b[0] - a[0] - CELL).abs() < 10;
    borders.chunk_by(next).map(|row| row.len() - 1).filter(|cells| *cells > 0).collect()
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    /// Upright strokes: place and top, in hundredths of a point.
    borders: Vec<[i32; 2]>,
    /// Marked contents that are open; whether each replaces the text of its glyphs.
    open: Vec<bool>,
}

impl Device<'_> for Reader {
    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let replacement = properties.and_then(|dict| dict.get::<PdfString<'_>>("ActualText"));
        if self.open.is_empty() {
            self.lines.push(Line {
                text: String::new(),
                by_glyphs: String::new(),
                bold: false,
                size: 0,
                left: 0,
                last: 0,
                baseline: 0,
            });
        }
        // What replaces a whole replaces its parts too, whatever they say of themselves.
        if let (Some(text), false) = (&replacement, self.open.contains(&true)) {
            let line = self.lines.last_mut().expect("one was begun");
            line.text.push_str(&decoded(text.as_bytes()));
        }
        self.open.push(replacement.is_some());
    }

    fn end_marked_content(&mut self) {
        self.open.pop();
        let drawn = self.lines.last().is_some_and(|line| line.size > 0);
        if self.open.is_empty() && !drawn {
            self.lines.pop();
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        let replaced = self.open.contains(&true);
        let line = self.lines.last_mut().expect("every text is marked");
        for glyph in run.glyphs() {
            let Glyph::Outline(outline) = &**glyph else { panic!("no drawn glyphs here") };
            let text = match outline.as_unicode() {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => panic!("a glyph that is no text"),
            };
            line.by_glyphs.push_str(&text);
            if !replaced {
                line.text.push_str(&text);
            }
            let place = props.transform * glyph.transform();
            let [a, .., x, y] = place.as_coeffs();
            if line.size == 0 {
                line.left = x.round() as i32;
                line.size = (a.abs() * scale()).round() as u32;
            }
            (line.last, line.baseline) = (x.round() as i32, y.round() as i32);
            let font = outline.font_data().expect("an embedded font");
            line.bold = font.postscript_name.is_some_and(|name| name.contains("Bold"));
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'_>, _: &DrawMode) {
        if let [PathEl::MoveTo(from), PathEl::LineTo(to)] = path.elements() {
            let [from, to] = [from, to].map(|end| props.transform * *end);
            if from.x == to.x {
                let hundredths = |points: f64| (points * 100.0).round() as i32;
                self.borders.push([hundredths(from.x), hundredths(from.y)]);
            }
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Tenths of a point in a unit of a glyph's transform, whose units are thousandths of an em.
fn scale() -> f64 {
    10_000.0
}

/// UTF-16 with a mark of its byte order, or ASCII.
fn decoded(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, units @ ..] => {
            let units = units.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).expect("UTF-16")
        }
        ascii => String::from_utf8(ascii.to_vec()).expect("ASCII"),
    }
}
