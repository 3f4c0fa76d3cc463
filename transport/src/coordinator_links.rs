//! The links of a coordinator: it connects to every other coordinator, and nodes connect to it.

use crate::backoff::Backoff;
use crate::greeting::{Greeting, PATIENCE, Terms};
use crate::identity::{Role, ends_s};
use crate::outbox::Outbox;
use crate::security::{Caller, Security, SecurityError};
use crate::waiting::connect;
use coordinator::{Input, PeerMessage};
use proto::v1::coordinator_link_client::CoordinatorLinkClient;
use proto::v1::coordinator_link_server::{CoordinatorLink, CoordinatorLinkServer};
use proto::{Field, LINK_MESSAGE_BYTES_MAX, v1};
use replication::{ClusterId, CoordinatorId, FromNode, Generation, NodeId, ToNode};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::task::JoinHandle;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Endpoint;
use tonic::{Request, Response, Status, Streaming};

/// Takes what arrives; false when it has no room.
pub type Deliver = Box<dyn Fn(Input) -> bool + Send + Sync>;

/// Whether a coordinator still has the disk that it had when it was first met; one that is new is
/// remembered, for good, before this returns.
pub type IsKnown = Box<dyn Fn(CoordinatorId, u64) -> bool + Send + Sync>;

/// Who this coordinator is and whom it knows.
pub struct CoordinatorLinksSettings {
    /// Its id.
    pub id: CoordinatorId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// How often it was founded.
    pub generation: Generation,
    /// Drawn when its folder was begun.
    pub incarnation: u64,
    /// Remembers the others.
    pub is_known: IsKnown,
    /// What it works by.
    pub terms: Terms,
    /// Every other coordinator and its address, host:port.
    pub peers: BTreeMap<CoordinatorId, String>,
    /// Most bytes that wait for one coordinator or node.
    pub queue_bytes_max: usize,
}

/// See the module.
pub struct CoordinatorLinks {
    greeting: Greeting,
    security: Security,
    queue_bytes_max: usize,
    peers: BTreeMap<CoordinatorId, Arc<Outbox<v1::PeerFrame>>>,
    nodes: Mutex<BTreeMap<NodeId, Linked>>,
    /// What other coordinators whose stream is open work by, and the number of the stream.
    heard: Mutex<BTreeMap<CoordinatorId, (u64, Terms)>>,
    deliver: OnceLock<Deliver>,
    is_known: IsKnown,
    dialers: Mutex<Vec<JoinHandle<()>>>,
}

/// A node whose stream is open.
struct Linked {
    outbox: Arc<Outbox<v1::CoordinatorFrame>>,
    /// Of the outbox.
    number: u64,
    node: ConnectedNode,
}

/// What a connected node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedNode {
    /// Where other nodes reach it, host:port.
    pub address: String,
    /// Drawn when its folder was first used; `None` until it reported.
    pub incarnation: Option<u64>,
    /// What it works by.
    pub terms: Terms,
    /// When its certificate ends, in seconds since 1970; `None` where it shows none.
    pub certificate_ends_s: Option<i64>,
}

impl CoordinatorLinks {
    /// Starts to connect; needs a tokio runtime.
    ///
    /// # Errors
    /// When an address or the certificates cannot be used.
    pub fn start(
        settings: CoordinatorLinksSettings,
        security: Security,
    ) -> Result<Arc<Self>, SecurityError> {
        let CoordinatorLinksSettings { id, cluster, generation, incarnation, .. } = settings;
        let CoordinatorLinksSettings { is_known, peers, queue_bytes_max, terms, .. } = settings;
        let mut endpoints = Vec::new();
        for (peer, address) in &peers {
            let endpoint = security.endpoint(address, Role::Coordinator, Some(peer.0))?;
            endpoints.push((*peer, endpoint, Arc::new(Outbox::new(queue_bytes_max))));
        }
        let links = Arc::new(Self {
            greeting: Greeting {
                cluster,
                generation,
                id: id.0,
                address: String::new(),
                incarnation,
                terms,
            },
            security,
            queue_bytes_max,
            peers: endpoints.iter().map(|(peer, _, outbox)| (*peer, outbox.clone())).collect(),
            nodes: Mutex::default(),
            heard: Mutex::default(),
            deliver: OnceLock::new(),
            is_known,
            dialers: Mutex::default(),
        });
        let dial = |(peer, endpoint, outbox)| {
            tokio::spawn(keep_connected(peer, endpoint, outbox, links.greeting.clone()))
        };
        let dialers = endpoints.into_iter().map(dial).collect();
        *links.dialers.lock().unwrap_or_else(PoisonError::into_inner) = dialers;
        Ok(links)
    }

