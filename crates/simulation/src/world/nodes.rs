//! Nodes: started, stepped, crashed, exchanged.

use super::{Event, TICK_MS, World};
use crate::invariants::Violation;
use crate::network::{Place, Wire};
use crate::observation::Observation;
use crate::scorer::FingerScorer;
use coordinator::catalog::FOUNDED_AT;
use replication::{
    CoordinatorId, FromNode, Generation, Host, HostInput, HostOutput, HostSettings, MemoryScanner,
    Mutation, NodeId, ScanDone, ScanJob, Scanner, is_mutated,
};

impl World {
    pub(crate) fn start_node(&mut self, id: NodeId) -> Result<(), Violation> {
        let now = self.now;
        let coordinators = (1..=self.scenario.coordinators + 2).map(CoordinatorId).collect();
        let Some(machine) = self.nodes.get_mut(&id) else { return Ok(()) };
        if machine.running.is_some() || machine.is_gone {
            return Ok(());
        }
        machine.boot += 1;
        let settings = HostSettings {
            sync_every_ms: 400,
            scrub_every_ms: 1_500,
            patience_ms: 300,
            ..HostSettings::new(machine.identity, Generation(1), FOUNDED_AT, coordinators)
        };
        machine.scanner = MemoryScanner::default();
        machine.scanning_until = now;
        let boot = machine.boot;
        match Host::open(settings, machine.stores.clone(), now) {
            Ok(host) => machine.running = Some(host),
            Err(_) => {
                self.crash_node(id);
                return Ok(());
            }
        }
        self.hash(&[6, id.0, boot]);
        self.look_at_replicas(id, true)?;
        let offset = self.random.below(TICK_MS);
        self.at(self.now + offset, Event::NodeTick(id, boot));
        Ok(())
    }

    pub(crate) fn crash_node(&mut self, id: NodeId) {
        let Some(machine) = self.nodes.get_mut(&id) else { return };
        machine.running = None;
        machine.stores.crash(&mut self.random);
        // Some are back before what was sent to them has arrived.
        let is_quick = self.random.chance(300);
        let wait = if is_quick { self.random.range(1, 40) } else { self.random.range(100, 2_500) };
        self.at(self.now + wait, Event::StartNode(id));
    }

    /// A node whose disk was exchanged for an empty one comes back under a new id.
    pub(crate) fn wipe_node(&mut self, id: NodeId) {
        let Some(machine) = self.nodes.get_mut(&id) else { return };
        machine.running = None;
        machine.stores.wipe();
        if is_mutated(Mutation::WipedNodeKeepsId) {
            self.at(self.now + 500, Event::StartNode(id));
            return;
        }
        machine.is_gone = true;
        let highest = self.nodes.keys().max().map_or(0, |id| id.0);
        self.add_node(NodeId(highest + 1));
    }

    pub(super) fn node_tick(&mut self, id: NodeId, boot: u64) -> Result<(), Violation> {
        let Some(machine) = self.nodes.get(&id) else { return Ok(()) };
        if machine.boot != boot || machine.running.is_none() {
            return Ok(());
        }
        if machine.paused_until > self.now {
            self.at(machine.paused_until, Event::NodeTick(id, boot));
            return Ok(());
        }
        self.at(self.now + TICK_MS, Event::NodeTick(id, boot));
        self.step_node(id, HostInput::Tick)
    }

    pub(super) fn step_node(&mut self, id: NodeId, input: HostInput) -> Result<(), Violation> {
        let now = self.now;
        let Some(machine) = self.nodes.get_mut(&id) else { return Ok(()) };
        let Some(host) = &mut machine.running else { return Ok(()) };
        let outputs = host.step(input, now);
        for partition in machine.stores.take_reset() {
            let was_damaged = machine.was_damaged;
            let seen = Observation::Reset { node: id, partition, was_damaged };
            self.invariants.watch(&seen, &self.model)?;
        }
        if outputs.contains(&HostOutput::Exit) {
            self.crash_node(id);
            return Ok(());
        }
        self.look_at_replicas(id, false)?;
        for output in outputs {
            let from = Place::Node(id);
            match output {
                HostOutput::ToCoordinator(to, message) => {
                    self.look_at_message(to, &message)?;
                    self.send(from, Place::Coordinator(to), Wire::FromNode(message));
                }
                HostOutput::ToNode(to, message) => {
                    self.send(from, Place::Node(to), Wire::ToNode(message));
                }
                HostOutput::Resident(change) => self.scanner(id).change(change),
                HostOutput::Scan(job) => self.scan(id, &job),
                HostOutput::Keep { .. } | HostOutput::Quarantined(_) | HostOutput::Exit => {}
            }
        }
        Ok(())
    }

    fn scanner(&mut self, id: NodeId) -> &mut MemoryScanner<FingerScorer> {
        &mut self.nodes.get_mut(&id).expect("a node that scans exists").scanner
    }

    /// Jobs are done one after the other; the state scanned is that of now, the result comes later.
    fn scan(&mut self, id: NodeId, job: &ScanJob) {
        let takes = if self.random.chance(50) { self.random.range(20, 400) } else { 1 };
        let result = self.scanner(id).scan(job);
        let Some(machine) = self.nodes.get_mut(&id) else { return };
        machine.scanning_until = machine.scanning_until.max(self.now) + takes;
        let (boot, at) = (machine.boot, machine.scanning_until);
        let done = ScanDone { number: job.number, result };
        self.at(at, Event::Scanned(id, boot, done));
    }

    pub(super) fn scanned(
        &mut self,
        id: NodeId,
        boot: u64,
        done: ScanDone,
    ) -> Result<(), Violation> {
        let Some(machine) = self.nodes.get(&id) else { return Ok(()) };
        if machine.boot != boot || machine.running.is_none() {
            return Ok(());
        }
        if machine.paused_until > self.now {
            self.at(machine.paused_until, Event::Scanned(id, boot, done));
            return Ok(());
        }
        self.step_node(id, HostInput::Scanned(done))
    }

    pub(super) fn look_at_message(
        &mut self,
        to: CoordinatorId,
        message: &FromNode,
    ) -> Result<(), Violation> {
        let seen = match message {
            FromNode::Report(report) => Observation::Reported { report },
            FromNode::Scan(answer) => {
                let request = self.scans.get(&(to, answer.boot, answer.scan, answer.node));
                Observation::Scanned { request, answer }
            }
            FromNode::Tail(_) | FromNode::Record(_) => return Ok(()),
        };
        self.invariants.watch(&seen, &self.model)
    }

    pub(super) fn look_at_replicas(
        &mut self,
        node: NodeId,
        was_opened: bool,
    ) -> Result<(), Violation> {
        let Some(machine) = self.nodes.get(&node) else { return Ok(()) };
        let Some(host) = &machine.running else { return Ok(()) };
        for (partition, applier) in host.appliers() {
            let is_synced = machine.stores.is_synced(partition);
            let seen = Observation::Replica { node, partition, applier, is_synced, was_opened };
            self.invariants.watch(&seen, &self.model)?;
        }
        Ok(())
    }
}
