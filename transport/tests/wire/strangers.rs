//! Whoever does not show the right certificate is not listened to.

use crate::public_service::server;
use crate::support::{Authority, listen, now, serve, speaker};
use proto::v1::administration_client::AdministrationClient;
use proto::{Header, v1};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use transport::{Client, PublicService, Role, Security};

const DAY: i64 = 86_400;

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("it was issued")
}

/// TLS of a client that believes in this authority and shows nothing.
fn bare(authority: &Authority) -> ClientTlsConfig {
    let trusted = Certificate::from_pem(read(&authority.folder().join("authority.pem")));
    ClientTlsConfig::new().ca_certificate(trusted).domain_name("coordinator.kz.tanba")
}

/// The same, showing a certificate issued by another one, maybe.
fn showing(trusted: &Authority, issuer: &Authority, name: &str) -> ClientTlsConfig {
    let folder = issuer.path().join(name);
    let own =
        Identity::from_pem(read(&folder.join("certificate.pem")), read(&folder.join("key.pem")));
    bare(trusted).identity(own)
}

async fn is_answered(tls: ClientTlsConfig, at: SocketAddr) -> bool {
    let endpoint = Endpoint::from_shared(format!("https://{at}")).expect("an address");
    let endpoint = endpoint.tls_config(tls).expect("certificates that can be read");
    let Ok(channel) = endpoint.connect().await else { return false };
    let header = Some(Header { request_id: 1, budget_ms: 1000 }.to_wire());
    let status = AdministrationClient::new(channel).status(v1::StatusRequest { header }).await;
    status.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_shows_a_valid_certificate_of_the_authority_is_answered() {
    let authority = Authority::new("kz");
    let (desk, at) = server(&authority, 1, &[]).await;
    authority.issue(Role::Operator, 1);
    assert!(is_answered(showing(&authority, &authority, "operator-1"), at).await, "the honest one");
    assert!(!is_answered(bare(&authority), at).await, "no certificate");
    let other = Authority::new("kz");
    other.issue(Role::Operator, 1);
    assert!(!is_answered(showing(&authority, &other, "operator-1"), at).await, "another authority");
    authority.issue_at(Role::Operator, 2, now() - 10 * DAY);
    assert!(!is_answered(showing(&authority, &authority, "operator-2"), at).await, "it is over");
    authority.issue_at(Role::Operator, 3, now() + 10 * DAY);
    assert!(!is_answered(showing(&authority, &authority, "operator-3"), at).await, "not yet");
    authority.issue(Role::Client, 4);
    assert!(!is_answered(showing(&authority, &authority, "client-4"), at).await, "another role");
    assert!(desk.asked.lock().expect("as set up").is_empty());
}

/// Whether a client believes a server that shows what `security` holds.
async fn is_believed(authority: &Authority, security: Security) -> bool {
    let (desk, _) = server(authority, 1, &[]).await;
    let (listener, at) = listen().await;
    let service = PublicService::new(desk, security.clone(), speaker(), now);
    serve(listener, security.server(at).expect("as set up").add_service(service.administration()));
    let operator = authority.issue(Role::Operator, 1);
    let budget = Duration::from_millis(500);
    let client = Client::new(&[at.to_string()], &operator, budget, Box::new(|| 1));
    client.expect("as set up").status().await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_no_coordinator_of_the_cluster_is_not_believed() {
    let authority = Authority::new("kz");
    assert!(is_believed(&authority, authority.issue(Role::Coordinator, 7)).await, "the honest one");
    assert!(!is_believed(&authority, authority.issue(Role::Node, 7)).await, "another role");
    let stranger = Authority::new("kz").issue(Role::Coordinator, 7);
    assert!(!is_believed(&authority, stranger).await, "another authority");
    let over = authority.issue_at(Role::Coordinator, 8, now() - 10 * DAY);
    assert!(!is_believed(&authority, over).await, "it is over");
}
