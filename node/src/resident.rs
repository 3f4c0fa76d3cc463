//! What is held in memory of a partition, and how it is loaded.

use crate::error::{NodeError, RecordFault};
use crate::key;
use crate::options::{LoadProgress, NodeOptions, OnDamage};
use crate::partition::{Family, Partition};
use crate::person::Person;
use crate::record::StoredReference;
use crate::statistics::{Counted, Counts};
use matching::PackedRecord;
use rayon::prelude::*;
use search::{Gallery, GalleryError};
use vocabulary::{ExtractorVersion, ImpressionKey, SubjectId};

/// References decoded at a time; some ten megabytes.
const CHUNK: usize = 4096;

/// The galleries with their counts.
pub(crate) struct Resident {
    /// One for each device that searches; a person is in one of them.
    galleries: Vec<Gallery>,
    pub(crate) counts: Counts,
    /// References left out as damaged.
    pub(crate) left_out: Vec<LeftOut>,
}

/// A damaged reference that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Its key on disk.
    pub(crate) key: Vec<u8>,
    pub(crate) fault: RecordFault,
}

impl Resident {
    /// Reads all persons and references, in the order of their keys.
    pub(crate) fn load(
        partition: &Partition,
        options: &NodeOptions,
        progress: &mut dyn FnMut(LoadProgress),
    ) -> Result<Self, NodeError> {
        let parts = 0..options.kernels.parts().max(1);
        let galleries = parts.map(|_| Gallery::new(&options.parameters)).collect();
        let mut resident = Self { galleries, counts: Counts::default(), left_out: Vec::new() };
        let expected_references = resident.load_persons(partition, options)?;
        resident.load_references(partition, options, expected_references, progress)?;
        let found = resident.counts.references + resident.left_out.len() as u64;
        if found != expected_references && options.on_damage == OnDamage::Refuse {
            let detail =
                format!("{expected_references} references were written, {found} are there");
            return Err(NodeError::DamagedFiles { dir: partition.dir().to_owned(), detail });
        }
        Ok(resident)
    }

    pub(crate) fn galleries(&self) -> &[Gallery] {
        &self.galleries
    }

    /// Takes a person out of the gallery, which is returned.
    pub(crate) fn remove(&mut self, subject: &SubjectId) -> &Gallery {
        let gallery = self.gallery_of(subject);
        gallery.remove_subject(subject);
        gallery
    }

    /// The gallery that holds a person, or would.
    fn gallery_of(&mut self, subject: &SubjectId) -> &mut Gallery {
        // Any rule will do, as long as it is always the same: where a person is held never shows.
        let hash = crc32fast::hash(subject.as_str().as_bytes()) as usize;
        let part = hash % self.galleries.len();
        &mut self.galleries[part]
    }

    /// Bytes of memory that the galleries take.
    pub(crate) fn bytes(&self) -> usize {
        self.galleries.iter().map(Gallery::resident_bytes).sum()
    }

    /// Counts the persons; how many references they have.
    fn load_persons(
        &mut self,
        partition: &Partition,
        options: &NodeOptions,
    ) -> Result<u64, NodeError> {
        let mut references = 0;
        for pair in partition.range(Family::Persons, &[], None) {
            let (key, value) = pair?;
            self.counts.persons += 1;
            match Person::decode(&key, &value) {
                Ok(person) => {
                    references += u64::from(person.references);
                    self.counts.declarations += person.absent.len() as u64;
                }
                Err(fault) => self.leave_out(partition, options, &key, fault)?,
            }
        }
        Ok(references)
    }

    fn load_references(
        &mut self,
        partition: &Partition,
        options: &NodeOptions,
        expected: u64,
        progress: &mut dyn FnMut(LoadProgress),
    ) -> Result<(), NodeError> {
        let mut pairs = partition.range(Family::References, &[], None);
        loop {
            let chunk = pairs.by_ref().take(CHUNK).collect::<Result<Vec<_>, _>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            let decoded: Vec<_> =
                chunk.par_iter().map(|(key, value)| Decoded::new(key, value)).collect();
            for ((key, _), decoded) in chunk.iter().zip(decoded) {
                let added = decoded.and_then(|decoded| self.add_loaded(&decoded));
                if let Err(fault) = added {
                    self.leave_out(partition, options, key, fault)?;
                }
            }
            let loaded = self.counts.references;
            progress(LoadProgress { loaded, expected: expected.max(loaded) });
        }
    }

    fn add_loaded(&mut self, decoded: &Decoded) -> Result<(), RecordFault> {
        let Decoded { key, packed, image } = decoded;
        self.gallery_of(&key.subject).append(key, packed).map_err(|_| RecordFault::Value)?;
        self.counts.add(counted(key, packed, *image));
        Ok(())
    }

    /// Adds a reference that was written.
    pub(crate) fn add(
        &mut self,
        key: &ImpressionKey,
        packed: &PackedRecord,
        image: bool,
    ) -> Result<(), GalleryError> {
        self.gallery_of(&key.subject).append(key, packed)?;
        self.counts.add(counted(key, packed, image));
        Ok(())
    }

    fn leave_out(
        &mut self,
        partition: &Partition,
        options: &NodeOptions,
        key: &[u8],
        fault: RecordFault,
    ) -> Result<(), NodeError> {
        if options.on_damage == OnDamage::Refuse {
            let (dir, key) = (partition.dir().to_owned(), key::display(key));
            return Err(NodeError::DamagedReference { dir, key, reason: fault });
        }
        self.left_out.push(LeftOut { key: key.to_vec(), fault });
        Ok(())
    }
}

/// What a reference adds to the counts.
pub(crate) fn counted(key: &ImpressionKey, packed: &PackedRecord, image: bool) -> Counted {
    let extractor = ExtractorVersion(packed.extractor_version);
    Counted { position: key.position, extractor, image }
}

struct Decoded {
    key: ImpressionKey,
    packed: PackedRecord,
    image: bool,
}

impl Decoded {
    fn new(key: &[u8], value: &[u8]) -> Result<Self, RecordFault> {
        let stored = StoredReference::decode(key, value)?;
        let key = key::decode(key).ok_or(RecordFault::Key)?;
        Ok(Self { key, packed: stored.packed, image: stored.image_ppi.is_some() })
    }
}
