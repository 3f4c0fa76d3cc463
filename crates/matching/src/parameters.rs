//! Every number that can change a similarity, with its unit and source.

use crate::record::DESCRIPTOR_VERSION;
use std::f32::consts::PI;
use vocabulary::RidgeFlow;

/// Cells on a side of the base of a packed cylinder.
pub(crate) const PACKED_SIDES: usize = 8;
/// Cells on a side of the base of a full-resolution cylinder.
pub(crate) const FULL_SIDES: usize = 16;
/// Step of the grid on which an overlap is sampled, px: a cell of the ridge flow.
pub(crate) const OVERLAP_STEP_PX: f32 = RidgeFlow::CELL_PX as f32;
/// Pairs further away than three of [`AlignmentParameters::stretch_range_px`] tell nothing of the
/// stretch; the square of that.
pub(crate) const STRETCH_RANGES2: f32 = 9.0;
/// Added to one minus the flow agreement before the logarithm: two perfect prints of a finger
/// differ about so much.
pub(crate) const FLOW_NOISE: f32 = 0.02;

/// What no [`Parameters`] can change and yet decides a similarity, with its name.
const FIXED: [(&str, f32); 6] = [
    ("descriptor version", DESCRIPTOR_VERSION as f32),
    ("packed sides", PACKED_SIDES as f32),
    ("full sides", FULL_SIDES as f32),
    ("overlap step px", OVERLAP_STEP_PX),
    ("stretch ranges squared", STRETCH_RANGES2),
    ("flow noise", FLOW_NOISE),
];

/// All parameters of this crate. They are part of a cluster's configuration: nodes with different
/// [`Self::configuration_hash`] must not share a gallery.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Most minutiae looked at when packing, best first.
    pub packed_minutiae_max: usize,
    /// Bit cylinders of the packed record.
    pub packed: CylinderParameters,
    /// Which cylinders a packed record keeps.
    pub selection: SelectionParameters,
    /// The score over packed records.
    pub stage1: Stage1Parameters,
    /// Most minutiae compared in stages 2 and 3, best first.
    pub minutiae_max: usize,
    /// Full-resolution cylinders.
    pub full: CylinderParameters,
    /// Local similarities.
    pub local: LocalParameters,
    /// Relaxation of the assigned pairs.
    pub relaxation: RelaxationParameters,
    /// Laying one print on the other.
    pub alignment: AlignmentParameters,
    /// Weighing the evidence.
    pub scoring: ScoringParameters,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            packed_minutiae_max: 128,
            packed: CylinderParameters::default(),
            selection: SelectionParameters::default(),
            stage1: Stage1Parameters::default(),
            minutiae_max: 128,
            full: CylinderParameters {
                radius_px: 70.0,
                sigma_s_px: 7.0,
                sigma_d_rad: PI / 6.0,
                mu_psi: 0.004,
                hull_px: 15.0,
                valid_cells_min: 0.3,
                neighbors_min: 1,
            },
            local: LocalParameters::default(),
            relaxation: RelaxationParameters::default(),
            alignment: AlignmentParameters::default(),
            scoring: ScoringParameters::default(),
        }
    }
}

/// How a cylinder is filled.
#[derive(Debug, Clone, PartialEq)]
pub struct CylinderParameters {
    /// Radius, px.
    pub radius_px: f32,
    /// Spread of a neighbor over the base, px.
    pub sigma_s_px: f32,
    /// Spread of a neighbor over the directions, radians.
    pub sigma_d_rad: f32,
    /// A cell with at least this contribution is set.
    pub mu_psi: f32,
    /// Cells up to this far outside the hull of all minutiae are valid, px.
    pub hull_px: f32,
    /// Least part of valid cells in a valid cylinder, `0..=1`.
    pub valid_cells_min: f32,
    /// Least number of neighbors that contribute to a valid cylinder.
    pub neighbors_min: usize,
}

impl Default for CylinderParameters {
    fn default() -> Self {
        Self {
            radius_px: 70.0,
            sigma_s_px: 7.5,
            sigma_d_rad: PI / 6.0,
            mu_psi: 0.005,
            hull_px: 50.0,
            valid_cells_min: 0.3,
            neighbors_min: 2,
        }
    }
}

