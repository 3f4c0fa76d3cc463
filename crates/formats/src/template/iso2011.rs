//! ISO/IEC 19794-2:2011, clause 8.
//!
//! Header: magic `"FMR\0030\0"` 8 · length u32 · representations u16 · certification flag u8.
//! Representation: length u32 · date and time 9 · technology u8 · vendor u16 · device u16 ·
//! quality blocks (count u8, then score u8, vendor u16, algorithm u16 each) · with the flag,
//! certification blocks (count u8, then 3 bytes each) · position u8 · view u8 · pixels per cm
//! across, down u16 · impression u8 · width, height u16 · minutia size and ending type 4 bits each
//! · minutiae ([`super::view`]). All big-endian.

use super::TemplateError;
use super::fmr20::OWNER_UNKNOWN;
use super::reader::Reader;
use super::view::{self, AngleUnit, Frame, MinutiaStyle, QualityCode, View};
use vocabulary::Template;

pub(super) const MAGIC: &[u8] = b"FMR\x00030\0";

const HEADER_LENGTH: u64 = 15;
/// A representation without quality blocks and minutiae.
const REPRESENTATION_MIN: u32 = 34;
/// Minutiae lie at the end points of the ridge skeleton.
const RIDGE_SKELETON_END_POINT: u8 = 1;
/// Quality algorithm "unknown" of the unknown vendor.
const ALGORITHM_UNKNOWN: u16 = 1;

/// Whether the lengths of the representations add up to that of the record. ANSI/INCITS 378-2009
/// has the same magic, and its header read this way does not.
pub(super) fn lengths_agree(bytes: &[u8]) -> bool {
    sum_of_lengths(bytes).is_ok_and(|(stated, sum)| stated == sum)
}

fn sum_of_lengths(bytes: &[u8]) -> Result<(u64, u64), TemplateError> {
    let mut reader = Reader::new(bytes);
    reader.magic(&[MAGIC])?;
    let stated = reader.u32("record length")?;
    let count = reader.u16("representation count")?;
    reader.u8("certification flag")?;
    for _ in 0..count {
        let length = read_representation_length(&mut reader)?;
        reader.take(length as usize - 4, "representation")?;
    }
    Ok((stated.into(), reader.offset() as u64))
}

fn read_representation_length(reader: &mut Reader<'_>) -> Result<u32, TemplateError> {
    let (field, offset) = ("representation length", reader.offset());
    match reader.u32(field)? {
        found @ 0..REPRESENTATION_MIN => {
            Err(TemplateError::Field { field, offset, found, allowed: "at least 34" })
        }
        length => Ok(length),
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    let mut reader = Reader::new(bytes);
    reader.magic(&[MAGIC])?;
    let length_at = reader.offset();
    let length = reader.u32("record length")?.into();
    let count = reader.u16("representation count")?;
    let certified = reader.u8("certification flag")? != 0;
    if count == 0 {
        return Err(TemplateError::NoViews);
    }
    let views = (0..count).map(|_| read_representation(&mut reader, certified));
    let views = views.collect::<Result<Vec<View>, _>>()?;
    reader.finish(length, length_at)?;
    views.into_iter().enumerate().map(|(index, view)| view.into_template(index)).collect()
}

fn read_representation(reader: &mut Reader<'_>, certified: bool) -> Result<View, TemplateError> {
    let start = reader.offset();
    let stated = u64::from(read_representation_length(reader)?);
    reader.take(9, "capture date")?;
    reader.take(5, "capture device")?;
    let quality = read_quality_blocks(reader)?;
    if certified {
        let blocks = usize::from(reader.u8("certification block count")?);
        reader.take(blocks * 3, "certification blocks")?;
    }
    let position = view::read_position(reader)?;
    let number = reader.u8("view number")?;
    let x_per_cm = view::read_resolution(reader, "horizontal resolution")?;
    let y_per_cm = view::read_resolution(reader, "vertical resolution")?;
    let impression = reader.u8("impression type")?;
    let sides = (view::read_side(reader, "width")?, view::read_side(reader, "height")?);
    let frame = Frame::new(sides, (x_per_cm, y_per_cm));
    let style = read_style(reader)?;
    let minutiae = view::read_minutiae(reader, &frame, style)?;
    let found = (reader.offset() - start) as u64;
    if stated != found {
        let field = "representation length";
        return Err(TemplateError::Length { field, offset: start, stated, found });
    }
    Ok(View { position, number, impression, quality, frame, minutiae })
}

/// The first score that is reported.
fn read_quality_blocks(reader: &mut Reader<'_>) -> Result<Option<u8>, TemplateError> {
    let mut quality = None;
    for _ in 0..reader.u8("quality block count")? {
        let score = view::read_quality(reader)?;
        reader.take(4, "quality algorithm")?;
        quality = quality.or(score);
    }
    Ok(quality)
}

fn read_style(reader: &mut Reader<'_>) -> Result<MinutiaStyle, TemplateError> {
    let (field, offset) = ("minutia size", reader.offset());
    let quality = match reader.u8(field)? >> 4 {
        5 => QualityCode::Absent,
        6 => QualityCode::UnreportedIs254,
        size => {
            let found = size.into();
            return Err(TemplateError::Field { field, offset, found, allowed: "5 or 6" });
        }
    };
    Ok(MinutiaStyle { angle: AngleUnit::Turn256, quality })
}

pub(super) fn encode(templates: &[Template]) -> Result<Vec<u8>, TemplateError> {
    let views = view::views(templates)?;
    let body: Vec<u8> = views.iter().flat_map(representation).collect();
    let length = HEADER_LENGTH + body.len() as u64;
    let mut record = MAGIC.to_vec();
    record.extend((length as u32).to_be_bytes());
    record.extend((views.len() as u16).to_be_bytes());
    record.push(0);
    record.extend(body);
    Ok(record)
}

fn representation(view: &View) -> Vec<u8> {
    let mut body = vec![0xFF; 9];
    body.extend([0; 5]);
    match view.quality {
        Some(quality) => {
            body.extend([1, quality]);
            body.extend(OWNER_UNKNOWN.to_be_bytes());
            body.extend(ALGORITHM_UNKNOWN.to_be_bytes());
        }
        None => body.push(0),
    }
    let (size, quality) = match view.has_qualities() {
        true => (6, QualityCode::UnreportedIs254),
        false => (5, QualityCode::Absent),
    };
    let mut frame = Vec::new();
    view.frame.write(&mut frame);
    body.extend([view.position, view.number]);
    body.extend(&frame[4..]);
    body.push(view.impression);
    body.extend(&frame[..4]);
    body.push(size << 4 | RIDGE_SKELETON_END_POINT);
    let style = MinutiaStyle { angle: AngleUnit::Turn256, quality };
    view::write_minutiae(&mut body, &view.minutiae, style);
    let length = (4 + body.len()) as u32;
    length.to_be_bytes().into_iter().chain(body).collect()
}
