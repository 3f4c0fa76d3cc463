//! `tanba erase`: everything about a person out of a gallery.

mod remote;

use crate::gallery;
use crate::output::{Exit, Output};
use crate::report::words::{REFERENCES, counted};
use anyhow::{Context, bail};
use node::{ErasureReceipt, OnDamage};
use operation::connection::MaybeCluster;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use vocabulary::SubjectId;

/// Arguments of `tanba erase`.
#[derive(clap::Args)]
#[command(after_help = "\
Removes all references, images and finger declarations of the subjects from memory and from every
file of the gallery before it says so. It cannot be undone. Backups are not touched.

Exit codes: 0 erased, 1 a subject is not in the gallery, 2 error.

Examples:
  tanba erase kz-7 --data gallery
  tanba erase kz-7 kz-8 --data gallery --yes
  tanba erase kz-7 --data gallery --dry-run
  tanba erase kz-7 --cluster cluster.toml --basis 17 --yes --receipt erased-kz-7.json

In a cluster, nobody finds the person any more once this returns, and the subject can never be
enrolled again; the files of nodes let go of the bytes as they are compacted.")]
pub(crate) struct Arguments {
    /// Whom to erase.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<SubjectId>,
    /// The folder of the gallery.
    #[arg(long, value_name = "DIR", required_unless_present = "cluster")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cluster: MaybeCluster,
    /// The code of the legal basis, as it is to stand on record.
    #[arg(
        long,
        value_name = "CODE",
        requires = "cluster",
        required_unless_present = "data",
        help_heading = "Cluster"
    )]
    basis: Option<u16>,
    /// Also write a receipt to this new file: where the erasure stands in the log and the audit
    /// chain, and how far replicas have it on disk. For one subject.
    #[arg(
        long,
        value_name = "FILE",
        requires = "cluster",
        conflicts_with = "dry_run",
        help_heading = "Cluster"
    )]
    receipt: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Only say what would be erased.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

/// What was erased of a subject, or would be.
#[derive(Debug, Serialize)]
struct Erased {
    subject: String,
    found: bool,
    references: u64,
    images: u64,
    declarations: u64,
}

#[derive(Debug, Serialize)]
struct Answer {
    dry_run: bool,
    subjects: Vec<Erased>,
}

/// Erases.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    if let Some(connection) = arguments.cluster.connect()? {
        return remote::erase(&arguments, &connection, output);
    }
    let data = arguments.data.as_deref().context("give --data or --cluster")?;
    // A damaged reference must not keep its own subject from being erased.
    let mut options = gallery::options();
    options.on_damage = OnDamage::LeaveOut;
    let node = gallery::open(data, &options, output)?;
    let mut subjects: Vec<&SubjectId> = Vec::new();
    for subject in &arguments.subjects {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let mut planned = Vec::new();
    for subject in &subjects {
        planned.push(Erased::new(subject, &node.erasable(subject)?));
    }
    let dry_run = arguments.dry_run;
    let (subjects, failure) = if dry_run || !planned.iter().any(|plan| plan.found) {
        (planned, None)
    } else {
        if !arguments.yes && !confirmed(&planned)? {
            bail!("nothing was erased");
        }
        erase_each(&subjects, |subject| Ok(node.erase(subject)?))
    };
    let all_found = subjects.iter().all(|subject| subject.found);
    // Also after a failure: who is gone cannot be asked for again.
    output.answer(&Answer { dry_run, subjects }, text)?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(if all_found { Exit::Found } else { Exit::NotFound }.into()),
    }
}

/// Erases one after the other up to the first failure: what was erased, and the failure with whose
/// turn it was and who is left.
fn erase_each(
    subjects: &[&SubjectId],
    erase: impl Fn(&SubjectId) -> anyhow::Result<ErasureReceipt>,
) -> (Vec<Erased>, Option<anyhow::Error>) {
    let mut erased = Vec::new();
    for (done, subject) in subjects.iter().enumerate() {
        match erase(subject) {
            Ok(receipt) => erased.push(Erased::new(subject, &receipt)),
            Err(error) => {
                let left = subjects.len() - done - 1;
                let context = match left {
                    0 => format!("{subject} was not erased"),
                    1 => format!("{subject} was not erased, nor the one subject after"),
                    _ => format!("{subject} was not erased, nor the {left} subjects after"),
                };
                return (erased, Some(error.context(context)));
            }
        }
    }
    (erased, None)
}

impl Erased {
    fn new(subject: &SubjectId, receipt: &ErasureReceipt) -> Self {
        let ErasureReceipt { references, images, declarations, .. } = *receipt;
        let (subject, found) = (subject.to_string(), receipt.found());
        Self { subject, found, references, images, declarations }
    }
}

/// Asks on the terminal; without one, `--yes` is needed.
fn confirmed(planned: &[Erased]) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!("an erasure cannot be undone: give --yes to erase without being asked");
    }
    let references: u64 = planned.iter().map(|plan| plan.references).sum();
    let subjects = planned.iter().filter(|plan| plan.found).count() as u64;
    let subjects = counted(subjects, ["subject", "subjects"]);
    let references = counted(references, REFERENCES);
    eprint!("Erase {subjects} with {references} for good? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for erased in &answer.subjects {
        let Erased { subject, found, references, images, declarations } = erased;
        let verb = if answer.dry_run { "would be erased" } else { "erased" };
        let line = if *found {
            format!(
                "{subject}: {verb}: {}, {}, {}",
                counted(*references, REFERENCES),
                counted(*images, ["image", "images"]),
                counted(*declarations, ["finger declaration", "finger declarations"]),
            )
        } else {
            format!("{subject}: not in the gallery")
        };
        writeln!(text, "{line}").expect("memory takes any text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_it_is_said_who_is_gone_and_who_is_left() {
        let subjects = ["a", "b", "c", "d"].map(|id| SubjectId::new(id).unwrap());
        let subjects: Vec<&SubjectId> = subjects.iter().collect();
        let receipt = ErasureReceipt { references: 2, ..ErasureReceipt::default() };
        let erase = |failing: &'static str| {
            let receipt = receipt.clone();
            move |subject: &SubjectId| match subject.as_str() {
                name if name == failing => bail!("the disk is full"),
                _ => Ok(receipt.clone()),
            }
        };
        let (erased, failure) = erase_each(&subjects, erase("b"));
        assert_eq!(erased.iter().map(|e| &*e.subject).collect::<Vec<_>>(), ["a"]);
        let said = format!("{:#}", failure.unwrap());
        assert_eq!(said, "b was not erased, nor the 2 subjects after: the disk is full");
        let (erased, failure) = erase_each(&subjects, erase("d"));
        assert_eq!((erased.len(), failure.unwrap().to_string().as_str()), (3, "d was not erased"));
        assert!(erase_each(&subjects, erase("nobody")).1.is_none());
    }
}
