//! How much of the effect streams can go.
//!
//! An effect goes only when `min_durable` replicas of its partition say that it survives their
//! crash. While there is room the slowest replica decides; past half of the cap the
//! `min_durable`-th fastest does, and a replica left behind bootstraps.

use crate::catalog::Catalog;
use crate::command::{Command, Trim};
use crate::view::View;
use replication::{LogIndex, Mutation, PartitionId, is_mutated};

/// The next trim, if at least `slack` indexes of a partition can go.
pub fn plan(catalog: &Catalog, view: &View, slack: u64) -> Option<Command> {
    let through: Vec<(PartitionId, LogIndex)> = catalog
        .partitions()
        .filter_map(|(partition, row)| {
            let floor = floor(catalog, view, partition)?.min(catalog.applied() - 1);
            (floor >= row.trimmed_through + slack).then_some((partition, floor))
        })
        .collect();
    (!through.is_empty()).then_some(Command::Trim(Trim { through }))
}

fn floor(catalog: &Catalog, view: &View, partition: PartitionId) -> Option<LogIndex> {
    let placement = &catalog.partition(partition)?.placement;
    let durable = |node: &_| {
        let replica = view.durable(*node, partition)?;
        // What a replica reported under an earlier placement may be gone with it. What survives the
        // crash of its node from after the latest change is not given up for an older assignment.
        let current = replica.epoch == placement.epoch
            && catalog.placement_changed_at().is_none_or(|index| replica.durable >= index)
            || is_mutated(Mutation::OldReportTrusted);
        current.then_some(replica.durable)
    };
    let mut durable: Vec<Option<LogIndex>> = placement.replicas.keys().map(durable).collect();
    durable.sort_unstable_by(|a, b| b.cmp(a));
    if is_mutated(Mutation::TrimToFastestReplica) {
        return *durable.first()?;
    }
    let policy = catalog.policy();
    let is_tight = catalog.retained_bytes() > policy.retention_bytes_max / 2;
    let enough = usize::from(policy.min_durable);
    let slowest = if is_tight { enough } else { durable.len().max(enough) };
    *durable.get(slowest.checked_sub(1)?)?
}
