//! The register behind axum.

use super::Server;
use super::answer::{Answer, Question};
use anyhow::{Context, ensure};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::sync::Arc;

/// Most bytes of one request: a scan of a card at 1,000 ppi.
const BODY_BYTES_MAX: usize = 64 << 20;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        // Personal data stay out of caches, and the page out of frames and away from other sites.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let policy = "default-src 'self' blob:; script-src 'unsafe-inline'; \
                      style-src 'unsafe-inline'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        response
    }
}

/// Serves until the process is told to stop. `clock` says what time it is.
///
/// # Errors
/// When the address is not of this machine alone, or cannot be listened at.
pub async fn serve(
    server: Server,
    address: SocketAddr,
    clock: fn() -> anyhow::Result<Timestamp>,
) -> anyhow::Result<()> {
    ensure!(
        address.ip().is_loopback(),
        "{address}: plain HTTP is for this machine alone; put a proxy with TLS before it"
    );
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("{address} cannot be listened at"))?;
    let server = Arc::new(server);
    let router = Router::new().fallback(move |request: Request| {
        let server = Arc::clone(&server);
        async move { answer(server, request, clock).await }
    });
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, router).with_graceful_shutdown(stop).await.context("the server ended")
}

async fn answer(
    server: Arc<Server>,
    request: Request,
    clock: fn() -> anyhow::Result<Timestamp>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let body: Bytes = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(_) => return Answer::problem(413, "TOO_LARGE", "at most 64 MiB a request", None),
    };
    let authorization = parts.headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    let question = Question {
        method: parts.method.as_str().to_ascii_lowercase(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        token: token.map(str::to_owned),
        body: body.to_vec(),
    };
    let now = match clock() {
        Ok(now) => now,
        Err(error) => return Answer::problem(500, "CLOCK", &error.to_string(), None),
    };
    // Searches take long, and disks are slow.
    let answered = tokio::task::spawn_blocking(move || server.answer(&question, now)).await;
    answered.unwrap_or_else(|_| {
        Answer::problem(500, "BROKEN", "the register contradicted itself; its log says where", None)
    })
}
