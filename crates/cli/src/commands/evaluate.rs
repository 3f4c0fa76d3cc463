//! `tanba evaluate`: how well do comparison and search work on your own prints?

use crate::load::ResolutionArgument;
use crate::output::{Exit, Output, write_file};
use crate::report::words::{PERSONS, PRINTS, counted, percent, target};
use crate::table::{Align, Table};
use crate::trial::{self, TrialPrint};
use anyhow::{Context, bail};
use clap::ValueEnum;
use evaluation::{
    Bootstrap, ComparisonPlan, EqualErrorRate, ErrorRates, Histogram, IdentificationRates,
    Interval, Measurement, Proportion, Protocol,
};
use formats::naming::Pattern;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use vocabulary::ImpressionKey;

/// Arguments of `tanba evaluate`.
#[derive(clap::Args)]
#[command(after_help = "\
The folder holds several impressions of each finger, as images or templates. Nothing is enrolled
and nothing is written but the report. A file that cannot be used counts as a failure to enroll.

Examples:
  tanba evaluate prints/ --report evaluation.html
  tanba evaluate prints/ --pattern '{subject}_{position}_{impression}' --protocol all-pairs
  tanba evaluate prints/ --ppi 569 --extension tif --format json > evaluation.json")]
pub(crate) struct Arguments {
    /// The folder; folders in it are read too.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// How file names say whose print they hold.
    #[arg(long, default_value = "{subject}_{impression}")]
    pattern: Pattern,
    /// Take only files with this extension.
    #[arg(long, value_name = "EXT")]
    extension: Option<String>,
    #[command(flatten)]
    resolution: ResolutionArgument,
    /// Which prints are compared with which.
    #[arg(long, value_enum, default_value_t = ProtocolArgument::Fvc)]
    protocol: ProtocolArgument,
    /// Longest candidate list that counts in the searches.
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    ranks: u16,
    /// Samples of persons drawn for the intervals of confidence; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: u32,
    /// Write a self-contained HTML report with DET, CMC and score distributions.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Which prints are compared with which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProtocolArgument {
    /// That of the FVC competitions: all pairs of a finger; first impressions of different fingers.
    Fvc,
    /// All pairs of a finger; all pairs of different fingers.
    AllPairs,
}

/// The answer.
#[derive(Serialize)]
pub(crate) struct Evaluation {
    pub(crate) folder: String,
    pub(crate) protocol: &'static str,
    pub(crate) persons: usize,
    pub(crate) prints: usize,
    pub(crate) files_ignored: usize,
    pub(crate) resolutions: Vec<String>,
    pub(crate) failure_to_enroll: Proportion,
    pub(crate) failures: Vec<Failure>,
    pub(crate) comparisons: ErrorRates,
    pub(crate) comparisons_undecided: u64,
    pub(crate) searches: Option<IdentificationRates>,
    pub(crate) distribution: Histogram,
    pub(crate) hardest: Hardest,
    pub(crate) seconds: Seconds,
    pub(crate) versions: String,
}

/// A print that could not be used.
#[derive(Serialize)]
pub(crate) struct Failure {
    pub(crate) file: String,
    pub(crate) reason: String,
}

/// The comparisons to look at first.
#[derive(Serialize)]
pub(crate) struct Hardest {
    /// Lowest similarities of one finger.
    pub(crate) mated: Vec<Compared>,
    /// Highest similarities of two fingers.
    pub(crate) non_mated: Vec<Compared>,
}

/// One comparison.
#[derive(Serialize)]
pub(crate) struct Compared {
    pub(crate) probe: String,
    pub(crate) reference: String,
    pub(crate) similarity: u32,
}

/// How long it took.
#[derive(Serialize)]
pub(crate) struct Seconds {
    pub(crate) extraction: f64,
    pub(crate) comparison: f64,
    pub(crate) search: f64,
}

