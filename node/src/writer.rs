//! Everything that changes the store.

use crate::enrollment::{EnrollOutcome, Enrollment, ErasureReceipt, StoredImage};
use crate::erasure;
use crate::error::NodeError;
use crate::key;
use crate::metadata::Metadata;
use crate::node::{Node, write_metadata};
use crate::partition::{Changes, Family, Partition};
use crate::person::Person;
use crate::record::{PPI, StoredReference};
use crate::resident::counted;
use crate::statistics::Counted;
use formats::template::private;
use matching::{Parameters, descriptor};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vocabulary::{ExtractorVersion, FingerPosition, FingerStatus, ImpressionKey, SubjectId};

/// References packed again per batch.
const REPACK_CHUNK: usize = 4096;

/// An enrollment with everything computed that needs no lock.
struct Prepared {
    key: ImpressionKey,
    bytes: Vec<u8>,
    stored: StoredReference,
    image: Option<Vec<u8>>,
}

/// See [`Node::enroll`].
pub(crate) fn enroll(
    node: &Node,
    enrollments: Vec<Enrollment>,
) -> Result<Vec<EnrollOutcome>, NodeError> {
    let prepared: Vec<Prepared> =
        enrollments.into_par_iter().map(|e| prepare(node, e)).collect::<Result<_, _>>()?;
    let _writer = node.lock_writer();
    let mut batch = Batch::new(node);
    let outcomes = prepared.into_iter().map(|prepared| batch.add(prepared));
    let outcomes = outcomes.collect::<Result<Vec<_>, _>>()?;
    batch.write()?;
    Ok(outcomes)
}

fn prepare(node: &Node, enrollment: Enrollment) -> Result<Prepared, NodeError> {
    let Enrollment { key, template, digest, image } = enrollment;
    let (found, current) = (template.header().extractor, node.options.extractor);
    if found != current && found != ExtractorVersion::FOREIGN {
        return Err(NodeError::TemplateVersion { key, found, current });
    }
    // What is stored must be read again: an image of no known resolution would count as damaged.
    if let Some(ppi) = image.as_ref().map(|image| image.ppi).filter(|ppi| !PPI.contains(ppi)) {
        return Err(NodeError::Resolution { key, ppi });
    }
    let is_digest = |image: &StoredImage| <[u8; 32]>::from(Sha256::digest(&image.bytes)) == digest;
    if !image.as_ref().is_none_or(is_digest) {
        return Err(NodeError::DigestMismatch { key });
    }
    let impression = template.header().impression;
    let template = template.relabeled(key.position, impression);
    let packed = descriptor::pack(&template, &node.options.parameters);
    let ppi = image.as_ref().map(|image| image.ppi);
    let stored = StoredReference::new(digest, ppi, packed, private::encode(&template));
    let bytes = key::encode(&key);
    Ok(Prepared { key, bytes, stored, image: image.map(|image| image.bytes) })
}

/// Enrollments that are written together.
struct Batch<'a> {
    node: &'a Node,
    changes: Changes,
    persons: BTreeMap<SubjectId, Person>,
    new_persons: u64,
    cleared_declarations: u64,
    added: BTreeMap<Vec<u8>, (ImpressionKey, StoredReference)>,
}

impl<'a> Batch<'a> {
    fn new(node: &'a Node) -> Self {
        Self {
            node,
            changes: Changes::default(),
            persons: BTreeMap::new(),
            new_persons: 0,
            cleared_declarations: 0,
            added: BTreeMap::new(),
        }
    }

