//! Stage-1 kernels and their bit-identical processor twins.
//!
//! A kernel and its twin have the same name and the same numbered steps. The twins run on the
//! processor: portable Rust, AVX2 and AVX-512, chosen at run time, all equal to the oracle
//! [`matching::stage1::score_reference`] bit for bit.
//!
//! This is the only crate with `unsafe` code: vector loads and stores, each with its reason.

pub mod layout;
pub mod twin;

pub use twin::stage1::{PreparedProbe, Stage1Path, gated_pairs, score, score_with, tile_visits};
