//! One partition replica.
//!
//! Store layout: `m` -> sealed [`Meta`]; `e` and an encounter id -> sealed [`Record`]. A sealed
//! value ends with the CRC-32 of key and value. Each batch holds the changes **and** the index that
//! they lead to, so a crash leaves the replica at some index and never between two.

use crate::bytes::{Code, CodecError, Payload, Reader, Writer};
use crate::effect::{Effect, MarkKind};
use crate::identity::{EncounterId, Generation, LogIndex, PartitionId};
use crate::kv::{Batch, Change, Kv, KvError, Pair};
use crate::message::MarkDigest;
use crate::mutation::{Mutation, is_mutated};
use crate::record::Record;
use crate::summary::Summary;
use crate::tail::TailSegment;
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;

/// Digests at marks that are kept for reports.
const MARKS_KEPT: usize = 4;
const META_KEY: &[u8] = b"m";
const RECORD_PREFIX: &[u8] = b"e";

/// Why a replica cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ApplierError {
    /// The store failed.
    #[error("the store failed")]
    Kv(#[from] KvError),
    /// A stored value is not what was written.
    #[error("a stored value is damaged")]
    Damaged,
    /// The records do not add up to what the index claims.
    #[error("the records do not fit the applied index")]
    Torn,
    /// It belongs to another partition or generation.
    #[error("the store is of another partition or generation")]
    Foreign,
    /// Effects are missing between what is applied and what was given.
    #[error("effects are missing")]
    Gap,
    /// The catalog knows other content at the same index.
    #[error("the content differs from the catalog's")]
    Diverged,
    /// An effect cannot follow what is there.
    #[error("an effect does not fit the content")]
    Misfit,
}

