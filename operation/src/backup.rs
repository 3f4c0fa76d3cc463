//! `tanba backup`: a consistent cut of a running cluster, and a cluster made of it.

mod content;
mod create;
mod folder;
mod restore;
mod verify;

use std::process::ExitCode;
use terminal::output::Output;

/// Arguments of `tanba backup`.
#[derive(clap::Args)]
#[command(after_help = "\
A backup is the state of the whole cluster at one position of its log, taken while searches and
enrollments go on. It holds templates as they are stored: keep it as safe as the cluster.

Whatever was erased after a backup was taken must not come back with it. So a restore asks for the
newest backup that there is, whose list of erasures is gone through, or for the word that there is
none.

Exit codes: 0 done and, for verify, everything is whole; 1 it is not; 2 error.

Examples:
  tanba backup create --cluster cluster.toml --out /backup/2026-11-27
  tanba backup verify /backup/2026-11-27
  tanba backup restore /backup/2026-11-26 --erasures /backup/2026-11-27 \\
      --cluster cluster.toml --nodes 11,12,13 --out /restored")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Take a backup of a running cluster.
    Create(create::Arguments),
    /// Read a backup whole and compare it with what it must hold.
    Verify(verify::Arguments),
    /// Make the folders of a new cluster from a backup.
    Restore(restore::Arguments),
}

/// Does it.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Create(arguments) => create::run(&arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Restore(arguments) => restore::run(&arguments, output),
    }
}
