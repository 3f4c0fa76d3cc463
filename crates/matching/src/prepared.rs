//! A template made ready for stages 2 and 3.

use crate::cylinder::{BASE_WORDS, Cylinder, Grid, SECTIONS};
use crate::geometry::{Hull, Point, points};
use crate::parameters::FULL_SIDES;
use crate::{MatchingError, Parameters};
use vocabulary::{ExtractorVersion, RidgeFlow, Template};

/// Base cells of a full-resolution cylinder.
pub(crate) const BASE_CELLS: usize = 208;
/// 64-bit words of a full-resolution cylinder: the base cells of one section after another.
pub(crate) const FULL_WORDS: usize = BASE_WORDS * SECTIONS;

/// A minutia without a valid cylinder.
pub(crate) const NO_CYLINDER: u16 = u16::MAX;

/// A full-resolution bit cylinder.
#[derive(Clone)]
pub(crate) struct FullCylinder {
    /// Index of its minutia.
    pub(crate) point: u16,
    /// Set cells.
    pub(crate) bits: [u64; FULL_WORDS],
    /// Base cells that can be judged.
    pub(crate) mask: [u64; BASE_WORDS],
}

impl FullCylinder {
    fn new(point: usize, cylinder: &Cylinder) -> Self {
        let mut bits = [0; FULL_WORDS];
        bits.copy_from_slice(cylinder.bits.as_flattened());
        Self { point: point as u16, bits, mask: cylinder.mask }
    }
}

/// A template with its full-resolution cylinders. Make it once, compare it many times.
#[derive(Clone)]
pub struct PreparedTemplate {
    extractor: ExtractorVersion,
    minutiae: usize,
    pub(crate) points: Vec<Point>,
    /// Indices of the points from left to right.
    pub(crate) by_x: Vec<u16>,
    pub(crate) cylinders: Vec<FullCylinder>,
    /// Index of each minutia's cylinder, [`NO_CYLINDER`] without one.
    pub(crate) cylinder_of: Vec<u16>,
    pub(crate) hull: Hull,
    pub(crate) flow: Option<RidgeFlow>,
}

impl PreparedTemplate {
    /// Computes the cylinders; some 0.1 ms for 60 minutiae.
    pub fn new(template: &Template, parameters: &Parameters) -> Self {
        let points = points(template, parameters.minutiae_max);
        let hull = Hull::new(&points);
        let mut by_x: Vec<u16> = (0..points.len() as u16).collect();
        by_x.sort_by(|a, b| points[usize::from(*a)].x.total_cmp(&points[usize::from(*b)].x));
        let grid = Grid::shared(FULL_SIDES, &parameters.full);
        let cylinder = |index: usize| {
            let cylinder = grid.cylinder(&points, index, &hull)?;
            Some(FullCylinder::new(index, &cylinder))
        };
        let cylinders: Vec<FullCylinder> = (0..points.len()).filter_map(cylinder).collect();
        let mut cylinder_of = vec![NO_CYLINDER; points.len()];
        for (index, cylinder) in cylinders.iter().enumerate() {
            cylinder_of[usize::from(cylinder.point)] = index as u16;
        }
        Self {
            cylinder_of,
            by_x,
            extractor: template.header().extractor,
            minutiae: template.minutiae().len(),
            cylinders,
            points,
            hull,
            flow: template.ridge_flow().cloned(),
        }
    }

    /// Whether the print shows a place (px, y upwards), and the ridge orientation there, in turns
    /// of twice the angle, when the template has a ridge flow.
    pub(crate) fn shown_at(&self, x: f32, y: f32, margin_px: f32) -> Option<Option<f32>> {
        match &self.flow {
            Some(flow) => {
                let orientation = f32::from(flow.orientation_at(x, -y)?);
                Some(Some(orientation / f32::from(RidgeFlow::ORIENTATIONS)))
            }
            None => self.hull.contains(x, y, margin_px).then_some(None),
        }
    }

    /// Left, bottom, right and top of what the print shows, px, y upwards; `None` when nothing.
    pub(crate) fn bounds(&self, margin_px: f32) -> Option<(f32, f32, f32, f32)> {
        if let Some(flow) = &self.flow {
            let cell = f32::from(RidgeFlow::CELL_PX);
            let (right, height) = (f32::from(flow.columns()) * cell, f32::from(flow.rows()) * cell);
            return Some((0.0, -height, right, 0.0));
        }
        let first = self.points.first()?;
        let mut bounds = (first.x, first.y, first.x, first.y);
        for p in &self.points {
            bounds.0 = bounds.0.min(p.x);
            bounds.1 = bounds.1.min(p.y);
            bounds.2 = bounds.2.max(p.x);
            bounds.3 = bounds.3.max(p.y);
        }
        let m = margin_px;
        Some((bounds.0 - m, bounds.1 - m, bounds.2 + m, bounds.3 + m))
    }

    /// Which extractor made the template.
    pub const fn extractor(&self) -> ExtractorVersion {
        self.extractor
    }

    /// Minutiae in the template.
    pub const fn minutiae(&self) -> usize {
        self.minutiae
    }
}

impl std::fmt::Debug for PreparedTemplate {
    /// Shows counts only: the rest is biometric content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedTemplate({} minutiae)", self.minutiae)
    }
}

/// Whether two templates may be compared: they come from the same extractor version.
///
/// # Errors
/// [`MatchingError::ExtractorVersions`] when they do not. A caller that knows better (a foreign
/// probe against the gallery's own references, say) may compare all the same.
pub fn check_comparable(
    probe: &PreparedTemplate,
    reference: &PreparedTemplate,
) -> Result<(), MatchingError> {
    let (probe, reference) = (probe.extractor, reference.extractor);
    if probe == reference {
        Ok(())
    } else {
        Err(MatchingError::ExtractorVersions { probe, reference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{finger, moved, template};

    #[test]
    fn templates_of_different_extractors_are_refused() {
        let parameters = Parameters::default();
        let own = PreparedTemplate::new(&template(&finger(1, 9), None), &parameters);
        let mut foreign = own.clone();
        foreign.extractor = ExtractorVersion::FOREIGN;
        assert_eq!(check_comparable(&own, &own), Ok(()));
        let refused = check_comparable(&own, &foreign);
        assert!(matches!(refused, Err(MatchingError::ExtractorVersions { .. })));
    }

    #[test]
    fn turning_and_shifting_a_print_keeps_its_full_cylinders() {
        let parameters = Parameters::default();
        let sketches = finger(2, 30);
        let still = PreparedTemplate::new(&template(&sketches, None), &parameters);
        let turned = template(&moved(&sketches, 1.1, (-12.0, 30.0)), None);
        let turned = PreparedTemplate::new(&turned, &parameters);
        assert_eq!(still.cylinders.len(), turned.cylinders.len());
        for (a, b) in still.cylinders.iter().zip(&turned.cylinders) {
            let differing: u32 =
                a.bits.iter().zip(&b.bits).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert!(differing <= 20, "{differing} of 1040 bits differ");
        }
    }

    #[test]
    fn debug_shows_counts_only() {
        let one = PreparedTemplate::new(&template(&finger(3, 7), None), &Parameters::default());
        assert_eq!(format!("{one:?}"), "PreparedTemplate(7 minutiae)");
    }
}
