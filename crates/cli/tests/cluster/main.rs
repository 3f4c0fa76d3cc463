//! A cluster of real processes: three coordinators and three nodes on loopback, with certificates.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod backup;
mod coverage;
mod crashes;
mod decisions;
mod halting;
mod moves;
#[path = "../prints/mod.rs"]
mod prints;
mod probes;
mod processes;
mod register;
mod serving;
mod verification;
