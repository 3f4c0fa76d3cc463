//! An encounter as a replica holds it.

use crate::bytes::{Code, CodecError, Payload, Reader, Writer};
use crate::identity::{EncounterId, LogIndex, PersonId};

/// How many galleries a cluster has room for. A set of them is one byte in every record.
pub const GALLERIES: usize = 8;

/// A gallery, `0..GALLERIES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GalleryId(u8);

impl GalleryId {
    /// `None` when out of range.
    pub fn new(id: u8) -> Option<Self> {
        (usize::from(id) < GALLERIES).then_some(Self(id))
    }

    /// Position in arrays of [`GALLERIES`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Code for GalleryId {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Self::new(u8::read(reader)?).ok_or(CodecError::Value)
    }
}

/// The galleries that an encounter is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct GallerySet(pub u8);

impl GallerySet {
    /// Whether a gallery is among them.
    pub fn contains(self, gallery: GalleryId) -> bool {
        self.0 >> gallery.0 & 1 == 1
    }
}

impl Code for GallerySet {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        u8::read(reader).map(Self)
    }
}

/// What an encounter is to searches. Rejected and erased ones are terminal and in no replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EncounterState {
    /// Waits for its duplicate check.
    Pending,
    /// Registered.
    Active,
    /// Matches a registered encounter of another person; a human decides.
    Held,
    /// Decided to be a duplicate.
    Rejected,
    /// Erased.
    Erased,
}

impl EncounterState {
    /// Whether replicas hold it: pending, active or held.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Pending | Self::Active | Self::Held)
    }
}

crate::code_units!(EncounterState, "an encounter state" {
    0 => Pending, 1 => Active, 2 => Held, 3 => Rejected, 4 => Erased,
});

/// An encounter in a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub encounter: EncounterId,
    /// Whose it was when enrolled; later merges are known to the catalog alone.
    pub person: PersonId,
    /// Log index of its enrollment.
    pub enrolled_at: LogIndex,
    /// Alive states only.
    pub state: EncounterState,
    /// The galleries it is in.
    pub galleries: GallerySet,
    /// SHA-256 of what was enrolled.
    pub content: [u8; 32],
    /// The templates, opaque here.
    pub payload: Payload,
}

crate::code_struct!(Record { encounter, person, enrolled_at, state, galleries, content, payload });
