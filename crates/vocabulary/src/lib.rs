//! The nouns of fingerprint identification, with their invariants.
//!
//! Everything here is plain data. No algorithm, no byte format, no I/O: a type of this crate means
//! the same in the extractor, in a template file, on a shard node and on the wire.
//!
//! One frame for all positions: the origin is the top left corner of the print image resampled to
//! [`TEMPLATE_PPI`], x grows to the right, y grows **downwards**, and angles grow
//! **counter-clockwise** as seen on the screen (ISO/IEC 19794-2:2005, clause 5.3), so that the unit
//! vector of an angle `a` is `(cos a, -sin a)`.

mod candidate;
mod direction;
mod error;
mod finger;
mod identifier;
mod image;
mod impression;
mod minutia;
mod ridge_flow;
mod similarity;
mod template;

pub use candidate::{Candidate, CandidateList, FingerSimilarity};
pub use direction::Direction;
pub use error::VocabularyError;
pub use finger::{FingerPosition, FingerStatus};
pub use identifier::{ImpressionKey, ImpressionLabel, SubjectId};
pub use image::GrayImage;
pub use impression::ImpressionType;
pub use minutia::{Minutia, MinutiaKind};
pub use ridge_flow::RidgeFlow;
pub use similarity::Similarity;
pub use template::{ExtractorVersion, Template, TemplateHeader};

/// Resolution of every template, in pixels per inch (ISO/IEC 19794-2:2005, clause 5.2.1).
pub const TEMPLATE_PPI: u32 = 500;
