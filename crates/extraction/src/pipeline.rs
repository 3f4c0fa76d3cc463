//! The whole pipeline as one screen.

use crate::binarization::binarize;
use crate::cells::Cells;
use crate::graph::Graph;
use crate::input::{self, Polarity::DarkRidges, Polarity::LightRidges};
use crate::minutiae::{self, Found};
use crate::orientation::{self, Doubled};
use crate::pruning::{self, Context};
use crate::quality;
use crate::reliability::{self, Evidence, Judged};
use crate::resolution;
use crate::ridges::Ridges;
use crate::segmentation::BorderDistance;
use crate::thinning::thin;
use crate::{EXTRACTOR_VERSION, ExtractionError, Parameters, QualityReport, Stages};
use vocabulary::{Direction, FingerPosition, GrayImage, ImpressionType, Minutia, RidgeFlow};
use vocabulary::{Template, TemplateHeader};

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
/// A resolution outside `50..=5000`, one that the ridge period contradicts, or an image of more
/// than 4096 pixels on a side at 500 ppi. An image without ridges is no error: its template is
/// empty and its quality low.
pub fn extract(
    image: &GrayImage,
    ppi: f32,
    parameters: &Parameters,
) -> Result<Extraction, ExtractionError> {
    let mut gray = input::resample(image, ppi)?;
    let mut ridges = Ridges::follow(&gray);
    if parameters.check_resolution {
        resolution::check(image, ppi, &ridges)?;
    }
    let polarity = if parameters.detect_polarity { ridges.polarity(&gray) } else { DarkRidges };
    if polarity == LightRidges {
        gray = input::invert(&gray);
        ridges.turn_over();
    }
    let (width, height) = (ridges.enhanced.width(), ridges.enhanced.height());

    let binary = binarize(&ridges.enhanced, &ridges.mask);
    let skeleton = thin(&binary);
    let mut graph = Graph::trace(&skeleton);
    let candidates = minutiae::find(&graph, &ridges.enhanced, &ridges.directions);
    let period_px = &ridges.period.period_px;
    pruning::prune(&mut graph, &Context { ridges: &ridges.directions, period_px });
    let found = minutiae::find(&graph, &ridges.enhanced, &ridges.directions);
    let border = BorderDistance::new(&ridges.mask);
    let evidence = Evidence { clarity: &ridges.clarity, period_px, border: &border };
    let judged = reliability::judge(&found, &evidence);

    let minutiae = finished(&judged, parameters, width, height);
    let quality = quality::assess(&ridges, &minutiae);
    let header = TemplateHeader {
        width_px: width as u16,
        height_px: height as u16,
        position: FingerPosition::UNKNOWN,
        impression: ImpressionType::default(),
        quality: quality.score,
        extractor: EXTRACTOR_VERSION,
    };
    let flow = ridge_flow(&ridges.directions, &ridges.foreground, width, height);
    let template = Template::new(header, minutiae.clone(), Some(flow))
        .expect("sides, number and places of minutiae were limited before");
    let stages = Stages {
        gray,
        polarity,
        normalized: ridges.normalized.plane,
        mask: ridges.mask,
        orientation: orientation::field(&ridges.directions),
        period: ridges.period,
        enhanced: ridges.enhanced,
        binary,
        skeleton,
        candidates: candidates.iter().filter_map(|f| minutia(f, 0.0, width, height)).collect(),
        minutiae,
    };
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

/// The public form of a minutia; `None` when it lies outside the image.
fn minutia(found: &Found, reliability: f32, width: usize, height: usize) -> Option<Minutia> {
    let (x, y) = ((found.x * 16.0 + 0.5) as usize, (found.y * 16.0 + 0.5) as usize);
    let inside = found.x >= 0.0 && found.y >= 0.0 && x < width * 16 && y < height * 16;
    let direction = Direction::from_radians(found.angle);
    let reliability = (reliability * 100.0 + 0.5).clamp(0.0, 100.0) as u8;
    if !inside {
        return None;
    }
    Minutia::new(x as u16, y as u16, direction, found.kind, reliability).ok()
}

/// The minutiae to keep, best first.
fn finished(
    judged: &[Judged],
    parameters: &Parameters,
    width: usize,
    height: usize,
) -> Vec<Minutia> {
    let mut minutiae: Vec<Minutia> = judged
        .iter()
        .filter_map(|j| minutia(&j.found, j.reliability, width, height))
        .filter(|m| m.reliability() >= parameters.reliability_min)
        .collect();
    minutiae.sort_by_key(|m| {
        (std::cmp::Reverse(m.reliability()), m.y_16(), m.x_16(), m.direction(), m.kind())
    });
    minutiae.truncate(parameters.minutiae_max.min(Template::MAX_MINUTIAE));
    minutiae
}

/// The orientation field in the cells of a template.
fn ridge_flow(
    ridges: &Cells<Doubled>,
    foreground: &Cells<bool>,
    width: usize,
    height: usize,
) -> RidgeFlow {
    let side = usize::from(RidgeFlow::CELL_PX);
    let per_side = side / ridges.cell_px();
    let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (mut sum, mut set) = (Doubled::default(), 0);
            for r in row * per_side..((row + 1) * per_side).min(ridges.rows()) {
                for c in column * per_side..((column + 1) * per_side).min(ridges.columns()) {
                    if foreground.get(c, r) {
                        sum = sum.plus(ridges.get(c, r));
                        set += 1;
                    }
                }
            }
            let turns = sum.radians() / std::f32::consts::PI;
            let steps = f32::from(RidgeFlow::ORIENTATIONS);
            let value = ((turns * steps + 0.5) as u16 % u16::from(RidgeFlow::ORIENTATIONS)) as u8;
            cells.push(if set >= 2 { value } else { RidgeFlow::BACKGROUND });
        }
    }
    RidgeFlow::new(columns as u16, rows as u16, cells).expect("one valid value was pushed per cell")
}
