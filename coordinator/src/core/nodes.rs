//! Reports of nodes, what they are to hold, and the stream of effects.

use super::Coordinator;
use crate::catalog::StreamRead;
use crate::message::{Alarm, Output};
use replication::{
    Assigned, Assignment, FromNode, Mutation, NodeId, NodeReport, PartitionId, TailAnswer,
    TailRequest, TailSegment, ToNode, is_mutated,
};

impl Coordinator {
    pub(super) fn on_node(
        &mut self,
        node: NodeId,
        message: FromNode,
        now: u64,
        out: &mut Vec<Output>,
    ) {
        let generation = self.catalog.generation();
        match message {
            FromNode::Report(report) if report.generation == generation => {
                self.on_report(report, now, out);
            }
            FromNode::Tail(request) if request.generation == generation => {
                out.push(Output::Node(node, ToNode::Tail(self.tail(&request))));
            }
            FromNode::Scan(answer) if answer.generation == generation => self.on_scan(answer, out),
            FromNode::Record(found) if found.generation == generation => {
                self.on_record(found, now, out);
            }
            _ => {}
        }
    }

    fn on_report(&mut self, report: NodeReport, now: u64, out: &mut Vec<Output>) {
        let identity = report.identity;
        let registered = self.catalog.nodes().get(&identity.node).copied();
        // A disk that was emptied has a new incarnation, and must register under a new id.
        let ours = identity.cluster == self.catalog.cluster()
            && registered.is_some_and(|row| row.incarnation == identity.incarnation)
            && self.catalog.is_present(identity.node);
        if !ours {
            return;
        }
        self.compare_marks(&report, out);
        if report.assigned_as_of < self.placement_changed_at {
            let assignment = self.assignment(identity.node);
            out.push(Output::Node(identity.node, ToNode::Assign(assignment)));
        }
        self.view.take(report, now);
    }

    fn compare_marks(&self, report: &NodeReport, out: &mut Vec<Output>) {
        for replica in &report.replicas {
            let partition = replica.partition;
            let differs = replica.marks.iter().any(|mark| {
                let row = self.catalog.marks().iter().find(|row| row.index == mark.index);
                let digest = row.and_then(|row| row.digests.get(usize::from(partition.0)));
                digest.is_some_and(|digest| *digest != mark.digest)
            });
            if differs {
                let node = report.identity.node;
                out.push(Output::Alarm(Alarm::DigestMismatch { node, partition }));
            }
        }
    }

    fn assignment(&self, node: NodeId) -> Assignment {
        let partitions = self.catalog.partitions().filter_map(|(partition, row)| {
            let replicas = &row.placement.replicas;
            replicas.get(&node)?;
            let sources = replicas.iter().filter(|(id, complete)| **id != node && **complete);
            let sources = sources.map(|(id, _)| *id).collect();
            Some(Assigned { partition, epoch: row.placement.epoch, sources })
        });
        Assignment {
            generation: self.catalog.generation(),
            as_of: self.catalog.applied(),
            partitions: partitions.collect(),
        }
    }

    fn tail(&self, request: &TailRequest) -> TailAnswer {
        let (mut segments, mut trimmed) = (Vec::new(), Vec::new());
        for position in &request.positions {
            let Some(row) = self.catalog.partition(position.partition) else { continue };
            let (partition, after) = (position.partition, position.after);
            let bytes_max = self.settings.tail_bytes_max;
            match row.read(after, self.catalog.applied(), bytes_max) {
                StreamRead::Trimmed => trimmed.push(*position),
                StreamRead::Entries { through, entries } if through >= after => {
                    let idle = entries.is_empty() && is_mutated(Mutation::IdlePartitionStands);
                    if !idle {
                        segments.push(self.segment(partition, (after, through), entries));
                    }
                }
                // This coordinator is behind the replica.
                StreamRead::Entries { .. } => {}
            }
        }
        TailAnswer { generation: self.catalog.generation(), segments, trimmed }
    }

    fn segment(
        &self,
        partition: PartitionId,
        (after, through): (u64, u64),
        entries: Vec<(u64, Vec<replication::Effect>)>,
    ) -> TailSegment {
        let epoch = self.catalog.partition(partition).map(|row| row.placement.epoch);
        let expected = self.catalog.summary_at(partition, after);
        let epoch = epoch.unwrap_or_default();
        TailSegment { partition, epoch, after, through, entries, expected }
    }
}
