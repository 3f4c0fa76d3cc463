//! A probe against a gallery: stages, shortlist, person fusion, candidate list.
//!
//! [`identify`] compares the prints of one unknown person with every eligible reference of a
//! gallery and returns ranked persons:
//!
//! 1. **Scan.** Stage 1 scores every probe print against every eligible packed record
//!    ([`Kernels`]); per person and probe print the best reference counts, and the sum over the
//!    prints orders all persons. The best [`Options::shortlist_persons`] go on.
//! 2. **Rescore.** Full-resolution descriptors from the [`ReferenceSource`]; the best
//!    [`Options::aligned_persons`] go on.
//! 3. **Align.** Alignment and overlap evidence, fusion over fingers, calibration, decision.
//!
//! Both cuts are exact over all partitions of the gallery, so an answer does not depend on how the
//! gallery is split, on the order of enrollment or on the number of threads. Nothing here reads a
//! disk or a clock.
//!
//! ```
//! use matching::{Parameters, PreparedTemplate, calibration::Calibration, descriptor};
//! use search::{
//!     Engine, Gallery, Options, Partition, Probe, Reference, ReferenceSource, Silent, SourceError,
//!     TwinKernels, identify,
//! };
//! use std::sync::Arc;
//! use synthesis::templates::{ImpressionParameters, finger, impression};
//! use vocabulary::{ImpressionKey, SubjectId};
//!
//! /// One person is all this store has.
//! struct Store(Reference);
//!
//! impl ReferenceSource for Store {
//!     fn references(&self, _: &SubjectId) -> Result<Vec<Reference>, SourceError> {
//!         Ok(vec![self.0.clone()])
//!     }
//! }
//!
//! let parameters = Parameters::default();
//! let [enrolled, unknown] =
//!     [0, 1].map(|index| impression(&finger(1, 1), index, &ImpressionParameters::good()));
//! let key = ImpressionKey {
//!     subject: "ayan".parse()?,
//!     position: enrolled.header().position,
//!     impression: "1".parse()?,
//! };
//! let mut gallery = Gallery::new(&parameters);
//! gallery.append(&key, &descriptor::pack(&enrolled, &parameters))?;
//! let store = Store(Reference {
//!     position: key.position,
//!     impression: key.impression.clone(),
//!     prepared: Arc::new(PreparedTemplate::new(&enrolled, &parameters)),
//! });
//!
//! let kernels = TwinKernels::new();
//! let engine = Engine {
//!     kernels: &kernels,
//!     parameters: &parameters,
//!     calibration: &Calibration::shipped(),
//! };
//! let partitions = [Partition { gallery: &gallery, source: &store }];
//! let probe = Probe::single(unknown);
//! let answer = identify(&probe, &partitions, &engine, &Options::default(), &Silent)?;
//! assert_eq!(answer.candidates.rank_of(&key.subject), Some(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod gallery;
mod identification;
mod identify;
mod kernels;
mod options;
mod probe;
mod progress;
mod rescore;
mod shard;
mod shortlist;
mod source;

pub use error::{GalleryError, SearchError, SourceError};
pub use gallery::Gallery;
pub use identification::{
    CandidateDetail, Coverage, Decision, FingerDetail, Identification, Outcome, StageCounts,
};
pub use identify::{Engine, Partition, identify, identify_many};
pub use kernels::{DeviceKernels, Kernels, Pass, TwinKernels};
pub use options::{ExtractorRule, Options, PositionRule, Threshold};
pub use probe::Probe;
pub use progress::{Progress, Silent, Stage};
pub use shard::{Pick, Shard, ShardEntry, ShardSearch};
pub use shortlist::{Shortlist, ShortlistEntry, shortlist};
pub use source::{Reference, ReferenceSource};
