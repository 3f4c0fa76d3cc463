//! Everything that travels comes back as it was, and nothing that arrives makes this panic.

use crate::any::{Any, Source};
use coordinator::catalog::AuditRecord;
use coordinator::command::Outcome;
use coordinator::{Fetch, HeldRow, Identified, Identify, PeerMessage};
use proptest::prelude::*;
use prost::Message;
use proto::{Field, Header, Malformed, ToNodeReader, to_node_frames, v1};
use replication::{FromNode, Summary, ToNode};
use std::fmt::Debug;

/// Encodes, decodes, and checks that nothing changed.
fn crosses<T, W>(value: T)
where
    T: Field<W> + Clone + PartialEq + Debug,
    W: Message + Default,
{
    let bytes = value.clone().to_wire().encode_to_vec();
    let wire = W::decode(bytes.as_slice()).expect("what was encoded can be decoded");
    assert_eq!(T::from_wire(wire, "value"), Ok(value));
}

/// Like [`crosses`], frame by frame.
fn crosses_in_frames(messages: &[ToNode]) {
    let mut reader = ToNodeReader::default();
    let mut arrived = Vec::new();
    for frame in messages.iter().cloned().flat_map(to_node_frames) {
        let frame = v1::ToNode::decode(frame.encode_to_vec().as_slice()).expect("as encoded");
        arrived.extend(reader.take(frame).expect("frames of ours"));
    }
    assert_eq!(arrived, messages);
}

proptest! {
    #[test]
    fn every_message_comes_back_as_it_was(seed: u64) {
        let source = &mut Source(seed);
        for _ in 0..16 {
            crosses::<PeerMessage, v1::PeerMessage>(Any::any(source));
            crosses::<FromNode, v1::FromNode>(Any::any(source));
            crosses::<Identify, v1::IdentifyRequest>(Any::any(source));
            crosses::<Identified, v1::IdentifyResponse>(Any::any(source));
            crosses::<Fetch, v1::FetchRequest>(Any::any(source));
            crosses::<HeldRow, v1::HeldRow>(Any::any(source));
            crosses::<AuditRecord, v1::AuditRecord>(Any::any(source));
            let outcome = Outcome::any(source);
            prop_assert_eq!(Field::from_wire(outcome.to_wire(), "outcome"), Ok(outcome));
        }
        crosses_in_frames(&Vec::<ToNode>::any(source));
    }

    #[test]
    fn bytes_of_anybody_never_panic(
        seed: u64,
        flips in prop::collection::vec((any::<u16>(), any::<u8>()), 1..6),
    ) {
        let source = &mut Source(seed);
        let damaged = |mut bytes: Vec<u8>| {
            let length = bytes.len().max(1);
            for (place, value) in &flips {
                if let Some(byte) = bytes.get_mut(usize::from(*place) % length) {
                    *byte = *value;
                }
            }
            bytes
        };
        let wire: v1::PeerMessage = PeerMessage::any(source).to_wire();
        let bytes = damaged(wire.encode_to_vec());
        if let Ok(wire) = v1::PeerMessage::decode(bytes.as_slice()) {
            let _ = PeerMessage::from_wire(wire, "peer");
        }
        let wire: v1::FromNode = FromNode::any(source).to_wire();
        let bytes = damaged(wire.encode_to_vec());
        if let Ok(wire) = v1::FromNode::decode(bytes.as_slice()) {
            let _ = FromNode::from_wire(wire, "node");
        }
        let mut reader = ToNodeReader::default();
        for frame in to_node_frames(Any::any(source)) {
            let bytes = damaged(frame.encode_to_vec());
            if let Ok(wire) = v1::ToNode::decode(bytes.as_slice()) {
                let _ = reader.take(wire);
            }
        }
    }
}

#[test]
fn a_large_checkpoint_crosses_in_parts_that_fit_a_message() {
    let pairs = (0..5000u32).map(|i| (i.to_be_bytes().to_vec(), vec![i as u8; 1500])).collect();
    let summary = Summary::default();
    let message = ToNode::Checkpoint {
        generation: replication::Generation(1),
        partition: replication::PartitionId(2),
        checkpoint: replication::Checkpoint { index: 3, summary, pairs },
    };
    let frames = to_node_frames(message.clone());
    assert!(frames.len() > 7, "7.5 MB in parts of 1 MiB");
    assert!(frames.iter().all(|frame| frame.encoded_len() < 2 * proto::PART_BYTES));
    crosses_in_frames(&[message]);
}

