//! The seam to the files of a coordinator.

use std::collections::BTreeMap;
use thiserror::Error;

/// Why a disk did not do as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DiskError {
    /// No room is left; part of what was appended may be there.
    #[error("the disk is full")]
    Full,
    /// There is no such file.
    #[error("a file is missing")]
    Missing,
    /// Anything else.
    #[error("reading or writing failed")]
    Failed,
    /// The process was killed in the middle (simulation only).
    #[error("the process was killed")]
    Killed,
}

/// Files in one folder. After any failed write the process ends: what is on disk is known only
/// after it was read again.
pub trait Disk {
    /// Names of all files, in order.
    fn list(&self) -> Vec<String>;

    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError>;

    /// Appends to a file, which it creates.
    ///
    /// # Errors
    /// When it fails; any part may have been written.
    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes the content and name of a file survive a crash.
    ///
    /// # Errors
    /// When it fails.
    fn sync(&mut self, name: &str) -> Result<(), DiskError>;

    /// Cuts a file, and makes that survive a crash.
    ///
    /// # Errors
    /// When it fails.
    fn truncate(&mut self, name: &str, bytes: u64) -> Result<(), DiskError>;

    /// Renames a synced file, atomically, and makes that survive a crash.
    ///
    /// # Errors
    /// When it fails; the file has one of the names.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes a file; it may come back after a crash.
    ///
    /// # Errors
    /// When it fails.
    fn remove(&mut self, name: &str) -> Result<(), DiskError>;
}

/// Files in memory, for tests and tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryDisk(pub BTreeMap<String, Vec<u8>>);

impl Disk for MemoryDisk {
    fn list(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        self.0.get(name).cloned().ok_or(DiskError::Missing)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.0.entry(name.into()).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        self.0.get(name).map(drop).ok_or(DiskError::Missing)
    }

    fn truncate(&mut self, name: &str, bytes: u64) -> Result<(), DiskError> {
        self.0.get_mut(name).ok_or(DiskError::Missing)?.truncate(bytes as usize);
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        let content = self.0.remove(from).ok_or(DiskError::Missing)?;
        self.0.insert(to.into(), content);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.0.remove(name).map(drop).ok_or(DiskError::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Stays after it is dropped, as a disk does.
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<MemoryDisk>>);

    impl Disk for Shared {
        fn list(&self) -> Vec<String> {
            self.0.borrow().list()
        }

        fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
            self.0.borrow().read(name)
        }

        fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
            self.0.borrow_mut().append(name, bytes)
        }

        fn sync(&mut self, name: &str) -> Result<(), DiskError> {
            self.0.borrow_mut().sync(name)
        }

        fn truncate(&mut self, name: &str, bytes: u64) -> Result<(), DiskError> {
            self.0.borrow_mut().truncate(name, bytes)
        }

        fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
            self.0.borrow_mut().rename(from, to)
        }

        fn remove(&mut self, name: &str) -> Result<(), DiskError> {
            self.0.borrow_mut().remove(name)
        }
    }

    #[test]
    fn the_disk_in_memory_conforms() {
        let mut disks: BTreeMap<String, Shared> = BTreeMap::new();
        let open = |name: &str| disks.entry(name.into()).or_default().clone();
        crate::log::conformance::check(open).unwrap();
    }
}