    fn add(&mut self, prepared: Prepared) -> Result<EnrollOutcome, NodeError> {
        let Prepared { key, bytes, stored, image } = prepared;
        let enrolled = match self.added.get(&bytes) {
            Some((_, pending)) => Some(pending.digest),
            None => self.node.digest(&key)?,
        };
        if let Some(digest) = enrolled {
            let same = digest == stored.digest;
            return Ok(if same { EnrollOutcome::AlreadyEnrolled } else { EnrollOutcome::Conflict });
        }
        let person = self.person(&key.subject)?;
        if person.absent.get(&key.position) == Some(&FingerStatus::Amputated) {
            return Ok(EnrollOutcome::FingerAbsent(FingerStatus::Amputated));
        }
        person.references += 1;
        person.images += u32::from(image.is_some());
        let cleared = person.absent.remove(&key.position).is_some();
        self.cleared_declarations += u64::from(cleared);
        let value = stored.encode(&bytes);
        self.changes.put(Family::References, bytes.clone(), value);
        if let Some(image) = image {
            self.changes.put(Family::Images, bytes.clone(), image);
        }
        self.added.insert(bytes, (key, stored));
        Ok(EnrollOutcome::Enrolled)
    }

    /// The person as this batch leaves it.
    fn person(&mut self, subject: &SubjectId) -> Result<&mut Person, NodeError> {
        if !self.persons.contains_key(subject) {
            erasure::finish_begun(&self.node.partition, subject)?;
            let known = self.node.subject(subject)?;
            self.new_persons += u64::from(known.is_none());
            self.persons.insert(subject.clone(), known.unwrap_or_default());
        }
        Ok(self.persons.get_mut(subject).expect("it was inserted above"))
    }

    /// Writes to disk, then to memory.
    fn write(mut self) -> Result<(), NodeError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        for (subject, person) in &self.persons {
            let key = key::subject_start(subject);
            let value = person.encode(&key);
            self.changes.put(Family::Persons, key, value);
        }
        self.node.partition.write(self.changes)?;
        let mut resident = self.node.resident_mut();
        resident.counts.persons += self.new_persons;
        resident.counts.declarations -= self.cleared_declarations;
        for (key, stored) in self.added.values() {
            let added = resident.add(key, &stored.packed, stored.image_ppi.is_some());
            let dir = || self.node.dir().to_owned();
            added.map_err(|source| NodeError::Gallery { dir: dir(), source })?;
        }
        for subject in self.persons.keys() {
            self.node.forget_cached(subject);
        }
        Ok(())
    }
}

/// See [`Node::declare_finger`].
pub(crate) fn declare_finger(
    node: &Node,
    subject: &SubjectId,
    position: FingerPosition,
    status: FingerStatus,
) -> Result<(), NodeError> {
    let _writer = node.lock_writer();
    let known = node.subject(subject)?;
    let is_new = known.is_none();
    let mut person = known.unwrap_or_default();
    let before = person.absent.len() as u64;
    if status == FingerStatus::Present {
        person.absent.remove(&position);
    } else {
        let mut fingers = node.references(subject)?.into_iter().map(|reference| reference.key);
        if fingers.any(|key| key.position == position) {
            return Err(NodeError::FingerEnrolled { subject: subject.clone(), position });
        }
        person.absent.insert(position, status);
    }
    let after = person.absent.len() as u64;
    let key = key::subject_start(subject);
    let mut changes = Changes::default();
    if person.is_empty() {
        changes.delete(Family::Persons, key);
    } else {
        let value = person.encode(&key);
        changes.put(Family::Persons, key, value);
    }
    node.partition.write(changes)?;
    let counts = &mut node.resident_mut().counts;
    counts.declarations = counts.declarations + after - before;
    counts.persons += u64::from(is_new && !person.is_empty());
    counts.persons -= u64::from(!is_new && person.is_empty());
    Ok(())
}

/// What is known of a person, and the changes that remove it.
struct Known {
    receipt: ErasureReceipt,
    changes: Changes,
    /// The keys of the references, and what each adds to the counts unless it is damaged.
    references: Vec<(Vec<u8>, Option<Counted>)>,
}

