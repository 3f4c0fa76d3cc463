//! The log on disk: segments of chained records.
//!
//! A record is `length u32 | crc u32 | sequence u64 | synced u64 | chain [16] | body`. `length`
//! counts what follows the CRC, the CRC-32 covers the same. `chain` is the start of SHA-256 over
//! the chain before, the sequence number, `synced` and the body, so records cannot be exchanged.
//!
//! **Torn or damaged?** A crash leaves an unfinished end; that is cut. Bytes that changed later are
//! damage: this member may have promised something that it no longer remembers, so it must not
//! start. `synced` tells the two apart: it is the last sequence number that was synced when the
//! record was written. A record that does not read, although a later one says that it was synced,
//! is damage. After every sync a seal record says so at once; only a change within the last synced
//! records whose seal did not reach the disk looks like a torn end.

pub mod conformance;
mod disk;
mod folder;
mod record;
mod storage;

pub use disk::{Disk, DiskError, MemoryDisk};
pub use folder::FolderDisk;
pub use record::{ScanEnd, scan};
pub use storage::{LogError, LogStorage};
