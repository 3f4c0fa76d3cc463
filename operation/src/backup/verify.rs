//! `tanba backup verify`: whether a backup is whole.

use super::folder::Backup;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::output::{Exit, Output};

/// Arguments of `tanba backup verify`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder of the backup.
    #[arg(value_name = "DIR")]
    backup: PathBuf,
}

#[derive(Serialize)]
struct Verified {
    backup: String,
    cluster: String,
    index: u64,
    encounters: u64,
    partitions: u64,
    records: u64,
    erasures: u64,
    /// What is wrong, in sentences.
    faults: Vec<String>,
}

/// Reads everything.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let backup = Backup::open(&arguments.backup)?;
    let partitions = backup.partitions();
    let progress = output.progress("Reading", partitions.len() as u64);
    let (mut records, mut faults) = (0, Vec::new());
    for partition in &partitions {
        match backup.replica(*partition) {
            Ok(replica) => records += replica.records().len() as u64,
            Err(error) => faults.push(format!("{error:#}")),
        }
        progress.advance(1);
    }
    drop(progress);
    let verified = Verified {
        backup: arguments.backup.display().to_string(),
        cluster: backup.manifest.cluster.clone(),
        index: backup.manifest.index,
        encounters: backup.catalog.encounters().len() as u64,
        partitions: partitions.len() as u64,
        records,
        erasures: backup.catalog.erasures().len() as u64,
        faults,
    };
    output.answer(&verified, Verified::text)?;
    Ok(if verified.faults.is_empty() { Exit::Found } else { Exit::NotFound }.into())
}

impl Verified {
    fn text(&self) -> String {
        let Self { backup, cluster, index, encounters, partitions, records, erasures, .. } = self;
        let mut text = format!(
            "{backup}: {cluster} at {index}\n\
             {encounters} encounters, {records} records in {partitions} partitions, \
             {erasures} erasures\n"
        );
        for fault in &self.faults {
            text.push_str(&format!("fault: {fault}\n"));
        }
        let verdict = if self.faults.is_empty() { "whole" } else { "not whole" };
        text.push_str(&format!("the backup is {verdict}\n"));
        text
    }
}
