//! Commands, as they are forwarded to the leader.

use crate::field::{choices, pairs, structs, units};
use coordinator::command::{
    Adjudicate, AuditSeal, Command, DedupPolicy, DedupVerdict, Enroll, Erase, ErasureTarget, Mark,
    MergePersons, NodeState, Origin, PinPartition, Policy, RegisterNode, ReportReplica, RotateKek,
    SetFeatureLevel, SetGalleries, SetNodeState, SetPolicy, SetReplicas, Trim, Unlink, WrappedKey,
};
use coordinator::search::{
    FetchIntent, LoggedScope, SearchIntent, SearchOutcome, VerificationIntent,
};
use replication::{EncounterId, LogIndex, PartitionId, Payload, PersonId, Scope};

units! {
    DedupPolicy as DedupPolicy { Enforce, Flag, Skip }
    NodeState as NodeState { Up, Draining, Removed }
}

structs! {
    Origin as Origin { coordinator, boot, sequence }
    WrappedKey as WrappedKey { kek_epoch, bytes }
    Enroll as Enroll { encounter, person, galleries, content, payload, wrapped_key, dedup }
    DedupVerdict as DedupVerdict { encounter, enrolled_at, as_of, hits }
    Adjudicate as Adjudicate { encounter, accept, examiner, approver }
    SetGalleries as SetGalleries { encounter, galleries, expected_version }
    MergePersons as MergePersons { from, into }
    Unlink as Unlink { encounter, person, expected_version }
    Erase as Erase { target, basis, requester, approver }
    SearchIntent as SearchIntent {
        search, requester, purpose, case, probe_digest, scope, threshold,
    }
    VerificationIntent as VerificationIntent { search, person }
    FetchIntent as FetchIntent { requester, purpose, case, encounter }
    SearchOutcome as SearchOutcome { search, as_of, is_complete, eligible, scanned, candidates }
    RegisterNode as RegisterNode { node, incarnation, site, capacity }
    SetNodeState as SetNodeState { node, expected, state }
    SetReplicas as SetReplicas { partition, nodes, expected_epoch, force }
    PinPartition as PinPartition { partition, nodes, expected }
    ReportReplica as ReportReplica { partition, node, epoch, is_complete }
    Mark as Mark { kind, id }
    Trim as Trim { through }
    Policy as Policy { replication, min_durable, retention_bytes_max, dedup_rarity }
    SetPolicy as SetPolicy { expected, policy }
    SetFeatureLevel as SetFeatureLevel { level }
    RotateKek as RotateKek { kek_epoch, rewrapped }
    AuditSeal as AuditSeal { height, head }
}

pairs! {
    (EncounterId, u32) as ListedCandidate { encounter, score }
    (PartitionId, LogIndex) as trim::Through { partition, index }
    (PersonId, Payload) as rotate_kek::Rewrapped { person, key }
}

choices! {
    ErasureTarget as ErasureTarget in erasure_target { Encounter, Person }
    Command as Command in command {
        Enroll, DedupVerdict, Adjudicate, SetGalleries, MergePersons, Unlink, Erase, SearchIntent,
        SearchOutcome, RegisterNode, SetNodeState, SetReplicas, ReportReplica, Mark, Trim,
        SetPolicy, SetFeatureLevel, RotateKek, AuditSeal, VerificationIntent,
        PinPartition, FetchIntent,
    }
}

impl crate::Field<Option<crate::v1::Scope>> for LoggedScope {
    fn to_wire(self) -> Option<crate::v1::Scope> {
        self.0.to_wire()
    }

    fn from_wire(
        wire: Option<crate::v1::Scope>,
        name: &'static str,
    ) -> Result<Self, crate::Malformed> {
        Scope::from_wire(wire, name).map(Self)
    }
}
