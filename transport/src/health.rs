//! Health by the protocol of gRPC, and the description of the services.

use crate::client::ClientError;
use crate::identity::Role;
use crate::security::Security;
use crate::waiting::within;
use std::time::Duration;
use tonic::Request;
use tonic::transport::Channel;
use tonic_health::ServingStatus as Reported;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health as HealthProtocol, HealthServer};
use tonic_health::server::{HealthReporter, HealthService};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

/// A probe is answered within this time or counts as not answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a process says of itself to probes.
#[derive(Clone)]
pub struct Health(HealthReporter);

impl Health {
    /// Not ready until it is said to be.
    pub async fn not_ready() -> Self {
        let health = Self(HealthReporter::new());
        health.set_ready(false).await;
        health
    }

    /// Says whether the process can serve now.
    pub async fn set_ready(&self, is_ready: bool) {
        let status = if is_ready { Reported::Serving } else { Reported::NotServing };
        self.0.set_service_status("", status).await;
    }

    /// The service to add to the server.
    pub fn service(&self) -> HealthServer<impl HealthProtocol> {
        HealthServer::new(HealthService::from_health_reporter(self.0.clone()))
    }
}

/// Describes all services to tools such as `grpcurl`.
///
/// # Panics
/// Never: the description was made with the services.
pub fn reflection() -> ServerReflectionServer<impl ServerReflection> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the description was made with the services")
}

/// Asks the process at `address`, host:port, whether it can serve now. Needs a tokio runtime.
///
/// # Errors
/// When the address or the certificates cannot be used, or it does not answer.
pub async fn probe(security: &Security, address: &str, role: Role) -> Result<bool, ClientError> {
    let channel = security.endpoint(address, role, None)?.connect_lazy();
    ask(channel).await.map_err(|status| ClientError::Refused {
        server: address.to_owned(),
        status: Box::new(status),
    })
}

async fn ask(channel: Channel) -> Result<bool, tonic::Status> {
    let mut request = Request::new(HealthCheckRequest::default());
    request.set_timeout(PATIENCE);
    let mut client = HealthClient::new(channel);
    let answer = within(PATIENCE, client.check(request)).await?;
    Ok(answer.into_inner().status() == ServingStatus::Serving)
}
