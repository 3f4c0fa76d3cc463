//! What a process says to probes and to Prometheus, by HTTP on a loopback address.
//!
//! `/livez`: whether the thread that owns the core still takes turns; a process that does not is to
//! be started again. `/readyz`: whether it can serve now, and why not; nothing is to be done about
//! one that is not, but to send nobody there. `/metrics`: numbers.

use anyhow::{Context, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An owner that did not take a turn for so long is stuck.
const STUCK: Duration = Duration::from_secs(20);
/// Between rounds of upkeep of the numbers.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is known about the process, and in it about one core.
#[derive(Clone)]
pub(crate) struct Probes {
    own: Arc<Mutex<Seen>>,
    /// All cores of the process.
    all: Arc<Mutex<Vec<Arc<Mutex<Seen>>>>>,
}

struct Seen {
    /// Turns that the owner took, and when that number was last another.
    turns: u64,
    changed: Instant,
    /// Why it cannot serve.
    not_ready: Option<String>,
}

type Answer = (StatusCode, String);

const STARTING: &str = "not ready: it starts\n";

impl Seen {
    fn starting() -> Arc<Mutex<Self>> {
        let not_ready = Some("it starts".to_owned());
        Arc::new(Mutex::new(Self { turns: 0, changed: Instant::now(), not_ready }))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probes {
    /// A process that starts.
    pub(crate) fn new() -> Self {
        Self { own: Seen::starting(), all: Arc::default() }
    }

    /// Of one core of the process.
    pub(crate) fn another(&self) -> Self {
        let own = Seen::starting();
        locked(&self.all).push(own.clone());
        Self { own, all: self.all.clone() }
    }

    /// How many turns the owner took so far, and why the process cannot serve, if it cannot.
    pub(crate) fn saw(&self, turns: u64, not_ready: Option<String>) {
        let mut seen = locked(&self.own);
        if seen.turns != turns {
            (seen.turns, seen.changed) = (turns, Instant::now());
        }
        seen.not_ready = not_ready;
    }

    fn live(&self, now: Instant) -> Answer {
        let changed: Vec<Instant> = locked(&self.all).iter().map(|s| locked(s).changed).collect();
        let idle = changed.into_iter().map(|at| now.saturating_duration_since(at)).max();
        let idle = idle.unwrap_or_default();
        if idle < STUCK {
            return (StatusCode::OK, "live\n".to_owned());
        }
        let text = format!("no turn was taken for {} s: start it again\n", idle.as_secs());
        (StatusCode::SERVICE_UNAVAILABLE, text)
    }

    fn ready(&self) -> Answer {
        let all = locked(&self.all);
        let mut why = all.iter().filter_map(|seen| locked(seen).not_ready.clone());
        match why.next() {
            None if all.is_empty() => (StatusCode::SERVICE_UNAVAILABLE, STARTING.to_owned()),
            None => (StatusCode::OK, "ready\n".to_owned()),
            Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        }
    }

    /// Serves them, and the numbers; within a tokio runtime.
    ///
    /// # Errors
    /// When the address is no loopback address or cannot be listened at.
    pub(crate) fn serve(&self, address: SocketAddr) -> anyhow::Result<()> {
        ensure!(address.ip().is_loopback(), "{address}: metrics are for this machine alone");
        let cannot = || format!("metrics cannot be served at {address}");
        let recorder = PrometheusBuilder::new().install_recorder().with_context(cannot)?;
        let listener = TcpListener::bind(address).with_context(cannot)?;
        listener.set_nonblocking(true).with_context(cannot)?;
        let listener = tokio::net::TcpListener::from_std(listener).with_context(cannot)?;
        tokio::spawn(keep_up(recorder.clone()));
        let router = self.clone().router(move || recorder.render());
        tokio::spawn(async { axum::serve(listener, router).await });
        Ok(())
    }

    fn router(self, render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
        let (live, ready) = (self.clone(), self);
        Router::new()
            .route("/livez", get(async move || live.live(Instant::now())))
            .route("/readyz", get(async move || ready.ready()))
            .route("/metrics", get(async move || render()))
    }
}

async fn keep_up(recorder: PrometheusHandle) {
    let mut turn = tokio::time::interval(UPKEEP);
    loop {
        turn.tick().await;
        recorder.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_live_while_its_owner_takes_turns() {
        let probes = Probes::new().another();
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert_eq!(probes.live(later(1)).0, StatusCode::OK);
        probes.saw(7, None);
        let (status, text) = probes.live(later(25));
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains("start it again"), "{text}");
        // The same number of turns again is no sign of life.
        let before = locked(&probes.own).changed;
        probes.saw(7, None);
        assert_eq!(locked(&probes.own).changed, before);
        probes.saw(8, None);
        assert!(locked(&probes.own).changed > before);
    }

    #[test]
    fn a_process_is_ready_as_often_as_it_can_serve() {
        let probes = Probes::new();
        assert_eq!(probes.ready().0, StatusCode::SERVICE_UNAVAILABLE);
        let probes = probes.another();
        assert_eq!(probes.ready().0, StatusCode::SERVICE_UNAVAILABLE);
        probes.saw(1, None);
        assert_eq!(probes.ready().0, StatusCode::OK);
        probes.saw(2, Some("no leader is known".to_owned()));
        let (status, text) = probes.ready();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, "not ready: no leader is known\n");
    }

    #[test]
    fn a_process_with_two_cores_is_live_and_ready_when_both_are() {
        let process = Probes::new();
        let cores = [process.another(), process.another()];
        cores[0].saw(1, None);
        assert_eq!(process.ready().1, STARTING);
        cores[1].saw(1, None);
        assert_eq!(process.ready().0, StatusCode::OK);
        let later = Instant::now() + Duration::from_secs(25);
        locked(&cores[1].own).changed = later;
        assert_eq!(process.live(later).0, StatusCode::SERVICE_UNAVAILABLE, "one is stuck");
        locked(&cores[0].own).changed = later;
        assert_eq!(process.live(later).0, StatusCode::OK);
    }
}
