//! How one field crosses: the shapes that all messages are made of.

use crate::error::Malformed;
use replication::{
    ClusterId, CoordinatorId, EncounterId, Epoch, GalleryId, GallerySet, Generation, NodeId,
    PartitionId, Payload, PersonId, SetDigest,
};
use std::collections::BTreeSet;

/// Longest payload, in bytes; what the log takes.
pub const PAYLOAD_BYTES_MAX: usize = 4 << 20;

/// A value that travels as a `W`.
pub trait Field<W>: Sized {
    /// As it travels.
    fn to_wire(self) -> W;

    /// Back, checked. `name` is that of the field, for errors.
    ///
    /// # Errors
    /// When the wire value is none of ours.
    fn from_wire(wire: W, name: &'static str) -> Result<Self, Malformed>;
}

macro_rules! same {
    ($($scalar:ty)*) => {$(
        impl Field<$scalar> for $scalar {
            fn to_wire(self) -> $scalar {
                self
            }

            fn from_wire(wire: $scalar, _: &'static str) -> Result<Self, Malformed> {
                Ok(wire)
            }
        }
    )*};
}
same!(bool u32 u64 i64);

macro_rules! narrow {
    ($($scalar:ty)*) => {$(
        impl Field<u32> for $scalar {
            fn to_wire(self) -> u32 {
                self.into()
            }

            fn from_wire(wire: u32, name: &'static str) -> Result<Self, Malformed> {
                wire.try_into().map_err(|_| Malformed::Range(name))
            }
        }
    )*};
}
narrow!(u8 u16);

macro_rules! wrapped {
    ($($name:ident($inner:ty) as $wire:ty;)*) => {$(
        impl Field<$wire> for $name {
            fn to_wire(self) -> $wire {
                self.0.to_wire()
            }

            fn from_wire(wire: $wire, name: &'static str) -> Result<Self, Malformed> {
                Field::from_wire(wire, name).map(Self)
            }
        }
    )*};
}
wrapped! {
    ClusterId(u128) as Vec<u8>;
    PersonId(u128) as Vec<u8>;
    EncounterId(u128) as Vec<u8>;
    CoordinatorId(u64) as u64;
    NodeId(u64) as u64;
    Epoch(u64) as u64;
    Generation(u32) as u32;
    PartitionId(u16) as u32;
    GallerySet(u8) as u32;
    SetDigest([u64; 4]) as Vec<u64>;
}

impl Field<u32> for GalleryId {
    fn to_wire(self) -> u32 {
        self.index() as u32
    }

    fn from_wire(wire: u32, name: &'static str) -> Result<Self, Malformed> {
        u8::try_from(wire).ok().and_then(Self::new).ok_or(Malformed::Range(name))
    }
}

impl Field<Vec<u8>> for u128 {
    fn to_wire(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_wire(wire: Vec<u8>, name: &'static str) -> Result<Self, Malformed> {
        let bytes = wire.as_slice().try_into().map_err(|_| Malformed::Length(name))?;
        Ok(Self::from_be_bytes(bytes))
    }
}

impl<T, const N: usize> Field<Vec<T>> for [T; N] {
    fn to_wire(self) -> Vec<T> {
        self.into()
    }

    fn from_wire(wire: Vec<T>, name: &'static str) -> Result<Self, Malformed> {
        wire.try_into().map_err(|_| Malformed::Length(name))
    }
}

impl Field<Vec<u8>> for Payload {
    fn to_wire(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_wire(wire: Vec<u8>, name: &'static str) -> Result<Self, Malformed> {
        match wire.len() {
            0..=PAYLOAD_BYTES_MAX => Ok(wire.into()),
            _ => Err(Malformed::Length(name)),
        }
    }
}

impl<W, T: Field<W>> Field<Option<W>> for Option<T> {
    fn to_wire(self) -> Option<W> {
        self.map(Field::to_wire)
    }

