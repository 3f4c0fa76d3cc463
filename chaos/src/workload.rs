//! Clients that enroll, search and erase all the time, and write down what they were told.

use crate::history::{Answer, Became, Call, Event, Found, History, Subject, SubjectNumber};
use crate::journal::Journal;
use crate::random::Random;
use coordinator::command::{DedupPolicy, Enroll, Erase, ErasureTarget, Outcome};
use coordinator::{Acknowledge, Fetch, Identified, Identify};
use formats::template::encounter::Encounter;
use operation::names::encounter_of;
use proto::Field;
use replication::{GallerySet, Lane, Payload, PersonId, Scope};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use synthesis::templates::{ImpressionParameters, finger, impression};
use tokio::sync::watch;
use transport::{Change, Client, ClientError, Done, Security};

/// Every call is tried for so long, coordinator after coordinator.
const BUDGET: Duration = Duration::from_secs(20);
/// Most candidates of a search; more than ever have one finger.
const CANDIDATES_MAX: u32 = 20;
/// Fingers from here on are of nobody.
const STRANGERS: u64 = 1 << 40;

/// What all clients share.
pub(crate) struct Workload {
    pub(crate) seed: u64,
    pub(crate) journal: Arc<Journal>,
    pub(crate) security: Security,
    /// Where coordinators are, as clients see them; changes when one is replaced.
    pub(crate) servers: watch::Receiver<Vec<String>>,
    pub(crate) stop: AtomicBool,
    /// Fingers given out.
    fingers: AtomicU64,
    history: Mutex<History>,
}

impl Workload {
    /// Nothing was asked yet.
    pub(crate) fn new(
        seed: u64,
        journal: Arc<Journal>,
        security: Security,
        servers: watch::Receiver<Vec<String>>,
    ) -> Self {
        let (stop, fingers, history) = Default::default();
        Self { seed, journal, security, servers, stop, fingers, history }
    }

    /// What was asked so far.
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks one call and writes the answer down.
    pub(crate) async fn ask(&self, client: &Client, call: Call, ack: Acknowledge) -> Answer {
        let subject = call.subject().map(|number| self.history().subjects[number]);
        let asked_us = self.journal.now_us();
        let answer = self.answer(client, call, subject, ack).await;
        let answered_us = self.journal.now_us();
        self.journal.write(
            "call",
            &json!({ "asked_us": asked_us, "call": format!("{call:?}"),
            "answer": described(&answer) }),
        );
        let event = Event { asked_us, answered_us, call, answer: answer.clone() };
        self.history().events.push(event);
        answer
    }

    async fn answer(
        &self,
        client: &Client,
        call: Call,
        subject: Option<Subject>,
        ack: Acknowledge,
    ) -> Answer {
        let answer = match (call, subject) {
            (Call::Enroll(_), Some(subject)) => {
                let enroll = self.enrollment(&subject, subject.finger);
                client.enroll(&enroll, ack).await.map(done)
            }
            (Call::Conflict(_), Some(subject)) => {
                let enroll = self.enrollment(&subject, STRANGERS - 1 - subject.finger);
                client.enroll(&enroll, ack).await.map(done)
            }
            (Call::Erase(_), Some(subject)) => {
                let target = ErasureTarget::Person(subject.person);
                let erase = Erase { target, basis: 17, requester: 0, approver: None };
                client.change(Change::Erase(erase.to_wire())).await.map(done)
            }
            (Call::Read(_), Some(subject)) => {
                client.read(subject.encounter).await.map(Answer::State)
            }
            (Call::Identify(finger), _) => self.search(client, finger, None).await,
            (Call::Verify(_), Some(subject)) => {
                self.search(client, subject.finger, Some(subject.person)).await
            }
            (Call::Fetch(_), Some(subject)) => {
                let encounter = subject.encounter;
                let fetch = Fetch { requester: 0, purpose: 5, case: subject.finger, encounter };
                let same = |payload: Payload| payload == self.prints(subject.finger);
                client.fetch(&fetch).await.map(|found| Answer::Fetched(found.map(same)))
            }
            (_, None) => return Answer::Unknown("no such subject".into()),
        };
        answer.unwrap_or_else(|error| Answer::Unknown(error.to_string()))
    }

