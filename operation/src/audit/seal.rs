//! `tanba audit seal`: the cluster lets go of records that an export holds.

use super::line::hex;
use super::verify::{is_of_cluster, read};
use crate::connection::ClusterArguments;
use crate::words::refusal;
use anyhow::{bail, ensure};
use coordinator::command::AuditSeal;
use proto::Field;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use terminal::words::counted;
use transport::Change;

/// Arguments of `tanba audit seal`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The export that holds them: keep it, and copies of it, from now on.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(Serialize)]
struct Sealed {
    file: String,
    records: u64,
    height: u64,
    head: String,
    dry_run: bool,
    index: Option<u64>,
}

/// Verifies the file, compares it with the cluster, and seals.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let read = read(&arguments.file)?;
    let name = arguments.file.display().to_string();
    if let Some(fault) = read.faults.first() {
        bail!("{name} is not whole, and nothing is let go of: {fault}");
    }
    let connection = arguments.cluster.connect()?;
    let sealed_before = connection.wait(connection.client.audit(read.height))?.sealed.0;
    ensure!(
        is_of_cluster(&read, &connection)?,
        "{name} ends with another record {} than the cluster has: nothing is let go of",
        read.height
    );
    let mut sealed = Sealed {
        file: name,
        records: read.height.saturating_sub(sealed_before),
        height: read.height,
        head: hex(&read.head),
        dry_run: arguments.dry_run,
        index: None,
    };
    if !arguments.dry_run && sealed.records > 0 {
        let seal = AuditSeal { height: read.height, head: read.head };
        let change = Change::AuditSeal(seal.to_wire());
        let done = connection.wait(connection.client.administer(change))?;
        if let Some(why) = refusal(done.outcome) {
            bail!("{}: not sealed: {why}", sealed.file);
        }
        sealed.index = Some(done.index);
    }
    output.answer(&sealed, |sealed| {
        let records = counted(sealed.records, ["record", "records"]);
        let (file, height) = (&sealed.file, sealed.height);
        match sealed.index {
            Some(index) => format!(
                "{records} up to {height} let go of at {index}: {file} alone holds them now\n"
            ),
            None if sealed.dry_run => format!("{records} up to {height} would be let go of\n"),
            None => format!("nothing is to be let go of up to {height}\n"),
        }
    })?;
    Ok(Exit::Found.into())
}
