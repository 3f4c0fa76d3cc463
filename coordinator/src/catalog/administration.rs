//! Marks, policy, feature level, keys.

use super::{Catalog, MARKS_KEPT, MarkRow};
use crate::command::{
    Batch, Command, FEATURE_LEVEL_MAX, Mark, Outcome, Refusal, RotateKek, SetFeatureLevel,
    SetPolicy, WrappedKey,
};
use replication::{CodecError, Effect};

impl Catalog {
    pub(super) fn mark(&mut self, mark: Mark) -> Outcome {
        if let Some(row) = self.marks.iter().find(|row| row.id == mark.id) {
            return Outcome::AlreadyApplied(row.index);
        }
        let Mark { kind, id } = mark;
        if !self.has_room_for(Effect::BOOKKEEPING_BYTES * self.partitions.len() as u64) {
            return Outcome::Refused(Refusal::RetentionFull);
        }
        let ids: Vec<_> = self.partitions().map(|(partition, _)| partition).collect();
        for partition in ids {
            self.effect(partition, Effect::Mark { kind, id });
        }
        let digests = self.partitions.iter().map(|row| row.summary.digest).collect();
        self.marks.push(MarkRow { id, kind, index: self.applied, digests });
        let surplus = self.marks.len().saturating_sub(MARKS_KEPT);
        self.marks.drain(..surplus);
        Outcome::Applied
    }

    pub(super) fn set_policy(&mut self, change: SetPolicy) -> Outcome {
        if change.expected != self.policy {
            return Outcome::Refused(Refusal::Stale);
        }
        let policy = change.policy;
        let sound = (1..=policy.replication).contains(&policy.min_durable);
        if !sound || policy.retention_bytes_max < self.retained_bytes {
            return Outcome::Refused(Refusal::Value);
        }
        self.policy = policy;
        Outcome::Applied
    }

    /// Refuses to go on to a level that this release does not know: what follows could not be
    /// carried out as by those that know it.
    pub(super) fn check_feature_levels(&self, batch: Option<&Batch>) -> Result<(), CodecError> {
        let commands = batch.filter(|batch| batch.generation == self.generation);
        let commands = commands.map_or(&[][..], |batch| &batch.commands);
        let mut level = self.feature_level;
        for (_, command) in commands {
            match command {
                Command::SetFeatureLevel(change) if change.level == level + 1 => level += 1,
                _ => {}
            }
        }
        match level > self.feature_level.max(FEATURE_LEVEL_MAX) {
            true => Err(CodecError::Version(u8::try_from(level).unwrap_or(u8::MAX))),
            false => Ok(()),
        }
    }

    pub(super) fn set_feature_level(&mut self, change: SetFeatureLevel) -> Outcome {
        if change.level != self.feature_level + 1 {
            return Outcome::Refused(Refusal::Stale);
        }
        self.feature_level = change.level;
        Outcome::Applied
    }

    pub(super) fn rotate_kek(&mut self, rotation: RotateKek) -> Outcome {
        let RotateKek { kek_epoch, rewrapped } = rotation;
        if kek_epoch != self.kek_epoch && kek_epoch != self.kek_epoch + 1 {
            return Outcome::Refused(Refusal::Stale);
        }
        self.kek_epoch = kek_epoch;
        for (person, bytes) in rewrapped {
            if let Some(key) = self.keys.get_mut(&person) {
                *key = WrappedKey { kek_epoch, bytes };
            }
        }
        Outcome::Applied
    }
}
