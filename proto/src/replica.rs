//! What nodes and coordinators tell each other.

use crate::Malformed;
use crate::field::{Field, choices, pairs, required, structs, units};
use crate::v1;
use replication::{
    Assigned, Assignment, CoarseKey, Cut, DiskRoom, Effect, EncounterState, FromNode, Hit, Lane,
    LogIndex, MarkDigest, MarkKind, NodeIdentity, NodeReport, PartitionAnswer, PartitionId,
    Position, Record, RecordFound, RecordWanted, ReplicaReport, ScanAnswer, ScanFault, ScanRequest,
    ScanTarget, Scope, Summary, TailAnswer, TailRequest, TailSegment,
};

units! {
    EncounterState as EncounterState { Pending, Active, Held, Rejected, Erased }
    MarkKind as MarkKind { Digest, Backup, Checkpoint }
    Lane as Lane { Batch, Check, Standard, Urgent }
    ScanFault as ScanFault { NotHere, Behind, Unreadable, Failed }
}

structs! {
    Record as Record { encounter, person, enrolled_at, state, galleries, content, payload }
    Scope as Scope { active_only, gallery }
    ScanTarget as ScanTarget { partition, epoch }
    ScanRequest as ScanRequest {
        generation, boot, scan, targets, min_index, probe, scope, only, cut, lane, budget_ms,
    }
    Cut as Cut { coarse, fine }
    Hit as Hit { coarse, fine, score, rarity, encounter, person }
    CoarseKey as CoarseKey { coarse, encounter }
    PartitionAnswer as PartitionAnswer {
        partition, epoch, snapshot_index, eligible, scanned, hits, cut_at,
    }
    ScanAnswer as ScanAnswer { generation, node, boot, scan, answers, faults }
    Position as Position { partition, after }
    TailRequest as TailRequest { generation, node, positions }
    Summary as Summary { digest, alive, active, alive_in, active_in }
    TailSegment as TailSegment { partition, epoch, after, through, entries, expected }
    TailAnswer as TailAnswer { generation, segments, trimmed }
    Assigned as Assigned { partition, epoch, sources }
    Assignment as Assignment { generation, as_of, partitions }
    MarkDigest as MarkDigest { id, index, digest }
    ReplicaReport as ReplicaReport { partition, epoch, searchable, durable, marks }
    NodeIdentity as NodeIdentity { cluster, node, incarnation }
    NodeReport as NodeReport { generation, identity, capacity, replicas, assigned_as_of, disk }
    DiskRoom as DiskRoom { free, total }
    RecordWanted as RecordWanted { generation, boot, number, target, encounter, min_index }
    RecordFound as RecordFound { generation, node, boot, number, payload }
}

pairs! {
    (PartitionId, ScanFault) as PartitionFault { partition, fault }
    (LogIndex, Vec<Effect>) as TailEntry { index, effects }
}

choices! {
    FromNode as FromNode in from_node { Report, Tail, Scan, Record }
}

impl Field<v1::Effect> for Effect {
    fn to_wire(self) -> v1::Effect {
        use v1::effect::{Alter, Kind, Mark};
        let kind = match self {
            Self::Put(record) => Kind::Put(record.to_wire()),
            Self::Alter { encounter, state, galleries } => Kind::Alter(Alter {
                encounter: encounter.to_wire(),
                state: state.to_wire(),
                galleries: galleries.to_wire(),
            }),
            Self::Remove(encounter) => Kind::Remove(encounter.to_wire()),
            Self::Mark { kind, id } => Kind::Mark(Mark { kind: kind.to_wire(), id }),
        };
        v1::Effect { kind: Some(kind) }
    }

    fn from_wire(wire: v1::Effect, name: &'static str) -> Result<Self, Malformed> {
        use v1::effect::Kind;
        Ok(match wire.kind.ok_or(Malformed::Unknown(name))? {
            Kind::Put(record) => Self::Put(Field::from_wire(record, "put")?),
            Kind::Alter(alter) => Self::Alter {
                encounter: Field::from_wire(alter.encounter, "encounter")?,
                state: Field::from_wire(alter.state, "state")?,
                galleries: Field::from_wire(alter.galleries, "galleries")?,
            },
            Kind::Remove(encounter) => Self::Remove(Field::from_wire(encounter, "remove")?),
            Kind::Mark(mark) => {
                Self::Mark { kind: Field::from_wire(mark.kind, "kind")?, id: mark.id }
            }
        })
    }
}
required!(Effect as v1::Effect);
