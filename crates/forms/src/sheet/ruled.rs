//! Rules: a caption, a value on ruled lines, and a hint beneath.

use super::{MM, Mark, Piece, Sheet, WIDTH};
use crate::typeface::{CAPTION, HINT, Shaped, VALUE};
use crate::{FormError, Place};

/// From one rule to the next.
const PITCH: f32 = 6.6 * MM;
/// From the top of a line to its rule.
const RULE_AT: f32 = 5.2 * MM;
/// How far the baseline stands above its rule.
const ABOVE_RULE: f32 = 1.0 * MM;
/// Between a caption and its rule.
const SPACE: f32 = 1.8 * MM;
/// The first rule goes on the caption's line if it can be this long.
const RULE_MIN: f32 = 30.0 * MM;

/// A field on ruled lines.
#[derive(Clone, Copy)]
pub(crate) struct Ruled<'a> {
    pub(crate) place: Place,
    /// Before the first rule; may be empty.
    pub(crate) caption: &'a str,
    /// Blank when `None`: for a hand to fill in, or because the person has none.
    pub(crate) value: Option<&'a str>,
    /// Rules in the printed form; a longer value gets as many again.
    pub(crate) lines: usize,
    /// Beneath the last rule, small and centered; beneath the first where something stands after
    /// the last. May be empty.
    pub(crate) hint: &'a str,
    /// After the last rule; may be empty.
    pub(crate) after: &'a str,
    /// In the right half of the paper, where a letter names its addressee.
    pub(crate) right_half: bool,
}

impl<'a> Ruled<'a> {
    /// A blank rule with neither caption nor hint; set what differs.
    pub(crate) fn blank(place: Place) -> Self {
        Self { place, caption: "", value: None, lines: 1, hint: "", after: "", right_half: false }
    }

    /// A value after a caption on one rule.
    pub(crate) fn line(place: Place, caption: &'a str, value: Option<&'a str>) -> Self {
        Self { caption, value, ..Self::blank(place) }
    }
}

impl Sheet<'_> {
    /// # Errors
    /// When the value is too long or cannot be printed.
    pub(crate) fn ruled(&mut self, field: &Ruled<'_>) -> Result<(), FormError> {
        let value = field.value.unwrap_or_default();
        self.printable(field.place, value, VALUE)?;
        let after = self.typeface.shape(field.after, CAPTION);
        let after_width = if field.after.is_empty() { 0.0 } else { after.width + SPACE };
        let margin = if field.right_half { WIDTH / 2.0 } else { 0.0 };
        let (mut marks, [x, top]) = self.caption_of(field.caption, margin);
        // What stands after the last rule narrows every line: a value never runs into it.
        let right = WIDTH - after_width;
        let values = self.typeface.wrap(value, VALUE, right - x, right - margin);
        let count = values.len().max(field.lines);
        if count > 2 * field.lines {
            return Err(Self::too_long(field.place, value, &values, 2 * field.lines));
        }
        let hinted = if field.after.is_empty() { count - 1 } else { 0 };
        let mut values = values.into_iter();
        let (mut top, mut height) = (top, 0.0);
        for index in 0..count {
            let left = if index == 0 { x } else { margin };
            let rule = top + RULE_AT;
            let last = index + 1 == count;
            if let Some(shaped) = values.next().filter(|line| !line.text.is_empty()) {
                marks.push(Mark::Text { x: left, y: rule - ABOVE_RULE, shaped });
            }
            marks.push(Mark::horizontal(left, rule, if last { right } else { WIDTH } - left));
            let hint = if index == hinted { self.hint(field.hint, rule, &mut marks) } else { 0.0 };
            height = rule + hint.max(0.6 * MM);
            top = rule + hint.max(PITCH - RULE_AT);
            if last && !field.after.is_empty() {
                let (x, y) = (WIDTH - after.width, rule - ABOVE_RULE);
                marks.push(Mark::Text { x, y, shaped: after.clone() });
            }
        }
        self.pieces.push(Piece { height, marks });
        Ok(())
    }

    /// The caption's marks and where the first rule begins: its left end and the top of its line.
    fn caption_of(&self, caption: &str, margin: f32) -> (Vec<Mark>, [f32; 2]) {
        if caption.is_empty() {
            return (Vec::new(), [margin, 0.0]);
        }
        let lines = self.typeface.wrap(caption, CAPTION, WIDTH, WIDTH);
        let above = (lines.len() - 1) as f32 * CAPTION.leading();
        let end = lines.last().map_or(0.0, |line| line.width + SPACE);
        let beside = WIDTH - end >= RULE_MIN;
        let baseline = RULE_AT - ABOVE_RULE;
        let mark = |(index, shaped): (usize, Shaped)| {
            let y = index as f32 * CAPTION.leading() + baseline;
            Mark::Text { x: 0.0, y, shaped }
        };
        let start = if beside { [end, above] } else { [0.0, above + PITCH] };
        (lines.into_iter().enumerate().map(mark).collect(), start)
    }

    /// Adds the hint below a rule at `bottom`; returns the height it takes.
    fn hint(&self, hint: &str, bottom: f32, marks: &mut Vec<Mark>) -> f32 {
        if hint.is_empty() {
            return 0.0;
        }
        let lines = self.typeface.wrap(hint, HINT, WIDTH, WIDTH);
        let height = lines.len() as f32 * HINT.leading();
        for (index, shaped) in lines.into_iter().enumerate() {
            let y = bottom + index as f32 * HINT.leading() + HINT.ascent();
            marks.push(Mark::Text { x: (WIDTH - shaped.width) / 2.0, y, shaped });
        }
        height
    }

    /// A caption, a rule to sign on, a second caption and the date on a rule.
    pub(crate) fn sign_and_date(&mut self, signature: &str, date_caption: &str, date: &str) {
        let baseline = RULE_AT - ABOVE_RULE;
        let mut marks = Vec::new();
        let mut x = 0.0;
        for (caption, value, width) in [(signature, "", 60.0 * MM), (date_caption, date, 30.0 * MM)]
        {
            let caption = self.typeface.shape(caption, CAPTION);
            let value = self.typeface.shape(value, VALUE);
            let rule = x + caption.width + SPACE;
            marks.push(Mark::Text { x, y: baseline, shaped: caption });
            if !value.text.is_empty() {
                let centered = rule + (width - value.width) / 2.0;
                marks.push(Mark::Text { x: centered, y: baseline, shaped: value });
            }
            marks.push(Mark::horizontal(rule, RULE_AT, width));
            x = rule + width + 2.0 * SPACE;
        }
        self.pieces.push(Piece { height: RULE_AT, marks });
    }
}
