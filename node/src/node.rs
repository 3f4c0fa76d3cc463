//! A folder of references, open for enrollment, search and erasure.

use crate::enrollment::{EnrollOutcome, Enrollment, ErasureReceipt, StoredImage};
use crate::erasure;
use crate::error::{NodeError, RecordFault};
use crate::folder::{FORMAT_VERSION, Folder};
use crate::key;
use crate::metadata::{self, Metadata};
use crate::options::{LoadProgress, NodeOptions};
use crate::partition::{Changes, Family, Partition};
use crate::person::Person;
use crate::record::StoredReference;
use crate::resident::Resident;
use crate::source::{StoredTemplates, TemplateCache};
use crate::statistics::Statistics;
use crate::writer;
use matching::calibration::Calibration;
use search::{Engine, Identification, Probe, SearchError};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};
use vocabulary::{FingerPosition, FingerStatus, ImpressionKey, SubjectId, Template};

/// A folder of references, open in this process alone. All methods may be called from several
/// threads; changes are made one after the other, searches run beside them.
pub struct Node {
    // Fields drop in this order: the database closes before the folder is unlocked.
    pub(crate) partition: Partition,
    folder: Folder,
    pub(crate) options: NodeOptions,
    metadata: Metadata,
    /// Held by whoever changes the store.
    writer: Mutex<()>,
    resident: RwLock<Resident>,
    cache: TemplateCache,
    calibration: Calibration,
}

/// A reference with its template.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Under which key.
    pub key: ImpressionKey,
    /// Its template.
    pub template: Template,
    /// SHA-256 of the file received.
    pub digest: [u8; 32],
    /// Resolution of the stored image in ppi; `None` when no image is stored.
    pub image_ppi: Option<f32>,
}

/// A reference whose record on disk is damaged and which was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedReference {
    /// Its key, as far as it can be read.
    pub key: String,
    /// What does not fit.
    pub fault: RecordFault,
}

