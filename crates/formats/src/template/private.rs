//! Our own template format: lossless, versioned, checked.
#![doc = ""]
#![doc = include_str!("../../../../docs/design/template-format.md")]

use super::TemplateError;
use super::reader::Reader;
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, RidgeFlow,
    Template, TemplateHeader,
};

/// The first bytes of a private template.
pub const MAGIC: &[u8] = b"TNBT";
/// The version that [`encode`] writes, and the newest that [`decode`] reads.
pub const VERSION: u16 = 1;

const LENGTH_AT: usize = 6;
const HEADER_LENGTH: usize = 20;
const SECTION_HEADER_LENGTH: usize = 6;
const CHECKSUM_LENGTH: usize = 4;
const MINUTIA_LENGTH: usize = 8;

const TAG_CRITICAL: u16 = 0x8000;
const TAG_MINUTIAE: u16 = TAG_CRITICAL | 1;
const TAG_RIDGE_FLOW: u16 = 2;

/// Encodes one template. Equal templates give equal bytes.
pub fn encode(template: &Template) -> Vec<u8> {
    let minutiae = encode_minutiae(template.minutiae());
    let flow = template.ridge_flow().map(encode_ridge_flow);
    let mut sections = section(TAG_MINUTIAE, &minutiae);
    if let Some(flow) = &flow {
        sections.extend(section(TAG_RIDGE_FLOW, flow));
    }
    let header = template.header();
    let length = HEADER_LENGTH + sections.len() + CHECKSUM_LENGTH;
    let mut out = Vec::with_capacity(length);
    out.extend(MAGIC);
    out.extend(VERSION.to_be_bytes());
    out.extend((length as u32).to_be_bytes());
    out.extend(header.extractor.0.to_be_bytes());
    out.extend(header.width_px.to_be_bytes());
    out.extend(header.height_px.to_be_bytes());
    out.extend([header.position.code(), header.impression.0, header.quality]);
    out.push(1 + u8::from(flow.is_some()));
    out.extend(sections);
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out
}

fn section(tag: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(SECTION_HEADER_LENGTH + body.len());
    out.extend(tag.to_be_bytes());
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(body);
    out
}

fn encode_minutiae(minutiae: &[Minutia]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + minutiae.len() * MINUTIA_LENGTH);
    out.extend((minutiae.len() as u16).to_be_bytes());
    for m in minutiae {
        out.extend(m.x_16().to_be_bytes());
        out.extend(m.y_16().to_be_bytes());
        out.extend(m.direction().turns_65536().to_be_bytes());
        let kind = match m.kind() {
            MinutiaKind::Other => 0,
            MinutiaKind::Ending => 1,
            MinutiaKind::Bifurcation => 2,
        };
        out.extend([kind, m.reliability()]);
    }
    out
}

fn encode_ridge_flow(flow: &RidgeFlow) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + flow.cells().len());
    out.extend(flow.columns().to_be_bytes());
    out.extend(flow.rows().to_be_bytes());
    out.extend(flow.cells());
    out
}

/// Decodes exactly one template.
///
/// # Errors
/// [`TemplateError`] for bytes that are damaged, cut short, followed by others, or of a newer
/// version.
pub fn decode(bytes: &[u8]) -> Result<Template, TemplateError> {
    let (template, end) = decode_at(bytes, 0, 0)?;
    if end != bytes.len() {
        let (field, stated, found) = ("template length", end as u64, bytes.len() as u64);
        return Err(TemplateError::Length { field, offset: LENGTH_AT, stated, found });
    }
    Ok(template)
}

/// Decodes templates that follow each other.
pub(super) fn decode_all(bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    let mut templates = Vec::new();
    let mut start = 0;
    while start < bytes.len() || templates.is_empty() {
        let (template, end) = decode_at(bytes, start, templates.len())?;
        templates.push(template);
        start = end;
    }
    Ok(templates)
}

/// The template that begins at `start`, number `view` of its file, and where it ends.
fn decode_at(bytes: &[u8], start: usize, view: usize) -> Result<(Template, usize), TemplateError> {
    let mut reader = Reader::at(bytes, start);
    reader.magic(&[MAGIC])?;
    read_version(&mut reader)?;
    let end = start + read_length(&mut reader, bytes.len() - start)?;
    let content = &bytes[..end - CHECKSUM_LENGTH];
    if crc32fast::hash(&content[start..]).to_be_bytes() != bytes[content.len()..end] {
        return Err(TemplateError::Checksum { offset: content.len() });
    }
    let mut reader = Reader::at(content, reader.offset());
    let header = read_header(&mut reader, view)?;
    let Sections { minutiae, ridge_flow } = read_sections(&mut reader, view)?;
    let template = Template::new(header, minutiae, ridge_flow);
    template.map(|t| (t, end)).map_err(|source| TemplateError::Unusable { view, source })
}