impl Known {
    fn of(node: &Node, subject: &SubjectId) -> Result<Self, NodeError> {
        let (mut receipt, mut changes) = (ErasureReceipt::default(), Changes::default());
        let (start, end) = (key::subject_start(subject), key::subject_end(subject));
        let mut references = Vec::new();
        for pair in node.partition.range(Family::References, &start, Some(&end)) {
            let (bytes, value) = pair?;
            let stored = StoredReference::decode(&bytes, &value).ok().zip(key::decode(&bytes));
            let counts = stored
                .map(|(stored, key)| counted(&key, &stored.packed, stored.image_ppi.is_some()));
            receipt.references += 1;
            receipt.images += u64::from(counts.is_some_and(|counts| counts.image));
            changes.delete(Family::References, bytes.to_vec());
            changes.delete(Family::Images, bytes.to_vec());
            references.push((bytes.to_vec(), counts));
        }
        if let Some(value) = node.partition.get(Family::Persons, &start)? {
            let declared = Person::decode(&start, &value).map_or(0, |person| person.absent.len());
            (receipt.persons, receipt.declarations) = (1, declared as u64);
            changes.delete(Family::Persons, start);
        }
        Ok(Self { receipt, changes, references })
    }
}

/// See [`Node::erasable`].
pub(crate) fn erasable(node: &Node, subject: &SubjectId) -> Result<ErasureReceipt, NodeError> {
    Known::of(node, subject).map(|known| known.receipt)
}

/// See [`Node::erase`].
pub(crate) fn erase(node: &Node, subject: &SubjectId) -> Result<ErasureReceipt, NodeError> {
    let _writer = node.lock_writer();
    let Known { mut receipt, mut changes, references } = Known::of(node, subject)?;
    if changes.is_empty() {
        // An erasure that failed left no record, but perhaps bytes in files.
        erasure::finish_begun(&node.partition, subject)?;
        return Ok(receipt);
    }
    erasure::mark(&mut changes, subject);
    node.partition.write(changes)?;
    let forgotten = forget(node, subject, &references, &receipt);
    receipt.files_rewritten = erasure::finish(&node.partition, subject)?;
    forgotten.map(|()| receipt)
}

/// Takes a person out of memory, that of devices included.
fn forget(
    node: &Node,
    subject: &SubjectId,
    removed: &[(Vec<u8>, Option<Counted>)],
    receipt: &ErasureReceipt,
) -> Result<(), NodeError> {
    let mut resident = node.resident_mut();
    let settled = node.options.kernels.settle(resident.remove(subject));
    for (bytes, counts) in removed {
        let was_left_out = resident.left_out.iter().any(|left_out| left_out.key == *bytes);
        if let (Some(counts), false) = (counts, was_left_out) {
            resident.counts.remove(*counts);
        }
    }
    let start = key::subject_start(subject);
    resident.left_out.retain(|left_out| !left_out.key.starts_with(&start));
    resident.counts.persons -= receipt.persons;
    resident.counts.declarations -= receipt.declarations;
    drop(resident);
    node.forget_cached(subject);
    settled.map_err(|cause| NodeError::ErasureOnDevice { subject: subject.clone(), cause })
}

/// Packs all references again, from their templates: for other parameters, or when records were of
/// another descriptor version. Killed in between, the
/// folder is refused until it is packed again to the end.
pub(crate) fn repack(
    partition: &Partition,
    parameters: &Parameters,
    metadata: Metadata,
) -> Result<Metadata, NodeError> {
    write_metadata(partition, &Metadata { parameters_hash: 0, ..metadata })?;
    let mut pairs = partition.range(Family::References, &[], None);
    loop {
        let chunk = pairs.by_ref().take(REPACK_CHUNK).collect::<Result<Vec<_>, _>>()?;
        if chunk.is_empty() {
            break;
        }
        let values = chunk.par_iter().map(|(key, value)| {
            let stored = StoredReference::decode_repacking(key, value, parameters)?;
            Ok(stored.encode(key))
        });
        let values: Vec<Result<Vec<u8>, _>> = values.collect();
        let mut changes = Changes::default();
        for ((key, _), value) in chunk.into_iter().zip(values) {
            let value = value.map_err(|reason| NodeError::DamagedReference {
                dir: partition.dir().to_owned(),
                key: key::display(&key),
                reason,
            })?;
            changes.put(Family::References, key.into_vec(), value);
        }
        partition.write(changes)?;
    }
    let metadata = Metadata { parameters_hash: parameters.configuration_hash(), ..metadata };
    write_metadata(partition, &metadata)?;
    Ok(metadata)
}
