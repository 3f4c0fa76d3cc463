//! What is given to a node to enroll, and what became of it.

use std::fmt;
use vocabulary::{FingerStatus, ImpressionKey, Template};

/// A file as it was received.
#[derive(Clone, PartialEq)]
pub struct StoredImage {
    /// Its bytes, unchanged.
    pub bytes: Vec<u8>,
    /// Resolution at which the template was extracted, in ppi, `1.0..=20000.0`.
    pub ppi: f32,
}

impl fmt::Debug for StoredImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredImage({} bytes, {} ppi)", self.bytes.len(), self.ppi)
    }
}

/// A print to enroll.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrollment {
    /// Under which key. The template is stored with the key's finger position.
    pub key: ImpressionKey,
    /// What was extracted from it.
    pub template: Template,
    /// SHA-256 of the file received, image or template: tells whether a later file under the same
    /// key is the same.
    pub digest: [u8; 32],
    /// The file, when it is an image that shall be kept.
    pub image: Option<StoredImage>,
}

/// What became of an [`Enrollment`]. Only after `Enrolled` was returned is it certain to survive a
/// crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrollOutcome {
    /// It is in the store, synced to disk, and in the gallery.
    Enrolled,
    /// The same file is enrolled under this key already. Nothing was changed.
    AlreadyEnrolled,
    /// Another file is enrolled under this key. Nothing was changed.
    Conflict,
    /// The finger was declared amputated. Nothing was changed.
    FingerAbsent(FingerStatus),
}

/// What an erasure removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErasureReceipt {
    /// References removed, readable or damaged.
    pub references: u64,
    /// Images removed.
    pub images: u64,
    /// Records of persons removed, readable or damaged.
    pub persons: u64,
    /// Finger declarations removed.
    pub declarations: u64,
    /// Blob files rewritten without the person's images.
    pub files_rewritten: u64,
}

impl ErasureReceipt {
    /// Whether anything was known of the person.
    pub fn found(&self) -> bool {
        self.references + self.persons > 0
    }
}
