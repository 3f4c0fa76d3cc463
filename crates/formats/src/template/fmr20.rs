//! ISO/IEC 19794-2:2005 (clause 7) and ANSI/INCITS 378-2004 (clause 6), which share the magic
//! `"FMR\0 20\0"` and all of the layout but the length and the product identifier.
//!
//! Header: magic 8 · length (ISO u32; ANSI u16, or 0 and u32 from 65536 bytes on) · ANSI only:
//! product owner u16, product type u16 · certification bit and device u16 · width, height u16 ·
//! pixels per cm across, down u16 · views u8 · reserved u8. View: position u8 · view number and
//! impression 4 bits each · quality u8 · minutiae ([`super::view`]). All big-endian.

use super::TemplateError;
use super::reader::Reader;
use super::view::{self, AngleUnit, Frame, MinutiaStyle, QualityCode, View};
use vocabulary::Template;

pub(super) const MAGIC: &[u8] = b"FMR\0 20\0";

/// Product owner "vendor unknown" of the IBIA registry.
pub(super) const OWNER_UNKNOWN: u16 = 0x0103;

/// Which of the two standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Iso,
    Ansi,
}

impl Dialect {
    fn style(self) -> MinutiaStyle {
        let angle = match self {
            Self::Iso => AngleUnit::Turn256,
            Self::Ansi => AngleUnit::TwoDegrees,
        };
        MinutiaStyle { angle, quality: QualityCode::ZeroIsUnreported }
    }
}

/// Tells the two apart by the length field. An ISO record is at least 24 bytes and below 1.7 MB
/// long, an ANSI record at least 26 bytes; a short length of 0 announces a long one of ANSI.
pub(super) fn dialect(bytes: &[u8]) -> Dialect {
    let half = |at: usize| match bytes.get(at..at + 2) {
        Some(half) => u16::from_be_bytes([half[0], half[1]]),
        None => u16::MAX,
    };
    match half(8) {
        26..=0xFFFE => Dialect::Ansi,
        0 if half(10) < 24 => Dialect::Ansi,
        _ => Dialect::Iso,
    }
}

pub(super) fn decode(dialect: Dialect, bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    let mut reader = Reader::new(bytes);
    reader.magic(&[MAGIC])?;
    let length_at = reader.offset();
    let length = read_length(dialect, &mut reader)?;
    if dialect == Dialect::Ansi {
        reader.u16("product owner")?;
        reader.u16("product type")?;
    }
    reader.u16("capture device")?;
    let frame = Frame::read(&mut reader)?;
    let count = reader.u8("view count")?;
    reader.u8("reserved byte")?;
    if count == 0 {
        return Err(TemplateError::NoViews);
    }
    let views = (0..count).map(|_| read_view(dialect, &mut reader, frame));
    let views = views.collect::<Result<Vec<View>, _>>()?;
    reader.finish(length, length_at)?;
    views.into_iter().enumerate().map(|(index, view)| view.into_template(index)).collect()
}

fn read_length(dialect: Dialect, reader: &mut Reader<'_>) -> Result<u64, TemplateError> {
    let field = "record length";
    if dialect == Dialect::Ansi {
        let short = reader.u16(field)?;
        if short != 0 {
            return Ok(short.into());
        }
    }
    reader.u32(field).map(u64::from)
}

fn read_view(
    dialect: Dialect,
    reader: &mut Reader<'_>,
    frame: Frame,
) -> Result<View, TemplateError> {
    let position = view::read_position(reader)?;
    let number_impression = reader.u8("view number and impression")?;
    let quality = view::read_quality(reader)?;
    let minutiae = view::read_minutiae(reader, &frame, dialect.style())?;
    let (number, impression) = (number_impression >> 4, number_impression & 0xF);
    Ok(View { position, number, impression, quality, frame, minutiae })
}

pub(super) fn encode(dialect: Dialect, templates: &[Template]) -> Result<Vec<u8>, TemplateError> {
    let views = view::views(templates)?;
    let frame = views.iter().map(|view| view.frame).reduce(|a, b| a.around(&b));
    let frame = frame.ok_or(TemplateError::NoViews)?;
    let mut body = Vec::new();
    if dialect == Dialect::Ansi {
        body.extend(OWNER_UNKNOWN.to_be_bytes());
        body.extend(0u16.to_be_bytes());
    }
    body.extend(0u16.to_be_bytes());
    frame.write(&mut body);
    body.extend([views.len() as u8, 0]);
    for view in &views {
        body.push(view.position);
        body.push(view.number << 4 | view::impression_in_4_bits(view.impression));
        body.push(view.quality.unwrap_or(0));
        view::write_minutiae(&mut body, &view.minutiae, dialect.style());
    }
    let mut record = MAGIC.to_vec();
    match (dialect, u16::try_from(MAGIC.len() + 2 + body.len())) {
        (Dialect::Ansi, Ok(length)) => record.extend(length.to_be_bytes()),
        (Dialect::Ansi, Err(_)) => {
            record.extend([0, 0]);
            record.extend(((MAGIC.len() + 6 + body.len()) as u32).to_be_bytes());
        }
        (Dialect::Iso, _) => {
            record.extend(((MAGIC.len() + 4 + body.len()) as u32).to_be_bytes());
        }
    }
    record.extend(body);
    Ok(record)
}
