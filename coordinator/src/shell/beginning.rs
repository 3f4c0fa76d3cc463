//! The beginning of a coordinator's folder.

use super::StartError;
use crate::catalog::{Catalog, Founding};
use crate::log::{Disk, FolderDisk, LogStorage};
use crate::raft::{Membership, SnapshotHeader, snapshot_digest};
use replication::CoordinatorId;
use std::io::ErrorKind;
use std::path::Path;

/// Begins the log of a founding coordinator in a new folder. All founders must be given the same.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub fn found(
    folder: &Path,
    founding: &Founding,
    members: impl IntoIterator<Item = CoordinatorId>,
) -> Result<(), StartError> {
    found_from(folder, &Catalog::found(founding), members)
}

/// Begins the log of a founding coordinator from a state that was there before: that of a backup,
/// founded again. All founders must be given the same.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub fn found_from(
    folder: &Path,
    catalog: &Catalog,
    members: impl IntoIterator<Item = CoordinatorId>,
) -> Result<(), StartError> {
    let disk = open_new(folder)?;
    let content = catalog.to_snapshot();
    let header = SnapshotHeader {
        index: catalog.applied(),
        term: 1,
        membership: Membership::of(members),
        digest: snapshot_digest(&content),
    };
    LogStorage::found(disk, 0, header, &content)?;
    Ok(())
}

/// Begins the log of a coordinator that is to learn everything from the others, in a new folder.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub fn join(folder: &Path) -> Result<(), StartError> {
    LogStorage::join(open_new(folder)?, 0)?;
    Ok(())
}

/// Opens a folder, which is created when it is not there.
pub(super) fn open(folder: &Path) -> Result<FolderDisk, StartError> {
    let path = || folder.to_owned();
    FolderDisk::new(folder).map_err(|source| match source.kind() {
        ErrorKind::WouldBlock => StartError::Locked { path: path() },
        _ => StartError::Folder { path: path(), source },
    })
}

/// As [`open`], and nothing may be in it.
fn open_new(folder: &Path) -> Result<FolderDisk, StartError> {
    let disk = open(folder)?;
    let empty = disk.list().is_empty();
    if empty { Ok(disk) } else { Err(StartError::NotEmpty { path: folder.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_not_begun_where_one_is() {
        let root = tempfile::tempdir().unwrap();
        join(root.path()).unwrap();
        let again = join(root.path());
        assert!(matches!(again, Err(StartError::NotEmpty { .. })), "{again:?}");
    }

    #[test]
    fn a_folder_in_use_says_so() {
        let root = tempfile::tempdir().unwrap();
        let used = open(root.path()).unwrap();
        let second = open(root.path());
        assert!(matches!(second, Err(StartError::Locked { .. })), "{second:?}");
        drop(used);
    }
}
