//! The files of a coordinator in a folder of a real disk.

use super::disk::{Disk, DiskError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Locked by who has the folder; never part of the log.
const LOCK: &str = "lock";

/// Files in a folder that one process has for itself. The ones appended to stay open.
#[derive(Debug)]
pub struct FolderDisk {
    folder: PathBuf,
    open: BTreeMap<String, File>,
    /// Created, and the folder not synced since.
    unnamed: BTreeSet<String>,
    /// Locked as long as this lives.
    _lock: File,
}

impl FolderDisk {
    /// Uses a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it can be neither read nor made; [`io::ErrorKind::WouldBlock`] when somebody else uses
    /// it.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::read_dir(folder)?;
        let lock = OpenOptions::new().create(true).append(true).open(folder.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
            TryLockError::Error(error) => error,
        })?;
        let (open, unnamed) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { folder: folder.to_owned(), open, unnamed, _lock: lock })
    }

    fn file(&mut self, name: &str, create: bool) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let path = self.folder.join(name);
            let is_new = !path.exists();
            let file = OpenOptions::new().append(true).create(create).open(path)?;
            if is_new {
                self.unnamed.insert(name.to_owned());
            }
            self.open.insert(name.to_owned(), file);
        }
        Ok(self.open.get_mut(name).expect("just put there"))
    }

    /// Names are in the folder: without this a new or renamed file may be gone after a power loss.
    fn sync_names(&mut self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()?;
        self.unnamed.clear();
        Ok(())
    }
}

impl Disk for FolderDisk {
    /// Empty when the folder cannot be read; reading a file then says why.
    fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let names = files.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name != LOCK).collect();
        names.sort_unstable();
        names
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        fs::read(self.folder.join(name)).map_err(disk_error)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.file(name, true).and_then(|file| file.write_all(bytes)).map_err(disk_error)
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        // What an earlier process made may have a name that is not synced either.
        let is_named = self.open.contains_key(name) && !self.unnamed.contains(name);
        self.file(name, false).and_then(|file| file.sync_data()).map_err(disk_error)?;
        if is_named { Ok(()) } else { self.sync_names().map_err(disk_error) }
    }

    fn truncate(&mut self, name: &str, bytes: u64) -> Result<(), DiskError> {
        let cut = |file: &mut File| file.set_len(bytes).and_then(|()| file.sync_all());
        self.file(name, false).and_then(cut).map_err(disk_error)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        self.open.remove(from);
        self.open.remove(to);
        fs::rename(self.folder.join(from), self.folder.join(to)).map_err(disk_error)?;
        self.sync_names().map_err(disk_error)
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.open.remove(name);
        fs::remove_file(self.folder.join(name)).map_err(disk_error)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn disk_error(error: io::Error) -> DiskError {
    match error.kind() {
        io::ErrorKind::NotFound => DiskError::Missing,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskError::Full,
        _ => DiskError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_in_a_folder_conforms() {
        let root = tempfile::tempdir().unwrap();
        let open = |name: &str| FolderDisk::new(&root.path().join(name)).unwrap();
        crate::log::conformance::check(open).unwrap();
    }

    #[test]
    fn a_folder_is_used_by_one_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = FolderDisk::new(root.path()).unwrap();
        let second = FolderDisk::new(root.path()).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        FolderDisk::new(root.path()).unwrap();
    }
}
