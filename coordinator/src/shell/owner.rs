//! The thread that owns a coordinator.

use super::{Exit, Links, Status};
use crate::Coordinator;
use crate::command::Command;
use crate::log::{FolderDisk, LogStorage};
use crate::message::{ClientRequest, Input, Output, PeerMessage, Request, Response};
use crate::raft::EntryBody;
use replication::{BackupPart, FromNode, Keep, Room};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// Most inputs of one step: what a sync is shared by, and what a tick may wait for.
const STEP_INPUTS_MAX: usize = 256;
/// What an input counts besides its payloads, in bytes.
const INPUT_BYTES: usize = 256;

/// Something for the owner to do.
pub(super) enum Errand {
    Input(Input),
    Request { request: Request, budget_ms: u64, respond: oneshot::Sender<Response> },
    Stop,
}

impl Errand {
    /// About how much memory it holds.
    pub(super) fn bytes(&self) -> usize {
        INPUT_BYTES
            + match self {
                Self::Input(Input::Peer(_, message)) => peer_bytes(message),
                Self::Input(Input::Node(_, FromNode::Scan(answer))) => {
                    let hits = answer.answers.iter().map(|answer| answer.hits.len());
                    64 * hits.sum::<usize>()
                }
                Self::Input(Input::Client(ClientRequest { request, .. }))
                | Self::Request { request, .. } => request_bytes(request),
                Self::Input(_) | Self::Stop => 0,
            }
    }
}

fn peer_bytes(message: &PeerMessage) -> usize {
    match message {
        PeerMessage::Raft(message) => {
            let body = |body: &EntryBody| match body {
                EntryBody::Commands(bytes) => bytes.as_bytes().len(),
                EntryBody::Membership(_) => 0,
            };
            message.entries.iter().map(|entry| INPUT_BYTES + body(&entry.body)).sum()
        }
        PeerMessage::Forward { commands, .. } => {
            commands.iter().map(|(_, command)| INPUT_BYTES + command_bytes(command)).sum()
        }
        PeerMessage::Chunk { bytes, .. } => bytes.as_bytes().len(),
        PeerMessage::ChunkWanted { .. } | PeerMessage::DiskScarce => 0,
    }
}

fn request_bytes(request: &Request) -> usize {
    match request {
        Request::Enroll(enroll, _) => enroll.payload.as_bytes().len(),
        Request::Identify(identify) => identify.probe.as_bytes().len(),
        Request::Command(command) => command_bytes(command),
        Request::Read(_)
        | Request::Fetch(_)
        | Request::Membership(_)
        | Request::TransferLeadership(_)
        | Request::HandOver => 0,
    }
}

fn command_bytes(command: &Command) -> usize {
    match command {
        Command::Enroll(enroll) => enroll.payload.as_bytes().len(),
        _ => 0,
    }
}

/// See the module.
pub(super) struct Owner {
    pub(super) core: Coordinator,
    pub(super) storage: LogStorage<FolderDisk>,
    pub(super) links: Arc<dyn Links>,
    pub(super) inbox: Receiver<Errand>,
    pub(super) room: Room,
    pub(super) status: Arc<Mutex<Status>>,
    pub(super) started: Instant,
    pub(super) tick: Duration,
    pub(super) keep: Arc<dyn Keep>,
    /// Who waits for a response, by request.
    pub(super) clients: BTreeMap<u64, oneshot::Sender<Response>>,
    pub(super) requests: u64,
    pub(super) alarms: u64,
    pub(super) ticks: u64,
}

impl Owner {
    /// Runs until the end. What is owned, the lock of the folder above all, is gone when this
    /// returns.
    pub(super) fn run_to_end(mut self, outputs: Vec<Output>) -> Exit {
        let run = AssertUnwindSafe(|| match self.run(outputs) {
            Ok(()) => Exit::Stopped,
            Err(exit) => exit,
        });
        let exit = catch_unwind(run).unwrap_or(Exit::Panicked);
        match &exit {
            Exit::Stopped => tracing::info!("the coordinator was stopped"),
            Exit::Halted => tracing::error!(
                "it must not go on: after the alarm UnreadableEntry update it, after LogLost \
                 replace it under a new id"
            ),
            Exit::Log(error) => tracing::error!(%error, "the log failed: start again"),
            Exit::Panicked => tracing::error!("the coordinator contradicted itself"),
        }
        exit
    }

    fn run(&mut self, outputs: Vec<Output>) -> Result<(), Exit> {
        self.perform(outputs)?;
        let mut next_tick = Instant::now();
        while !self.room.is_stopped() {
            let patience = next_tick.saturating_duration_since(Instant::now());
            let mut inputs = match self.inbox.recv_timeout(patience) {
                Ok(errand) => self.inputs_from(errand),
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let now = Instant::now();
            let is_tick = now >= next_tick;
            if is_tick {
                inputs.push(Input::Tick);
                // Time that was lost in a slow sync is no reason for an election: never two ticks
                // at once.
                next_tick = (next_tick + self.tick).max(now);
            }
            let outputs = self.core.step_all(inputs, self.now_ms(), wall_clock_ms());
            self.perform(outputs)?;
            if is_tick {
                self.ticks += 1;
                self.publish();
            }
        }
        Ok(())
    }

    /// An errand and those that wait behind it.
    fn inputs_from(&mut self, first: Errand) -> Vec<Input> {
        let mut inputs = Vec::new();
        let mut next = Some(first);
        while let Some(errand) = next {
            self.room.give_back(errand.bytes());
            match errand {
                Errand::Input(input) => inputs.push(input),
                Errand::Request { request, budget_ms, respond } => {
                    self.requests += 1;
                    let id = self.requests;
                    self.clients.insert(id, respond);
                    inputs.push(Input::Client(ClientRequest { id, budget_ms, request }));
                }
                Errand::Stop => {}
            }
            let more = inputs.len() < STEP_INPUTS_MAX;
            next = if more { self.inbox.try_recv().ok() } else { None };
        }
        inputs
    }

    fn perform(&mut self, outputs: Vec<Output>) -> Result<(), Exit> {
        for output in outputs {
            self.perform_one(output)?;
        }
        Ok(())
    }

    fn perform_one(&mut self, output: Output) -> Result<(), Exit> {
        let storage = &mut self.storage;
        match output {
            Output::Persist { entries, hard_state } => {
                storage.append(entries, hard_state).map_err(Exit::Log)?;
            }
            Output::Sync => storage.sync().map_err(Exit::Log)?,
            Output::StoreSnapshot { header, content, is_reset } => {
                let stored = storage.store_snapshot(header, content.as_bytes(), is_reset);
                stored.map_err(Exit::Log)?;
            }
            Output::Peer(to, message) => self.links.to_coordinator(to, message),
            Output::Node(to, message) => self.links.to_node(to, message),
            Output::Client(id, response) => {
                if let Some(client) = self.clients.remove(&id) {
                    // Who does not wait any more is not told.
                    let _ = client.send(response);
                }
            }
            Output::Alarm(alarm) => {
                self.alarms += 1;
                tracing::error!(?alarm, index = self.core.catalog().applied(), "alarm");
            }
            Output::Keep { mark, content } => {
                self.keep.keep(mark, BackupPart::Catalog, content.as_bytes().to_vec());
            }
            Output::Applied(_) => {}
            Output::Halt => return Err(Exit::Halted),
        }
        Ok(())
    }

    fn publish(&self) {
        let status = Status::of(&self.core, self.now_ms(), (self.alarms, self.ticks));
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// The time of day, for the audit alone.
fn wall_clock_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}
