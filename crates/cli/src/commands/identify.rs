//! `tanba identify`: whose prints are these?

mod remote;

use crate::comparing::OtherExtractors;
use crate::device::DeviceArgument;
use crate::gallery::{self, SearchProgress};
use crate::identification::{Answer, Search};
use crate::load::{Print, ResolutionArgument, load, note_estimates};
use crate::output::{Exit, Output, rate, write_file};
use anyhow::{Context, anyhow, bail};
use node::Node;
use operation::connection::MaybeCluster;
use search::{Options, PositionRule, Probe, SearchError, Threshold};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use vocabulary::{FingerPosition, ImpressionKey, Similarity};

/// Arguments of `tanba identify`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 a candidate meets the threshold, 1 none does, 2 error, 3 none does and the answer of
the cluster is incomplete.

Examples:
  tanba identify found.png --data gallery
  tanba identify thumb.wsq index.wsq --data gallery --report found.html
  tanba identify found.png --data gallery --position right-index --fpir 0.0001
  tanba identify found.png --data gallery --top 5 --format json
  tanba identify found.png --data gallery --device gpu:0
  tanba identify found.png --cluster cluster.toml --purpose 3 --case 20261126")]
pub(crate) struct Arguments {
    /// Prints of one unknown person, images or templates; several are fused.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder of the gallery.
    #[arg(long, value_name = "DIR", required_unless_present = "cluster")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cluster: MaybeCluster,
    #[command(flatten)]
    search: remote::SearchArguments,
    /// Most candidates on the list.
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    top: u16,
    /// Which finger the prints are of, by name or code: one for all files, or one per file.
    #[arg(long, value_name = "FINGER")]
    position: Vec<FingerPosition>,
    /// Compare with every finger, whatever the labels say.
    #[arg(long, conflicts_with = "cluster")]
    any_position: bool,
    /// Similarity from which on a candidate is said to match; instead of --fpir.
    #[arg(long, value_name = "SIMILARITY", conflicts_with = "fpir")]
    threshold: Option<u32>,
    /// Set the threshold so that this share of searches returns a wrong person.
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = rate)]
    fpir: f64,
    #[command(flatten)]
    device: DeviceArgument,
    #[command(flatten)]
    resolution: ResolutionArgument,
    /// What to do about references made by another extractor than the probe.
    #[arg(long, value_enum, default_value_t = OtherExtractors::Refuse, conflicts_with = "cluster")]
    other_extractors: OtherExtractors,
    /// Write a self-contained HTML report.
    #[arg(long, value_name = "FILE", conflicts_with = "cluster")]
    report: Option<PathBuf>,
    /// Candidates shown with their pictures in the report.
    #[arg(long, value_name = "N", default_value_t = 5)]
    report_pictures: usize,
}

/// Searches and answers.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    if let Some(connection) = arguments.cluster.connect()? {
        let prints = read_probe(&arguments)?;
        note_estimates(&prints, output);
        return remote::identify(&arguments, &prints, &connection, output);
    }
    let data = arguments.data.as_deref().context("give --data or --cluster")?;
    let device = arguments.device.open()?;
    let prints = read_probe(&arguments)?;
    note_estimates(&prints, output);
    let gallery_options = gallery::options().on(device.kernels(output));
    let node = gallery::open(data, &gallery_options, output)?;
    let probe = Probe { prints: prints.iter().map(|print| print.template.clone()).collect() };
    let options = options(&arguments);
    let started = Instant::now();
    let identification = node.identify(&probe, &options, &SearchProgress::new(output));
    let identification = identification.map_err(with_option)?;
    let seconds = started.elapsed().as_secs_f64();
    let search = Search { prints: &prints, options: &options, identification: &identification };
    let mut answer = Answer::new(&search, node.runs_on(), seconds);
    answer.remarks = copies(&search, &node)?;
    output.answer(&answer, Answer::text)?;
    if let Some(path) = &arguments.report {
        let pictures = arguments.report_pictures;
        let html = crate::report::identification::page(&answer, &search, &node, pictures)?;
        write_file(path, html.as_bytes())?;
        output.note(format!("report written to {}", path.display()));
    }
    Ok(if identification.found() { Exit::Found } else { Exit::NotFound }.into())
}

/// Names the option by which an error can be answered.
fn with_option(error: SearchError) -> anyhow::Error {
    match error {
        SearchError::ExtractorVersion { .. } => anyhow!("{error} (--other-extractors)"),
        error => error.into(),
    }
}

fn options(arguments: &Arguments) -> Options {
    Options {
        list_length: usize::from(arguments.top),
        positions: match arguments.any_position {
            true => PositionRule::Any,
            false => PositionRule::AsLabeled,
        },
        extractors: arguments.other_extractors.rule(),
        threshold: match arguments.threshold {
            Some(thousandths) => Threshold::Similarity(Similarity::from_thousandths(thousandths)),
            None => Threshold::Fpir(arguments.fpir),
        },
        ..Options::default()
    }
}

/// Says which prints are enrolled themselves: comparing a file with itself is the commonest mistake
/// in a first trial.
fn copies(search: &Search<'_>, node: &Node) -> anyhow::Result<Vec<String>> {
    let mut remarks = Vec::new();
    for (candidate, detail) in search.identification.ranked() {
        for finger in &detail.fingers {
            let key = ImpressionKey {
                subject: candidate.subject.clone(),
                position: finger.position,
                impression: finger.impression.clone(),
            };
            let print = &search.prints[finger.probe_print];
            if node.digest(&key)? == Some(print.digest) {
                let name = print.name();
                remarks.push(format!(
                    "{name} is itself enrolled as {key}: this is a copy, no second print"
                ));
            }
        }
    }
    Ok(remarks)
}

/// Reads all files; `--position` labels every print of its file.
fn read_probe(arguments: &Arguments) -> anyhow::Result<Vec<Print>> {
    let positions = &arguments.position;
    if positions.len() > 1 && positions.len() != arguments.files.len() {
        let (given, files) = (positions.len(), arguments.files.len());
        bail!("{given} positions were given for {files} files: give one, or one per file");
    }
    let mut prints = Vec::new();
    for (index, path) in arguments.files.iter().enumerate() {
        let of_file =
            load(path, arguments.resolution.ppi).with_context(|| path.display().to_string())?;
        let position = positions.get(index).or(positions.first()).copied();
        prints.extend(of_file.into_iter().map(|print| match position {
            Some(position) => print.at_position(position),
            None => print,
        }));
    }
    Ok(prints)
}