impl Node {
    /// Opens a folder, finishes what a killed process left unfinished, and loads the gallery.
    /// `progress` is called from this thread now and then.
    ///
    /// # Errors
    /// When the folder is missing, in use, of another kind, newer, made with other parameters or
    /// another extractor, damaged, or cannot be written.
    pub fn open(
        dir: impl AsRef<Path>,
        options: &NodeOptions,
        mut progress: impl FnMut(LoadProgress),
    ) -> Result<Self, NodeError> {
        let mut folder = Folder::open(dir.as_ref(), options.create)?;
        let fresh = !folder.is_complete();
        let partition = Partition::open(folder.path(), folder.partition(), fresh)?;
        let metadata = read_or_write_metadata(&partition, options, fresh)?;
        if fresh {
            folder.complete()?;
        }
        for subject in erasure::marked(&partition)? {
            erasure::finish(&partition, &subject)?;
        }
        let metadata = check_metadata(&partition, options, metadata)?;
        let resident = RwLock::new(Resident::load(&partition, options, &mut progress)?);
        Ok(Self {
            partition,
            folder,
            options: options.clone(),
            metadata,
            writer: Mutex::new(()),
            resident,
            cache: TemplateCache::default(),
            calibration: Calibration::shipped(),
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    fn read(&self) -> RwLockReadGuard<'_, Resident> {
        self.resident.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn resident_mut(&self) -> RwLockWriteGuard<'_, Resident> {
        self.resident.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forget_cached(&self, subject: &SubjectId) {
        self.cache.forget(subject);
    }

    /// Enrolls prints. What one call enrolls is written together or not at all; when this returns,
    /// it is synced to disk and found by searches. Outcomes come in the order of the enrollments. A
    /// call costs one disk sync and holds its images in memory about twice: some tens of megabytes
    /// a call are a good size.
    ///
    /// # Errors
    /// A template of another extractor, a digest that is not the image's, a damaged record in the
    /// way, or a failed write; nothing of this call is then acknowledged.
    pub fn enroll(&self, enrollments: Vec<Enrollment>) -> Result<Vec<EnrollOutcome>, NodeError> {
        writer::enroll(self, enrollments)
    }

    /// Declares that a finger is amputated, cannot be printed now, or (`Present`) is there after
    /// all.
    ///
    /// # Errors
    /// [`NodeError::FingerEnrolled`] when prints of a finger declared absent are enrolled, a
    /// damaged record, or a failed write.
    pub fn declare_finger(
        &self,
        subject: &SubjectId,
        position: FingerPosition,
        status: FingerStatus,
    ) -> Result<(), NodeError> {
        writer::declare_finger(self, subject, position, status)
    }

    /// Erases everything about a person: when this returns, no answer, no record and no file of
    /// the folder holds it. What was erased cannot be brought back.
    ///
    /// # Errors
    /// A failed write (then nothing was erased), or [`NodeError::ErasureUnfinished`]: no answer
    /// shows the person any more, and the next open goes on with the files.
    pub fn erase(&self, subject: &SubjectId) -> Result<ErasureReceipt, NodeError> {
        writer::erase(self, subject)
    }

    /// What [`Self::erase`] would remove of a person, counted the same way; no file is rewritten.
    ///
    /// # Errors
    /// A failed read. A damaged record is no error: it would be removed like any other.
    pub fn erasable(&self, subject: &SubjectId) -> Result<ErasureReceipt, NodeError> {
        writer::erasable(self, subject)
    }

    /// What stage 1 runs on, for people.
    pub fn runs_on(&self) -> String {
        self.options.kernels.name()
    }

    /// Brings devices in step with the gallery now, instead of in the next search: sends them what
    /// was enrolled.
    ///
    /// # Errors
    /// [`SearchError::Device`] when a device fails.
    pub fn settle(&self) -> Result<(), SearchError> {
        let resident = self.read();
        resident.galleries().iter().try_for_each(|gallery| self.options.kernels.settle(gallery))
    }

    /// Searches one probe; see [`search::identify`].
    ///
    /// # Errors
    /// As [`search::identify_many`]: another extractor's probe, a damaged reference, cancellation.
    pub fn identify(
        &self,
        probe: &Probe,
        options: &search::Options,
        progress: &dyn search::Progress,
    ) -> Result<Identification, SearchError> {
        let mut answers = self.identify_many(std::slice::from_ref(probe), options, progress)?;
        Ok(answers.pop().expect("one answer per probe"))
    }

    /// Searches several persons' probes in one pass over the gallery; an answer per probe.
    ///
    /// # Errors
    /// As [`search::identify_many`].
    pub fn identify_many(
        &self,
        probes: &[Probe],
        options: &search::Options,
        progress: &dyn search::Progress,
    ) -> Result<Vec<Identification>, SearchError> {
        let resident = self.read();
        let left_out: Vec<Vec<u8>> =
            resident.left_out.iter().map(|left_out| left_out.key.clone()).collect();
        let source = StoredTemplates {
            partition: &self.partition,
            cache: &self.cache,
            parameters: &self.options.parameters,
            left_out: &left_out,
        };
        let part = |gallery| search::Partition { gallery, source: &source };
        let partitions: Vec<_> = resident.galleries().iter().map(part).collect();
        let engine = Engine {
            kernels: &*self.options.kernels,
            parameters: &self.options.parameters,
            calibration: &self.calibration,
        };
        search::identify_many(probes, &partitions, &engine, options, progress)
    }

    /// What is known of a person besides the prints; `None` for a person who is not enrolled.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn subject(&self, subject: &SubjectId) -> Result<Option<Person>, NodeError> {
        let key = key::subject_start(subject);
        let Some(value) = self.partition.get(Family::Persons, &key)? else { return Ok(None) };
        Person::decode(&key, &value).map(Some).map_err(|fault| self.damaged_at(&key, fault))
    }

    /// All persons, in order.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn subjects(&self) -> Result<Vec<SubjectId>, NodeError> {
        let mut subjects = Vec::new();
        for pair in self.partition.range(Family::Persons, &[], None) {
            let (key, _) = pair?;
            let text = key.split_last().map_or(&key[..], |(_, text)| text);
            let subject = key::decode_subject(text);
            subjects.push(subject.ok_or_else(|| self.damaged_at(&key, RecordFault::Key))?);
        }
        Ok(subjects)
    }

    /// All references of a person, by position and impression.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, NodeError> {
        let (start, end) = (key::subject_start(subject), key::subject_end(subject));
        let pairs = self.partition.range(Family::References, &start, Some(&end));
        pairs
            .map(|pair| {
                let (bytes, value) = pair?;
                let key = key::decode(&bytes);
                let key = key.ok_or_else(|| self.damaged_at(&bytes, RecordFault::Key))?;
                self.decode(key, &value)
            })
            .collect()
    }

