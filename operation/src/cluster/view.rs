//! How a cluster stands, as one coordinator sees it, for programs and people.

use proto::v1;
use serde::Serialize;
use std::collections::BTreeMap;
use terminal::table::{Align, Table};
use terminal::words::counted;

/// Part of a coordinator that votes.
pub(crate) const VOTER: &str = "voter";
/// Part of a coordinator that listens.
pub(crate) const LEARNER: &str = "learner";
/// Health of a coordinator that serves.
pub(crate) const READY: &str = "ready";

/// See the module.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    pub(crate) cluster: String,
    /// The coordinator asked.
    pub(crate) asked: u64,
    pub(crate) leader: Option<u64>,
    pub(crate) term: u64,
    pub(crate) committed: u64,
    pub(crate) applied: u64,
    pub(crate) generation: u32,
    pub(crate) feature_level: u32,
    pub(crate) encounters: u64,
    pub(crate) unchecked: u64,
    pub(crate) retained_bytes: u64,
    pub(crate) alarms: u64,
    pub(crate) replication: u32,
    pub(crate) coordinators: Vec<Coordinator>,
    pub(crate) nodes: Vec<Node>,
    /// Connected and not added.
    pub(crate) strange_nodes: Vec<StrangeNode>,
    pub(crate) partitions: Vec<Partition>,
    /// What is not as it should be, in sentences.
    pub(crate) faults: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Coordinator {
    pub(crate) id: u64,
    pub(crate) address: String,
    /// `voter`, `learner`, or `none` for one that is in the file only.
    pub(crate) part: &'static str,
    /// What its health says: `ready`, `not ready`, or why it does not answer.
    pub(crate) health: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Node {
    pub(crate) id: u64,
    pub(crate) incarnation: String,
    pub(crate) state: &'static str,
    pub(crate) is_live: bool,
    pub(crate) address: String,
    pub(crate) site: u32,
    pub(crate) capacity: u32,
    pub(crate) replicas: u64,
    /// Of these.
    pub(crate) complete: u64,
    /// Log entries that the replica furthest behind does not show to scans yet; `None` when the
    /// node did not report lately.
    pub(crate) behind: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StrangeNode {
    pub(crate) id: u64,
    pub(crate) incarnation: Option<String>,
    pub(crate) address: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Partition {
    pub(crate) partition: u32,
    pub(crate) epoch: u64,
    pub(crate) alive: u32,
    pub(crate) active: u32,
    /// Nodes with a complete replica.
    pub(crate) complete: Vec<u64>,
    /// Nodes whose replica is not complete yet.
    pub(crate) incomplete: Vec<u64>,
    /// Nodes that it is pinned to.
    pub(crate) pinned: Vec<u64>,
    /// Nodes that it belongs to in the end.
    pub(crate) target: Vec<u64>,
}

/// Names of [`v1::NodeState`].
pub(crate) fn state_name(state: v1::NodeState) -> &'static str {
    match state {
        v1::NodeState::Unspecified => "unknown",
        v1::NodeState::Up => "up",
        v1::NodeState::Draining => "draining",
        v1::NodeState::Removed => "removed",
    }
}

impl View {
    /// From the answer of a coordinator, and the health of each.
    pub(crate) fn new(
        name: &str,
        status: v1::StatusResponse,
        healths: &BTreeMap<u64, (String, String)>,
    ) -> Self {
        let partitions: Vec<Partition> = status.partitions.iter().map(Partition::new).collect();
        let mut view = Self {
            cluster: name.to_owned(),
            asked: status.coordinator,
            leader: status.leader,
            term: status.term,
            committed: status.committed,
            applied: status.applied,
            generation: status.generation,
            feature_level: status.feature_level,
            encounters: status.encounters,
            unchecked: status.unchecked,
            retained_bytes: status.retained_bytes,
            alarms: status.alarms,
            replication: status.policy.map_or(0, |policy| policy.replication),
            coordinators: coordinators(status.membership.as_ref(), healths),
            nodes: status.nodes.iter().map(|node| Node::new(node, &status)).collect(),
            strange_nodes: status.strange_nodes.iter().map(StrangeNode::new).collect(),
            partitions,
            faults: Vec::new(),
        };
        view.faults = view.find_faults();
        view
    }

    /// Partitions that lack complete replicas, or have them where they are not to stay.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = &Partition> {
        let up = |id: &u64| self.nodes.iter().any(|node| node.id == *id && node.state == "up");
        self.partitions.iter().filter(move |partition| {
            partition.complete.len() < self.replication as usize
                || !partition.incomplete.is_empty()
                || !partition.complete.iter().all(up)
                || partition.complete != partition.target
        })
    }

    fn find_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.leader.is_none() {
            faults.push(
                "no leader is known: more than half of the coordinators must be up".to_owned(),
            );
        }
        for coordinator in self.coordinators.iter().filter(|c| !c.is_ready()) {
            faults.push(format!("coordinator {}: {}", coordinator.id, coordinator.health));
        }
        let up = self.nodes.iter().filter(|node| node.state == "up");
        if up.clone().count() == 0 {
            faults.push("no node is up: add one with `tanba cluster nodes add ID`".to_owned());
        }
        for node in self.nodes.iter().filter(|node| node.state != "removed" && !node.is_live) {
            faults.push(format!("node {} does not report: start it", node.id));
        }
        let lost = self.partitions.iter().filter(|partition| partition.complete.is_empty());
        let lost = lost.count() as u64;
        let unsettled = self.unsettled().count() as u64;
        let words = ["partition", "partitions"];
        if lost > 0 {
            faults.push(format!("{} without a complete replica", counted(lost, words)));
        }
        if unsettled > lost {
            let moving = counted(unsettled - lost, words);
            faults.push(format!("{moving} with fewer replicas than wanted, or on the move"));
        }
        if self.alarms > 0 {
            let alarms = counted(self.alarms, ["alarm", "alarms"]);
            faults.push(format!("{alarms} at coordinator {}: read its log", self.asked));
        }
        faults
    }

    /// For a terminal.
    pub(crate) fn text(&self, with_partitions: bool) -> String {
        let leader = self.leader.map_or("none".to_owned(), |id| format!("coordinator {id}"));
        let mut text = format!(
            "cluster     {}, generation {}, feature level {}\n\
             leader      {leader}, term {}; asked coordinator {}\n\
             log         {} carried out of {} agreed\n\
             encounters  {}, of which {} wait for their duplicate check\n\n",
            self.cluster,
            self.generation,
            self.feature_level,
            self.term,
            self.asked,
            self.applied,
            self.committed,
            self.encounters,
            self.unchecked,
        );
        text.push_str(&self.coordinator_table().render());
        text.push('\n');
        text.push_str(&self.node_table().render());
        for node in &self.strange_nodes {
            text.push_str(&node.text());
        }
        text.push('\n');
        if with_partitions {
            text.push_str(&self.partition_table().render());
            text.push('\n');
        }
        let settled = self.partitions.len() - self.unsettled().count();
        text.push_str(&format!(
            "{settled} of {} partitions have {} complete replicas where they are to stay\n",
            self.partitions.len(),
            self.replication
        ));
        for fault in &self.faults {
            text.push_str(&format!("fault: {fault}\n"));
        }
        text
    }

    fn coordinator_table(&self) -> Table {
        let titles = ["coordinator", "address", "part", "health"];
        let mut table = Table::new(&titles.map(|title| (title, Align::Left)));
        for c in &self.coordinators {
            let leads = self.leader == Some(c.id);
            let part = if leads { "leader" } else { c.part };
            table.row([&c.id.to_string(), &c.address, part, &c.health]);
        }
        table
    }

    fn node_table(&self) -> Table {
        let mut table = Table::new(&[
            ("node", Align::Left),
            ("address", Align::Left),
            ("state", Align::Left),
            ("reports", Align::Left),
            ("replicas", Align::Right),
            ("complete", Align::Right),
            ("behind", Align::Right),
        ]);
        for node in &self.nodes {
            table.row([
                node.id.to_string(),
                node.address.clone(),
                node.state.to_owned(),
                if node.is_live { "yes" } else { "no" }.to_owned(),
                node.replicas.to_string(),
                node.complete.to_string(),
                node.behind.map_or("-".to_owned(), |behind| behind.to_string()),
            ]);
        }
        table
    }

    fn partition_table(&self) -> Table {
        let mut table = Table::new(&[
            ("partition", Align::Right),
            ("epoch", Align::Right),
            ("encounters", Align::Right),
            ("active", Align::Right),
            ("complete on", Align::Left),
            ("not yet on", Align::Left),
            ("pinned to", Align::Left),
        ]);
        let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        for p in &self.partitions {
            let on = [list(&p.complete), list(&p.incomplete), list(&p.pinned)];
            let numbers = [p.partition.into(), p.epoch, p.alive.into(), p.active.into()];
            table.row(numbers.iter().map(u64::to_string).chain(on));
        }
        table
    }
}

