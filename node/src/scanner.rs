//! What scans the replicas of a cluster node: the stages of the real search, over resident
//! galleries.
//!
//! A record of the cluster is one encounter, and its payload holds the prints
//! ([`formats::template::encounter`]). The packed records of stage 1 are made from them here and
//! lie in memory; stages 2 and 3 read the prints of the few that passed. What is compared under one
//! subject id is one encounter, so a list is of encounters, and their persons are a matter of the
//! catalog.

mod shelves;

use crate::source::TemplateCache;
use formats::template::encounter::Encounter;
use matching::calibration::Calibration;
use matching::{Parameters, PreparedTemplate};
use replication::{
    CoarseKey, Cut, EncounterId, Hit, PartitionId, Payload, ResidentChange, ScanDone, ScanFault,
    ScanJob, Scanned, Scanner, finalists,
};
use search::{
    Engine, ExtractorRule, Gallery, Kernels, Options, Partition, Probe, Progress, Reference,
    ReferenceSource, SearchError, Shard, ShardSearch, SourceError, Stage, TwinKernels,
};
use shelves::Shelves;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use vocabulary::{ExtractorVersion, Similarity, SubjectId};

/// Whether the time is over until which a result is wanted.
pub(crate) type IsOver = Box<dyn Fn(u64) -> bool + Send + Sync>;

/// See the module. `Debug` shows counts only.
pub struct ResidentScanner {
    parameters: Parameters,
    calibration: Calibration,
    kernels: Arc<dyn Kernels>,
    is_over: IsOver,
    cache: TemplateCache,
    replicas: BTreeMap<PartitionId, Shelves>,
}

impl ResidentScanner {
    /// Holds nothing yet. `is_over` tells, given [`ScanJob::until`], whether to go on with a scan
    /// is of no use any more.
    pub fn new(
        parameters: Parameters,
        kernels: Arc<dyn Kernels>,
        is_over: impl Fn(u64) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            parameters,
            calibration: Calibration::shipped(),
            kernels,
            is_over: Box::new(is_over),
            cache: TemplateCache::default(),
            replicas: BTreeMap::new(),
        }
    }

    fn search(&self, probe: &Probe, job: &ScanJob) -> Result<Vec<Scanned>, SearchError> {
        let Some(extractor) = probe.extractor()? else { return Ok(Vec::new()) };
        let held = self.replicas.iter().filter(|(id, _)| job.targets.contains(id));
        let source = |(id, shelves): (&PartitionId, _)| {
            let picked = self.picked(shelves, job, extractor);
            (*id, Templates { shelves, scanner: self }, picked)
        };
        let sources: Vec<_> = held.map(source).collect();
        let (mut of, mut parts, mut found) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (partition, source, picked) in &sources {
            let (partition, index) = (*partition, source.shelves.index());
            let galleries: Vec<(&Gallery, u32)> = match picked {
                Some((gallery, encounters)) => vec![(gallery, *encounters)],
                None => source.shelves.admitted(job.scope, extractor).collect(),
            };
            let scanned = galleries.iter().map(|(_, encounters)| encounters).sum();
            for (gallery, _) in galleries {
                parts.push(Partition { gallery, source });
                of.push(partition);
            }
            let hits = Vec::new();
            found.insert(partition, Scanned { partition, index, scanned, hits, cut_at: None });
        }
        let shard = self.search_parts(probe, &parts, job)?;
        Ok(self.collect(shard, &of, found))
    }

    /// A gallery of the encounters that a job names, if it names any.
    fn picked(
        &self,
        shelves: &Shelves,
        job: &ScanJob,
        extractor: ExtractorVersion,
    ) -> Option<(Gallery, u32)> {
        (!job.only.is_empty()).then(|| shelves.picked(job, extractor, &self.parameters))
    }

    fn search_parts(
        &self,
        probe: &Probe,
        parts: &[Partition<'_>],
        job: &ScanJob,
    ) -> Result<Shard, SearchError> {
        // A gallery of the moment is not worth the way to a device.
        let processor = TwinKernels::new();
        let engine = Engine {
            kernels: if job.only.is_empty() { &*self.kernels } else { &processor },
            parameters: &self.parameters,
            calibration: &self.calibration,
        };
        let options = Options {
            shortlist_persons: job.cut.coarse as usize,
            // Others are not among the parts; a shelf that mixes them would be left out, not
            // refused.
            extractors: ExtractorRule::Skip,
            ..Options::default()
        };
        let pick = |scores: &[(Similarity, &SubjectId)]| pick(scores, job.cut);
        let until = Until { until: job.until, is_over: &self.is_over };
        let search = ShardSearch {
            partitions: parts,
            engine: &engine,
            options: &options,
            pick: &pick,
            progress: &until,
        };
        search.run(probe)
    }

    /// Gives every partition its hits; `of` tells of which partition a part is.
    fn collect(
        &self,
        shard: Shard,
        of: &[PartitionId],
        mut found: BTreeMap<PartitionId, Scanned>,
    ) -> Vec<Scanned> {
        let mut last = None;
        for entry in shard.entries {
            let Some(encounter) = encounter_of(&entry.subject) else { continue };
            let partition = of[entry.partition];
            let person = self.replicas.get(&partition).and_then(|held| held.person(encounter));
            let (Some(scanned), Some(person)) = (found.get_mut(&partition), person) else {
                continue;
            };
            let (coarse, fine) = (entry.stage1, entry.stage2.thousandths());
            let score = entry.similarity.map(|(similarity, _)| similarity.thousandths());
            let rarity = entry.similarity.map_or(0, |(_, rarity)| rarity);
            scanned.hits.push(Hit { coarse, fine, score, rarity, encounter, person });
            last = Some(CoarseKey { coarse, encounter });
        }
        let cut_at = last.filter(|_| shard.is_cut);
        found.into_values().map(|scanned| Scanned { cut_at, ..scanned }).collect()
    }
}

