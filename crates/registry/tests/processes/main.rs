//! The processes of the rules, told as given, when, then. A line `Proves R-nnn` above a test feeds
//! `cargo xtask requirements`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod access;
mod authority;
mod border_and_uses;
mod capture;
mod certificate;
mod citizens;
mod eligibility;
mod exemptions;
mod foreigners;
mod invariants;
mod obligations;
mod order_of_commands;
mod random_commands;
mod records;
mod reregistration;
mod searches;
mod upkeep;
mod values;
mod verification;
mod world;
