//! `tanba verify`: are two prints of the same finger, or two sets of prints of the same person? Are
//! these prints of who is enrolled under this name?

mod remote;

use crate::comparing::{Compared, OtherExtractors, compare_persons};
use crate::gallery;
use crate::load::{Print, PrintSummary, ResolutionArgument, load, note_estimates};
use crate::output::{Exit, Output, write_file};
use crate::report::words;
use crate::table::{Align, Table};
use anyhow::{Context, bail, ensure};
use matching::calibration::Calibration;
use operation::connection::MaybeCluster;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::words::counted;
use vocabulary::{Similarity, SubjectId};

/// Arguments of `tanba verify`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 the threshold is met, 1 it is not, 2 error, 3 the answer of a cluster is incomplete.

Examples:
  tanba verify a.png b.png
  tanba verify --probe thumb1.png index1.png --reference thumb2.png index2.png
  tanba verify a.png b.iso --fmr 0.0001 --report ab.html
  tanba verify thumb.png index.png --subject kz-17 --data gallery
  tanba verify thumb.png index.png --subject kz-17 --cluster cluster.toml --purpose 3 --case 41")]
pub(crate) struct Arguments {
    /// The probe and the reference; with --subject, prints of who says to be that one.
    #[arg(value_name = "FILE", required_unless_present = "probe",
          conflicts_with_all = ["probe", "reference"])]
    files: Vec<PathBuf>,
    /// Compare with what is enrolled under this name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["probe", "reference"])]
    subject: Option<SubjectId>,
    /// The folder of the gallery that has the subject.
    #[arg(long, value_name = "DIR", requires = "subject")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cluster: MaybeCluster,
    #[command(flatten)]
    recorded: remote::RecordedArguments,
    /// Prints of one person; several fingers are fused.
    #[arg(long, num_args = 1.., value_name = "FILE", requires = "reference")]
    probe: Vec<PathBuf>,
    /// Prints of the person it is compared with.
    #[arg(long, num_args = 1.., value_name = "FILE", requires = "probe")]
    reference: Vec<PathBuf>,
    #[command(flatten)]
    resolution: ResolutionArgument,
    /// Similarity from which on the two are said to match; instead of --fmr.
    #[arg(long, value_name = "SIMILARITY", conflicts_with = "fmr")]
    threshold: Option<u32>,
    /// Set the threshold so that this share of comparisons of different persons matches.
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = crate::output::rate)]
    fmr: f64,
    /// What to do about prints made by different extractors.
    #[arg(long, value_enum, default_value_t = OtherExtractors::Refuse, conflicts_with = "cluster")]
    other_extractors: OtherExtractors,
    /// Write a self-contained HTML report.
    #[arg(long, value_name = "FILE", conflicts_with = "cluster")]
    report: Option<PathBuf>,
}

/// The decision when the threshold is met.
const MATCH: &str = "match";

/// The answer.
#[derive(Serialize)]
pub(crate) struct Verification {
    pub(crate) probe: Vec<PrintSummary>,
    pub(crate) reference: Vec<PrintSummary>,
    pub(crate) similarity: u32,
    pub(crate) fingers_compared: usize,
    pub(crate) log10_likelihood_ratio: f64,
    pub(crate) likelihood_words: &'static str,
    pub(crate) false_match_rate: f64,
    pub(crate) threshold: u32,
    pub(crate) threshold_from: String,
    pub(crate) decision: &'static str,
    pub(crate) fingers: Vec<Finger>,
}

/// One comparison that counts.
#[derive(Serialize)]
pub(crate) struct Finger {
    pub(crate) probe: String,
    pub(crate) reference: String,
    pub(crate) similarity: u32,
    pub(crate) paired_minutiae: usize,
}

/// Compares and decides.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    if let Some(connection) = connection {
        let subject = arguments.subject.as_ref().context("name who it is said to be: --subject")?;
        return remote::verify(&arguments, subject, &connection, output);
    }
    let (probe, reference) = sides(&arguments, output)?;
    let compared = compare_persons(&probe, &reference, arguments.other_extractors)?;
    let answer = answer(&arguments, &probe, &reference, &compared);
    warn_of_copies(&probe, &reference, output);
    note_estimates(&probe, output);
    note_estimates(&reference, output);
    output.answer(&answer, text)?;
    if let Some(path) = &arguments.report {
        let html = crate::report::verification::page(&answer, &probe, &reference, &compared);
        write_file(path, html.as_bytes())?;
        output.note(format!("report written to {}", path.display()));
    }
    Ok(if answer.decision == MATCH { Exit::Found } else { Exit::NotFound }.into())
}

