//! All replicas of a node, as messages in and messages out.
//!
//! A node decides nothing. It holds what an assignment says, follows the stream of effects from any
//! coordinator, bootstraps from another node's checkpoint where the stream was trimmed, and answers
//! scans from states at or past the index asked for.

mod scanning;

use crate::applier::{Applier, ApplierError, Checkpoint};
use crate::disk::DiskRoom;
use crate::effect::Effect;
use crate::identity::PartitionId;
use crate::identity::{CoordinatorId, Epoch, Generation, LogIndex, NodeId, NodeIdentity};
use crate::kv::{Kv, KvError};
use crate::message::{
    Assignment, FromNode, HostInput, HostOutput, NodeReport, Peer, ReplicaReport, ToNode,
};
use crate::mutation::{Mutation, is_mutated};
use crate::scanner::ResidentChange;
use crate::tail::{Position, TailAnswer, TailRequest, TailSegment};
use scanning::{Running, Waiting};
use std::collections::BTreeMap;

/// Where a node keeps its replicas.
pub trait Stores {
    /// The store of one replica.
    type Kv: Kv;

    /// Partitions that there is a store of.
    fn existing(&self) -> Vec<PartitionId>;

    /// The store of a partition, empty when there was none.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&mut self, partition: PartitionId) -> Result<Self::Kv, KvError>;

    /// Removes the store of a partition.
    ///
    /// # Errors
    /// When that fails.
    fn destroy(&mut self, partition: PartitionId) -> Result<(), KvError>;
}

/// What a node is started with.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Who it is.
    pub identity: NodeIdentity,
    /// The generation it belongs to.
    pub generation: Generation,
    /// The log index of the founding state.
    pub founded_at: LogIndex,
    /// Relative room.
    pub capacity: u32,
    /// Whom to report to and to follow.
    pub coordinators: Vec<CoordinatorId>,
    /// Between reports.
    pub report_every_ms: u64,
    /// Between syncs of a replica: how far `durable` may be behind.
    pub sync_every_ms: u64,
    /// Between reading everything again, one replica at a time.
    pub scrub_every_ms: u64,
    /// Without an answer for so long, another coordinator or source is asked.
    pub patience_ms: u64,
    /// Scan jobs handed out at a time: one runs, others wait for it to end.
    pub jobs_max: usize,
    /// Scans that wait to be handed out; more are refused.
    pub waiting_max: usize,
}

impl HostSettings {
    /// For a node that reports every 250 ms, syncs every second and reads a replica again every 10
    /// minutes.
    pub fn new(
        identity: NodeIdentity,
        generation: Generation,
        founded_at: LogIndex,
        coordinators: Vec<CoordinatorId>,
    ) -> Self {
        Self {
            identity,
            generation,
            founded_at,
            capacity: 1,
            coordinators,
            report_every_ms: 250,
            sync_every_ms: 1_000,
            scrub_every_ms: 600_000,
            patience_ms: 1_000,
            jobs_max: 2,
            waiting_max: 256,
        }
    }
}

/// How a replica stands.
#[derive(Debug)]
pub enum ReplicaPhase<K> {
    /// Open; it may still be behind.
    Open(Applier<K>),
    /// Has nothing; waits for a checkpoint. Holds when a source was asked last, and how many were.
    Bootstrapping(Option<u64>, usize),
}

#[derive(Debug)]
struct Replica<K> {
    epoch: Epoch,
    sources: Vec<NodeId>,
    phase: ReplicaPhase<K>,
}

/// All replicas of a node.
pub struct Host<S: Stores> {
    settings: HostSettings,
    stores: S,
    replicas: BTreeMap<PartitionId, Replica<S::Kv>>,
    assigned_as_of: LogIndex,
    waiting: Vec<Waiting>,
    running: BTreeMap<u64, Running>,
    /// Jobs handed out so far.
    jobs: u64,
    /// To be told to the scanner at the end of the step.
    resident: Vec<ResidentChange>,
    followed: usize,
    tail_asked_at: Option<u64>,
    tail_answered_at: u64,
    /// When somebody whose scan waits for what follows was asked for it.
    urged_at: Option<u64>,
    reported_at: Option<u64>,
    synced_at: u64,
    scrubbed_at: u64,
    scrubbed: usize,
    /// Given up when they were opened, and not told yet.
    damaged: Vec<PartitionId>,
    /// Where the stores are, when the shell last looked.
    disk: Option<DiskRoom>,
}

