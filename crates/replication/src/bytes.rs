//! The byte codec of everything that is logged or shipped: fixed-width little-endian integers,
//! counted lists, tags of one byte. Every length is checked before memory is taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Longest byte string, in bytes: larger than any template or key, smaller than a log entry.
const BLOB_BYTES_MAX: usize = 4 << 20;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodecError {
    /// They end inside a field.
    #[error("the bytes end inside a field")]
    Truncated,
    /// A length is larger than allowed or than what follows.
    #[error("a length is out of bounds")]
    Length,
    /// A tag that this release does not know.
    #[error("{what} has the unknown tag {tag}")]
    Tag {
        /// Of what.
        what: &'static str,
        /// The tag.
        tag: u8,
    },
    /// A format version that this release does not know.
    #[error("format version {0} is not known")]
    Version(u8),
    /// A value outside its range.
    #[error("a value is out of range")]
    Value,
    /// Bytes are left over.
    #[error("bytes are left over")]
    Trailing,
}

/// Collects encoded fields.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends a value.
    pub fn put<T: Code>(&mut self, value: &T) {
        value.write(self);
    }

    /// What was collected.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes fields from the front.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// [`CodecError::Truncated`].
    pub fn raw(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next value.
    ///
    /// # Errors
    /// When the bytes hold none.
    pub fn get<T: Code>(&mut self) -> Result<T, CodecError> {
        T::read(self)
    }

    /// Bytes not yet taken.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`CodecError::Trailing`].
    pub fn end(self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::Trailing) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.raw(N)?.try_into().map_err(|_| CodecError::Truncated)
    }

    /// A count of items of at least one byte each.
    fn count(&mut self) -> Result<usize, CodecError> {
        let count = u32::read(self)? as usize;
        if count > self.0.len() { Err(CodecError::Length) } else { Ok(count) }
    }
}

/// A value with one byte form.
pub trait Code: Sized {
    /// Appends the byte form.
    fn write(&self, writer: &mut Writer);

    /// Takes the byte form.
    ///
    /// # Errors
    /// When the bytes hold no such value.
    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError>;

    /// The byte form alone.
    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.into_bytes()
    }

    /// A value from bytes that hold nothing else.
    ///
    /// # Errors
    /// When the bytes hold no such value or more than it.
    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

macro_rules! code_integers {
    ($($integer:ty)*) => {$(
        impl Code for $integer {
            fn write(&self, writer: &mut Writer) {
                writer.raw(&self.to_le_bytes());
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                reader.array().map(Self::from_le_bytes)
            }
        }
    )*};
}
code_integers!(u8 u16 u32 u64 u128 i64);

impl Code for bool {
    fn write(&self, writer: &mut Writer) {
        u8::from(*self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::read(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Value),
        }
    }
}

impl<T: Code + Copy + Default, const N: usize> Code for [T; N] {
    fn write(&self, writer: &mut Writer) {
        self.iter().for_each(|item| item.write(writer));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::read(reader)?;
        }
        Ok(items)
    }
}

