//! Enrollments: how soon they are committed and searchable, and how many there can be.

use super::answers::Said;
use super::arrivals::{Kind, Rates, arrivals};
use super::drive::{self, Finished};
use super::session::{Manner, Session};
use super::tally::Tally;
use super::{Bench, Findings};
use crate::figure::Figure;
use crate::progress;
use anyhow::Result;
use coordinator::Acknowledge;
use indicatif::ProgressBar;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

/// Enrollments per second until they are searchable: few enough that each has what it needs.
const SEARCHABLE_RATE: f64 = 50.0;
/// Enrollments on their way at a time, when there are to be as many as possible.
const UNDER_WAY: usize = 512;
/// What counts begins so long after the first was sent.
const WARMING: Duration = Duration::from_secs(2);

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    /// So many were begun.
    Begun(usize),
    /// So much time went by.
    Over(Duration),
}

/// All of the part.
pub(super) fn measure(bench: &Bench<'_>, session: &Session, findings: &mut Findings) -> Result<()> {
    let rate = bench.arguments.enroll;
    if rate > 0.0 {
        let what = format!("enroll at {rate}/s, committed");
        let tally = bench.steady(session, &what, Rates::enroll(rate))?;
        let latencies = tally.latencies(Kind::Enroll);
        findings.add(latencies.figures(&what))?;
        let lag = tally.lags().quantile_ms(0.99);
        findings.add([Figure::new(format!("{what}: sent too late by, 99 %"), lag, "ms")])?;
        findings.curves.push((what, latencies));
    }
    searchable(bench, session, findings)?;
    saturated(bench, session, findings).map(drop)
}

/// Until every complete replica finds them.
fn searchable(bench: &Bench<'_>, session: &Session, findings: &mut Findings) -> Result<()> {
    let what = format!("enroll at {SEARCHABLE_RATE}/s, until searchable on every replica");
    let due = arrivals(
        Rates::enroll(SEARCHABLE_RATE),
        bench.arguments.length(),
        bench.arguments.seed + 1,
    );
    let bar = progress::bar("enroll until searchable", due.len());
    let ends = drive::drive(session.handle(), &due, Instant::now(), &bar, |_| {
        let asking = session.asking.clone();
        async move { asking.enroll(Acknowledge::Searchable, Manner::Again).await }
    });
    bar.finish_and_clear();
    let tally = Tally::new(ends);
    tally.ensure_right(&what)?;
    let latencies = tally.latencies(Kind::Enroll);
    findings.add(latencies.figures(&what))?;
    findings.curves.push((what, latencies));
    Ok(())
}

/// As many as the cluster can take, per second.
pub(super) fn saturated(
    bench: &Bench<'_>,
    session: &Session,
    findings: &mut Findings,
) -> Result<f64> {
    let length = WARMING + bench.arguments.length();
    let begin = Instant::now();
    let bar = progress::bar("as many enrollments as possible", 0);
    let tally = as_many(session, Until::Over(length), &bar);
    bar.finish_and_clear();
    tally.ensure_none_wrong("as many enrollments as possible")?;
    let rate = tally.goodput(Kind::Enroll, WARMING, length);
    let name = format!("enroll, {UNDER_WAY} under way");
    let megabytes = rate * bench.people.payload_bytes() / 1e6;
    findings.add([
        Figure::new(format!("{name}, committed"), rate, "persons/s"),
        Figure::new(format!("{name}, payload"), megabytes, "MB/s"),
    ])?;
    findings.add(tally.latencies(Kind::Enroll).figures(&name))?;
    // A search waits for everything that was enrolled before it.
    session.until_searchable()?;
    let all = tally.count(Kind::Enroll, |said| *said == Said::Right) as f64;
    let sustained = all / begin.elapsed().as_secs_f64();
    findings.add([Figure::new(
        format!("{name}, committed and searchable"),
        sustained,
        "persons/s",
    )])?;
    session.settle()?;
    Ok(rate)
}

/// Enrolls with a fixed number under way: the next begins when one ends.
pub(super) fn as_many(session: &Session, until: Until, bar: &ProgressBar) -> Tally {
    let (sender, mut receiver) = unbounded_channel();
    let (begin, begun) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..UNDER_WAY {
        let (asking, sender, begun) = (session.asking.clone(), sender.clone(), begun.clone());
        session.handle().spawn(async move {
            while goes_on(until, begun.fetch_add(1, Ordering::Relaxed), begin.elapsed()) {
                let due = begin.elapsed();
                let said = asking.enroll(Acknowledge::Committed, Manner::Again).await;
                let ended = begin.elapsed();
                let end = Finished { kind: Kind::Enroll, due, sent: due, ended, said };
                // Whoever waits below waits for every end.
                let _ = sender.send(end);
            }
        });
    }
    drop(sender);
    let mut ends: Vec<Finished<Said>> = Vec::new();
    while let Some(end) = receiver.blocking_recv() {
        bar.inc(1);
        ends.push(end);
    }
    Tally::new(ends)
}

fn goes_on(until: Until, begun: usize, elapsed: Duration) -> bool {
    match until {
        Until::Begun(count) => begun < count,
        Until::Over(length) => elapsed < length,
    }
}
