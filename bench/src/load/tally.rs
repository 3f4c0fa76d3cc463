//! What came of many requests.

use super::answers::Said;
use super::arrivals::Kind;
use super::drive::Finished;
use super::latencies::Latencies;
use anyhow::{Result, bail, ensure};
use std::time::Duration;

/// Requests that came to their end.
#[derive(Debug)]
pub(super) struct Tally(Vec<Finished<Said>>);

impl Tally {
    /// Of these.
    pub(super) fn new(ends: Vec<Finished<Said>>) -> Self {
        Self(ends)
    }

    /// All of them.
    pub(super) fn ends(&self) -> &[Finished<Said>] {
        &self.0
    }

    /// How many of a kind ended so.
    pub(super) fn count(&self, kind: Kind, is: impl Fn(&Said) -> bool) -> usize {
        self.0.iter().filter(|end| end.kind == kind && is(&end.said)).count()
    }

    /// Times of those of a kind that were answered rightly.
    pub(super) fn latencies(&self, kind: Kind) -> Latencies {
        let right = self.0.iter().filter(|end| end.kind == kind && end.said == Said::Right);
        Latencies::of(right.map(Finished::latency))
    }

    /// Times by which requests were sent too late.
    pub(super) fn lags(&self) -> Latencies {
        Latencies::of(self.0.iter().map(Finished::lag))
    }

    /// Right answers of a kind per second that ended within a stretch of time.
    pub(super) fn goodput(&self, kind: Kind, from: Duration, to: Duration) -> f64 {
        let ended = |end: &&Finished<Said>| end.kind == kind && (from..to).contains(&end.ended);
        let right = self.0.iter().filter(ended).filter(|end| end.said == Said::Right);
        right.count() as f64 / (to - from).as_secs_f64()
    }

    /// Fails when an answer cannot be right.
    ///
    /// # Errors
    /// With the first of them.
    pub(super) fn ensure_none_wrong(&self, what: &str) -> Result<()> {
        for end in &self.0 {
            if let Said::Wrong(why) = &end.said {
                bail!("{what}: a wrong answer: {why}");
            }
        }
        Ok(())
    }

    /// Fails when a request was not answered rightly.
    ///
    /// # Errors
    /// With the first of them.
    pub(super) fn ensure_right(&self, what: &str) -> Result<()> {
        self.ensure_none_wrong(what)?;
        let other = self.0.iter().find(|end| end.said != Said::Right);
        ensure!(other.is_none(), "{what}: not answered rightly: {other:?}");
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A request that was due, and ended, after so many milliseconds.
    pub(in crate::load) fn end(kind: Kind, due: u64, ended: u64, said: Said) -> Finished<Said> {
        let [due, sent, ended] = [due, due + 1, ended].map(Duration::from_millis);
        Finished { kind, due, sent, ended, said }
    }

    fn shed() -> Said {
        Said::Shed(Duration::from_millis(500))
    }

    fn tally() -> Tally {
        Tally::new(vec![
            end(Kind::Enroll, 0, 100, Said::Right),
            end(Kind::Enroll, 1000, 1300, Said::Right),
            end(Kind::Enroll, 1500, 1501, shed()),
            end(Kind::Enroll, 1900, 2500, Said::Right),
            end(Kind::Identify, 1200, 1250, Said::Right),
        ])
    }

    #[test]
    fn goodput_counts_right_answers_of_the_kind_that_ended_within_the_time() {
        let second = Duration::from_secs;
        assert_eq!(tally().goodput(Kind::Enroll, second(1), second(2)), 1.0);
        assert_eq!(tally().goodput(Kind::Enroll, second(0), second(4)), 0.75);
        assert_eq!(tally().goodput(Kind::Identify, second(1), second(2)), 1.0);
    }

    #[test]
    fn what_was_refused_has_no_latency_and_is_counted_as_refused() {
        let latencies = tally().latencies(Kind::Enroll);
        assert_eq!(latencies.count(), 3);
        assert!((latencies.quantile_ms(0.5) - 300.0).abs() < 1.0);
        assert_eq!(tally().count(Kind::Enroll, |said| matches!(said, Said::Shed(_))), 1);
        assert_eq!(tally().lags().count(), 5);
    }

    #[test]
    fn one_answer_that_is_not_right_is_enough() {
        assert!(tally().ensure_none_wrong("here").is_ok());
        assert!(tally().ensure_right("here").is_err(), "one was refused");
        let wrong = Said::Wrong("twice".to_owned());
        let error = Tally::new(vec![end(Kind::Enroll, 0, 1, wrong)]).ensure_none_wrong("here");
        assert_eq!(error.unwrap_err().to_string(), "here: a wrong answer: twice");
    }
}
