//! `tanba erase`: everything about a person out of a gallery.

use crate::gallery;
use crate::output::{Exit, Output};
use anyhow::bail;
use node::{ErasureReceipt, OnDamage};
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
  tanba erase kz-7 --data gallery --dry-run")]
pub(crate) struct Arguments {
    /// Whom to erase.
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<SubjectId>,
    /// The folder of the gallery.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
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
    // A damaged reference must not keep its own subject from being erased.
    let mut options = gallery::options();
    options.on_damage = OnDamage::LeaveOut;
    let node = gallery::open(&arguments.data, &options, output)?;
    let mut planned = Vec::new();
    for subject in &arguments.subjects {
        planned.push(Erased::new(subject, &node.erasable(subject)?));
    }
    let dry_run = arguments.dry_run;
    let subjects = if dry_run || !planned.iter().any(|plan| plan.found) {
        planned
    } else {
        if !arguments.yes && !confirmed(&planned)? {
            bail!("nothing was erased");
        }
        let erased = arguments
            .subjects
            .iter()
            .map(|subject| Ok(Erased::new(subject, &node.erase(subject)?)));
        erased.collect::<anyhow::Result<_>>()?
    };
    let all_found = subjects.iter().all(|subject| subject.found);
    output.answer(&Answer { dry_run, subjects }, text)?;
    Ok(if all_found { Exit::Found } else { Exit::NotFound }.into())
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
    let subjects = planned.iter().filter(|plan| plan.found).count();
    eprint!("Erase {subjects} subjects with {references} references for good? [y/N] ");
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
                "{subject}: {verb}: {references} references, {images} images, {declarations} \
                 finger declarations"
            )
        } else {
            format!("{subject}: not in the gallery")
        };
        writeln!(text, "{line}").expect("memory takes any text");
    }
    text
}
