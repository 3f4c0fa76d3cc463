//! `tanba audit verify`: whether an export is a whole chain, and that of a cluster.

use super::line::{Heading, Line, head, hex};
use crate::connection::Connection;
use crate::receipt::ErasureReceipt;
use anyhow::{Context, bail};
use coordinator::catalog::AuditRecord;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use terminal::output::{Exit, Output};

/// Faults that are named; what follows the first seldom says more.
const FAULTS_MAX: usize = 10;

/// Arguments of `tanba audit verify`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The export.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The head that it must have, hexadecimal, such as one written down earlier.
    #[arg(long, value_name = "HEAD")]
    head: Option<String>,
    /// A receipt of an erasure that the chain must hold.
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// Also compare with the chain of a cluster: its cluster file.
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    cluster: Option<PathBuf>,
    #[command(flatten)]
    options: crate::connection::ConnectionArguments,
}

/// What was read.
pub(super) struct Read {
    pub(super) heading: Heading,
    pub(super) records: u64,
    /// Where the chain ends that is whole.
    pub(super) height: u64,
    pub(super) head: [u8; 32],
    /// What is wrong, in sentences.
    pub(super) faults: Vec<String>,
}

#[derive(Serialize)]
struct Verified {
    file: String,
    cluster: String,
    records: u64,
    height: u64,
    head: String,
    faults: Vec<String>,
}

/// Reads and compares.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let receipts = arguments.receipt.iter().map(|path| ErasureReceipt::read(path));
    let receipts = receipts.collect::<anyhow::Result<Vec<_>>>()?;
    let mut named = BTreeSet::new();
    let mut read = read_each(&arguments.file, |record| {
        let of = |(n, receipt): (usize, &ErasureReceipt)| receipt.names(record).then_some(n);
        named.extend(receipts.iter().enumerate().filter_map(of));
    })?;
    for (n, path) in arguments.receipt.iter().enumerate() {
        if !named.contains(&n) {
            read.faults.push(format!("the chain does not hold what {} says", path.display()));
        }
    }
    if let Some(wanted) = &arguments.head
        && *wanted != hex(&read.head)
    {
        read.faults.push(format!("the head is not {wanted}"));
    }
    if let Some(cluster) = &arguments.cluster {
        let connection = arguments.options.connect(cluster)?;
        if !is_of_cluster(&read, &connection)? {
            read.faults.push(format!("the cluster has another record {}, or none", read.height));
        }
    }
    let verified = Verified {
        file: arguments.file.display().to_string(),
        cluster: read.heading.cluster,
        records: read.records,
        height: read.height,
        head: hex(&read.head),
        faults: read.faults,
    };
    output.answer(&verified, Verified::text)?;
    Ok(if verified.faults.is_empty() { Exit::Found } else { Exit::NotFound }.into())
}

/// Whether a cluster has the record that an export ends with, or had it when it sealed there.
pub(super) fn is_of_cluster(read: &Read, connection: &Connection) -> anyhow::Result<bool> {
    let before = read.height.saturating_sub(1);
    let page = connection.wait(connection.client.audit(before))?;
    Ok(match page.records.first() {
        Some(record) if record.height == read.height => record.head == read.head,
        _ => page.sealed == (read.height, read.head),
    })
}

/// Reads an export and computes its chain.
///
/// # Errors
/// When it cannot be read or is no export; a broken chain is a fault instead.
pub(super) fn read(path: &Path) -> anyhow::Result<Read> {
    read_each(path, |_| {})
}

/// The same, and shows every record that follows from those before it.
pub(super) fn read_each(path: &Path, mut see: impl FnMut(&AuditRecord)) -> anyhow::Result<Read> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().transpose().with_context(|| path.display().to_string())?;
    let heading: Option<Heading> = first.and_then(|line| serde_json::from_str(&line).ok());
    let Some(heading) = heading.filter(|heading| heading.format == 1) else {
        bail!("{} is no audit export of this release", path.display());
    };
    let (height, head) = (heading.height, head(&heading.head)?);
    let mut read = Read { heading, records: 0, height, head, faults: Vec::new() };
    for (n, line) in lines.enumerate() {
        let line = line.with_context(|| path.display().to_string())?;
        match read.take(&line) {
            Ok(record) => see(&record),
            Err(error) => read.faults.push(format!("line {}: {error:#}", n + 2)),
        }
        if read.faults.len() >= FAULTS_MAX {
            break;
        }
    }
    Ok(read)
}

impl Read {
    fn take(&mut self, line: &str) -> anyhow::Result<AuditRecord> {
        let line: Line = serde_json::from_str(line).context("it is no record")?;
        let record = line.record()?;
        let expected = self.height + 1;
        if record.height != expected {
            bail!("record {} comes where {expected} is expected", record.height);
        }
        if record.head != record.head_after(&self.head) {
            bail!(
                "record {expected} is not what the chain says: it, or one before it, was changed"
            );
        }
        (self.height, self.head) = (record.height, record.head);
        self.records += 1;
        Ok(record)
    }
}

impl Verified {
    fn text(&self) -> String {
        let Self { file, cluster, records, height, head, faults } = self;
        let mut text =
            format!("{file}: {cluster}, {records} records, up to {height}\nhead {head}\n");
        for fault in faults {
            text.push_str(&format!("fault: {fault}\n"));
        }
        let verdict = if faults.is_empty() { "whole" } else { "broken" };
        text.push_str(&format!("the chain is {verdict}\n"));
        text
    }
}
