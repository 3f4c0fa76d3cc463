//! `tanba demo`: the whole job on synthetic persons, with a report.

use crate::demonstration::{Check, Counted, Demonstration, Floors, Seconds, Trial, demonstrate};
use crate::device::DeviceArgument;
use crate::gallery;
use crate::identification::{Answer, Search, candidate_table};
use crate::output::{Exit, Output, write_file};
use crate::population::Population;
use anyhow::{Context, bail};
use search::Options;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Arguments of `tanba demo`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 everything printed under \"checks\" holds, 2 something does not.

Examples:
  tanba demo
  tanba demo --persons 500 --seed 7 --report demo.html
  tanba demo --persons 50 --strangers 10 --keep gallery")]
pub(crate) struct Arguments {
    /// Persons to enroll, two fingers each.
    #[arg(long, value_name = "N", default_value_t = 200,
          value_parser = clap::value_parser!(u32).range(2..=9999))]
    persons: u32,
    /// Persons who are not enrolled and must not be found.
    #[arg(long, value_name = "N", default_value_t = 40,
          value_parser = clap::value_parser!(u32).range(1..=9999))]
    strangers: u32,
    /// Everything follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The report to write.
    #[arg(long, value_name = "FILE", default_value = "tanba-demo.html")]
    report: PathBuf,
    #[command(flatten)]
    device: DeviceArgument,
    /// Keep the gallery in this new folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

const FLOORS: Floors = Floors {
    rank_1_two_fingers: 0.98,
    rank_1_one_finger: 0.93,
    hits_two_fingers: 0.95,
    fpir: 0.001,
};

/// The answer.
#[derive(Serialize)]
pub(crate) struct Summary {
    pub(crate) seed: u64,
    pub(crate) persons: usize,
    pub(crate) strangers: usize,
    pub(crate) prints: usize,
    pub(crate) two_fingers: Counted,
    pub(crate) one_finger: Counted,
    pub(crate) scanned_on: String,
    pub(crate) seconds: Seconds,
    pub(crate) seconds_total: f64,
    pub(crate) examples: Vec<Example>,
    pub(crate) checks: Vec<Check>,
    pub(crate) versions: String,
}

/// A search shown in full.
#[derive(Serialize)]
pub(crate) struct Example {
    /// What it shows.
    pub(crate) title: String,
    /// The search.
    #[serde(flatten)]
    pub(crate) answer: Answer,
    /// Index among the searches: with two fingers, and which.
    #[serde(skip)]
    pub(crate) trial: (bool, usize),
}

/// Makes, enrolls, searches, reports, checks.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let kernels = arguments.device.open()?.kernels(output);
    let folder = Folder::new(arguments.keep.clone())?;
    let population = Population {
        seed: arguments.seed,
        persons: arguments.persons as usize,
        strangers: arguments.strangers as usize,
    };
    let options = gallery::options().on(kernels);
    let done = demonstrate(population, FLOORS, (&folder.path, &options), output)?;
    let mut summary = summary(&done);
    let html = crate::report::demonstration::page(&done, &summary)?;
    write_file(&arguments.report, html.as_bytes())?;
    summary.checks.push(report_holds(&arguments.report, &summary)?);
    summary.seconds_total = started.elapsed().as_secs_f64();
    output.answer(&summary, |summary| text(summary, &arguments.report))?;
    let failed = summary.checks.iter().filter(|check| !check.holds).count();
    if failed > 0 {
        bail!("{failed} of {} checks do not hold", summary.checks.len());
    }
    Ok(Exit::Found.into())
}

/// A new folder, removed at the end unless it was asked for.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn new(keep: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(path) = keep {
            return Ok(Self { path, keep: true });
        }
        let name = format!("tanba-demo-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)
            .with_context(|| format!("the folder {} could not be made", path.display()))?;
        Ok(Self { path, keep: false })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // A folder left behind in the temporary folder does no harm.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn summary(done: &Demonstration) -> Summary {
    Summary {
        seed: done.population.seed,
        persons: done.population.persons,
        strangers: done.population.strangers,
        prints: done.population.prints(),
        two_fingers: done.two_fingers.1,
        one_finger: done.one_finger.1,
        scanned_on: done.node.runs_on(),
        seconds: done.seconds,
        seconds_total: 0.0,
        examples: examples(done),
        checks: done.checks.clone(),
        versions: crate::report::parts::versions(),
    }
}

