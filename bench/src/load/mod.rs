//! `tanba-bench load`: a cluster of real processes, when it has little to do, more, and too much,
//! and when processes are killed.

mod answers;
mod arrivals;
mod bootstrap;
mod cluster;
mod commits;
mod crashes;
mod drive;
mod fanout;
mod latencies;
mod page;
mod people;
mod rising;
mod session;
mod tally;

use crate::environment::Environment;
use crate::figure::{Figure, Figures};
use crate::output::{self, Format};
use crate::progress;
use crate::record::Record;
use anyhow::{Context, Result, ensure};
use arrivals::{Rates, arrivals};
use cluster::{Cluster, Shape};
use latencies::Latencies;
use operation::connection::random;
use people::People;
use replication::Payload;
use session::{Manner, Session};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::Tally;

/// Persons who are searched for in turn.
const PROBES: usize = 256;

/// Command line of `load`.
#[derive(clap::Args)]
#[command(after_help = "\
Starts three coordinators and three nodes of its own, fills them with synthetic persons, and ends
them when it is done. Requests start when they are due, whether or not earlier ones came back, and
their time counts from then. Every answer is checked: complete, the mate first, enrolled once; in
the end the cluster must hold what it acknowledged and nothing that it refused.

Parts: fanout (a search against one node and against three), commits (enrollments at a rate, until
searchable, as many as possible), crashes (the leader, a node), bootstrap (of one more node), rising
(steps of the mix, then five times more than is possible).

Examples:
  tanba-bench load --report load.html
  tanba-bench load --record bench/records --seconds 10
  tanba-bench load --only rising --enroll 300 --identify 10 --steps 1,2,4,8
  tanba-bench load --cluster trial/cluster.toml --only commits --enroll 50")]
pub(crate) struct Arguments {
    /// Use a cluster that runs, instead of own ones; nothing is killed or added there, and the
    /// persons stay enrolled
    #[arg(long, value_name = "FILE")]
    cluster: Option<PathBuf>,
    /// Only these parts: fanout, commits, crashes, bootstrap, rising; all by default
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Enrollments per second of the mix
    #[arg(long, value_name = "RATE", default_value_t = 200.0)]
    enroll: f64,
    /// Searches per second of the mix
    #[arg(long, value_name = "RATE", default_value_t = 2.0)]
    identify: f64,
    /// By how much the mix is multiplied, step by step
    #[arg(long, value_delimiter = ',', default_value = "0.5,1,2,4")]
    steps: Vec<f64>,
    /// Seconds of every measurement
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Times that the leader, and a node, is killed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    kills: u64,
    /// Persons of the gallery who can be searched for
    #[arg(long, default_value_t = 2000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    gallery: u64,
    /// Fingers of every person
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=10))]
    fingers: u8,
    /// Seed of everything synthetic, and of when requests start
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program whose processes are the cluster; by default the one beside this
    #[arg(long, value_name = "FILE")]
    tanba: Option<PathBuf>,
    /// Folder for the files of the clusters
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    scratch: PathBuf,
    /// Write a record below this folder
    #[arg(long)]
    record: Option<PathBuf>,
    /// Write the plots to this HTML file
    #[arg(long)]
    report: Option<PathBuf>,
    /// How to write the figures
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Parts by name.
const PARTS: [&str; 5] = ["fanout", "commits", "crashes", "bootstrap", "rising"];

impl Arguments {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn mix(&self) -> Rates {
        Rates { enroll: self.enroll, identify: self.identify }
    }

    const fn length(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn tanba(&self) -> Result<PathBuf> {
        if let Some(tanba) = &self.tanba {
            return Ok(tanba.clone());
        }
        let own = std::env::current_exe().context("this program does not know where it is")?;
        let tanba = own.with_file_name("tanba");
        ensure!(tanba.exists(), "{}: build it, or name it with --tanba", tanba.display());
        Ok(tanba)
    }

    fn check(&self) -> Result<()> {
        let unknown = self.only.iter().find(|only| !PARTS.contains(&only.as_str()));
        let parts = PARTS.join(", ");
        ensure!(unknown.is_none(), "`{}` is no part: give {parts}", unknown.map_or("", |u| u));
        let rates = [self.enroll, self.identify].into_iter().chain(self.steps.iter().copied());
        let is_rate = |rate: f64| rate.is_finite() && (0.0..=1e6).contains(&rate);
        ensure!(rates.into_iter().all(is_rate), "rates and steps are from 0 to a million");
        ensure!(self.mix().total() > 0.0, "give --enroll or --identify");
        Ok(())
    }
}

/// What a run found.
struct Findings {
    figures: Figures,
    notes: Vec<String>,
    curves: Vec<(String, Latencies)>,
    steps: Vec<rising::Step>,
    outages: Vec<crashes::Outage>,
}

impl Findings {
    fn add(&mut self, figures: impl IntoIterator<Item = Figure>) -> Result<()> {
        figures.into_iter().try_for_each(|figure| self.figures.add(figure))
    }
}

/// What every part works with.
struct Bench<'a> {
    arguments: &'a Arguments,
    people: Arc<People>,
    probes: Vec<Payload>,
}

