//! Sends requests when they are due, whether or not earlier ones came back.
//!
//! The time of a request counts from when it was due. A sender that is held up, by a slow answer or
//! by the machine, so makes latencies longer instead of leaving the slow moments out (the mistake
//! known as coordinated omission).

use super::arrivals::{Arrival, Kind};
use indicatif::ProgressBar;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;

/// A request that came to its end.
#[derive(Debug, Clone)]
pub(super) struct Finished<T> {
    pub(super) kind: Kind,
    /// When it was due, from the beginning.
    pub(super) due: Duration,
    /// When it was sent, from the beginning.
    pub(super) sent: Duration,
    /// When it ended, from the beginning.
    pub(super) ended: Duration,
    /// What came of it.
    pub(super) said: T,
}

impl<T> Finished<T> {
    /// From when it was due to its end.
    pub(super) fn latency(&self) -> Duration {
        self.ended.saturating_sub(self.due)
    }

    /// How much later than due it was sent: a fault of the sender.
    pub(super) fn lag(&self) -> Duration {
        self.sent.saturating_sub(self.due)
    }
}

/// Sends everything and waits for every end. `begin` is the moment from which arrivals count.
pub(super) fn drive<T, F>(
    runtime: &Handle,
    arrivals: &[Arrival],
    begin: Instant,
    bar: &ProgressBar,
    ask: impl Fn(Kind) -> F,
) -> Vec<Finished<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (sender, mut receiver) = unbounded_channel();
    for Arrival { at: due, kind } in arrivals.iter().copied() {
        wait_until(begin + due);
        let (answer, sender) = (ask(kind), sender.clone());
        let sent = begin.elapsed();
        runtime.spawn(async move {
            let said = answer.await;
            let ended = begin.elapsed();
            // Whoever drives waits for every end.
            let _ = sender.send(Finished { kind, due, sent, ended, said });
        });
        bar.inc(1);
    }
    drop(sender);
    let mut finished = Vec::with_capacity(arrivals.len());
    while let Some(end) = receiver.blocking_recv() {
        finished.push(end);
    }
    finished
}

fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::sleep(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Barrier;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
    }

    fn each_ms(count: u64) -> Vec<Arrival> {
        let arrival = |ms| Arrival { at: Duration::from_millis(ms), kind: Kind::Identify };
        (0..count).map(arrival).collect()
    }

    #[test]
    fn requests_start_while_none_came_back() {
        let runtime = runtime();
        // Nobody is answered before all have asked: a sender that waits would wait for ever.
        let barrier = Arc::new(Barrier::new(50));
        let ask = |_| {
            let barrier = barrier.clone();
            let met = async move { barrier.wait().await.is_leader() };
            async { tokio::time::timeout(Duration::from_secs(30), met).await.is_ok() }
        };
        let begin = Instant::now();
        let ends = drive(runtime.handle(), &each_ms(50), begin, &ProgressBar::hidden(), ask);
        assert_eq!(ends.len(), 50);
        assert!(ends.iter().all(|end| end.said), "every request met all others");
        let last_due = Duration::from_millis(49);
        assert!(ends.iter().all(|end| end.ended >= last_due));
    }

    #[test]
    fn time_counts_from_when_a_request_was_due_and_not_from_when_it_was_sent() {
        let runtime = runtime();
        let late = Duration::from_secs(5);
        let begin = Instant::now().checked_sub(late).unwrap();
        let ends =
            drive(runtime.handle(), &each_ms(3), begin, &ProgressBar::hidden(), |_| async {});
        for end in ends {
            let shortest = late - end.due;
            assert!(end.latency() >= shortest && end.lag() >= shortest, "{end:?}");
        }
    }

    #[test]
    fn nothing_is_sent_before_it_is_due() {
        let runtime = runtime();
        let begin = Instant::now();
        let ends =
            drive(runtime.handle(), &each_ms(40), begin, &ProgressBar::hidden(), |_| async {});
        assert!(ends.iter().all(|end| end.sent >= end.due && end.ended >= end.sent));
    }
}
