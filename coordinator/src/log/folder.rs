//! The files of a coordinator in a folder of a real disk.

use super::disk::{Disk, DiskError};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder of files. The ones appended to stay open.
#[derive(Debug)]
pub struct FolderDisk {
    folder: PathBuf,
    open: BTreeMap<String, File>,
}

impl FolderDisk {
    /// Uses a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::read_dir(folder)?;
        Ok(Self { folder: folder.to_owned(), open: BTreeMap::new() })
    }

    fn file(&mut self, name: &str, create: bool) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let path = self.folder.join(name);
            let file = OpenOptions::new().append(true).create(create).open(path)?;
            self.open.insert(name.to_owned(), file);
        }
        Ok(self.open.get_mut(name).expect("just put there"))
    }

    /// Names are in the folder: without this a new or renamed file may be gone after a power loss.
    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

impl Disk for FolderDisk {
    /// Empty when the folder cannot be read; reading a file then says why.
    fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut names: Vec<String> =
            files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
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
        self.file(name, false).and_then(|file| file.sync_all()).map_err(disk_error)?;
        self.sync_names().map_err(disk_error)
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
