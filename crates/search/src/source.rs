//! Where stages 2 and 3 get the templates of a person.

use crate::SourceError;
use matching::PreparedTemplate;
use std::fmt;
use std::sync::Arc;
use vocabulary::{FingerPosition, ImpressionLabel, SubjectId};

/// Gives the references of a person by id. A node implements it over its store; a cache of prepared
/// templates is its own matter.
pub trait ReferenceSource: Sync {
    /// All references of a person, in any order. Empty when there is no such person any more: an
    /// erasure that overtakes a search is no error, and the person drops out of the answer.
    ///
    /// # Errors
    /// The store failed, or a reference is damaged.
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError>;
}

/// One reference, ready to be compared. `Debug` shows the count of minutiae only.
#[derive(Clone)]
pub struct Reference {
    /// Which finger.
    pub position: FingerPosition,
    /// Which impression of it.
    pub impression: ImpressionLabel,
    /// The template with its full-resolution descriptors.
    pub prepared: Arc<PreparedTemplate>,
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({}, {} minutiae)", self.position, self.prepared.minutiae())
    }
}
