//! One probe against every partition, or against those that hold something of a person: whom to
//! ask, when to ask somebody else, what was covered.
//!
//! The first sound answer of a partition counts, later ones do not. An answer is sound when it
//! comes from a state at or past the barrier, under the placement asked for, and when the records
//! it counted and scanned are exactly those that the catalog knows at that index. So coverage is
//! not what nodes claim but what the log implies. The answers of all partitions are cut to one list
//! of the whole gallery ([`replication::merge`]); should they not suffice for that, because a node
//! cut partitions together of which not all its answers counted, some are asked again, alone.

use crate::catalog::Catalog;
use crate::message::{Alarm, Candidate, Missing};
use crate::view::View;
use replication::{
    Cut, EncounterId, Generation, Hit, Lane, LogIndex, Merged, Mutation, NodeId, PartitionAnswer,
    PartitionId, Payload, PersonId, ScanAnswer, ScanRequest, ScanTarget, Scope, is_mutated, merge,
};
use std::collections::{BTreeMap, BTreeSet};

/// What to search for.
#[derive(Debug, Clone)]
pub struct Question {
    /// What to compare with.
    pub probe: Payload,
    /// Which records.
    pub scope: Scope,
    /// Of this person alone, merges considered.
    pub person: Option<PersonId>,
    /// Lowest score.
    pub score_min: u32,
    /// Lowest rarity.
    pub rarity_min: u32,
    /// How many records of the whole gallery go on.
    pub cut: Cut,
    /// The barrier.
    pub min_index: LogIndex,
    /// Persons wanted; `None` for everybody who reaches both.
    pub persons_max: Option<u32>,
    /// What waits for it.
    pub lane: Lane,
    /// After this time, what is there is all there is.
    pub deadline: u64,
}

/// When to ask somebody else.
#[derive(Debug, Clone, Copy)]
pub struct Hedging {
    /// A replica that did not answer for so long gets company.
    pub after_ms: u64,
    /// Replicas asked for one partition at a time.
    pub replicas_max: usize,
}

#[derive(Debug, Default)]
struct Part {
    asked: BTreeMap<NodeId, u64>,
    answers: Vec<(NodeId, PartitionAnswer)>,
    /// What was cut together with other partitions did not suffice: asked for alone.
    is_alone: bool,
    /// What of the person in question is there, as of the start; nobody when nobody is.
    only: BTreeSet<EncounterId>,
}

/// How many records were eligible where a replica answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// So many.
    Count(u32),
    /// Not applied here yet.
    NotYet,
    /// Not known any more: what was counted changed since.
    NoMore,
}

/// See the module.
#[derive(Debug)]
pub struct Fanout {
    question: Question,
    hedging: Hedging,
    /// Start of the coordinator that asks.
    boot: u64,
    parts: BTreeMap<PartitionId, Part>,
}

/// What was covered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Records that the scope admits in the partitions that answered.
    pub eligible: u64,
    /// Records compared.
    pub scanned: u64,
    /// Partitions without a sound answer.
    pub missing: Vec<(PartitionId, Missing)>,
}

impl Coverage {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.eligible == self.scanned
    }
}

/// What one request asks for.
type Asked = (Vec<ScanTarget>, BTreeSet<EncounterId>);

/// Where something of a person is that a scope admits now.
fn parts_of(catalog: &Catalog, person: PersonId, scope: Scope) -> BTreeMap<PartitionId, Part> {
    let mut parts: BTreeMap<PartitionId, Part> = BTreeMap::new();
    for encounter in catalog.encounters_of(person) {
        let Some(row) = catalog.encounters().get(&encounter) else { continue };
        if scope.admits_all(row.state, row.galleries) {
            parts.entry(row.partition).or_default().only.insert(encounter);
        }
    }
    parts
}

/// How many records of a partition, or of those of it that are named, a scope admitted at an index.
fn known(
    catalog: &Catalog,
    (partition, only): (PartitionId, &BTreeSet<EncounterId>),
    scope: Scope,
    index: LogIndex,
) -> Known {
    if only.is_empty() {
        // What was trimmed is told by the index of the answer.
        let known = catalog.eligible(partition, index, scope);
        return known.map_or(Known::NotYet, Known::Count);
    }
    if index > catalog.applied() {
        return Known::NotYet;
    }
    // The catalog keeps no history of single encounters: those that did not change since count.
    let mut count = 0;
    for encounter in only {
        let row = catalog.encounters().get(encounter);
        let changed = match row {
            Some(row) => Some(row.version),
            None => catalog.tombstones().get(encounter).copied(),
        };
        if changed.is_none_or(|at| at > index) {
            return Known::NoMore;
        }
        count += u32::from(row.is_some_and(|row| scope.admits_all(row.state, row.galleries)));
    }
    Known::Count(count)
}

