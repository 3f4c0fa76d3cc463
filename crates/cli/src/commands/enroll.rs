//! `tanba enroll`: files and folders of prints into a gallery.

pub(crate) mod intake;
pub(crate) mod jobs;
mod remote;
pub(crate) mod tally;

use crate::gallery;
use crate::load::ResolutionArgument;
use crate::output::Output;
use anyhow::Context;
use formats::naming::Pattern;
use intake::{Intake, NewPrint, Refusal, Rules, take_in};
use jobs::{Declaration, Job, Jobs};
use node::{EnrollOutcome, Node};
use operation::connection::MaybeCluster;
use rayon::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use tally::{Enrolled, Rejection, Tally};
use vocabulary::{FingerPosition, FingerStatus, ImpressionKey, SubjectId};

/// Bytes of files extracted and written together at most; one file may be larger.
const BATCH_BYTES: u64 = 64 << 20;

/// Arguments of `tanba enroll`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 all enrolled or enrolled before, 2 error, 3 some files were rejected.
With --format json, every print is a line of its own, written once it is safe on disk; the last line
is the summary.

A manifest is a CSV file with the columns subject, position, type, file, ppi, impression, status, of
which only subject must be there. A line with the status missing or amputated has no file.

Examples:
  tanba enroll prints/ --data gallery
  tanba enroll prints/ --data gallery --pattern '{subject}/{position}_{impression}'
  tanba enroll --manifest people.csv --data gallery --rejects rejects.csv
  tanba enroll scans/*.wsq --data gallery --ppi 1000 --no-images
  tanba enroll 7_1.png --data gallery --amputated 7:left-ring
  tanba enroll prints/ --cluster cluster.toml

In a cluster, all prints of a subject that are enrolled together are one encounter; images are not
sent, and subjects have at most 16 bytes.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) sources: Sources,
    #[command(flatten)]
    resolution: ResolutionArgument,
    /// Do not keep the images; reports then show no pictures, and no later release can extract
    /// better templates from them.
    #[arg(long)]
    no_images: bool,
}

/// What to enroll and under which rules; shared with `tanba import`.
#[derive(clap::Args)]
pub(crate) struct Sources {
    /// Files, and folders that are searched for files.
    #[arg(value_name = "PATH", required_unless_present_any = ["manifest", "missing", "amputated"])]
    paths: Vec<PathBuf>,
    /// The folder of the gallery; it is created when there is none.
    #[arg(long, value_name = "DIR", required_unless_present = "cluster")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cluster: MaybeCluster,
    /// What a cluster does with a person who seems to be enrolled as somebody else.
    #[arg(long, value_enum, default_value_t = remote::Duplicates::Hold, requires = "cluster",
          help_heading = "Cluster")]
    duplicates: remote::Duplicates,
    /// What file names say; placeholders are {subject}, {position}, {impression} and {*}.
    #[arg(long, default_value = "{subject}_{impression}", conflicts_with = "manifest")]
    pattern: Pattern,
    /// A CSV file that says whose prints the files hold.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    manifest: Option<PathBuf>,
    /// Finger of the files whose name or manifest line does not say it.
    #[arg(long, value_name = "FINGER")]
    position: Option<FingerPosition>,
    /// Least quality of a print, 0 to 100.
    #[arg(long, value_name = "QUALITY", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    min_quality: u8,
    /// A finger that cannot be printed now.
    #[arg(long, value_name = "SUBJECT:FINGER")]
    missing: Vec<SubjectFinger>,
    /// A finger that is amputated.
    #[arg(long, value_name = "SUBJECT:FINGER")]
    amputated: Vec<SubjectFinger>,
    /// Files extracted together, then written with one disk sync: more are a little faster, fewer
    /// are acknowledged sooner.
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    sync_every: u16,
    /// Also write the rejected files and why to this CSV file.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// A finger of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubjectFinger {
    subject: SubjectId,
    position: FingerPosition,
}

impl FromStr for SubjectFinger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (subject, position) = text
            .rsplit_once(':')
            .ok_or("give a subject and a finger, such as kz-1:left-ring".to_owned())?;
        let subject = SubjectId::new(subject).map_err(|e| e.to_string())?;
        let position = position.parse().map_err(|e| format!("{e}"))?;
        Ok(Self { subject, position })
    }
}

/// Enrolls.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let Arguments { sources, resolution, no_images } = arguments;
    let rules = Rules {
        quality_min: sources.quality_min(),
        keep_images: !no_images,
        templates_only: false,
    };
    enroll(&sources, resolution.ppi, rules, output)
}

/// Enrolls everything that `sources` names; also the work of `tanba import`.
pub(crate) fn enroll(
    sources: &Sources,
    ppi: Option<f32>,
    rules: Rules,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let jobs = sources.jobs(ppi)?;
    if let Some(connection) = sources.cluster.connect()? {
        return remote::enroll(jobs, rules, sources, &connection, output);
    }
    let data = sources.data.as_deref().context("give --data or --cluster")?;
    let node = gallery::open(data, &gallery::options().creating(), output)?;
    let mut tally = Tally::new(output);
    tally.ignored = jobs.ignored;
    for rejection in jobs.rejections {
        tally.rejected(rejection)?;
    }
    for declaration in &jobs.declarations {
        declare(&node, declaration, &mut tally)?;
    }
    let progress = output.progress("Enrolling", jobs.jobs.len() as u64);
    let take_in = |job: &Job| {
        let taken = take_in(job, &node, rules);
        progress.advance(1);
        taken
    };
    for batch in batches(&jobs.jobs, usize::from(sources.sync_every)) {
        let taken: Vec<_> = batch.par_iter().map(take_in).collect();
        write(&node, batch, taken, &mut tally).with_context(|| {
            "the enrollment stopped; what was acknowledged is safe, and the same command goes on \
             where it stopped"
        })?;
    }
    progress.finish();
    Ok(tally.finish(sources.rejects.as_deref())?.into())
}

impl Sources {
    /// Least quality of a print.
    pub(crate) const fn quality_min(&self) -> u8 {
        self.min_quality
    }

    fn jobs(&self, ppi: Option<f32>) -> anyhow::Result<Jobs> {
        let mut jobs = match &self.manifest {
            Some(manifest) => jobs::from_manifest(manifest, ppi)?,
            None => jobs::from_paths(&self.paths, &self.pattern, ppi)?,
        };
        for job in &mut jobs.jobs {
            job.position = job.position.or(self.position);
        }
        let fingers = [
            (&self.missing, FingerStatus::UnableToPrint),
            (&self.amputated, FingerStatus::Amputated),
        ];
        for (fingers, status) in fingers {
            jobs.declarations.extend(fingers.iter().cloned().map(|finger| {
                let SubjectFinger { subject, position } = finger;
                Declaration { subject, position, status }
            }));
        }
        Ok(jobs)
    }
}

/// Declares a finger; what cannot be declared is rejected.
fn declare(node: &Node, finger: &Declaration, tally: &mut Tally<'_>) -> anyhow::Result<()> {
    match node.declare_finger(&finger.subject, finger.position, finger.status) {
        Ok(()) => tally.declared(finger),
        Err(error @ node::NodeError::FingerEnrolled { .. }) => {
            let place = format!("{}:{}", finger.subject, finger.position);
            tally.rejected(Rejection::new(place, error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Jobs in pieces of bounded count and size.
fn batches(jobs: &[Job], files_max: usize) -> impl Iterator<Item = &[Job]> {
    let mut rest = jobs;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |job: &&Job| {
            bytes += std::fs::metadata(&job.path).map_or(0, |metadata| metadata.len());
            bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(files_max).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(batch)
    })
}

/// Writes what was taken in, then says so.
fn write(
    node: &Node,
    batch: &[Job],
    taken: Vec<Result<Intake, Refusal>>,
    tally: &mut Tally<'_>,
) -> anyhow::Result<()> {
    let mut enrollments = Vec::new();
    let mut written: Vec<(String, Written)> = Vec::new();
    for (job, taken) in batch.iter().zip(taken) {
        let file = job.path.display().to_string();
        match taken {
            Err(refusal) => tally.rejected(Rejection::new(file, refusal))?,
            Ok(Intake::Known) => tally.skipped(&file)?,
            Ok(Intake::New(prints)) => {
                for NewPrint { enrollment, resolution } in prints {
                    let header = enrollment.template.header();
                    let (quality, minutiae) =
                        (header.quality, enrollment.template.minutiae().len());
                    let key = enrollment.key.clone();
                    written.push((file.clone(), Written { key, quality, minutiae, resolution }));
                    enrollments.push(enrollment);
                }
            }
        }
    }
    let outcomes = node.enroll(enrollments)?;
    for ((file, print), outcome) in written.into_iter().zip(outcomes) {
        let Written { key, quality, minutiae, resolution } = print;
        match outcome {
            EnrollOutcome::Enrolled => {
                tally.enrolled(&file, &Enrolled { key: &key, quality, minutiae, resolution })?;
            }
            EnrollOutcome::AlreadyEnrolled => tally.skipped(&file)?,
            EnrollOutcome::Conflict => {
                tally.rejected(Rejection::new(file, Refusal::Conflict(key)))?;
            }
            EnrollOutcome::FingerAbsent(_) => {
                tally.rejected(Rejection::new(file, Refusal::Amputated(key)))?;
            }
        }
    }
    Ok(())
}

/// A print handed to the node.
struct Written {
    key: ImpressionKey,
    quality: u8,
    minutiae: usize,
    resolution: Option<crate::load::Resolution>,
}
