//! Templates for stages 2 and 3, from disk through a small cache.

use crate::error::NodeError;
use crate::key;
use crate::partition::{Family, Partition};
use crate::record::StoredReference;
use matching::{Parameters, PreparedTemplate};
use search::{Reference, ReferenceSource, SourceError};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use vocabulary::{ImpressionKey, SubjectId};

/// Prepared templates kept: all of a small gallery, the last few searches' of a large one. Reading
/// and making one takes about 0.15 ms; one of 60 minutiae takes 14 KB, so that these are 120 MB.
const CACHED_REFERENCES_MAX: usize = 8192;

/// Prepared templates of persons that were lately looked at, oldest out first.
#[derive(Default)]
pub(crate) struct TemplateCache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    persons: HashMap<SubjectId, Arc<[Reference]>>,
    order: VecDeque<SubjectId>,
    references: usize,
    /// Counts the calls of `forget`, so that what was read before one is not kept after it.
    generation: u64,
}

impl TemplateCache {
    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops a person's templates, and those being read at this moment.
    pub(crate) fn forget(&self, subject: &SubjectId) {
        let mut entries = self.entries();
        entries.generation += 1;
        if let Some(dropped) = entries.persons.remove(subject) {
            entries.references -= dropped.len();
            entries.order.retain(|other| other != subject);
        }
    }

    /// The templates of a person, from memory or as `read` gives them.
    pub(crate) fn get_or_read(
        &self,
        subject: &SubjectId,
        read: impl FnOnce() -> Result<Vec<Reference>, SourceError>,
    ) -> Result<Vec<Reference>, SourceError> {
        let generation = {
            let entries = self.entries();
            if let Some(cached) = entries.persons.get(subject) {
                return Ok(cached.to_vec());
            }
            entries.generation
        };
        let references: Arc<[Reference]> = read()?.into();
        self.keep(subject, &references, generation);
        Ok(references.to_vec())
    }

    fn keep(&self, subject: &SubjectId, references: &Arc<[Reference]>, generation: u64) {
        let mut entries = self.entries();
        if entries.generation != generation {
            return;
        }
        // Two searches may have read the same person at the same time.
        if entries.persons.contains_key(subject) {
            return;
        }
        entries.persons.insert(subject.clone(), Arc::clone(references));
        entries.order.push_back(subject.clone());
        entries.references += references.len();
        while entries.references > CACHED_REFERENCES_MAX {
            let Some(oldest) = entries.order.pop_front() else { break };
            let dropped = entries.persons.remove(&oldest).map_or(0, |references| references.len());
            entries.references -= dropped;
        }
    }
}

/// The references of a partition.
pub(crate) struct StoredTemplates<'a> {
    pub(crate) partition: &'a Partition,
    pub(crate) cache: &'a TemplateCache,
    pub(crate) parameters: &'a Parameters,
    /// References left out when the folder was opened.
    pub(crate) left_out: &'a [Vec<u8>],
}

impl ReferenceSource for StoredTemplates<'_> {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        self.cache.get_or_read(subject, || self.read(subject))
    }
}

impl StoredTemplates<'_> {
    fn read(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        let mut references = Vec::new();
        let (start, end) = (key::subject_start(subject), key::subject_end(subject));
        for pair in self.partition.few(Family::References, &start, &end) {
            let (bytes, value) = pair.map_err(|e: NodeError| SourceError::Store(e.to_string()))?;
            if self.left_out.iter().any(|left_out| **left_out == *bytes) {
                continue;
            }
            let key = key::decode(&bytes).ok_or_else(|| {
                SourceError::Store(format!("the key {} cannot be read", bytes.escape_ascii()))
            })?;
            references.push(self.prepare(key, &bytes, &value)?);
        }
        Ok(references)
    }

    fn prepare(
        &self,
        key: ImpressionKey,
        bytes: &[u8],
        value: &[u8],
    ) -> Result<Reference, SourceError> {
        let template = StoredReference::decode(bytes, value).and_then(|stored| stored.template());
        match template {
            Ok(template) => Ok(Reference {
                position: key.position,
                impression: key.impression,
                prepared: Arc::new(PreparedTemplate::new(&template, self.parameters)),
            }),
            Err(fault) => Err(SourceError::Damaged { key, reason: fault.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(number: usize) -> SubjectId {
        SubjectId::new(&number.to_string()).unwrap()
    }

    fn references(count: usize) -> Arc<[Reference]> {
        let template = synthesis::templates::finger(1, 1).template();
        let prepared = Arc::new(PreparedTemplate::new(&template, &Parameters::default()));
        let reference = Reference {
            position: vocabulary::FingerPosition::UNKNOWN,
            impression: vocabulary::ImpressionLabel::new("1").unwrap(),
            prepared,
        };
        vec![reference; count].into()
    }

    fn holds(cache: &TemplateCache, number: usize) -> bool {
        cache.entries().persons.contains_key(&subject(number))
    }

    #[test]
    fn what_was_forgotten_is_not_kept_even_when_it_was_being_read() {
        let cache = TemplateCache::default();
        let generation = cache.entries().generation;
        cache.keep(&subject(1), &references(2), generation);
        assert!(holds(&cache, 1));
        cache.forget(&subject(1));
        assert!(!holds(&cache, 1) && cache.entries().references == 0);
        cache.keep(&subject(1), &references(2), generation);
        assert!(!holds(&cache, 1));
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let cache = TemplateCache::default();
        let half = references(CACHED_REFERENCES_MAX / 2);
        for number in 0..3 {
            cache.keep(&subject(number), &half, 0);
            cache.keep(&subject(number), &half, 0);
        }
        assert_eq!([0, 1, 2].map(|number| holds(&cache, number)), [false, true, true]);
        assert_eq!(cache.entries().references, CACHED_REFERENCES_MAX);
    }
}
