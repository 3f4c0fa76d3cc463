//! `tanba audit export`: the chain as a file.

use super::line::{Heading, Line, head, hex};
use super::verify::{Read, read};
use crate::connection::{ClusterArguments, Connection};
use anyhow::{Context, ensure};
use coordinator::catalog::AuditRecord;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use terminal::words::counted;

/// Arguments of `tanba audit export`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// The file; one that is there is verified and gets what is new.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Exported {
    file: String,
    records: u64,
    height: u64,
    head: String,
}

/// Writes it.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let out = &arguments.out;
    let (mut file, start) = if out.exists() {
        let before = read(out)?;
        before.ensure_whole()?;
        (append(out)?, (before.height, before.head))
    } else {
        begin(out, &connection)?
    };
    let mut end = start;
    loop {
        let page = connection.wait(connection.client.audit(end.0))?;
        ensure!(
            page.sealed.0 <= end.0,
            "records {} to {} are no longer in the cluster: begin another file",
            end.0 + 1,
            page.sealed.0
        );
        for record in &page.records {
            check_next(record, end)?;
            writeln!(file, "{}", serde_json::to_string(&Line::of(record))?)?;
            end = (record.height, record.head);
        }
        if page.records.is_empty() || end.0 >= page.head.0 {
            break;
        }
    }
    file.sync_all().with_context(|| out.display().to_string())?;
    let exported = Exported {
        file: out.display().to_string(),
        records: end.0 - start.0,
        height: end.0,
        head: hex(&end.1),
    };
    output.answer(&exported, |exported| {
        let Exported { file, records, height, head } = exported;
        let records = counted(*records, ["record", "records"]);
        format!("{file}: {records} written, up to {height}\nhead {head}\n")
    })?;
    Ok(Exit::Found.into())
}

/// A chain that does not continue is not written.
fn check_next(record: &AuditRecord, before: (u64, [u8; 32])) -> anyhow::Result<()> {
    ensure!(
        record.height == before.0 + 1 && record.head == record.head_after(&before.1),
        "record {} of the cluster does not follow from what is before it: this file and the \
         cluster do not have the same past",
        record.height
    );
    Ok(())
}

fn begin(out: &Path, connection: &Connection) -> anyhow::Result<(File, (u64, [u8; 32]))> {
    let (height, sealed) = connection.wait(connection.client.audit(0))?.sealed;
    let heading = Heading {
        format: 1,
        cluster: connection.file.name.clone(),
        id: format!("{:032x}", connection.file.founding.cluster.0),
        height,
        head: hex(&sealed),
    };
    let file = OpenOptions::new().write(true).create_new(true).open(out);
    let mut file = file.with_context(|| format!("{} cannot be written", out.display()))?;
    writeln!(file, "{}", serde_json::to_string(&heading)?)?;
    Ok((file, (height, head(&heading.head)?)))
}

fn append(out: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().append(true).open(out);
    file.with_context(|| format!("{} cannot be written", out.display()))
}

impl Read {
    fn ensure_whole(&self) -> anyhow::Result<()> {
        match self.faults.first() {
            Some(fault) => Err(anyhow::anyhow!("it is not continued, because {fault}")),
            None => Ok(()),
        }
    }
}
