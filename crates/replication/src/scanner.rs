//! The seam to what scans: records of all replicas of a node, told in the order of the log.
//!
//! A node hands changes and jobs out in one order, and a scanner takes them in it. So a job sees
//! the state that its replicas had when it was handed out, whatever is applied meanwhile; applying
//! never waits for a scan.

use crate::bytes::Payload;
use crate::cut::{CoarseKey, Cut, cut_coarsely, finalists};
use crate::effect::Effect;
use crate::identity::{EncounterId, LogIndex, PartitionId};
use crate::record::Record;
use crate::scan::{Hit, ScanFault, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// What a scanner is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResidentChange {
    /// A replica was opened, or its content replaced.
    Content {
        /// Of which partition.
        partition: PartitionId,
        /// Where it stands.
        index: LogIndex,
        /// All that it holds.
        records: Vec<Record>,
    },
    /// Effects were applied.
    Effects {
        /// To which partition.
        partition: PartitionId,
        /// Where it stands now.
        through: LogIndex,
        /// In their order, without marks.
        effects: Vec<Effect>,
    },
    /// A replica is not here any more.
    Gone(PartitionId),
}

/// One probe against some replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanJob {
    /// Tells it apart; comes back with the result.
    pub number: u64,
    /// Partitions to scan.
    pub targets: Vec<PartitionId>,
    /// What to compare with.
    pub probe: Payload,
    /// Which records.
    pub scope: Scope,
    /// Of these encounters alone; of all when none is named.
    pub only: BTreeSet<EncounterId>,
    /// How many of the whole gallery go on.
    pub cut: Cut,
    /// When the result is worth nothing any more, on the clock of the host.
    pub until: u64,
}

impl ScanJob {
    /// Whether a record is to be compared.
    pub fn admits(&self, record: &Record) -> bool {
        self.scope.admits(record) && (self.only.is_empty() || self.only.contains(&record.encounter))
    }
}

/// What was found in one replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Of which partition.
    pub partition: PartitionId,
    /// The state that was scanned.
    pub index: LogIndex,
    /// Records that were compared. One that cannot be compared with this probe, being of another
    /// version, is not counted.
    pub scanned: u32,
    /// Those that may be among the best of the whole gallery, best coarse score first.
    pub hits: Vec<Hit>,
    /// Where the cut is, when anything of the targets was left out.
    pub cut_at: Option<CoarseKey>,
}

/// The end of a [`ScanJob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanDone {
    /// Of which job.
    pub number: u64,
    /// What was found, or why nothing could be.
    pub result: Result<Vec<Scanned>, ScanFault>,
}

/// Holds what is to be scanned, and scans it.
pub trait Scanner {
    /// Takes a change.
    fn change(&mut self, change: ResidentChange);

    /// Scans the state at hand. A target that it does not hold is left out.
    ///
    /// # Errors
    /// [`ScanFault::Unreadable`] for a probe that it cannot read, [`ScanFault::Behind`] when time
    /// was over, [`ScanFault::Failed`] when it cannot scan.
    fn scan(&mut self, job: &ScanJob) -> Result<Vec<Scanned>, ScanFault>;
}

/// Compares two payloads in three ways; higher is more similar. The same two byte strings give the
/// same scores on every machine.
pub trait Scorer {
    /// At a glance.
    fn coarse(&self, probe: &Payload, reference: &Payload) -> u32;

    /// More closely.
    fn fine(&self, probe: &Payload, reference: &Payload) -> u32;

    /// To the end; 0 when they are not alike at all.
    fn score(&self, probe: &Payload, reference: &Payload) -> u32;
}

/// Compares everything with everything, in memory: for tests and tools, and what other scanners are
/// measured by.
#[derive(Debug, Clone, Default)]
pub struct MemoryScanner<S> {
    scorer: S,
    replicas: BTreeMap<PartitionId, (LogIndex, BTreeMap<EncounterId, Record>)>,
}

impl<S: Scorer> MemoryScanner<S> {
    /// Holds nothing yet.
    pub fn new(scorer: S) -> Self {
        Self { scorer, replicas: BTreeMap::new() }
    }
}

impl<S: Scorer> Scanner for MemoryScanner<S> {
    fn change(&mut self, change: ResidentChange) {
        match change {
            ResidentChange::Content { partition, index, records } => {
                let records = records.into_iter().map(|record| (record.encounter, record));
                self.replicas.insert(partition, (index, records.collect()));
            }
            ResidentChange::Effects { partition, through, effects } => {
                let Some((index, records)) = self.replicas.get_mut(&partition) else { return };
                *index = through;
                effects.into_iter().for_each(|effect| apply(records, effect));
            }
            ResidentChange::Gone(partition) => drop(self.replicas.remove(&partition)),
        }
    }

    fn scan(&mut self, job: &ScanJob) -> Result<Vec<Scanned>, ScanFault> {
        let (mut found, mut looked_at) = (BTreeMap::new(), Vec::new());
        for &partition in &job.targets {
            let Some((index, records)) = self.replicas.get(&partition) else { continue };
            let before = looked_at.len();
            for record in records.values().filter(|record| job.admits(record)) {
                let coarse = self.scorer.coarse(&job.probe, &record.payload);
                let key = CoarseKey { coarse, encounter: record.encounter };
                looked_at.push((key, partition, record));
            }
            let (index, scanned) = (*index, (looked_at.len() - before) as u32);
            let hits = Vec::new();
            found.insert(partition, Scanned { partition, index, scanned, hits, cut_at: None });
        }
        let cut_at = cut_coarsely(&mut looked_at, job.cut, |(key, ..)| *key);
        let fine = |(_, _, record): &(_, _, &Record)| self.scorer.fine(&job.probe, &record.payload);
        let fine: Vec<u32> = looked_at.iter().map(fine).collect();
        let encounters = looked_at.iter().map(|(key, ..)| key.encounter);
        let finalists = finalists(fine.iter().copied().zip(encounters), job.cut);
        for (n, (key, partition, record)) in looked_at.into_iter().enumerate() {
            let score = finalists[n].then(|| self.scorer.score(&job.probe, &record.payload));
            let hit = Hit {
                coarse: key.coarse,
                fine: fine[n],
                score,
                // Records of one finger: the higher the rarer.
                rarity: score.unwrap_or(0),
                encounter: record.encounter,
                person: record.person,
            };
            found.entry(partition).and_modify(|scanned| scanned.hits.push(hit));
        }
        Ok(found.into_values().map(|scanned| Scanned { cut_at, ..scanned }).collect())
    }
}

fn apply(records: &mut BTreeMap<EncounterId, Record>, effect: Effect) {
    match effect {
        Effect::Put(record) => drop(records.insert(record.encounter, record)),
        Effect::Remove(encounter) => drop(records.remove(&encounter)),
        Effect::Alter { encounter, state, galleries } => {
            if let Some(record) = records.get_mut(&encounter) {
                (record.state, record.galleries) = (state, galleries);
            }
        }
        Effect::Mark { .. } => {}
    }
}