impl Scanner for ResidentScanner {
    fn change(&mut self, change: ResidentChange) {
        match change {
            ResidentChange::Content { partition, index, records } => {
                let shelves = Shelves::of(index, records, &self.parameters);
                let before = self.replicas.insert(partition, shelves);
                self.forget_all(before);
            }
            ResidentChange::Effects { partition, through, effects } => {
                let Some(shelves) = self.replicas.get_mut(&partition) else { return };
                let removed = shelves.apply(through, effects, &self.parameters, &*self.kernels);
                removed.into_iter().for_each(|id| self.cache.forget(&subject_of(id)));
            }
            ResidentChange::Gone(partition) => {
                let before = self.replicas.remove(&partition);
                self.forget_all(before);
            }
        }
    }

    fn scan(&mut self, job: &ScanJob) -> Result<Vec<Scanned>, ScanFault> {
        let probe = Encounter::decode(job.probe.as_bytes()).map_err(|_| ScanFault::Unreadable)?;
        if (self.is_over)(job.until) {
            return Err(ScanFault::Behind);
        }
        let probe = Probe { prints: probe.into_prints() };
        self.search(&probe, job).map_err(|error| match error {
            SearchError::Cancelled => ScanFault::Behind,
            error => {
                tracing::error!(job = job.number, %error, "a scan failed");
                ScanFault::Failed
            }
        })
    }
}

impl ResidentScanner {
    /// Does a job.
    pub fn done(&mut self, job: &ScanJob) -> ScanDone {
        ScanDone { number: job.number, result: self.scan(job) }
    }

    /// Nothing of a replica that went is kept, here or on a device.
    fn forget_all(&self, replica: Option<Shelves>) {
        let Some(mut replica) = replica else { return };
        for encounter in replica.clear(&*self.kernels) {
            self.cache.forget(&subject_of(encounter));
        }
    }
}

impl fmt::Debug for ResidentScanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentScanner({} replicas)", self.replicas.len())
    }
}

/// Who goes on to stage 3.
fn pick(scores: &[(Similarity, &SubjectId)], cut: Cut) -> Vec<bool> {
    let key = |(score, subject): &(Similarity, &SubjectId)| {
        // Ids of encounters only are compared here; anything else would have the last place.
        let encounter = encounter_of(subject).unwrap_or(EncounterId(u128::MAX));
        (score.thousandths(), encounter)
    };
    finalists(scores.iter().map(key), cut)
}

/// The prints that stages 2 and 3 compare with.
struct Templates<'a> {
    shelves: &'a Shelves,
    scanner: &'a ResidentScanner,
}

impl ReferenceSource for Templates<'_> {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        self.scanner.cache.get_or_read(subject, || {
            let payload = encounter_of(subject).and_then(|id| self.shelves.payload(id));
            payload.map_or(Ok(Vec::new()), |payload| prepare(payload, &self.scanner.parameters))
        })
    }
}

fn prepare(payload: &Payload, parameters: &Parameters) -> Result<Vec<Reference>, SourceError> {
    let encounter = Encounter::decode(payload.as_bytes());
    let encounter = encounter.map_err(|error| SourceError::Store(error.to_string()))?;
    let reference = |(print, (position, impression))| Reference {
        position,
        impression,
        prepared: Arc::new(PreparedTemplate::new(print, parameters)),
    };
    Ok(encounter.prints().iter().zip(encounter.labels()).map(reference).collect())
}

/// Tells a search to stop when its time is over.
struct Until<'a> {
    until: u64,
    is_over: &'a IsOver,
}

impl Progress for Until<'_> {
    fn advance(&self, _: Stage, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        (self.is_over)(self.until)
    }
}

/// The name of an encounter in a search; names are in the order of the ids.
fn subject_of(encounter: EncounterId) -> SubjectId {
    SubjectId::new(&format!("{:032x}", encounter.0)).expect("digits are an id")
}

fn encounter_of(subject: &SubjectId) -> Option<EncounterId> {
    u128::from_str_radix(subject.as_str(), 16).ok().map(EncounterId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_of_encounters_are_in_the_order_of_their_ids(one: u128, other: u128) {
            let [a, b] = [one, other].map(|id| subject_of(EncounterId(id)));
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert_eq!(encounter_of(&a), Some(EncounterId(one)));
        }
    }
}
