#![no_main]
//! Messages between processes and of clients: the first byte picks one, the rest are its bytes.

use libfuzzer_sys::fuzz_target;
use prost::Message;
use proto::{Field, Header, ToNodeReader, v1};

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 5 {
        0 => {
            if let Ok(wire) = v1::PeerMessage::decode(bytes) {
                let _ = coordinator::PeerMessage::from_wire(wire, "peer");
            }
        }
        1 => {
            if let Ok(wire) = v1::FromNode::decode(bytes) {
                let _ = replication::FromNode::from_wire(wire, "node");
            }
        }
        2 => {
            // Two frames, so that parts of a checkpoint can follow its start.
            let mut reader = ToNodeReader::default();
            let (first, second) = bytes.split_at(bytes.len() / 2);
            for bytes in [first, second] {
                if let Ok(wire) = v1::ToNode::decode(bytes) {
                    let _ = reader.take(wire);
                }
            }
        }
        3 => {
            if let Ok(wire) = v1::IdentifyRequest::decode(bytes) {
                let _ = Header::from_wire(wire.header.clone());
                let _ = coordinator::Identify::from_wire(wire, "identify");
            }
        }
        _ => {
            if let Ok(wire) = v1::CommandRequest::decode(bytes) {
                let _ = proto::registration_command(wire.command.clone());
                let _ = proto::operator_command(wire.command);
            }
        }
    }
});
