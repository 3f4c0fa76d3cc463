//! The public service.

use crate::field::{Field, choices, pairs, required, structs, units};
use crate::v1::command_request as asked;
use crate::{Malformed, WIRE_VERSION, v1};
use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::{Command, Outcome, Refusal};
use coordinator::{Acknowledge, Candidate, Fetch, HeldRow, Identified, Identify, Missing};
use replication::{EncounterId, PartitionId, PersonId};

/// Longest wait of a client, in milliseconds.
pub const BUDGET_MS_MAX: u64 = 600_000;
/// The trailer of a refused call that holds a [`v1::ErrorDetail`].
pub const ERROR_TRAILER: &str = "tanba-error-bin";

/// A checked [`v1::RequestHeader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Chosen by the client.
    pub request_id: u128,
    /// The client waits so long, `1..=`[`BUDGET_MS_MAX`].
    pub budget_ms: u64,
}

impl Header {
    /// As it travels.
    pub fn to_wire(self) -> v1::RequestHeader {
        v1::RequestHeader {
            wire_version: WIRE_VERSION,
            request_id: self.request_id.to_wire(),
            budget_ms: self.budget_ms,
        }
    }

    /// Back, checked.
    ///
    /// # Errors
    /// When it is missing, of another version or out of range.
    pub fn from_wire(wire: Option<v1::RequestHeader>) -> Result<Self, Malformed> {
        let wire = wire.ok_or(Malformed::Missing("header"))?;
        if wire.wire_version != WIRE_VERSION {
            return Err(Malformed::Unknown("wire_version"));
        }
        if !(1..=BUDGET_MS_MAX).contains(&wire.budget_ms) {
            return Err(Malformed::Range("budget_ms"));
        }
        let request_id = Field::from_wire(wire.request_id, "request_id")?;
        Ok(Self { request_id, budget_ms: wire.budget_ms })
    }
}

units! {
    Acknowledge as Acknowledge { Committed, Searchable }
    Missing as Missing { NoReplica, NoAnswer, Unverified }
    Refusal as Refusal { Generation, RetentionFull, NotFound, Stale, TooFewReplicas, Value }
}

structs! {
    HeldRow as HeldRow { encounter, person, enrolled_at, matches }
    AuditRecord as AuditRecord { height, index, time_ms, event, head }
    Candidate as Candidate { person, encounter, score, rarity }
}

pairs! {
    (PartitionId, Missing) as MissingPartition { partition, missing }
    (EncounterId, PersonId) as held_row::Match { encounter, person }
    (u64, [u8; 32]) as ChainPoint { height, head }
}

choices! {
    AuditEvent as AuditEvent in audit_event {
        Intent, Outcome, Erasure, Adjudication, Verification, Fetch,
    }
}

required!((u64, [u8; 32]) as v1::ChainPoint);

/// Without its header, which [`Header`] reads.
impl Field<v1::IdentifyRequest> for Identify {
    fn to_wire(self) -> v1::IdentifyRequest {
        v1::IdentifyRequest {
            header: None,
            requester: self.requester.to_wire(),
            purpose: self.purpose.to_wire(),
            case: self.case,
            probe: self.probe.to_wire(),
            scope: self.scope.to_wire(),
            threshold: self.threshold,
            candidates_max: self.candidates_max,
            allow_partial: self.allow_partial,
            person: self.person.to_wire(),
            lane: self.lane.to_wire(),
        }
    }

    fn from_wire(wire: v1::IdentifyRequest, _: &'static str) -> Result<Self, Malformed> {
        Ok(Self {
            requester: Field::from_wire(wire.requester, "requester")?,
            purpose: Field::from_wire(wire.purpose, "purpose")?,
            case: wire.case,
            probe: Field::from_wire(wire.probe, "probe")?,
            scope: Field::from_wire(wire.scope, "scope")?,
            threshold: wire.threshold,
            candidates_max: wire.candidates_max,
            allow_partial: wire.allow_partial,
            person: Field::from_wire(wire.person, "person")?,
            lane: Field::from_wire(wire.lane, "lane")?,
        })
    }
}

