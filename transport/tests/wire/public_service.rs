//! The public service, from client to desk and back.

use crate::support::{Authority, listen, now, serve, speaker};
use coordinator::command::{Command, DedupPolicy, Enroll, Outcome};
use coordinator::{
    Acknowledge, Candidate, Identified, Identify, Missing, Request, Response, Unavailable,
};
use proto::{Field, v1};
use replication::{
    EncounterId, EncounterState, GallerySet, Lane, NodeId, PartitionId, PersonId, Scope,
};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use transport::{Answering, Change, Client, ClientError, Desk, PublicService, Role, Security};

/// Answers from a script and remembers what it was asked.
pub(crate) struct Script {
    answers: Mutex<Vec<Response>>,
    pub(crate) asked: Mutex<Vec<Request>>,
}

impl Desk for Script {
    fn request(&self, request: Request, _: Duration) -> Answering {
        self.asked.lock().expect("as set up").push(request);
        let mut answers = self.answers.lock().expect("as set up");
        let answer = if answers.is_empty() { Response::Unknown } else { answers.remove(0) };
        Box::pin(async move { answer })
    }

    fn lacks_level(&self, level: u32) -> Vec<String> {
        if level > 2 { vec!["coordinator 2".to_owned()] } else { Vec::new() }
    }

    fn status(&self) -> Option<v1::StatusResponse> {
        Some(v1::StatusResponse { coordinator: 3, applied: 12, ..Default::default() })
    }
}

pub(crate) async fn server(
    authority: &Authority,
    id: u64,
    answers: &[Response],
) -> (Arc<Script>, SocketAddr) {
    let answers = Mutex::new(answers.to_vec());
    let desk = Arc::new(Script { answers, asked: Mutex::default() });
    let security = authority.issue(Role::Coordinator, id);
    let service = PublicService::new(desk.clone(), security.clone(), speaker(), now);
    let (listener, address) = listen().await;
    let router = security
        .server(address)
        .expect("as set up")
        .add_service(service.registration())
        .add_service(service.administration());
    serve(listener, router);
    (desk, address)
}

fn client(security: &Security, servers: &[SocketAddr]) -> Client {
    let servers: Vec<String> = servers.iter().map(SocketAddr::to_string).collect();
    Client::new(&servers, security, Duration::from_secs(10), Box::new(|| 42)).expect("as set up")
}

fn enroll() -> Enroll {
    Enroll {
        encounter: EncounterId(1 << 100),
        person: PersonId(2),
        galleries: GallerySet(1),
        content: [3; 32],
        payload: vec![4; 5000].into(),
        wrapped_key: None,
        dedup: DedupPolicy::Skip,
    }
}

pub(crate) fn identify() -> Identify {
    Identify {
        requester: (99 << 64) | 6,
        purpose: 1,
        case: 2,
        probe: vec![1; 3000].into(),
        scope: Scope { active_only: true, gallery: None },
        person: None,
        threshold: 4,
        candidates_max: 5,
        allow_partial: true,
        lane: Lane::Standard,
    }
}

fn applied(state: Option<EncounterState>) -> Response {
    Response::Done { index: 8, outcome: Outcome::Applied, state, is_searchable: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_reaches_the_desk_and_its_answer_the_client() {
    let authority = Authority::new("kz");
    let (person, encounter) = (PersonId(2), EncounterId(3));
    let candidate = Candidate { person, encounter, score: 500, rarity: 7000 };
    let found = Identified {
        search: 77,
        as_of: 9,
        is_complete: false,
        eligible: 10,
        scanned: 7,
        candidates: vec![candidate],
        missing: vec![(PartitionId(4), Missing::NoAnswer)],
    };
    let state = Some(EncounterState::Active);
    let answers = [applied(state), Response::Identified(found.clone())];
    let (desk, address) = server(&authority, 3, &answers).await;
    let client = client(&authority.issue(Role::Client, 7), &[address]);
    let done = client.enroll(&enroll(), Acknowledge::Searchable).await.expect("as set up");
    assert_eq!((done.index, done.outcome, done.state), (8, Outcome::Applied, state));
    assert_eq!(client.identify(&identify()).await.expect("as set up"), found);
    let asked = desk.asked.lock().expect("as set up").clone();
    assert_eq!(asked[0], Request::Enroll(enroll(), Acknowledge::Searchable));
    // The certificate says who searches, whatever the request claims.
    let audited = Identify { requester: (7 << 64) | 6, ..identify() };
    assert_eq!(asked[1], Request::Identify(audited));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_asks_elsewhere_when_one_is_gone_or_knows_no_leader() {
    let authority = Authority::new("kz");
    let leaderless = Response::Unavailable(Unavailable::NoLeader);
    let (first, at_first) = server(&authority, 1, &[leaderless]).await;
    let (second, at_second) = server(&authority, 2, &[applied(None)]).await;
    let (gone, at_gone) = listen().await;
    drop(gone);
    let client = client(&authority.issue(Role::Client, 7), &[at_gone, at_first, at_second]);
    let done = client.enroll(&enroll(), Acknowledge::Committed).await.expect("as set up");
    assert_eq!(done.index, 8);
    assert_eq!(first.asked.lock().expect("as set up").len(), 1);
    assert_eq!(second.asked.lock().expect("as set up").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_administer_and_nodes_do_not_search() {
    let authority = Authority::new("kz");
    let (desk, address) = server(&authority, 1, &[applied(None)]).await;
    let refused = |result: Result<(), ClientError>| match result {
        Err(ClientError::Refused { status, .. }) => status.code() == tonic::Code::PermissionDenied,
        _ => false,
    };
    let user = client(&authority.issue(Role::Client, 7), &[address]);
    assert!(refused(user.status().await.map(drop)));
    let node = client(&authority.issue(Role::Node, 7), &[address]);
    assert!(refused(node.identify(&identify()).await.map(drop)));
    let (id, incarnation, site, capacity) = (NodeId(5), 6, 0, 1);
    let node = coordinator::command::RegisterNode { node: id, incarnation, site, capacity };
    let register: v1::RegisterNode = node.to_wire();
    let change = Change::RegisterNode(register);
    assert!(refused(user.administer(change.clone()).await.map(drop)));
    assert!(desk.asked.lock().expect("as set up").is_empty(), "nothing refused reaches the desk");
    let operator = client(&authority.issue(Role::Operator, 1), &[address]);
    assert_eq!(operator.status().await.expect("as set up").applied, 12);
    operator.administer(change).await.expect("as set up");
    let asked = desk.asked.lock().expect("as set up").clone();
    assert_eq!(asked, [Request::Command(Command::RegisterNode(node))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_without_a_purpose_is_refused() {
    let authority = Authority::new("kz");
    let (desk, address) = server(&authority, 1, &[]).await;
    let client = client(&authority.issue(Role::Client, 7), &[address]);
    let asked = client.identify(&Identify { purpose: 0, ..identify() }).await;
    let Err(ClientError::Refused { status, .. }) = asked else { panic!("it was answered") };
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert!(desk.asked.lock().expect("as set up").is_empty());
}
