//! How much a message may unpack to.
//!
//! A message of a few MiB can name millions of empty messages, each of which takes a hundred bytes
//! and more once unpacked. So before anything is unpacked, its bytes are walked through and units
//! are counted: every message inside it, every item of a list of byte strings, every byte of a list
//! of numbers. Bytes themselves are bounded by the length of the message.

use crate::Malformed;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Units of a message between processes: 1 MiB of the smallest effects has a third of them.
pub const LINK_UNITS_MAX: usize = 1 << 18;
/// Units of what a client asks.
pub const REQUEST_UNITS_MAX: usize = 1 << 10;

/// How a field counts.
#[derive(Debug, Clone, Copy)]
enum Counts {
    /// A message, by its place in the table; itself and what is in it.
    Message(usize),
    /// One each time.
    One,
    /// Numbers, of which each byte may be one.
    EachByte,
}

type Fields = &'static [(u32, Counts)];

static MESSAGES: &[(&str, Fields)] = include!(concat!(env!("OUT_DIR"), "/units.rs"));

/// What one type of message may unpack to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    message: Option<usize>,
    max: usize,
}

impl Units {
    /// Of the message with this full name.
    pub(crate) fn of(name: &str) -> Self {
        let message = MESSAGES.iter().position(|(known, _)| *known == name);
        let max = if name.ends_with("Request") { REQUEST_UNITS_MAX } else { LINK_UNITS_MAX };
        Self { message, max }
    }

    /// Walks through the bytes of a message.
    ///
    /// # Errors
    /// When it has too many units or is none.
    pub(crate) fn check(self, bytes: &[u8]) -> Result<(), Malformed> {
        let message = self.message.ok_or(Malformed::Unknown("message"))?;
        count(message, bytes, &mut self.max.clone())
    }
}

/// Takes what a message counts from what is left. The table has no circles, so this ends.
fn count(message: usize, mut bytes: &[u8], left: &mut usize) -> Result<(), Malformed> {
    let broken = |_| Malformed::Length("message");
    let fields = MESSAGES[message].1;
    while bytes.has_remaining() {
        let (tag, wire) = decode_key(&mut bytes).map_err(broken)?;
        let counts = fields.iter().find(|(known, _)| *known == tag).map(|(_, counts)| *counts);
        match (counts, wire) {
            (_, WireType::StartGroup | WireType::EndGroup) => {
                return Err(Malformed::Unknown("group"));
            }
            (Some(counts), WireType::LengthDelimited) => {
                let length = decode_varint(&mut bytes).map_err(broken)?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let (inner, rest) =
                    bytes.split_at_checked(length).ok_or(Malformed::Length("message"))?;
                bytes = rest;
                take(left, if matches!(counts, Counts::EachByte) { length } else { 1 })?;
                if let Counts::Message(message) = counts {
                    count(message, inner, left)?;
                }
            }
            (counts, wire) => {
                take(left, usize::from(counts.is_some()))?;
                skip_field(wire, tag, &mut bytes, DecodeContext::default()).map_err(broken)?;
            }
        }
    }
    Ok(())
}

fn take(left: &mut usize, units: usize) -> Result<(), Malformed> {
    *left = left.checked_sub(units).ok_or(Malformed::Length("message"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1;
    use prost::{Message, Name};

    fn check<M: Message + Name>(message: &M) -> Result<(), Malformed> {
        Units::of(&M::full_name()).check(&message.encode_to_vec())
    }

    #[test]
    fn empty_messages_by_the_million_are_refused_before_they_are_unpacked() {
        let tail = |count| {
            let positions = vec![v1::Position::default(); count];
            let kind =
                v1::from_node::Kind::Tail(v1::TailRequest { positions, ..Default::default() });
            let message = v1::FromNode { kind: Some(kind) };
            check(&v1::NodeFrame { kind: Some(v1::node_frame::Kind::Message(message)) })
        };
        // The frame, its kind and the request count, too.
        assert_eq!(tail(LINK_UNITS_MAX - 2), Ok(()));
        assert_eq!(tail(LINK_UNITS_MAX - 1), Err(Malformed::Length("message")));
    }

    #[test]
    fn numbers_and_byte_strings_count_too() {
        let voters = vec![1; REQUEST_UNITS_MAX];
        let change = |voters: Vec<u64>| {
            let change = v1::MembershipChange { voters, ..Default::default() };
            check(&v1::MembershipRequest { change: Some(change), ..Default::default() })
        };
        assert_eq!(change(voters[1..].to_vec()), Ok(()));
        assert!(change(voters).is_err());
        let verdict =
            |count| v1::DedupVerdict { hits: vec![Vec::new(); count], ..Default::default() };
        assert_eq!(check(&verdict(LINK_UNITS_MAX)), Ok(()));
        assert!(check(&verdict(LINK_UNITS_MAX + 1)).is_err());
    }

    #[test]
    fn a_payload_is_bytes_whatever_it_holds() {
        let payload = vec![0x0a; 1 << 20];
        let enroll = v1::Enroll { payload, ..Default::default() };
        let request = v1::EnrollRequest { enroll: Some(enroll), ..Default::default() };
        assert_eq!(check(&request), Ok(()));
        let mut cut = request.encode_to_vec();
        cut.pop();
        assert!(Units::of("tanba.v1.EnrollRequest").check(&cut).is_err());
    }

    #[test]
    fn groups_and_unknown_messages_are_refused() {
        let group = [0x0b, 0x0c];
        let refused = Units::of("tanba.v1.FromNode").check(&group);
        assert_eq!(refused, Err(Malformed::Unknown("group")));
        assert!(Units::of("tanba.v1.Nobody").check(&[]).is_err());
    }
}
