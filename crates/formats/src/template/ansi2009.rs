//! ANSI/INCITS 378-2009, clause 7; its amendment 1 of 2010 changes the version in the magic.
//!
//! Header: magic `"FMR\0030\0"` 8 · length u32 · product owner u16 · product type u16 ·
//! certification u8 · device u16 · views u8 · reserved u8. View: position u8 · view number u8 ·
//! impression u8 · quality u8 · quality vendor u16 · quality algorithm u16 · width, height u16 ·
//! pixels per cm across, down u16 · minutiae ([`super::view`]). All big-endian.

use super::TemplateError;
use super::fmr20::OWNER_UNKNOWN;
use super::reader::Reader;
use super::view::{self, AngleUnit, Frame, MinutiaStyle, QualityCode, View};
use vocabulary::Template;

pub(super) const MAGIC: &[u8] = b"FMR\x00030\0";
pub(super) const MAGIC_AMENDMENT_1: &[u8] = b"FMR\x00035\0";

/// Quality algorithm "unknown" of the unknown vendor.
const ALGORITHM_UNKNOWN: u16 = 1;
const STYLE: MinutiaStyle =
    MinutiaStyle { angle: AngleUnit::TwoDegrees, quality: QualityCode::UnreportedIs254 };

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    let mut reader = Reader::new(bytes);
    reader.magic(&[MAGIC, MAGIC_AMENDMENT_1])?;
    let length_at = reader.offset();
    let length = reader.u32("record length")?.into();
    reader.take(4, "product identifier")?;
    reader.take(3, "capture device")?;
    let count = reader.u8("view count")?;
    reader.u8("reserved byte")?;
    if count == 0 {
        return Err(TemplateError::NoViews);
    }
    let views = (0..count).map(|_| read_view(&mut reader));
    let views = views.collect::<Result<Vec<View>, _>>()?;
    reader.finish(length, length_at)?;
    views.into_iter().enumerate().map(|(index, view)| view.into_template(index)).collect()
}

fn read_view(reader: &mut Reader<'_>) -> Result<View, TemplateError> {
    let position = view::read_position(reader)?;
    let number = reader.u8("view number")?;
    let impression = reader.u8("impression type")?;
    let quality = view::read_quality(reader)?;
    reader.take(4, "quality algorithm")?;
    let frame = Frame::read(reader)?;
    let minutiae = view::read_minutiae(reader, &frame, STYLE)?;
    Ok(View { position, number, impression, quality, frame, minutiae })
}

pub(super) fn encode(templates: &[Template]) -> Result<Vec<u8>, TemplateError> {
    let views = view::views(templates)?;
    let mut body = Vec::new();
    body.extend(OWNER_UNKNOWN.to_be_bytes());
    body.extend([0; 5]);
    body.extend([views.len() as u8, 0]);
    for view in &views {
        let quality = view.quality.unwrap_or(254);
        body.extend([view.position, view.number, view.impression, quality]);
        body.extend(OWNER_UNKNOWN.to_be_bytes());
        body.extend(ALGORITHM_UNKNOWN.to_be_bytes());
        view.frame.write(&mut body);
        view::write_minutiae(&mut body, &view.minutiae, STYLE);
    }
    let mut record = MAGIC.to_vec();
    record.extend(((MAGIC.len() + 4 + body.len()) as u32).to_be_bytes());
    record.extend(body);
    Ok(record)
}
