//! The processes of a cluster, and what an operator does to them: one module for each command,
//! with its arguments and `run`.
//!
//! - [`serve`]: a whole cluster in one process. [`certs`]: a private authority. [`coordinator`],
//!   [`node`]: begin and serve. [`cluster`]: look, wait, change. [`backup`]: take one, read it,
//!   make a cluster of it. [`held`]: decide. [`audit`]: export and verify. [`receipt`]: of an
//!   erasure.
//! - [`file`]: what all processes and clients of a cluster share. [`connection`]: how a command
//!   reaches it. [`names`], [`words`]: what it says in the terms of the command line.

pub mod audit;
pub mod backup;
pub mod certs;
pub mod cluster;
pub mod connection;
pub mod coordinator;
mod disks;
pub mod file;
pub mod held;
mod kept;
mod metrics;
pub mod names;
pub mod node;
mod probes;
pub mod receipt;
pub mod serve;
mod serving;
pub mod words;