/// Without its header, which [`Header`] reads.
impl Field<v1::FetchRequest> for Fetch {
    fn to_wire(self) -> v1::FetchRequest {
        v1::FetchRequest {
            header: None,
            requester: self.requester.to_wire(),
            purpose: self.purpose.to_wire(),
            case: self.case,
            encounter: self.encounter.to_wire(),
        }
    }

    fn from_wire(wire: v1::FetchRequest, _: &'static str) -> Result<Self, Malformed> {
        Ok(Self {
            requester: Field::from_wire(wire.requester, "requester")?,
            purpose: Field::from_wire(wire.purpose, "purpose")?,
            case: wire.case,
            encounter: Field::from_wire(wire.encounter, "encounter")?,
        })
    }
}

/// Without its receipt, which the service adds.
impl Field<v1::IdentifyResponse> for Identified {
    fn to_wire(self) -> v1::IdentifyResponse {
        v1::IdentifyResponse {
            as_of: self.as_of,
            is_complete: self.is_complete,
            eligible: self.eligible,
            scanned: self.scanned,
            candidates: self.candidates.to_wire(),
            missing: self.missing.to_wire(),
            search: self.search.to_wire(),
            receipt: None,
        }
    }

    fn from_wire(wire: v1::IdentifyResponse, _: &'static str) -> Result<Self, Malformed> {
        Ok(Self {
            search: Field::from_wire(wire.search, "search")?,
            as_of: wire.as_of,
            is_complete: wire.is_complete,
            eligible: wire.eligible,
            scanned: wire.scanned,
            candidates: Field::from_wire(wire.candidates, "candidates")?,
            missing: Field::from_wire(wire.missing, "missing")?,
        })
    }
}

impl Field<Option<v1::Outcome>> for Outcome {
    fn to_wire(self) -> Option<v1::Outcome> {
        use v1::OutcomeKind as Kind;
        let (kind, applied_at, refusal) = match self {
            Self::Applied => (Kind::Applied, None, None),
            Self::AlreadyApplied(index) => (Kind::AlreadyApplied, Some(index), None),
            Self::Conflict => (Kind::Conflict, None, None),
            Self::Gone => (Kind::Gone, None, None),
            Self::Refused(refusal) => (Kind::Refused, None, Some(refusal.to_wire())),
        };
        Some(v1::Outcome { kind: kind.into(), applied_at, refusal })
    }

    fn from_wire(wire: Option<v1::Outcome>, name: &'static str) -> Result<Self, Malformed> {
        use v1::OutcomeKind as Kind;
        let wire = wire.ok_or(Malformed::Missing(name))?;
        match Kind::try_from(wire.kind) {
            Ok(Kind::Applied) => Ok(Self::Applied),
            Ok(Kind::AlreadyApplied) => {
                wire.applied_at.map(Self::AlreadyApplied).ok_or(Malformed::Missing("applied_at"))
            }
            Ok(Kind::Conflict) => Ok(Self::Conflict),
            Ok(Kind::Gone) => Ok(Self::Gone),
            Ok(Kind::Refused) => {
                let refusal = wire.refusal.ok_or(Malformed::Missing("refusal"))?;
                Field::from_wire(refusal, "refusal").map(Self::Refused)
            }
            _ => Err(Malformed::Unknown(name)),
        }
    }
}

macro_rules! commands {
    ($(#[doc = $doc:literal] $function:ident { $($variant:ident),* $(,)? })*) => {$(
        #[doc = $doc]
        ///
        /// # Errors
        /// When it is missing, malformed, or not one of these.
        pub fn $function(asked: Option<asked::Command>) -> Result<Command, Malformed> {
            match asked.ok_or(Malformed::Missing("command"))? {
                $(asked::Command::$variant(value) => {
                    Field::from_wire(value, stringify!($variant)).map(Command::$variant)
                })*
                _ => Err(Malformed::Unknown("command")),
            }
        }
    )*};
}

commands! {
    #[doc = "What a client may ask for."]
    registration_command { Adjudicate, SetGalleries, MergePersons, Unlink, Erase }
    #[doc = "What an operator may ask for."]
    operator_command {
        RegisterNode, SetNodeState, SetReplicas, Mark, SetPolicy, SetFeatureLevel, AuditSeal,
        PinPartition,
    }
}
