//! What can stop a node, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use vocabulary::{ExtractorVersion, FingerPosition, ImpressionKey, SubjectId};

/// Why a node could not open its folder or do what it was asked. Texts name the folder, and the key
/// where one record is at fault; they never show a template or an image.
#[derive(Debug, Error)]
pub enum NodeError {
    /// Nothing was ever enrolled there.
    #[error("there is no gallery in {}: enroll something into it first", dir.display())]
    NoGallery {
        /// The folder given.
        dir: PathBuf,
    },
    /// The path names a file.
    #[error("{} is a file, not a folder: give the folder of a gallery", dir.display())]
    NotAFolder {
        /// The path given.
        dir: PathBuf,
    },
    /// The folder holds something else.
    #[error(
        "{} holds {entry:?}, which is no part of a gallery: give a new or an empty folder",
        dir.display()
    )]
    ForeignFolder {
        /// The folder given.
        dir: PathBuf,
        /// One name in it that does not belong there.
        entry: String,
    },
    /// Another process works on it.
    #[error("another process has {} open: wait for it to end, or end it", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// A later release wrote it.
    #[error(
        "{} was written in format {found}, and this release reads up to format {supported}: use \
         the release that wrote it, or a later one",
        dir.display()
    )]
    NewerFormat {
        /// The folder.
        dir: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest version this release reads.
        supported: u32,
    },
    /// Its packed records were made with other parameters.
    #[error(
        "{} was built with matching parameters {found}, and this release uses {current}: bring it \
         up to date with `tanba stats --repack`, or use the release that built it",
        dir.display()
    )]
    OtherParameters {
        /// The folder.
        dir: PathBuf,
        /// Hash of the parameters it was built with, in hexadecimal.
        found: String,
        /// Hash of the parameters in use.
        current: String,
    },
    /// Its templates were made by another extractor.
    #[error(
        "{} holds templates of extractor version {}, and this release extracts version {}: use the \
         release that built it, or enroll the prints again into a new folder",
        dir.display(), found.0, current.0
    )]
    OtherExtractor {
        /// The folder.
        dir: PathBuf,
        /// Version of its templates.
        found: ExtractorVersion,
        /// Version in use.
        current: ExtractorVersion,
    },
    /// A template to enroll was made by another extractor.
    #[error(
        "the template for {key} was made by extractor version {}, and this gallery holds version \
         {}: extract it again from the image",
        found.0, current.0
    )]
    TemplateVersion {
        /// Where it was to be enrolled.
        key: ImpressionKey,
        /// Its version.
        found: ExtractorVersion,
        /// The version of the gallery.
        current: ExtractorVersion,
    },
    /// The file system refused.
    #[error("could not {action} {}: {}", path.display(), remedy(source))]
    FileSystem {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No room is left.
    #[error(
        "the disk of {} is full: free some space, then repeat the command",
        dir.display()
    )]
    DiskFull {
        /// The folder.
        dir: PathBuf,
        /// RocksDB's words.
        source: rocksdb::Error,
    },
    /// It cannot be written.
    #[error(
        "{} cannot be written: check its permissions and that its disk is not mounted read-only",
        dir.display()
    )]
    ReadOnly {
        /// The folder.
        dir: PathBuf,
        /// RocksDB's words.
        source: rocksdb::Error,
    },
    /// The disk did not do as it was told.
    #[error(
        "reading or writing {} failed: check the disk, then repeat the command",
        dir.display()
    )]
    Storage {
        /// The folder.
        dir: PathBuf,
        /// RocksDB's words.
        source: rocksdb::Error,
    },
    /// Bytes on disk are not those that were written.
    #[error(
        "the files of {} are damaged ({detail}): restore the folder from a backup, or enroll the \
         prints again into a new folder",
        dir.display()
    )]
    DamagedFiles {
        /// The folder.
        dir: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// One record is not what was written.
    #[error(
        "the reference {key} in {} is damaged ({reason}): erase its subject and enroll it again, \
         or open the folder with damaged references left out",
        dir.display()
    )]
    DamagedReference {
        /// The folder.
        dir: PathBuf,
        /// Whose record.
        key: String,
        /// What does not fit.
        reason: RecordFault,
    },
    /// A stored image is not what was received.
    #[error("the stored image of {key} in {} is damaged: enroll it again", dir.display())]
    DamagedImage {
        /// The folder.
        dir: PathBuf,
        /// Whose image.
        key: ImpressionKey,
    },
    /// A write failed before, so the state of the store is not known until it is opened again.
    #[error(
        "{} takes no more writes since one failed ({cause}): solve that, then open it again",
        dir.display()
    )]
    WritesRefused {
        /// The folder.
        dir: PathBuf,
        /// Why the first write failed.
        cause: String,
    },
    /// The digest given is not that of the image given.
    #[error("the digest given for {key} is not that of its image")]
    DigestMismatch {
        /// Where it was to be enrolled.
        key: ImpressionKey,
    },
    /// No scanner has this resolution.
    #[error("the image of {key} is given {ppi} ppi, which is outside 1..=20000")]
    Resolution {
        /// Where it was to be enrolled.
        key: ImpressionKey,
        /// What was given.
        ppi: f32,
    },
    /// A finger with enrolled prints cannot be declared absent.
    #[error("{subject} has prints of the {position} enrolled: erase the subject first")]
    FingerEnrolled {
        /// The person.
        subject: SubjectId,
        /// The finger.
        position: FingerPosition,
    },
    /// The records are gone, but files that held them could not be rewritten.
    #[error(
        "what was erased is gone from every answer, but its bytes are still in {files} of the \
         files of {}: free some disk space and open the folder again, which finishes the erasure",
        dir.display()
    )]
    ErasureUnfinished {
        /// The folder.
        dir: PathBuf,
        /// Files that still hold erased bytes.
        files: usize,
    },
    /// A person is erased from the folder and from the gallery, and a device may still hold the
    /// packed records.
    #[error(
        "{subject} is erased from the folder, and the device may still hold the packed records: \
         end this process, which frees the memory of the device"
    )]
    ErasureOnDevice {
        /// The person.
        subject: SubjectId,
        /// Why the device could not be told.
        #[source]
        cause: search::SearchError,
    },
    /// What was written does not fit into the resident gallery.
    #[error(
        "what was enrolled in {} is safe on disk but not searchable: open the folder again",
        dir.display()
    )]
    Gallery {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: search::GalleryError,
    },
}

