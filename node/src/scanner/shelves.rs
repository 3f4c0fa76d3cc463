//! The resident records of one replica.
//!
//! Records that every scope admits alike, because their state and galleries are the same, and that
//! the same probes can be compared with, because one version extracted them, are on one shelf: a
//! gallery of its own. A scan takes the shelves that its scope admits, whole. So nothing is tested
//! per record, and what was eligible and what was scanned are sums of counts.

use super::subject_of;
use formats::template::encounter::Encounter;
use matching::{PackedRecord, Parameters, descriptor};
use rayon::prelude::*;
use replication::{
    Effect, EncounterId, EncounterState, GallerySet, LogIndex, Payload, PersonId, Record, ScanJob,
    Scope,
};
use search::{Gallery, Kernels};
use std::collections::BTreeMap;
use vocabulary::{ExtractorVersion, ImpressionKey};

/// Records packed at a time; some tens of megabytes.
const CHUNK: usize = 4096;

/// What all records of a shelf have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Label {
    extractor: u16,
    state: EncounterState,
    galleries: GallerySet,
}

struct Shelf {
    gallery: Gallery,
    encounters: u32,
}

struct Held {
    record: Record,
    /// `None` for a record that cannot be compared with anything.
    label: Option<Label>,
}

/// See the module.
pub(super) struct Shelves {
    index: LogIndex,
    records: BTreeMap<EncounterId, Held>,
    shelves: BTreeMap<Label, Shelf>,
}

impl Shelves {
    /// All that a replica holds at an index.
    pub(super) fn of(index: LogIndex, records: Vec<Record>, parameters: &Parameters) -> Self {
        let mut shelves = Self { index, records: BTreeMap::new(), shelves: BTreeMap::new() };
        for chunk in records.chunks(CHUNK) {
            let packed: Vec<_> =
                chunk.par_iter().map(|record| Packed::new(record, parameters)).collect();
            for (record, packed) in chunk.iter().zip(packed) {
                shelves.add(record.clone(), packed, parameters);
            }
        }
        shelves
    }

    /// Where the replica stands.
    pub(super) const fn index(&self) -> LogIndex {
        self.index
    }

    /// Whose an encounter is.
    pub(super) fn person(&self, encounter: EncounterId) -> Option<PersonId> {
        self.records.get(&encounter).map(|held| held.record.person)
    }

    /// The prints of an encounter.
    pub(super) fn payload(&self, encounter: EncounterId) -> Option<&Payload> {
        self.records.get(&encounter).map(|held| &held.record.payload)
    }

    /// What a scope admits and prints of an extractor can be compared with, and how many encounters
    /// are in it.
    pub(super) fn admitted(
        &self,
        scope: Scope,
        extractor: ExtractorVersion,
    ) -> impl Iterator<Item = (&Gallery, u32)> {
        let admitted = move |label: &Label| {
            label.extractor == extractor.0 && scope.admits_all(label.state, label.galleries)
        };
        let shelves = self.shelves.iter().filter(move |(label, _)| admitted(label));
        shelves.map(|(_, shelf)| (&shelf.gallery, shelf.encounters))
    }

    /// Those that a job names, as far as prints of an extractor can be compared with them, in a
    /// gallery of their own, and how many they are.
    pub(super) fn picked(
        &self,
        job: &ScanJob,
        extractor: ExtractorVersion,
        parameters: &Parameters,
    ) -> (Gallery, u32) {
        let named = job.only.iter().filter_map(|id| self.records.get(id));
        let named = named.filter(|held| job.admits(&held.record) && held.label.is_some());
        let packed = named.filter_map(|held| Packed::new(&held.record, parameters));
        let (mut gallery, mut encounters) = (Gallery::new(parameters), 0);
        for packed in packed.filter(|packed| packed.extractor == extractor) {
            encounters += u32::from(packed.append_to(&mut gallery));
        }
        (gallery, encounters)
    }