/// The prints to compare.
fn sides(arguments: &Arguments, output: &Output) -> anyhow::Result<(Vec<Print>, Vec<Print>)> {
    let read = |paths: &[PathBuf]| read_side(paths, arguments.resolution.ppi);
    if let Some(subject) = &arguments.subject {
        let data = arguments.data.as_deref().context("give --data or --cluster")?;
        let node = gallery::open(data, &gallery::options(), output)?;
        let references: Vec<Print> =
            node.references(subject)?.into_iter().map(Print::enrolled).collect();
        ensure!(!references.is_empty(), "nobody is enrolled as {subject} in {}", data.display());
        return Ok((read(&arguments.files)?, references));
    }
    match arguments.files.as_slice() {
        [] => Ok((read(&arguments.probe)?, read(&arguments.reference)?)),
        [probe, reference] => Ok((read(&[probe.to_owned()])?, read(&[reference.to_owned()])?)),
        files => bail!(
            "{} given: give a probe and a reference, or --probe and --reference, or --subject",
            counted(files.len() as u64, ["file is", "files are"])
        ),
    }
}

fn read_side(paths: &[PathBuf], ppi: Option<f32>) -> anyhow::Result<Vec<Print>> {
    let mut prints = Vec::new();
    for path in paths {
        prints.extend(load(path, ppi).with_context(|| path.display().to_string())?);
    }
    Ok(prints)
}

/// Comparing a file with itself is the commonest mistake in a first trial.
fn warn_of_copies(probe: &[Print], reference: &[Print], output: &Output) {
    for print in probe {
        if let Some(same) = reference.iter().find(|other| other.digest == print.digest) {
            let (one, other) = (print.name(), same.name());
            output.warning(format!("{one} and {other} are copies of one file, not two prints"));
        }
    }
}

fn answer(
    arguments: &Arguments,
    probe: &[Print],
    reference: &[Print],
    compared: &Compared,
) -> Verification {
    let calibration = Calibration::shipped();
    let (similarity, fingers) = (compared.similarity, compared.fingers);
    let ways = compared.ways as f64;
    let (threshold, threshold_from) = match arguments.threshold {
        Some(thousandths) => (Similarity::from_thousandths(thousandths), "given".to_owned()),
        None => (
            // One reference person: a false positive of the search is a false match.
            calibration.threshold_for_fpir(arguments.fmr / ways, fingers, 1),
            format!("false match rate {}", words::target(arguments.fmr)),
        ),
    };
    let ratio = calibration.log_likelihood_ratio(similarity, fingers) - ways.log10();
    Verification {
        probe: probe.iter().map(Print::summary).collect(),
        reference: reference.iter().map(Print::summary).collect(),
        similarity: similarity.thousandths(),
        fingers_compared: fingers,
        log10_likelihood_ratio: ratio,
        likelihood_words: words::likelihood_words(ratio),
        false_match_rate: (ways * calibration.false_match_rate(similarity, fingers)).min(1.0),
        threshold: threshold.thousandths(),
        threshold_from,
        decision: if similarity.meets(threshold) { MATCH } else { "no match" },
        fingers: compared
            .contributions
            .iter()
            .map(|c| Finger {
                probe: probe[c.probe].name(),
                reference: reference[c.reference].name(),
                similarity: c.comparison.similarity.thousandths(),
                paired_minutiae: c.comparison.pairs.len(),
            })
            .collect(),
    }
}

fn text(answer: &Verification) -> String {
    let mut prints = Table::new(&[
        ("side", Align::Left),
        ("file", Align::Left),
        ("resolution", Align::Left),
        ("quality", Align::Right),
        ("minutiae", Align::Right),
    ]);
    let sides = [("probe", &answer.probe), ("reference", &answer.reference)];
    for (side, print) in sides.iter().flat_map(|(side, all)| all.iter().map(move |p| (*side, p))) {
        prints.row([
            side.to_owned(),
            print.file.clone(),
            print.resolution.map_or("template".to_owned(), |r| r.to_string()),
            print.quality.to_string(),
            print.minutiae.to_string(),
        ]);
    }
    let mut fingers = Table::new(&[
        ("probe", Align::Left),
        ("reference", Align::Left),
        ("similarity", Align::Right),
        ("paired minutiae", Align::Right),
    ]);
    for finger in &answer.fingers {
        let (similarity, paired) = (finger.similarity, finger.paired_minutiae);
        let (similarity, paired) = (similarity.to_string(), paired.to_string());
        fingers.row([finger.probe.clone(), finger.reference.clone(), similarity, paired]);
    }
    format!(
        "{}\n{}\n\
         similarity        {}\n\
         threshold         {} ({})\n\
         likelihood ratio  {} ({})\n\
         false match rate  {}\n\
         decision          {}\n",
        prints.render(),
        fingers.render(),
        answer.similarity,
        answer.threshold,
        answer.threshold_from,
        words::likelihood_number(answer.log10_likelihood_ratio),
        answer.likelihood_words,
        words::small(answer.false_match_rate),
        answer.decision,
    )
}
