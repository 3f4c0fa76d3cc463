//! The embedded typeface: shaping, measuring and breaking text.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_segmentation::UnicodeSegmentation;

const REGULAR: &[u8] = include_bytes!("../fonts/Tinos-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/Tinos-Bold.ttf");

/// Captions are regular; titles and what is filled in are bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A weight at a size in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
}

pub(crate) const CAPTION: Style = Style { weight: Weight::Regular, size: 11.0 };
pub(crate) const VALUE: Style = Style { weight: Weight::Bold, size: 11.0 };
pub(crate) const TITLE: Style = Style { weight: Weight::Bold, size: 12.5 };
pub(crate) const HINT: Style = Style { weight: Weight::Regular, size: 8.0 };

impl Style {
    /// From one baseline to the next, in points.
    pub(crate) fn leading(self) -> f32 {
        self.size * 1.18
    }

    /// From the top of a line to its baseline, in points.
    pub(crate) fn ascent(self) -> f32 {
        self.size * 0.92
    }
}

/// Text that was shaped: glyphs with positions in parts of the size.
#[derive(Clone)]
pub(crate) struct Shaped {
    pub(crate) text: String,
    pub(crate) style: Style,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In points.
    pub(crate) width: f32,
    /// Whether each character stands in a cell of its own.
    pub(crate) in_cells: bool,
}

struct FontFile {
    pdf: Font,
    face: rustybuzz::Face<'static>,
}

impl FontFile {
    fn new(bytes: &'static [u8]) -> Self {
        let pdf = Font::new(bytes.to_vec().into(), 0).expect("a font of this crate is readable");
        let face = rustybuzz::Face::from_slice(bytes, 0).expect("as above");
        Self { pdf, face }
    }
}

/// Both weights, ready to shape.
pub(crate) struct Typeface {
    regular: FontFile,
    bold: FontFile,
}

impl Typeface {
    pub(crate) fn new() -> Self {
        Self { regular: FontFile::new(REGULAR), bold: FontFile::new(BOLD) }
    }