    /// One reference.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn reference(&self, key: &ImpressionKey) -> Result<Option<Reference>, NodeError> {
        match self.partition.get(Family::References, &key::encode(key))? {
            Some(value) => self.decode(key.clone(), &value).map(Some),
            None => Ok(None),
        }
    }

    fn decode(&self, key: ImpressionKey, value: &[u8]) -> Result<Reference, NodeError> {
        let bytes = key::encode(&key);
        let stored = StoredReference::decode(&bytes, value);
        let read = stored.and_then(|stored| Ok((stored.template()?, stored)));
        let (template, stored) = read.map_err(|fault| self.damaged_at(&bytes, fault))?;
        let StoredReference { digest, image_ppi, .. } = stored;
        Ok(Reference { key, template, digest, image_ppi })
    }

    /// SHA-256 of the file enrolled under a key: tells whether a file is enrolled already, before
    /// anything is extracted from it.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn digest(&self, key: &ImpressionKey) -> Result<Option<[u8; 32]>, NodeError> {
        let bytes = key::encode(key);
        let Some(value) = self.partition.get(Family::References, &bytes)? else { return Ok(None) };
        let stored = StoredReference::decode(&bytes, &value);
        stored.map(|stored| Some(stored.digest)).map_err(|fault| self.damaged_at(&bytes, fault))
    }

    /// The keys of a person with the SHA-256 of the files enrolled under them.
    ///
    /// # Errors
    /// A damaged record, or a failed read.
    pub fn digests(
        &self,
        subject: &SubjectId,
    ) -> Result<Vec<(ImpressionKey, [u8; 32])>, NodeError> {
        let (start, end) = (key::subject_start(subject), key::subject_end(subject));
        let pairs = self.partition.range(Family::References, &start, Some(&end));
        pairs
            .map(|pair| {
                let (bytes, value) = pair?;
                let stored = StoredReference::decode(&bytes, &value);
                let stored = stored.map_err(|fault| self.damaged_at(&bytes, fault))?;
                let key = key::decode(&bytes);
                let key = key.ok_or_else(|| self.damaged_at(&bytes, RecordFault::Key))?;
                Ok((key, stored.digest))
            })
            .collect()
    }

    /// The stored file of a reference; `None` when none is stored.
    ///
    /// # Errors
    /// A damaged image or record, or a failed read.
    pub fn image(&self, key: &ImpressionKey) -> Result<Option<StoredImage>, NodeError> {
        let Some(reference) = self.reference(key)? else { return Ok(None) };
        let Some(ppi) = reference.image_ppi else { return Ok(None) };
        let damaged = || NodeError::DamagedImage { dir: self.dir().to_owned(), key: key.clone() };
        let bytes = match self.partition.get(Family::Images, &key::encode(key)) {
            Ok(bytes) => bytes.ok_or_else(damaged)?,
            Err(NodeError::DamagedFiles { .. }) => return Err(damaged()),
            Err(error) => return Err(error),
        };
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != reference.digest {
            return Err(damaged());
        }
        Ok(Some(StoredImage { bytes, ppi }))
    }

    /// References that were left out because their records are damaged.
    pub fn damaged(&self) -> Vec<DamagedReference> {
        let left_out = &self.read().left_out;
        let damaged = left_out.iter().map(|left_out| DamagedReference {
            key: key::display(&left_out.key),
            fault: left_out.fault,
        });
        damaged.collect()
    }

    /// Counts and sizes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn stats(&self) -> Result<Statistics, NodeError> {
        let resident = self.read();
        let counts = resident.counts.clone();
        let bytes_resident = resident.bytes() as f64;
        Ok(Statistics {
            persons: counts.persons,
            references: counts.references,
            positions: counts.positions,
            extractors: counts.extractors,
            images: counts.images,
            declarations: counts.declarations,
            damaged: resident.left_out.len() as u64,
            bytes_on_disk: self.partition.bytes_on_disk()?,
            bytes_resident_per_reference: bytes_resident / counts.references.max(1) as f64,
            metadata: self.metadata,
        })
    }

    /// The error for a damaged record.
    pub(crate) fn damaged_at(&self, key: &[u8], fault: RecordFault) -> NodeError {
        let (dir, key) = (self.dir().to_owned(), key::display(key));
        NodeError::DamagedReference { dir, key, reason: fault }
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

fn read_or_write_metadata(
    partition: &Partition,
    options: &NodeOptions,
    fresh: bool,
) -> Result<Metadata, NodeError> {
    let damaged = |fault: RecordFault| NodeError::DamagedFiles {
        dir: partition.dir().to_owned(),
        detail: format!("metadata: {fault}"),
    };
    match partition.get(Family::Metadata, metadata::KEY)? {
        Some(value) => Metadata::decode(&value).map_err(damaged),
        None if !fresh => Err(damaged(RecordFault::Length)),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let metadata = Metadata {
                format: FORMAT_VERSION,
                extractor: options.extractor,
                parameters_hash: options.parameters.configuration_hash(),
                created_unix_s: now.as_secs(),
            };
            write_metadata(partition, &metadata)?;
            Ok(metadata)
        }
    }
}

