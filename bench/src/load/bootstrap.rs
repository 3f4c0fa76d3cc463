//! How fast a fresh node gets its replicas from the others.

use super::cluster::Cluster;
use super::session::Session;
use super::{Bench, Findings};
use crate::figure::Figure;
use crate::progress;
use anyhow::{Result, ensure};
use proto::v1::{PartitionStatus, StatusResponse};
use std::time::{Duration, Instant};

/// The fresh node.
const NODE: u64 = 4;
/// Nothing moved for so long: it is over. The leader looks twice a second.
const CALM: Duration = Duration::from_millis(2500);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const AT_MOST: Duration = Duration::from_secs(120);

/// Adds a node and waits until it has its share.
pub(super) fn measure(
    bench: &Bench<'_>,
    session: &Session,
    cluster: &mut Cluster,
    findings: &mut Findings,
) -> Result<()> {
    let bar = progress::bar("a node gets its replicas", 0);
    let started = Instant::now();
    cluster.add_node(NODE)?;
    let (mut before, mut moved_at) = (Vec::new(), Instant::now());
    let status = loop {
        let status = session.status()?;
        let now = placement(&status);
        if now != before {
            (before, moved_at) = (now, Instant::now());
            bar.inc(1);
        } else if share(&status).count() > 0 && is_settled(&status) && moved_at.elapsed() > CALM {
            break status;
        }
        ensure!(started.elapsed() < AT_MOST, "the fresh node did not get its replicas in time");
        std::thread::sleep(LOOK_EVERY);
    };
    bar.finish_and_clear();
    let seconds = (moved_at - started).as_secs_f64();
    let replicas = share(&status).count();
    let persons: u64 = share(&status).map(|partition| u64::from(partition.alive)).sum();
    let megabytes = persons as f64 * bench.people.payload_bytes() / 1e6;
    findings.add([
        Figure::new("fresh node: replicas", replicas as f64, "replicas"),
        Figure::new("fresh node: payload", megabytes, "MB"),
        Figure::new("fresh node: from its start to the last replica in place", seconds, "s"),
        Figure::new("fresh node: bootstrap", megabytes / seconds, "MB/s"),
    ])
}

/// Partitions that the fresh node holds whole.
fn share(status: &StatusResponse) -> impl Iterator<Item = &PartitionStatus> {
    let holds = |partition: &&PartitionStatus| {
        partition.replicas.iter().any(|replica| replica.node == NODE && replica.is_complete)
    };
    status.partitions.iter().filter(holds)
}

/// Which node holds what, and whether wholly.
fn placement(status: &StatusResponse) -> Vec<Vec<(u64, bool)>> {
    let of = |partition: &PartitionStatus| {
        partition.replicas.iter().map(|replica| (replica.node, replica.is_complete)).collect()
    };
    status.partitions.iter().map(of).collect()
}

/// Whether every partition has as many replicas as it is to have, all complete.
fn is_settled(status: &StatusResponse) -> bool {
    let wanted = status.policy.as_ref().map_or(0, |policy| policy.replication as usize);
    status.partitions.iter().all(|partition| {
        partition.replicas.len() == wanted && partition.replicas.iter().all(|r| r.is_complete)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::{Policy, ReplicaStatus};

    fn status(replicas: &[(u64, bool)]) -> StatusResponse {
        let replica = |(node, is_complete): &(u64, bool)| ReplicaStatus {
            node: *node,
            is_complete: *is_complete,
            ..ReplicaStatus::default()
        };
        let replicas = replicas.iter().map(replica).collect();
        let partition = PartitionStatus { replicas, ..PartitionStatus::default() };
        let policy = Some(Policy { replication: 2, ..Policy::default() });
        StatusResponse { policy, partitions: vec![partition], ..StatusResponse::default() }
    }

    #[test]
    fn a_partition_on_the_move_is_not_settled() {
        assert!(is_settled(&status(&[(1, true), (NODE, true)])));
        assert!(!is_settled(&status(&[(1, true), (NODE, false)])));
        assert!(!is_settled(&status(&[(1, true), (2, true), (NODE, true)])));
    }

    #[test]
    fn only_what_is_whole_counts() {
        assert_eq!(share(&status(&[(1, true), (NODE, true)])).count(), 1);
        assert_eq!(share(&status(&[(1, true), (NODE, false)])).count(), 0);
        assert_eq!(share(&status(&[(1, true), (2, true)])).count(), 0);
    }
}
