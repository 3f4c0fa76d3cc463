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
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An owner that did not take a turn for so long is stuck.
const STUCK: Duration = Duration::from_secs(20);
/// Between rounds of upkeep of the numbers.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is known about the process.
#[derive(Clone)]
pub(crate) struct Probes(Arc<Mutex<Seen>>);

struct Seen {
    /// Turns that the owner took, and when that number was last another.
    turns: u64,
    changed: Instant,
    /// Why it cannot serve.
    not_ready: Option<String>,
}

type Answer = (StatusCode, String);

impl Probes {
    /// A process that starts.
    pub(crate) fn new() -> Self {
        let not_ready = Some("it starts".to_owned());
        Self(Arc::new(Mutex::new(Seen { turns: 0, changed: Instant::now(), not_ready })))
    }

    /// How many turns the owner took so far, and why the process cannot serve, if it cannot.
    pub(crate) fn saw(&self, turns: u64, not_ready: Option<String>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.turns != turns {
            (seen.turns, seen.changed) = (turns, Instant::now());
        }
        seen.not_ready = not_ready;
    }

    fn live(&self, now: Instant) -> Answer {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = now.saturating_duration_since(seen.changed);
        if idle < STUCK {
            return (StatusCode::OK, "live\n".to_owned());
        }
        let text = format!("no turn was taken for {} s: start it again\n", idle.as_secs());
        (StatusCode::SERVICE_UNAVAILABLE, text)
    }

    fn ready(&self) -> Answer {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &seen.not_ready {
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
        let probes = Probes::new();
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert_eq!(probes.live(later(1)).0, StatusCode::OK);
        probes.saw(7, None);
        let (status, text) = probes.live(later(25));
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text.contains("start it again"), "{text}");
        // The same number of turns again is no sign of life.
        let before = probes.0.lock().unwrap().changed;
        probes.saw(7, None);
        assert_eq!(probes.0.lock().unwrap().changed, before);
        probes.saw(8, None);
        assert!(probes.0.lock().unwrap().changed > before);
    }

    #[test]
    fn a_process_is_ready_as_often_as_it_can_serve() {
        let probes = Probes::new();
        assert_eq!(probes.ready().0, StatusCode::SERVICE_UNAVAILABLE);
        probes.saw(1, None);
        assert_eq!(probes.ready().0, StatusCode::OK);
        probes.saw(2, Some("no leader is known".to_owned()));
        let (status, text) = probes.ready();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, "not ready: no leader is known\n");
    }
}