fn coordinators(
    membership: Option<&v1::Membership>,
    healths: &BTreeMap<u64, (String, String)>,
) -> Vec<Coordinator> {
    let has = |list: fn(&v1::Membership) -> &[u64], id| {
        membership.is_some_and(|membership| list(membership).contains(&id))
    };
    let coordinator = |(&id, (address, health)): (&u64, &(String, String))| Coordinator {
        id,
        address: address.clone(),
        part: if has(|m| &m.voters, id) {
            VOTER
        } else if has(|m| &m.learners, id) {
            LEARNER
        } else {
            "none"
        },
        health: health.clone(),
    };
    healths.iter().map(coordinator).collect()
}

impl Coordinator {
    /// Whether it answers and follows a leader.
    pub(crate) fn is_ready(&self) -> bool {
        self.health == READY
    }
}

impl Node {
    fn new(node: &v1::NodeStatus, status: &v1::StatusResponse) -> Self {
        let replicas = status.partitions.iter().flat_map(|partition| &partition.replicas);
        let own: Vec<_> = replicas.filter(|replica| replica.node == node.node).collect();
        let seen = own.iter().filter_map(|replica| replica.searchable).min();
        Self {
            id: node.node,
            incarnation: format!("{:016x}", node.incarnation),
            state: state_name(node.state()),
            is_live: node.is_live,
            address: node.address.clone(),
            site: node.site,
            capacity: node.capacity,
            replicas: own.len() as u64,
            complete: own.iter().filter(|replica| replica.is_complete).count() as u64,
            behind: seen.map(|seen| status.applied.saturating_sub(seen)),
        }
    }
}

impl StrangeNode {
    fn new(node: &v1::StrangeNode) -> Self {
        let incarnation = node.incarnation.map(|drawn| format!("{drawn:016x}"));
        Self { id: node.node, incarnation, address: node.address.clone() }
    }

    fn text(&self) -> String {
        let Self { id, address, .. } = self;
        format!("node {id} at {address} is connected and not added: tanba cluster nodes add {id}\n")
    }
}

impl Partition {
    fn new(partition: &v1::PartitionStatus) -> Self {
        let on = |is_complete| {
            let replicas = partition.replicas.iter();
            replicas.filter(|r| r.is_complete == is_complete).map(|r| r.node).collect()
        };
        Self {
            partition: partition.partition,
            epoch: partition.epoch,
            alive: partition.alive,
            active: partition.active,
            complete: on(true),
            incomplete: on(false),
            pinned: partition.pin.clone(),
            target: partition.target.clone(),
        }
    }
}
