//! Running text: captions that are sentences, and values set into them.

use super::{MM, Mark, Piece, Sheet, WIDTH};
use crate::typeface::{CAPTION, Shaped, Style, VALUE};
use crate::{FormError, Place};

/// Where the lines of a text stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    /// Left-aligned in the right half of the paper, where a letter names its addressee.
    RightHalf,
}

/// Whole lines that a value in a sentence may be long.
const VALUE_LINES: usize = 3;

/// A part of a sentence.
pub(crate) enum Span<'a> {
    /// Words of the form.
    Words(&'a str),
    /// What is filled in, underlined.
    Value(Place, &'a str),
}

/// Words of one style that stand together on one line.
struct Run {
    text: String,
    value: bool,
}

impl Sheet<'_> {
    /// A text of the form, broken into lines.
    pub(crate) fn text(&mut self, text: &str, style: Style, align: Align) {
        let (left, width) = match align {
            Align::Left | Align::Center => (0.0, WIDTH),
            Align::RightHalf => (WIDTH / 2.0, WIDTH / 2.0),
        };
        let lines = self.typeface.wrap(text, style, width, width);
        let height = lines.len() as f32 * style.leading();
        let mark = |(index, shaped): (usize, Shaped)| {
            let x = if align == Align::Center { (width - shaped.width) / 2.0 } else { left };
            Mark::Text { x, y: index as f32 * style.leading() + style.ascent(), shaped }
        };
        let marks = lines.into_iter().enumerate().map(mark).collect();
        self.pieces.push(Piece { height, marks });
    }

    /// A ticked box and what the person acknowledges by it.
    pub(crate) fn ticked_box(&mut self, text: &str) {
        const SIDE: f32 = 4.2 * MM;
        const INDENT: f32 = SIDE + 2.2 * MM;
        let lines = self.typeface.wrap(text, CAPTION, WIDTH - INDENT, WIDTH - INDENT);
        let height = (lines.len() as f32 * CAPTION.leading()).max(SIDE);
        let corners = [[0.0, 0.0], [SIDE, 0.0], [SIDE, SIDE], [0.0, SIDE], [0.0, 0.0]];
        let tick =
            [[0.2 * SIDE, 0.5 * SIDE], [0.42 * SIDE, 0.78 * SIDE], [0.82 * SIDE, 0.2 * SIDE]];
        let strokes = corners.windows(2).chain(tick.windows(2));
        let mut marks: Vec<Mark> =
            strokes.map(|ends| Mark::Rule { from: ends[0], to: ends[1] }).collect();
        for (index, shaped) in lines.into_iter().enumerate() {
            let y = index as f32 * CAPTION.leading() + CAPTION.ascent();
            marks.push(Mark::Text { x: INDENT, y, shaped });
        }
        self.pieces.push(Piece { height, marks });
    }

    /// A sentence with values in it.
    ///
    /// # Errors
    /// When a value is longer than [`VALUE_LINES`] or cannot be printed.
    pub(crate) fn sentence(&mut self, spans: &[Span<'_>]) -> Result<(), FormError> {
        const LEADING: f32 = CAPTION.size * 1.5;
        let mut marks = Vec::new();
        let lines = self.break_sentence(spans)?;
        let height = lines.len() as f32 * LEADING;
        for (index, line) in lines.into_iter().enumerate() {
            let y = index as f32 * LEADING + CAPTION.ascent();
            let mut x = 0.0;
            for run in line {
                let shaped = self.typeface.shape(&run.text, run.style());
                let width = shaped.width;
                if run.value {
                    let inked = self.typeface.shape(run.text.trim_end(), VALUE).width;
                    marks.push(Mark::horizontal(x, y + 2.2, inked));
                }
                marks.push(Mark::Text { x, y, shaped });
                x += width;
            }
        }
        self.pieces.push(Piece { height, marks });
        Ok(())
    }

    fn break_sentence(&self, spans: &[Span<'_>]) -> Result<Vec<Vec<Run>>, FormError> {
        let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
        let mut used = 0.0;
        for span in spans {
            let (text, value) = match span {
                Span::Words(text) => (*text, false),
                Span::Value(place, text) => {
                    self.check_value(*place, text)?;
                    (*text, true)
                }
            };
            let style = if value { VALUE } else { CAPTION };
            for word in text.split_inclusive(' ') {
                for part in self.typeface.wrap(word, style, WIDTH, WIDTH) {
                    let space = if word.ends_with(' ') { " " } else { "" };
                    let part = format!("{}{space}", part.text);
                    if used + self.typeface.shape(part.trim_end(), style).width > WIDTH {
                        lines.push(Vec::new());
                        used = 0.0;
                    }
                    used += self.typeface.shape(&part, style).width;
                    let line = lines.last_mut().expect("never empty");
                    match line.last_mut().filter(|run| run.value == value) {
                        Some(run) => run.text.push_str(&part),
                        None => line.push(Run { text: part, value }),
                    }
                }
            }
        }
        Ok(lines)
    }

    fn check_value(&self, place: Place, text: &str) -> Result<(), FormError> {
        self.printable(place, text, VALUE)?;
        let lines = self.typeface.wrap(text, VALUE, WIDTH, WIDTH);
        if lines.len() > VALUE_LINES {
            return Err(Self::too_long(place, text, &lines, VALUE_LINES));
        }
        Ok(())
    }
}

impl Run {
    fn style(&self) -> Style {
        if self.value { VALUE } else { CAPTION }
    }
}
