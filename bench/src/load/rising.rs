//! Rising rates, up to more than the cluster can do. It must refuse what is too much, at once and
//! with a time to come back, and go on with the rest.

use super::answers::Said;
use super::arrivals::{Kind, Rates, arrivals};
use super::session::{Manner, Session};
use super::tally::Tally;
use super::{Bench, Findings, commits, drive};
use crate::figure::{Better, Figure};
use crate::progress;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How much more than it can do the cluster is asked for.
const OVERLOAD: f64 = 5.0;
/// What counts begins so long after the first was sent.
const WARMING: Duration = Duration::from_secs(2);

/// One rate.
pub(super) struct Step {
    pub(super) rates: Rates,
    pub(super) length: Duration,
    pub(super) tally: Tally,
}

impl Step {
    /// Requests of both kinds that were answered rightly, per second.
    pub(super) fn goodput(&self) -> f64 {
        [Kind::Enroll, Kind::Identify].map(|kind| self.goodput_of(kind)).iter().sum()
    }

    fn goodput_of(&self, kind: Kind) -> f64 {
        self.tally.goodput(kind, WARMING.min(self.length / 2), self.length)
    }

    /// Requests that were refused for now, as a share of all.
    pub(super) fn shed(&self) -> f64 {
        let shed = |kind| self.tally.count(kind, |said| matches!(said, Said::Shed(_)));
        let shed = shed(Kind::Enroll) + shed(Kind::Identify);
        shed as f64 / self.tally.ends().len().max(1) as f64
    }

    fn figures(&self, what: &str) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (kind, word, rate) in [
            (Kind::Enroll, "enroll", self.rates.enroll),
            (Kind::Identify, "identify", self.rates.identify),
        ] {
            if rate == 0.0 {
                continue;
            }
            let name = format!("{what}, {word}");
            let per_second = self.goodput_of(kind);
            figures.push(Figure::new(
                format!("{name}, answered rightly"),
                per_second,
                "requests/s",
            ));
            figures.extend(self.tally.latencies(kind).figures(&name));
            let count = |is: fn(&Said) -> bool| self.tally.count(kind, is) as f64;
            let shed = count(|said| matches!(said, Said::Shed(_)));
            let late = count(|said| matches!(said, Said::Late | Said::Incomplete));
            figures.push(Figure::new(format!("{name}, refused for now"), shed, "requests"));
            figures.push(Figure::new(format!("{name}, late or incomplete"), late, "requests"));
        }
        figures
    }
}

/// All steps, then far too much.
pub(super) fn measure(bench: &Bench<'_>, session: &Session, findings: &mut Findings) -> Result<()> {
    let mix = bench.arguments.mix();
    for factor in &bench.arguments.steps {
        let rates = mix.times(*factor);
        let Rates { enroll, identify } = rates;
        let what = format!("mix of {enroll}/s enrolled, {identify}/s identified");
        let step = step(bench, session, &what, rates)?;
        findings.add(step.figures(&what))?;
        findings.steps.push(step);
    }
    overload(bench, session, findings)
}

/// Every request is sent once.
fn step(bench: &Bench<'_>, session: &Session, what: &str, rates: Rates) -> Result<Step> {
    let length = bench.arguments.length();
    let due = arrivals(rates, length, bench.arguments.seed + 3);
    let bar = progress::bar(what, due.len());
    let ask = |kind| session.asking.clone().ask(kind, Manner::Once);
    let ends = drive::drive(session.handle(), &due, Instant::now(), &bar, ask);
    bar.finish_and_clear();
    let tally = Tally::new(ends);
    tally.ensure_none_wrong(what)?;
    session.until_searchable()?;
    session.settle()?;
    Ok(Step { rates, length, tally })
}

/// Enrollments alone, far more than there can be.
fn overload(bench: &Bench<'_>, session: &Session, findings: &mut Findings) -> Result<()> {
    let capacity = commits::saturated(bench, session, findings)?;
    let rates = Rates::enroll((capacity * OVERLOAD).round());
    let what = format!("{OVERLOAD} times overload");
    let step = step(bench, session, &what, rates)?;
    findings.add(step.figures(&what))?;
    let share = step.goodput() / capacity * 100.0;
    let lag = step.tally.lags().quantile_ms(0.99);
    findings.add([
        Figure::new(format!("{what}, asked for"), rates.enroll, "requests/s")
            .better_when(Better::Neither),
        Figure::new(format!("{what}, answered rightly, of what is possible"), share, "%")
            .better_when(Better::Larger),
        Figure::new(format!("{what}: sent too late by, 99 %"), lag, "ms"),
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::end;
    use super::*;

    #[test]
    fn goodput_counts_what_was_right_after_the_start_and_not_what_was_refused() {
        let shed = || Said::Shed(Duration::from_millis(500));
        let ends = vec![
            end(Kind::Enroll, 10, 20, Said::Right),
            end(Kind::Enroll, 2100, 2900, Said::Right),
            end(Kind::Identify, 3000, 3100, Said::Right),
            end(Kind::Enroll, 3000, 3001, shed()),
        ];
        let rates = Rates { enroll: 1.0, identify: 1.0 };
        let step = Step { rates, length: Duration::from_secs(4), tally: Tally::new(ends) };
        assert_eq!((step.goodput(), step.shed()), (1.0, 0.25));
        let figures = step.figures("mix");
        let value = |name: &str| figures.iter().find(|f| f.name == name).map(|f| f.value);
        assert_eq!(value("mix, enroll, answered rightly"), Some(0.5));
        assert_eq!(value("mix, enroll, refused for now"), Some(1.0));
        assert_eq!(value("mix, identify, late or incomplete"), Some(0.0));
    }
}