    async fn search(
        &self,
        client: &Client,
        finger: u64,
        person: Option<PersonId>,
    ) -> Result<Answer, ClientError> {
        let asked = Identify {
            requester: 0,
            purpose: 3,
            case: finger,
            probe: self.prints(finger),
            scope: Scope { active_only: true, gallery: None },
            person,
            threshold: 0,
            candidates_max: CANDIDATES_MAX,
            allow_partial: true,
            lane: Lane::Standard,
        };
        let (found, receipt) = client.identify_with_receipt(&asked).await?;
        let Identified { as_of, is_complete, eligible, scanned, candidates, missing, .. } = found;
        let Security::Mutual(own) = &self.security else { return Err(ClientError::NoServer) };
        let signed = receipt.is_some_and(|receipt| receipt.verify(own.authority()).is_ok());
        let (missing, is_signed) = (missing.len(), signed);
        let found = Found { as_of, is_complete, eligible, scanned, missing, candidates, is_signed };
        Ok(Answer::Found(found))
    }

    /// One careful impression of a finger; always the same.
    fn prints(&self, number: u64) -> Payload {
        let good = ImpressionParameters::good();
        let template = impression(&finger(self.seed, number), 0, &good);
        // One template of a fixed form is always an encounter.
        let encounter = Encounter::new(vec![template]);
        encounter.map(|encounter| encounter.encode()).unwrap_or_default().into()
    }

    fn enrollment(&self, subject: &Subject, finger: u64) -> Enroll {
        let payload = self.prints(finger);
        Enroll {
            encounter: subject.encounter,
            person: subject.person,
            galleries: GallerySet(1),
            content: Sha256::digest(payload.as_bytes()).into(),
            payload,
            wrapped_key: None,
            dedup: subject.policy,
        }
    }

    /// A new subject; of a finger of its own where none is given.
    fn new_subject(&self, finger: Option<u64>, policy: DedupPolicy) -> SubjectNumber {
        let finger = finger.unwrap_or_else(|| self.fingers.fetch_add(1, Ordering::Relaxed));
        let prints = self.prints(finger);
        let mut history = self.history();
        let number = history.subjects.len();
        let person = PersonId((1 << 100) + number as u128);
        let encounter = encounter_of(person, prints.as_bytes());
        history.subjects.push(Subject { person, encounter, finger, policy });
        number
    }
}

fn done(done: Done) -> Answer {
    let became = match done.outcome {
        Outcome::Applied => Became::Applied(done.index),
        Outcome::AlreadyApplied(index) => Became::Already(index),
        Outcome::Conflict => Became::Conflict,
        Outcome::Gone => Became::Gone,
        Outcome::Refused(_) => Became::Refused,
    };
    Answer::Done(became, done.state)
}

fn described(answer: &Answer) -> String {
    match answer {
        Answer::Found(found) => format!(
            "as of {}, complete {}, {} of {}, {} candidates",
            found.as_of,
            found.is_complete,
            found.scanned,
            found.eligible,
            found.candidates.len()
        ),
        other => format!("{other:?}"),
    }
}

/// One client: asks until it is told to stop.
pub(crate) struct Worker {
    workload: Arc<Workload>,
    random: Random,
    clients: [Client; 2],
    servers: watch::Receiver<Vec<String>>,
}