impl<S: Stores> Host<S> {
    /// Opens every replica there is a store of. A damaged one is emptied and bootstrapped anew.
    ///
    /// # Errors
    /// When a store fails.
    pub fn open(settings: HostSettings, stores: S, now: u64) -> Result<Self, KvError> {
        let mut host = Self {
            settings,
            stores,
            replicas: BTreeMap::new(),
            assigned_as_of: 0,
            waiting: Vec::new(),
            running: BTreeMap::new(),
            jobs: 0,
            resident: Vec::new(),
            followed: 0,
            tail_asked_at: None,
            tail_answered_at: now,
            urged_at: None,
            reported_at: None,
            synced_at: now,
            scrubbed_at: now,
            scrubbed: 0,
            damaged: Vec::new(),
            disk: None,
        };
        for partition in host.stores.existing() {
            let phase = host.open_replica(partition)?;
            let replica = Replica { epoch: Epoch(0), sources: Vec::new(), phase };
            host.replicas.insert(partition, replica);
        }
        Ok(host)
    }

    /// Who the node is.
    pub fn identity(&self) -> NodeIdentity {
        self.settings.identity
    }

    /// The open replicas.
    pub fn appliers(&self) -> impl Iterator<Item = (PartitionId, &Applier<S::Kv>)> {
        self.replicas.iter().filter_map(|(partition, replica)| match &replica.phase {
            ReplicaPhase::Open(applier) => Some((*partition, applier)),
            ReplicaPhase::Bootstrapping(..) => None,
        })
    }

