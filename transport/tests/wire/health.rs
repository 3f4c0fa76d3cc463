//! What probes and tools are told.

use crate::support::{Authority, listen, serve};
use tokio_stream::StreamExt;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use transport::{Health, Role, probe, reflection};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_ready_when_it_says_so_and_only_members_may_ask() {
    let authority = Authority::new("kz");
    let (listener, address) = listen().await;
    let health = Health::not_ready().await;
    let mut server = authority.issue(Role::Node, 4).server(address).expect("as set up");
    serve(listener, server.add_service(health.service()));
    let (address, operator) = (address.to_string(), authority.issue(Role::Operator, 1));
    assert!(!probe(&operator, &address, Role::Node).await.expect("answered"));
    health.set_ready(true).await;
    assert!(probe(&operator, &address, Role::Node).await.expect("answered"));
    let stranger = Authority::new("kz").issue(Role::Operator, 1);
    assert!(probe(&stranger, &address, Role::Node).await.is_err());
    assert!(probe(&operator, &address, Role::Coordinator).await.is_err(), "it is a node");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_are_described() {
    let authority = Authority::new("kz");
    let (listener, address) = listen().await;
    let mut server = authority.issue(Role::Coordinator, 1).server(address).expect("as set up");
    serve(listener, server.add_service(reflection()));
    let operator = authority.issue(Role::Operator, 1);
    let endpoint = operator.endpoint(&address.to_string(), Role::Coordinator, Some(1));
    let channel = endpoint.expect("as set up").connect().await.expect("it listens");
    let message_request = Some(MessageRequest::ListServices(String::new()));
    let asked = ServerReflectionRequest { host: String::new(), message_request };
    let asked = tokio_stream::once(asked);
    let mut client = ServerReflectionClient::new(channel);
    let mut answers = client.server_reflection_info(asked).await.expect("served").into_inner();
    let answer = answers.next().await.expect("one answer").expect("a good one");
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("another answer");
    };
    let names: Vec<&str> = list.service.iter().map(|service| &*service.name).collect();
    for name in ["tanba.v1.Registration", "tanba.v1.Administration", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}
