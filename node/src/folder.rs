//! The folder of a gallery: whose it is, who has it open, and which format it is in.
//!
//! `LOCK` is locked by the process that has the folder open. `FORMAT` is a short text with the
//! format version; it is written last when a folder is created, so a folder without it holds
//! nothing that was ever acknowledged. `partition-0000/` is a RocksDB database.

use crate::error::NodeError;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the layout that this release writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;

const LOCK: &str = "LOCK";
const FORMAT: &str = "FORMAT";
const FORMAT_NEW: &str = "FORMAT.new";
const PARTITION: &str = "partition-0000";

/// A folder that this process alone has open.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    /// Holds the lock; the system frees it however the process ends.
    _lock: File,
    complete: bool,
}

impl Folder {
    /// Locks a folder; `create` allows it to be new.
    pub(crate) fn open(dir: &Path, create: bool) -> Result<Self, NodeError> {
        check(dir, create)?;
        if create {
            fs::create_dir_all(dir).map_err(|e| NodeError::file("create the folder", dir, e))?;
        }
        let lock = lock(dir)?;
        let complete = match read_format(dir)? {
            Some(found) if found > FORMAT_VERSION => {
                let (dir, supported) = (dir.to_owned(), FORMAT_VERSION);
                return Err(NodeError::NewerFormat { dir, found, supported });
            }
            found => found.is_some(),
        };
        Ok(Self { dir: dir.to_owned(), _lock: lock, complete })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// The folder of the only partition.
    pub(crate) fn partition(&self) -> PathBuf {
        self.dir.join(PARTITION)
    }

    /// Whether its creation was finished.
    pub(crate) const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Marks a new folder as complete, durably.
    pub(crate) fn complete(&mut self) -> Result<(), NodeError> {
        let written = || -> io::Result<()> {
            let new = self.dir.join(FORMAT_NEW);
            let mut file = File::create(&new)?;
            writeln!(file, "tanba gallery")?;
            writeln!(file, "format {FORMAT_VERSION}")?;
            file.sync_all()?;
            fs::rename(&new, self.dir.join(FORMAT))?;
            File::open(&self.dir)?.sync_all()
        };
        written().map_err(|e| NodeError::file("write to", &self.dir, e))?;
        self.complete = true;
        Ok(())
    }
}

/// Refuses paths that are no gallery before anything is changed.
fn check(dir: &Path, create: bool) -> Result<(), NodeError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let missing = NodeError::NoGallery { dir: dir.to_owned() };
            return if create { Ok(()) } else { Err(missing) };
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory && dir.exists() => {
            return Err(NodeError::NotAFolder { dir: dir.to_owned() });
        }
        Err(error) => return Err(NodeError::file("read the folder", dir, error)),
    };
    let (mut complete, mut foreign) = (false, None);
    for entry in entries {
        let entry = entry.map_err(|e| NodeError::file("read the folder", dir, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        complete |= name == FORMAT;
        if ![LOCK, FORMAT, FORMAT_NEW, PARTITION].contains(&name.as_str()) {
            foreign = Some(name);
        }
    }
    match foreign {
        _ if complete => Ok(()),
        Some(entry) => Err(NodeError::ForeignFolder { dir: dir.to_owned(), entry }),
        None if create => Ok(()),
        None => Err(NodeError::NoGallery { dir: dir.to_owned() }),
    }
}

/// Locks a folder; it is free when the file is dropped.
pub(crate) fn lock(dir: &Path) -> Result<File, NodeError> {
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| NodeError::file("write to", dir, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NodeError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(NodeError::file("lock", &path, error)),
    }
}

/// The format version, or `None` when the folder's creation was not finished.
fn read_format(dir: &Path) -> Result<Option<u32>, NodeError> {
    let path = dir.join(FORMAT);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(NodeError::file("read", &path, error)),
    };
    let version = text
        .strip_prefix("tanba gallery\nformat ")
        .and_then(|rest| rest.lines().next())
        .and_then(|version| version.parse().ok());
    version.map(Some).ok_or_else(|| NodeError::DamagedFiles {
        dir: dir.to_owned(),
        detail: format!("{FORMAT} does not name a format version"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_open_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(dir.path(), true).unwrap();
        folder.complete().unwrap();
        assert!(matches!(Folder::open(dir.path(), false), Err(NodeError::Locked { .. })));
        drop(folder);
        assert!(Folder::open(dir.path(), false).unwrap().is_complete());
    }

    #[test]
    fn a_folder_of_other_things_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter.txt"), "hello").unwrap();
        let error = Folder::open(dir.path(), true).unwrap_err();
        assert!(matches!(&error, NodeError::ForeignFolder { entry, .. } if entry == "letter.txt"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn reading_does_not_create_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("none");
        assert!(matches!(Folder::open(&missing, false), Err(NodeError::NoGallery { .. })));
        assert!(matches!(Folder::open(dir.path(), false), Err(NodeError::NoGallery { .. })));
        assert!(!missing.exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_not_a_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for create in [false, true] {
            let error = Folder::open(file.path(), create).unwrap_err();
            assert!(matches!(error, NodeError::NotAFolder { .. }), "{error}");
        }
        let below = Folder::open(&file.path().join("gallery"), true).unwrap_err().to_string();
        assert!(below.contains("give the path of a folder"), "{below}");
    }

    #[test]
    fn a_newer_format_is_refused_with_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FORMAT), "tanba gallery\nformat 9\nand more\n").unwrap();
        let text = Folder::open(dir.path(), true).unwrap_err().to_string();
        assert!(text.contains("format 9") && text.contains("up to format 1"), "{text}");
    }

    #[test]
    fn a_damaged_format_file_is_said_to_be_damaged() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FORMAT), "tanba gal").unwrap();
        let error = Folder::open(dir.path(), true).unwrap_err();
        assert!(matches!(error, NodeError::DamagedFiles { .. }), "{error}");
    }
}
