//! A view as the interchange formats hold it, and its conversion.
//!
//! All four formats agree on the frame of our templates: origin top left, y downwards, angles
//! counter-clockwise, the direction of a minutia along the ending ridge or into the valley of the
//! bifurcation. They differ in the unit of the angle and in how a missing quality is written.

use super::TemplateError;
use super::reader::Reader;
use super::resolution::{Scale, TEMPLATE_PER_CM};
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, Template,
    TemplateHeader,
};

/// Most minutiae in a view: the interchange formats count them in one byte.
pub const MAX_VIEW_MINUTIAE: usize = 255;

/// The reliability of a minutia, or the quality of a print, whose record does not report it: the
/// middle, so that it is neither preferred nor dropped. A foreign template whose minutiae all have
/// this reliability is written without qualities again.
pub const UNREPORTED_QUALITY: u8 = 50;

/// Views that a format can number for one finger.
const MAX_VIEWS_PER_FINGER: usize = 16;
/// Views that a format can count.
const MAX_VIEWS: usize = 255;

/// Size and resolution of the image that positions refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: u16,
    pub(super) height: u16,
    x_per_cm: u16,
    y_per_cm: u16,
}

/// One finger view. `quality` is `None` when not reported.
#[derive(Clone)]
pub(super) struct View {
    pub(super) position: u8,
    pub(super) number: u8,
    pub(super) impression: u8,
    pub(super) quality: Option<u8>,
    pub(super) frame: Frame,
    pub(super) minutiae: Vec<WireMinutia>,
}

/// A minutia at whole pixels of the record.
#[derive(Clone, Copy)]
pub(super) struct WireMinutia {
    kind: MinutiaKind,
    x: u16,
    y: u16,
    direction: Direction,
    quality: Option<u8>,
}

/// How a format writes minutiae.
#[derive(Debug, Clone, Copy)]
pub(super) struct MinutiaStyle {
    pub(super) angle: AngleUnit,
    pub(super) quality: QualityCode,
}

/// Unit of a minutia's angle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AngleUnit {
    /// 360/256 degrees (ISO).
    Turn256,
    /// 2 degrees (ANSI).
    TwoDegrees,
}

/// How a missing quality of a minutia is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QualityCode {
    /// As 0; 1 is the worst (2004, 2005).
    ZeroIsUnreported,
    /// As 254, or 255 for a failed computation; 0 is the worst (2009, 2011).
    UnreportedIs254,
    /// There is no quality byte (2011, minutiae of 5 bytes).
    Absent,
}

impl AngleUnit {
    fn direction(self, angle: u8) -> Option<Direction> {
        match self {
            Self::Turn256 => Some(Direction::from_turns_256(angle)),
            Self::TwoDegrees if angle < 180 => {
                let turns = (u32::from(angle) * 65_536 + 90) / 180;
                Some(Direction::from_turns_65536(turns as u16))
            }
            Self::TwoDegrees => None,
        }
    }

    fn angle(self, direction: Direction) -> u8 {
        match self {
            Self::Turn256 => direction.turns_256(),
            Self::TwoDegrees => {
                let angle = (u32::from(direction.turns_65536()) * 180 + 0x8000) >> 16;
                (angle % 180) as u8
            }
        }
    }
}

impl Frame {
    /// Reads width, height and both resolutions.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, TemplateError> {
        let (width, height) = (read_side(reader, "width")?, read_side(reader, "height")?);
        let (x_per_cm, y_per_cm) = (
            read_resolution(reader, "horizontal resolution")?,
            read_resolution(reader, "vertical resolution")?,
        );
        Ok(Self { width, height, x_per_cm, y_per_cm })
    }

    /// A frame from its parts, read by [`read_side`] and [`read_resolution`].
    pub(super) fn new(sides: (u16, u16), per_cm: (u16, u16)) -> Self {
        Self { width: sides.0, height: sides.1, x_per_cm: per_cm.0, y_per_cm: per_cm.1 }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for field in [self.width, self.height, self.x_per_cm, self.y_per_cm] {
            out.extend(field.to_be_bytes());
        }
    }

    /// The smallest frame around both, of the same resolution.
    pub(super) fn around(self, other: &Self) -> Self {
        Self { width: self.width.max(other.width), height: self.height.max(other.height), ..self }
    }
}

