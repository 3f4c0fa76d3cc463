//! Twin of the kernel `stage1`: scores one probe print against many reference prints.
//!
//! * **Input**: a probe record and `n` reference records ([`crate::layout`]): up to 32 cylinders of
//!   256 bits each, sorted by direction; [`Stage1Parameters`].
//! * **Output**: `n` scores, `0..=24480`, equal to [`matching::stage1::score_reference`].
//! * **Workgroup**: one reference record; a lane compares one pair of cylinders, 16 lanes a tile of
//!   4 x 4 neighbors in direction.
//!
//! Steps, the same numbers in every twin:
//!
//! 1. **Rows.** Per reference cylinder its *key*: the direction in the top byte and below it its
//!    *lack*, `256 - norm`. Lanes without a cylinder have the largest direction and a lack that
//!    loses. Its words are folded: the place of the third word takes the sum (exclusive or) of the
//!    first three, that of the sixth the sum of the fourth to the sixth, that of the seventh the
//!    sum of the first seven. The probe's words were folded once.
//! 2. **Visit.** The tiles in which some pair may pass the direction gate, from the first and last
//!    direction of each group. Paths with half the lanes compare half tiles, 2 x 4.
//! 3. **Distance.** For each visited tile the bits in which its 16 pairs of cylinders differ. Full
//!    adders first make four words of weights 1, 1, 2 and 4 of the eight, so that half the bit
//!    counts do. Their sums come for free: the fold of a difference is the difference of the
//!    folds; what is left to compute are the carries.
//! 4. **Cost.** Lack plus twice the distance, and more than any cost beyond the gate; the least is
//!    kept per lane over all tiles of a probe group. It starts at `bias + norm + 256` of the probe
//!    cylinder, the cost of no similarity, and at zero in lanes without a probe cylinder.
//! 5. **Best.** Similarity = start - cost, the largest over the four lanes of a probe cylinder.
//! 6. **Top.** The sum of the `counted` largest similarities: for eight, of eight references at a
//!    time by a sorting network, else by fixing the bits of the smallest of them from the top.
//!
//! Source: `matching::stage1`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod gate;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod prefetch;
mod probe;
mod top;

pub use gate::{gated_pairs, tile_visits};
pub use probe::PreparedProbe;

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use std::fmt;

/// An implementation of stage 1 on the processor. All give the same scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage1Path {
    /// Plain Rust, for any processor.
    Portable,
    /// 128-bit vectors of ARM, with a bit count by byte.
    Neon,
    /// 256-bit vectors with a nibble table for the bit count.
    Avx2,
    /// 512-bit vectors with `vpopcntd` (Ice Lake, Zen 4 and later).
    Avx512,
}

impl Stage1Path {
    /// Every path, slowest first.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];

    /// Whether this processor has what the path needs.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::is_available(),
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The paths of this processor, slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|path| path.is_available())
    }

    /// The fastest path of this processor.
    pub fn best() -> Self {
        Self::available().last().expect("the portable path is always there")
    }

    /// A short name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Stage1Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Scores a probe against each reference, on the fastest path: `out[i]` is the score of
/// `references[i]`. Preparing the probe costs about as much as ten scores: for several
/// calls prepare it once and use [`score_with`].
///
/// # Panics
/// When the lengths differ.
pub fn score(
    probe: &PackedRecord,
    references: &[PackedRecord],
    parameters: &Stage1Parameters,
    out: &mut [u16],
) {
    score_with(Stage1Path::best(), &PreparedProbe::new(probe, parameters), references, out);
}

/// As [`score`], on a given path. References must be well formed
/// ([`crate::layout::is_well_formed`]); the score of another is any number.
///
/// # Panics
/// When the lengths differ, or this processor lacks the path.
#[allow(unsafe_code)]
pub fn score_with(
    path: Stage1Path,
    probe: &PreparedProbe,
    references: &[PackedRecord],
    out: &mut [u16],
) {
    assert_eq!(references.len(), out.len(), "one score per reference");
    assert!(path.is_available(), "this processor has no {path} path");
    match path {
        Stage1Path::Portable => portable::score(probe, references, out),
        #[cfg(target_arch = "aarch64")]
        // SAFETY: the path is available, which is what the function needs of the processor.
        Stage1Path::Neon => unsafe { neon::score(probe, references, out) },
        #[cfg(not(target_arch = "aarch64"))]
        Stage1Path::Neon => unreachable!("asserted above"),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the path is available, which is what the function needs of the processor.
        Stage1Path::Avx2 => unsafe { avx2::score(probe, references, out) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the path is available, which is what the function needs of the processor.
        Stage1Path::Avx512 => unsafe { avx512::score(probe, references, out) },
        #[cfg(not(target_arch = "x86_64"))]
        Stage1Path::Avx2 | Stage1Path::Avx512 => unreachable!("asserted above"),
    }
}
