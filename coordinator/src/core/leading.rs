//! What only the leader does as time passes: placement, retention, marks.

use super::Coordinator;
use crate::command::{Command, Mark};
use crate::raft::Role;
use crate::reconciler::Situation;
use crate::retention;
use replication::MarkKind;

/// Between looks at placement and retention.
const RECONCILE_EVERY_MS: u64 = 500;

impl Coordinator {
    pub(super) fn lead(&mut self, now: u64) {
        // A new leader that has not applied everything would act on old news.
        let behind = self.catalog.applied() < self.member.committed();
        if self.member.role() != Role::Leader || behind {
            return;
        }
        if now >= self.reconciled_at + RECONCILE_EVERY_MS {
            self.reconciled_at = now;
            let situation = Situation {
                catalog: &self.catalog,
                view: &self.view,
                placement_changed_at: self.placement_changed_at,
                pace: self.settings.pace,
                now,
            };
            let mut commands = situation.plan();
            // What a trim counts on must not leave with the next command.
            let moves = |command: &Command| matches!(command, Command::SetReplicas(_));
            if !commands.iter().any(moves) {
                let slack = self.settings.trim_slack;
                commands.extend(retention::plan(&self.catalog, &self.view, slack));
            }
            for command in commands {
                let _ = self.submit(command);
            }
        }
        if now >= self.marked_at + self.settings.mark_every_ms {
            self.marked_at = now;
            // Named by the position it is asked for at: no two leaders ask for the same.
            let id = (self.member.term() << 32) | (self.catalog.applied() & 0xffff_ffff);
            let _ = self.submit(Command::Mark(Mark { kind: MarkKind::Digest, id }));
        }
    }
}
