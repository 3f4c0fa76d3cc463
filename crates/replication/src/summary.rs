//! What a partition holds, in a few numbers that add up.
//!
//! The digest is a sum of hashes, one per record, so it does not depend on the order of changes and
//! an erasure subtracts. It tells replicas apart that differ by accident; it is no proof against
//! somebody who chooses records to make sums collide (Bellare and Micciancio, 1997, AdHash).

use crate::bytes::Code;
use crate::mutation::{Mutation, is_mutated};
use crate::record::{EncounterState, GALLERIES, Record};
use crate::scan::Scope;
use sha2::{Digest, Sha256};

/// Sum of record hashes, lane by lane modulo 2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetDigest(pub [u64; 4]);

crate::code_struct!(Summary { digest, alive, active, alive_in, active_in });

impl Code for SetDigest {
    fn write(&self, writer: &mut crate::Writer) {
        self.0.write(writer);
    }

    fn read(reader: &mut crate::Reader<'_>) -> Result<Self, crate::CodecError> {
        Code::read(reader).map(Self)
    }
}

/// Counts and digest of the alive records of a partition at one log index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Over every field of every record save the payload, which `content` stands for.
    pub digest: SetDigest,
    /// Records.
    pub alive: u32,
    /// Active records.
    pub active: u32,
    /// Records by gallery.
    pub alive_in: [u32; GALLERIES],
    /// Active records by gallery.
    pub active_in: [u32; GALLERIES],
}

impl Summary {
    /// Takes a record in.
    pub fn add(&mut self, record: &Record) {
        self.change(record, u64::wrapping_add, |count| count.wrapping_add(1));
    }

    /// Takes a record out that was added.
    pub fn remove(&mut self, record: &Record) {
        if is_mutated(Mutation::DigestSkipsRemovals) {
            return self.change(record, |sum, _| sum, |count| count.wrapping_sub(1));
        }
        self.change(record, u64::wrapping_sub, |count| count.wrapping_sub(1));
    }

    /// How many records a scan of this scope must look at.
    pub fn eligible(&self, scope: Scope) -> u32 {
        match (scope.active_only, scope.gallery) {
            (false, None) => self.alive,
            (true, None) => self.active,
            (false, Some(gallery)) => self.alive_in[gallery.index()],
            (true, Some(gallery)) => self.active_in[gallery.index()],
        }
    }

    fn change(&mut self, record: &Record, sum: fn(u64, u64) -> u64, count: fn(u32) -> u32) {
        for (lane, hash) in self.digest.0.iter_mut().zip(lanes(record)) {
            *lane = sum(*lane, hash);
        }
        let active = record.state == EncounterState::Active;
        self.alive = count(self.alive);
        if active {
            self.active = count(self.active);
        }
        for gallery in (0..GALLERIES).filter(|g| record.galleries.0 >> g & 1 == 1) {
            self.alive_in[gallery] = count(self.alive_in[gallery]);
            if active {
                self.active_in[gallery] = count(self.active_in[gallery]);
            }
        }
    }
}

fn lanes(record: &Record) -> [u64; 4] {
    let mut hasher = Sha256::new();
    hasher.update(record.encounter.0.to_le_bytes());
    hasher.update(record.person.0.to_le_bytes());
    hasher.update(record.enrolled_at.to_le_bytes());
    hasher.update([record.state as u8, record.galleries.0]);
    hasher.update(record.content);
    let hash: [u8; 32] = hasher.finalize().into();
    let lane = |i: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash[8 * i..8 * i + 8]);
        u64::from_le_bytes(bytes)
    };
    [lane(0), lane(1), lane(2), lane(3)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncounterId, GallerySet, Payload, PersonId};

    fn record(id: u128, state: EncounterState) -> Record {
        Record {
            encounter: EncounterId(id),
            person: PersonId(1),
            enrolled_at: 5,
            state,
            galleries: GallerySet(0b101),
            content: [3; 32],
            payload: Payload::default(),
        }
    }

    #[test]
    fn a_summary_forgets_what_is_removed_and_the_order_of_what_is_added() {
        let (a, b) = (record(1, EncounterState::Active), record(2, EncounterState::Held));
        let (mut one, mut other) = (Summary::default(), Summary::default());
        [&a, &b].iter().for_each(|r| one.add(r));
        [&b, &a].iter().for_each(|r| other.add(r));
        assert_eq!(one, other);
        assert_eq!((one.alive, one.active, one.alive_in[2], one.active_in[0]), (2, 1, 2, 1));
        one.remove(&a);
        one.remove(&b);
        assert_eq!(one, Summary::default());
    }

    #[test]
    fn every_field_but_the_payload_changes_the_digest() {
        let base = record(1, EncounterState::Active);
        let changes: [fn(&mut Record); 6] = [
            |r| r.encounter = EncounterId(9),
            |r| r.person = PersonId(9),
            |r| r.enrolled_at = 9,
            |r| r.state = EncounterState::Held,
            |r| r.galleries = GallerySet(1),
            |r| r.content = [9; 32],
        ];
        let digest = |record: &Record| {
            let mut summary = Summary::default();
            summary.add(record);
            summary.digest
        };
        for change in changes {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(digest(&changed), digest(&base));
        }
    }
}
