//! The links of a node: it connects to every coordinator, and to other nodes where coordinators say
//! they are.

use crate::backoff::Backoff;
use crate::coordinator_links::{first, malformed};
use crate::greeting::{Greeting, Terms};
use crate::identity::Role;
use crate::outbox::Outbox;
use crate::security::{Security, SecurityError};
use crate::waiting::connect;
use proto::v1::coordinator_link_client::CoordinatorLinkClient;
use proto::v1::node_link_client::NodeLinkClient;
use proto::v1::node_link_server::{NodeLink, NodeLinkServer};
use proto::{Field, LINK_MESSAGE_BYTES_MAX, ToNodeReader, v1};
use replication::{ClusterId, CoordinatorId, FromNode, Generation, NodeId, Peer, ToNode};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};

/// Takes what arrives; false when it has no room.
pub type DeliverToNode = Box<dyn Fn(Peer, ToNode) -> bool + Send + Sync>;

/// Who this node is and whom it knows.
pub struct NodeLinksSettings {
    /// Its id.
    pub id: NodeId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// How often it was founded.
    pub generation: Generation,
    /// Where other nodes reach it, host:port.
    pub address: String,
    /// What it works by.
    pub terms: Terms,
    /// Every coordinator and its address, host:port.
    pub coordinators: BTreeMap<CoordinatorId, String>,
    /// Most bytes that wait for one coordinator or node.
    pub queue_bytes_max: usize,
}

/// See the module.
pub struct NodeLinks {
    greeting: Greeting,
    security: Security,
    queue_bytes_max: usize,
    coordinators: BTreeMap<CoordinatorId, Arc<Outbox<v1::NodeFrame>>>,
    /// Where nodes are, as each coordinator last said: one that just started knows few.
    directories: Mutex<BTreeMap<CoordinatorId, BTreeMap<NodeId, String>>>,
    nodes: Mutex<BTreeMap<NodeId, Dialed>>,
    deliver: OnceLock<DeliverToNode>,
    dialers: Mutex<Vec<JoinHandle<()>>>,
    runtime: Handle,
}

/// A node to which a connection was opened.
struct Dialed {
    address: String,
    outbox: Arc<Outbox<v1::NodePeerFrame>>,
    dialer: JoinHandle<()>,
}

impl NodeLinks {
    /// Starts to connect; needs a tokio runtime.
    ///
    /// # Errors
    /// When an address or the certificates cannot be used.
    pub fn start(
        settings: NodeLinksSettings,
        security: Security,
    ) -> Result<Arc<Self>, SecurityError> {
        let NodeLinksSettings { id, cluster, generation, .. } = settings;
        let NodeLinksSettings { address, coordinators, queue_bytes_max, terms, .. } = settings;
        let mut endpoints = Vec::new();
        for (coordinator, address) in &coordinators {
            let endpoint = security.endpoint(address, Role::Coordinator, Some(coordinator.0))?;
            endpoints.push((*coordinator, endpoint, Arc::new(Outbox::new(queue_bytes_max))));
        }
        let links = Arc::new(Self {
            greeting: Greeting { cluster, generation, id: id.0, address, incarnation: 0, terms },
            security,
            queue_bytes_max,
            coordinators: endpoints.iter().map(|(id, _, outbox)| (*id, outbox.clone())).collect(),
            directories: Mutex::default(),
            nodes: Mutex::default(),
            deliver: OnceLock::new(),
            dialers: Mutex::default(),
            runtime: Handle::current(),
        });
        let dial = |(coordinator, endpoint, outbox)| {
            tokio::spawn(keep_linked(Arc::downgrade(&links), coordinator, endpoint, outbox))
        };
        let dialers = endpoints.into_iter().map(dial).collect();
        *links.dialers.lock().unwrap_or_else(PoisonError::into_inner) = dialers;
        Ok(links)
    }

    /// Says who takes what arrives; until then it is dropped. Only the first call counts.
    pub fn deliver_to(&self, deliver: DeliverToNode) {
        drop(self.deliver.set(deliver));
    }