#[test]
fn a_checkpoint_that_does_not_keep_its_word_is_refused() {
    let start = |pairs, bytes| v1::ToNode {
        kind: Some(v1::to_node::Kind::CheckpointStart(v1::CheckpointStart {
            generation: 1,
            partition: 0,
            index: 1,
            summary: Summary::default().to_wire(),
            pairs,
            bytes,
        })),
    };
    let part = || {
        let pair = v1::checkpoint_part::Pair { key: vec![1; 2], value: vec![2; 2] };
        let part = v1::CheckpointPart { pairs: vec![pair] };
        v1::ToNode { kind: Some(v1::to_node::Kind::CheckpointPart(part)) }
    };
    let second = |first, then| {
        let mut reader = ToNodeReader::default();
        reader.take(first).and_then(|_| reader.take(then))
    };
    assert!(matches!(second(start(1, 4), part()), Ok(Some(ToNode::Checkpoint { .. }))));
    assert_eq!(second(start(1, 3), part()), Err(Malformed::Parts));
    assert_eq!(second(start(1, 5), part()), Err(Malformed::Parts));
    assert_eq!(second(start(2, 8), start(2, 8)), Err(Malformed::Parts));
    assert_eq!(ToNodeReader::default().take(part()), Err(Malformed::Parts));
    let huge = start(1, proto::CHECKPOINT_BYTES_MAX + 1);
    assert_eq!(ToNodeReader::default().take(huge), Err(Malformed::Range("bytes")));
    let many_empty = start(proto::CHECKPOINT_BYTES_MAX / 64 + 1, 0);
    assert_eq!(ToNodeReader::default().take(many_empty), Err(Malformed::Range("bytes")));
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let scan = |change: fn(&mut v1::IdentifyRequest)| {
        let mut wire = Identify::any(&mut Source(1)).to_wire();
        change(&mut wire);
        Identify::from_wire(wire, "identify").map(drop)
    };
    assert_eq!(scan(|_| {}), Ok(()));
    assert_eq!(scan(|w| w.purpose = 65_536), Err(Malformed::Range("purpose")));
    assert_eq!(scan(|w| w.requester = vec![0; 15]), Err(Malformed::Length("requester")));
    assert_eq!(scan(|w| w.scope = None), Err(Malformed::Missing("scope")));
    let gallery = |w: &mut v1::IdentifyRequest| {
        w.scope = Some(v1::Scope { active_only: true, gallery: Some(8) });
    };
    assert_eq!(scan(gallery), Err(Malformed::Range("gallery")));
    let long = |w: &mut v1::IdentifyRequest| w.probe = vec![0; proto::PAYLOAD_BYTES_MAX + 1];
    assert_eq!(scan(long), Err(Malformed::Length("probe")));
}

#[test]
fn a_header_of_another_version_or_without_a_deadline_is_refused() {
    let header = Header { request_id: 7, budget_ms: 1000 };
    assert_eq!(Header::from_wire(Some(header.to_wire())), Ok(header));
    let read = |change: fn(&mut v1::RequestHeader)| {
        let mut wire = header.to_wire();
        change(&mut wire);
        Header::from_wire(Some(wire))
    };
    assert_eq!(read(|w| w.wire_version = 2), Err(Malformed::Unknown("wire_version")));
    assert_eq!(read(|w| w.budget_ms = 0), Err(Malformed::Range("budget_ms")));
    assert_eq!(read(|w| w.budget_ms = 600_001), Err(Malformed::Range("budget_ms")));
    assert_eq!(read(|w| w.request_id.clear()), Err(Malformed::Length("request_id")));
    assert_eq!(Header::from_wire(None), Err(Malformed::Missing("header")));
}

#[test]
fn an_operator_may_not_ask_for_what_only_the_cluster_does() {
    let mark = v1::Mark { kind: v1::MarkKind::Digest.into(), id: 1 };
    let asked = || Some(v1::command_request::Command::Mark(mark));
    assert!(proto::operator_command(asked()).is_ok());
    assert_eq!(proto::registration_command(asked()), Err(Malformed::Unknown("command")));
    assert_eq!(proto::operator_command(None), Err(Malformed::Missing("command")));
}