impl<T: Code> Code for Option<T> {
    fn write(&self, writer: &mut Writer) {
        self.is_some().write(writer);
        if let Some(value) = self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(if bool::read(reader)? { Some(T::read(reader)?) } else { None })
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}

macro_rules! code_collections {
    ($($collection:ident < $($item:ident: $bound:path),+ > of $of:ty;)*) => {$(
        impl<$($item: $bound + Code),+> Code for $collection<$($item),+> {
            fn write(&self, writer: &mut Writer) {
                (self.len() as u32).write(writer);
                for item in self {
                    code_collections!(@write item, writer, $collection);
                }
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                let count = reader.count()?;
                (0..count).map(|_| <$of>::read(reader)).collect()
            }
        }
    )*};
    (@write $item:ident, $writer:ident, BTreeMap) => {
        $item.0.write($writer);
        $item.1.write($writer);
    };
    (@write $item:ident, $writer:ident, $other:ident) => {
        $item.write($writer);
    };
}
code_collections! {
    Vec<T: Sized> of T;
    VecDeque<T: Sized> of T;
    BTreeSet<T: Ord> of T;
    BTreeMap<K: Ord, V: Sized> of (K, V);
}

/// Bytes that mean nothing here: a template under encryption, a probe, a key. Cheap to clone;
/// `Debug` tells only how many there are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Payload(Arc<[u8]>);

impl Payload {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Code for Payload {
    fn write(&self, writer: &mut Writer) {
        (self.0.len() as u32).write(writer);
        writer.raw(&self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = u32::read(reader)? as usize;
        if length > BLOB_BYTES_MAX {
            return Err(CodecError::Length);
        }
        reader.raw(length).map(|bytes| Self(bytes.into()))
    }
}

impl Code for String {
    fn write(&self, writer: &mut Writer) {
        (self.len() as u32).write(writer);
        writer.raw(self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = u32::read(reader)? as usize;
        let bytes = reader.raw(length)?;
        Ok(std::str::from_utf8(bytes).map_err(|_| CodecError::Value)?.to_owned())
    }
}

/// [`Code`] for a struct, field by field in the order given.
#[macro_export]
macro_rules! code_struct {
    ($name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::Code for $name {
            fn write(&self, writer: &mut $crate::Writer) {
                $($crate::Code::write(&self.$field, writer);)*
                let _ = writer;
            }

            fn read(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::CodecError> {
                $(let $field = $crate::Code::read(reader)?;)*
                let _ = reader;
                Ok(Self { $($field),* })
            }
        }
    };
}

/// [`Code`] for an enum whose variants hold one value each: a tag, then the value.
#[macro_export]
macro_rules! code_enum {
    ($name:ident, $what:literal { $($tag:literal => $variant:ident),* $(,)? }) => {
        impl $crate::Code for $name {
            fn write(&self, writer: &mut $crate::Writer) {
                match self {
                    $(Self::$variant(value) => {
                        $crate::Code::write(&($tag as u8), writer);
                        $crate::Code::write(value, writer);
                    })*
                }
            }

            fn read(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::CodecError> {
                match <u8 as $crate::Code>::read(reader)? {
                    $($tag => $crate::Code::read(reader).map(Self::$variant),)*
                    tag => Err($crate::CodecError::Tag { what: $what, tag }),
                }
            }
        }
    };
}

/// [`Code`] for an enum without values.
#[macro_export]
macro_rules! code_units {
    ($name:ident, $what:literal { $($tag:literal => $variant:ident),* $(,)? }) => {
        impl $crate::Code for $name {
            fn write(&self, writer: &mut $crate::Writer) {
                let tag: u8 = match self { $(Self::$variant => $tag),* };
                $crate::Code::write(&tag, writer);
            }

            fn read(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::CodecError> {
                match <u8 as $crate::Code>::read(reader)? {
                    $($tag => Ok(Self::$variant),)*
                    tag => Err($crate::CodecError::Tag { what: $what, tag }),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_the_bytes_takes_no_memory() {
        let huge = u32::MAX.encode();
        assert_eq!(Vec::<u64>::decode(&huge), Err(CodecError::Length));
        assert_eq!(Payload::decode(&huge), Err(CodecError::Length));
        assert_eq!(Payload::decode(&100u32.encode()), Err(CodecError::Truncated));
    }

    #[test]
    fn a_value_followed_by_anything_is_refused() {
        let mut bytes = (7u64, vec![1u16, 2]).encode();
        assert_eq!(Code::decode(&bytes), Ok((7u64, vec![1u16, 2])));
        bytes.push(0);
        assert_eq!(<(u64, Vec<u16>)>::decode(&bytes), Err(CodecError::Trailing));
        assert_eq!(bool::decode(&[2]), Err(CodecError::Value));
    }

    #[test]
    fn the_debug_form_of_a_payload_tells_only_its_length() {
        let payload = Payload::from(vec![0xAB; 3]);
        assert_eq!(format!("{payload:?}"), "Payload(3 bytes)");
    }
}
