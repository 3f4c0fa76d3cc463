//! What the log does to a partition.

use crate::bytes::{Code, CodecError, Reader, Writer};
use crate::identity::EncounterId;
use crate::record::{EncounterState, GallerySet, Record};

/// What a mark asks of every replica, exactly at its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Report the digest.
    Digest,
    /// Keep a checkpoint: a consistent cut of the whole cluster.
    Backup,
    /// Keep a checkpoint to bootstrap from.
    Checkpoint,
}

crate::code_units!(MarkKind, "a mark" { 0 => Digest, 1 => Backup, 2 => Checkpoint });

/// One change of a partition. All effects of an index are applied together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A new encounter.
    Put(Record),
    /// An encounter changes state or galleries.
    Alter {
        /// Which.
        encounter: EncounterId,
        /// The state from now on; alive.
        state: EncounterState,
        /// The galleries from now on.
        galleries: GallerySet,
    },
    /// An encounter is gone: rejected or erased.
    Remove(EncounterId),
    /// A mark.
    Mark {
        /// What to do.
        kind: MarkKind,
        /// Which mark.
        id: u64,
    },
}

impl Effect {
    /// Bytes that retaining any effect costs beyond its payload, generously.
    pub const BOOKKEEPING_BYTES: u64 = 128;

    /// Bytes that retaining it costs.
    pub fn retained_bytes(&self) -> u64 {
        let payload = match self {
            Self::Put(record) => record.payload.as_bytes().len(),
            _ => 0,
        };
        payload as u64 + Self::BOOKKEEPING_BYTES
    }
}

impl Code for Effect {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Put(record) => {
                0u8.write(writer);
                record.write(writer);
            }
            Self::Alter { encounter, state, galleries } => {
                1u8.write(writer);
                encounter.write(writer);
                state.write(writer);
                galleries.write(writer);
            }
            Self::Remove(encounter) => {
                2u8.write(writer);
                encounter.write(writer);
            }
            Self::Mark { kind, id } => {
                3u8.write(writer);
                kind.write(writer);
                id.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(match u8::read(reader)? {
            0 => Self::Put(reader.get()?),
            1 => Self::Alter {
                encounter: reader.get()?,
                state: reader.get()?,
                galleries: reader.get()?,
            },
            2 => Self::Remove(reader.get()?),
            3 => Self::Mark { kind: reader.get()?, id: reader.get()? },
            tag => return Err(CodecError::Tag { what: "an effect", tag }),
        })
    }
}
