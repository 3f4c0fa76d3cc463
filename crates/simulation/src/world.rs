//! Processes, links and time.

mod coordinators;
mod nodes;
mod rest;

use crate::disk::SimulatedDisk;
use crate::faults;
use crate::invariants::{Invariants, Violation};
use crate::model::Model;
use crate::network::{Network, Place, Wire};
use crate::observation::Observation;
use crate::random::Random;
use crate::scenario::{Report, Scenario};
use crate::scorer::{FingerScorer, THRESHOLD};
use crate::stores::SimulatedStores;
use crate::workload::Workload;
use coordinator::catalog::FOUNDED_AT;
use coordinator::command::{Command, Policy, RegisterNode};
use coordinator::log::LogStorage;
use coordinator::raft::{Membership, SnapshotHeader, snapshot_digest};
use coordinator::{Catalog, Coordinator, Founding, Input, Request, Response};
use replication::{
    ClusterId, CoordinatorId, Host, HostInput, MemoryScanner, NodeId, NodeIdentity, Peer, ScanDone,
    ScanRequest,
};
use std::collections::BTreeMap;

pub(crate) const TICK_MS: u64 = 100;
const SEGMENT_BYTES: usize = 4_096;
/// After the faults, this long at most until everything is at rest.
const SETTLE_MS: u64 = 60_000;
const CLUSTER: ClusterId = ClusterId(0x7a);

/// Something to happen.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    CoordinatorTick(CoordinatorId, u64),
    NodeTick(NodeId, u64),
    Deliver(Place, Place, Wire),
    /// The scanner of a node that was started so often is done.
    Scanned(NodeId, u64, ScanDone),
    /// The disk of a coordinator that was started so often is done.
    Synced(CoordinatorId, u64),
    StartCoordinator(CoordinatorId),
    StartNode(NodeId),
    Operation,
    Again(Request, u32),
    GiveUp(u64),
    Fault,
    CrashBriefly(CoordinatorId),
    Mend,
    MendLinks,
    MendDisks,
    Replace(CoordinatorId, CoordinatorId),
    Inspect,
}

/// A coordinator's machine.
pub(crate) struct CoordinatorMachine {
    pub(crate) disk: SimulatedDisk,
    pub(crate) running: Option<(Box<Coordinator>, LogStorage<SimulatedDisk>)>,
    pub(crate) boot: u64,
    pub(crate) paused_until: u64,
    /// Its disk is busy until then, and what comes waits here.
    syncing_until: u64,
    inbox: Vec<Input>,
    /// Its wall clock minus the true time, in milliseconds.
    pub(crate) clock_off_ms: i64,
    pub(crate) was_damaged: bool,
    pub(crate) is_gone: bool,
}

/// A node's machine.
pub(crate) struct NodeMachine {
    pub(crate) identity: NodeIdentity,
    pub(crate) stores: SimulatedStores,
    pub(crate) running: Option<Host<SimulatedStores>>,
    /// Starts empty whenever the node does.
    pub(crate) scanner: MemoryScanner<FingerScorer>,
    /// When its latest job is done, in milliseconds.
    pub(crate) scanning_until: u64,
    pub(crate) boot: u64,
    pub(crate) paused_until: u64,
    pub(crate) was_damaged: bool,
    pub(crate) is_gone: bool,
}

pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) now: u64,
    pub(crate) random: Random,
    pub(crate) network: Network,
    queue: BTreeMap<(u64, u64), Event>,
    serial: u64,
    pub(crate) coordinators: BTreeMap<CoordinatorId, CoordinatorMachine>,
    pub(crate) nodes: BTreeMap<NodeId, NodeMachine>,
    pub(crate) model: Model,
    invariants: Invariants,
    pub(crate) workload: Workload,
    founding: Founding,
    scans: BTreeMap<(CoordinatorId, u64, u64, NodeId), ScanRequest>,
    pub(crate) is_mending: bool,
    /// Disks were exchanged or changed at most so often that no partition loses all its replicas.
    pub(crate) losses_left: u64,
    pub(crate) coordinator_losses_left: u64,
    pub(crate) fault_count: u64,
    trace: u64,
    events: u64,
    is_at_rest: bool,
}

