//! A shard node: references in RocksDB, the resident gallery, scoring.
//!
//! A [`Node`] is a folder of references. It keeps templates, the files they came from and finger
//! declarations in one RocksDB database per partition, and the packed records of all references in
//! memory. Three promises:
//!
//! - **Acknowledged is safe.** An enrollment is one atomic batch, synced to disk before its outcome
//!   is returned; memory changes only after that. Kill the process at any moment: what was
//!   acknowledged is there with image and template, and nothing is there in part.
//! - **Damage is said, never guessed.** Every record carries a checksum over its key and value. A
//!   folder that is newer, damaged, built with other parameters or in use by another process is
//!   refused with a text that says what to do.
//! - **Erased is gone.** An erasure returns when neither an answer nor a file of the folder holds
//!   the person; see the `erasure` module for how bytes leave the files.

mod blob_file;
mod bytes;
mod enrollment;
mod erasure;
mod error;
mod folder;
mod key;
mod metadata;
mod node;
mod options;
mod partition;
mod person;
mod record;
mod replica_store;
mod resident;
mod scanner;
pub mod shell;
mod source;
mod statistics;
mod writer;

pub use enrollment::{EnrollOutcome, Enrollment, ErasureReceipt, StoredImage};
pub use error::{NodeError, RecordFault};
pub use folder::FORMAT_VERSION;
pub use metadata::Metadata;
pub use node::{DamagedReference, Node, Reference};
pub use options::{LoadProgress, NodeOptions, OnDamage};
pub use person::Person;
pub use replica_store::{ReplicaStore, ReplicaStores};
pub use scanner::ResidentScanner;
pub use statistics::Statistics;
