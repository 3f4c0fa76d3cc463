//! The catalog as bytes: a version, every field that is not derived, and SHA-256 over both.

use super::{Catalog, ErasureRow};
use crate::catalog::{Audit, EncounterRow, MarkRow, NodeRow, PartitionRow, PersonRow};
use crate::command::PINS_SINCE;
use replication::{CodecError, EncounterState, LogIndex, Mutation, Reader, Writer, is_mutated};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SNAPSHOT_VERSION: u8 = 1;
const DIGEST_BYTES: usize = 32;

impl Catalog {
    /// The byte form. Equal catalogs give equal bytes.
    pub fn to_snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.put(&SNAPSHOT_VERSION);
        writer.put(&self.cluster);
        writer.put(&self.generation);
        writer.put(&self.feature_level);
        writer.put(&self.policy);
        writer.put(&self.applied);
        writer.put(&self.time_ms);
        writer.put(&self.encounters);
        if is_mutated(Mutation::SnapshotWithoutTombstones) {
            writer.put(&BTreeMap::<replication::EncounterId, LogIndex>::new());
        } else {
            writer.put(&self.tombstones);
        }
        writer.put(&self.persons);
        writer.put(&self.person_tombstones);
        writer.put(&self.kek_epoch);
        writer.put(&self.keys);
        writer.put(&self.erasures);
        writer.put(&self.partitions);
        writer.put(&self.nodes);
        writer.put(&self.placement_changed_at);
        writer.put(&self.marks);
        writer.put(&self.audit);
        // As releases that know no pins write it, for as long as there may be some.
        if self.feature_level >= PINS_SINCE {
            writer.put(&self.pins);
        }
        let mut bytes = writer.into_bytes();
        let digest: [u8; DIGEST_BYTES] = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// SHA-256 over the byte form, as its last bytes hold it.
    pub fn digest(&self) -> [u8; 32] {
        let bytes = self.to_snapshot();
        bytes.last_chunk().copied().unwrap_or_default()
    }

    /// Reads [`Catalog::to_snapshot`].
    ///
    /// # Errors
    /// [`CodecError::Value`] when the digest does not fit; else what the bytes lack.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, CodecError> {
        let (content, digest) =
            bytes.split_last_chunk::<DIGEST_BYTES>().ok_or(CodecError::Truncated)?;
        if <[u8; DIGEST_BYTES]>::from(Sha256::digest(content)) != *digest {
            return Err(CodecError::Value);
        }
        let mut reader = Reader::new(content);
        match reader.get::<u8>()? {
            SNAPSHOT_VERSION => {}
            version => return Err(CodecError::Version(version)),
        }
        let mut catalog = Self {
            cluster: reader.get()?,
            generation: reader.get()?,
            feature_level: reader.get()?,
            policy: reader.get()?,
            applied: reader.get()?,
            time_ms: reader.get()?,
            encounters: reader.get::<BTreeMap<_, EncounterRow>>()?,
            pending: Default::default(),
            unchecked: Default::default(),
            held: Default::default(),
            tombstones: reader.get()?,
            persons: reader.get::<BTreeMap<_, PersonRow>>()?,
            person_tombstones: reader.get()?,
            merged_from: BTreeMap::new(),
            kek_epoch: reader.get()?,
            keys: reader.get()?,
            erasures: reader.get::<Vec<ErasureRow>>()?,
            partitions: reader.get::<Vec<PartitionRow>>()?,
            retained_bytes: 0,
            nodes: reader.get::<BTreeMap<_, NodeRow>>()?,
            placement_changed_at: reader.get()?,
            marks: reader.get::<Vec<MarkRow>>()?,
            audit: reader.get::<Audit>()?,
            pins: BTreeMap::new(),
            effects: BTreeMap::new(),
        };
        if catalog.feature_level >= PINS_SINCE {
            catalog.pins = reader.get()?;
        }
        reader.end()?;
        for (person, row) in &catalog.persons {
            if let Some(into) = row.merged_into {
                catalog.merged_from.entry(into).or_default().insert(*person);
            }
        }
        let pending =
            catalog.encounters.iter().filter(|(_, row)| row.state == EncounterState::Pending);
        catalog.pending = pending.map(|(id, row)| (row.enrolled_at, *id)).collect();
        let unchecked = catalog.encounters.iter().filter(|(_, row)| row.unchecked.is_some());
        catalog.unchecked = unchecked.map(|(id, row)| (row.enrolled_at, *id)).collect();
        let held = catalog.encounters.iter().filter(|(_, row)| row.state == EncounterState::Held);
        catalog.held = held.map(|(id, _)| *id).collect();
        catalog.retained_bytes = catalog.partitions.iter().map(PartitionRow::retained_bytes).sum();
        Ok(catalog)
    }
}
