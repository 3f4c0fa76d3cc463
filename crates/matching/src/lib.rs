//! Descriptors, comparison, alignment, fusion and calibration.
//!
//! Two prints are compared in three stages. Stage 1 ([`stage1`]) compares bit descriptors of
//! fixed size ([`record`], [`descriptor`]) in integers, so that every processor gives the same
//! answer; it is meant for every reference of a gallery. Stages 2 and 3 ([`mod@compare`]) compare
//! full-resolution descriptors, align the prints and weigh the evidence of the overlap; they are
//! meant for the best few hundred references. [`fusion`] turns similarities of prints into one of
//! persons, [`calibration`] turns a similarity into a likelihood ratio and a false-match rate.
//!
//! Everything that can change a similarity is in [`parameters`].

mod alignment;
pub mod calibration;
pub mod compare;
mod cylinder;
pub mod descriptor;
mod error;
mod exponential;
pub mod fusion;
mod geometry;
mod local;
mod overlap;
pub mod parameters;
pub mod prepared;
pub mod record;
mod relaxation;
mod rigid;
#[cfg(test)]
mod samples;
pub mod scoring;
pub mod stage1;

pub use compare::{
    Alignment, Comparer, Comparison, Evidence, MinutiaPair, compare, compare_stage2,
};
pub use error::MatchingError;
pub use parameters::Parameters;
pub use prepared::{PreparedTemplate, check_comparable};
pub use record::PackedRecord;
