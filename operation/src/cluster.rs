//! `tanba cluster`: what an operator does to a cluster.

mod balance;
mod coordinators;
mod doctor;
mod examination;
mod init;
mod nodes;
mod partitions;
mod policy;
mod status;
mod upgrade;
mod view;
mod wait;

use crate::connection::Connection;
use crate::words::refusal;
use anyhow::bail;
use serde::Serialize;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use terminal::output::{Exit, Output};
use transport::{Change, Done};

/// Arguments of `tanba cluster`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 done and, for status and doctor, everything is as it should be; 1 it is not; 2 error.

Examples:
  tanba cluster init --name kz --out cluster.toml \\
      --coordinator 1=10.0.0.1:7101 --coordinator 2=10.0.0.2:7101 --coordinator 3=10.0.0.3:7101
  tanba cluster status --cluster cluster.toml
  tanba cluster doctor --cluster cluster.toml
  tanba cluster wait --for leader --cluster cluster.toml
  tanba cluster nodes add 4 --cluster cluster.toml
  tanba cluster nodes drain 4 --cluster cluster.toml --dry-run
  tanba cluster partitions plan --cluster cluster.toml
  tanba cluster coordinators lead 2 --cluster cluster.toml")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Write the cluster file of a new cluster.
    Init(init::Arguments),
    /// Say how the cluster stands.
    Status(status::Arguments),
    /// Look for what is wrong or soon will be, and say what to do.
    Doctor(doctor::Arguments),
    /// Wait until the cluster is as it should be.
    Wait(wait::Arguments),
    /// Add, drain, return or remove nodes.
    Nodes(nodes::Arguments),
    /// Add or remove coordinators, or hand leadership over.
    Coordinators(coordinators::Arguments),
    /// Plan where partitions are, pin them there, or move one.
    Partitions(partitions::Arguments),
    /// Raise the feature level after all processes were brought to one release.
    Upgrade(upgrade::Arguments),
    /// Show or change how many replicas there are and when an enrollment is held.
    Policy(policy::Arguments),
}

/// Does it.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Init(arguments) => init::run(arguments, output),
        Command::Status(arguments) => status::run(&arguments, output),
        Command::Doctor(arguments) => doctor::run(&arguments, output),
        Command::Wait(arguments) => wait::run(&arguments, output),
        Command::Nodes(arguments) => nodes::run(arguments, output),
        Command::Coordinators(arguments) => coordinators::run(arguments, output),
        Command::Partitions(arguments) => partitions::run(arguments, output),
        Command::Upgrade(arguments) => upgrade::run(&arguments, output),
        Command::Policy(arguments) => policy::run(&arguments, output),
    }
}

/// What was done, or would be.
#[derive(Serialize)]
struct Act {
    /// In words.
    what: String,
    dry_run: bool,
    /// Where it stands in the log.
    index: Option<u64>,
    /// What to do or look at next.
    next: String,
}

impl Act {
    /// Asks for a change, unless it is only to be said.
    fn perform(
        self,
        change: Change,
        connection: &Connection,
        output: &Output,
    ) -> anyhow::Result<ExitCode> {
        if self.dry_run {
            return self.say(output);
        }
        let Done { index, outcome, .. } = connection.wait(connection.client.administer(change))?;
        match refusal(outcome) {
            Some(why) => bail!("{}: not done: {why}", self.what),
            None => {
                await_shown(index, connection)?;
                Self { index: Some(index), ..self }.say(output)
            }
        }
    }

    fn say(&self, output: &Output) -> anyhow::Result<ExitCode> {
        output.answer(self, |act| {
            let done = if act.dry_run { "would be done" } else { "done" };
            let at = act.index.map(|index| format!(" at {index}")).unwrap_or_default();
            format!("{}: {done}{at}\n{}\n", act.what, act.next)
        })?;
        Ok(Exit::Found.into())
    }
}

/// Between looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until the status shows what was done, so that the next command sees it.
fn await_shown(index: u64, connection: &Connection) -> anyhow::Result<()> {
    let until = Instant::now() + connection.budget;
    while connection.wait(connection.client.status())?.applied < index && Instant::now() < until {
        connection.pause(LOOK_EVERY);
    }
    Ok(())
}
