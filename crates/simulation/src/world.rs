//! Processes, links and time.

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
use coordinator::log::{DiskError, LogError, LogStorage};
use coordinator::raft::{
    LogEntry, MemberSettings, Membership, Role, SnapshotHeader, snapshot_digest,
};
use coordinator::{
    AdmissionLimits, Catalog, Coordinator, Founding, Hedging, Input, Output, Pace, Request,
    Response, Settings,
};
use replication::{
    ClusterId, CoordinatorId, Cut, Host, HostInput, MemoryScanner, NodeId, NodeIdentity, Peer,
    ScanDone, ScanRequest,
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
            dedup_threshold: THRESHOLD,
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
        let delays = self.network.delays(from, to, &mut self.random);
        for delay in delays {
            self.at(self.now + delay, Event::Deliver(from, to, wire.clone()));
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

    // ---- coordinators

    fn settings(&self, id: CoordinatorId, boot: u64) -> Settings {
        let mut member = MemberSettings::new(id, self.scenario.seed);
        member.entries_kept = 8;
        member.snapshot_ticks = 10;
        Settings {
            member,
            founding: self.founding,
            boot,
            snapshot_every: 40,
            chunk_bytes: 2_048,
            retry_ms: 300,
            node_live_ms: 1_000,
            hedging: Hedging { after_ms: 250, replicas_max: 3 },
            search_cut: self.scenario.cut,
            // Whoever matches must be seen: the check of the invariant knows no cut.
            check_cut: Cut::NONE,
            pace: Pace { moves_max: 2, lag_max: 30 },
            tail_bytes_max: 2_000,
            trim_slack: 12,
            mark_every_ms: 2_000,
            checks_max: 16,
            check_budget_ms: 1_000,
            queue_bytes_max: 1 << 20,
            admission: AdmissionLimits {
                under_way_bytes_max: 4 << 10,
                searches_max: 8,
                behind_max: 16,
            },
        }
    }

    pub(crate) fn start_coordinator(&mut self, id: CoordinatorId) -> Result<(), Violation> {
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        if machine.running.is_some() || machine.is_gone {
            return Ok(());
        }
        machine.boot += 1;
        let (disk, boot, was_damaged) = (machine.disk.clone(), machine.boot, machine.was_damaged);
        let (storage, recovered, content) = match LogStorage::open(disk, SEGMENT_BYTES) {
            Ok(opened) => opened,
            Err(LogError::Disk(DiskError::Killed | DiskError::Full)) => {
                self.crash_coordinator(id);
                return Ok(());
            }
            Err(error) => return self.refused(id, was_damaged, &error.to_string()),
        };
        let settings = self.settings(id, boot);
        let started = Coordinator::start(settings, recovered, content, self.now);
        let (coordinator, outputs) = match started {
            Ok(started) => started,
            Err(error) => return self.refused(id, was_damaged, &error.to_string()),
        };
        if let Some(machine) = self.coordinators.get_mut(&id) {
            machine.running = Some((Box::new(coordinator), storage));
        }
        self.hash(&[5, id.0, boot]);
        self.perform(id, outputs)?;
        let running = self.coordinators.get(&id).and_then(|machine| machine.running.as_ref());
        if let Some((coordinator, _)) = running {
            let seen = Observation::Started { coordinator: id, catalog: coordinator.catalog() };
            self.invariants.watch(&seen, &self.model)?;
        }
        let offset = self.random.below(TICK_MS);
        self.at(self.now + offset, Event::CoordinatorTick(id, boot));
        Ok(())
    }

    fn refused(&mut self, id: CoordinatorId, expected: bool, why: &str) -> Result<(), Violation> {
        let seen = Observation::Refused { coordinator: id, expected, why };
        self.invariants.watch(&seen, &self.model)?;
        self.lose_coordinator(id);
        Ok(())
    }

    /// A coordinator that cannot come back is replaced by a new one.
    pub(crate) fn lose_coordinator(&mut self, id: CoordinatorId) {
        if let Some(machine) = self.coordinators.get_mut(&id) {
            machine.is_gone = true;
            machine.running = None;
        }
        let highest = self.coordinators.keys().max().map_or(0, |id| id.0);
        let new = CoordinatorId(highest + 1);
        self.add_coordinator(new);
        self.at(self.now + 300, Event::Replace(id, new));
    }

    fn replace(&mut self, old: CoordinatorId, new: CoordinatorId) -> Result<(), Violation> {
        let leader = self.leader().and_then(|id| {
            let (coordinator, _) = self.coordinators.get(&id)?.running.as_ref()?;
            Some((id, coordinator.member().membership()))
        });
        if let Some((leader, membership)) = leader {
            if membership.voters.contains(&new) && membership.is_settled() {
                return Ok(());
            }
            let change = coordinator::raft::MembershipChange {
                voters: vec![new],
                learners: Vec::new(),
                removed: vec![old],
            };
            let request = self.workload.ask(Request::Membership(change), 0);
            self.send(Place::Client, Place::Coordinator(leader), Wire::Request(request));
        }
        self.at(self.now + 500, Event::Replace(old, new));
        Ok(())
    }

    pub(crate) fn crash_coordinator(&mut self, id: CoordinatorId) {
        let wait = self.random.range(100, 2_500);
        self.restart_coordinator(id, wait);
    }

    /// Crashes a coordinator that starts again after so long.
    fn restart_coordinator(&mut self, id: CoordinatorId, wait_ms: u64) {
        let Some(machine) = self.coordinators.get_mut(&id) else { return };
        machine.running = None;
        machine.disk.crash(&mut self.random);
        self.at(self.now + wait_ms, Event::StartCoordinator(id));
    }

    pub(crate) fn leader(&self) -> Option<CoordinatorId> {
        let leads = |machine: &CoordinatorMachine| {
            let (coordinator, _) = machine.running.as_ref()?;
            Some(coordinator.member().role() == Role::Leader)
        };
        self.coordinators.iter().find(|(_, m)| leads(m) == Some(true)).map(|(id, _)| *id)
    }

    fn coordinator_tick(&mut self, id: CoordinatorId, boot: u64) -> Result<(), Violation> {
        let Some(machine) = self.coordinators.get(&id) else { return Ok(()) };
        if machine.boot != boot || machine.running.is_none() {
            return Ok(());
        }
        if machine.paused_until > self.now {
            self.at(machine.paused_until, Event::CoordinatorTick(id, boot));
            return Ok(());
        }
        self.at(self.now + TICK_MS, Event::CoordinatorTick(id, boot));
        self.step_coordinator(id, Input::Tick)
    }

    fn step_coordinator(&mut self, id: CoordinatorId, input: Input) -> Result<(), Violation> {
        let now = self.now;
        let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
        let stamp_ms = (now + 10_000_000).saturating_add_signed(machine.clock_off_ms);
        let Some((coordinator, _)) = &mut machine.running else { return Ok(()) };
        let outputs = coordinator.step(input, now, stamp_ms);
        let member = coordinator.member();
        if member.role() == Role::Leader {
            let seen = Observation::Leads { coordinator: id, term: member.term() };
            self.invariants.watch(&seen, &self.model)?;
        }
        self.perform(id, outputs)
    }

    /// Performs the outputs in their order; the process may die before any of them.
    fn perform(&mut self, id: CoordinatorId, outputs: Vec<Output>) -> Result<(), Violation> {
        for output in outputs {
            let dies =
                !self.is_mending && self.random.below(100_000) < self.scenario.crash_per_output;
            if dies {
                self.fault_count += 1;
                self.crash_coordinator(id);
                return Ok(());
            }
            let Some(machine) = self.coordinators.get_mut(&id) else { return Ok(()) };
            let Some((_, storage)) = &mut machine.running else { return Ok(()) };
            let from = Place::Coordinator(id);
            let written = match output {
                Output::Persist { entries, hard_state } => storage.append(entries, hard_state),
                Output::Sync => storage.sync(),
                Output::StoreSnapshot { header, content, is_reset } => {
                    storage.store_snapshot(header, content.as_bytes(), is_reset)
                }
                Output::Peer(to, message) => {
                    self.send(from, Place::Coordinator(to), Wire::Peer(message));
                    Ok(())
                }
                Output::Node(to, message) => {
                    if let replication::ToNode::Scan(request) = &message {
                        let key = (id, request.boot, request.scan, to);
                        self.scans.insert(key, request.clone());
                    }
                    self.send(from, Place::Node(to), Wire::ToNode(message));
                    Ok(())
                }
                Output::Client(request, response) => {
                    self.send(from, Place::Client, Wire::Response(request, response));
                    Ok(())
                }
                Output::Applied(entry) => {
                    self.applied(id, &entry)?;
                    Ok(())
                }
                Output::Alarm(_) => Ok(()),
                Output::Halt => {
                    let what = format!("coordinator {id} halted");
                    return Err(Violation { invariant: "I1", what });
                }
            };
            if written.is_err() {
                self.crash_coordinator(id);
                return Ok(());
            }
        }
        Ok(())
    }

    fn applied(&mut self, id: CoordinatorId, entry: &LogEntry) -> Result<(), Violation> {
        let is_first = entry.index > self.model.applied();
        let differs = |what| Violation { invariant: "I1", what };
        self.model.take(entry).map_err(differs)?;
        self.hash(&[1, id.0, entry.index, entry.term, u64::from(is_first)]);
        let Some((coordinator, _)) =
            self.coordinators.get(&id).and_then(|machine| machine.running.as_ref())
        else {
            return Ok(());
        };
        let catalog = coordinator.catalog();
        let seen = Observation::Applied { catalog, index: entry.index, is_first };
        self.invariants.watch(&seen, &self.model)
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
        Response::State { index, .. } => 2 << 40 | index,
        Response::Accepted => 1,
        Response::Unavailable(_) => 2,
        Response::Unknown => 3,
    }
}
