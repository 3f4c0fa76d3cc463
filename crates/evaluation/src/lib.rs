//! Error rates of biometric comparison (1:1) and identification (1:N), with intervals.
//!
//! Pure statistics: similarities and who they belong to go in, counts and rates come out. Terms
//! are those of ISO/IEC 19795-1:2021 and of the NIST reports (FNMR and FMR for comparisons; FNIR,
//! FPIR and CMC for searches); the equal error rate and FMR100, FMR1000 and zeroFMR are those of
//! the FVC competitions (Maio et al. 2002, DOI 10.1109/34.990140).
//!
//! Three rules hold throughout:
//! - a threshold is met when `similarity >= threshold` ([`vocabulary::Similarity::meets`]);
//! - a print that could not be enrolled stays in the count, as a comparison without a similarity,
//!   which meets no threshold: leaving failures out would reward refusing difficult prints;
//! - a rate too small for the number of comparisons is the value
//!   [`Measurement::NotEnoughComparisons`], never a number.

mod bootstrap;
mod error;
mod histogram;
mod identification;
mod operating_point;
mod proportion;
mod protocol;
mod score;
mod tally;
mod verification;

pub use bootstrap::Bootstrap;
pub use error::EvaluationError;
pub use histogram::Histogram;
pub use identification::{
    FnirAtFpir, IdentificationCurvePoint, IdentificationRates, SearchOutcome, SearchResult,
    SearchSet,
};
pub use operating_point::{Measurement, OneIn, OperatingPoint};
pub use proportion::{Interval, Proportion, failure_to_enroll};
pub use protocol::{ComparisonPlan, Pair, Protocol};
pub use score::{Score, ScoreSet};
pub use verification::{CurvePoint, EqualErrorRate, ErrorRates, FnmrAtFmr};