impl Worker {
    /// Number `number` of them.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub(crate) fn new(workload: &Arc<Workload>, number: u64) -> Result<Self, ClientError> {
        let mut servers = workload.servers.clone();
        let clients = connect(workload, &servers.borrow_and_update())?;
        let random = Random::new(workload.seed, number);
        Ok(Self { workload: workload.clone(), random, clients, servers })
    }

    /// Asks until told to stop.
    ///
    /// # Errors
    /// When new servers cannot be connected to.
    pub(crate) async fn run(mut self) -> Result<(), ClientError> {
        while !self.workload.stop.load(Ordering::Relaxed) {
            if self.servers.has_changed().unwrap_or(false) {
                let servers = self.servers.borrow_and_update().clone();
                self.clients = connect(&self.workload, &servers)?;
            }
            self.one().await;
            tokio::time::sleep(Duration::from_millis(self.random.range(10, 150))).await;
        }
        Ok(())
    }

    async fn one(&mut self) {
        match self.random.below(100) {
            0..30 => self.enroll_new().await,
            30..38 => self.enroll_twins().await,
            38..48 => self.about_somebody(Call::Enroll).await,
            48..50 => self.conflict().await,
            50..76 => self.identify().await,
            76..80 => self.about_somebody(Call::Verify).await,
            80..82 => self.about_somebody(Call::Fetch).await,
            82..90 => self.about_somebody(Call::Erase).await,
            _ => self.about_somebody(Call::Read).await,
        }
    }

    async fn ask(&mut self, call: Call) {
        let ack =
            if self.random.percent(50) { Acknowledge::Searchable } else { Acknowledge::Committed };
        self.workload.ask(&self.clients[0], call, ack).await;
    }

    async fn enroll_new(&mut self) {
        let policy = match self.random.below(10) {
            0..5 => DedupPolicy::Enforce,
            5..6 => DedupPolicy::Flag,
            _ => DedupPolicy::Skip,
        };
        let number = self.workload.new_subject(None, policy);
        self.ask(Call::Enroll(number)).await;
    }

    /// One human under two names at once, through two connections.
    async fn enroll_twins(&mut self) {
        let first = self.workload.new_subject(None, DedupPolicy::Enforce);
        let finger = self.workload.history().subjects[first].finger;
        let second = self.workload.new_subject(Some(finger), DedupPolicy::Enforce);
        let [one, other] = &self.clients;
        let (workload, ack) = (&self.workload, Acknowledge::Committed);
        tokio::join!(
            workload.ask(one, Call::Enroll(first), ack),
            workload.ask(other, Call::Enroll(second), ack)
        );
    }

    fn somebody(&mut self) -> Option<SubjectNumber> {
        let count = self.workload.history().subjects.len() as u64;
        (count > 0).then(|| self.random.below(count) as SubjectNumber)
    }

    async fn about_somebody(&mut self, call: fn(SubjectNumber) -> Call) {
        if let Some(number) = self.somebody() {
            self.ask(call(number)).await;
        }
    }

    /// Other content under an id that was acknowledged.
    async fn conflict(&mut self) {
        let Some(number) = self.somebody() else { return };
        let acknowledged = self.workload.history().events.iter().any(|event| {
            let done = matches!(event.answer, Answer::Done(Became::Applied(_), _));
            event.call == Call::Enroll(number) && done
        });
        if acknowledged {
            self.ask(Call::Conflict(number)).await;
        }
    }

    async fn identify(&mut self) {
        let somebody = self.somebody().filter(|_| self.random.percent(90));
        let finger = somebody.map(|number| self.workload.history().subjects[number].finger);
        let finger = finger.unwrap_or_else(|| STRANGERS + self.random.below(1 << 20));
        self.ask(Call::Identify(finger)).await;
    }
}

/// Two connections, so that one client can ask twice at once at different coordinators.
fn connect(workload: &Workload, servers: &[String]) -> Result<[Client; 2], ClientError> {
    let mut turned = servers.to_vec();
    turned.rotate_left(usize::from(servers.len() > 1));
    Ok([connection(workload, servers)?, connection(workload, &turned)?])
}

/// A connection of a client. Needs a runtime.
///
/// # Errors
/// When the certificates cannot be used.
pub(crate) fn connection(workload: &Workload, servers: &[String]) -> Result<Client, ClientError> {
    Client::new(servers, &workload.security, BUDGET, Box::new(operation::connection::random))
}
