//! Where the entries of an office are kept.

mod folder;

pub use folder::FolderLedger;

use std::path::PathBuf;

/// Entries in their order, appended one at a time, there for good once [`Ledger::append`] returned.
pub trait Ledger {
    /// The entries from a number on, as they were appended.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read(&mut self, from: u64) -> Result<Vec<Vec<u8>>, LedgerError>;

    /// Appends the entry of this number, whole or not at all; a power loss after it does not take
    /// it back.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when there is an entry of this number already: read on from there.
    fn append(&mut self, number: u64, entry: &[u8]) -> Result<(), LedgerError>;
}

/// Why a ledger does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is")]
pub enum LedgerError {
    #[error("entry {number} was written by somebody else meanwhile")]
    Conflict { number: u64 },
    #[error("entry {number} is not of this release: use the one that wrote it, or a newer one")]
    Unreadable { number: u64 },
    #[error("entry {number} does not follow the one before it: the ledger was changed by hand")]
    Broken { number: u64 },
    #[error("{}: damaged at byte {at}: restore the file from a backup", path.display())]
    Damaged { path: PathBuf, at: u64 },
    #[error("{} is in use by another process", path.display())]
    InUse { path: PathBuf },
    #[error("{} holds no registry: make one with `tanba registry init`", path.display())]
    Missing { path: PathBuf },
    #[error("{}: {what}: {kind}", path.display())]
    File { path: PathBuf, what: &'static str, kind: std::io::ErrorKind },
}