pub(crate) fn write_metadata(partition: &Partition, metadata: &Metadata) -> Result<(), NodeError> {
    let mut changes = Changes::default();
    changes.put(Family::Metadata, metadata::KEY.to_vec(), metadata.encode());
    partition.write(changes)
}

/// Refuses templates that cannot be compared; packs records again when asked to.
fn check_metadata(
    partition: &Partition,
    options: &NodeOptions,
    metadata: Metadata,
) -> Result<Metadata, NodeError> {
    let dir = || partition.dir().to_owned();
    if metadata.format > FORMAT_VERSION {
        let (found, supported) = (metadata.format, FORMAT_VERSION);
        return Err(NodeError::NewerFormat { dir: dir(), found, supported });
    }
    if metadata.extractor != options.extractor {
        let (found, current) = (metadata.extractor, options.extractor);
        return Err(NodeError::OtherExtractor { dir: dir(), found, current });
    }
    let current = options.parameters.configuration_hash();
    if metadata.parameters_hash == current {
        return Ok(metadata);
    }
    if options.repack {
        return writer::repack(partition, &options.parameters, metadata);
    }
    let (found, current) = (metadata.parameters_hash, current);
    let (found, current) = (format!("{found:016x}"), format!("{current:016x}"));
    Err(NodeError::OtherParameters { dir: dir(), found, current })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::StoredTemplates;
    use search::ReferenceSource;
    use vocabulary::ImpressionLabel;

    /// References that stages 2 and 3 would compare with.
    fn compared_with(node: &Node, subject: &SubjectId) -> usize {
        let source = StoredTemplates {
            partition: &node.partition,
            cache: &node.cache,
            parameters: &node.options.parameters,
            left_out: &[],
        };
        source.references(subject).unwrap().len()
    }

    fn enroll(node: &Node, subject: &SubjectId, impression: &str) {
        let key = ImpressionKey {
            subject: subject.clone(),
            position: FingerPosition::UNKNOWN,
            impression: ImpressionLabel::new(impression).unwrap(),
        };
        let template = synthesis::templates::finger(1, 1).template();
        let enrollment = Enrollment { key, template, digest: [0; 32], image: None };
        assert_eq!(node.enroll(vec![enrollment]).unwrap(), [EnrollOutcome::Enrolled]);
    }

    #[test]
    fn cached_templates_follow_every_change_of_a_person() {
        let dir = tempfile::tempdir().unwrap();
        let extractor = synthesis::templates::finger(1, 1).template().header().extractor;
        let options = NodeOptions::new(extractor).creating();
        let node = Node::open(dir.path(), &options, |_| {}).unwrap();
        let person = SubjectId::new("a").unwrap();
        enroll(&node, &person, "1");
        assert_eq!(compared_with(&node, &person), 1);
        enroll(&node, &person, "2");
        assert_eq!(compared_with(&node, &person), 2);
        node.erase(&person).unwrap();
        assert_eq!(compared_with(&node, &person), 0);
    }
}