/// Reads a width or height in pixels.
pub(super) fn read_side(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<u16, TemplateError> {
    let offset = reader.offset();
    match reader.u16(field)? {
        side @ 1..=0x3FFF => Ok(side),
        side => {
            let found = side.into();
            Err(TemplateError::Field { field, offset, found, allowed: "1 to 16383 pixels" })
        }
    }
}

/// Reads a resolution in pixels per centimeter.
pub(super) fn read_resolution(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<u16, TemplateError> {
    let offset = reader.offset();
    match reader.u16(field)? {
        per_cm @ 39..=1600 => Ok(per_cm),
        per_cm => {
            let (found, allowed) = (per_cm.into(), "39 to 1600 pixels per centimeter");
            Err(TemplateError::Field { field, offset, found, allowed })
        }
    }
}

/// Reads a finger position code.
pub(super) fn read_position(reader: &mut Reader<'_>) -> Result<u8, TemplateError> {
    let (field, offset) = ("finger position", reader.offset());
    let code = reader.u8(field)?;
    match FingerPosition::new(code) {
        Ok(position) => Ok(position.code()),
        Err(_) => {
            let found = code.into();
            Err(TemplateError::Field { field, offset, found, allowed: "0 to 17" })
        }
    }
}

/// Reads a quality of a print: 0 to 100, or 254 or 255 when there is none.
pub(super) fn read_quality(reader: &mut Reader<'_>) -> Result<Option<u8>, TemplateError> {
    let (field, offset) = ("finger quality", reader.offset());
    match reader.u8(field)? {
        quality @ 0..=100 => Ok(Some(quality)),
        254 | 255 => Ok(None),
        quality => {
            let (found, allowed) = (quality.into(), "0 to 100, 254 or 255");
            Err(TemplateError::Field { field, offset, found, allowed })
        }
    }
}

/// Reads the count of minutiae, the minutiae, and skips the extension blocks.
pub(super) fn read_minutiae(
    reader: &mut Reader<'_>,
    frame: &Frame,
    style: MinutiaStyle,
) -> Result<Vec<WireMinutia>, TemplateError> {
    let count = usize::from(reader.u8("minutia count")?);
    let read = |index| read_minutia(reader, frame, style, index);
    let minutiae = (0..count).map(read).collect::<Result<_, _>>()?;
    let extension_length = reader.u16("extension length")?;
    reader.take(extension_length.into(), "extension blocks")?;
    Ok(minutiae)
}

fn read_minutia(
    reader: &mut Reader<'_>,
    frame: &Frame,
    style: MinutiaStyle,
    index: usize,
) -> Result<WireMinutia, TemplateError> {
    let offset = reader.offset();
    let refuse = |field, allowed| TemplateError::Minutia { field, index, offset, allowed };
    let (kind_x, y) = (reader.u16("minutia")?, reader.u16("minutia")? & 0x3FFF);
    let angle = reader.u8("minutia")?;
    let kind = match kind_x >> 14 {
        0 => MinutiaKind::Other,
        1 => MinutiaKind::Ending,
        2 => MinutiaKind::Bifurcation,
        _ => return Err(refuse("type", "0, 1 or 2")),
    };
    let x = kind_x & 0x3FFF;
    if x >= frame.width || y >= frame.height {
        return Err(refuse("position", "inside the image"));
    }
    let direction = style.angle.direction(angle).ok_or_else(|| refuse("angle", "0 to 179"))?;
    let quality = match style.quality {
        QualityCode::Absent => None,
        code => match reader.u8("minutia")? {
            0 if code == QualityCode::ZeroIsUnreported => None,
            254 | 255 => None,
            quality @ 0..=100 => Some(quality),
            _ => return Err(refuse("quality", "0 to 100, 254 or 255")),
        },
    };
    Ok(WireMinutia { kind, x, y, direction, quality })
}

/// Writes the count of minutiae, the minutiae, and no extension blocks.
pub(super) fn write_minutiae(out: &mut Vec<u8>, minutiae: &[WireMinutia], style: MinutiaStyle) {
    out.push(minutiae.len() as u8);
    for minutia in minutiae {
        let kind = match minutia.kind {
            MinutiaKind::Other => 0,
            MinutiaKind::Ending => 1,
            MinutiaKind::Bifurcation => 2,
        };
        out.extend((kind << 14 | minutia.x).to_be_bytes());
        out.extend(minutia.y.to_be_bytes());
        out.push(style.angle.angle(minutia.direction));
        match style.quality {
            QualityCode::ZeroIsUnreported => out.push(minutia.quality.map_or(0, |q| q.max(1))),
            QualityCode::UnreportedIs254 => out.push(minutia.quality.unwrap_or(254)),
            QualityCode::Absent => {}
        }
    }
    out.extend(0u16.to_be_bytes());
}

impl View {
    /// The view at 500 ppi.
    pub(super) fn into_template(self, view: usize) -> Result<Template, TemplateError> {
        let unusable = |source| TemplateError::Unusable { view, source };
        let x_scale = Scale::from_per_cm(self.frame.x_per_cm);
        let y_scale = Scale::from_per_cm(self.frame.y_per_cm);
        // Both saturate where the template would be refused for its size.
        let side = |px: u64| u16::try_from(px).unwrap_or(u16::MAX);
        let header = TemplateHeader {
            width_px: side(x_scale.side(self.frame.width)),
            height_px: side(y_scale.side(self.frame.height)),
            position: FingerPosition::new(self.position).map_err(unusable)?,
            impression: ImpressionType(self.impression),
            quality: self.quality.unwrap_or(UNREPORTED_QUALITY),
            extractor: ExtractorVersion::FOREIGN,
        };
        let minutia = |m: &WireMinutia| {
            Minutia::new(
                side(x_scale.position_16(m.x)),
                side(y_scale.position_16(m.y)),
                m.direction,
                m.kind,
                m.quality.unwrap_or(UNREPORTED_QUALITY),
            )
        };
        let minutiae = self.minutiae.iter().map(minutia).collect::<Result<_, _>>();
        Template::new(header, minutiae.map_err(unusable)?, None).map_err(unusable)
    }

    /// The best minutiae of a template, at whole pixels.
    fn from_template(template: &Template, number: u8) -> Self {
        let header = template.header();
        let best = template.minutiae();
        let best = &best[..best.len().min(MAX_VIEW_MINUTIAE)];
        let reported = header.extractor != ExtractorVersion::FOREIGN
            || best.iter().any(|m| m.reliability() != UNREPORTED_QUALITY);
        let wire = |m: &Minutia| WireMinutia {
            kind: m.kind(),
            x: nearest_px(m.x_16(), header.width_px),
            y: nearest_px(m.y_16(), header.height_px),
            direction: m.direction(),
            quality: reported.then(|| m.reliability()),
        };
        Self {
            position: single_finger(header.position),
            number,
            impression: header.impression.0,
            quality: Some(header.quality),
            frame: Frame::new(
                (header.width_px, header.height_px),
                (TEMPLATE_PER_CM, TEMPLATE_PER_CM),
            ),
            minutiae: best.iter().map(wire).collect(),
        }
    }

    /// Whether any minutia has a quality.
    pub(super) fn has_qualities(&self) -> bool {
        self.minutiae.iter().any(|m| m.quality.is_some())
    }
}

/// The views of a record, finger by finger, numbered from 0 for each finger.
pub(super) fn views(templates: &[Template]) -> Result<Vec<View>, TemplateError> {
    let found = templates.len();
    if found > MAX_VIEWS {
        return Err(TemplateError::TooManyViews { found, max: MAX_VIEWS, scope: "in a record" });
    }
    let mut ordered: Vec<&Template> = templates.iter().collect();
    ordered.sort_by_key(|template| single_finger(template.header().position));
    let mut views: Vec<View> = Vec::with_capacity(ordered.len());
    for template in ordered {
        let position = single_finger(template.header().position);
        let number = views.iter().filter(|view| view.position == position).count();
        if number == MAX_VIEWS_PER_FINGER {
            let (max, scope) = (MAX_VIEWS_PER_FINGER, "of one finger");
            let same = |t: &&Template| single_finger(t.header().position) == position;
            let found = templates.iter().filter(same).count();
            return Err(TemplateError::TooManyViews { found, max, scope });
        }
        views.push(View::from_template(template, number as u8));
    }
    Ok(views)
}

/// The nearest whole pixel inside the side.
fn nearest_px(position_16: u16, side_px: u16) -> u16 {
    let px = (u32::from(position_16) + 8) / 16;
    px.min(u32::from(side_px) - 1) as u16
}

/// The interchange formats know single fingers only, `0..=10`: a plain thumb is the thumb, a slap
/// or an extra digit is unknown.
fn single_finger(position: FingerPosition) -> u8 {
    match position.code() {
        code @ 0..=10 => code,
        11 => 1,
        12 => 6,
        _ => 0,
    }
}

/// The impression code for formats that keep it in four bits: contactless and unknown ones become
/// live-scan plain.
pub(super) fn impression_in_4_bits(impression: u8) -> u8 {
    if impression < 16 { impression } else { ImpressionType::LIVE_SCAN_PLAIN.0 }
}
