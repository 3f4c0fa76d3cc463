//! One run, from the first process to the summary.

use crate::Arguments;
use crate::checks;
use crate::cluster::Cluster;
use crate::faults::{self, Faults};
use crate::journal::Journal;
use crate::random::Random;
use crate::rest;
use crate::summary::Summary;
use crate::workload::{Worker, Workload};
use anyhow::{Context, ensure};
use bench::environment::Environment;
use bench::record::Record;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use terminal::progress::Progress;
use tokio::runtime::Runtime;
use transport::{Credentials, Security};

/// Whether the cluster kept every promise.
///
/// # Errors
/// When the cluster could not be started, driven or brought to rest.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    // A seed that fits a number of JSON exactly.
    let seed = arguments.seed.unwrap_or_else(|| operation::connection::random() as u64 >> 16);
    let folder = arguments.folder.clone();
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join(format!("chaos-{seed}")));
    ensure!(!folder.exists(), "{} is there already", folder.display());
    std::fs::create_dir_all(folder.join("certs"))?;
    eprintln!("seed {seed}; journal and logs in {}", folder.display());
    let journal = Arc::new(Journal::begin(&folder.join("journal.jsonl"))?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let summary = chaos(arguments, seed, &folder, &journal, &runtime)?;
    let mut text = serde_json::to_string_pretty(&summary)?;
    text.push('\n');
    std::fs::write(folder.join("summary.json"), text)?;
    if let Some(records) = &arguments.record {
        let path = record(records, &summary)?;
        eprintln!("record: {}", path.display());
    }
    terminal::output::Output::new(terminal::output::Format::Table, false)
        .answer(&summary, Summary::text)?;
    eprintln!("journal: {}", journal.path().display());
    Ok(summary.violations.is_empty())
}

fn record(folder: &Path, summary: &Summary) -> anyhow::Result<PathBuf> {
    let mut environment = Environment::here();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    environment.command = format!("cargo xtask chaos {}", arguments.join(" "));
    let name = format!("chaos-{}-minutes", summary.seconds / 60);
    Record { bench: &name, environment: &environment, notes: &[], figures: summary }.write(folder)
}

/// Starts the cluster, lets clients and faults loose, comes to rest, and checks.
fn chaos(
    arguments: &Arguments,
    seed: u64,
    folder: &Path,
    journal: &Arc<Journal>,
    runtime: &Runtime,
) -> anyhow::Result<Summary> {
    let tanba = std::fs::canonicalize(&arguments.tanba)
        .with_context(|| format!("{}: build it first", arguments.tanba.display()))?;
    let mut cluster = Cluster::begin(folder, &tanba, runtime.handle(), journal)?;
    start(&mut cluster)?;
    let credentials = Credentials::load(&cluster.client_certificate())?;
    let security = Security::Mutual(Box::new(credentials));
    let workload = Arc::new(Workload::new(seed, journal.clone(), security, cluster.servers()));
    let mut faults = Faults::new(cluster, Random::new(seed, 0));
    let workers: Vec<_> = {
        let _entered = runtime.enter();
        let worker = |number| Worker::new(&workload, number).map(|w| runtime.spawn(w.run()));
        (1..=arguments.clients).map(worker).collect::<Result<_, _>>()?
    };
    let time = Duration::from_secs(60 * arguments.minutes);
    let progress = Progress::new("Seconds of faults", time.as_secs(), false);
    faults.run(time, &progress)?;
    progress.finish();
    workload.stop.store(true, Ordering::Relaxed);
    for worker in workers {
        runtime.block_on(worker)??;
    }
    eprintln!("coming to rest");
    rest::come_to_rest(&mut faults, &workload, runtime)?;
    let history = workload.history();
    let mut violations = std::mem::take(&mut faults.violations);
    violations.extend(checks::all(&history));
    let counts = std::mem::take(&mut faults.counts);
    let mut summary = Summary::new(seed, time.as_secs(), &history, counts, violations);
    let status = faults.cluster.status().unwrap_or_default();
    summary.term = status["term"].as_u64().unwrap_or_default();
    Ok(summary)
}

/// Starts all processes and adds the nodes.
fn start(cluster: &mut Cluster) -> anyhow::Result<()> {
    cluster.start_all()?;
    cluster.wait("leader", faults::PATIENCE)?;
    for id in ["1", "2", "3"] {
        cluster.insist(&["cluster", "nodes", "add", id], faults::PATIENCE)?;
    }
    cluster.wait("health", faults::PATIENCE)
}
