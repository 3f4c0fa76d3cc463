//! Marks to PDF/A-2u bytes.

use crate::sheet::{Mark, PAGE_HEIGHT, PAGE_WIDTH};
use crate::typeface::Typeface;
use crate::{FormCode, Moment};
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

/// Thickness of rules and borders, in points.
const RULE_WIDTH: f32 = 0.6;

/// Writes the sides, each of them paragraphs of marks, as a document; `None` when the library finds
/// a breach of PDF/A.
pub(crate) fn write(
    form: FormCode,
    sides: &[Vec<Vec<Mark>>],
    typeface: &Typeface,
    printed_at: Moment,
) -> Option<Vec<u8>> {
    let configuration =
        ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish().ok()?;
    let settings = SerializeSettings { configuration, ..Default::default() };
    let mut document = Document::new_with(settings);
    let mut structure = TagTree::new();
    for side in sides {
        let mut page = document.start_page_with(PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)?);
        let mut surface = page.surface();
        for marks in side {
            let mut paragraph = TagGroup::new(Tag::P);
            for mark in marks {
                draw(&mut surface, mark, typeface, &mut paragraph)?;
            }
            if !paragraph.children.is_empty() {
                structure.push(paragraph);
            }
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(structure);
    document.set_metadata(metadata(form, printed_at));
    document.finish().ok()
}

/// No personal datum: titles of documents end up in lists of files.
fn metadata(form: FormCode, printed_at: Moment) -> Metadata {
    let Moment { date, hour, minute, second, utc_offset_hours } = printed_at;
    let created = DateTime::new(date.year())
        .month(date.month())
        .day(date.day())
        .hour(hour)
        .minute(minute)
        .second(second)
        .utc_offset_hour(utc_offset_hours)
        .utc_offset_minute(0);
    Metadata::new()
        .title(form.title().to_owned())
        .language("kk".to_owned())
        .creator("Tanba".to_owned())
        .creation_date(created)
}

/// Draws a mark; text becomes part of `paragraph`, lines and areas of nothing that is read aloud.
fn draw(
    surface: &mut Surface<'_>,
    mark: &Mark,
    typeface: &Typeface,
    paragraph: &mut TagGroup,
) -> Option<()> {
    let layout = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout));
    match mark {
        Mark::Text { x, y, shaped } => {
            fill_black(surface);
            let (text, size) = (shaped.text.as_str(), shaped.style.size);
            // Letters in cells stand so far apart that readers would take each for a word.
            let tag = SpanTag::empty().with_actual_text(shaped.in_cells.then_some(text));
            paragraph.push(surface.start_tagged(ContentTag::Span(tag)));
            let font = typeface.font(shaped.style.weight);
            surface.draw_glyphs(Point::from_xy(*x, *y), &shaped.glyphs, font, text, size, false);
        }
        Mark::Rule { from, to } => {
            surface.start_tagged(layout);
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: luma::Color::black().into(),
                width: RULE_WIDTH,
                ..Default::default()
            }));
            let mut path = PathBuilder::new();
            path.move_to(from[0], from[1]);
            path.line_to(to[0], to[1]);
            surface.draw_path(&path.finish()?);
        }
        Mark::Filled { rects } => {
            surface.start_tagged(layout);
            fill_black(surface);
            let mut path = PathBuilder::new();
            for [x, y, width, height] in rects {
                path.push_rect(Rect::from_xywh(*x, *y, *width, *height)?);
            }
            surface.draw_path(&path.finish()?);
        }
    }
    surface.end_tagged();
    Some(())
}

fn fill_black(surface: &mut Surface<'_>) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: luma::Color::black().into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
}
