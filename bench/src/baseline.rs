//! NIST's MINDTCT and BOZORTH3, as the crates `fprint-mindtct` and `fprint-bozorth3`: the open
//! baseline beside which every accuracy and extraction figure is given.

use fprint_bozorth3::match_score;
use fprint_mindtct::{GrayImage as NistImage, detect_minutiae};
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, GrayImage, ImpressionType, Minutia, MinutiaKind,
    TEMPLATE_PPI, Template, TemplateHeader,
};

/// Most minutiae that BOZORTH3's command line keeps by default.
const MINUTIAE_MAX: usize = 150;

/// What MINDTCT finds, best quality first, in the form that BOZORTH3 reads.
#[derive(Clone, Default)]
pub(crate) struct NistTemplate(Vec<fprint_bozorth3::Minutia>);

/// Extracts with MINDTCT; an image too small for it gives no minutiae.
pub(crate) fn extract(image: &GrayImage, ppi: f32) -> NistTemplate {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let Ok(view) = NistImage::new(image.pixels(), width, height, ppi.round() as u16) else {
        return NistTemplate::default();
    };
    let mut found = detect_minutiae(view);
    found.sort_by_key(|m| std::cmp::Reverse(m.quality));
    found.truncate(MINUTIAE_MAX);
    let minutiae =
        found.iter().map(|m| fprint_bozorth3::Minutia { x: m.x, y: m.y, theta: m.theta });
    NistTemplate(minutiae.collect())
}

/// MINDTCT's minutiae as a template of ours, without ridge flow; its quality as reliability. An
/// image too small for it, or too large for a template, gives `None`.
pub(crate) fn template(image: &GrayImage, ppi: f32) -> Option<Template> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let view = NistImage::new(image.pixels(), width, height, ppi.round() as u16).ok()?;
    let scale = TEMPLATE_PPI as f32 / ppi;
    let side = |pixels: usize| (pixels as f32 * scale).ceil().max(1.0) as u16;
    let header = TemplateHeader {
        width_px: side(width),
        height_px: side(height),
        position: FingerPosition::UNKNOWN,
        impression: ImpressionType::default(),
        quality: 50,
        extractor: ExtractorVersion::FOREIGN,
    };
    let found = detect_minutiae(view).into_iter().filter_map(|m| {
        let sixteenths = |pixels: f32| (pixels.max(0.0) * scale * 16.0) as u16;
        let (x, y) = (sixteenths(m.x as f32), sixteenths((height as i32 - m.y) as f32));
        let direction = Direction::from_radians((m.theta as f32).to_radians());
        let reliability = m.quality.clamp(0, 100) as u8;
        let inside = x < header.width_px * 16 && y < header.height_px * 16;
        inside.then(|| Minutia::new(x, y, direction, MinutiaKind::Other, reliability).ok())?
    });
    Template::new(header, found.collect(), None).ok()
}

/// BOZORTH3's score.
pub(crate) fn compare(probe: &NistTemplate, reference: &NistTemplate) -> u32 {
    match_score(&probe.0, &reference.0)
}

impl From<&vocabulary::Template> for NistTemplate {
    /// Our minutiae as BOZORTH3 reads them: y upwards, whole degrees.
    fn from(template: &vocabulary::Template) -> Self {
        let height = i32::from(template.header().height_px);
        let convert = |m: &vocabulary::Minutia| fprint_bozorth3::Minutia {
            x: m.x_px().round() as i32,
            y: height - m.y_px().round() as i32,
            theta: (f64::from(m.direction().turns_65536()) * 360.0 / 65536.0) as i32,
        };
        Self(template.minutiae().iter().take(MINUTIAE_MAX).map(convert).collect())
    }
}
