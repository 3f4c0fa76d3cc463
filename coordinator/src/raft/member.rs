//! One member of the Raft group.
//!
//! Every call ends with a list of outputs that must be performed **in their order**, each before
//! the next; when one fails, the process ends. So what is promised to a peer always stands after
//! the write and sync that make the promise true, and nothing needs to be reported back.

use super::convert;
use super::log_cache::LogCache;
use super::schema::{
    EntryBody, HardState, LogEntry, Membership, MembershipChange, MessageKind, RaftMessage,
    Recovered, SnapshotHeader,
};
use raft::prelude::{ConfChangeV2, Message};
use raft::{Config, ProgressState, RawNode, ReadOnlyOption, SnapshotStatus, StateRole};
use replication::{CoordinatorId, LogIndex, Mutation, Payload, is_mutated};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a member is started with. Times are in ticks.
#[derive(Debug, Clone)]
pub struct MemberSettings {
    /// Who it is; not 0.
    pub id: CoordinatorId,
    /// Shortest wait before an election; the longest is twice that.
    pub election_ticks: usize,
    /// Between heartbeats of a leader.
    pub heartbeat_ticks: usize,
    /// Most bytes of entries in a message.
    pub message_bytes_max: u64,
    /// Most messages under way to a follower.
    pub inflight_max: usize,
    /// Most bytes proposed and not committed; more are refused.
    pub uncommitted_bytes_max: u64,
    /// Most bytes of committed entries handed out at once.
    pub committed_bytes_max: u64,
    /// A snapshot that a follower did not confirm in so many ticks is sent again.
    pub snapshot_ticks: u32,
    /// Entries kept behind a snapshot for followers that are only a little behind.
    pub entries_kept: u64,
    /// Decides the waits before elections.
    pub seed: u64,
}

impl MemberSettings {
    /// As the design gives them: ticks of 100 ms, 1 MiB messages, 256 MiB uncommitted.
    pub fn new(id: CoordinatorId, seed: u64) -> Self {
        Self {
            id,
            election_ticks: 10,
            heartbeat_ticks: 2,
            message_bytes_max: 1 << 20,
            inflight_max: 64,
            uncommitted_bytes_max: 256 << 20,
            committed_bytes_max: 4 << 20,
            snapshot_ticks: 30,
            entries_kept: 1024,
            seed,
        }
    }
}

/// A member that lacks no more entries than this may vote: it holds up nobody for long.
const CAUGHT_UP_ENTRIES: u64 = 64;

/// What a member is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks for votes.
    Candidate,
    /// Proposes.
    Leader,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RaftOutput {
    /// Send a message.
    Send(RaftMessage),
    /// Write to the log.
    Persist {
        /// To append, after what conflicts with it.
        entries: Vec<LogEntry>,
        /// To replace the one before.
        hard_state: Option<HardState>,
    },
    /// Make everything written survive a crash.
    Sync,
    /// Put a snapshot, whose content was fetched before, in place of log and catalog.
    Install(SnapshotHeader),
    /// Apply, in their order. Changes of membership took effect already.
    Commit(Vec<LogEntry>),
    /// A read asked for with this context may be answered once `index` is applied.
    ReadReady {
        /// As given.
        context: Payload,
        /// What must be applied.
        index: LogIndex,
    },
}

/// See the module.
pub struct Member {
    raw: RawNode<LogCache>,
    settings: MemberSettings,
    /// Counts elections stood for, so that two members that tie once do not tie forever.
    campaigns: u64,
    /// Ticks since a snapshot was sent, by follower.
    shipping: BTreeMap<u64, u32>,
}

