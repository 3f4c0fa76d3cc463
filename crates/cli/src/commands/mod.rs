//! One file per command: its arguments and `run`.

pub(crate) mod enroll;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod stats;

use crate::output::Output;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Enroll fingerprint images or templates into a gallery.
    Enroll(enroll::Arguments),
    /// Erase everything about a person from a gallery.
    Erase(erase::Arguments),
    /// Say what a gallery holds.
    Stats(stats::Arguments),
    /// Write enrolled templates as standard template files.
    Export(export::Arguments),
    /// Enroll standard template files.
    Import(import::Arguments),
}

impl Command {
    /// Runs the command; the exit code is that of [`crate::output::Exit`].
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Enroll(arguments) => enroll::run(arguments, output),
            Self::Erase(arguments) => erase::run(arguments, output),
            Self::Stats(arguments) => stats::run(arguments, output),
            Self::Export(arguments) => export::run(arguments, output),
            Self::Import(arguments) => import::run(arguments, output),
        }
    }
}