    fn from_wire(wire: Option<W>, name: &'static str) -> Result<Self, Malformed> {
        wire.map(|wire| T::from_wire(wire, name)).transpose()
    }
}

macro_rules! lists {
    ($($list:ident<T $(: $bound:ident)?>)*) => {$(
        impl<W, T: Field<W> $(+ $bound)?> Field<Vec<W>> for $list<T> {
            fn to_wire(self) -> Vec<W> {
                self.into_iter().map(Field::to_wire).collect()
            }

            fn from_wire(wire: Vec<W>, name: &'static str) -> Result<Self, Malformed> {
                wire.into_iter().map(|wire| T::from_wire(wire, name)).collect()
            }
        }
    )*};
}
lists!(Vec<T> BTreeSet<T: Ord>);

/// A struct, field by field; wire fields have the same names.
macro_rules! structs {
    ($($core:ty as $wire:ident { $($field:ident),* $(,)? })*) => {$(
        impl $crate::field::Field<$crate::v1::$wire> for $core {
            fn to_wire(self) -> $crate::v1::$wire {
                $crate::v1::$wire { $($field: $crate::field::Field::to_wire(self.$field)),* }
            }

            fn from_wire(
                wire: $crate::v1::$wire,
                _: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                Ok(Self {
                    $($field: $crate::field::Field::from_wire(wire.$field, stringify!($field))?),*
                })
            }
        }
        $crate::field::required!($core as $crate::v1::$wire);
    )*};
}

/// A pair that travels as a message with two fields.
macro_rules! pairs {
    ($(($first:ty, $second:ty) as $($wire:ident)::+ { $a:ident, $b:ident })*) => {$(
        impl $crate::field::Field<$crate::v1::$($wire)::+> for ($first, $second) {
            fn to_wire(self) -> $crate::v1::$($wire)::+ {
                $crate::v1::$($wire)::+ {
                    $a: $crate::field::Field::to_wire(self.0),
                    $b: $crate::field::Field::to_wire(self.1),
                }
            }

            fn from_wire(
                wire: $crate::v1::$($wire)::+,
                _: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                Ok((
                    $crate::field::Field::from_wire(wire.$a, stringify!($a))?,
                    $crate::field::Field::from_wire(wire.$b, stringify!($b))?,
                ))
            }
        }
    )*};
}

/// An enum without values.
macro_rules! units {
    ($($core:ty as $wire:ident { $($variant:ident),* $(,)? })*) => {$(
        impl $crate::field::Field<i32> for $core {
            fn to_wire(self) -> i32 {
                match self { $(Self::$variant => $crate::v1::$wire::$variant as i32),* }
            }

            fn from_wire(wire: i32, name: &'static str) -> Result<Self, $crate::Malformed> {
                match $crate::v1::$wire::try_from(wire) {
                    $(Ok($crate::v1::$wire::$variant) => Ok(Self::$variant),)*
                    _ => Err($crate::Malformed::Unknown(name)),
                }
            }
        }
    )*};
}

/// An enum whose variants hold one value each, as a message with one `oneof kind`.
macro_rules! choices {
    ($($core:ty as $wire:ident in $module:ident { $($variant:ident),* $(,)? })*) => {$(
        impl $crate::field::Field<$crate::v1::$wire> for $core {
            fn to_wire(self) -> $crate::v1::$wire {
                use $crate::v1::$module::Kind;
                let kind = match self {
                    $(Self::$variant(value) => {
                        Kind::$variant($crate::field::Field::to_wire(value))
                    })*
                };
                $crate::v1::$wire { kind: Some(kind) }
            }

            fn from_wire(
                wire: $crate::v1::$wire,
                name: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                use $crate::v1::$module::Kind;
                match wire.kind.ok_or($crate::Malformed::Unknown(name))? {
                    $(Kind::$variant(value) => {
                        $crate::field::Field::from_wire(value, stringify!($variant))
                            .map(Self::$variant)
                    })*
                }
            }
        }
        $crate::field::required!($core as $crate::v1::$wire);
    )*};
}

/// A message that must be there.
macro_rules! required {
    ($core:ty as $wire:ty) => {
        impl $crate::field::Field<Option<$wire>> for $core {
            fn to_wire(self) -> Option<$wire> {
                Some($crate::field::Field::to_wire(self))
            }

            fn from_wire(
                wire: Option<$wire>,
                name: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                let wire = wire.ok_or($crate::Malformed::Missing(name))?;
                $crate::field::Field::from_wire(wire, name)
            }
        }
    };
}

pub(crate) use {choices, pairs, required, structs, units};
