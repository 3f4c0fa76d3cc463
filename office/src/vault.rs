//! Images and scans by their digest, in a folder.

use crate::chain::hexadecimal;
use registry::Digest;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder of files that are named by the SHA-256 of what they hold.
#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
}

/// Why something is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is")]
pub enum VaultError {
    #[error("the vault holds nothing under {}: put the file there first", .0.as_str())]
    Missing(Digest),
    #[error("what the vault holds under {} is damaged: restore it from a backup", .0.as_str())]
    Damaged(Digest),
    #[error("{}: {kind}", path.display())]
    File { path: PathBuf, kind: ErrorKind },
}

impl Vault {
    /// That of a folder, which is made when something is put there first.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps bytes; returns their name. Kept again, they are there once.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, VaultError> {
        let digest = hexadecimal(&Sha256::digest(bytes));
        let digest = Digest::new(digest).expect("64 digits");
        let path = self.path(&digest);
        if path.exists() {
            return Ok(digest);
        }
        write_whole(&path, bytes).map_err(|error| file_error(&path, &error))?;
        Ok(digest)
    }

    /// What is kept under a name, checked.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, VaultError> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(VaultError::Missing(digest.clone()));
            }
            Err(error) => return Err(file_error(&path, &error)),
        };
        if hexadecimal(&Sha256::digest(&bytes)) != digest.as_str() {
            return Err(VaultError::Damaged(digest.clone()));
        }
        Ok(bytes)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let (shelf, name) = digest.as_str().split_at(2);
        self.folder.join(shelf).join(name)
    }
}

fn file_error(path: &Path, error: &std::io::Error) -> VaultError {
    VaultError::File { path: path.to_owned(), kind: error.kind() }
}

/// Writes a file so that it is there whole or not at all, after a power loss too.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A bare name lies in the current folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found_under_its_digest_until_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::new(folder.path());
        let digest = vault.put(b"an image").unwrap();
        assert_eq!(vault.put(b"an image").unwrap(), digest);
        assert_eq!(vault.get(&digest).unwrap(), b"an image");
        let other = Digest::new("ab".repeat(32)).unwrap();
        assert_eq!(vault.get(&other), Err(VaultError::Missing(other)));
        fs::write(vault.path(&digest), b"another").unwrap();
        assert_eq!(vault.get(&digest), Err(VaultError::Damaged(digest)));
    }
}