impl Fanout {
    /// Over all partitions of the catalog, or those that hold something of the person in question,
    /// asked for by a coordinator started as `boot`.
    pub fn new(catalog: &Catalog, question: Question, hedging: Hedging, boot: u64) -> Self {
        let person = question.person.filter(|_| !is_mutated(Mutation::ClaimIgnored));
        let parts = match person {
            Some(person) => parts_of(catalog, person, question.scope),
            None => catalog.partitions().map(|(id, _)| (id, Part::default())).collect(),
        };
        Self { question, hedging, boot, parts }
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Whom to ask now; `scan` gives the requests their ids.
    pub fn ask(
        &mut self,
        catalog: &Catalog,
        view: &mut View,
        now: u64,
        mut scan: impl FnMut() -> u64,
    ) -> Vec<(NodeId, ScanRequest)> {
        let mut by_node: BTreeMap<(NodeId, Option<PartitionId>), Asked> = BTreeMap::new();
        for (&partition, part) in &mut self.parts {
            let late = |asked: &u64| now >= asked + self.hedging.after_ms;
            if !part.answers.is_empty() || !part.asked.values().all(late) {
                continue;
            }
            let Some(row) = catalog.partition(partition) else { continue };
            let rank = |node: &NodeId| {
                let rank = view.rank(*node, partition, self.question.min_index, now)?;
                Some((part.asked.get(node).copied(), rank, *node))
            };
            let best = row.placement.replicas.keys().filter_map(rank).min();
            let Some((_, _, node)) = best else { continue };
            if part.asked.len() >= self.hedging.replicas_max {
                part.asked.clear();
            }
            part.asked.insert(node, now);
            let target = ScanTarget { partition, epoch: row.placement.epoch };
            let alone = part.is_alone.then_some(partition);
            let (targets, only) = by_node.entry((node, alone)).or_default();
            targets.push(target);
            only.extend(&part.only);
        }
        let template = self.template(catalog.generation(), now);
        let request = |((node, _), (targets, only)): ((NodeId, _), Asked)| {
            view.asked(node);
            (node, ScanRequest { scan: scan(), targets, only, ..template.clone() })
        };
        by_node.into_iter().map(request).collect()
    }

    /// A request but for its id and targets.
    fn template(&self, generation: Generation, now: u64) -> ScanRequest {
        ScanRequest {
            generation,
            boot: self.boot,
            scan: 0,
            targets: Vec::new(),
            min_index: self.question.min_index,
            probe: self.question.probe.clone(),
            scope: self.question.scope,
            only: BTreeSet::new(),
            cut: self.question.cut,
            lane: self.question.lane,
            budget_ms: self.question.deadline.saturating_sub(now),
        }
    }

    /// Takes an answer. One that counts wrongly is dropped and named.
    pub fn take(&mut self, catalog: &Catalog, answer: ScanAnswer) -> Vec<Alarm> {
        let node = answer.node;
        for (partition, _) in answer.faults {
            if let Some(part) = self.parts.get_mut(&partition) {
                // As if it had been asked long ago: the next in line is asked.
                part.asked.insert(node, 0);
            }
        }
        for answer in answer.answers {
            let partition = answer.partition;
            let Some(part) = self.parts.get_mut(&partition) else { continue };
            if !part.answers.is_empty() && !is_mutated(Mutation::HedgeMergedTwice) {
                continue;
            }
            let fresh = answer.snapshot_index >= self.question.min_index
                || is_mutated(Mutation::BarrierIgnored);
            let epoch = catalog.partition(partition).map(|row| row.placement.epoch);
            let placed = epoch == Some(answer.epoch) || is_mutated(Mutation::StalePlacementServed);
            if fresh && placed {
                part.answers.push((node, answer));
            } else {
                part.asked.insert(node, 0);
            }
        }
        self.verify(catalog)
    }

    /// Drops answers that the catalog contradicts, as soon as it can tell, and those from so long
    /// ago that it never will.
    pub fn verify(&mut self, catalog: &Catalog) -> Vec<Alarm> {
        if is_mutated(Mutation::CoverageFromRequested) {
            return Vec::new();
        }
        let (mut alarms, mut has_changed) = (Vec::new(), false);
        let scope = self.question.scope;
        for (&partition, part) in &mut self.parts {
            let Some(row) = catalog.partition(partition) else { continue };
            let (asked, only) = (&mut part.asked, &part.only);
            part.answers.retain(|(node, answer)| {
                let known = known(catalog, (partition, only), scope, answer.snapshot_index);
                let wrong = match known {
                    Known::Count(count) => answer.eligible != count || answer.scanned != count,
                    Known::NotYet | Known::NoMore => false,
                };
                if wrong {
                    alarms.push(Alarm::CountMismatch { node: *node, partition });
                }
                has_changed |= known == Known::NoMore;
                let is_old = answer.snapshot_index < row.trimmed_through;
                let keep = !wrong && !is_old && known != Known::NoMore;
                if !keep {
                    asked.insert(*node, 0);
                }
                keep
            });
        }
        if has_changed {
            // What is asked again is to be answered from a state that can be counted.
            self.question.min_index = catalog.applied();
        }
        if self.is_confirmed_whole(catalog) {
            self.drop_insufficient(catalog);
        }
        alarms
    }

    /// Drops answers that do not suffice for one list of the whole gallery.
    fn drop_insufficient(&mut self, catalog: &Catalog) {
        for partition in self.merged(catalog).insufficient {
            if let Some(part) = self.parts.get_mut(&partition) {
                part.is_alone = true;
                part.answers.clear();
                part.asked.clear();
            }
        }
    }

    /// Whether every partition has an answer that the catalog confirms, or time is over.
    pub fn is_finished(&self, catalog: &Catalog, now: u64) -> bool {
        now >= self.question.deadline || self.is_confirmed_whole(catalog)
    }

    fn is_confirmed_whole(&self, catalog: &Catalog) -> bool {
        let confirmed = |(partition, part): (&PartitionId, &Part)| {
            part.answers.first().is_some_and(|(_, a)| self.is_confirmed(catalog, *partition, a))
        };
        self.parts.iter().all(confirmed)
    }

    fn is_confirmed(
        &self,
        catalog: &Catalog,
        partition: PartitionId,
        answer: &PartitionAnswer,
    ) -> bool {
        let Some(part) = self.parts.get(&partition) else { return false };
        let (of, scope) = ((partition, &part.only), self.question.scope);
        known(catalog, of, scope, answer.snapshot_index) == Known::Count(answer.eligible)
            && answer.scanned == answer.eligible
    }

    /// What was covered.
    pub fn coverage(&self, catalog: &Catalog, view: &View, now: u64) -> Coverage {
        let mut coverage = Coverage::default();
        for (&partition, part) in &self.parts {
            let answers = part.answers.iter().map(|(_, answer)| answer);
            let confirmed = |a: &&PartitionAnswer| self.is_confirmed(catalog, partition, a);
            let answers: Vec<&PartitionAnswer> = answers.filter(confirmed).collect();
            for answer in &answers {
                coverage.eligible += u64::from(answer.eligible);
                coverage.scanned += u64::from(answer.scanned);
            }
            if answers.is_empty() && !is_mutated(Mutation::CoverageFromRequested) {
                let reason = self.why_missing(catalog, view, partition, now);
                coverage.missing.push((partition, reason));
            }
        }
        coverage
    }

    fn why_missing(
        &self,
        catalog: &Catalog,
        view: &View,
        partition: PartitionId,
        now: u64,
    ) -> Missing {
        let part = &self.parts[&partition];
        let replicas = catalog.partition(partition).map(|row| &row.placement.replicas);
        let live = |node: &NodeId| view.replica(*node, partition, now).is_some();
        if !part.answers.is_empty() {
            Missing::Unverified
        } else if replicas.is_some_and(|replicas| replicas.keys().any(live)) {
            Missing::NoAnswer
        } else {
            Missing::NoReplica
        }
    }

    /// One list of all confirmed answers.
    fn merged(&self, catalog: &Catalog) -> Merged {
        let of_part = |(partition, part): (&PartitionId, &'_ Part)| {
            let answers = part.answers.iter().map(|(_, answer)| answer);
            let confirmed = answers.filter(|a| self.is_confirmed(catalog, *partition, a));
            confirmed.cloned().collect::<Vec<_>>()
        };
        let answers: Vec<PartitionAnswer> = self.parts.iter().flat_map(of_part).collect();
        let cut = if is_mutated(Mutation::CutPerPart) { Cut::NONE } else { self.question.cut };
        merge(&answers, cut)
    }

    /// Everybody who passed the cuts, is like enough and still known to the catalog, best
    /// first.
    pub fn hits(&self, catalog: &Catalog) -> Vec<Hit> {
        let mut hits = self.merged(catalog).ranked;
        let Question { score_min, rarity_min, .. } = self.question;
        let reached = |hit: &Hit| {
            hit.rarity >= rarity_min && hit.score.is_some_and(|score| score >= score_min)
        };
        hits.retain(|hit| reached(hit) && catalog.encounters().contains_key(&hit.encounter));
        if is_mutated(Mutation::TiesByArrival) {
            hits.reverse();
            hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
        }
        hits
    }

    /// The best encounter of every person, best first.
    pub fn candidates(&self, catalog: &Catalog) -> Vec<Candidate> {
        let mut seen: BTreeSet<PersonId> = BTreeSet::new();
        let mut candidates = Vec::new();
        for hit in self.hits(catalog) {
            let row = catalog.encounters().get(&hit.encounter);
            let person = catalog.resolve(row.map_or(hit.person, |row| row.person));
            let is_asked_for = self.question.person.is_none_or(|p| catalog.resolve(p) == person);
            if !is_asked_for {
                continue;
            }
            if seen.insert(person) || is_mutated(Mutation::HedgeMergedTwice) {
                let (encounter, score) = (hit.encounter, hit.score.unwrap_or(0));
                let rarity = hit.rarity;
                candidates.push(Candidate { person, encounter, score, rarity });
            }
        }
        candidates.truncate(self.question.persons_max.unwrap_or(u32::MAX) as usize);
        candidates
    }

    /// Nodes asked whose answer nobody waits for any more.
    pub fn unanswered(&self) -> Vec<NodeId> {
        let waiting = self.parts.values().filter(|part| part.answers.is_empty());
        waiting.flat_map(|part| part.asked.keys().copied()).collect()
    }
}
