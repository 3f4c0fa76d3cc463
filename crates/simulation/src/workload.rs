//! Clients: what they ask for, and how stubbornly.

use crate::model::Model;
use crate::random::Random;
use crate::scorer::{self, THRESHOLD};
use coordinator::command::{
    Adjudicate, Command, DedupPolicy, Enroll, Erase, ErasureTarget, Mark, MergePersons, Outcome,
    Refusal, SetGalleries, Unlink, WrappedKey,
};
use coordinator::{Acknowledge, ClientRequest, Fetch, Identify, Inquiry, Request, Response};
use replication::{
    EncounterId, EncounterState, GalleryId, GallerySet, Lane, LogIndex, MarkKind, Payload,
    PersonId, Scope,
};
use std::collections::BTreeMap;

/// How long a client waits, in milliseconds.
const BUDGET_MS: u64 = 1_500;

/// A request that nobody answered yet.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// What was asked.
    pub(crate) request: ClientRequest,
    /// The highest index that any client knew of when it was sent.
    pub(crate) asked_at_index: LogIndex,
    /// How often it is asked again.
    pub(crate) retries: u32,
}

/// All clients.
#[derive(Debug, Default)]
pub(crate) struct Workload {
    /// By request id.
    pub(crate) pending: BTreeMap<u64, Pending>,
    next_request: u64,
    next_id: u128,
    next_finger: u32,
    /// Enrollments ever asked for, and the finger.
    enrollments: Vec<Enroll>,
    /// The highest index that any client was told.
    pub(crate) told: LogIndex,
    /// Answers so far.
    pub(crate) answers: u64,
    /// Complete searches among them.
    pub(crate) complete_searches: u64,
}

impl Workload {
    /// Puts a request on its way.
    pub(crate) fn ask(&mut self, request: Request, retries: u32) -> ClientRequest {
        self.next_request += 1;
        let request = ClientRequest { id: self.next_request, budget_ms: BUDGET_MS, request };
        let asked_at_index = self.told;
        let pending = Pending { request: request.clone(), asked_at_index, retries };
        self.pending.insert(request.id, pending);
        request
    }

    /// Takes a response; `Some` when the request is to be asked again.
    pub(crate) fn answered(
        &mut self,
        pending: Pending,
        response: &Response,
    ) -> Option<(Request, u32)> {
        self.answers += 1;
        match response {
            Response::Done { index, outcome, .. } => {
                self.told = self.told.max(*index);
                let full = *outcome == Outcome::Refused(Refusal::RetentionFull);
                (full && pending.retries > 0)
                    .then(|| (pending.request.request, pending.retries - 1))
            }
            Response::Identified(found) => {
                self.complete_searches += u64::from(found.is_complete);
                None
            }
            Response::Fetched { .. } => None,
            Response::State { index, .. }
            | Response::Held { index, .. }
            | Response::Audit { index, .. } => {
                self.told = self.told.max(*index);
                None
            }
            Response::Accepted => None,
            Response::Unavailable(_) | Response::Unknown => {
                (pending.retries > 0).then(|| (pending.request.request, pending.retries - 1))
            }
        }
    }

    /// Draws what a client wants next, and how often it asks again.
    pub(crate) fn draw(&mut self, random: &mut Random, model: &Model) -> (Request, u32) {
        let drawn = match random.below(100) {
            0..42 => Some((self.enroll(random), 6)),
            42..50 => self.enroll_again(random).map(|request| (request, 2)),
            50..69 => Some((self.identify(random), 0)),
            69..74 => self.verify(random, model).map(|request| (request, 0)),
            74..81 => self.erase(random, model).map(|request| (request, 6)),
            81..89 => adjudicate(random, model).map(|request| (request, 2)),
            89 => self.fetch(random, model).map(|request| (request, 0)),
            90..93 => {
                self.known(random).map(|known| (Request::Read(Inquiry::State(known.encounter)), 0))
            }
            93 => {
                let inquiry =
                    if random.chance(500) { Inquiry::Held(None) } else { Inquiry::Audit(0) };
                Some((Request::Read(inquiry), 0))
            }
            94..98 => link(random, model).map(|request| (request, 1)),
            _ => {
                let mark = Mark { kind: MarkKind::Backup, id: random.next() >> 1 };
                Some((Request::Command(Command::Mark(mark)), 1))
            }
        };
        drawn.unwrap_or_else(|| (self.enroll(random), 6))
    }

    fn known(&self, random: &mut Random) -> Option<&Enroll> {
        self.enrollments.get(random.below(self.enrollments.len() as u64) as usize)
    }

