//! What was enrolled, for whoever has to look at it: on record first, then from a replica.

use super::Coordinator;
use super::clients::Waiting;
use crate::command::Command;
use crate::message::{Fetch, Output, Response, Unavailable};
use crate::search::FetchIntent;
use replication::{EncounterId, LogIndex, NodeId, RecordFound, RecordWanted, ScanTarget, ToNode};
use std::collections::BTreeMap;

/// A replica that could not answer is asked again after this time.
const AGAIN_MS: u64 = 50;

/// A fetch and how far it is.
pub(super) struct Fetching {
    request: u64,
    fetch: Fetch,
    deadline: u64,
    /// Index of its intent, once it is on record.
    as_of: Option<LogIndex>,
    /// Until when each node asked is given time.
    asked: BTreeMap<NodeId, u64>,
}

impl Fetching {
    pub(super) fn new(request: u64, fetch: Fetch, deadline: u64) -> Self {
        Self { request, fetch, deadline, as_of: None, asked: BTreeMap::new() }
    }
}

impl Coordinator {
    /// Puts the intent on record; the fetch starts when it is committed.
    pub(super) fn begin_fetch(&mut self, fetching: Fetching) -> Result<(), Unavailable> {
        if self.fetches.len() >= self.settings.admission.searches_max {
            return Err(Unavailable::Overloaded);
        }
        let Fetch { requester, purpose, case, encounter } = fetching.fetch;
        let intent = FetchIntent { requester, purpose, case, encounter };
        let sequence = self.submit_for_client(Command::FetchIntent(intent))?;
        self.fetches.insert(sequence, fetching);
        self.waiting.insert(sequence, Waiting::Fetch);
        Ok(())
    }

    /// The intent is committed.
    pub(super) fn fetch_logged(&mut self, key: u64, index: LogIndex) {
        if let Some(fetching) = self.fetches.get_mut(&key) {
            fetching.as_of = Some(index);
        }
    }

    /// Asks a replica for each fetch that waits for nobody, and ends those whose time is over.
    pub(super) fn fetch_on(&mut self, now: u64, out: &mut Vec<Output>) {
        let keys: Vec<u64> = self.fetches.keys().copied().collect();
        for key in keys {
            let Some(mut fetching) = self.fetches.remove(&key) else { continue };
            if now >= fetching.deadline {
                self.waiting.remove(&key);
                self.admission.ended(key);
                out.push(Output::Client(fetching.request, Response::Unknown));
                continue;
            }
            match fetching.as_of {
                Some(as_of) if !self.is_there(fetching.fetch.encounter) => {
                    let response = Response::Fetched { as_of, payload: None };
                    out.push(Output::Client(fetching.request, response));
                    continue;
                }
                Some(as_of) => out.extend(self.ask_for_record(key, as_of, &mut fetching, now)),
                None => {}
            }
            self.fetches.insert(key, fetching);
        }
    }

    fn is_there(&self, encounter: EncounterId) -> bool {
        self.catalog.encounters().get(&encounter).is_some_and(|row| row.state.is_alive())
    }

    fn ask_for_record(
        &self,
        key: u64,
        as_of: LogIndex,
        fetching: &mut Fetching,
        now: u64,
    ) -> Option<Output> {
        if fetching.asked.values().any(|until| now < *until) {
            return None;
        }
        let encounter = fetching.fetch.encounter;
        let row = self.catalog.encounters().get(&encounter)?;
        let placed = self.catalog.partition(row.partition)?;
        let complete = placed.placement.replicas.iter().filter(|(_, complete)| **complete);
        let ranked = complete.filter_map(|(node, _)| {
            let rank = self.view.rank(*node, row.partition, as_of, now)?;
            // Who was asked last comes last.
            Some((fetching.asked.get(node).copied().unwrap_or(0), rank, *node))
        });
        let (_, _, node) = ranked.min()?;
        fetching.asked.insert(node, now + self.settings.hedging.after_ms);
        let wanted = RecordWanted {
            generation: self.catalog.generation(),
            boot: self.settings.boot,
            number: key,
            target: ScanTarget { partition: row.partition, epoch: placed.placement.epoch },
            encounter,
            min_index: as_of,
        };
        Some(Output::Node(node, ToNode::Record(wanted)))
    }

    /// A replica answers.
    pub(super) fn on_record(&mut self, found: RecordFound, now: u64, out: &mut Vec<Output>) {
        if found.boot != self.settings.boot {
            return;
        }
        let Some(mut fetching) = self.fetches.remove(&found.number) else { return };
        match (fetching.as_of, found.payload) {
            // What was erased meanwhile is not handed out any more.
            (Some(as_of), Some(payload)) if self.is_there(fetching.fetch.encounter) => {
                let response = Response::Fetched { as_of, payload: Some(payload) };
                out.push(Output::Client(fetching.request, response));
            }
            _ => {
                fetching.asked.insert(found.node, now + AGAIN_MS);
                self.fetches.insert(found.number, fetching);
            }
        }
    }
}
