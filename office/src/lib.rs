//! The registry at work.
//!
//! [`Office`] keeps a [`registry::Registry`] in a [`Ledger`]: every command that was carried out is
//! one entry with all that it changed, chained to the one before, and on disk before anybody hears
//! of it. What a command asks others to do ([`registry::Effect`]) stands in the same entry and is
//! the outbox: [`Office::work`] carries it out through an [`Engine`] and the [`Neighbours`], at
//! least once, and notes that it is done. Whoever is told twice is told under the same name.

mod carrying;
mod chain;
mod desk;
mod engine;
mod entry;
mod error;
mod ledger;
mod neighbours;
mod office;
mod printing;
mod server;
mod vault;

pub use carrying::Carrier;
pub use chain::Head;
pub use desk::Desk;
pub use engine::{Compared, Engine, EngineError, FingerImage, LiveCapture, Searched};
pub use entry::{EffectId, Entry, Numbered};
pub use error::OfficeError;
pub use ledger::{FolderLedger, Ledger, LedgerError};
pub use neighbours::{FileDrop, Message, NeighbourError, Neighbours, Port};
pub use office::{Given, Office, Worked};
pub use printing::{PrintError, Printed, Profile, print};
pub use server::{Accounts, Server, serve};
pub use vault::{Vault, VaultError};