/// Evaluates and answers.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let extension = arguments.extension.as_deref().map(|e| e.trim_start_matches('.'));
    let extension = extension.map(str::to_ascii_lowercase);
    let (files, ignored) =
        trial::labeled_files(&arguments.dir, &arguments.pattern, extension.as_deref())?;
    if files.is_empty() {
        let (dir, pattern) = (arguments.dir.display(), &arguments.pattern);
        bail!("{dir} has no file named like {pattern}: give another --pattern or --extension");
    }
    let keys: Vec<ImpressionKey> = files.iter().map(|file| file.key.clone()).collect();
    let plan = ComparisonPlan::new(arguments.protocol.protocol(), &keys).context(
        "evaluate one set at a time, or tell the files apart with --pattern or --extension",
    )?;
    let started = Instant::now();
    let (prints, of_set) = trial::extract(files, arguments.resolution.ppi, output);
    let extraction = started.elapsed().as_secs_f64();
    if let Some(resolution) = of_set {
        output.note(format!("where files state no resolution: {resolution}"));
    }
    trial::check_one_extractor(&prints)?;
    let answer = evaluate(&arguments, &plan, &prints, (ignored, extraction), output)?;
    output.answer(&answer, text)?;
    if arguments.protocol == ProtocolArgument::Fvc && answer.comparisons.non_mated < 10_000 {
        output.note("--protocol all-pairs compares all impressions of different fingers");
    }
    if let Some(path) = &arguments.report {
        write_file(path, crate::report::evaluation::page(&answer).as_bytes())?;
        output.note(format!("report written to {}", path.display()));
    }
    Ok(if answer.failures.is_empty() { Exit::Found } else { Exit::Rejects }.into())
}

fn evaluate(
    arguments: &Arguments,
    plan: &ComparisonPlan,
    prints: &[TrialPrint],
    (files_ignored, extraction): (usize, f64),
    output: &Output,
) -> anyhow::Result<Evaluation> {
    let prepared = trial::prepare(prints);
    let started = Instant::now();
    let scores = trial::compare(plan, &prepared, output)?;
    let comparison = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let searches = trial::search_all(prints, &prepared, usize::from(arguments.ranks), output)?;
    let search = started.elapsed().as_secs_f64();
    let bootstrap = Bootstrap { replicates: arguments.bootstrap, ..Bootstrap::default() };
    let bootstrap = (arguments.bootstrap > 0).then_some(&bootstrap);
    let failures = failures(prints);
    Ok(Evaluation {
        folder: arguments.dir.display().to_string(),
        protocol: arguments.protocol.name(),
        persons: persons(prints),
        prints: prints.len(),
        files_ignored,
        resolutions: resolutions(prints),
        failure_to_enroll: evaluation::failure_to_enroll(
            failures.len() as u64,
            prints.len() as u64,
        ),
        failures,
        comparisons: ErrorRates::new(&scores, bootstrap)?,
        comparisons_undecided: plan.undecided(),
        searches: searches.map(|set| set.rates(bootstrap)).transpose()?,
        distribution: Histogram::new(&scores, 60),
        hardest: hardest(plan, &scores, prints),
        seconds: Seconds { extraction, comparison, search },
        versions: crate::report::parts::versions(),
    })
}

impl ProtocolArgument {
    const fn protocol(self) -> Protocol {
        match self {
            Self::Fvc => Protocol::Fvc,
            Self::AllPairs => Protocol::AllPairs,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fvc => "FVC",
            Self::AllPairs => "all pairs",
        }
    }
}

fn persons(prints: &[TrialPrint]) -> usize {
    let mut subjects: Vec<_> = prints.iter().map(|print| &print.labeled.key.subject).collect();
    subjects.dedup();
    subjects.len()
}

/// The distinct resolutions with how many prints had them.
fn resolutions(prints: &[TrialPrint]) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::new();
    for print in prints.iter().filter(|print| !print.resolution.is_empty()) {
        *counts.entry(&print.resolution).or_insert(0usize) += 1;
    }
    counts.into_iter().map(|(resolution, count)| format!("{count} at {resolution}")).collect()
}

fn failures(prints: &[TrialPrint]) -> Vec<Failure> {
    let failure = |print: &TrialPrint| {
        let reason = print.template.as_ref().err()?.clone();
        Some(Failure { file: print.labeled.path.display().to_string(), reason })
    };
    prints.iter().filter_map(failure).collect()
}