impl Member {
    /// Starts from what was found on disk. Committed entries after the snapshot are handed out
    /// again; the first call must be [`Member::drain`].
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub fn new(settings: MemberSettings, recovered: Recovered) -> Result<Self, raft::Error> {
        let config = Config {
            id: settings.id.0,
            election_tick: settings.election_ticks,
            heartbeat_tick: settings.heartbeat_ticks,
            applied: recovered.snapshot.index,
            max_size_per_msg: settings.message_bytes_max,
            max_inflight_msgs: settings.inflight_max,
            check_quorum: true,
            pre_vote: true,
            read_only_option: ReadOnlyOption::Safe,
            max_uncommitted_size: settings.uncommitted_bytes_max,
            max_committed_size_per_ready: settings.committed_bytes_max,
            ..Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raw = RawNode::new(&config, LogCache::new(recovered), &logger)?;
        Ok(Self { raw, settings, campaigns: 0, shipping: BTreeMap::new() })
    }

    /// Time passed: one tick.
    pub fn tick(&mut self) {
        let wait = self.election_wait();
        self.raw.raft.set_randomized_election_timeout(wait);
        if self.raw.tick() && self.role() == Role::Candidate {
            self.campaigns += 1;
        }
        self.resend_snapshots();
    }

    /// The library would draw this itself; drawn here, the same inputs give the same outputs.
    fn election_wait(&self) -> usize {
        let mut hasher = Sha256::new();
        for part in [self.settings.seed, self.settings.id.0, self.term(), self.campaigns] {
            hasher.update(part.to_le_bytes());
        }
        let drawn = u64::from(hasher.finalize()[0]) as usize;
        self.settings.election_ticks + drawn % self.settings.election_ticks
    }

    /// A follower that got a snapshot header may never have got the content.
    fn resend_snapshots(&mut self) {
        let shipping = |progress: &raft::Progress| progress.state == ProgressState::Snapshot;
        let progress = self.raw.raft.prs().iter();
        let waiting: Vec<u64> = progress.filter(|(_, p)| shipping(p)).map(|(id, _)| *id).collect();
        self.shipping.retain(|id, _| waiting.contains(id));
        let mut late = Vec::new();
        for id in waiting {
            let ticks = self.shipping.entry(id).or_default();
            *ticks += 1;
            if *ticks > self.settings.snapshot_ticks {
                late.push(id);
            }
        }
        late.sort_unstable();
        for id in late {
            self.shipping.remove(&id);
            self.raw.report_snapshot(id, SnapshotStatus::Failure);
        }
    }

    /// Whether a leader counts on entries that this member does not have: its disk lost what was
    /// promised, and the library would stop the process for it.
    pub fn has_lost(&self, message: &RaftMessage) -> bool {
        message.kind == MessageKind::Heartbeat
            && message.term >= self.term()
            && message.commit > self.raw.raft.raft_log.last_index()
    }

    /// A message from a peer. A snapshot must be given only once its content was fetched.
    pub fn receive(&mut self, message: RaftMessage) {
        // Answers of members that were removed meanwhile are refused by the library.
        let _ = self.raw.step(convert::message_to_raft(message));
    }

    /// Proposes an entry; `false` when there is no leader here or too much is uncommitted.
    pub fn propose(&mut self, entry: Vec<u8>) -> bool {
        self.role() == Role::Leader && self.raw.propose(Vec::new(), entry).is_ok()
    }

    /// Proposes a change of membership; `false` when not the leader or a change is under way.
    ///
    /// `true` does not mean that it comes about: whoever leads by then may never hear of it.
    pub fn propose_membership(&mut self, change: &MembershipChange) -> bool {
        let change: ConfChangeV2 = convert::change_to_raft(change);
        // The library takes a change that comes too early and logs an empty entry in its place.
        self.role() == Role::Leader
            && self.membership().is_settled()
            && !self.raw.raft.has_pending_conf()
            && self.raw.propose_conf_change(Vec::new(), change).is_ok()
    }

    /// Whether, as this leader knows, a member answers and lacks next to nothing.
    pub fn has_caught_up(&self, id: CoordinatorId) -> bool {
        let last = self.raw.raft.raft_log.last_index();
        id == self.id()
            || self.raw.raft.prs().get(id.0).is_some_and(|progress| {
                // One that is idle after a snapshot is probed until there is something to send.
                let streams = progress.state == ProgressState::Replicate;
                let lacks = last.saturating_sub(progress.matched);
                progress.recent_active && (lacks == 0 || streams && lacks <= CAUGHT_UP_ENTRIES)
            })
    }

    /// The voter that could lead next: not this one, and the furthest of those that `may`.
    pub fn successor(&self, may: impl Fn(CoordinatorId) -> bool) -> Option<CoordinatorId> {
        let others = self.membership().voters.into_iter().filter(|id| *id != self.id());
        let able = others.filter(|id| may(*id) && self.has_caught_up(*id));
        able.max_by_key(|id| self.raw.raft.prs().get(id.0).map(|progress| progress.matched))
    }

    /// Whether a member was to get a snapshot, since the last look, that is older than its own
    /// membership: it needs one that is taken now.
    pub fn is_newer_snapshot_wanted(&self) -> bool {
        self.raw.store().take_newer_wanted()
    }

    /// Asks for the index that a linearizable read must wait for. The library may drop the request
    /// in silence, so ask again after a while.
    pub fn read_index(&mut self, context: &Payload) {
        self.raw.read_index(context.as_bytes().to_vec());
    }

    /// Hands leadership over.
    pub fn transfer_leadership(&mut self, to: CoordinatorId) {
        self.raw.transfer_leader(to.0);
    }

    /// Whether it waits for another to lead. The library gives up after an election timeout.
    pub fn is_handing_over(&self) -> bool {
        self.raw.raft.lead_transferee.is_some()
    }

    /// Says that a snapshot of everything up to its index is about to be stored, after which
    /// earlier entries may go.
    pub fn compact(&mut self, header: SnapshotHeader) {
        let keep = self.settings.entries_kept;
        self.raw.mut_store().compact(header, keep);
    }

    /// The header for a snapshot at an index that was applied just now.
    pub fn header_at(&self, index: LogIndex, digest: [u8; 32]) -> Option<SnapshotHeader> {
        let store = self.raw.store();
        let membership = convert::membership_from_raft(store.membership());
        Some(SnapshotHeader { index, term: store.term_at(index)?, membership, digest })
    }

    /// The latest snapshot.
    pub fn snapshot(&self) -> &SnapshotHeader {
        self.raw.store().snapshot_header()
    }

    /// Everything that the calls since the last drain lead to.
    pub fn drain(&mut self) -> Vec<RaftOutput> {
        let mut out = Vec::new();
        while self.raw.has_ready() {
            self.drain_one(&mut out);
        }
        out
    }

    fn drain_one(&mut self, out: &mut Vec<RaftOutput>) {
        let mut ready = self.raw.ready();
        send(ready.take_messages(), out);
        if !ready.snapshot().is_empty()
            && let Some(header) = convert::snapshot_from_raft(ready.snapshot())
        {
            self.raw.mut_store().install(header.clone());
            out.push(RaftOutput::Install(header));
        }
        let promises = ready.take_persisted_messages();
        let early = is_mutated(Mutation::AckBeforeSync);
        if early {
            send(promises.clone(), out);
        }
        let entries = ready.take_entries();
        self.raw.mut_store().append(&entries);
        let hard_state = ready.hs().map(convert::hard_state_from_raft);
        if let Some(state) = hard_state {
            self.raw.mut_store().set_hard_state(state);
        }
        persist(&entries, hard_state, out);
        if ready.must_sync() {
            out.push(RaftOutput::Sync);
        }
        if !early {
            send(promises, out);
        }
        for state in ready.take_read_states() {
            let context = Payload::from(state.request_ctx);
            out.push(RaftOutput::ReadReady { context, index: state.index });
        }
        self.commit(ready.take_committed_entries(), out);
        let mut light = self.raw.advance(ready);
        if let Some(commit) = light.commit_index() {
            self.raw.mut_store().set_commit(commit);
            persist(&[], Some(self.raw.store().hard_state()), out);
        }
        send(light.take_messages(), out);
        self.commit(light.take_committed_entries(), out);
        self.raw.advance_apply();
    }

    fn commit(&mut self, entries: Vec<raft::prelude::Entry>, out: &mut Vec<RaftOutput>) {
        let entries: Vec<LogEntry> = entries.iter().filter_map(convert::entry_from_raft).collect();
        if entries.is_empty() {
            return;
        }
        for entry in &entries {
            if let EntryBody::Membership(change) = &entry.body {
                let change = convert::change_to_raft(change);
                // Refused only when it does not fit the current membership; then nothing changes.
                if let Ok(membership) = self.raw.apply_conf_change(&change) {
                    self.raw.mut_store().set_membership(membership);
                }
            }
        }
        out.push(RaftOutput::Commit(entries));
    }

    /// Who it is.
    pub fn id(&self) -> CoordinatorId {
        self.settings.id
    }

    /// What it is.
    pub fn role(&self) -> Role {
        match self.raw.raft.state {
            StateRole::Leader => Role::Leader,
            StateRole::Follower => Role::Follower,
            StateRole::Candidate | StateRole::PreCandidate => Role::Candidate,
        }
    }

    /// Who leads, as far as it knows.
    pub fn leader(&self) -> Option<CoordinatorId> {
        let leader = self.raw.raft.leader_id;
        (leader != 0).then_some(CoordinatorId(leader))
    }

    /// The latest term that it knows.
    pub fn term(&self) -> u64 {
        self.raw.raft.term
    }

    /// Entries up to here are committed.
    pub fn committed(&self) -> LogIndex {
        self.raw.raft.raft_log.committed
    }

    /// Who decides.
    pub fn membership(&self) -> Membership {
        convert::membership_from_raft(self.raw.store().membership())
    }
}

fn send(messages: Vec<Message>, out: &mut Vec<RaftOutput>) {
    let messages = messages.iter().filter_map(convert::message_from_raft);
    out.extend(messages.map(RaftOutput::Send));
}

fn persist(
    entries: &[raft::prelude::Entry],
    mut hard_state: Option<HardState>,
    out: &mut Vec<RaftOutput>,
) {
    if is_mutated(Mutation::VoteNotPersisted)
        && let Some(state) = &mut hard_state
    {
        state.vote = 0;
    }
    let entries: Vec<LogEntry> = entries.iter().filter_map(convert::entry_from_raft).collect();
    if !entries.is_empty() || hard_state.is_some() {
        out.push(RaftOutput::Persist { entries, hard_state });
    }
}

/// The digest that a snapshot header carries.
pub fn snapshot_digest(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}