    /// Says who takes what arrives; until then it is dropped. Only the first call counts.
    pub fn deliver_to(&self, deliver: Deliver) {
        drop(self.deliver.set(deliver));
    }

    /// Sends to another coordinator, or drops.
    pub fn to_coordinator(&self, to: CoordinatorId, message: PeerMessage) {
        if let Some(outbox) = self.peers.get(&to) {
            let kind = v1::peer_frame::Kind::Message(message.to_wire());
            outbox.push(vec![v1::PeerFrame { kind: Some(kind) }]);
        }
    }

    /// Sends to a node that is connected, or drops.
    pub fn to_node(&self, to: NodeId, message: ToNode) {
        let outbox = self.nodes().get(&to).map(|linked| linked.outbox.clone());
        if let Some(outbox) = outbox {
            let frame = |message| v1::CoordinatorFrame {
                kind: Some(v1::coordinator_frame::Kind::Message(message)),
            };
            outbox.push(proto::to_node_frames(message).into_iter().map(frame).collect());
        }
    }

    /// Nodes that are connected now.
    pub fn connected_nodes(&self) -> BTreeMap<NodeId, ConnectedNode> {
        self.nodes().iter().map(|(node, linked)| (*node, linked.node.clone())).collect()
    }

    /// Other coordinators that are connected now.
    pub fn connected_coordinators(&self) -> BTreeMap<CoordinatorId, Terms> {
        self.heard().iter().map(|(id, (_, terms))| (*id, terms.clone())).collect()
    }

    fn heard(&self) -> MutexGuard<'_, BTreeMap<CoordinatorId, (u64, Terms)>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cluster.
    pub fn cluster(&self) -> ClusterId {
        self.greeting.cluster
    }

    /// What this coordinator works by.
    pub fn terms(&self) -> &Terms {
        &self.greeting.terms
    }

    /// When its certificate ends, in seconds since 1970; `None` without one.
    pub fn certificate_ends_s(&self) -> Option<i64> {
        let Security::Mutual(own) = &self.security else { return None };
        own.ends_s()
    }

    /// Ends the connections that this coordinator opened, for good.
    pub fn stop(&self) {
        let dialers = self.dialers.lock().unwrap_or_else(PoisonError::into_inner);
        dialers.iter().for_each(JoinHandle::abort);
    }

    /// The service to add to the server.
    pub fn service(self: &Arc<Self>) -> CoordinatorLinkServer<CoordinatorLinkService> {
        CoordinatorLinkServer::new(CoordinatorLinkService(self.clone()))
            .max_decoding_message_size(LINK_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(LINK_MESSAGE_BYTES_MAX)
    }

    fn nodes(&self) -> MutexGuard<'_, BTreeMap<NodeId, Linked>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, input: Input) {
        let taken = self.deliver.get().is_some_and(|deliver| deliver(input));
        if !taken {
            metrics::counter!("tanba_link_refused_messages_total").increment(1);
        }
    }

