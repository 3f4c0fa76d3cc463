//! From a fingerprint image to a template, stage by stage.
//!
//! [`extract`] runs the whole pipeline and hands out what every stage found ([`Stages`]);
//! [`extract_template`] runs the same pipeline and keeps only the template. Both are pure: the same
//! image, resolution and parameters give bit-identical results on every machine. Nothing here
//! starts threads; callers extract several images in parallel.
//!
//! What cannot be seen in a single print is not guessed: a laterally reversed (mirrored) image is a
//! plausible print of another finger and is extracted as it stands.

mod band;
mod binarization;
mod bits;
mod blank;
mod cells;
mod enhancement;
mod error;
mod frequency;
mod graph;
mod input;
mod minutiae;
mod normalization;
mod orientation;
mod parameters;
mod pipeline;
mod plane;
mod pruning;
mod quality;
mod reliability;
mod resolution;
mod ridges;
mod segmentation;
mod stages;
mod thinning;

pub use bits::BitImage;
pub use cells::Cells;
pub use error::ExtractionError;
pub use input::Polarity;
pub use parameters::Parameters;
pub use pipeline::{Extraction, extract, extract_template};
pub use plane::Plane;
pub use quality::{QualityReason, QualityReport};
pub use resolution::{PpiEstimate, estimate_ppi};
pub use stages::{OrientationField, PeriodMap, Stages};

use vocabulary::ExtractorVersion;

/// The version written into every template of this extractor.
pub const EXTRACTOR_VERSION: ExtractorVersion = ExtractorVersion(2);
