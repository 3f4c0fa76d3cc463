//! A partition: where it is, what it holds in numbers, and the stream that its replicas follow.

use super::placement::Placement;
use super::{Catalog, FOUNDED_AT};
use crate::command::{Outcome, Trim};
use replication::{Effect, LogIndex, Summary, code_struct};
use std::collections::VecDeque;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionRow {
    /// Where its replicas are to be.
    pub placement: Placement,
    /// What it holds.
    pub summary: Summary,
    /// Everything up to here left the stream.
    pub trimmed_through: LogIndex,
    /// What it held from an index on, for every index at which that changed; the first at or before
    /// `trimmed_through`.
    history: VecDeque<(LogIndex, Summary)>,
    stream: VecDeque<(LogIndex, Vec<Effect>)>,
}

/// A part of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamRead {
    /// What follows.
    Entries {
        /// The last index covered.
        through: LogIndex,
        /// Indexes with effects, in order.
        entries: Vec<(LogIndex, Vec<Effect>)>,
    },
    /// The stream begins later.
    Trimmed,
}

impl Default for PartitionRow {
    fn default() -> Self {
        Self {
            placement: Placement::default(),
            summary: Summary::default(),
            trimmed_through: FOUNDED_AT,
            history: VecDeque::from([(FOUNDED_AT, Summary::default())]),
            stream: VecDeque::new(),
        }
    }
}

impl PartitionRow {
    /// Adds the effects of an index; returns the bytes retained.
    pub(super) fn append(&mut self, index: LogIndex, effects: Vec<Effect>) -> u64 {
        if self.history.back().is_some_and(|(_, summary)| *summary != self.summary) {
            self.history.push_back((index, self.summary));
        }
        let bytes = effects.iter().map(Effect::retained_bytes).sum();
        self.stream.push_back((index, effects));
        bytes
    }

    /// Drops what is at or below an index; returns the bytes let go.
    fn trim(&mut self, through: LogIndex) -> u64 {
        let mut bytes = 0;
        while self.stream.front().is_some_and(|(index, _)| *index <= through) {
            let dropped = self.stream.pop_front().map(|(_, effects)| effects).unwrap_or_default();
            bytes += dropped.iter().map(Effect::retained_bytes).sum::<u64>();
        }
        while self.history.get(1).is_some_and(|(index, _)| *index <= through) {
            self.history.pop_front();
        }
        self.trimmed_through = through;
        bytes
    }

    /// Lets go of everything up to an index at which the partition is as it is now.
    pub(super) fn begin_stream(&mut self, at: LogIndex) {
        self.stream.clear();
        self.history = VecDeque::from([(at, self.summary)]);
        self.trimmed_through = at;
    }

    /// Bytes retained.
    pub fn retained_bytes(&self) -> u64 {
        self.stream.iter().flat_map(|(_, effects)| effects).map(Effect::retained_bytes).sum()
    }

    pub(super) fn summary_at(&self, index: LogIndex) -> Option<Summary> {
        if index < self.trimmed_through {
            return None;
        }
        let after = self.history.partition_point(|(from, _)| *from <= index);
        self.history.get(after.checked_sub(1)?).map(|(_, summary)| *summary)
    }

    /// What follows `after`, up to `applied`; less when that would be more than about `bytes_max`.
    pub fn read(&self, after: LogIndex, applied: LogIndex, bytes_max: u64) -> StreamRead {
        if after < self.trimmed_through {
            return StreamRead::Trimmed;
        }
        let start = self.stream.partition_point(|(index, _)| *index <= after);
        let (mut through, mut bytes) = (applied, 0);
        let mut entries = Vec::new();
        for (index, effects) in self.stream.range(start..) {
            bytes += effects.iter().map(Effect::retained_bytes).sum::<u64>();
            if bytes > bytes_max && !entries.is_empty() {
                through = index - 1;
                break;
            }
            entries.push((*index, effects.clone()));
        }
        StreamRead::Entries { through, entries }
    }
}

code_struct!(PartitionRow { placement, summary, trimmed_through, history, stream });

impl Catalog {
    pub(super) fn trim(&mut self, trim: Trim) -> Outcome {
        for (partition, through) in trim.through {
            let Some(row) = self.partitions.get_mut(usize::from(partition.0)) else { continue };
            if through > row.trimmed_through && through < self.applied {
                self.retained_bytes -= row.trim(through);
            }
        }
        Outcome::Applied
    }
}
