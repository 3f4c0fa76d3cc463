//! What is known of the run from outside: the log as first applied by anybody, a catalog that never
//! restarted, and what became of every encounter at which index.

use coordinator::Catalog;
use coordinator::command::{Batch, Command, Origin};
use coordinator::raft::{EntryBody, LogEntry};
use coordinator::{Founding, Identify, catalog::StreamRead};
use replication::{
    Code, Cut, Effect, EncounterId, EncounterState, GallerySet, LogIndex, PartitionId, Payload,
    Record, Scope, Summary,
};
use std::collections::BTreeMap;

/// State and galleries of an encounter from an index on; `None` when it is gone.
pub(crate) type Change = (LogIndex, Option<(EncounterState, GallerySet)>);

/// An encounter in the eyes of replicas.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// As first put.
    pub(crate) record: Record,
    /// In order.
    pub(crate) changes: Vec<Change>,
}

impl Life {
    /// Whether a scope admits it at an index.
    pub(crate) fn admitted(&self, scope: Scope, index: LogIndex) -> bool {
        let change = self.changes.iter().rev().find(|(from, _)| *from <= index);
        change.and_then(|(_, now)| *now).is_some_and(|now| admits(scope, now))
    }

    /// Whether a scope admits it at every index of a range.
    pub(crate) fn always(&self, scope: Scope, from: LogIndex, to: LogIndex) -> bool {
        let within = self.changes.iter().filter(|(index, _)| (from..=to).contains(index));
        self.admitted(scope, from)
            && within.into_iter().all(|(_, now)| now.is_some_and(|now| admits(scope, now)))
    }

    /// Whether a scope admits it at some index of a range.
    pub(crate) fn ever(&self, scope: Scope, from: LogIndex, to: LogIndex) -> bool {
        let within = self.changes.iter().filter(|(index, _)| (from..=to).contains(index));
        self.admitted(scope, from)
            || within.into_iter().any(|(_, now)| now.is_some_and(|now| admits(scope, now)))
    }
}

fn admits(scope: Scope, (state, galleries): (EncounterState, GallerySet)) -> bool {
    (!scope.active_only || state == EncounterState::Active)
        && scope.gallery.is_none_or(|gallery| galleries.contains(gallery))
}

/// See the module.
pub(crate) struct Model {
    /// Applied every entry, without a restart.
    pub(crate) catalog: Catalog,
    log: Vec<LogEntry>,
    /// Every encounter that replicas ever saw.
    pub(crate) lives: BTreeMap<EncounterId, Life>,
    /// What a partition held from an index on.
    summaries: BTreeMap<PartitionId, Vec<(LogIndex, Summary)>>,
    /// Latest index at which an encounter may have changed its person.
    pub(crate) relinked_at: LogIndex,
    /// How many records go on in a search of a client.
    pub(crate) cut: Cut,
}

impl Model {
    /// At the founding.
    pub(crate) fn new(founding: &Founding, cut: Cut) -> Self {
        let catalog = Catalog::found(founding);
        let summaries = catalog.partitions().map(|(id, _)| (id, vec![(0, Summary::default())]));
        let summaries = summaries.collect();
        let (log, lives) = (Vec::new(), BTreeMap::new());
        Self { catalog, log, lives, summaries, relinked_at: 0, cut }
    }

    /// Takes an entry that somebody applied.
    ///
    /// # Errors
    /// When somebody else applied another entry at the same index.
    pub(crate) fn take(&mut self, entry: &LogEntry) -> Result<(), String> {
        let at = (entry.index - coordinator::catalog::FOUNDED_AT - 1) as usize;
        match self.log.get(at) {
            Some(known) if known == entry => return Ok(()),
            Some(_) => return Err(format!("two entries were applied at index {}", entry.index)),
            None if at != self.log.len() => return Err("an entry was skipped".into()),
            None => {}
        }
        self.log.push(entry.clone());
        let bytes = match &entry.body {
            EntryBody::Commands(bytes) => bytes.clone(),
            EntryBody::Membership(_) => Payload::default(),
        };
        let applied = self.catalog.apply(entry.index, bytes.as_bytes());
        applied.map_err(|error| format!("an entry does not decode: {error}"))?;
        if Batch::decode(bytes.as_bytes()).is_ok_and(|batch| batch.commands.iter().any(relinks)) {
            self.relinked_at = entry.index;
        }
        self.note_effects(entry.index);
        Ok(())
    }

    fn note_effects(&mut self, index: LogIndex) {
        for (partition, row) in self.catalog.partitions() {
            let history = self.summaries.entry(partition).or_default();
            if history.last().is_some_and(|(_, summary)| *summary != row.summary) {
                history.push((index, row.summary));
            }
            let StreamRead::Entries { entries, .. } = row.read(index - 1, index, u64::MAX) else {
                continue;
            };
            for effect in entries.into_iter().flat_map(|(_, effects)| effects) {
                note(&mut self.lives, index, effect);
            }
        }
    }

    /// Whether a search is about an encounter, as it is linked now. `None` when that is not known
    /// any more, because it was erased.
    pub(crate) fn concerns(&self, asked: &Identify, life: &Life) -> Option<bool> {
        let Some(person) = asked.person else { return Some(true) };
        let row = self.catalog.encounters().get(&life.record.encounter)?;
        Some(self.catalog.resolve(row.person) == self.catalog.resolve(person))
    }

    /// How many records go on in a search: of one person, all.
    pub(crate) fn cut_of(&self, asked: &Identify) -> Cut {
        if asked.person.is_some() { Cut::NONE } else { self.cut }
    }

    /// What a partition held at an index.
    pub(crate) fn summary_at(&self, partition: PartitionId, index: LogIndex) -> Summary {
        let history = self.summaries.get(&partition).map(Vec::as_slice).unwrap_or_default();
        let after = history.partition_point(|(from, _)| *from <= index);
        history[..after].last().map(|(_, summary)| *summary).unwrap_or_default()
    }

    /// Everything up to here was applied by somebody.
    pub(crate) fn applied(&self) -> LogIndex {
        self.catalog.applied()
    }
}

fn relinks((_, command): &(Origin, Command)) -> bool {
    matches!(command, Command::MergePersons(_) | Command::Unlink(_))
}

fn note(lives: &mut BTreeMap<EncounterId, Life>, index: LogIndex, effect: Effect) {
    let (encounter, now) = match effect {
        Effect::Mark { .. } => return,
        Effect::Remove(encounter) => (encounter, None),
        Effect::Alter { encounter, state, galleries } => (encounter, Some((state, galleries))),
        Effect::Put(record) => {
            let now = Some((record.state, record.galleries));
            let encounter = record.encounter;
            lives.entry(encounter).or_insert(Life { record, changes: Vec::new() });
            (encounter, now)
        }
    };
    if let Some(life) = lives.get_mut(&encounter) {
        life.changes.push((index, now));
    }
}
