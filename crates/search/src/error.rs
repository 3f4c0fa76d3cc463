//! What makes a search or a change of the gallery impossible.

use shaders::device::DeviceError;
use thiserror::Error;
use vocabulary::{ImpressionKey, SubjectId};

/// A search that could not be carried out. An empty probe, an empty gallery and an empty candidate
/// list are outcomes, not errors.
#[derive(Debug, Error)]
pub enum SearchError {
    /// The gallery holds references of another extractor than the probe.
    #[error(
        "{references} references of the gallery were extracted by version {found}, the probe by \
         version {probe}: extract them again from their images, or ask for them to be skipped or \
         compared"
    )]
    ExtractorVersion {
        /// Version of the probe's prints.
        probe: u16,
        /// Another version found in the gallery.
        found: u16,
        /// References of that version.
        references: usize,
    },
    /// The prints of one probe were made by different extractors.
    #[error(
        "the prints of one probe were extracted by versions {first} and {second}: extract all of \
         them with one version"
    )]
    MixedProbe {
        /// Version of the first print.
        first: u16,
        /// Another version found.
        second: u16,
    },
    /// The gallery was packed under other matching parameters than the search's.
    #[error(
        "the gallery was packed under other matching parameters than this search uses: load it \
         again from its templates"
    )]
    Parameters,
    /// The references of a person could not be had.
    #[error("the references of subject {subject} could not be read")]
    Source {
        /// The person.
        subject: SubjectId,
        /// Why.
        #[source]
        cause: SourceError,
    },
    /// The device that was to compare cannot.
    #[error(transparent)]
    Device(DeviceError),
    /// The caller asked to stop.
    #[error("the search was stopped by its caller")]
    Cancelled,
}

impl From<DeviceError> for SearchError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Cancelled => Self::Cancelled,
            error => Self::Device(error),
        }
    }
}

/// Why a source could not give the references of a person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// The store failed; the text is the store's own and names no biometric content.
    #[error("the store failed: {0}")]
    Store(String),
    /// A stored reference does not decode.
    #[error("the stored reference {key} is damaged: {reason}")]
    Damaged {
        /// Which reference.
        key: ImpressionKey,
        /// What is wrong with it.
        reason: String,
    },
}

/// A change that the gallery refuses; it is then unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GalleryError {
    /// There is a reference under this key.
    #[error("the gallery already holds a reference {0}: remove it first")]
    AlreadyPresent(ImpressionKey),
    /// The record was packed by another descriptor or other parameters.
    #[error("the record of {0} was packed by another descriptor version: pack it again")]
    DescriptorVersion(ImpressionKey),
    /// The record breaks its own layout.
    #[error("the record of {0} is not well formed: pack it again from its template")]
    Malformed(ImpressionKey),
    /// No more references of this finger fit.
    #[error("the gallery is full: split it into more partitions")]
    Full,
}
