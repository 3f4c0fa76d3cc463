//! Why an office did not do what it was asked.

use crate::LedgerError;
use registry::Denied;

/// What went wrong; nothing was stored but the line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// The rules forbid it.
    #[error("{0}")]
    Denied(#[from] Denied),
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Somebody else wrote again and again.
    #[error("others wrote to the registry {0} times meanwhile; give the command again")]
    Contended(u32),
}
