//! What every process of a cluster does around its core: log, count, listen, stop.

use crate::probes::Probes;
use anyhow::Context;
use replication::DiskRoom;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::server::{Router, TcpIncoming};
use tracing::Level;

/// Calls under way may go on for so long after the process was told to stop.
const FAREWELL: Duration = Duration::from_secs(1);
/// Between looks at the core, for probes and metrics.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bytes that wait for one peer, at most.
pub(crate) const QUEUE_BYTES_MAX: usize = 64 << 20;

/// Name and version of the program.
pub(crate) const RELEASE: &str = concat!("tanba ", env!("CARGO_PKG_VERSION"));

/// Seconds since 1970.
pub(crate) fn seconds_now() -> i64 {
    UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs() as i64)
}

/// The room on the disk of a folder, as whoever has no privileges sees it.
///
/// # Errors
/// When there is no such folder.
pub(crate) fn room_of(folder: &Path) -> io::Result<DiskRoom> {
    let found = rustix::fs::statvfs(folder)?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let written = found.f_blocks.saturating_sub(found.f_bfree).saturating_mul(found.f_frsize);
    Ok(DiskRoom { free, total: written + free })
}

/// Between looks at the disk.
const DISK_EVERY: Duration = Duration::from_secs(1);

/// Tells again and again how much room there is where `folder` is.
pub(crate) async fn watch_disk(folder: PathBuf, tell: impl Fn(DiskRoom)) {
    let mut turn = tokio::time::interval(DISK_EVERY);
    let mut was_scarce = false;
    loop {
        turn.tick().await;
        // A folder that cannot be looked at is the trouble of whoever writes to it.
        let Ok(room) = room_of(&folder) else { continue };
        metrics::gauge!("tanba_disk_free_bytes").set(room.free as f64);
        metrics::gauge!("tanba_disk_bytes").set(room.total as f64);
        metrics::gauge!("tanba_disk_scarce").set(f64::from(u8::from(room.is_scarce())));
        if room.is_scarce() != was_scarce {
            was_scarce = room.is_scarce();
            let (free, total) = (room.free, room.total);
            match was_scarce {
                true => tracing::error!(free, total, "the disk is nearly full: make room"),
                false => tracing::info!(free, total, "there is room on the disk again"),
            }
        }
        tell(room);
    }
}

/// How a process says what it does.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServingArguments {
    /// What is written to standard error: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info", help_heading = "Operation")]
    log: Level,
    /// Where /metrics, /livez and /readyz are served, a loopback address; without it they are not.
    #[arg(long, value_name = "HOST:PORT", help_heading = "Operation")]
    metrics: Option<SocketAddr>,
}

impl Default for ServingArguments {
    fn default() -> Self {
        Self { log: Level::INFO, metrics: None }
    }
}

impl ServingArguments {
    /// Starts to log, to count and to answer probes; within a tokio runtime.
    ///
    /// # Errors
    /// When metrics cannot be served there.
    pub(crate) fn start(&self) -> anyhow::Result<Probes> {
        tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(false)
            .with_max_level(self.log)
            .init();
        let probes = Probes::new();
        self.metrics.map_or(Ok(()), |address| probes.serve(address))?;
        Ok(probes)
    }
}

/// The runtime of a process.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("no threads can be started")
}

/// A server that runs beside the core.
pub(crate) struct Server {
    task: JoinHandle<Result<(), tonic::transport::Error>>,
    stop: oneshot::Sender<()>,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// When the address is taken or not of this machine.
    pub(crate) async fn start(address: SocketAddr, router: Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen at {address}"))?;
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let task = tokio::spawn(router.serve_with_incoming_shutdown(incoming, stopped));
        tracing::info!(%address, "listening");
        Ok(Self { task, stop })
    }

    /// Waits until it ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) -> anyhow::Error {
        match (&mut self.task).await {
            Ok(Err(error)) => anyhow::Error::from(error).context("the server ended"),
            _ => anyhow::anyhow!("the server ended"),
        }
    }

    /// Takes no more calls and lets those under way end, for a moment.
    pub(crate) async fn stop(self) {
        // Who does not listen any more has ended.
        let _ = self.stop.send(());
        let mut task = self.task;
        if tokio::time::timeout(FAREWELL, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Waits until the process is told to stop.
///
/// # Errors
/// When signals cannot be waited for.
pub(crate) async fn told_to_stop() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    tracing::info!("told to stop");
    Ok(())
}
