//! Erasing in a cluster: a place in the log after which nobody is found.

use super::Arguments;
use crate::output::{Exit, Output, write_file};
use anyhow::{Context, bail};
use coordinator::command::{Erase, ErasureTarget, Outcome, Refusal};
use operation::connection::Connection;
use operation::names::person_of;
use operation::receipt::ErasureReceipt;
use operation::words::refusal;
use proto::Field;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use transport::Change;

/// What became of a subject.
#[derive(Debug, Serialize)]
struct Erased {
    subject: String,
    found: bool,
    /// Where in the log; of the first time, when it was erased before.
    index: Option<u64>,
    before: bool,
}

#[derive(Debug, Serialize)]
struct Answer {
    dry_run: bool,
    basis: u16,
    subjects: Vec<Erased>,
}

/// Erases.
pub(super) fn erase(
    arguments: &Arguments,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let basis = arguments.basis.context("give the code of the legal basis: --basis")?;
    let dry_run = arguments.dry_run;
    if !dry_run && !arguments.yes {
        bail!("an erasure in a cluster cannot be undone: give --yes");
    }
    if arguments.receipt.is_some() && arguments.subjects.len() > 1 {
        bail!("a receipt is of one erasure: erase one subject at a time");
    }
    let mut subjects = Vec::new();
    let mut signed = None;
    for subject in &arguments.subjects {
        let target = ErasureTarget::Person(person_of(subject)?);
        let subject = subject.to_string();
        if dry_run {
            subjects.push(Erased { subject, found: true, index: None, before: false });
            continue;
        }
        let erase = Erase { target, basis, requester: 0, approver: None };
        let done = connection.wait(connection.client.change(Change::Erase(erase.to_wire())));
        let done = done.with_context(|| format!("{subject} may not be erased: ask again"))?;
        let (found, index, before) = match done.outcome {
            Outcome::Applied => (true, Some(done.index), false),
            Outcome::AlreadyApplied(index) => (true, Some(index), true),
            Outcome::Refused(Refusal::NotFound) => (false, None, false),
            other => bail!("{subject}: not erased: {}", refusal(other).unwrap_or("unknown")),
        };
        subjects.push(Erased { subject, found, index, before });
        signed = done.receipt;
    }
    if let (Some(path), Some(index)) = (&arguments.receipt, subjects[0].index) {
        let person = person_of(&arguments.subjects[0])?;
        let receipt = ErasureReceipt::take(connection, person.0, index, signed.as_ref())?;
        write_receipt(path, &receipt, output)?;
    }
    let all_found = subjects.iter().all(|subject| subject.found);
    output.answer(&Answer { dry_run, basis, subjects }, text)?;
    Ok(if all_found { Exit::Found } else { Exit::NotFound }.into())
}

fn write_receipt(path: &Path, receipt: &ErasureReceipt, output: &Output) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(receipt)?;
    write_file(path, format!("{text}\n").as_bytes())?;
    if !receipt.is_durable_everywhere {
        output.warning(format!(
            "{}: some replicas do not have it on disk yet: see which, and ask again",
            path.display()
        ));
    }
    Ok(())
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for Erased { subject, found, index, before } in &answer.subjects {
        let at = index.map(|index| format!(" at {index}")).unwrap_or_default();
        let line = match (answer.dry_run, found, before) {
            (true, ..) => format!("{subject}: would be erased"),
            (_, false, _) => format!("{subject}: not in the cluster"),
            (_, _, true) => format!("{subject}: erased before{at}"),
            (_, _, false) => {
                format!("{subject}: erased{at}, basis {}; no search finds it after", answer.basis)
            }
        };
        writeln!(text, "{line}").expect("memory takes any text");
    }
    text
}
