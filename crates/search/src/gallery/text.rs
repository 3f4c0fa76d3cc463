//! The text of an identifier, small enough to keep by the million.

use std::cmp::Ordering;

/// Longest text kept in place.
const SHORT_BYTES: usize = 22;

/// A text of any length in 24 bytes: short ones in place, others on the heap. Ordered as `str`.
#[derive(Clone)]
pub(crate) enum Text {
    Short { length: u8, bytes: [u8; SHORT_BYTES] },
    Long(Box<str>),
}

const _: () =
    assert!(size_of::<Text>() == 24, "a finger takes at most 1.2 KB, identifiers included");

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        if text.len() > SHORT_BYTES {
            return Self::Long(text.into());
        }
        let mut bytes = [0; SHORT_BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self::Short { length: text.len() as u8, bytes }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Short { length, bytes } => std::str::from_utf8(&bytes[..usize::from(*length)])
                .expect("the bytes were copied from a text"),
            Self::Long(text) => text,
        }
    }

    /// Bytes on the heap, estimated at the length rounded up to 32.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(text) => text.len().next_multiple_of(32),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_of_any_length_are_kept_and_ordered(a in "[ә-ө0-9]{0,40}", b in "[ә-ө0-9]{0,40}") {
            let (text_a, text_b) = (Text::new(&a), Text::new(&b));
            prop_assert_eq!(text_a.as_str(), &a);
            prop_assert_eq!(text_a.cmp(&text_b), a.cmp(&b));
            prop_assert_eq!(text_a == text_b, a == b);
        }
    }
}
