//! Requests of clients, from arrival to response. Every one gets exactly one response, in time.

use super::fetching::Fetching;
use super::membership::Wish;
use super::reading::Read;
use super::searching::Search;
use super::{Coordinator, bytes_of};
use crate::command::{Command, Outcome};
use crate::message::{Acknowledge, ClientRequest, Output, Request, Response, Unavailable};
use replication::{EncounterId, LogIndex, PartitionId};

/// What an own command was for.
pub(super) enum Waiting {
    /// A client waits for its outcome.
    Client { request: u64, encounter: Option<EncounterId>, ack: Acknowledge, deadline: u64 },
    /// It is carried out, and the client waits until it is searchable.
    Searchable {
        request: u64,
        partition: PartitionId,
        index: LogIndex,
        response: Response,
        deadline: u64,
    },
    /// A search waits for its intent.
    Intent { search: u64 },
    /// A search waits for its outcome to be on record.
    Outcome { search: u64 },
    /// A fetch, of the same number, waits for its intent.
    Fetch,
}

impl Coordinator {
    pub(super) fn on_client(&mut self, client: ClientRequest, now: u64, out: &mut Vec<Output>) {
        let ClientRequest { id, budget_ms, request } = client;
        let deadline = now + budget_ms;
        let respond = |response| Output::Client(id, response);
        match request {
            Request::Enroll(enroll, ack) => {
                let encounter = Some(enroll.encounter);
                let waiting = Waiting::Client { request: id, encounter, ack, deadline };
                self.command(Command::Enroll(enroll), waiting, id, out);
            }
            Request::Command(command) => {
                let ack = Acknowledge::Committed;
                let waiting = Waiting::Client { request: id, encounter: None, ack, deadline };
                self.command(command, waiting, id, out);
            }
            Request::Identify(identify) => {
                let search = Search::new(id, identify, deadline);
                if let Err(reason) = self.begin(search) {
                    out.push(respond(Response::Unavailable(reason)));
                }
            }
            Request::Fetch(fetch) => {
                let fetching = Fetching::new(id, fetch, deadline);
                if let Err(reason) = self.begin_fetch(fetching) {
                    out.push(respond(Response::Unavailable(reason)));
                }
            }
            Request::Read(inquiry) => {
                self.begin_read(Read::new(id, inquiry, deadline, now), out);
            }
            Request::Membership(change) => {
                self.begin_wish(Wish::new(id, change, deadline), out);
            }
            Request::TransferLeadership(to) => out.push(respond(self.hand_over(Some(to)))),
            Request::HandOver => out.push(respond(self.hand_over(None))),
        }
    }

    fn command(&mut self, command: Command, waiting: Waiting, request: u64, out: &mut Vec<Output>) {
        match self.submit_for_client(command) {
            Ok(sequence) => drop(self.waiting.insert(sequence, waiting)),
            Err(reason) => out.push(Output::Client(request, Response::Unavailable(reason))),
        }
    }

    /// Queues a command of a client, if there is room for more.
    pub(super) fn submit_for_client(&mut self, command: Command) -> Result<u64, Unavailable> {
        if command.feature_level() > self.catalog.feature_level() {
            return Err(Unavailable::FeatureLevel);
        }
        let home = match &command {
            Command::Enroll(enroll) => Some(self.catalog.home(enroll.person)),
            _ => None,
        };
        self.admission.admit(&command, home, self.settings.admission)?;
        let bytes = bytes_of(&command);
        let sequence = self.submit(command)?;
        self.admission.took(sequence, bytes);
        Ok(sequence)
    }

    /// An own command was applied.
    pub(super) fn on_outcome(
        &mut self,
        sequence: u64,
        index: LogIndex,
        outcome: Outcome,
        out: &mut Vec<Output>,
    ) {
        self.admission.ended(sequence);
        match self.waiting.remove(&sequence) {
            None | Some(Waiting::Searchable { .. }) => {}
            Some(Waiting::Fetch) => self.fetch_logged(sequence, index),
            Some(Waiting::Intent { search }) => self.intent_logged(search, index),
            Some(Waiting::Outcome { search }) => self.outcome_logged(search, outcome, out),
            Some(Waiting::Client { request, encounter, ack, deadline }) => {
                let row = encounter.and_then(|id| self.catalog.encounters().get(&id));
                let state = row.map(|row| row.state);
                let response = Response::Done { index, outcome, state, is_searchable: false };
                match row {
                    Some(row) if ack == Acknowledge::Searchable => {
                        let (partition, index) = (row.partition, row.enrolled_at);
                        let waiting =
                            Waiting::Searchable { request, partition, index, response, deadline };
                        self.waiting.insert(sequence, waiting);
                    }
                    _ => out.push(Output::Client(request, response)),
                }
            }
        }
    }

    fn is_searchable(&self, partition: PartitionId, index: LogIndex, now: u64) -> bool {
        let Some(row) = self.catalog.partition(partition) else { return false };
        let mut complete = row.placement.replicas.iter().filter(|(_, complete)| **complete);
        let reached = |(node, _): (&_, &_)| {
            self.view.replica(*node, partition, now).is_some_and(|r| r.searchable >= index)
        };
        complete.clone().next().is_some() && complete.all(reached)
    }

    /// Ends what waited long enough.
    pub(super) fn expire(&mut self, now: u64, out: &mut Vec<Output>) {
        let mut done = Vec::new();
        for (sequence, waiting) in &self.waiting {
            match waiting {
                Waiting::Client { request, deadline, .. } if now >= *deadline => {
                    done.push((*sequence, *request, Response::Unknown));
                }
                Waiting::Searchable { request, partition, index, response, deadline } => {
                    let reached = self.is_searchable(*partition, *index, now);
                    if reached || now >= *deadline {
                        let mut response = response.clone();
                        if let Response::Done { is_searchable, .. } = &mut response {
                            *is_searchable = reached;
                        }
                        done.push((*sequence, *request, response));
                    }
                }
                _ => {}
            }
        }
        for (sequence, request, response) in done {
            self.waiting.remove(&sequence);
            self.admission.ended(sequence);
            out.push(Output::Client(request, response));
        }
        self.expire_searches(now, out);
        self.expire_reads(now, out);
    }
}
