//! Every number that can change a similarity, with its unit and source.

use crate::record::CYLINDERS;

/// All parameters of this crate. They are part of a cluster's configuration: nodes with different
/// [`Self::configuration_hash`] must not share a gallery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// Bit cylinders of the packed record.
    pub packed: CylinderParameters,
    /// The score over packed records.
    pub stage1: Stage1Parameters,
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
            sigma_s_px: 28.0 / 3.0,
            sigma_d_rad: std::f32::consts::PI / 6.0,
            mu_psi: 0.005,
            hull_px: 30.0,
            valid_cells_min: 0.3,
            neighbors_min: 2,
        }
    }
}

/// The score over packed records; see [`crate::stage1`].
#[derive(Debug, Clone, PartialEq)]
pub struct Stage1Parameters {
    /// Largest difference of direction of two cylinders compared, 1/256 turn; 32 is 45 degrees.
    pub direction_gate_256: u8,
    /// Loss of similarity per differing bit in 1/128, by the sum of the two norms / 16.
    pub weights: [u8; 32],
    /// How many of the best cylinders count, by the smaller count of cylinders.
    pub counted: [u8; CYLINDERS + 1],
}

impl Default for Stage1Parameters {
    fn default() -> Self {
        let mut weights = [0; 32];
        for (class, weight) in weights.iter_mut().enumerate() {
            *weight = (255 * 128 / (class * 16 + 8)).min(255) as u8;
        }
        let mut counted = [0; CYLINDERS + 1];
        for (count, number) in counted.iter_mut().enumerate() {
            *number = count.min(4 + count / 4) as u8;
        }
        Self { direction_gate_256: 32, weights, counted }
    }
}

impl Parameters {
    /// All values as text, one `name = value` a line, in a fixed order.
    pub fn canonical(&self) -> String {
        format!("{self:#?}")
    }

    /// 64-bit FNV-1a of [`Self::canonical`]: tells configurations apart, resists no attacker.
    pub fn configuration_hash(&self) -> u64 {
        self.canonical().bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        })
    }
}