    fn enroll(&mut self, random: &mut Random) -> Request {
        self.next_id += 1;
        let earlier = if random.chance(350) { self.known(random).cloned() } else { None };
        let finger = match &earlier {
            Some(earlier) => scorer::finger_of(&earlier.payload),
            None => {
                self.next_finger += 1;
                self.next_finger
            }
        };
        // The person comes again, or somebody else with the same finger does.
        let same = earlier.filter(|_| random.chance(250)).map(|earlier| earlier.person);
        let person = same.unwrap_or(PersonId(0x1000_0000 + self.next_id));
        let dedup = match random.below(10) {
            0..7 => DedupPolicy::Enforce,
            7 => DedupPolicy::Flag,
            _ => DedupPolicy::Skip,
        };
        let noise = random.next() as u32;
        let mut content = [0; 32];
        content[..8].copy_from_slice(&random.next().to_le_bytes());
        let enroll = Enroll {
            encounter: EncounterId(self.next_id),
            person,
            galleries: GallerySet(random.range(1, 4) as u8),
            content,
            payload: scorer::impression(finger, noise),
            wrapped_key: Some(WrappedKey { kek_epoch: 1, bytes: Payload::from(vec![7; 4]) }),
            dedup,
        };
        self.enrollments.push(enroll.clone());
        let searchable = random.chance(200);
        let ack = if searchable { Acknowledge::Searchable } else { Acknowledge::Committed };
        Request::Enroll(enroll, ack)
    }

    /// An old request again, or other content under an old id.
    fn enroll_again(&mut self, random: &mut Random) -> Option<Request> {
        let mut enroll = self.known(random)?.clone();
        if random.chance(200) {
            enroll.content[31] ^= 1;
        }
        Some(Request::Enroll(enroll, Acknowledge::Committed))
    }

    fn identify(&self, random: &mut Random) -> Request {
        let finger = match self.known(random) {
            Some(known) if !random.chance(100) => scorer::finger_of(&known.payload),
            _ => u32::MAX,
        };
        let gallery = if random.chance(300) { GalleryId::new(random.below(2) as u8) } else { None };
        Request::Identify(Identify {
            requester: 1,
            purpose: 1,
            case: random.below(100),
            probe: scorer::impression(finger, random.next() as u32),
            scope: Scope { active_only: random.chance(800), gallery },
            person: None,
            // A search for everybody shows where it is cut.
            threshold: if random.chance(400) { 1 } else { THRESHOLD },
            candidates_max: if random.chance(200) { 1 } else { 50 },
            allow_partial: random.chance(200),
            lane: Lane::Standard,
        })
    }

    /// Somebody says who it is: mostly the one that it is.
    fn verify(&self, random: &mut Random, model: &Model) -> Option<Request> {
        let known = self.known(random)?;
        let row = model.catalog.encounters().get(&known.encounter);
        let person = row.map_or(known.person, |row| row.person);
        let finger = if random.chance(800) { scorer::finger_of(&known.payload) } else { u32::MAX };
        let Request::Identify(asked) = self.identify(random) else { return None };
        let probe = scorer::impression(finger, random.next() as u32);
        Some(Request::Identify(Identify { probe, person: Some(person), ..asked }))
    }

    /// Somebody wants to look at what was enrolled, mostly at what a human decides about.
    fn fetch(&self, random: &mut Random, model: &Model) -> Option<Request> {
        let held: Vec<EncounterId> = model.catalog.held().iter().copied().collect();
        let known = self.known(random)?.encounter;
        let encounter =
            if random.chance(500) { random.pick(&held).unwrap_or(known) } else { known };
        Some(Request::Fetch(Fetch { requester: 1, purpose: 1, case: random.below(100), encounter }))
    }

    fn erase(&self, random: &mut Random, model: &Model) -> Option<Request> {
        let known = self.known(random)?;
        let known_person = model.catalog.encounters().get(&known.encounter).map(|row| row.person);
        let target = match known_person {
            Some(person) if random.chance(200) => ErasureTarget::Person(person),
            _ => ErasureTarget::Encounter(known.encounter),
        };
        let erase = Erase { target, basis: 1, requester: 2, approver: None };
        Some(Request::Command(Command::Erase(erase)))
    }
}

fn adjudicate(random: &mut Random, model: &Model) -> Option<Request> {
    let held = model.catalog.encounters().iter();
    let held = held.filter(|(_, row)| row.state == EncounterState::Held).map(|(id, _)| *id);
    let held: Vec<EncounterId> = held.collect();
    let encounter = random.pick(&held)?;
    let accept = random.chance(400);
    let decision = Adjudicate { encounter, accept, examiner: 3, approver: 4 };
    Some(Request::Command(Command::Adjudicate(decision)))
}

/// Moves an encounter to other galleries or another person, or merges two persons.
fn link(random: &mut Random, model: &Model) -> Option<Request> {
    let rows: Vec<_> = model.catalog.encounters().iter().map(|(id, row)| (*id, row)).collect();
    let pick = |random: &mut Random| rows.get(random.below(rows.len() as u64) as usize).copied();
    let ((encounter, row), (_, other)) = (pick(random)?, pick(random)?);
    let expected_version = row.version;
    Some(Request::Command(match random.below(4) {
        0 | 1 => {
            let galleries = GallerySet(random.range(1, 4) as u8);
            Command::SetGalleries(SetGalleries { encounter, galleries, expected_version })
        }
        2 => Command::MergePersons(MergePersons { from: row.person, into: other.person }),
        _ => {
            let person = PersonId(0x2000_0000 + u128::from(random.next() as u32));
            Command::Unlink(Unlink { encounter, person, expected_version })
        }
    }))
}
