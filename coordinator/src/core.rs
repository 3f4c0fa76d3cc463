//! A coordinator without its sockets, files and clock: [`Coordinator::step`].
//!
//! Any coordinator takes requests, searches and serves the stream of effects. Only the leader
//! proposes, checks duplicates, moves partitions and trims; everything it needs to do so is in the
//! catalog, so the next leader just goes on.

mod admission;
mod clients;
mod dedup;
mod fetching;
mod leading;
mod membership;
mod nodes;
mod reading;
mod searching;
mod shipping;

use crate::catalog::{Catalog, Founding};
use crate::command::{Batch, Command, Origin};
use crate::fanout::Hedging;
use crate::message::{Alarm, Input, Output, PeerMessage, Unavailable};
use crate::raft::{EntryBody, LogEntry, Member, MemberSettings, RaftOutput, Recovered, Role};
use crate::reconciler::Pace;
use crate::view::View;
use admission::Admission;
pub use admission::AdmissionLimits;
use clients::Waiting;
use dedup::Checks;
use fetching::Fetching;
use membership::Wish;
use reading::Read;
use replication::{Code, CodecError, CoordinatorId, Cut, LogIndex, Payload};
use searching::Search;
use shipping::Fetch;
use std::collections::BTreeMap;

/// What a coordinator is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Of the replicated log.
    pub member: MemberSettings,
    /// What the cluster was founded with.
    pub founding: Founding,
    /// Drawn at every start, so that commands from before are not taken for own ones.
    pub boot: u64,
    /// A snapshot is taken after so many entries.
    pub snapshot_every: u64,
    /// Bytes of a snapshot sent at a time.
    pub chunk_bytes: usize,
    /// Without an answer for so long, a chunk or a read is asked for again.
    pub retry_ms: u64,
    /// A node counts as live for so long after a report.
    pub node_live_ms: u64,
    /// When searches ask a second replica.
    pub hedging: Hedging,
    /// How many records go on in a search of a client. All coordinators must be given the same.
    pub search_cut: Cut,
    /// How many go on in a duplicate check, likewise.
    pub check_cut: Cut,
    /// How fast partitions move.
    pub pace: Pace,
    /// Bytes of effects in one answer to a replica, about.
    pub tail_bytes_max: u64,
    /// Between trims, at least so many indexes.
    pub trim_slack: u64,
    /// Between digest marks.
    pub mark_every_ms: u64,
    /// Duplicate checks at a time, and how long one may take.
    pub checks_max: usize,
    /// See `checks_max`.
    pub check_budget_ms: u64,
    /// Most bytes of commands waiting to be proposed.
    pub queue_bytes_max: usize,
    /// What a client asks for beyond these is refused, to be asked for again later.
    pub admission: AdmissionLimits,
}

impl Settings {
    /// For a coordinator of a cluster that was founded like this. The cuts are those of a search on
    /// one machine.
    pub fn new(id: CoordinatorId, founding: Founding) -> Self {
        let cut = Cut { coarse: 500, fine: 100 };
        Self {
            member: MemberSettings::new(id, id.0),
            founding,
            boot: 0,
            snapshot_every: 10_000,
            chunk_bytes: 1 << 20,
            retry_ms: 1_000,
            node_live_ms: 2_000,
            hedging: Hedging { after_ms: 1_000, replicas_max: 2 },
            search_cut: cut,
            check_cut: cut,
            pace: Pace { moves_max: 2, lag_max: 1_000 },
            tail_bytes_max: 1 << 20,
            trim_slack: 1_000,
            mark_every_ms: 300_000,
            checks_max: 16,
            check_budget_ms: 10_000,
            queue_bytes_max: 4 << 20,
            admission: AdmissionLimits::default(),
        }
    }
}

/// See the module.
pub struct Coordinator {
    settings: Settings,
    member: Member,
    catalog: Catalog,
    view: View,
    sequence: u64,
    /// To propose or to forward at the end of the step.
    queue: Vec<(Origin, Command)>,
    waiting: BTreeMap<u64, Waiting>,
    reads: BTreeMap<u64, Read>,
    /// Changes of membership that clients wait for.
    wishes: Vec<Wish>,
    searches: BTreeMap<u64, Search>,
    fetches: BTreeMap<u64, Fetching>,
    /// Which search a scan belongs to.
    scans: BTreeMap<u64, Asker>,
    checks: Checks,
    admission: Admission,
    /// The snapshot being fetched, and the one to be served.
    fetch: Option<Fetch>,
    content: Payload,
    /// Latest index at which placement or completeness changed, as far as known since the start.
    placement_changed_at: LogIndex,
    reconciled_at: u64,
    marked_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Search(u64),
    Check(replication::EncounterId),
}

