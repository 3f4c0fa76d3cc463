//! Keys that sort as their nouns do.
//!
//! `subject 00 position impression`: the subject's text, a zero byte (no identifier holds one), the
//! position's code and the impression's text. Bytes then compare as [`ImpressionKey`]s do, all
//! prints of a person lie together, and no subject's range holds another's keys.

use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId};

/// The bytes of a key.
pub(crate) fn encode(key: &ImpressionKey) -> Vec<u8> {
    let mut bytes = subject_start(&key.subject);
    bytes.push(key.position.code());
    bytes.extend_from_slice(key.impression.as_str().as_bytes());
    bytes
}

/// First key of a person's range.
pub(crate) fn subject_start(subject: &SubjectId) -> Vec<u8> {
    let mut bytes = subject.as_str().as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// First key after a person's range.
pub(crate) fn subject_end(subject: &SubjectId) -> Vec<u8> {
    let mut bytes = subject.as_str().as_bytes().to_vec();
    bytes.push(1);
    bytes
}

/// Reads a key back; `None` when no key was written like this.
pub(crate) fn decode(bytes: &[u8]) -> Option<ImpressionKey> {
    let zero = bytes.iter().position(|byte| *byte == 0)?;
    let (subject, rest) = (&bytes[..zero], &bytes[zero + 1..]);
    let (position, impression) = rest.split_first()?;
    Some(ImpressionKey {
        subject: decode_subject(subject)?,
        position: FingerPosition::new(*position).ok()?,
        impression: ImpressionLabel::new(std::str::from_utf8(impression).ok()?).ok()?,
    })
}

/// Reads a subject id from its text.
pub(crate) fn decode_subject(bytes: &[u8]) -> Option<SubjectId> {
    SubjectId::new(std::str::from_utf8(bytes).ok()?).ok()
}

/// A key as a person may read it, whatever its bytes.
pub(crate) fn display(bytes: &[u8]) -> String {
    decode(bytes).map_or_else(|| bytes.escape_ascii().to_string(), |key| key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn keys()(
            subject in "[ab@.\u{4d8}-]{1,4}", code in 0u8..=17, impression in "[ab1_]{1,3}",
        ) -> ImpressionKey {
            ImpressionKey {
                subject: SubjectId::new(&subject).unwrap(),
                position: FingerPosition::new(code).unwrap(),
                impression: ImpressionLabel::new(&impression).unwrap(),
            }
        }
    }

    proptest! {
        #[test]
        fn bytes_sort_as_keys_do_and_read_back(a in keys(), b in keys()) {
            prop_assert_eq!(encode(&a).cmp(&encode(&b)), a.cmp(&b));
            prop_assert_eq!(decode(&encode(&a)), Some(a));
        }

        #[test]
        fn a_subjects_range_holds_its_keys_and_no_other(a in keys(), b in keys()) {
            let inside = (subject_start(&a.subject)..subject_end(&a.subject)).contains(&encode(&b));
            prop_assert_eq!(inside, a.subject == b.subject);
        }

        #[test]
        fn any_bytes_are_a_key_or_none(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(key) = decode(&bytes) {
                prop_assert_eq!(encode(&key), bytes);
            }
        }
    }
}