fn read_version(reader: &mut Reader<'_>) -> Result<(), TemplateError> {
    let (field, offset) = ("version", reader.offset());
    match reader.u16(field)? {
        0 => Err(TemplateError::Field { field, offset, found: 0, allowed: "at least 1" }),
        1..=VERSION => Ok(()),
        found => Err(TemplateError::NewerVersion { found, supported: VERSION }),
    }
}

/// The stated length, at most `available`.
fn read_length(reader: &mut Reader<'_>, available: usize) -> Result<usize, TemplateError> {
    let (field, offset) = ("template length", reader.offset());
    let found = reader.u32(field)?;
    let length = found as usize;
    if length < HEADER_LENGTH + CHECKSUM_LENGTH {
        return Err(TemplateError::Field { field, offset, found, allowed: "at least 24" });
    }
    if length > available {
        let offset = offset - LENGTH_AT + available;
        return Err(TemplateError::Truncated { field: "template", offset });
    }
    Ok(length)
}

fn read_header(reader: &mut Reader<'_>, view: usize) -> Result<TemplateHeader, TemplateError> {
    let unusable = |source| TemplateError::Unusable { view, source };
    let extractor = ExtractorVersion(reader.u16("extractor version")?);
    let (width_px, height_px) = (reader.u16("width")?, reader.u16("height")?);
    let position = FingerPosition::new(reader.u8("finger position")?).map_err(unusable)?;
    let impression = ImpressionType(reader.u8("impression type")?);
    let quality = reader.u8("quality")?;
    Ok(TemplateHeader { width_px, height_px, position, impression, quality, extractor })
}

/// What the known sections hold.
struct Sections {
    minutiae: Vec<Minutia>,
    ridge_flow: Option<RidgeFlow>,
}

fn read_sections(reader: &mut Reader<'_>, view: usize) -> Result<Sections, TemplateError> {
    let (mut minutiae, mut ridge_flow) = (None, None);
    for _ in 0..reader.u8("section count")? {
        let offset = reader.offset();
        let tag = reader.u16("section tag")?;
        let length = reader.u32("section length")? as usize;
        let mut body = reader.part(length, "section")?;
        let repeated = match tag {
            TAG_MINUTIAE => minutiae.replace(read_minutiae(&mut body)?).is_some(),
            TAG_RIDGE_FLOW => ridge_flow.replace(read_ridge_flow(&mut body, view)?).is_some(),
            _ if tag & TAG_CRITICAL != 0 => {
                return Err(TemplateError::UnknownSection { tag, offset });
            }
            _ => false,
        };
        if repeated {
            return Err(TemplateError::RepeatedSection { tag, offset });
        }
    }
    let (offset, found) = (reader.offset(), reader.remaining() as u64);
    if found != 0 {
        let field = "rest after the last section";
        return Err(TemplateError::Length { field, offset, stated: 0, found });
    }
    let missing = TemplateError::Truncated { field: "section of minutiae", offset };
    Ok(Sections { minutiae: minutiae.ok_or(missing)?, ridge_flow })
}

fn read_minutiae(body: &mut Reader<'_>) -> Result<Vec<Minutia>, TemplateError> {
    let (field, offset) = ("minutia count", body.offset());
    let count = usize::from(body.u16(field)?);
    let (stated, found) = ((count * MINUTIA_LENGTH) as u64, body.remaining() as u64);
    if stated != found {
        return Err(TemplateError::Length { field, offset, stated, found });
    }
    (0..count).map(|index| read_minutia(body, index)).collect()
}

fn read_minutia(body: &mut Reader<'_>, index: usize) -> Result<Minutia, TemplateError> {
    let offset = body.offset();
    let refuse = |field, allowed| TemplateError::Minutia { field, index, offset, allowed };
    let (x_16, y_16) = (body.u16("minutia")?, body.u16("minutia")?);
    let direction = Direction::from_turns_65536(body.u16("minutia")?);
    let kind = match body.u8("minutia")? {
        0 => MinutiaKind::Other,
        1 => MinutiaKind::Ending,
        2 => MinutiaKind::Bifurcation,
        _ => return Err(refuse("type", "0, 1 or 2")),
    };
    let reliability = body.u8("minutia")?;
    Minutia::new(x_16, y_16, direction, kind, reliability)
        .map_err(|_| refuse("reliability", "0 to 100"))
}

fn read_ridge_flow(body: &mut Reader<'_>, view: usize) -> Result<RidgeFlow, TemplateError> {
    let (columns, rows) = (body.u16("ridge flow")?, body.u16("ridge flow")?);
    let cells = body.take(body.remaining(), "ridge flow")?.to_vec();
    RidgeFlow::new(columns, rows, cells).map_err(|source| TemplateError::Unusable { view, source })
}
