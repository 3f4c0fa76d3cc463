//! Processes are killed while requests go on.

use super::answers::Said;
use super::arrivals::{Kind, Rates, arrivals};
use super::cluster::Cluster;
use super::drive::{self, Finished};
use super::session::{Manner, Session};
use super::tally::Tally;
use super::{Bench, Findings};
use crate::figure::Figure;
use crate::progress;
use crate::samples::Samples;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Requests per second while a process is killed; the gaps between them limit how short an outage
/// can be seen.
const RATES: Rates = Rates { enroll: 60.0, identify: 4.0 };
/// The process is killed so long after the first request.
const KILLED_AFTER: Duration = Duration::from_secs(2);
/// Requests go on for so long after it.
const GOES_ON: Duration = Duration::from_secs(6);

/// What was seen of one crash.
pub(super) struct Outage {
    /// Who was killed.
    pub(super) who: String,
    /// When, from the first request.
    pub(super) killed_at: Duration,
    /// All requests.
    pub(super) tally: Tally,
}

impl Outage {
    /// From the kill to the end of the first request of a kind that was due after it and was
    /// answered rightly; in seconds.
    pub(super) fn first_right_s(&self, kind: Kind) -> Option<f64> {
        let after = |end: &&Finished<Said>| end.kind == kind && end.due >= self.killed_at;
        let right = self.tally.ends().iter().filter(after).filter(|end| end.said == Said::Right);
        let ended = right.map(|end| end.ended).min()?;
        Some((ended - self.killed_at).as_secs_f64())
    }

    /// The longest that a right answer of a kind took, of those due since shortly before the kill;
    /// in seconds.
    fn longest_s(&self, kind: Kind) -> f64 {
        let right = self.tally.ends().iter().filter(|end| end.kind == kind);
        let right = right.filter(|end| end.said == Said::Right && end.ended >= self.killed_at);
        right.map(|end| end.latency().as_secs_f64()).fold(0.0, f64::max)
    }

    fn incomplete(&self) -> usize {
        self.tally.count(Kind::Identify, |said| *said == Said::Incomplete)
    }
}

/// Kills the leader, then a node, each several times.
pub(super) fn measure(
    bench: &Bench<'_>,
    session: &Session,
    cluster: &mut Cluster,
    findings: &mut Findings,
) -> Result<()> {
    let leaders = (0..bench.arguments.kills).map(|turn| {
        let leader = session.status()?.leader.context("nobody leads")?;
        crash(bench, session, cluster, &format!("coordinator-{leader}"), turn)
    });
    let leaders = leaders.collect::<Result<Vec<Outage>>>()?;
    findings.add(figures("leader killed", &leaders, &[Kind::Enroll, Kind::Identify]))?;
    let nodes = (0..bench.arguments.kills).map(|turn| {
        let node = format!("node-{}", turn % 3 + 1);
        crash(bench, session, cluster, &node, turn)
    });
    let nodes = nodes.collect::<Result<Vec<Outage>>>()?;
    findings.add(figures("node killed", &nodes, &[Kind::Identify]))?;
    findings.outages.extend(leaders);
    findings.outages.extend(nodes);
    Ok(())
}

/// Kills one, starts it again afterwards, and waits until everything is as before.
fn crash(
    bench: &Bench<'_>,
    session: &Session,
    cluster: &mut Cluster,
    who: &str,
    turn: u64,
) -> Result<Outage> {
    let due = arrivals(RATES, KILLED_AFTER + GOES_ON, bench.arguments.seed + 10 + turn);
    let bar = progress::bar(&format!("killing {who}"), due.len());
    let begin = Instant::now();
    let ask = |kind| session.asking.clone().ask(kind, Manner::Again);
    let (ends, killed_at) = std::thread::scope(|scope| {
        let driving = scope.spawn(|| drive::drive(session.handle(), &due, begin, &bar, ask));
        std::thread::sleep(KILLED_AFTER.saturating_sub(begin.elapsed()));
        let killed = cluster.kill(who).map(|()| begin.elapsed());
        let ends = driving.join().expect("whoever drives does not panic");
        killed.map(|killed_at| (ends, killed_at))
    })?;
    bar.finish_and_clear();
    let tally = Tally::new(ends);
    tally.ensure_none_wrong(&format!("{who} killed"))?;
    cluster.run(who)?;
    cluster.wait("health")?;
    session.settle().with_context(|| format!("after {who} was killed"))?;
    Ok(Outage { who: who.to_owned(), killed_at, tally })
}

fn figures(what: &str, outages: &[Outage], kinds: &[Kind]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for kind in kinds {
        let (word, first) = match kind {
            Kind::Enroll => ("enrollment", "first enrollment"),
            Kind::Identify => ("search", "first complete search"),
        };
        let firsts = outages.iter().map(|o| o.first_right_s(*kind).unwrap_or(f64::INFINITY));
        let longest = outages.iter().map(|outage| outage.longest_s(*kind));
        let of = |name: &str, values: Vec<f64>| {
            Figure::median(format!("{what}: {name}"), &Samples::new(values), "s")
        };
        figures.push(of(&format!("until the {first}"), firsts.collect()));
        figures.push(of(&format!("longest {word} meanwhile"), longest.collect()));
    }
    let incomplete: usize = outages.iter().map(Outage::incomplete).sum();
    let late: usize = outages
        .iter()
        .map(|o| {
            kinds.iter().map(|kind| o.tally.count(*kind, |said| *said == Said::Late)).sum::<usize>()
        })
        .sum();
    let count =
        |name: &str, value: usize| Figure::new(format!("{what}: {name}"), value as f64, "requests");
    figures.push(count("incomplete searches", incomplete));
    figures.push(count("without an answer in time", late));
    figures
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::end;
    use super::*;

    fn outage() -> Outage {
        let tally = Tally::new(vec![
            end(Kind::Enroll, 900, 1100, Said::Right),
            end(Kind::Enroll, 1200, 1300, Said::Late),
            end(Kind::Enroll, 1400, 3000, Said::Right),
            end(Kind::Enroll, 2400, 2800, Said::Right),
            end(Kind::Identify, 1001, 1200, Said::Incomplete),
            end(Kind::Identify, 1002, 1500, Said::Right),
        ]);
        Outage { who: "node-1".to_owned(), killed_at: Duration::from_millis(1000), tally }
    }

    #[test]
    fn an_outage_ends_with_the_first_right_answer_to_a_request_due_after_the_kill() {
        assert_eq!(outage().first_right_s(Kind::Enroll), Some(1.8));
        assert_eq!(outage().first_right_s(Kind::Identify), Some(0.5));
        assert_eq!(outage().longest_s(Kind::Enroll), 1.6);
        assert_eq!(outage().incomplete(), 1);
    }

    #[test]
    fn an_outage_that_does_not_end_is_seen() {
        let tally = Tally::new(vec![end(Kind::Enroll, 1200, 9000, Said::Late)]);
        let outage = Outage { tally, ..outage() };
        assert_eq!(outage.first_right_s(Kind::Enroll), None);
        let figures = figures("killed", &[outage], &[Kind::Enroll]);
        assert!(figures[0].value.is_infinite());
        assert_eq!(figures.last().map(|figure| figure.value), Some(1.0));
    }
}
