//! A whole cluster in one thread from one seed.
//!
//! Coordinators and nodes are the real ones, as pure code; the network, the disks, the clock and
//! the clients are simulated. A run has a phase of faults and a phase in which everything is mended
//! and must come to rest. Invariants (one file each in `invariants/`) watch all the time. The same
//! seed gives the same run, message for message.

mod disk;
mod faults;
mod invariants;
mod model;
mod network;
mod observation;
mod random;
mod scenario;
mod scorer;
mod stores;
mod workload;
mod world;

pub use invariants::Violation;
pub use scenario::{Report, Scenario, run};
