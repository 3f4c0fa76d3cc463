//! Our structs to the library's and back. The only file that names the library's message types.

use super::schema::{
    EntryBody, HardState, LogEntry, Membership, MembershipChange, MessageKind, RaftMessage,
    SnapshotHeader,
};
use prost011::Message as _;
use raft::eraftpb;
use replication::{Code, CoordinatorId, Payload};

/// Kinds in both worlds, one row each.
const KINDS: [(MessageKind, eraftpb::MessageType); 13] = [
    (MessageKind::Append, eraftpb::MessageType::MsgAppend),
    (MessageKind::AppendResponse, eraftpb::MessageType::MsgAppendResponse),
    (MessageKind::Vote, eraftpb::MessageType::MsgRequestVote),
    (MessageKind::VoteResponse, eraftpb::MessageType::MsgRequestVoteResponse),
    (MessageKind::PreVote, eraftpb::MessageType::MsgRequestPreVote),
    (MessageKind::PreVoteResponse, eraftpb::MessageType::MsgRequestPreVoteResponse),
    (MessageKind::Snapshot, eraftpb::MessageType::MsgSnapshot),
    (MessageKind::Heartbeat, eraftpb::MessageType::MsgHeartbeat),
    (MessageKind::HeartbeatResponse, eraftpb::MessageType::MsgHeartbeatResponse),
    (MessageKind::TransferLeader, eraftpb::MessageType::MsgTransferLeader),
    (MessageKind::TimeoutNow, eraftpb::MessageType::MsgTimeoutNow),
    (MessageKind::ReadIndex, eraftpb::MessageType::MsgReadIndex),
    (MessageKind::ReadIndexResponse, eraftpb::MessageType::MsgReadIndexResp),
];

pub(super) fn entry_to_raft(entry: LogEntry) -> eraftpb::Entry {
    let mut converted =
        eraftpb::Entry { index: entry.index, term: entry.term, ..Default::default() };
    match entry.body {
        EntryBody::Commands(data) => converted.data = data.as_bytes().to_vec(),
        EntryBody::Membership(change) => {
            converted.set_entry_type(eraftpb::EntryType::EntryConfChangeV2);
            converted.data = change_to_raft(&change).encode_to_vec();
        }
    }
    converted
}

/// `None` for what the library does not produce.
pub(super) fn entry_from_raft(entry: &eraftpb::Entry) -> Option<LogEntry> {
    let body = match entry.get_entry_type() {
        eraftpb::EntryType::EntryNormal => EntryBody::Commands(Payload::from(entry.data.clone())),
        // These bytes are the library's own or made by `entry_to_raft`.
        eraftpb::EntryType::EntryConfChangeV2 => {
            let change = eraftpb::ConfChangeV2::decode(&entry.data[..]).ok()?;
            EntryBody::Membership(change_from_raft(&change))
        }
        eraftpb::EntryType::EntryConfChange => return None,
    };
    Some(LogEntry { index: entry.index, term: entry.term, body })
}

pub(super) fn change_to_raft(change: &MembershipChange) -> eraftpb::ConfChangeV2 {
    let single = |kind: eraftpb::ConfChangeType| {
        move |member: &CoordinatorId| {
            let mut single = eraftpb::ConfChangeSingle { node_id: member.0, ..Default::default() };
            single.set_change_type(kind);
            single
        }
    };
    let mut changes = Vec::new();
    changes.extend(change.voters.iter().map(single(eraftpb::ConfChangeType::AddNode)));
    changes.extend(change.learners.iter().map(single(eraftpb::ConfChangeType::AddLearnerNode)));
    changes.extend(change.removed.iter().map(single(eraftpb::ConfChangeType::RemoveNode)));
    eraftpb::ConfChangeV2 { changes, ..Default::default() }
}

fn change_from_raft(change: &eraftpb::ConfChangeV2) -> MembershipChange {
    let of = |kind: eraftpb::ConfChangeType| {
        let singles = change.changes.iter().filter(move |c| c.get_change_type() == kind);
        singles.map(|single| CoordinatorId(single.node_id)).collect()
    };
    MembershipChange {
        voters: of(eraftpb::ConfChangeType::AddNode),
        learners: of(eraftpb::ConfChangeType::AddLearnerNode),
        removed: of(eraftpb::ConfChangeType::RemoveNode),
    }
}

pub(super) fn membership_to_raft(membership: &Membership) -> eraftpb::ConfState {
    let ids = |members: &std::collections::BTreeSet<CoordinatorId>| {
        members.iter().map(|member| member.0).collect()
    };
    eraftpb::ConfState {
        voters: ids(&membership.voters),
        learners: ids(&membership.learners),
        voters_outgoing: ids(&membership.voters_outgoing),
        learners_next: ids(&membership.learners_next),
        auto_leave: membership.auto_leave,
    }
}

