//! I13: a node of one incarnation never takes back how far a replica is durable, unless it said
//! that it gave the replica up.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use replication::{LogIndex, NodeId, PartitionId};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Identity(BTreeMap<(NodeId, u64, PartitionId), LogIndex>);

impl Invariant for Identity {
    fn name(&self) -> &'static str {
        "I13"
    }

    fn watch(&mut self, seen: &Observation<'_>, _: &Model) -> Result<(), String> {
        match seen {
            Observation::Reset { node, partition, .. } => {
                self.0.retain(|(n, _, p), _| (n, p) != (node, partition));
                Ok(())
            }
            Observation::Reported { report } => {
                let (node, incarnation) = (report.identity.node, report.identity.incarnation);
                for replica in &report.replicas {
                    let key = (node, incarnation, replica.partition);
                    let before = self.0.insert(key, replica.durable).unwrap_or(0);
                    ensure(replica.durable >= before, || {
                        let (partition, now) = (replica.partition, replica.durable);
                        format!("node {node}, partition {partition}: durable {before}, now {now}")
                    })?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