    fn file(&self, weight: Weight) -> &FontFile {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// The font as the PDF embeds it.
    pub(crate) fn font(&self, weight: Weight) -> Font {
        self.file(weight).pdf.clone()
    }

    /// The 1-based place of the first character that the font lacks.
    pub(crate) fn missing(&self, text: &str, weight: Weight) -> Option<usize> {
        let face = &self.file(weight).face;
        text.chars().position(|c| face.glyph_index(c).is_none()).map(|index| index + 1)
    }

    /// Shapes one line, left to right.
    pub(crate) fn shape(&self, text: &str, style: Style) -> Shaped {
        let face = &self.file(style.weight).face;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let output = rustybuzz::shape(face, &[], buffer);
        let clusters: Vec<usize> =
            output.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let em = face.units_per_em() as f32;
        let mut glyphs = Vec::with_capacity(clusters.len());
        for (info, position) in output.glyph_infos().iter().zip(output.glyph_positions()) {
            let start = info.cluster as usize;
            let end = clusters.iter().copied().filter(|next| *next > start).min();
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                position.x_advance as f32 / em,
                position.x_offset as f32 / em,
                position.y_offset as f32 / em,
                position.y_advance as f32 / em,
                start..end.unwrap_or(text.len()),
                None,
            ));
        }
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * style.size;
        Shaped { text: text.to_owned(), style, glyphs, width, in_cells: false }
    }

    /// Shapes a row of cells: each character (grapheme cluster) centered in its cell of `cell`
    /// points, all of them one text. Also how far into the first cell the text begins.
    pub(crate) fn shape_cells(
        &self,
        characters: &[&str],
        style: Style,
        cell: f32,
    ) -> (f32, Shaped) {
        let mut row =
            Shaped { text: String::new(), style, glyphs: Vec::new(), width: 0.0, in_cells: true };
        let mut indent = 0.0;
        for (index, character) in characters.iter().enumerate() {
            let shaped = self.shape(character, style);
            let start = index as f32 * cell + (cell - shaped.width) / 2.0;
            // The last glyph before this character makes up the distance to it.
            match row.glyphs.last_mut() {
                Some(last) => last.x_advance += (start - indent - row.width) / style.size,
                None => indent = start,
            }
            let offset = row.text.len();
            row.glyphs.extend(shaped.glyphs.into_iter().map(|mut glyph| {
                glyph.text_range = glyph.text_range.start + offset..glyph.text_range.end + offset;
                glyph
            }));
            row.text.push_str(character);
            row.width = start - indent + shaped.width;
        }
        (indent, row)
    }

    /// Breaks `text` into lines, the first of at most `first` points, the others of `width`. Lines
    /// break after a space or a slash; a word longer than a whole line breaks anywhere. The first
    /// line may be empty when nothing fits on it.
    pub(crate) fn wrap(&self, text: &str, style: Style, first: f32, width: f32) -> Vec<Shaped> {
        let fits = |line: &str, room: f32| self.shape(line.trim_end(), style).width <= room;
        let mut lines = vec![String::new()];
        for word in text.split_inclusive([' ', '/']) {
            let room = if lines.len() == 1 { first } else { width };
            let line = lines.last_mut().expect("never empty");
            if fits(&format!("{line}{word}"), room) {
                line.push_str(word);
            } else if fits(word, width) {
                lines.push(word.to_owned());
            } else {
                self.break_word(word, style, [first, width], &mut lines);
            }
        }
        lines.iter().map(|line| self.shape(line.trim_end(), style)).collect()
    }

    fn break_word(&self, word: &str, style: Style, widths: [f32; 2], lines: &mut Vec<String>) {
        for character in word.graphemes(true) {
            let room = widths[usize::from(lines.len() > 1)];
            let line = lines.last_mut().expect("never empty");
            let longer = format!("{line}{character}");
            if self.shape(longer.trim_end(), style).width <= room {
                *line = longer;
            } else {
                lines.push(character.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KAZAKH_AND_RUSSIAN: &str = "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮү\
        ФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя0123456789№«»–—/().,:;*_";

    #[test]
    fn both_weights_hold_every_kazakh_and_russian_letter() {
        let typeface = Typeface::new();
        for weight in [Weight::Regular, Weight::Bold] {
            assert_eq!(typeface.missing(KAZAKH_AND_RUSSIAN, weight), None);
            assert_eq!(typeface.missing("ab漢", weight), Some(3));
        }
    }

    #[test]
    fn lines_keep_every_word_and_the_width() {
        let typeface = Typeface::new();
        let text = "отчество/если оно указано в документе, удостоверяющем личность";
        let lines = typeface.wrap(text, CAPTION, 60.0, 120.0);
        assert!(lines[0].width <= 60.0 && lines.iter().all(|line| line.width <= 120.0));
        let joined: String = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn a_word_longer_than_a_line_breaks_and_loses_nothing() {
        let typeface = Typeface::new();
        let word = "Ә\u{301}".repeat(40);
        let lines = typeface.wrap(&word, VALUE, 30.0, 80.0);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.width <= 80.0));
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<String>(), word);
    }

    #[test]
    fn a_combining_mark_stays_in_the_cell_of_its_letter() {
        let typeface = Typeface::new();
        let (indent, row) = typeface.shape_cells(&["А\u{301}", "і", "Ж"], VALUE, 16.0);
        let positions: Vec<f32> = row
            .glyphs
            .iter()
            .scan(indent, |x, glyph| {
                let at = *x;
                *x += glyph.x_advance * VALUE.size;
                Some(at)
            })
            .collect();
        assert!(positions[0] < 16.0, "{positions:?}");
        let narrow = row.glyphs.iter().position(|glyph| &row.text[glyph.text_range.clone()] == "і");
        let at = positions[narrow.unwrap()];
        let width = typeface.shape("і", VALUE).width;
        assert!((at + width / 2.0 - 24.0).abs() < 0.01, "{at}");
    }
}
