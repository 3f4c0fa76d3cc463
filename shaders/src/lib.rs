//! Stage-1 kernels and their bit-identical processor twins.
//!
//! A kernel and its twin have the same name and the same numbered steps. The twins run on the
//! processor: portable Rust, AVX2 and AVX-512, chosen at run time, all equal to the oracle
//! [`matching::stage1::score_reference`] bit for bit.
//!
//! Accelerators are used through [`device`]: WGSL kernels in `wgsl/`, resident galleries, a thread
//! per device.
//!
//! This is the only crate with `unsafe` code, each with its reason: vector loads and stores, and a
//! few words with the graphics driver.

pub mod device;
pub mod layout;
pub mod made_up;
pub mod twin;

pub use twin::ranking::Ranked;
pub use twin::stage1::{PreparedProbe, Stage1Path, gated_pairs, score, score_with, tile_visits};