/// Which cylinders a packed record keeps: those with the largest product of
/// `reliability_floor + reliability`, the part of valid cells and
/// `min(neighbors, neighbors_enough)`.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionParameters {
    /// Added to the reliability, `0..=1`: the larger, the less reliability counts.
    pub reliability_floor: f32,
    /// Neighbors beyond which more do not count.
    pub neighbors_enough: usize,
}

impl Default for SelectionParameters {
    fn default() -> Self {
        Self { reliability_floor: 0.2, neighbors_enough: 6 }
    }
}

/// The score over packed records; see [`crate::stage1`].
#[derive(Debug, Clone, PartialEq)]
pub struct Stage1Parameters {
    /// Largest difference of direction of two cylinders compared, 1/256 turn; 32 is 45 degrees.
    pub direction_gate_256: u8,
    /// Added to the similarity of two cylinders, half bits.
    pub bias: u8,
    /// How many of the best cylinders count, `1..=32`.
    pub counted: u8,
}

impl Default for Stage1Parameters {
    fn default() -> Self {
        Self { direction_gate_256: 32, bias: 64, counted: 8 }
    }
}

impl Parameters {
    /// All values as text, one `name: value` a line, in a fixed order, after the version of the
    /// packed records that they make and the other constants that a similarity depends on.
    pub fn canonical(&self) -> String {
        let fixed: String =
            FIXED.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{fixed}{self:#?}")
    }

    /// 64-bit FNV-1a of [`Self::canonical`]: tells configurations apart, resists no attacker.
    pub fn configuration_hash(&self) -> u64 {
        self.canonical().bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        })
    }
}

/// How local similarities are made from full-resolution cylinders.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalParameters {
    /// Largest difference of direction of two minutiae compared, 1/65536 turn; 10923 is 60 degrees.
    pub direction_gate_65536: u16,
    /// Least part of base cells valid in both cylinders, `0..=1`.
    pub shared_cells_min: f32,
}

impl Default for LocalParameters {
    fn default() -> Self {
        Self { direction_gate_65536: 10923, shared_cells_min: 0.3 }
    }
}

/// A falling logistic: `1 / (1 + exp(steepness * (value - middle)))`.
#[derive(Debug, Clone, PartialEq)]
pub struct Falling {
    /// Where it is one half.
    pub middle: f32,
    /// How fast it falls, per unit of the value.
    pub steepness: f32,
}

impl Falling {
    /// The value.
    pub(crate) fn at(&self, value: f32) -> f32 {
        1.0 / (1.0 + libm::expf(self.steepness * (value - self.middle)))
    }
}

/// Distortion-tolerant relaxation.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxationParameters {
    /// Most pairs relaxed.
    pub pairs_max: usize,
    /// Rounds.
    pub rounds: usize,
    /// Weight of a pair's own similarity in a round, `0..=1`.
    pub own_weight: f32,
    /// Over the difference of the two distances relative to their sum.
    pub distance: Falling,
    /// Over the difference of the two differences of direction, radians.
    pub direction: Falling,
    /// Over the difference of the two radial angles, radians.
    pub radial: Falling,
    /// Fewest pairs that count.
    pub counted_min: f32,
    /// Most pairs that count.
    pub counted_max: f32,
    /// Minutiae at which half of them count.
    pub counted_middle: f32,
    /// How fast the number grows, per minutia.
    pub counted_steepness: f32,
}

impl Default for RelaxationParameters {
    fn default() -> Self {
        Self {
            pairs_max: 50,
            rounds: 2,
            own_weight: 0.5,
            distance: Falling { middle: 1.0 / 24.0, steepness: 50.0 },
            direction: Falling { middle: PI / 4.0, steepness: 15.0 },
            radial: Falling { middle: PI / 15.0, steepness: 28.0 },
            counted_min: 4.0,
            counted_max: 10.0,
            counted_middle: 32.0,
            counted_steepness: 0.25,
        }
    }
}

