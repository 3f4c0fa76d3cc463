//! What a search costs besides comparing: audit, barrier, and the way to several nodes and back.
//!
//! The same gallery is scanned alone in this process, searched in a cluster of one coordinator and
//! one node, and in one of three and three. A search in a gallery that nobody is in does everything
//! but the comparing.

use super::arrivals::{Kind, Rates, arrivals};
use super::cluster::{Cluster, Shape};
use super::drive;
use super::latencies::Latencies;
use super::session::Session;
use super::tally::Tally;
use super::{Bench, Findings};
use crate::figure::Figure;
use crate::progress;
use anyhow::{Result, ensure};
use matching::Parameters;
use node::ResidentScanner;
use replication::{Cut, PartitionId, Record, ResidentChange, ScanJob, Scanned, Scanner, Scope};
use search::TwinKernels;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Searches per second: few enough that they seldom meet.
const RATE: f64 = 3.0;
/// The same of searches that compare nobody.
const NOBODY_RATE: f64 = 20.0;
/// Partitions of a cluster, as `tanba cluster init` makes them.
const PARTITIONS: u64 = 16;

/// What the cluster of three is compared with.
pub(super) struct One {
    scan_ms: f64,
    search_ms: f64,
    nobody_ms: f64,
}

/// Scans alone, then in a cluster of one node.
pub(super) fn of_one(bench: &Bench<'_>, tanba: &Path, findings: &mut Findings) -> Result<One> {
    let scan = scan_alone(bench)?;
    let gallery = bench.arguments.gallery;
    findings.add(scan.figures(&format!("scanning {gallery} persons alone")))?;
    let cluster = Cluster::start(tanba, &bench.arguments.scratch, Shape::ONE)?;
    let session = bench.fill(&cluster.file())?;
    let (search, nobody) = searches(bench, &session, "1 coordinator, 1 node", findings)?;
    let [scan_ms, search_ms, nobody_ms] = [scan, search, nobody].map(|all| all.quantile_ms(0.5));
    Ok(One { scan_ms, search_ms, nobody_ms })
}

/// The same of three nodes, and the difference.
pub(super) fn of_three(
    bench: &Bench<'_>,
    session: &Session,
    one: &One,
    findings: &mut Findings,
) -> Result<()> {
    let (search, nobody) = searches(bench, session, "3 coordinators, 3 nodes", findings)?;
    let search_ms = search.quantile_ms(0.5);
    let less = |name: &str, value| Figure::new(format!("{name}, medians"), value, "ms");
    let fanout_ms = nobody.quantile_ms(0.5) - one.nobody_ms;
    findings.add([
        less("fan-out without comparing: 3 nodes less 1 node", fanout_ms),
        less("search: 3 nodes on these cores less 1 node", search_ms - one.search_ms),
        less("search: 1 node less scanning alone", one.search_ms - one.scan_ms),
    ])?;
    findings.notes.push(
        "every node compares the best 500 and 100 of its own part, so three nodes on the cores of \
         one do that work three times"
            .to_owned(),
    );
    findings.curves.push(("search, 3 nodes".to_owned(), search));
    findings.curves.push(("search that compares nobody, 3 nodes".to_owned(), nobody));
    Ok(())
}

/// Times of searches of the gallery, and of nobody.
fn searches(
    bench: &Bench<'_>,
    session: &Session,
    of: &str,
    findings: &mut Findings,
) -> Result<(Latencies, Latencies)> {
    let gallery = bench.arguments.gallery;
    let what = format!("search of {gallery} persons, {of}");
    let search = bench.steady(session, &what, Rates::identify(RATE))?.latencies(Kind::Identify);
    findings.add(search.figures(&what))?;
    let what = format!("search that compares nobody, {of}");
    let due =
        arrivals(Rates::identify(NOBODY_RATE), bench.arguments.length(), bench.arguments.seed + 2);
    let bar = progress::bar("searches that compare nobody", due.len());
    let ends = drive::drive(session.handle(), &due, Instant::now(), &bar, |_| {
        let asking = session.asking.clone();
        async move { asking.identify_nobody().await }
    });
    bar.finish_and_clear();
    let tally = Tally::new(ends);
    tally.ensure_right(&what)?;
    let nobody = tally.latencies(Kind::Identify);
    findings.add(nobody.figures(&what))?;
    Ok((search, nobody))
}

/// Times of scans as a node does them, without anything around.
fn scan_alone(bench: &Bench<'_>) -> Result<Latencies> {
    let kernels = Arc::new(TwinKernels::new());
    let mut scanner = ResidentScanner::new(Parameters::default(), kernels, |_| false);
    let gallery = bench.arguments.gallery;
    let bar = progress::bar("packing the gallery", PARTITIONS as usize);
    for partition in 0..PARTITIONS {
        let numbers = (partition..gallery).step_by(PARTITIONS as usize);
        let records: Vec<Record> = numbers.map(|number| bench.people.record(number)).collect();
        let partition = PartitionId(partition as u16);
        scanner.change(ResidentChange::Content { partition, index: 2, records });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let bar = progress::bar("scanning alone", bench.probes.len());
    let mut times = Latencies::default();
    for (number, probe) in bench.probes.iter().enumerate() {
        let job = ScanJob {
            number: number as u64,
            targets: (0..PARTITIONS).map(|partition| PartitionId(partition as u16)).collect(),
            probe: probe.clone(),
            scope: Scope { active_only: true, gallery: None },
            only: Default::default(),
            cut: Cut { coarse: 500, fine: 100 },
            until: u64::MAX,
        };
        let started = Instant::now();
        let found = scanner.scan(&job);
        times.add(started.elapsed());
        let found = found.map_err(|fault| anyhow::anyhow!("a scan failed: {fault:?}"))?;
        check(bench, &found, number as u64)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(times)
}

/// Everybody was compared, and the mate is the best.
fn check(bench: &Bench<'_>, found: &[Scanned], number: u64) -> Result<()> {
    let scanned: u64 = found.iter().map(|part| u64::from(part.scanned)).sum();
    let gallery = bench.arguments.gallery;
    ensure!(scanned == gallery, "{scanned} of {gallery} persons were scanned");
    let hits = found.iter().flat_map(|part| &part.hits);
    let best = hits.max_by_key(|hit| hit.score).map(|hit| hit.person);
    ensure!(best == Some(bench.people.person(number)), "the mate of probe {number} is not first");
    Ok(())
}