impl Coordinator {
    /// Starts from what the log holds. `content` is that of the snapshot; empty for a member that
    /// has none yet.
    ///
    /// # Errors
    /// When the content cannot be read.
    ///
    /// # Panics
    /// When the settings of the member contradict each other.
    pub fn start(
        settings: Settings,
        recovered: Recovered,
        content: Vec<u8>,
        now: u64,
    ) -> Result<(Self, Vec<Output>), CodecError> {
        let catalog = if content.is_empty() {
            Catalog::found(&settings.founding)
        } else {
            Catalog::from_snapshot(&content)?
        };
        let member = Member::new(settings.member.clone(), recovered)
            .expect("the settings of a member are constants that fit each other");
        let placement_changed_at = catalog.applied();
        let mut coordinator = Self {
            member,
            catalog,
            view: View::new(settings.node_live_ms),
            sequence: 0,
            queue: Vec::new(),
            waiting: BTreeMap::new(),
            reads: BTreeMap::new(),
            wishes: Vec::new(),
            searches: BTreeMap::new(),
            fetches: BTreeMap::new(),
            scans: BTreeMap::new(),
            checks: Checks::default(),
            admission: Admission::default(),
            fetch: None,
            content: content.into(),
            placement_changed_at,
            reconciled_at: now,
            marked_at: now,
            settings,
        };
        let mut out = Vec::new();
        coordinator.pump(&mut out);
        Ok((coordinator, out))
    }

    /// Takes one input. `now` is a monotonic clock in milliseconds, `stamp_ms` the time of day.
    pub fn step(&mut self, input: Input, now: u64, stamp_ms: u64) -> Vec<Output> {
        self.step_all([input], now, stamp_ms)
    }

    /// Takes several inputs in their order. What they ask to log goes into as few entries, and
    /// behind as few syncs, as it has room in.
    pub fn step_all(
        &mut self,
        inputs: impl IntoIterator<Item = Input>,
        now: u64,
        stamp_ms: u64,
    ) -> Vec<Output> {
        let mut out = Vec::new();
        for input in inputs {
            if command_bytes(&self.queue) > self.settings.queue_bytes_max / 2 {
                self.flush(stamp_ms, &mut out);
            }
            self.take(input, now, &mut out);
        }
        self.flush(stamp_ms, &mut out);
        self.pump(&mut out);
        self.search_on(now, &mut out);
        self.fetch_on(now, &mut out);
        self.check_on(now, &mut out);
        self.wish_on(now, &mut out);
        self.flush(stamp_ms, &mut out);
        self.pump(&mut out);
        out
    }

    fn take(&mut self, input: Input, now: u64, out: &mut Vec<Output>) {
        match input {
            Input::Tick => {
                self.member.tick();
                self.admission.look(&self.catalog, &self.view, self.member.leader(), now);
                self.say_scarce(now, out);
                self.lead(now);
                self.expire(now, out);
                self.refetch(now, out);
                if self.member.is_newer_snapshot_wanted() {
                    self.take_snapshot(out);
                }
            }
            Input::Disk(disk) => self.on_disk(disk),
            Input::Peer(from, message) => self.on_peer(from, message, now, out),
            Input::Node(node, message) => self.on_node(node, message, now, out),
            Input::Client(request) => self.on_client(request, now, out),
        }
    }

    fn on_peer(
        &mut self,
        from: CoordinatorId,
        message: PeerMessage,
        now: u64,
        out: &mut Vec<Output>,
    ) {
        match message {
            PeerMessage::Raft(message) => self.on_raft(*message, now, out),
            PeerMessage::Forward { generation, commands } => {
                let ours = generation == self.catalog.generation();
                if ours && self.member.role() == Role::Leader && self.has_room(&commands) {
                    self.queue.extend(commands);
                }
            }
            PeerMessage::DiskScarce => self.on_leader_scarce(from, now),
            PeerMessage::ChunkWanted { digest, offset } => {
                self.send_chunk(from, digest, offset, out);
            }
            PeerMessage::Chunk { digest, offset, total, bytes } => {
                self.on_chunk((digest, offset, total), &bytes, now, out);
            }
        }
    }