    /// Tells every node where the others are.
    fn send_directory(&self) {
        let nodes = self.nodes();
        let entry = |(node, linked): (&NodeId, &Linked)| v1::directory::Entry {
            node: node.0,
            address: linked.node.address.clone(),
        };
        let directory = v1::Directory { nodes: nodes.iter().map(entry).collect() };
        for linked in nodes.values() {
            let kind = v1::coordinator_frame::Kind::Directory(directory.clone());
            linked.outbox.push(vec![v1::CoordinatorFrame { kind: Some(kind) }]);
        }
    }

    fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let refused = || Status::unauthenticated("no certificate of this cluster");
        self.security.caller(request).ok_or_else(refused)
    }

    /// Remembers who a node says it is.
    fn note_incarnation(&self, node: NodeId, incarnation: u64) {
        if let Some(linked) = self.nodes().get_mut(&node) {
            linked.node.incarnation = Some(incarnation);
        }
    }

    fn unlink(&self, node: NodeId, number: u64) {
        let mut nodes = self.nodes();
        if nodes.get(&node).is_some_and(|linked| linked.number == number) {
            nodes.remove(&node);
            tracing::info!(node = node.0, "a node disconnected");
        }
    }
}

async fn keep_connected(
    peer: CoordinatorId,
    endpoint: Endpoint,
    outbox: Arc<Outbox<v1::PeerFrame>>,
    greeting: Greeting,
) {
    let mut backoff = Backoff::default();
    loop {
        match connect(&endpoint).await {
            Ok(channel) => {
                backoff = Backoff::default();
                let (number, messages) = outbox.open();
                let kind = v1::peer_frame::Kind::Greeting(greeting.to_wire());
                let first = tokio_stream::once(v1::PeerFrame { kind: Some(kind) });
                let mut client = CoordinatorLinkClient::new(channel)
                    .max_encoding_message_size(LINK_MESSAGE_BYTES_MAX);
                if let Err(status) = client.peer(first.chain(messages)).await {
                    let (code, text) = (status.code(), status.message());
                    tracing::warn!(coordinator = peer.0, ?code, text, "a link ended");
                }
                outbox.close(number);
            }
            Err(error) => tracing::debug!(coordinator = peer.0, %error, "no connection"),
        }
        backoff.wait().await;
    }
}

/// What coordinators and nodes call.
pub struct CoordinatorLinkService(Arc<CoordinatorLinks>);

type FramesToNode = Pin<Box<dyn Stream<Item = Result<v1::CoordinatorFrame, Status>> + Send>>;

