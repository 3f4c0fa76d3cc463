//! Limits on waiting for another process. Those of the library begin once a connection stands, and
//! one to a process that was stopped in its tracks, or behind a cut link, may never stand: the
//! system accepts it, and nobody greets.

use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

/// A connection stands within this time or is tried anew.
const CONNECTED: Duration = Duration::from_secs(5);

/// The answer of a call, which takes no longer than `limit` with all that it needs.
pub(crate) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<Response<T>, Status> {
    let late = |_| Err(Status::unavailable("no answer in time"));
    tokio::time::timeout(limit, call).await.unwrap_or_else(late)
}

/// Connects, in time.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Channel, String> {
    match tokio::time::timeout(CONNECTED, endpoint.connect()).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no connection in time".to_owned()),
    }
}
