//! A cluster of real processes under faults, and a workload that checks every answer.
//!
//! Three coordinators and three nodes run as processes of this machine, connected through proxies
//! that can be cut. Faults are drawn from a seed; clients enroll, search and erase meanwhile. What
//! they were told is checked as a whole at the end. The same seed draws the same faults; what they
//! meet depends on the machine, so the journal of a run is kept.

mod checks;
mod cluster;
mod faults;
mod history;
mod journal;
mod link;
mod process;
mod random;
mod rest;
mod run;
mod summary;
mod workload;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a cluster of real processes under faults and checks every answer.
#[derive(Parser)]
#[command(
    name = "chaos",
    version,
    after_help = "\
Exit codes: 0 no violation, 1 violations, 2 error.

Examples:
  cargo xtask chaos --minutes 10
  cargo xtask chaos --minutes 10 --seed 7 --record bench/records"
)]
struct Arguments {
    /// Faults strike for so long; coming to rest takes a minute more.
    #[arg(long, value_name = "N", default_value_t = 10)]
    minutes: u64,
    /// Draws the faults; another one each time when it is not given.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Clients that ask at the same time.
    #[arg(long, value_name = "N", default_value_t = 6)]
    clients: u64,
    /// The program under test.
    #[arg(long, value_name = "FILE", default_value = "target/release/tanba")]
    tanba: PathBuf,
    /// The folder of the run, which must be new; its journal and the logs of all processes stay.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Also write the summary as a record below this folder.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run::run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
