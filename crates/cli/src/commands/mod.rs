//! One file per command: its arguments and `run`.

pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod devices;
pub(crate) mod enroll;
pub(crate) mod erase;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod identify;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod man;
mod receipt;
pub(crate) mod registry;
pub(crate) mod stats;
pub(crate) mod verify;

use crate::output::Output;
use clap::Subcommand;
use operation::{audit, backup, certs, cluster, coordinator, held, node, serve};
use std::process::ExitCode;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Enroll fingerprint images or templates into a gallery.
    Enroll(enroll::Arguments),
    /// Search a gallery for the person whose prints these are.
    Identify(identify::Arguments),
    /// Compare prints of one person with prints of another, or with who is enrolled under a name.
    Verify(verify::Arguments),
    /// Show what the extractor sees in a print: quality, advice, minutiae, every stage.
    Inspect(inspect::Arguments),
    /// Measure error rates on a folder of prints.
    Evaluate(evaluate::Arguments),
    /// Say what a gallery holds.
    Stats(stats::Arguments),
    /// Erase everything about a person from a gallery.
    Erase(erase::Arguments),
    /// Enroll standard template files.
    Import(import::Arguments),
    /// Write enrolled templates as standard template files.
    Export(export::Arguments),
    /// List what a gallery can be scanned on.
    Devices(devices::Arguments),
    /// Do the whole job on synthetic persons and write a report.
    Demo(demo::Arguments),
    /// Run a whole cluster in one process: the start for one machine.
    Serve(serve::Arguments),
    /// Make the certificates of a cluster.
    Certs(certs::Arguments),
    /// Found, watch and change a cluster.
    Cluster(cluster::Arguments),
    /// List enrollments that wait for a human, and decide about them.
    Held(held::Arguments),
    /// Export the audit chain of a cluster, and verify it.
    Audit(audit::Arguments),
    /// Back up a cluster, and restore one.
    Backup(backup::Arguments),
    /// Keep the register: cases, persons, forms and deadlines of the registration rules.
    Registry(registry::Arguments),
    /// Run a coordinator of a cluster.
    Coordinator(coordinator::Arguments),
    /// Run a node of a cluster.
    Node(node::Arguments),
    /// Write the script that completes commands in a shell.
    Completions(completions::Arguments),
    /// Write the manual pages.
    Man(man::Arguments),
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
            Self::Identify(arguments) => identify::run(arguments, output),
            Self::Verify(arguments) => verify::run(arguments, output),
            Self::Inspect(arguments) => inspect::run(arguments, output),
            Self::Evaluate(arguments) => evaluate::run(arguments, output),
            Self::Devices(arguments) => devices::run(arguments, output),
            Self::Demo(arguments) => demo::run(arguments, output),
            Self::Serve(arguments) => serve::run(&arguments, output),
            Self::Certs(arguments) => certs::run(arguments, output),
            Self::Cluster(arguments) => cluster::run(arguments, output),
            Self::Held(arguments) => held::run(arguments, output),
            Self::Audit(arguments) => audit::run(arguments, output),
            Self::Backup(arguments) => backup::run(arguments, output),
            Self::Registry(arguments) => registry::run(arguments, output),
            Self::Coordinator(arguments) => coordinator::run(arguments, output),
            Self::Node(arguments) => node::run(arguments, output),
            Self::Completions(arguments) => completions::run(arguments, output),
            Self::Man(arguments) => man::run(arguments, output),
        }
    }
}
