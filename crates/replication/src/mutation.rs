//! Seeded bugs: switches that break one rule each, to prove that the simulation would notice.
//!
//! Without the feature `mutations`, [`is_mutated`] is the constant `false`.

/// A rule to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// A coordinator sends its acknowledgements before what they promise is synced.
    AckBeforeSync,
    /// A vote is not written to disk.
    VoteNotPersisted,
    /// A replica writes its data first and its applied index in a second batch.
    AppliedIndexInSecondBatch,
    /// A replica accepts effects that do not follow what it has.
    GapAccepted,
    /// A replica reports as durable what it has not synced.
    DurableBeforeSync,
    /// A read is answered from the state at hand, without asking a majority.
    ReadWithoutBarrier,
    /// The stream is trimmed to what the fastest replica made durable.
    TrimToFastestReplica,
    /// The stream grows beyond its cap.
    RetentionCapIgnored,
    /// Coverage is counted from what was asked for, not from what was scanned.
    CoverageFromRequested,
    /// An answer that arrives after a hedge was answered is merged too.
    HedgeMergedTwice,
    /// A replica answers a scan before it reached the barrier.
    BarrierIgnored,
    /// A search starts before its intent is committed.
    SearchBeforeIntent,
    /// An answer leaves before its outcome is in the audit chain.
    AnswerBeforeOutcome,
    /// A duplicate check searches without a barrier.
    VerdictWithoutBarrier,
    /// A duplicate check decides although part of the gallery did not answer.
    VerdictFromPartialCoverage,
    /// A duplicate check looks at active encounters only.
    DedupIgnoresPending,
    /// A verdict is taken although one was taken before.
    SecondVerdictTaken,
    /// An enrollment does not look at the tombstones.
    TombstoneIgnored,
    /// An enrollment under a known id is taken for a repetition whatever it holds.
    ConflictIgnored,
    /// An erasure does not tell the replicas.
    ErasureNotStreamed,
    /// The digest of a partition does not change when a record leaves.
    DigestSkipsRemovals,
    /// A partition without changes does not advance.
    IdlePartitionStands,
    /// A node answers for a partition it no longer holds.
    StalePlacementServed,
    /// A replica leaves the placement before another took its place.
    ReplicaDroppedEarly,
    /// A node whose disk was emptied comes back under its old id.
    WipedNodeKeepsId,
    /// The log is cut before the snapshot that replaces it is on disk.
    LogCutBeforeSnapshot,
    /// A snapshot of the catalog leaves the tombstones out.
    SnapshotWithoutTombstones,
    /// Candidates of equal score are listed in the order of their arrival.
    TiesByArrival,
    /// A node breaks ties of its first cut in another order than the merge.
    CutTiesReversed,
    /// What a node sent is ranked as it is, without the cuts over all parts.
    CutPerPart,
    /// A replica is given up for an answer about an older state of it.
    LateTrimObeyed,
    /// The stream is trimmed by what a replica reported before it was placed anew.
    OldReportTrusted,
    /// A coordinator that joins gets a snapshot from before it was a member.
    SnapshotFromBefore,
    /// Of two matching encounters in one entry of the log, neither counts as the earlier.
    TwinsIgnored,
    /// A comparison with one person is one with everybody.
    ClaimIgnored,
    /// A torn end and damage in the middle of the log are treated alike: cut there.
    DamageTakenForTornTail,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::AckBeforeSync,
        Self::VoteNotPersisted,
        Self::AppliedIndexInSecondBatch,
        Self::GapAccepted,
        Self::DurableBeforeSync,
        Self::ReadWithoutBarrier,
        Self::TrimToFastestReplica,
        Self::RetentionCapIgnored,
        Self::CoverageFromRequested,
        Self::HedgeMergedTwice,
        Self::BarrierIgnored,
        Self::SearchBeforeIntent,
        Self::AnswerBeforeOutcome,
        Self::VerdictWithoutBarrier,
        Self::VerdictFromPartialCoverage,
        Self::DedupIgnoresPending,
        Self::SecondVerdictTaken,
        Self::TombstoneIgnored,
        Self::ConflictIgnored,
        Self::ErasureNotStreamed,
        Self::DigestSkipsRemovals,
        Self::IdlePartitionStands,
        Self::StalePlacementServed,
        Self::ReplicaDroppedEarly,
        Self::WipedNodeKeepsId,
        Self::LogCutBeforeSnapshot,
        Self::SnapshotWithoutTombstones,
        Self::TiesByArrival,
        Self::CutTiesReversed,
        Self::CutPerPart,
        Self::LateTrimObeyed,
        Self::OldReportTrusted,
        Self::SnapshotFromBefore,
        Self::TwinsIgnored,
        Self::ClaimIgnored,
        Self::DamageTakenForTornTail,
    ];
}

/// Whether the rule is broken on this thread.
#[cfg(not(feature = "mutations"))]
#[inline(always)]
pub const fn is_mutated(_: Mutation) -> bool {
    false
}

#[cfg(feature = "mutations")]
mod switch {
    use super::Mutation;
    use std::cell::Cell;

    thread_local! {
        static ACTIVE: Cell<Option<Mutation>> = const { Cell::new(None) };
    }

    /// Whether the rule is broken on this thread.
    pub fn is_mutated(mutation: Mutation) -> bool {
        ACTIVE.get() == Some(mutation)
    }

    /// Breaks one rule on this thread, or none.
    pub fn set_mutation(mutation: Option<Mutation>) {
        ACTIVE.set(mutation);
    }
}

#[cfg(feature = "mutations")]
pub use switch::{is_mutated, set_mutation};
