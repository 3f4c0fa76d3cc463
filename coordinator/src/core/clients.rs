//! Requests of clients, from arrival to response. Every one gets exactly one response, in time.

use super::membership::Wish;
use super::searching::Search;
use super::{Coordinator, bytes_of};
use crate::command::{Command, Outcome};
use crate::message::{Acknowledge, ClientRequest, Output, Request, Response, Unavailable};
use replication::is_mutated;
use replication::{Code, EncounterId, EncounterState, LogIndex, Mutation, PartitionId, Payload};

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
}

/// A linearizable read.
pub(super) struct Read {
    request: u64,
    encounter: EncounterId,
    deadline: u64,
    asked_at: u64,
    /// What must be applied, once the majority said so.
    ready_at: Option<LogIndex>,
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
            Request::Read(encounter) => {
                let (request, asked_at, ready_at) = (id, now, None);
                let read = Read { request, encounter, deadline, asked_at, ready_at };
                self.begin_read(read, out);
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
        if !self.admission.admits(&command, self.settings.admission) {
            return Err(Unavailable::Overloaded);
        }
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

    fn begin_read(&mut self, read: Read, out: &mut Vec<Output>) {
        if is_mutated(Mutation::ReadWithoutBarrier) {
            out.push(Output::Client(read.request, self.state_of(read.encounter)));
            return;
        }
        self.sequence += 1;
        let sequence = self.sequence;
        self.reads.insert(sequence, read);
        self.member.read_index(&self.context(sequence));
    }

    fn context(&self, sequence: u64) -> Payload {
        Payload::from((self.settings.boot, sequence).encode())
    }

    pub(super) fn read_ready(&mut self, context: &Payload, index: LogIndex) {
        let Ok((boot, sequence)) = <(u64, u64)>::decode(context.as_bytes()) else { return };
        if boot == self.settings.boot
            && let Some(read) = self.reads.get_mut(&sequence)
        {
            read.ready_at = Some(index);
        }
    }

    pub(super) fn answer_reads(&mut self, out: &mut Vec<Output>) {
        let applied = self.catalog.applied();
        let ready = |read: &Read| read.ready_at.is_some_and(|index| index <= applied);
        let ready: Vec<u64> =
            self.reads.iter().filter(|(_, read)| ready(read)).map(|(id, _)| *id).collect();
        for sequence in ready {
            if let Some(read) = self.reads.remove(&sequence) {
                out.push(Output::Client(read.request, self.state_of(read.encounter)));
            }
        }
    }

    /// The library drops reads in silence while there is no leader: ask again.
    fn expire_reads(&mut self, now: u64, out: &mut Vec<Output>) {
        let late: Vec<u64> =
            self.reads.iter().filter(|(_, r)| now >= r.deadline).map(|(id, _)| *id).collect();
        for sequence in late {
            if let Some(read) = self.reads.remove(&sequence) {
                let reason = Unavailable::NoLeader;
                out.push(Output::Client(read.request, Response::Unavailable(reason)));
            }
        }
        let retry_ms = self.settings.retry_ms;
        let mut again = Vec::new();
        for (sequence, read) in &mut self.reads {
            if read.ready_at.is_none() && now >= read.asked_at + retry_ms {
                read.asked_at = now;
                again.push(*sequence);
            }
        }
        for sequence in again {
            self.member.read_index(&self.context(sequence));
        }
    }

    fn state_of(&self, encounter: EncounterId) -> Response {
        let erased = self.catalog.tombstones().get(&encounter).map(|_| EncounterState::Erased);
        let state = self.catalog.encounters().get(&encounter).map(|row| row.state).or(erased);
        Response::State { index: self.catalog.applied(), state }
    }
}