    /// The partitions that it holds or is about to.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionId> {
        self.replicas.keys().copied()
    }

    /// How many scans wait, and how many were handed out and did not come back.
    pub fn scans(&self) -> (usize, usize) {
        (self.waiting.len(), self.running.len())
    }

    /// Ends the node and gives its stores back.
    pub fn into_stores(self) -> S {
        self.stores
    }

    /// Takes one input. After [`HostOutput::Exit`] the host must not be used further.
    pub fn step(&mut self, input: HostInput, now: u64) -> Vec<HostOutput> {
        let mut out = Vec::new();
        let result = match input {
            HostInput::Tick => self.tick(now, &mut out),
            HostInput::Disk(disk) => {
                self.disk = Some(disk);
                Ok(())
            }
            HostInput::Scanned(done) => {
                self.on_scanned(done, &mut out);
                Ok(())
            }
            HostInput::Message(Peer::Coordinator(from), message) => {
                self.on_coordinator(from, message, now, &mut out)
            }
            HostInput::Message(Peer::Node(from), message) => self.on_node(from, message, &mut out),
        };
        if result.is_err() {
            return vec![HostOutput::Exit];
        }
        out.extend(self.resident.drain(..).map(HostOutput::Resident));
        self.hand_out(now, &mut out);
        out
    }

    fn open_replica(&mut self, partition: PartitionId) -> Result<ReplicaPhase<S::Kv>, KvError> {
        let HostSettings { generation, founded_at, .. } = self.settings;
        let kv = match self.stores.open(partition) {
            // A store that cannot even be opened is one partition's trouble, not the node's.
            Err(KvError::Damaged) => return self.abandon(partition),
            opened => opened?,
        };
        match Applier::open(kv, partition, generation, founded_at) {
            Ok(applier) => {
                self.resident.push(content(partition, &applier));
                Ok(ReplicaPhase::Open(applier))
            }
            Err(ApplierError::Kv(error)) if error != KvError::Damaged => Err(error),
            Err(_) => self.abandon(partition),
        }
    }

    /// Empties a replica that was found damaged when it was opened.
    fn abandon(&mut self, partition: PartitionId) -> Result<ReplicaPhase<S::Kv>, KvError> {
        self.damaged.push(partition);
        self.stores.destroy(partition)?;
        Ok(ReplicaPhase::Bootstrapping(None, 0))
    }

    fn tick(&mut self, now: u64, out: &mut Vec<HostOutput>) -> Result<(), KvError> {
        out.extend(self.damaged.drain(..).map(HostOutput::Quarantined));
        if now >= self.synced_at + self.settings.sync_every_ms {
            self.synced_at = now;
            for replica in self.replicas.values_mut() {
                if let ReplicaPhase::Open(applier) = &mut replica.phase {
                    applier.sync().map_err(kv_error)?;
                }
            }
        }
        self.scrub(now, out)?;
        self.ask_sources(now, out);
        self.ask_tail(now, out);
        if self.reported_at.is_none_or(|at| now >= at + self.settings.report_every_ms) {
            self.reported_at = Some(now);
            let report = self.report();
            for coordinator in &self.settings.coordinators {
                let report = FromNode::Report(report.clone());
                out.push(HostOutput::ToCoordinator(*coordinator, report));
            }
        }
        Ok(())
    }

    /// Reads one replica again.
    fn scrub(&mut self, now: u64, out: &mut Vec<HostOutput>) -> Result<(), KvError> {
        if now < self.scrubbed_at + self.settings.scrub_every_ms || self.replicas.is_empty() {
            return Ok(());
        }
        self.scrubbed_at = now;
        self.scrubbed += 1;
        let nth = self.scrubbed % self.replicas.len();
        let Some((&partition, replica)) = self.replicas.iter().nth(nth) else { return Ok(()) };
        let ReplicaPhase::Open(applier) = &replica.phase else { return Ok(()) };
        match applier.scrub() {
            Ok(()) => Ok(()),
            Err(error) => self.give_up(partition, error, out),
        }
    }

    /// Empties a replica that cannot be trusted; a store that fails ends the process instead.
    fn give_up(
        &mut self,
        partition: PartitionId,
        error: ApplierError,
        out: &mut Vec<HostOutput>,
    ) -> Result<(), KvError> {
        if let ApplierError::Kv(error) = error
            && error != KvError::Damaged
        {
            return Err(error);
        }
        out.push(HostOutput::Quarantined(partition));
        if let Some(replica) = self.replicas.get_mut(&partition) {
            replica.phase = ReplicaPhase::Bootstrapping(None, 0);
        }
        self.resident.push(ResidentChange::Gone(partition));
        self.stores.destroy(partition)
    }

    fn ask_sources(&mut self, now: u64, out: &mut Vec<HostOutput>) {
        let (generation, patience) = (self.settings.generation, self.settings.patience_ms);
        for (&partition, replica) in &mut self.replicas {
            let ReplicaPhase::Bootstrapping(asked_at, tried) = &mut replica.phase else { continue };
            if replica.sources.is_empty() || asked_at.is_some_and(|at| now < at + patience) {
                continue;
            }
            let source = replica.sources[*tried % replica.sources.len()];
            (*asked_at, *tried) = (Some(now), *tried + 1);
            let wanted = ToNode::CheckpointWanted { generation, partition };
            out.push(HostOutput::ToNode(source, wanted));
        }
    }

    /// Asks for what follows, all replicas at once; another coordinator when one is silent.
    fn ask_tail(&mut self, now: u64, out: &mut Vec<HostOutput>) {
        if let Some(asked_at) = self.tail_asked_at
            && now < asked_at + self.settings.patience_ms
        {
            return;
        }
        if self.tail_asked_at.is_some() || now > self.tail_answered_at + self.silence_ms() {
            self.followed += 1;
            self.tail_answered_at = now;
        }
        let coordinators = &self.settings.coordinators;
        let whom = coordinators[self.followed % coordinators.len()];
        if self.ask_tail_of(whom, out) {
            self.tail_asked_at = Some(now);
        }
    }

    /// Asks one coordinator for what follows; false when there is no replica to ask for.
    fn ask_tail_of(&self, whom: CoordinatorId, out: &mut Vec<HostOutput>) -> bool {
        let position = |(partition, applier): (PartitionId, &Applier<S::Kv>)| Position {
            partition,
            after: applier.searchable(),
        };
        let positions: Vec<Position> = self.appliers().map(position).collect();
        let has_any = !positions.is_empty();
        if has_any {
            let HostSettings { generation, identity, .. } = self.settings;
            let request = TailRequest { generation, node: identity.node, positions };
            out.push(HostOutput::ToCoordinator(whom, FromNode::Tail(request)));
        }
        has_any
    }

    /// A scan that waits for what follows does not wait for the next tick: whoever asked for it has
    /// what follows. One such question at a time.
    fn urge(&mut self, now: u64, out: &mut Vec<HostOutput>) {
        let patience = self.settings.patience_ms;
        if self.urged_at.is_some_and(|at| now < at + patience) {
            return;
        }
        if let Some(whom) = self.waits_for_tail()
            && self.ask_tail_of(whom, out)
        {
            self.urged_at = Some(now);
        }
    }

    /// A coordinator that has nothing new for so long may be cut off from the others.
    fn silence_ms(&self) -> u64 {
        4 * self.settings.patience_ms
    }

    fn report(&self) -> NodeReport {
        let replicas = self.appliers().map(|(partition, applier)| ReplicaReport {
            partition,
            epoch: self.replicas[&partition].epoch,
            searchable: applier.searchable(),
            durable: applier.durable(),
            marks: applier.marks(),
        });
        NodeReport {
            generation: self.settings.generation,
            identity: self.settings.identity,
            capacity: self.settings.capacity,
            replicas: replicas.collect(),
            assigned_as_of: self.assigned_as_of,
            disk: self.disk,
        }
    }

    fn on_coordinator(
        &mut self,
        from: CoordinatorId,
        message: ToNode,
        now: u64,
        out: &mut Vec<HostOutput>,
    ) -> Result<(), KvError> {
        match message {
            ToNode::Tail(answer) if answer.generation == self.settings.generation => {
                self.on_tail(answer, now, out)
            }
            ToNode::Assign(assignment) if assignment.generation == self.settings.generation => {
                self.on_assignment(assignment)
            }
            ToNode::Scan(request) if request.generation == self.settings.generation => {
                self.on_scan(from, request, now);
                self.urge(now, out);
                Ok(())
            }
            ToNode::Record(wanted) if wanted.generation == self.settings.generation => {
                out.push(self.record(from, &wanted));
                self.urge(now, out);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_tail(
        &mut self,
        answer: TailAnswer,
        now: u64,
        out: &mut Vec<HostOutput>,
    ) -> Result<(), KvError> {
        self.tail_asked_at = None;
        self.urged_at = None;
        let mut has_more = false;
        for segment in answer.segments {
            let Some(replica) = self.replicas.get_mut(&segment.partition) else { continue };
            let ReplicaPhase::Open(applier) = &mut replica.phase else { continue };
            let before = applier.searchable();
            if segment.through > before {
                self.tail_answered_at = now;
            }
            match applier.apply(&segment) {
                Ok(applied) => {
                    let partition = segment.partition;
                    let through = applier.searchable();
                    has_more |= through > before;
                    if through > before {
                        let effects = effects_after(before, &segment);
                        let change = ResidentChange::Effects { partition, through, effects };
                        self.resident.push(change);
                    }
                    out.extend(applied.kept.into_iter().map(|(kind, id, checkpoint)| {
                        HostOutput::Keep { partition, kind, id, checkpoint }
                    }));
                }
                // An answer to a question from before a restart.
                Err(ApplierError::Gap) => {}
                Err(error) => self.give_up(segment.partition, error, out)?,
            }
        }
        for Position { partition, after } in answer.trimmed {
            let Some(replica) = self.replicas.get_mut(&partition) else { continue };
            let ReplicaPhase::Open(applier) = &replica.phase else { continue };
            // A late answer may be about a replica that was bootstrapped since.
            if applier.searchable() <= after || is_mutated(Mutation::LateTrimObeyed) {
                replica.phase = ReplicaPhase::Bootstrapping(None, 0);
                self.resident.push(ResidentChange::Gone(partition));
                self.stores.destroy(partition)?;
            }
        }
        // Without anything new, the next tick is soon enough.
        if has_more {
            self.urge(now, out);
        }
        Ok(())
    }

    /// Holds what is asked for and drops everything else; an older assignment changes nothing.
    /// After a restart, one is older that comes from a state before that of a replica: a
    /// coordinator that is behind may not yet know that the replica is to be here, and others count
    /// on what it reported.
    fn on_assignment(&mut self, assignment: Assignment) -> Result<(), KvError> {
        let reached = self.appliers().map(|(_, applier)| applier.searchable()).max();
        let is_behind = reached.is_some_and(|index| assignment.as_of < index);
        if assignment.as_of < self.assigned_as_of || is_behind {
            return Ok(());
        }
        self.assigned_as_of = assignment.as_of;
        let kept = |partition| assignment.partitions.iter().any(|a| a.partition == partition);
        let dropped: Vec<PartitionId> =
            self.replicas.keys().copied().filter(|partition| !kept(*partition)).collect();
        for partition in dropped {
            if is_mutated(Mutation::StalePlacementServed) {
                continue;
            }
            self.replicas.remove(&partition);
            self.resident.push(ResidentChange::Gone(partition));
            self.stores.destroy(partition)?;
        }
        for assigned in assignment.partitions {
            if !self.replicas.contains_key(&assigned.partition) {
                let phase = self.open_replica(assigned.partition)?;
                let replica = Replica { epoch: assigned.epoch, sources: Vec::new(), phase };
                self.replicas.insert(assigned.partition, replica);
            }
            if let Some(replica) = self.replicas.get_mut(&assigned.partition) {
                (replica.epoch, replica.sources) = (assigned.epoch, assigned.sources);
            }
        }
        Ok(())
    }

    fn on_node(
        &mut self,
        from: NodeId,
        message: ToNode,
        out: &mut Vec<HostOutput>,
    ) -> Result<(), KvError> {
        match message {
            ToNode::CheckpointWanted { generation, partition }
                if generation == self.settings.generation =>
            {
                let Some((_, applier)) = self.appliers().find(|(p, _)| *p == partition) else {
                    return Ok(());
                };
                let checkpoint = applier.checkpoint().map_err(kv_error)?;
                let reply = ToNode::Checkpoint { generation, partition, checkpoint };
                out.push(HostOutput::ToNode(from, reply));
                Ok(())
            }
            ToNode::Checkpoint { generation, partition, checkpoint }
                if generation == self.settings.generation =>
            {
                self.on_checkpoint(partition, checkpoint, out)
            }
            _ => Ok(()),
        }
    }

    fn on_checkpoint(
        &mut self,
        partition: PartitionId,
        checkpoint: Checkpoint,
        out: &mut Vec<HostOutput>,
    ) -> Result<(), KvError> {
        let generation = self.settings.generation;
        let Some(replica) = self.replicas.get_mut(&partition) else { return Ok(()) };
        if !matches!(replica.phase, ReplicaPhase::Bootstrapping(..)) {
            return Ok(());
        }
        let kv = self.stores.open(partition)?;
        match Applier::install(kv, partition, generation, checkpoint) {
            Ok(applier) => {
                self.resident.push(content(partition, &applier));
                replica.phase = ReplicaPhase::Open(applier);
            }
            Err(error) => self.give_up(partition, error, out)?,
        }
        Ok(())
    }
}

/// All that a replica holds.
fn content<K: Kv>(partition: PartitionId, applier: &Applier<K>) -> ResidentChange {
    let records = applier.records().values().cloned().collect();
    ResidentChange::Content { partition, index: applier.searchable(), records }
}

/// What a segment did to a replica that stood at `before`.
fn effects_after(before: LogIndex, segment: &TailSegment) -> Vec<Effect> {
    let entries = segment.entries.iter().filter(|(index, _)| *index > before);
    let effects = entries.flat_map(|(_, effects)| effects);
    effects.filter(|effect| !matches!(effect, Effect::Mark { .. })).cloned().collect()
}

fn kv_error(error: ApplierError) -> KvError {
    match error {
        ApplierError::Kv(error) => error,
        _ => KvError::Damaged,
    }
}