    /// Follows the replica. Returns what was removed; no device holds it any more.
    pub(super) fn apply(
        &mut self,
        through: LogIndex,
        effects: Vec<Effect>,
        parameters: &Parameters,
        kernels: &dyn Kernels,
    ) -> Vec<EncounterId> {
        self.index = through;
        let mut removed = Vec::new();
        for effect in effects {
            match effect {
                Effect::Put(record) => {
                    removed
                        .extend(self.remove(record.encounter, kernels).map(|_| record.encounter));
                    let packed = Packed::new(&record, parameters);
                    self.add(record, packed, parameters);
                }
                Effect::Alter { encounter, state, galleries } => {
                    let Some(mut record) = self.remove(encounter, kernels) else { continue };
                    (record.state, record.galleries) = (state, galleries);
                    let packed = Packed::new(&record, parameters);
                    self.add(record, packed, parameters);
                }
                Effect::Remove(encounter) => {
                    removed.extend(self.remove(encounter, kernels).map(|_| encounter));
                }
                Effect::Mark { .. } => {}
            }
        }
        removed
    }

    /// Takes everything out; what was there.
    pub(super) fn clear(&mut self, kernels: &dyn Kernels) -> Vec<EncounterId> {
        let encounters: Vec<EncounterId> = self.records.keys().copied().collect();
        for (encounter, held) in std::mem::take(&mut self.records) {
            if let Some(shelf) = held.label.and_then(|label| self.shelves.get_mut(&label)) {
                shelf.gallery.remove_subject(&subject_of(encounter));
            }
        }
        self.shelves.values().for_each(|shelf| settle(kernels, &shelf.gallery));
        self.shelves.clear();
        encounters
    }

    fn add(&mut self, record: Record, packed: Option<Packed>, parameters: &Parameters) {
        let label = packed.and_then(|packed| self.put_on_shelf(&record, &packed, parameters));
        self.records.insert(record.encounter, Held { record, label });
    }

    /// Where the record is then; `None` when it does not fit.
    fn put_on_shelf(
        &mut self,
        record: &Record,
        packed: &Packed,
        parameters: &Parameters,
    ) -> Option<Label> {
        let Record { state, galleries, .. } = *record;
        let label = Label { extractor: packed.extractor.0, state, galleries };
        let fresh = || Shelf { gallery: Gallery::new(parameters), encounters: 0 };
        let shelf = self.shelves.entry(label).or_insert_with(fresh);
        if !packed.append_to(&mut shelf.gallery) {
            return None;
        }
        shelf.encounters += 1;
        Some(label)
    }

    fn remove(&mut self, encounter: EncounterId, kernels: &dyn Kernels) -> Option<Record> {
        let Held { record, label } = self.records.remove(&encounter)?;
        let Some(label) = label else { return Some(record) };
        let shelf = self.shelves.get_mut(&label).expect("a label names a shelf");
        shelf.gallery.remove_subject(&subject_of(encounter));
        shelf.encounters -= 1;
        settle(kernels, &shelf.gallery);
        if shelf.encounters == 0 {
            self.shelves.remove(&label);
        }
        Some(record)
    }
}

/// What was removed leaves the devices, too. One that fails is found out by the next scan.
fn settle(kernels: &dyn Kernels, gallery: &Gallery) {
    if let Err(error) = kernels.settle(gallery) {
        tracing::error!(%error, "a device may still hold a record that was removed");
    }
}

/// The prints of a record as stage 1 compares them.
struct Packed {
    extractor: ExtractorVersion,
    prints: Vec<(ImpressionKey, PackedRecord)>,
}

impl Packed {
    /// Puts all prints into a gallery, or none when one does not fit: the count then says that the
    /// encounter is missing.
    fn append_to(&self, gallery: &mut Gallery) -> bool {
        for (key, print) in &self.prints {
            if gallery.append(key, print).is_err() {
                gallery.remove_subject(&key.subject);
                return false;
            }
        }
        true
    }

    /// `None` when the payload holds no prints that this release can read.
    fn new(record: &Record, parameters: &Parameters) -> Option<Self> {
        let encounter = Encounter::decode(record.payload.as_bytes()).ok()?;
        let subject = subject_of(record.encounter);
        let pack = |(print, (position, impression))| {
            let key = ImpressionKey { subject: subject.clone(), position, impression };
            (key, descriptor::pack(print, parameters))
        };
        let prints = encounter.prints().iter().zip(encounter.labels()).map(pack).collect();
        Some(Self { extractor: encounter.extractor(), prints })
    }
}
