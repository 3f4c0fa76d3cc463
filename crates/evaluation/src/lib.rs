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
//!
//! ```
//! use evaluation::{Bootstrap, ComparisonPlan, ErrorRates, Protocol};
//! use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, Similarity, SubjectId};
//!
//! // Ten fingers of eight impressions each, as in the second part of an FVC database.
//! let mut impressions = Vec::new();
//! for finger in 101..=110 {
//!     for impression in 1..=8 {
//!         impressions.push(ImpressionKey {
//!             subject: SubjectId::new(&finger.to_string())?,
//!             position: FingerPosition::UNKNOWN,
//!             impression: ImpressionLabel::new(&impression.to_string())?,
//!         });
//!     }
//! }
//! let plan = ComparisonPlan::new(Protocol::Fvc, &impressions)?;
//! assert_eq!((plan.mated().len(), plan.non_mated().len()), (280, 45));
//!
//! // A comparison would look at `impressions[pair.probe]` and `impressions[pair.reference]`.
//! let mated = vec![Some(Similarity::from_thousandths(700)); 280];
//! let non_mated = vec![Some(Similarity::from_thousandths(40)); 45];
//! let scores = plan.scored(&mated, &non_mated)?;
//! let rates = ErrorRates::new(&scores, Some(&Bootstrap::default()))?;
//! assert_eq!(rates.eer.rate, 0.0);
//! assert_eq!(rates.fmr100(), None, "45 comparisons cannot show a rate of 1 %");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bootstrap;
mod error;
mod histogram;
mod identification;
mod likelihood;
mod operating_point;
mod proportion;
mod protocol;
mod rejection;
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
pub use likelihood::LikelihoodCost;
pub use operating_point::{Measurement, OneIn, OperatingPoint};
pub use proportion::{Interval, Proportion, failure_to_enroll};
pub use protocol::{ComparisonPlan, Pair, Protocol};
pub use rejection::{RejectionCurve, RejectionPoint};
pub use score::{Score, ScoreSet};
pub use verification::{CurvePoint, EqualErrorRate, ErrorRates, FnmrAtFmr};
