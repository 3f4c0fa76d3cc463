//! Synthetic fingerprints from a seed: master prints, impressions, ground truth.
//!
//! The idea is that of SFinGe (Cappelli, Maio, Maltoni, "Synthetic fingerprint-database
//! generation", ICPR 2002, doi:10.1109/ICPR.2002.1048096; Handbook of Fingerprint Recognition,
//! chapter 6): a **master print** is the whole skin pattern of one finger, grown from random
//! spots by iterating filters tuned to an orientation field and a ridge period; an **impression**
//! is one capture of it, placed, rotated, stretched, pressed and soiled. Because the pattern is
//! ours, its minutiae are known: [`MasterPrint::minutiae`] and [`Impression::minutiae`] are ground
//! truth, not what an extractor believes.
//!
//! [`templates`] skips the pictures and yields plausible templates and mated impressions of them
//! by the million, for scale work.
//!
//! Everything follows from `u64` seeds and is bit-identical on every machine: random numbers come
//! from ChaCha8 keyed with the seed and a domain, transcendental functions from `libm`, and the
//! pattern grows in integers. Nothing is shared between fingers, so any of them can be made alone
//! and in any order; [`derive_seed`] turns (person, finger, impression) into independent seeds.
//!
//! ```
//! use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};
//!
//! let finger = derive_seed(2026, [7, 1, 0]); // person 7, finger 1
//! let master = MasterPrint::generate(finger, &MasterParameters { size: 0.6, class: None });
//! let seed = derive_seed(2026, [7, 1, 3]); // its third impression
//! let impression = Impression::render(&master, seed, &ImpressionParameters::typical());
//! assert_eq!((impression.image.width(), impression.image.height()), (388, 374));
//! ```
//!
//! Departures from SFinGe: the smooth part of the orientation field is an arch term added to the
//! singular points, and the turns at the singular points are rounded; ridge thickness is a
//! threshold on a smooth ridge profile instead of morphology, so that it can vary from place to
//! place.
//!
//! All positions are in pixels at 500 ppi in the frame of [`vocabulary`]: x right, y down, angles
//! counter-clockwise on the screen.

mod bounded;
mod class;
mod flow;
mod gabor;
mod growth;
mod impression;
mod master;
mod noise;
mod period;
mod placement;
mod plane;
mod random;
mod rendering;
mod skeleton;
mod skin;
pub mod templates;
mod truth;

pub use class::PatternClass;
pub use flow::{SingularKind, SingularPoint};
pub use impression::{Background, Impression, ImpressionParameters};
pub use master::{MasterParameters, MasterPrint};
pub use random::derive_seed;