    fn has_room(&self, commands: &[(Origin, Command)]) -> bool {
        let bytes = command_bytes(&self.queue) + command_bytes(commands);
        bytes <= self.settings.queue_bytes_max
    }

    /// Queues an own command; its outcome comes back under the number returned.
    fn submit(&mut self, command: Command) -> Result<u64, Unavailable> {
        if self.member.leader().is_none() {
            return Err(Unavailable::NoLeader);
        }
        self.sequence += 1;
        let boot = self.settings.boot;
        let origin = Origin { coordinator: self.member.id(), boot, sequence: self.sequence };
        let commands = [(origin, command)];
        if !self.has_room(&commands) {
            return Err(Unavailable::Overloaded);
        }
        self.queue.extend(commands);
        Ok(self.sequence)
    }

    /// Proposes what is queued as one entry, or sends it to the leader. What cannot be proposed is
    /// dropped: its asker hears `Unknown` in time and asks again.
    fn flush(&mut self, stamp_ms: u64, out: &mut Vec<Output>) {
        if self.queue.is_empty() {
            return;
        }
        let commands = std::mem::take(&mut self.queue);
        let generation = self.catalog.generation();
        if self.member.role() == Role::Leader {
            self.member.propose(Batch { generation, stamp_ms, commands }.encode());
        } else if let Some(leader) = self.member.leader() {
            out.push(Output::Peer(leader, PeerMessage::Forward { generation, commands }));
        }
    }

    /// Performs what the replicated log wants.
    fn pump(&mut self, out: &mut Vec<Output>) {
        for output in self.member.drain() {
            match output {
                RaftOutput::Send(message) => {
                    let (to, message) = (message.to, PeerMessage::Raft(Box::new(message)));
                    out.push(Output::Peer(to, message));
                }
                RaftOutput::Persist { entries, hard_state } => {
                    out.push(Output::Persist { entries, hard_state });
                }
                RaftOutput::Sync => out.push(Output::Sync),
                RaftOutput::Install(header) => self.install(header, out),
                RaftOutput::Commit(entries) => {
                    for entry in entries {
                        self.apply(entry, out);
                    }
                }
                RaftOutput::ReadReady { context, index } => self.read_ready(&context, index),
            }
        }
        self.take_snapshot_in_time(out);
        self.answer_reads(out);
    }

    fn apply(&mut self, entry: LogEntry, out: &mut Vec<Output>) {
        if entry.index <= self.catalog.applied() {
            return;
        }
        let bytes = match &entry.body {
            EntryBody::Commands(bytes) => bytes.clone(),
            EntryBody::Membership(_) => Payload::default(),
        };
        let Ok(outcomes) = self.catalog.apply(entry.index, bytes.as_bytes()) else {
            out.push(Output::Alarm(Alarm::UnreadableEntry(entry.index)));
            out.push(Output::Halt);
            return;
        };
        let index = entry.index;
        out.push(Output::Applied(entry));
        if self.catalog.placement_changed_at() == Some(index) {
            self.placement_changed_at = index;
        }
        if let Some(mark) = self.catalog.backup_mark_at(index) {
            let content = Payload::from(self.catalog.to_snapshot());
            out.push(Output::Keep { mark, content });
        }
        let (me, boot) = (self.member.id(), self.settings.boot);
        for (origin, outcome) in outcomes {
            if (origin.coordinator, origin.boot) == (me, boot) {
                self.on_outcome(origin.sequence, index, outcome, out);
            }
        }
    }

    /// What is agreed on, as far as known here.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The member of the replicated log.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// What nodes last said of themselves to this coordinator.
    pub fn view(&self) -> &View {
        &self.view
    }
}

/// About how many bytes commands take in the log.
fn command_bytes(commands: &[(Origin, Command)]) -> usize {
    commands.iter().map(|(_, command)| bytes_of(command)).sum()
}

fn bytes_of(command: &Command) -> usize {
    let payload = match command {
        Command::Enroll(enroll) => enroll.payload.as_bytes().len(),
        _ => 0,
    };
    256 + payload
}
