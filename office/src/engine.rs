//! The engine that compares prints, as the office needs one.

use registry::{Digest, Subject};
use serde::{Deserialize, Serialize};

/// One image of a finger.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerImage {
    /// Position 1 to 10.
    pub position: u8,
    /// The file, as it was captured.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for FingerImage {
    /// Without the image.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FingerImage(position {})", self.position)
    }
}

/// A capture that is compared and not stored in a record: kept in the vault as this list of what
/// lies there, under a digest of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveCapture {
    /// Position and image of each finger.
    pub fingers: Vec<(u8, Digest)>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// Who is as alike as the threshold asks, the most alike first.
    pub candidates: Vec<Subject>,
    /// How many persons were searched.
    pub searched: u64,
}

/// What a comparison gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Similarity in thousandths.
    pub score: u32,
    /// The fingers that both sides have; where one side is enrolled, those of the live side that
    /// may have been compared.
    pub fingers: Vec<u8>,
}

/// Why an engine did not answer: the question stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the engine did not answer: {0}")]
pub struct EngineError(pub String);

/// Searches and compares prints under names that say nothing about who it is.
///
/// Every call may be repeated: what was done once is not done twice.
pub trait Engine {
    /// Name and version, for the record.
    fn name(&self) -> String;

    /// Searches all who are enrolled.
    ///
    /// # Errors
    /// When it cannot be reached or an image cannot be read.
    fn search(&mut self, prints: &[FingerImage], threshold: u32) -> Result<Searched, EngineError>;

    /// Enrolls the prints of a record under a name.
    ///
    /// # Errors
    /// As [`Self::search`].
    fn enroll(
        &mut self,
        subject: &Subject,
        record: u32,
        prints: &[FingerImage],
    ) -> Result<(), EngineError>;

    /// Compares prints with those that are enrolled under a name.
    ///
    /// # Errors
    /// As [`Self::search`].
    fn compare_enrolled(
        &mut self,
        live: &[FingerImage],
        subject: &Subject,
    ) -> Result<Compared, EngineError>;

    /// Compares prints with others.
    ///
    /// # Errors
    /// As [`Self::search`].
    fn compare(
        &mut self,
        live: &[FingerImage],
        other: &[FingerImage],
    ) -> Result<Compared, EngineError>;

    /// Erases all prints of a name.
    ///
    /// # Errors
    /// As [`Self::search`].
    fn erase(&mut self, subject: &Subject) -> Result<(), EngineError>;
}
