//! The public service in front of a running coordinator.

use crate::coordinator_links::CoordinatorLinks;
use crate::greeting::Terms;
use crate::service::{Answering, Desk};
use coordinator::command::NodeState;
use coordinator::shell::{Handle, NodeStatus, PartitionStatus, ReplicaStatus, Status};
use coordinator::{Request, Response};
use proto::{Field, v1};
use replication::{CoordinatorId, NodeId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Between looks at who leads; a status is as old as a tick anyway.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A coordinator and its links.
pub struct CoordinatorDesk {
    handle: Handle,
    links: Arc<CoordinatorLinks>,
}

impl CoordinatorDesk {
    /// In front of a running coordinator that sends through these links.
    pub fn new(handle: Handle, links: Arc<CoordinatorLinks>) -> Self {
        Self { handle, links }
    }
}

impl Desk for CoordinatorDesk {
    fn request(&self, request: Request, budget: Duration) -> Answering {
        let handle = self.handle.clone();
        Box::pin(async move {
            let leader = handle.status().leader;
            tokio::select! {
                response = handle.request(request, budget) => response,
                () = lost(&handle, leader) => Response::Unknown,
            }
        })
    }

    fn lacks_level(&self, level: u32) -> Vec<String> {
        lacks_level(level, &self.handle.status(), &self.links)
    }

    fn status(&self) -> Option<v1::StatusResponse> {
        Some(response(self.handle.status(), &self.links))
    }
}

/// Waits until somebody else leads, or nobody. What was sent to the leader before may be lost with
/// it, and whoever waits for it had better ask again at once.
async fn lost(handle: &Handle, leader: Option<CoordinatorId>) {
    if leader.is_none() {
        return std::future::pending().await;
    }
    let mut turn = tokio::time::interval(LOOK_EVERY);
    while handle.status().leader == leader {
        turn.tick().await;
    }
}

/// Who is a member of the cluster and is not known to know a feature level.
fn lacks_level(level: u32, status: &Status, links: &CoordinatorLinks) -> Vec<String> {
    let (peers, nodes) = (links.connected_coordinators(), links.connected_nodes());
    let knows = |terms: Option<&Terms>| terms.is_some_and(|t| t.feature_level_max >= level);
    let membership = &status.membership;
    let members = membership.voters.iter().chain(&membership.learners);
    let lacks = members.filter(|id| match **id == status.id {
        true => !knows(Some(links.terms())),
        false => !knows(peers.get(id)),
    });
    let mut lacking: Vec<String> = lacks.map(|id| format!("coordinator {}", id.0)).collect();
    let present = status.nodes.iter().filter(|node| node.row.state != NodeState::Removed);
    let lacks = present.filter(|node| !knows(nodes.get(&node.node).map(|n| &n.terms)));
    lacking.extend(lacks.map(|node| format!("node {}", node.node.0)));
    lacking
}

fn response(status: Status, links: &CoordinatorLinks) -> v1::StatusResponse {
    let is_ready = status.is_ready();
    let mut connected = links.connected_nodes();
    let node = |NodeStatus { node, row, is_live, disk }: NodeStatus| {
        let is_same = connected.get(&node).is_some_and(|c| {
            c.incarnation.is_none_or(|incarnation| incarnation == row.incarnation)
        });
        let connected = is_same.then(|| connected.remove(&node)).flatten();
        let ends = connected.as_ref().and_then(|connected| connected.certificate_ends_s);
        let (address, terms) = connected.map(|c| (c.address, c.terms)).unzip();
        let feature_level_max = terms.as_ref().map_or(0, |terms| terms.feature_level_max);
        let (file, release) = terms.map(|terms| (terms.file, terms.release)).unzip();
        v1::NodeStatus {
            node: node.0,
            incarnation: row.incarnation,
            state: row.state.to_wire(),
            site: row.site.into(),
            capacity: row.capacity,
            is_live,
            address: address.unwrap_or_default(),
            file: file.map(Field::to_wire).unwrap_or_default(),
            release: release.unwrap_or_default(),
            certificate_ends_s: ends,
            disk: disk.to_wire(),
            feature_level_max,
        }
    };
    let nodes = status.nodes.iter().copied().map(node).collect();
    let strange = connected.into_iter().map(|(node, connected)| v1::StrangeNode {
        node: node.0,
        incarnation: connected.incarnation,
        address: connected.address,
    });
    let partitions = status.partitions.iter().map(|p| partition(p, status.target(p))).collect();
    v1::StatusResponse {
        partitions,
        coordinator: status.id.0,
        leader: status.leader.map(|leader| leader.0),
        cluster: links.cluster().to_wire(),
        generation: status.generation.0,
        feature_level: status.feature_level,
        term: status.term,
        committed: status.committed,
        applied: status.applied,
        membership: status.membership.to_wire(),
        policy: status.policy.to_wire(),
        nodes,
        strange_nodes: strange.collect(),
        encounters: status.encounters as u64,
        unchecked: status.unchecked as u64,
        retained_bytes: status.retained_bytes,
        alarms: status.alarms,
        is_ready,
        file: links.terms().file.to_wire(),
        release: links.terms().release.clone(),
        clock_ms: UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64),
        certificate_ends_s: links.certificate_ends_s(),
        disk: status.disk.to_wire(),
        held: status.held as u64,
        audit_kept: status.audit_kept as u64,
        feature_level_max: links.terms().feature_level_max,
    }
}

fn partition(status: &PartitionStatus, target: BTreeSet<NodeId>) -> v1::PartitionStatus {
    let replica = |&ReplicaStatus { node, is_complete, reached }: &ReplicaStatus| {
        let (searchable, durable) = reached.unzip();
        v1::ReplicaStatus { node: node.0, is_complete, searchable, durable }
    };
    v1::PartitionStatus {
        partition: status.partition.0.into(),
        epoch: status.epoch.0,
        replicas: status.replicas.iter().map(replica).collect(),
        alive: status.alive,
        active: status.active,
        pin: status.pin.clone().to_wire(),
        target: target.to_wire(),
    }
}
