//! Streams between coordinators and nodes.

use crate::support::{Authority, PATIENCE, listen, now, serve, until};
use coordinator::{Input, PeerMessage};
use replication::{
    Assignment, Checkpoint, ClusterId, CoordinatorId, FromNode, Generation, NodeId, PartitionId,
    Peer, Position, Summary, TailRequest, ToNode,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use transport::{
    CoordinatorLinks, CoordinatorLinksSettings, NodeLinks, NodeLinksSettings, Role, Security,
    SecurityError, Terms,
};

const CLUSTER: ClusterId = ClusterId(77);
const QUEUE_BYTES_MAX: usize = 8 << 20;

fn terms() -> Terms {
    Terms { binding: [1; 32], file: [2; 32], release: "tanba test".into(), feature_level_max: 2 }
}

struct Coordinator {
    links: Arc<CoordinatorLinks>,
    inputs: UnboundedReceiver<Input>,
}

fn coordinator(
    id: u64,
    peers: &[(u64, SocketAddr)],
    at: (TcpListener, SocketAddr),
    security: Security,
) -> Coordinator {
    let settings = CoordinatorLinksSettings {
        id: CoordinatorId(id),
        cluster: CLUSTER,
        generation: Generation(1),
        terms: terms(),
        incarnation: 40 + id,
        is_known: Box::new(move |_, incarnation| incarnation < 50),
        peers: peers.iter().map(|(id, at)| (CoordinatorId(*id), at.to_string())).collect(),
        queue_bytes_max: QUEUE_BYTES_MAX,
    };
    let links = CoordinatorLinks::start(settings, security.clone()).expect("as set up");
    let (sender, inputs) = unbounded_channel();
    links.deliver_to(Box::new(move |input| sender.send(input).is_ok()));
    let router = security.server(at.1).expect("as set up").add_service(links.service());
    serve(at.0, router);
    Coordinator { links, inputs }
}

struct Node {
    links: Arc<NodeLinks>,
    messages: UnboundedReceiver<(Peer, ToNode)>,
}

async fn node(id: u64, coordinators: &[(u64, SocketAddr)], security: Security) -> Node {
    node_with(id, coordinators, security, terms()).await
}

async fn node_with(
    id: u64,
    coordinators: &[(u64, SocketAddr)],
    security: Security,
    terms: Terms,
) -> Node {
    let (listener, address) = listen().await;
    let coordinators = coordinators.iter().map(|(id, at)| (CoordinatorId(*id), at.to_string()));
    let settings = NodeLinksSettings {
        id: NodeId(id),
        cluster: CLUSTER,
        generation: Generation(1),
        terms,
        address: address.to_string(),
        coordinators: coordinators.collect(),
        queue_bytes_max: QUEUE_BYTES_MAX,
    };
    let links = NodeLinks::start(settings, security.clone()).expect("as set up");
    let (sender, messages) = unbounded_channel();
    links.deliver_to(Box::new(move |from, message| sender.send((from, message)).is_ok()));
    serve(listener, security.server(address).expect("as set up").add_service(links.service()));
    Node { links, messages }
}

fn chunk_wanted(offset: u64) -> PeerMessage {
    PeerMessage::ChunkWanted { digest: [7; 32], offset }
}

fn tail(node: u64, after: u64) -> FromNode {
    let positions = vec![Position { partition: PartitionId(1), after }];
    FromNode::Tail(TailRequest { generation: Generation(1), node: NodeId(node), positions })
}

fn assignment(as_of: u64) -> ToNode {
    let (generation, partitions) = (Generation(1), Vec::new());
    ToNode::Assign(Assignment { generation, as_of, partitions })
}

/// Sends again and again, as the core does, until something arrives.
async fn until_taken<T>(inputs: &mut UnboundedReceiver<T>, send: impl Fn()) -> T {
    until("a message arrives", || {
        send();
        inputs.try_recv().ok()
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coordinators_reach_each_other_and_again_after_one_restarted() {
    let authority = Authority::new("kz");
    let (first, second) = (listen().await, listen().await);
    let (at_first, at_second) = (first.1, second.1);
    let security = |id| authority.issue(Role::Coordinator, id);
    let mut one = coordinator(1, &[(2, at_second)], first, security(1));
    // A process of its own, as far as sockets go: its end closes them.
    let mut process = tokio::runtime::Builder::new_multi_thread();
    let process = process.worker_threads(1).enable_all().build().expect("as set up");
    let own = security(2);
    let start = async move { coordinator(2, &[(1, at_first)], second, own) };
    let mut two = process.spawn(start).await.expect("as set up");
    let to_two = || one.links.to_coordinator(CoordinatorId(2), chunk_wanted(5));
    let arrived = until_taken(&mut two.inputs, to_two).await;
    assert_eq!(arrived, Input::Peer(CoordinatorId(1), chunk_wanted(5)));
    let to_one = || two.links.to_coordinator(CoordinatorId(1), chunk_wanted(6));
    let arrived = until_taken(&mut one.inputs, to_one).await;
    assert_eq!(arrived, Input::Peer(CoordinatorId(2), chunk_wanted(6)));

    process.shutdown_background();
    let mut listener = None;
    while listener.is_none() {
        tokio::task::yield_now().await;
        listener = TcpListener::bind(at_second).await.ok();
    }
    let listener = listener.expect("the loop ends with one");
    let mut again = coordinator(2, &[(1, at_first)], (listener, at_second), security(2));
    let to_two = || one.links.to_coordinator(CoordinatorId(2), chunk_wanted(8));
    let arrived = until_taken(&mut again.inputs, to_two).await;
    assert_eq!(arrived, Input::Peer(CoordinatorId(1), chunk_wanted(8)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_and_its_coordinator_talk_on_the_stream_that_the_node_opened() {
    let authority = Authority::new("kz");
    let at = listen().await;
    let address = at.1;
    let mut one = coordinator(1, &[], at, authority.issue(Role::Coordinator, 1));
    let mut node = node(4, &[(1, address)], authority.issue(Role::Node, 4)).await;
    let up = || node.links.to_coordinator(CoordinatorId(1), tail(4, 9));
    assert_eq!(until_taken(&mut one.inputs, up).await, Input::Node(NodeId(4), tail(4, 9)));
    let down = || one.links.to_node(NodeId(4), assignment(3));
    let expected = (Peer::Coordinator(CoordinatorId(1)), assignment(3));
    assert_eq!(until_taken(&mut node.messages, down).await, expected);
    assert_eq!(one.links.connected_nodes().keys().collect::<Vec<_>>(), [&NodeId(4)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_larger_than_any_queue_passes_from_node_to_node() {
    let authority = Authority::new("kz");
    let at = listen().await;
    let address = at.1;
    let one = coordinator(1, &[], at, authority.issue(Role::Coordinator, 1));
    let four = node(4, &[(1, address)], authority.issue(Role::Node, 4)).await;
    let mut five = node(5, &[(1, address)], authority.issue(Role::Node, 5)).await;
    let pairs = (0..40u32).map(|i| (i.to_be_bytes().to_vec(), vec![i as u8; 1 << 20])).collect();
    let (generation, partition) = (Generation(1), PartitionId(2));
    let checkpoint = Checkpoint { index: 3, summary: Summary::default(), pairs };
    let message = ToNode::Checkpoint { generation, partition, checkpoint };
    let both = || (one.links.connected_nodes().len() == 2).then_some(());
    until("both nodes are connected", both).await;
    let wanted = ToNode::CheckpointWanted { generation, partition };
    let ask = || four.links.to_node(NodeId(5), wanted.clone());
    assert_eq!(until_taken(&mut five.messages, ask).await, (Peer::Node(NodeId(4)), wanted.clone()));
    // What was sent too often may still be on its way.
    four.links.to_node(NodeId(5), message.clone());
    let large = async {
        loop {
            match five.messages.recv().await {
                Some((_, small)) if small == wanted => {}
                other => return other,
            }
        }
    };
    let arrived = tokio::time::timeout(PATIENCE, large).await.expect("in time");
    assert_eq!(arrived, Some((Peer::Node(NodeId(4)), message)));
}

/// Whether anything of a node arrives at a coordinator; a second node shows that it could.
async fn is_heard(authority: &Authority, security: Security, claimed: u64) -> bool {
    is_heard_with(authority, security, claimed, terms()).await
}

async fn is_heard_with(
    authority: &Authority,
    security: Security,
    claimed: u64,
    terms: Terms,
) -> bool {
    let at = listen().await;
    let address = at.1;
    let mut one = coordinator(1, &[], at, authority.issue(Role::Coordinator, 1));
    let suspect = node_with(claimed, &[(1, address)], security, terms).await;
    let honest = node(9, &[(1, address)], authority.issue(Role::Node, 9)).await;
    let mut heard = 0;
    until("the honest node is heard often", || {
        suspect.links.to_coordinator(CoordinatorId(1), tail(claimed, 1));
        honest.links.to_coordinator(CoordinatorId(1), tail(9, 1));
        match one.inputs.try_recv() {
            Ok(Input::Node(NodeId(9), _)) => heard += 1,
            Ok(_) => return Some(true),
            Err(_) => {}
        }
        (heard > 100).then_some(false)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_heard_under_another_id_role_or_authority() {
    let authority = Authority::new("kz");
    let own = |role, id| authority.issue(role, id);
    assert!(is_heard(&authority, own(Role::Node, 4), 4).await, "the honest case");
    assert!(!is_heard(&authority, own(Role::Node, 4), 5).await, "another id");
    assert!(!is_heard(&authority, own(Role::Client, 4), 4).await, "another role");
    let stranger = Authority::new("kz").issue(Role::Node, 4);
    assert!(!is_heard(&authority, stranger, 4).await, "another authority of the same name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_works_by_other_terms_is_not_heard_and_another_file_is_shown() {
    let authority = Authority::new("kz");
    let own = || authority.issue(Role::Node, 4);
    let other = Terms { binding: [7; 32], ..terms() };
    assert!(!is_heard_with(&authority, own(), 4, other).await);
    let newer = Terms { file: [7; 32], release: "tanba next".into(), ..terms() };
    assert!(is_heard_with(&authority, own(), 4, newer.clone()).await);
    let at = listen().await;
    let address = at.1;
    let one = coordinator(1, &[], at, authority.issue(Role::Coordinator, 1));
    let _node = node_with(4, &[(1, address)], own(), newer.clone()).await;
    let shown = until("it is connected", || one.links.connected_nodes().remove(&NodeId(4))).await;
    assert_eq!(shown.terms, newer);
    let ends_s = shown.certificate_ends_s.expect("it has a certificate");
    assert!((0..=86_400).contains(&(ends_s - now())), "issued for a day");
}

#[tokio::test]
async fn without_certificates_only_loopback_is_allowed() {
    let server =
        |address: &str| Security::Plain.server(address.parse().expect("as set up")).map(drop);
    assert!(server("127.0.0.1:1").is_ok() && server("[::1]:1").is_ok());
    assert!(matches!(server("0.0.0.0:1"), Err(SecurityError::PlainBeyondLoopback(_))));
    let connect = |at: &str| Security::Plain.endpoint(at, Role::Node, None).map(drop);
    assert!(connect("127.0.0.1:1").is_ok());
    assert!(matches!(connect("10.0.0.1:1"), Err(SecurityError::PlainBeyondLoopback(_))));
    assert!(matches!(connect("example.org:1"), Err(SecurityError::Address(_))));
    let peers = BTreeMap::from([(CoordinatorId(2), "10.0.0.1:1".to_owned())]);
    let (id, cluster) = (CoordinatorId(1), CLUSTER);
    let (incarnation, is_known) = (1, Box::new(|_, _| true));
    let settings = CoordinatorLinksSettings {
        id,
        cluster,
        generation: Generation(1),
        terms: terms(),
        incarnation,
        is_known,
        peers,
        queue_bytes_max: 1,
    };
    assert!(CoordinatorLinks::start(settings, Security::Plain).is_err());
}