impl Bench<'_> {
    /// Connects to a cluster and enrolls the gallery there.
    fn fill(&self, file: &Path) -> Result<Session> {
        let session = Session::open(file, &self.people, &self.probes)?;
        let count = self.people.gallery();
        let bar = progress::bar("enrolling the gallery", count);
        let tally = commits::as_many(&session, commits::Until::Begun(count), &bar);
        bar.finish_and_clear();
        tally.ensure_right("filling the gallery")?;
        session.until_searchable()?;
        session.settle()?;
        Ok(session)
    }

    /// Requests at these rates for the usual time, all of them answered rightly.
    fn steady(&self, session: &Session, what: &str, rates: Rates) -> Result<Tally> {
        let arrivals = arrivals(rates, self.arguments.length(), self.arguments.seed);
        let bar = progress::bar(what, arrivals.len());
        let asking = &session.asking;
        let ends = drive::drive(session.handle(), &arrivals, Instant::now(), &bar, |kind| {
            asking.clone().ask(kind, Manner::Again)
        });
        bar.finish_and_clear();
        let tally = Tally::new(ends);
        tally.ensure_right(what)?;
        Ok(tally)
    }
}

/// Measures and prints.
///
/// # Errors
/// A wrong answer, a cluster that does not start, or a file that cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    arguments.check()?;
    let environment = Environment::here();
    let gallery = arguments.gallery as usize;
    let people = People::new(arguments.seed, random() as u64, gallery, arguments.fingers);
    let probes = (0..gallery.min(PROBES)).map(|number| people.probe(number as u64)).collect();
    let bench = Bench { arguments, people: Arc::new(people), probes };
    let mut findings = Findings {
        figures: Figures::new(arguments.format),
        notes: notes(&bench),
        curves: Vec::new(),
        steps: Vec::new(),
        outages: Vec::new(),
    };
    match &arguments.cluster {
        Some(file) => on_running(&bench, file, &mut findings)?,
        None => on_own(&bench, &mut findings)?,
    }
    finish(arguments, &environment, &findings)?;
    Ok(true)
}

fn notes(bench: &Bench<'_>) -> Vec<String> {
    let Arguments { gallery, fingers, .. } = bench.arguments;
    let bytes = bench.people.payload_bytes();
    vec![
        "all processes of the cluster, and the load itself, share the cores and the disk of this \
         machine, with encryption between all of them"
            .to_owned(),
        format!(
            "{gallery} persons who can be searched for, with {fingers} fingers each, {bytes:.0} \
             bytes; enrolled without a duplicate check; probes are one finger"
        ),
        "times count from when a request was due; every answer was checked".to_owned(),
    ]
}

/// The parts that do not harm.
fn on_running(bench: &Bench<'_>, file: &Path, findings: &mut Findings) -> Result<()> {
    let session = bench.fill(file)?;
    for part in ["fanout", "crashes", "bootstrap"] {
        findings.notes.push(format!("{part}: left out, on a cluster that is in use"));
    }
    if bench.arguments.wants("commits") {
        commits::measure(bench, &session, findings)?;
    }
    if bench.arguments.wants("rising") {
        rising::measure(bench, &session, findings)?;
    }
    session.settle()
}

fn on_own(bench: &Bench<'_>, findings: &mut Findings) -> Result<()> {
    let arguments = bench.arguments;
    let tanba = arguments.tanba()?;
    let one = match arguments.wants("fanout") {
        true => Some(fanout::of_one(bench, &tanba, findings)?),
        false => None,
    };
    let mut cluster = Cluster::start(&tanba, &arguments.scratch, Shape::THREE)?;
    let measured = on_three(bench, &mut cluster, one, findings);
    measured.with_context(|| format!("the files are kept in {}", cluster.keep().display()))
}

/// All parts on one cluster, which lives on when one fails, for a look at it.
fn on_three(
    bench: &Bench<'_>,
    cluster: &mut Cluster,
    one: Option<fanout::One>,
    findings: &mut Findings,
) -> Result<()> {
    let session = bench.fill(&cluster.file())?;
    if let Some(one) = one {
        fanout::of_three(bench, &session, &one, findings)?;
    }
    if bench.arguments.wants("commits") {
        commits::measure(bench, &session, findings)?;
    }
    if bench.arguments.wants("crashes") {
        crashes::measure(bench, &session, cluster, findings)?;
    }
    if bench.arguments.wants("bootstrap") {
        bootstrap::measure(bench, &session, cluster, findings)?;
    }
    if bench.arguments.wants("rising") {
        rising::measure(bench, &session, findings)?;
    }
    session.settle()?;
    cluster.ensure_all_run()
}

fn finish(arguments: &Arguments, environment: &Environment, findings: &Findings) -> Result<()> {
    for note in &findings.notes {
        eprintln!("note: {note}");
    }
    let figures = findings.figures.as_slice();
    let record = Record { bench: "load", environment, notes: &findings.notes, figures: &figures };
    if arguments.format == Format::Json {
        output::data(&record.to_json()?)?;
    }
    if let Some(folder) = &arguments.record {
        eprintln!("record: {}", record.write(folder)?.display());
    }
    if let Some(path) = &arguments.report {
        let page = page::page(findings, environment);
        std::fs::write(path, page).with_context(|| path.display().to_string())?;
        eprintln!("report: {}", path.display());
    }
    Ok(())
}