    /// Sends to a coordinator, or drops.
    pub fn to_coordinator(&self, to: CoordinatorId, message: FromNode) {
        if let Some(outbox) = self.coordinators.get(&to) {
            let kind = v1::node_frame::Kind::Message(message.to_wire());
            outbox.push(vec![v1::NodeFrame { kind: Some(kind) }]);
        }
    }

    /// Sends to another node, or drops.
    pub fn to_node(&self, to: NodeId, message: ToNode) {
        let Some(outbox) = self.outbox_of(to) else { return };
        let frame =
            |message| v1::NodePeerFrame { kind: Some(v1::node_peer_frame::Kind::Message(message)) };
        outbox.push(proto::to_node_frames(message).into_iter().map(frame).collect());
    }

    /// How many coordinators a connection is open to.
    pub fn coordinators_connected(&self) -> usize {
        self.coordinators.values().filter(|outbox| outbox.is_open()).count()
    }

    /// Ends the connections that this node opened, for good.
    pub fn stop(&self) {
        locked(&self.dialers).iter().for_each(JoinHandle::abort);
        locked(&self.nodes).values().for_each(|dialed| dialed.dialer.abort());
    }

    /// The service to add to the server.
    pub fn service(self: &Arc<Self>) -> NodeLinkServer<NodeLinkService> {
        NodeLinkServer::new(NodeLinkService(self.clone()))
            .max_decoding_message_size(LINK_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(LINK_MESSAGE_BYTES_MAX)
    }

    /// The queue to a node; its connection is opened when it is first needed, and again when the
    /// node has moved.
    fn outbox_of(&self, node: NodeId) -> Option<Arc<Outbox<v1::NodePeerFrame>>> {
        let known = self.address_of(node)?;
        let mut nodes = locked(&self.nodes);
        if let Some(dialed) = nodes.get(&node) {
            if dialed.address == known {
                return Some(dialed.outbox.clone());
            }
            dialed.dialer.abort();
        }
        let endpoint = match self.security.endpoint(&known, Role::Node, Some(node.0)) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                tracing::warn!(node = node.0, %error, "a node cannot be reached");
                return None;
            }
        };
        let outbox = Arc::new(Outbox::new(self.queue_bytes_max));
        // Open from the start: the message that called for the connection waits for it.
        let opened = outbox.open();
        let greeting = self.greeting.clone();
        let dialer =
            self.runtime.spawn(keep_sending(node, endpoint, outbox.clone(), greeting, opened));
        nodes.insert(node, Dialed { address: known, outbox: outbox.clone(), dialer });
        Some(outbox)
    }

    fn address_of(&self, node: NodeId) -> Option<String> {
        let directories = locked(&self.directories);
        directories.values().find_map(|directory| directory.get(&node).cloned())
    }

    fn take(&self, from: Peer, message: ToNode) {
        let taken = self.deliver.get().is_some_and(|deliver| deliver(from, message));
        if !taken {
            metrics::counter!("tanba_link_refused_messages_total").increment(1);
        }
    }

    /// Sends on one connection to a coordinator and takes what comes back, until it ends.
    async fn follow(
        &self,
        coordinator: CoordinatorId,
        channel: Channel,
        outbox: &Outbox<v1::NodeFrame>,
    ) -> Result<(), Status> {
        use v1::coordinator_frame::Kind;
        let (number, messages) = outbox.open();
        let kind = v1::node_frame::Kind::Greeting(self.greeting.to_wire());
        let greeting = tokio_stream::once(v1::NodeFrame { kind: Some(kind) });
        let mut client = CoordinatorLinkClient::new(channel)
            .max_decoding_message_size(LINK_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(LINK_MESSAGE_BYTES_MAX);
        let followed = async {
            let mut frames = client.node(greeting.chain(messages)).await?.into_inner();
            tracing::info!(coordinator = coordinator.0, "connected to a coordinator");
            let mut reader = ToNodeReader::default();
            while let Some(frame) = frames.message().await? {
                match frame.kind {
                    Some(Kind::Directory(directory)) => self.learn(coordinator, directory),
                    Some(Kind::Message(message)) => {
                        if let Some(message) = reader.take(message).map_err(malformed)? {
                            self.take(Peer::Coordinator(coordinator), message);
                        }
                    }
                    None => return Err(Status::invalid_argument("an empty frame")),
                }
            }
            Ok(())
        };
        let followed = followed.await;
        outbox.close(number);
        followed
    }

    fn learn(&self, coordinator: CoordinatorId, directory: v1::Directory) {
        let nodes = directory.nodes.into_iter().map(|entry| (NodeId(entry.node), entry.address));
        let others = nodes.filter(|(node, _)| node.0 != self.greeting.id).collect();
        locked(&self.directories).insert(coordinator, others);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn keep_linked(
    links: Weak<NodeLinks>,
    coordinator: CoordinatorId,
    endpoint: Endpoint,
    outbox: Arc<Outbox<v1::NodeFrame>>,
) {
    let mut backoff = Backoff::default();
    loop {
        match connect(&endpoint).await {
            Ok(channel) => {
                let Some(links) = links.upgrade() else { return };
                match links.follow(coordinator, channel, &outbox).await {
                    Ok(()) => backoff = Backoff::default(),
                    Err(status) => {
                        let (code, text) = (status.code(), status.message());
                        tracing::warn!(coordinator = coordinator.0, ?code, text, "a link ended");
                    }
                }
            }
            Err(error) => tracing::debug!(coordinator = coordinator.0, %error, "no connection"),
        }
        backoff.wait().await;
    }
}

/// Sends to one node for good; `opened` is what waits for the first connection.
async fn keep_sending<S>(
    node: NodeId,
    endpoint: Endpoint,
    outbox: Arc<Outbox<v1::NodePeerFrame>>,
    greeting: Greeting,
    opened: (u64, S),
) where
    S: tokio_stream::Stream<Item = v1::NodePeerFrame> + Send + 'static,
{
    let mut backoff = Backoff::default();
    let (number, messages) = opened;
    send(node, &endpoint, messages, &greeting).await;
    outbox.close(number);
    loop {
        backoff.wait().await;
        let (number, messages) = outbox.open();
        send(node, &endpoint, messages, &greeting).await;
        outbox.close(number);
    }
}

/// Sends on one connection until it ends.
async fn send<S>(node: NodeId, endpoint: &Endpoint, messages: S, greeting: &Greeting)
where
    S: tokio_stream::Stream<Item = v1::NodePeerFrame> + Send + 'static,
{
    let kind = v1::node_peer_frame::Kind::Greeting(greeting.to_wire());
    let first = tokio_stream::once(v1::NodePeerFrame { kind: Some(kind) });
    match connect(endpoint).await {
        Ok(channel) => {
            let mut client =
                NodeLinkClient::new(channel).max_encoding_message_size(LINK_MESSAGE_BYTES_MAX);
            if let Err(status) = client.peer(first.chain(messages)).await {
                let (code, text) = (status.code(), status.message());
                tracing::debug!(node = node.0, ?code, text, "a link to a node ended");
            }
        }
        Err(error) => tracing::debug!(node = node.0, %error, "no connection to a node"),
    }
}

/// What other nodes call.
pub struct NodeLinkService(Arc<NodeLinks>);

#[tonic::async_trait]
impl NodeLink for NodeLinkService {
    async fn peer(
        &self,
        request: Request<Streaming<v1::NodePeerFrame>>,
    ) -> Result<Response<v1::StreamEnd>, Status> {
        use v1::node_peer_frame::Kind;
        let refused = || Status::unauthenticated("no certificate of this cluster");
        let caller = self.0.security.caller(&request).ok_or_else(refused)?;
        let mut frames = request.into_inner();
        let greeting = match first(&mut frames).await?.kind {
            Some(Kind::Greeting(greeting)) => Some(greeting),
            _ => None,
        };
        let from = self.0.greeting.check(&caller, Role::Node, greeting)?;
        let mut reader = ToNodeReader::default();
        while let Some(frame) = frames.message().await? {
            let Some(Kind::Message(message)) = frame.kind else {
                return Err(Status::invalid_argument("a frame without a message"));
            };
            if let Some(message) = reader.take(message).map_err(malformed)? {
                self.0.take(Peer::Node(NodeId(from.id)), message);
            }
        }
        Ok(Response::new(v1::StreamEnd {}))
    }
}