impl CoordinatorLinkService {
    async fn read_peer(
        &self,
        from: CoordinatorId,
        mut frames: Streaming<v1::PeerFrame>,
    ) -> Result<(), Status> {
        while let Some(frame) = frames.message().await? {
            let Some(v1::peer_frame::Kind::Message(message)) = frame.kind else {
                return Err(Status::invalid_argument("a frame without a message"));
            };
            let message = PeerMessage::from_wire(message, "message").map_err(malformed)?;
            // Raft messages name their sender; nobody speaks for another.
            if matches!(&message, PeerMessage::Raft(raft) if raft.from != from) {
                return Err(Status::permission_denied("a message in the name of another"));
            }
            self.0.take(Input::Peer(from, message));
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl CoordinatorLink for CoordinatorLinkService {
    type NodeStream = FramesToNode;

    async fn peer(
        &self,
        request: Request<Streaming<v1::PeerFrame>>,
    ) -> Result<Response<v1::StreamEnd>, Status> {
        use v1::peer_frame::Kind;
        let caller = self.0.caller(&request)?;
        let mut frames = request.into_inner();
        let greeting = match first(&mut frames).await?.kind {
            Some(Kind::Greeting(greeting)) => Some(greeting),
            _ => None,
        };
        let from = self.0.greeting.check(&caller, Role::Coordinator, greeting)?;
        let Greeting { id, incarnation, terms, .. } = from;
        let from = CoordinatorId(id);
        if !(self.0.is_known)(from, incarnation) {
            // It may have voted, and promised to keep what it no longer has.
            tracing::error!(coordinator = from.0, "a coordinator comes with another disk");
            return Err(Status::failed_precondition(format!(
                "coordinator {} had another disk: replace it under a new id",
                from.0
            )));
        }
        let number = next_number();
        self.0.heard().insert(from, (number, terms));
        let ended = self.read_peer(from, frames).await;
        // A newer stream of the same coordinator stays.
        let mut heard = self.0.heard();
        if heard.get(&from).is_some_and(|(newest, _)| *newest == number) {
            heard.remove(&from);
        }
        ended.map(|()| Response::new(v1::StreamEnd {}))
    }

    async fn node(
        &self,
        request: Request<Streaming<v1::NodeFrame>>,
    ) -> Result<Response<FramesToNode>, Status> {
        let caller = self.0.caller(&request)?;
        let shown = request.peer_certs();
        let certificate_ends_s = shown.as_deref().and_then(|chain| chain.first()).and_then(ends_s);
        let mut frames = request.into_inner();
        let greeting = match first(&mut frames).await?.kind {
            Some(v1::node_frame::Kind::Greeting(greeting)) => Some(greeting),
            _ => None,
        };
        let greeting = self.0.greeting.check(&caller, Role::Node, greeting)?;
        let node = NodeId(greeting.id);
        let outbox = Arc::new(Outbox::new(self.0.queue_bytes_max));
        let (_, messages) = outbox.open();
        let number = next_number();
        let connected = ConnectedNode {
            address: greeting.address,
            incarnation: None,
            terms: greeting.terms,
            certificate_ends_s,
        };
        let linked = Linked { outbox, number, node: connected };
        self.0.nodes().insert(node, linked);
        tracing::info!(node = node.0, "a node connected");
        self.0.send_directory();
        let links = self.0.clone();
        tokio::spawn(async move {
            if let Err(status) = read_node(&links, node, &mut frames).await {
                let (code, text) = (status.code(), status.message());
                tracing::debug!(node = node.0, ?code, text, "the stream of a node ended");
            }
            links.unlink(node, number);
        });
        Ok(Response::new(Box::pin(messages.map(Ok))))
    }
}

/// Tells apart the connections of one node.
fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn read_node(
    links: &CoordinatorLinks,
    node: NodeId,
    frames: &mut Streaming<v1::NodeFrame>,
) -> Result<(), Status> {
    while let Some(frame) = frames.message().await? {
        let Some(v1::node_frame::Kind::Message(message)) = frame.kind else {
            return Err(Status::invalid_argument("a frame without a message"));
        };
        let message = FromNode::from_wire(message, "message").map_err(malformed)?;
        let speaker = match &message {
            FromNode::Report(report) => report.identity.node,
            FromNode::Tail(request) => request.node,
            FromNode::Scan(answer) => answer.node,
            FromNode::Record(found) => found.node,
        };
        if speaker != node {
            return Err(Status::permission_denied("a message in the name of another"));
        }
        if let FromNode::Report(report) = &message {
            links.note_incarnation(node, report.identity.incarnation);
        }
        links.take(Input::Node(node, message));
    }
    Ok(())
}

/// The first frame, in time.
pub(crate) async fn first<T>(frames: &mut Streaming<T>) -> Result<T, Status> {
    let frame = tokio::time::timeout(PATIENCE, frames.message()).await;
    let frame = frame.map_err(|_| Status::deadline_exceeded("no greeting came in time"))??;
    frame.ok_or_else(|| Status::invalid_argument("no greeting came"))
}

pub(crate) fn malformed(error: proto::Malformed) -> Status {
    Status::invalid_argument(error.to_string())
}

impl coordinator::shell::Links for CoordinatorLinks {
    fn to_coordinator(&self, to: CoordinatorId, message: PeerMessage) {
        self.to_coordinator(to, message);
    }

    fn to_node(&self, to: NodeId, message: ToNode) {
        self.to_node(to, message);
    }
}
