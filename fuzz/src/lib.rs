//! What must hold for every byte string, whoever wrote it.
//!
//! A target fails by a panic, an abort, a leak, by exceeding libFuzzer's limits of time and memory,
//! or by one of the assertions here.

mod images;
mod templates;

pub use images::{ImageDecoder, LIMITS, check_any_image, check_image, quiet_panics};
pub use templates::{check_any_template, check_encounter, check_private_template, check_template};
