//! A template made ready for stages 2 and 3.

use crate::cylinder::{Cylinder, Grid};
use crate::geometry::{Hull, Point, points};
use crate::{MatchingError, Parameters};
use vocabulary::{ExtractorVersion, RidgeFlow, Template};

/// Cells on a side of the base of a full-resolution cylinder.
const SIDES: usize = 16;
/// 64-bit words of a full-resolution cylinder: 208 base cells x 5 sections.
pub(crate) const FULL_WORDS: usize = 17;

/// A full-resolution bit cylinder.
#[derive(Clone)]
pub(crate) struct FullCylinder {
    /// Index of its minutia.
    pub(crate) point: u16,
    /// Bits set.
    pub(crate) norm: u16,
    /// Set cells.
    pub(crate) bits: [u64; FULL_WORDS],
    /// Cells that can be judged.
    pub(crate) mask: [u64; FULL_WORDS],
}

/// A template with its full-resolution cylinders. Make it once, compare it many times.
#[derive(Clone)]
pub struct PreparedTemplate {
    extractor: ExtractorVersion,
    minutiae: usize,
    pub(crate) points: Vec<Point>,
    pub(crate) cylinders: Vec<FullCylinder>,
    pub(crate) hull: Hull,
    pub(crate) flow: Option<RidgeFlow>,
}

impl PreparedTemplate {
    /// Computes the cylinders; under 2 ms for 60 minutiae.
    pub fn new(template: &Template, parameters: &Parameters) -> Self {
        let points = points(template, parameters.minutiae_max);
        let hull = Hull::new(&points);
        let grid = Grid::new(SIDES, &parameters.full);
        let cylinder = |index: usize| {
            let cylinder = grid.fill(&points, index, &hull);
            let packed = || full_cylinder(index, &cylinder, parameters.full.mu_psi);
            cylinder.is_valid(&parameters.full).then(packed)
        };
        let cylinders = (0..points.len()).filter_map(cylinder).collect();
        Self {
            extractor: template.header().extractor,
            minutiae: template.minutiae().len(),
            cylinders,
            points,
            hull,
            flow: template.ridge_flow().cloned(),
        }
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

fn full_cylinder(index: usize, cylinder: &Cylinder, mu_psi: f32) -> FullCylinder {
    let (mut bits, mut mask) = ([0u64; FULL_WORDS], [0u64; FULL_WORDS]);
    let cells = cylinder.values.iter().zip(&cylinder.valid);
    let states = cells.flat_map(|(values, valid)| values.map(|v| (*valid, *valid && v >= mu_psi)));
    for (bit, (valid, set)) in states.enumerate() {
        mask[bit / 64] |= u64::from(valid) << (bit % 64);
        bits[bit / 64] |= u64::from(set) << (bit % 64);
    }
    let norm = bits.iter().map(|word| word.count_ones() as u16).sum();
    FullCylinder { point: index as u16, norm, bits, mask }
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