impl From<CodecError> for ApplierError {
    fn from(_: CodecError) -> Self {
        Self::Damaged
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meta {
    generation: Generation,
    partition: PartitionId,
    applied: LogIndex,
    summary: Summary,
}

crate::code_struct!(Meta { generation, partition, applied, summary });

/// The whole content of a replica at one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The index.
    pub index: LogIndex,
    /// What it holds, in numbers.
    pub summary: Summary,
    /// The store.
    pub pairs: Vec<Pair>,
}

impl Code for Checkpoint {
    fn write(&self, writer: &mut Writer) {
        writer.put(&self.index);
        writer.put(&self.summary);
        writer.put(&(self.pairs.len() as u32));
        for (key, value) in &self.pairs {
            writer.put(&Payload::from(key.clone()));
            writer.put(&Payload::from(value.clone()));
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (index, summary) = (reader.get()?, reader.get()?);
        let pairs: Vec<(Payload, Payload)> = reader.get()?;
        let bytes = |payload: &Payload| payload.as_bytes().to_vec();
        let pairs = pairs.iter().map(|(key, value)| (bytes(key), bytes(value))).collect();
        Ok(Self { index, summary, pairs })
    }
}

/// What a segment did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Checkpoints at the marks passed, in order.
    pub kept: Vec<(MarkKind, u64, Checkpoint)>,
}

/// One partition replica over its store.
#[derive(Debug)]
pub struct Applier<K> {
    kv: K,
    partition: PartitionId,
    generation: Generation,
    applied: LogIndex,
    durable: LogIndex,
    /// What scans see; it stands at `applied`.
    records: BTreeMap<EncounterId, Record>,
    summary: Summary,
    marks: VecDeque<MarkDigest>,
}

fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let crc = checksum(key, &value);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

fn unseal<T: Code>(key: &[u8], sealed: &[u8]) -> Result<T, ApplierError> {
    let (value, crc) = sealed.split_last_chunk::<4>().ok_or(ApplierError::Damaged)?;
    if checksum(key, value) != u32::from_le_bytes(*crc) {
        return Err(ApplierError::Damaged);
    }
    Ok(T::decode(value)?)
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(key.len() as u32).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

fn record_key(encounter: EncounterId) -> Vec<u8> {
    [RECORD_PREFIX, &encounter.0.to_be_bytes()].concat()
}

impl<K: Kv> Applier<K> {
    /// Opens a replica; an empty store becomes one that stands at `founded_at`.
    ///
    /// # Errors
    /// When the store fails, is damaged, or is of something else.
    pub fn open(
        mut kv: K,
        partition: PartitionId,
        generation: Generation,
        founded_at: LogIndex,
    ) -> Result<Self, ApplierError> {
        if kv.get(META_KEY)?.is_none() {
            let summary = Summary::default();
            let meta = Meta { generation, partition, applied: founded_at, summary };
            kv.replace(vec![(META_KEY.to_vec(), seal(META_KEY, meta.encode()))])?;
        }
        let (meta, records) = load(&kv)?;
        if (meta.generation, meta.partition) != (generation, partition) {
            return Err(ApplierError::Foreign);
        }
        let Meta { applied, summary, .. } = meta;
        // What was just read may still be only in caches: sync before calling it durable.
        kv.sync()?;
        let (durable, marks) = (applied, VecDeque::new());
        Ok(Self { kv, partition, generation, applied, durable, records, summary, marks })
    }

    /// Puts a checkpoint in place of everything.
    ///
    /// # Errors
    /// As [`Applier::open`]; the store is then as before or as the checkpoint.
    pub fn install(
        mut kv: K,
        partition: PartitionId,
        generation: Generation,
        checkpoint: Checkpoint,
    ) -> Result<Self, ApplierError> {
        kv.replace(checkpoint.pairs)?;
        let installed = Self::open(kv, partition, generation, checkpoint.index)?;
        let as_said = (installed.applied, installed.summary);
        if as_said != (checkpoint.index, checkpoint.summary) {
            return Err(ApplierError::Torn);
        }
        Ok(installed)
    }

    /// Everything up to here is applied and visible to scans.
    pub fn searchable(&self) -> LogIndex {
        self.applied
    }

    /// Everything up to here survives a crash.
    pub fn durable(&self) -> LogIndex {
        if is_mutated(Mutation::DurableBeforeSync) { self.applied } else { self.durable }
    }

    /// What it holds, in numbers.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What scans see.
    pub fn records(&self) -> &BTreeMap<EncounterId, Record> {
        &self.records
    }

    /// Digests at the latest marks.
    pub fn marks(&self) -> Vec<MarkDigest> {
        self.marks.iter().copied().collect()
    }

    /// Applies what follows. What was applied before is skipped, so a segment may come twice.
    ///
    /// # Errors
    /// When effects are missing, the content differs from the catalog's, or the store fails; the
    /// replica must then not be used further.
    pub fn apply(&mut self, segment: &TailSegment) -> Result<Applied, ApplierError> {
        if segment.after > self.applied && !is_mutated(Mutation::GapAccepted) {
            return Err(ApplierError::Gap);
        }
        let here = segment.after == self.applied;
        if here && segment.expected.is_some_and(|expected| expected != self.summary) {
            return Err(ApplierError::Diverged);
        }
        let mut kept = Vec::new();
        let mut batch = Batch::new();
        let already = self.applied;
        for (index, effects) in segment.entries.iter().filter(|(index, _)| *index > already) {
            for effect in effects {
                self.change(effect, &mut batch)?;
            }
            for effect in effects {
                if let Effect::Mark { kind, id } = effect {
                    self.commit(&mut batch, *index)?;
                    self.mark(*kind, *id, &mut kept)?;
                }
            }
        }
        if segment.through > self.applied {
            self.commit(&mut batch, segment.through)?;
        }
        Ok(Applied { kept })
    }

    fn mark(
        &mut self,
        kind: MarkKind,
        id: u64,
        kept: &mut Vec<(MarkKind, u64, Checkpoint)>,
    ) -> Result<(), ApplierError> {
        self.marks.push_back(MarkDigest { id, index: self.applied, digest: self.summary.digest });
        if self.marks.len() > MARKS_KEPT {
            self.marks.pop_front();
        }
        if kind != MarkKind::Digest {
            kept.push((kind, id, self.checkpoint()?));
        }
        Ok(())
    }

    /// Changes memory and adds to the batch.
    fn change(&mut self, effect: &Effect, batch: &mut Batch) -> Result<(), ApplierError> {
        let (encounter, record) = match effect {
            Effect::Mark { .. } => return Ok(()),
            Effect::Put(record) => (record.encounter, Some(record.clone())),
            Effect::Remove(encounter) => (*encounter, None),
            Effect::Alter { encounter, state, galleries } => {
                let mut record = self.records.get(encounter).ok_or(ApplierError::Misfit)?.clone();
                (record.state, record.galleries) = (*state, *galleries);
                (*encounter, Some(record))
            }
        };
        if let Some(before) = self.records.remove(&encounter) {
            self.summary.remove(&before);
        }
        let key = record_key(encounter);
        match record {
            None => batch.push(Change::Delete(key)),
            Some(record) => {
                self.summary.add(&record);
                let value = seal(&key, record.encode());
                batch.push(Change::Put(key, value));
                self.records.insert(encounter, record);
            }
        }
        Ok(())
    }

    /// Writes a batch with the index that it leads to.
    fn commit(&mut self, batch: &mut Batch, index: LogIndex) -> Result<(), ApplierError> {
        let (generation, partition, summary) = (self.generation, self.partition, self.summary);
        let meta = Meta { generation, partition, applied: index, summary };
        let meta = Change::Put(META_KEY.to_vec(), seal(META_KEY, meta.encode()));
        if is_mutated(Mutation::AppliedIndexInSecondBatch) {
            self.kv.write(std::mem::take(batch))?;
        }
        batch.push(meta);
        self.kv.write(std::mem::take(batch))?;
        self.applied = index;
        Ok(())
    }

    /// Makes everything applied survive a crash.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sync(&mut self) -> Result<(), ApplierError> {
        if self.durable < self.applied {
            self.kv.sync()?;
            self.durable = self.applied;
        }
        Ok(())
    }

    /// The whole content.
    ///
    /// # Errors
    /// When the store fails.
    pub fn checkpoint(&self) -> Result<Checkpoint, ApplierError> {
        let pairs = self.kv.pairs(b"")?;
        Ok(Checkpoint { index: self.applied, summary: self.summary, pairs })
    }

    /// The whole content, as that of a replica of another generation of the cluster.
    ///
    /// # Errors
    /// When the store fails.
    pub fn refounded(mut self, generation: Generation) -> Result<Checkpoint, ApplierError> {
        self.generation = generation;
        let applied = self.applied;
        self.commit(&mut Batch::new(), applied)?;
        self.checkpoint()
    }

    /// Reads everything again and compares it with what scans see.
    ///
    /// # Errors
    /// [`ApplierError::Damaged`] or [`ApplierError::Torn`] when the store holds something else.
    pub fn scrub(&self) -> Result<(), ApplierError> {
        let (meta, records) = load(&self.kv)?;
        let same = meta.applied == self.applied && records == self.records;
        if same { Ok(()) } else { Err(ApplierError::Damaged) }
    }

    /// Gives the store back.
    pub fn into_kv(self) -> K {
        self.kv
    }
}

fn load<K: Kv>(kv: &K) -> Result<(Meta, BTreeMap<EncounterId, Record>), ApplierError> {
    let sealed = kv.get(META_KEY)?.ok_or(ApplierError::Damaged)?;
    let meta: Meta = unseal(META_KEY, &sealed)?;
    let mut records = BTreeMap::new();
    let mut summary = Summary::default();
    for (key, value) in kv.pairs(RECORD_PREFIX)? {
        let record: Record = unseal(&key, &value)?;
        if record_key(record.encounter) != key {
            return Err(ApplierError::Damaged);
        }
        summary.add(&record);
        records.insert(record.encounter, record);
    }
    // The seeded bugs below make sums that do not fit, or would be hidden by this check.
    let unchecked = is_mutated(Mutation::DigestSkipsRemovals)
        || is_mutated(Mutation::AppliedIndexInSecondBatch);
    if summary != meta.summary && !unchecked {
        return Err(ApplierError::Torn);
    }
    Ok((meta, records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::MemoryKv;
    use crate::{EncounterState, Epoch, GallerySet, Payload, PersonId};

    const PARTITION: PartitionId = PartitionId(3);
    const GENERATION: Generation = Generation(1);

    fn record(id: u128, enrolled_at: LogIndex) -> Record {
        Record {
            encounter: EncounterId(id),
            person: PersonId(id),
            enrolled_at,
            state: EncounterState::Pending,
            galleries: GallerySet(1),
            content: [id as u8; 32],
            payload: Payload::from(vec![id as u8]),
        }
    }

    fn segment(
        after: LogIndex,
        through: LogIndex,
        entries: Vec<(LogIndex, Vec<Effect>)>,
    ) -> TailSegment {
        let (partition, epoch) = (PARTITION, Epoch(1));
        TailSegment { partition, epoch, after, through, entries, expected: None }
    }

    fn opened() -> Applier<MemoryKv> {
        Applier::open(MemoryKv::default(), PARTITION, GENERATION, 1).unwrap()
    }

    fn reopened(applier: Applier<MemoryKv>) -> Result<Applier<MemoryKv>, ApplierError> {
        Applier::open(applier.into_kv(), PARTITION, GENERATION, 1)
    }

    fn activate(id: u128) -> Effect {
        let (encounter, galleries) = (EncounterId(id), GallerySet(1));
        Effect::Alter { encounter, state: EncounterState::Active, galleries }
    }

    #[test]
    fn an_index_without_effects_is_passed() {
        let mut applier = opened();
        applier.apply(&segment(1, 9, vec![])).unwrap();
        assert_eq!(applier.searchable(), 9);
        assert_eq!(reopened(applier).unwrap().searchable(), 9);
    }

    #[test]
    fn effects_after_a_gap_are_refused_and_repeated_ones_change_nothing() {
        let mut applier = opened();
        let put = segment(1, 4, vec![(3, vec![Effect::Put(record(7, 3))])]);
        assert_eq!(applier.apply(&segment(2, 4, vec![])), Err(ApplierError::Gap));
        applier.apply(&put).unwrap();
        let erased = segment(4, 5, vec![(5, vec![Effect::Remove(EncounterId(7))])]);
        applier.apply(&erased).unwrap();
        applier.apply(&put).unwrap();
        assert_eq!((applier.records().len(), applier.searchable()), (0, 5));
        assert_eq!(*applier.summary(), Summary::default());
    }

    #[test]
    fn a_replica_opens_with_what_it_held() {
        let mut applier = opened();
        let effects = vec![(2, vec![Effect::Put(record(1, 2))]), (3, vec![activate(1)])];
        applier.apply(&segment(1, 3, effects)).unwrap();
        let (records, summary) = (applier.records().clone(), *applier.summary());
        let again = reopened(applier).unwrap();
        assert_eq!((again.records(), *again.summary()), (&records, summary));
        assert_eq!((again.summary().alive, again.summary().active), (1, 1));
    }

    #[test]
    fn a_mark_keeps_exactly_what_was_there_at_its_index() {
        let mut applier = opened();
        let mark = Effect::Mark { kind: MarkKind::Backup, id: 8 };
        let effects = vec![
            (2, vec![Effect::Put(record(1, 2))]),
            (3, vec![mark]),
            (4, vec![Effect::Put(record(2, 4))]),
        ];
        let applied = applier.apply(&segment(1, 4, effects)).unwrap();
        let [(MarkKind::Backup, 8, checkpoint)] = &applied.kept[..] else { panic!("one is kept") };
        assert_eq!((checkpoint.index, checkpoint.summary.alive), (3, 1));
        let kv = MemoryKv::default();
        let copy = Applier::install(kv, PARTITION, GENERATION, checkpoint.clone()).unwrap();
        assert_eq!(copy.records().len(), 1);
        assert_eq!(applier.marks()[0].digest, checkpoint.summary.digest);
    }

    #[test]
    fn content_that_differs_from_the_catalog_is_refused() {
        let mut applier = opened();
        let mut next = segment(1, 2, vec![]);
        next.expected = Some(Summary { alive: 1, ..Summary::default() });
        assert_eq!(applier.apply(&next), Err(ApplierError::Diverged));
    }

    #[test]
    fn every_flipped_bit_is_noticed_on_opening_and_by_a_scrub() {
        let mut applier = opened();
        applier.apply(&segment(1, 2, vec![(2, vec![Effect::Put(record(1, 2))])])).unwrap();
        let pairs = applier.checkpoint().unwrap().pairs;
        for (n, (key, value)) in pairs.iter().enumerate() {
            for bit in 0..value.len() * 8 {
                let mut damaged = pairs.clone();
                damaged[n].1[bit / 8] ^= 1 << (bit % 8);
                let mut kv = MemoryKv::default();
                kv.replace(damaged).unwrap();
                let opened = Applier::open(kv, PARTITION, GENERATION, 1);
                assert!(opened.is_err(), "bit {bit} of the value under {key:?}");
            }
        }
        let key = record_key(EncounterId(1));
        applier.kv.write(vec![Change::Put(key, vec![1, 2, 3, 4, 5])]).unwrap();
        assert_eq!(applier.scrub(), Err(ApplierError::Damaged));
    }
}
