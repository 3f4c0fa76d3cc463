//! The entries that the library reads: everything after the latest compaction, in memory.

use super::convert;
use super::schema::{HardState, Recovered, SnapshotHeader};
use raft::eraftpb::{ConfState, Entry, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Storage, StorageError};
use replication::{CoordinatorId, LogIndex, Mutation, is_mutated};
use std::cell::Cell;
use std::collections::VecDeque;

pub(super) struct LogCache {
    hard_state: HardState,
    membership: ConfState,
    /// Index and term of the entry before the first.
    base: (LogIndex, u64),
    entries: VecDeque<Entry>,
    /// What a member that is too far behind gets.
    snapshot: SnapshotHeader,
    /// Somebody was to get a snapshot that would not name him.
    is_newer_wanted: Cell<bool>,
}

impl LogCache {
    pub(super) fn new(recovered: Recovered) -> Self {
        let Recovered { hard_state, snapshot, entries } = recovered;
        Self {
            hard_state,
            membership: convert::membership_to_raft(&snapshot.membership),
            base: (snapshot.index, snapshot.term),
            entries: entries.into_iter().map(convert::entry_to_raft).collect(),
            snapshot,
            is_newer_wanted: Cell::new(false),
        }
    }

    pub(super) fn set_hard_state(&mut self, state: HardState) {
        self.hard_state = state;
    }

    pub(super) fn set_commit(&mut self, commit: LogIndex) {
        self.hard_state.commit = commit;
    }

    pub(super) fn hard_state(&self) -> HardState {
        self.hard_state
    }

    pub(super) fn membership(&self) -> &ConfState {
        &self.membership
    }

    pub(super) fn set_membership(&mut self, membership: ConfState) {
        self.membership = membership;
    }

    /// Appends, after dropping what conflicts.
    pub(super) fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let kept = first.index.saturating_sub(self.base.0 + 1) as usize;
        self.entries.truncate(kept);
        self.entries.extend(entries.iter().cloned());
    }

    /// A snapshot from the leader takes the place of everything.
    pub(super) fn install(&mut self, header: SnapshotHeader) {
        self.base = (header.index, header.term);
        self.entries.clear();
        self.membership = convert::membership_to_raft(&header.membership);
        self.hard_state.commit = header.index;
        self.hard_state.term = self.hard_state.term.max(header.term);
        self.snapshot = header;
    }

    /// An own snapshot lets go of entries, but for the latest `keep` of them.
    pub(super) fn compact(&mut self, header: SnapshotHeader, keep: u64) {
        let until = header.index.saturating_sub(keep);
        while self.base.0 < until {
            let Some(entry) = self.entries.pop_front() else { break };
            self.base = (entry.index, entry.term);
        }
        self.snapshot = header;
    }

    pub(super) fn snapshot_header(&self) -> &SnapshotHeader {
        &self.snapshot
    }

    /// Whether a snapshot was asked for since the last look that only a newer one can answer.
    pub(super) fn take_newer_wanted(&self) -> bool {
        self.is_newer_wanted.take()
    }

    pub(super) fn term_at(&self, index: LogIndex) -> Option<u64> {
        if index == self.base.0 {
            return Some(self.base.1);
        }
        let at = index.checked_sub(self.base.0 + 1)?;
        self.entries.get(at as usize).map(|entry| entry.term)
    }

    fn last(&self) -> LogIndex {
        self.base.0 + self.entries.len() as u64
    }
}

impl Storage for LogCache {
    fn initial_state(&self) -> raft::Result<RaftState> {
        let hard_state = convert::hard_state_to_raft(self.hard_state);
        Ok(RaftState::new(hard_state, self.membership.clone()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.base.0 {
            return Err(Error::Store(StorageError::Compacted));
        }
        let (from, to) = (low - self.base.0 - 1, high - self.base.0 - 1);
        let range = self.entries.range(from as usize..to as usize);
        let mut entries: Vec<Entry> = range.cloned().collect();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        self.term_at(index).ok_or(Error::Store(if index < self.base.0 {
            StorageError::Compacted
        } else {
            StorageError::Unavailable
        }))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.base.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, to: u64) -> raft::Result<Snapshot> {
        // The library drops a snapshot that does not name its receiver, every time: one that was
        // taken before the receiver came would keep it from ever taking part.
        let names = self.snapshot.membership.contains(CoordinatorId(to))
            || is_mutated(Mutation::SnapshotFromBefore);
        if self.snapshot.index < request_index || self.snapshot.index == 0 || !names {
            self.is_newer_wanted.set(true);
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        Ok(convert::snapshot_to_raft(&self.snapshot))
    }
}