/// Why a stored record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordFault {
    /// Its bytes are not those written under its key.
    #[error("its checksum does not fit")]
    Checksum,
    /// It ends too early or too late.
    #[error("its length does not fit")]
    Length,
    /// A later release wrote it.
    #[error("it has record version {0}, which this release does not know")]
    Version(u8),
    /// A value outside its range.
    #[error("it holds an impossible value")]
    Value,
    /// Its template cannot be read.
    #[error("its template cannot be read")]
    Template,
    /// Its key cannot be read.
    #[error("its key cannot be read")]
    Key,
}

impl NodeError {
    /// What an error of RocksDB means for the folder.
    pub(crate) fn from_rocksdb(dir: &Path, source: rocksdb::Error) -> Self {
        let (dir, text) = (dir.to_owned(), source.to_string());
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["No space left", "Disk quota exceeded"]) {
            Self::DiskFull { dir, source }
        } else if says(&["While lock file", "lock hold by current process"]) {
            Self::Locked { dir }
        } else if says(&["Read-only file system", "Permission denied", "not permitted"]) {
            Self::ReadOnly { dir, source }
        } else if source.kind() == rocksdb::ErrorKind::Corruption {
            Self::DamagedFiles { dir, detail: text }
        } else {
            Self::Storage { dir, source }
        }
    }

    /// Wraps an error of the file system.
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::FileSystem { action, path: path.to_owned(), source }
    }
}

/// What a person can do about an error of the file system.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check its permissions and that its disk is not mounted read-only"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some disk space",
        io::ErrorKind::NotADirectory => "give the path of a folder",
        _ => "check the path and the disk",
    }
}