/// Laying one print on the other.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignmentParameters {
    /// Relaxed pairs tried as seeds.
    pub seeds: usize,
    /// Least compatibility of a pair that supports a seed, `0..=1`.
    pub support_min: f32,
    /// What a pair's fit counts beside its local similarity when motions are compared.
    pub support_weight: f32,
    /// Fits of the motion.
    pub rounds: usize,
    /// Largest distance of paired minutiae under a rigid motion, px.
    pub loose_px: f32,
    /// Spread of that distance, px.
    pub loose_sigma_px: f32,
    /// Largest distance of paired minutiae with the stretch taken out, px.
    pub tight_px: f32,
    /// Spread of that distance, px.
    pub tight_sigma_px: f32,
    /// Largest difference of direction of paired minutiae, 1/65536 turn.
    pub direction_65536: u16,
    /// Spread of that difference, 1/65536 turn.
    pub direction_sigma_65536: f32,
    /// How far a pair tells of the stretch of its neighbors, px.
    pub stretch_range_px: f32,
    /// Weight of no stretch, in pairs.
    pub stretch_prior: f32,
    /// How far outside the hull of all minutiae a print is taken to reach, px.
    pub margin_px: f32,
}

impl Default for AlignmentParameters {
    fn default() -> Self {
        Self {
            seeds: 5,
            support_min: 0.2,
            support_weight: 0.3,
            rounds: 2,
            loose_px: 20.0,
            loose_sigma_px: 9.0,
            tight_px: 14.0,
            tight_sigma_px: 5.0,
            direction_65536: 5461,
            direction_sigma_65536: 2200.0,
            stretch_range_px: 60.0,
            stretch_prior: 1.0,
            margin_px: 12.0,
        }
    }
}

/// A linear model of the logarithm of the odds that two prints are of one finger. Fitted by
/// logistic regression; see `docs/design/scoring.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceModel {
    /// The constant.
    pub offset: f32,
    /// Per pair, weighted with fit and reliability.
    pub support: f32,
    /// Per pair, weighted with fit and local similarity.
    pub similar: f32,
    /// Per minutia without mate in the overlap, weighted with reliability.
    pub unpaired: f32,
    /// Per unit of the stage-2 score.
    pub local: f32,
    /// Per unit of the logarithm of one over the disagreement of the ridge flows.
    pub flow: f32,
}

/// Weighing the evidence, and the map to thousandths.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringParameters {
    /// Both templates have a ridge flow.
    pub with_flow: EvidenceModel,
    /// One has none.
    pub without_flow: EvidenceModel,
    /// Logarithm of the odds that maps to zero.
    pub floor: f32,
    /// Logarithm of the odds, above the floor, that maps to 632 thousandths.
    pub scale: f32,
}

impl Default for ScoringParameters {
    fn default() -> Self {
        Self {
            with_flow: EvidenceModel {
                offset: -8.1,
                support: 0.48,
                similar: 0.41,
                unpaired: -0.244,
                local: 36.0,
                flow: 1.39,
            },
            without_flow: EvidenceModel {
                offset: -5.5,
                support: 0.354,
                similar: 0.407,
                unpaired: -0.173,
                local: 34.0,
                flow: 0.0,
            },
            floor: -7.0,
            scale: 20.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_a_parameter_changes_the_hash() {
        let base = Parameters::default();
        let mut changed = [base.clone(), base.clone(), base.clone(), base.clone()];
        changed[0].packed.mu_psi += 1e-6;
        changed[1].stage1.counted += 1;
        changed[2].scoring.with_flow.flow += 0.01;
        changed[3].alignment.seeds += 1;
        for parameters in &changed {
            assert_ne!(parameters.configuration_hash(), base.configuration_hash());
        }
        assert_eq!(base.clone().configuration_hash(), base.configuration_hash());
    }

    #[test]
    fn the_hash_covers_what_no_parameter_can_change() {
        let text = Parameters::default().canonical();
        for line in [
            format!("descriptor version: {DESCRIPTOR_VERSION}"),
            format!("packed sides: {PACKED_SIDES}"),
            format!("full sides: {FULL_SIDES}"),
            format!("overlap step px: {OVERLAP_STEP_PX}"),
            format!("stretch ranges squared: {STRETCH_RANGES2}"),
            format!("flow noise: {FLOW_NOISE}"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }

    #[test]
    fn a_falling_logistic_is_one_half_at_its_middle() {
        let curve = Falling { middle: 3.0, steepness: 2.0 };
        assert!((curve.at(3.0) - 0.5).abs() < 1e-6);
        assert!(curve.at(2.0) > 0.8 && curve.at(4.0) < 0.2);
    }
}
