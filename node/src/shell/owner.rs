//! The thread that owns the replicas of a node.

use super::beginning::NodeFolder;
use super::worker::{Backlog, Work};
use super::{Exit, Links, Status, elapsed_ms};
use crate::ReplicaStores;
use replication::{
    BackupPart, Checkpoint, Code, Effect, Host, HostInput, HostOutput, Keep, MarkKind, Room,
    ScanDone, ToNode,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What an input counts besides what is in it, in bytes.
const INPUT_BYTES: usize = 256;

/// Something for the owner to do.
pub(super) struct Errand {
    /// Room that it takes in the queue.
    pub(super) bytes: usize,
    what: What,
}

enum What {
    Input(HostInput),
    /// The scanner is not there any more.
    ScannerEnded,
    /// Look whether to end.
    Wake,
}

impl Errand {
    /// An input from outside.
    pub(super) fn new(input: HostInput) -> Self {
        Self { bytes: INPUT_BYTES + input_bytes(&input), what: What::Input(input) }
    }

    /// The end of a job. It must not be refused, so it takes no room; there are few at a time.
    pub(super) const fn scanned(done: ScanDone) -> Self {
        Self { bytes: 0, what: What::Input(HostInput::Scanned(done)) }
    }

    pub(super) const fn scanner_ended() -> Self {
        Self { bytes: 0, what: What::ScannerEnded }
    }

    pub(super) const fn wake() -> Self {
        Self { bytes: 0, what: What::Wake }
    }
}

fn input_bytes(input: &HostInput) -> usize {
    let HostInput::Message(_, message) = input else { return 0 };
    match message {
        ToNode::Tail(answer) => {
            let entries = answer.segments.iter().flat_map(|segment| &segment.entries);
            entries.flat_map(|(_, effects)| effects).map(effect_bytes).sum()
        }
        ToNode::Scan(request) => request.probe.as_bytes().len(),
        ToNode::Checkpoint { checkpoint, .. } => checkpoint_bytes(checkpoint),
        ToNode::Assign(_) | ToNode::Record(_) | ToNode::CheckpointWanted { .. } => 0,
    }
}

fn effect_bytes(effect: &Effect) -> usize {
    INPUT_BYTES
        + match effect {
            Effect::Put(record) => record.payload.as_bytes().len(),
            Effect::Alter { .. } | Effect::Remove(_) | Effect::Mark { .. } => 0,
        }
}

fn checkpoint_bytes(checkpoint: &Checkpoint) -> usize {
    checkpoint.pairs.iter().map(|(key, value)| key.len() + value.len()).sum()
}

/// See the module.
pub(super) struct Owner {
    pub(super) host: Host<ReplicaStores>,
    pub(super) _folder: NodeFolder,
    pub(super) links: Arc<dyn Links>,
    pub(super) inbox: Receiver<Errand>,
    pub(super) room: Room,
    pub(super) work: Sender<Work>,
    pub(super) backlog: Backlog,
    pub(super) backlog_max: usize,
    /// What is to be applied once the scanner has taken in more.
    pub(super) held: Option<HostInput>,
    pub(super) status: Arc<Mutex<Status>>,
    pub(super) started: Instant,
    pub(super) tick: Duration,
    pub(super) keep: Arc<dyn Keep>,
    /// Replicas that were given up since the start.
    pub(super) quarantined: u64,
    pub(super) ticks: u64,
}

impl Owner {
    /// Runs until the end. What is owned, the stores and the lock of the folder above all, is gone
    /// when this returns.
    pub(super) fn run_to_end(mut self) -> Exit {
        let run = AssertUnwindSafe(|| match self.run() {
            Ok(()) => Exit::Stopped,
            Err(exit) => exit,
        });
        let exit = catch_unwind(run).unwrap_or(Exit::Panicked);
        // A scan under way is of no use any more.
        self.room.stop();
        match exit {
            Exit::Stopped => tracing::info!("the node was stopped"),
            Exit::Store => tracing::error!("a store failed: start again"),
            Exit::Panicked => tracing::error!("the node contradicted itself"),
        }
        exit
    }

    fn run(&mut self) -> Result<(), Exit> {
        let mut next_tick = Instant::now();
        while !self.room.is_stopped() {
            let patience = next_tick.saturating_duration_since(Instant::now());
            match self.inbox.recv_timeout(patience) {
                Ok(errand) => self.take(errand)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let now = Instant::now();
            if let Some(input) = self.held.take_if(|_| !is_ahead(&self.backlog, self.backlog_max)) {
                self.step(input)?;
            }
            if now >= next_tick {
                self.step(HostInput::Tick)?;
                self.ticks += 1;
                self.publish();
                next_tick = (next_tick + self.tick).max(now);
            }
        }
        Ok(())
    }

    fn take(&mut self, errand: Errand) -> Result<(), Exit> {
        self.room.give_back(errand.bytes);
        match errand.what {
            // A later answer to the same question would be no better.
            What::Input(input @ HostInput::Message(_, ToNode::Tail(_)))
                if is_ahead(&self.backlog, self.backlog_max) =>
            {
                self.held.get_or_insert(input);
                Ok(())
            }
            What::Input(input) => self.step(input),
            What::ScannerEnded => Err(Exit::Panicked),
            What::Wake => Ok(()),
        }
    }

    fn step(&mut self, input: HostInput) -> Result<(), Exit> {
        let outputs = self.host.step(input, elapsed_ms(self.started));
        outputs.into_iter().try_for_each(|output| self.perform(output))
    }

    fn perform(&mut self, output: HostOutput) -> Result<(), Exit> {
        match output {
            HostOutput::ToCoordinator(to, message) => self.links.to_coordinator(to, message),
            HostOutput::ToNode(to, message) => self.links.to_node(to, message),
            HostOutput::Resident(change) => self.give(Work::change(change)),
            HostOutput::Scan(job) => self.give(Work::Scan(job)),
            HostOutput::Keep { partition, kind: MarkKind::Backup, id, checkpoint } => {
                self.keep.keep(id, BackupPart::Partition(partition), checkpoint.encode());
            }
            HostOutput::Keep { .. } => {}
            HostOutput::Quarantined(partition) => {
                self.quarantined += 1;
                tracing::error!(partition = partition.0, "a replica is damaged: it starts anew");
            }
            HostOutput::Exit => return Err(Exit::Store),
        }
        Ok(())
    }

    fn give(&self, work: Work) {
        self.backlog.grow(work.effects());
        // A scanner that ended says so in an errand of its own.
        let _ = self.work.send(work);
    }

    fn publish(&self) {
        let status = Status::of(&self.host, self.quarantined, self.ticks);
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}

/// Whether too much was applied that scans do not see yet.
fn is_ahead(backlog: &Backlog, backlog_max: usize) -> bool {
    backlog.len() > backlog_max
}