pub(super) fn membership_from_raft(state: &eraftpb::ConfState) -> Membership {
    let ids = |members: &[u64]| members.iter().copied().map(CoordinatorId).collect();
    Membership {
        voters: ids(&state.voters),
        learners: ids(&state.learners),
        voters_outgoing: ids(&state.voters_outgoing),
        learners_next: ids(&state.learners_next),
        auto_leave: state.auto_leave,
    }
}

pub(super) fn hard_state_to_raft(state: HardState) -> eraftpb::HardState {
    eraftpb::HardState { term: state.term, vote: state.vote, commit: state.commit }
}

pub(super) fn hard_state_from_raft(state: &eraftpb::HardState) -> HardState {
    HardState { term: state.term, vote: state.vote, commit: state.commit }
}

/// The digest is the only data that the library carries.
pub(super) fn snapshot_to_raft(header: &SnapshotHeader) -> eraftpb::Snapshot {
    let mut snapshot = eraftpb::Snapshot { data: header.digest.to_vec(), ..Default::default() };
    let metadata = snapshot.mut_metadata();
    (metadata.index, metadata.term) = (header.index, header.term);
    metadata.conf_state = Some(membership_to_raft(&header.membership));
    snapshot
}

pub(super) fn snapshot_from_raft(snapshot: &eraftpb::Snapshot) -> Option<SnapshotHeader> {
    let metadata = snapshot.metadata.as_ref()?;
    Some(SnapshotHeader {
        index: metadata.index,
        term: metadata.term,
        membership: membership_from_raft(metadata.get_conf_state()),
        digest: <[u8; 32]>::decode(&snapshot.data).ok()?,
    })
}

pub(super) fn message_to_raft(message: RaftMessage) -> eraftpb::Message {
    let mut converted = eraftpb::Message {
        to: message.to.0,
        from: message.from.0,
        term: message.term,
        log_term: message.log_term,
        index: message.index,
        entries: message.entries.into_iter().map(entry_to_raft).collect(),
        commit: message.commit,
        commit_term: message.commit_term,
        snapshot: message.snapshot.as_ref().map(snapshot_to_raft),
        request_snapshot: message.request_snapshot,
        reject: message.reject,
        reject_hint: message.reject_hint,
        context: message.context.as_bytes().to_vec(),
        priority: message.priority,
        ..Default::default()
    };
    if let Some((_, kind)) = KINDS.iter().find(|(kind, _)| *kind == message.kind) {
        converted.set_msg_type(*kind);
    }
    converted
}

/// `None` for kinds that stay within a member, and for proposals, which we forward ourselves.
pub(super) fn message_from_raft(message: &eraftpb::Message) -> Option<RaftMessage> {
    let (kind, _) = KINDS.iter().find(|(_, kind)| *kind == message.get_msg_type())?;
    Some(RaftMessage {
        kind: *kind,
        to: CoordinatorId(message.to),
        from: CoordinatorId(message.from),
        term: message.term,
        log_term: message.log_term,
        index: message.index,
        entries: message.entries.iter().map(entry_from_raft).collect::<Option<_>>()?,
        commit: message.commit,
        commit_term: message.commit_term,
        snapshot: message.snapshot.as_ref().and_then(snapshot_from_raft),
        request_snapshot: message.request_snapshot,
        reject: message.reject,
        reject_hint: message.reject_hint,
        context: Payload::from(message.context.clone()),
        priority: message.priority,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_change_comes_back_as_it_was() {
        let change = MembershipChange {
            voters: vec![CoordinatorId(4)],
            learners: vec![CoordinatorId(5)],
            removed: vec![CoordinatorId(1)],
        };
        for change in [change, MembershipChange::default()] {
            let entry = LogEntry { index: 3, term: 2, body: EntryBody::Membership(change) };
            assert_eq!(entry_from_raft(&entry_to_raft(entry.clone())), Some(entry));
        }
    }

    #[test]
    fn a_message_comes_back_as_it_was() {
        let entry =
            LogEntry { index: 9, term: 4, body: EntryBody::Commands(Payload::from(vec![1, 2, 3])) };
        let snapshot = SnapshotHeader {
            index: 7,
            term: 3,
            membership: Membership::of([CoordinatorId(1), CoordinatorId(2)]),
            digest: [5; 32],
        };
        for (kind, _) in KINDS {
            let message = RaftMessage {
                kind,
                to: CoordinatorId(1),
                from: CoordinatorId(2),
                term: 3,
                log_term: 4,
                index: 5,
                entries: vec![entry.clone()],
                commit: 6,
                commit_term: 7,
                snapshot: Some(snapshot.clone()),
                request_snapshot: 8,
                reject: true,
                reject_hint: 9,
                context: Payload::from(vec![9]),
                priority: -1,
            };
            let back = message_from_raft(&message_to_raft(message.clone()));
            assert_eq!(back.as_ref(), Some(&message));
            assert_eq!(RaftMessage::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn a_proposal_never_leaves_a_member() {
        let mut message = eraftpb::Message::default();
        message.set_msg_type(eraftpb::MessageType::MsgPropose);
        assert_eq!(message_from_raft(&message), None);
    }
}