impl World {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let policy = Policy {
            replication: scenario.replication,
            min_durable: 2,
            retention_bytes_max: scenario.retention_bytes_max,
            dedup_rarity: THRESHOLD,
        };
        let founding = Founding { cluster: CLUSTER, partitions: scenario.partitions, policy };
        let mut world = Self {
            now: 0,
            random: Random::new(scenario.seed ^ 0x5eed),
            network: Network::default(),
            queue: BTreeMap::new(),
            serial: 0,
            coordinators: BTreeMap::new(),
            nodes: BTreeMap::new(),
            model: Model::new(&founding, scenario.cut),
            invariants: Invariants::default(),
            workload: Workload::default(),
            founding,
            scans: BTreeMap::new(),
            is_mending: false,
            losses_left: 1,
            coordinator_losses_left: 1,
            fault_count: 0,
            trace: 0xcbf2_9ce4_8422_2325,
            events: 0,
            is_at_rest: false,
            scenario,
        };
        world.found();
        world
    }

    fn found(&mut self) {
        let content = Catalog::found(&self.founding).to_snapshot();
        let members = (1..=self.scenario.coordinators).map(CoordinatorId);
        let header = SnapshotHeader {
            index: FOUNDED_AT,
            term: 1,
            membership: Membership::of(members.clone()),
            digest: snapshot_digest(&content),
        };
        for id in members {
            let machine = CoordinatorMachine::new();
            let found =
                LogStorage::found(machine.disk.clone(), SEGMENT_BYTES, header.clone(), &content);
            found.expect("an empty disk without faults takes a log");
            self.coordinators.insert(id, machine);
            self.at(0, Event::StartCoordinator(id));
        }
        for id in 1..=self.scenario.nodes {
            self.add_node(NodeId(id));
        }
        self.at(3_000, Event::Operation);
        self.at(3_500, Event::Fault);
        self.at(3_000 + self.scenario.faults_ms, Event::Mend);
    }

    /// A machine with an empty disk, which registers.
    pub(crate) fn add_node(&mut self, node: NodeId) {
        let identity = NodeIdentity { cluster: CLUSTER, node, incarnation: node.0 * 1000 };
        let stores = SimulatedStores::default();
        let machine = NodeMachine {
            identity,
            stores,
            running: None,
            scanner: MemoryScanner::default(),
            scanning_until: 0,
            boot: 0,
            paused_until: 0,
            was_damaged: false,
            is_gone: false,
        };
        self.nodes.insert(node, machine);
        self.at(self.now, Event::StartNode(node));
        let incarnation = identity.incarnation;
        let register = RegisterNode { node, incarnation, site: 0, capacity: 1 };
        let request = Request::Command(Command::RegisterNode(register));
        self.at(self.now, Event::Again(request, u32::MAX));
    }

    /// A machine with an empty disk, which is to learn everything from the others.
    pub(crate) fn add_coordinator(&mut self, id: CoordinatorId) {
        let machine = CoordinatorMachine::new();
        let joined = LogStorage::join(machine.disk.clone(), SEGMENT_BYTES);
        joined.expect("an empty disk without faults takes a log");
        self.coordinators.insert(id, machine);
        self.at(self.now, Event::StartCoordinator(id));
    }

    pub(crate) fn at(&mut self, time: u64, event: Event) {
        self.serial += 1;
        self.queue.insert((time.max(self.now), self.serial), event);
    }

    /// Runs to the end or to the first violation.
    pub(crate) fn run(&mut self) -> Result<(), Violation> {
        let end = 3_000 + self.scenario.faults_ms + SETTLE_MS;
        while let Some(((time, _), event)) = self.queue.pop_first() {
            if self.is_at_rest {
                return self.end();
            }
            if time > end {
                let what = self.why_not_at_rest();
                return Err(Violation { invariant: "liveness", what });
            }
            self.now = time;
            self.events += 1;
            self.happen(event)?;
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::CoordinatorTick(id, boot) => self.coordinator_tick(id, boot)?,
            Event::NodeTick(id, boot) => self.node_tick(id, boot)?,
            Event::Deliver(from, to, wire) => self.deliver(from, to, wire)?,
            Event::Scanned(id, boot, done) => self.scanned(id, boot, done)?,
            Event::Synced(id, boot) => self.synced(id, boot)?,
            Event::StartCoordinator(id) => self.start_coordinator(id)?,
            Event::StartNode(id) => self.start_node(id)?,
            Event::Operation => {
                let (request, retries) = self.workload.draw(&mut self.random, &self.model);
                self.ask(request, retries)?;
                if !self.is_mending {
                    let wait = self.random.range(1, 2 * self.scenario.operation_every_ms);
                    self.at(self.now + wait, Event::Operation);
                }
            }
            Event::Again(request, retries) => self.ask(request, retries)?,
            Event::GiveUp(id) => {
                if let Some(pending) = self.workload.pending.remove(&id)
                    && pending.retries > 0
                {
                    let again = Event::Again(pending.request.request, pending.retries - 1);
                    self.at(self.now, again);
                }
            }
            Event::Fault => faults::strike(self)?,
            Event::CrashBriefly(id) => {
                if !self.is_mending {
                    let wait = self.random.range(10, 80);
                    self.restart_coordinator(id, wait);
                }
            }
            Event::MendLinks => self.network.mend(),
            Event::MendDisks => self.mend_disks(),
            Event::Replace(old, new) => self.replace(old, new)?,
            Event::Mend => self.mend(),
            Event::Inspect => {
                self.is_at_rest = self.why_not_at_rest().is_empty();
                faults::remove_gone_nodes(self);
                faults::return_nodes(self);
                self.at(self.now + 500, Event::Inspect);
            }
        }
        Ok(())
    }

    pub(crate) fn mend_disks(&mut self) {
        self.coordinators.values().for_each(|machine| machine.disk.set_full(false));
        self.nodes.values().for_each(|machine| machine.stores.set_full(false));
    }

    /// The end of all faults.
    fn mend(&mut self) {
        self.is_mending = true;
        self.network = Network::default();
        self.mend_disks();
        let now = self.now;
        self.coordinators.values_mut().for_each(|m| m.paused_until = m.paused_until.min(now));
        self.nodes.values_mut().for_each(|m| m.paused_until = m.paused_until.min(now));
        for id in self.coordinators.keys().copied().collect::<Vec<_>>() {
            self.at(self.now + 10, Event::StartCoordinator(id));
        }
        for id in self.nodes.keys().copied().collect::<Vec<_>>() {
            self.at(self.now + 10, Event::StartNode(id));
        }
        for wait in [2_000, 3_000, 4_000, 5_000] {
            self.at(self.now + wait, Event::Operation);
        }
        self.at(self.now + 6_000, Event::Inspect);
    }

    // ---- clients

    fn ask(&mut self, request: Request, retries: u32) -> Result<(), Violation> {
        let running: Vec<CoordinatorId> =
            self.coordinators.iter().filter(|(_, m)| !m.is_gone).map(|(id, _)| *id).collect();
        let Some(to) = self.random.pick(&running) else { return Ok(()) };
        let request = self.workload.ask(request, retries);
        self.at(self.now + request.budget_ms + 1_500, Event::GiveUp(request.id));
        self.send(Place::Client, Place::Coordinator(to), Wire::Request(request));
        Ok(())
    }

    fn on_response(&mut self, id: u64, response: Response) -> Result<(), Violation> {
        let Some(pending) = self.workload.pending.remove(&id) else { return Ok(()) };
        self.hash(&[3, id, response_code(&response)]);
        let seen = Observation::Answered {
            request: &pending.request,
            asked_at_index: pending.asked_at_index,
            response: &response,
        };
        self.invariants.watch(&seen, &self.model)?;
        if let Some((request, retries)) = self.workload.answered(pending, &response) {
            let wait = self.random.range(100, 600);
            self.at(self.now + wait, Event::Again(request, retries));
        }
        Ok(())
    }

    // ---- links

    pub(crate) fn send(&mut self, from: Place, to: Place, wire: Wire) {
        self.send_late(0, from, to, wire);
    }

    /// Sends after so many milliseconds.
    fn send_late(&mut self, late: u64, from: Place, to: Place, wire: Wire) {
        let delays = self.network.delays(from, to, &mut self.random);
        for delay in delays {
            self.at(self.now + late + delay, Event::Deliver(from, to, wire.clone()));
        }
    }

    fn deliver(&mut self, from: Place, to: Place, wire: Wire) -> Result<(), Violation> {
        let paused_until = match to {
            Place::Coordinator(id) => self.coordinators.get(&id).map_or(0, |m| m.paused_until),
            Place::Node(id) => self.nodes.get(&id).map_or(0, |m| m.paused_until),
            Place::Client => 0,
        };
        if paused_until > self.now {
            self.at(paused_until, Event::Deliver(from, to, wire));
            return Ok(());
        }
        match (to, wire) {
            (Place::Client, Wire::Response(id, response)) => self.on_response(id, response),
            (Place::Coordinator(id), wire) => {
                let input = match (from, wire) {
                    (Place::Coordinator(from), Wire::Peer(message)) => Input::Peer(from, message),
                    (Place::Node(from), Wire::FromNode(message)) => Input::Node(from, message),
                    (_, Wire::Request(request)) => Input::Client(request),
                    _ => return Ok(()),
                };
                self.step_coordinator(id, input)
            }
            (Place::Node(id), Wire::ToNode(message)) => {
                let peer = match from {
                    Place::Coordinator(id) => Peer::Coordinator(id),
                    Place::Node(id) => Peer::Node(id),
                    Place::Client => return Ok(()),
                };
                self.step_node(id, HostInput::Message(peer, message))
            }
            _ => Ok(()),
        }
    }

    fn hash(&mut self, words: &[u64]) {
        for word in words.iter().chain([&self.now]) {
            self.trace = (self.trace ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
    }

    pub(crate) fn report(&self, violation: Option<Violation>) -> Report {
        Report {
            trace: self.trace,
            violation,
            ended_at_ms: self.now,
            entries: self.model.applied(),
            answers: self.workload.answers,
            complete_searches: self.workload.complete_searches,
            faults: self.fault_count,
            events: self.events,
        }
    }
}

impl CoordinatorMachine {
    fn new() -> Self {
        Self {
            disk: SimulatedDisk::default(),
            running: None,
            boot: 0,
            paused_until: 0,
            syncing_until: 0,
            inbox: Vec::new(),
            clock_off_ms: 0,
            was_damaged: false,
            is_gone: false,
        }
    }
}

fn response_code(response: &Response) -> u64 {
    match response {
        Response::Done { index, .. } => 10 + index,
        Response::Identified(found) => 1 << 40 | found.as_of << 8 | found.candidates.len() as u64,
        Response::Fetched { as_of, payload } => 3 << 40 | as_of << 8 | u64::from(payload.is_some()),
        Response::State { index, .. }
        | Response::Held { index, .. }
        | Response::Audit { index, .. } => 2 << 40 | index,
        Response::Accepted => 1,
        Response::Unavailable(_) => 2,
        Response::Unknown => 3,
    }
}