/// Searches worth looking at: the first, the hardest, and a stranger.
fn examples(done: &Demonstration) -> Vec<Example> {
    let (two, one) = (&done.two_fingers.0, &done.one_finger.0);
    let mated = |trials: &[Trial]| {
        let of_enrolled = trials.iter().enumerate().filter(|(_, trial)| trial.mate.is_some());
        of_enrolled.min_by_key(|(_, trial)| trial.mated_similarity()).map(|(index, _)| index)
    };
    let strangers = |trials: &[Trial]| {
        let unknown = trials.iter().enumerate().filter(|(_, trial)| trial.mate.is_none());
        unknown.max_by_key(|(_, trial)| trial.best_wrong()).map(|(index, _)| index)
    };
    let chosen = [
        ("two fingers of an enrolled person", true, Some(0)),
        ("one finger of an enrolled person", false, Some(2)),
        ("the hardest search of an enrolled person with two fingers", true, mated(two)),
        ("the hardest search of an enrolled person with one finger", false, mated(one)),
        ("the stranger most like somebody, two fingers", true, strangers(two)),
        ("the stranger most like somebody, one finger", false, strangers(one)),
    ];
    let example = |(title, both, index): (&str, bool, Option<usize>)| {
        let index = index?;
        let trial = if both { two.get(index)? } else { one.get(index)? };
        let person = &done.persons[trial.person];
        Some(Example {
            title: format!("{} ({title})", person.subject),
            answer: answer(done, trial),
            trial: (both, index),
        })
    };
    chosen.into_iter().filter_map(example).collect()
}

fn answer(done: &Demonstration, trial: &Trial) -> Answer {
    let prints = trial.prints(&done.persons);
    let options = Options::default();
    let search = Search { prints, options: &options, identification: &trial.answer };
    let counted = if trial.both { &done.two_fingers.1 } else { &done.one_finger.1 };
    Answer::new(&search, done.node.runs_on(), counted.milliseconds / 1000.0)
}

/// Reads the report back and looks for what it must hold.
fn report_holds(path: &Path, summary: &Summary) -> anyhow::Result<Check> {
    let html = std::fs::read_to_string(path)
        .with_context(|| format!("{} could not be read back", path.display()))?;
    let titles = summary
        .examples
        .iter()
        .all(|example| html.contains(crate::report::Html::text(&example.title).as_str()));
    let pictures = html.matches("<image ").count();
    let drawings = html.matches("<svg class=\"prints\"").count();
    let pairs = html.matches("<g class=\"pair\"").count();
    let outside = ["src=\"http", "href=\"http", "<script", "@import", "url("]
        .iter()
        .any(|fetching| html.contains(fetching));
    Ok(Check {
        claim: "the report is one file with every example, its pictures and paired minutiae, and \
                fetches nothing"
            .to_owned(),
        found: format!(
            "{} examples, {drawings} comparisons, {pictures} images, {pairs} paired minutiae, \
             {} KiB",
            summary.examples.len(),
            html.len() / 1024
        ),
        holds: titles && drawings > 0 && pictures >= 2 && pairs > 0 && !outside,
    })
}

fn text(summary: &Summary, report: &Path) -> String {
    use crate::table::{Align, Table};
    let mut text = String::new();
    for example in &summary.examples {
        text.push_str(&format!("searched: {}\n", example.title));
        let best = &example.answer.candidates[..example.answer.candidates.len().min(3)];
        text.push_str(&candidate_table(best).render());
        text.push('\n');
    }
    let mut rates = Table::new(&[
        ("searches", Align::Left),
        ("enrolled", Align::Right),
        ("right person first", Align::Right),
        ("at the threshold", Align::Right),
        ("strangers", Align::Right),
        ("wrong persons", Align::Right),
        ("ms per search", Align::Right),
    ]);
    for (name, counted) in
        [("two fingers", &summary.two_fingers), ("one finger", &summary.one_finger)]
    {
        rates.row([
            name.to_owned(),
            counted.mated.to_string(),
            crate::report::words::share(counted.rank_1, counted.mated),
            counted.hits.to_string(),
            counted.strangers.to_string(),
            counted.false_positives.to_string(),
            format!("{:.1}", counted.milliseconds),
        ]);
    }
    text.push_str(&rates.render());
    let seconds = &summary.seconds;
    text.push_str(&format!(
        "\n{} prints of {} persons made and extracted in {:.1} s, enrolled in {:.1} s, reopened in \
         {:.2} s,\nsearched in {:.1} s, scanned on: {}; through a server {:.1} s; {:.1} s in \
         all.\nReport: {}\n\n\
         checks\n",
        summary.prints,
        summary.persons + summary.strangers,
        seconds.prints,
        seconds.enrollment,
        seconds.reopening,
        seconds.searches,
        summary.scanned_on,
        seconds.served,
        summary.seconds_total,
        report.display(),
    ));
    for check in &summary.checks {
        let mark = if check.holds { "holds" } else { "FAILS" };
        text.push_str(&format!("  {mark}  {}: {}\n", check.claim, check.found));
    }
    text
}
