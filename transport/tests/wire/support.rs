//! An authority, certificates, servers.

use replication::{ClusterId, Generation};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::transport::server::{Router, TcpIncoming};
use transport::certificates::{Issue, init, issue};
use transport::{Credentials, Role, Security, Speaker};

/// Everything must have happened within this time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    since.as_secs() as i64
}

/// Whom receipts are of.
pub(crate) fn speaker() -> Speaker {
    Speaker { cluster: ClusterId(77), generation: Generation(1), release: "tanba test".into() }
}

/// The authority of one cluster.
pub(crate) struct Authority(TempDir);

impl Authority {
    pub(crate) fn new(cluster: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        init(&folder.path().join("authority"), cluster, now()).expect("a new authority");
        Self(folder)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.0.path().join("authority")
    }

    /// Where files of a test can lie.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn issue(&self, role: Role, id: u64) -> Security {
        self.issue_at(role, id, now())
    }

    /// Issued at a time in seconds since 1970, for a day.
    pub(crate) fn issue_at(&self, role: Role, id: u64, now: i64) -> Security {
        let folder = self.0.path().join(format!("{role}-{id}"));
        if !folder.exists() {
            let authority = self.folder();
            issue(Issue { authority: &authority, role, id, days: 1, now }, &folder)
                .expect("a certificate");
        }
        Security::Mutual(Box::new(Credentials::load(&folder).expect("as issued")))
    }
}

/// A listener on a free port of this machine.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Serves until the runtime ends.
pub(crate) fn serve(listener: TcpListener, router: Router) {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(async move { router.serve_with_incoming(incoming).await.expect("serves") });
}

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    let mut turn = tokio::time::interval(Duration::from_millis(5));
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        turn.tick().await;
    }
}