/// The five lowest mated and the five highest non-mated comparisons.
fn hardest(plan: &ComparisonPlan, scores: &evaluation::ScoreSet, prints: &[TrialPrint]) -> Hardest {
    let name = |index: u32| prints[index as usize].labeled.path.display().to_string();
    let compared = |pair: &evaluation::Pair, score: &evaluation::Score| {
        let similarity = score.similarity?.thousandths();
        Some(Compared { probe: name(pair.probe), reference: name(pair.reference), similarity })
    };
    let all = |pairs: &[evaluation::Pair], scores: &[evaluation::Score]| -> Vec<Compared> {
        pairs.iter().zip(scores).filter_map(|(pair, score)| compared(pair, score)).collect()
    };
    let mut mated = all(plan.mated(), &scores.mated);
    let mut non_mated = all(plan.non_mated(), &scores.non_mated);
    mated.sort_by_key(|c| c.similarity);
    non_mated.sort_by_key(|c| std::cmp::Reverse(c.similarity));
    mated.truncate(5);
    non_mated.truncate(5);
    Hardest { mated, non_mated }
}

/// A rate with its interval, such as `1.2 % (0.4 to 2.5 %)`.
pub(crate) fn with_interval(rate: f64, interval: Option<Interval>, wilson: Interval) -> String {
    let interval = interval.unwrap_or(wilson);
    format!("{} ({} to {})", percent(rate), percent(interval.low), percent(interval.high))
}

/// The equal error rate with its interval; alone where resampling gave none.
pub(crate) fn equal_error(eer: &EqualErrorRate) -> String {
    eer.bootstrap.map_or_else(|| percent(eer.rate), |i| with_interval(eer.rate, Some(i), i))
}

/// What a measurement says, and the threshold where there is one.
pub(crate) fn measured(measurement: &Measurement) -> (String, String) {
    match measurement {
        Measurement::Measured(point) => {
            let mut rate =
                with_interval(point.misses.rate, point.misses_bootstrap, point.misses.wilson);
            if !point.rule_of_thirty {
                rate.push_str(", from few comparisons");
            }
            (rate, point.threshold.to_string())
        }
        Measurement::NotEnoughComparisons { found, needed } => {
            (format!("not measurable: needs {needed} comparisons, has {found}"), String::new())
        }
    }
}

fn text(answer: &Evaluation) -> String {
    let rates = &answer.comparisons;
    let eer = &rates.eer;
    let mut table = Table::new(&[
        ("measure", Align::Left),
        ("value", Align::Left),
        ("threshold", Align::Right),
    ]);
    let fte = &answer.failure_to_enroll;
    table.row(["failure to enroll".to_owned(), of_total(fte), String::new()]);
    table.row(["equal error rate".to_owned(), equal_error(eer), eer.threshold.to_string()]);
    for at in &rates.fnmr_at_fmr {
        let (value, threshold) = measured(&at.result);
        table.row([format!("FNMR at FMR {}", target(at.fmr_one_in.rate())), value, threshold]);
    }
    if let Some(searches) = &answer.searches {
        for rank in [1, 5, 10, 20] {
            if let Some(found) = searches.cmc.get(rank - 1) {
                table.row([format!("found within rank {rank}"), of_total(found), String::new()]);
            }
        }
        for at in &searches.fnir_at_fpir {
            let (value, threshold) = measured(&at.result);
            table.row([
                format!("FNIR at FPIR {}", target(at.fpir_one_in.rate())),
                value,
                threshold,
            ]);
        }
    }
    let mut text = format!(
        "{} of {}; {} mated and {} non-mated comparisons ({} protocol)\n",
        counted(answer.prints as u64, PRINTS),
        counted(answer.persons as u64, PERSONS),
        rates.mated,
        rates.non_mated,
        answer.protocol
    );
    for resolution in &answer.resolutions {
        text.push_str(&format!("resolution: {resolution}\n"));
    }
    if let Some(searches) = &answer.searches {
        text.push_str(&format!(
            "{} mated and {} non-mated searches of {} enrolled persons\n",
            searches.mated, searches.non_mated, searches.gallery_persons
        ));
    }
    text.push_str(&format!("\n{}\n", table.render()));
    text.push_str("Intervals are 95 %, from resampling persons where there is an error to vary.\n");
    for failure in &answer.failures {
        text.push_str(&crate::table::plain(&format!(
            "failed: {}: {}",
            failure.file, failure.reason
        )));
        text.push('\n');
    }
    text
}

/// A share with its counts, such as `99.0 % (69 of 70; 92.3 to 99.7 %)`.
pub(crate) fn of_total(share: &Proportion) -> String {
    let (low, high) = (percent(share.wilson.low), percent(share.wilson.high));
    let (count, total) = (share.count, share.total);
    format!("{} ({count} of {total}; {low} to {high})", percent(share.rate))
}
