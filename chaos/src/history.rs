//! What was asked of the cluster and what it said: all that the checks know.

use coordinator::Candidate;
use coordinator::command::DedupPolicy;
use replication::{EncounterId, EncounterState, PersonId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A person of the workload, with one encounter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) person: PersonId,
    pub(crate) encounter: EncounterId,
    /// Whose skin it is: two subjects of one finger are one human under two names.
    pub(crate) finger: u64,
    pub(crate) policy: DedupPolicy,
}

/// The number of a subject, its place in [`History::subjects`].
pub(crate) type SubjectNumber = usize;

/// What a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// To enroll a subject, for the first time or again.
    Enroll(SubjectNumber),
    /// To enroll other content under the encounter id of a subject.
    Conflict(SubjectNumber),
    /// To erase a subject.
    Erase(SubjectNumber),
    /// The state of a subject's encounter.
    Read(SubjectNumber),
    /// Who has this finger.
    Identify(u64),
    /// Whether a subject's finger is that subject's.
    Verify(SubjectNumber),
    /// What was enrolled of a subject.
    Fetch(SubjectNumber),
}

impl Call {
    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Enroll(_) => "enroll",
            Self::Conflict(_) => "conflict",
            Self::Erase(_) => "erase",
            Self::Read(_) => "read",
            Self::Identify(_) => "identify",
            Self::Verify(_) => "verify",
            Self::Fetch(_) => "fetch",
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// It was carried out, at this index.
    Applied(u64),
    /// It had been before, at this index.
    Already(u64),
    /// The id holds other content.
    Conflict,
    /// The id was erased.
    Gone,
    /// It was refused, for certain.
    Refused,
}

/// A search's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) as_of: u64,
    pub(crate) is_complete: bool,
    pub(crate) eligible: u64,
    pub(crate) scanned: u64,
    pub(crate) missing: usize,
    pub(crate) candidates: Vec<Candidate>,
    /// By a coordinator of the cluster.
    pub(crate) is_signed: bool,
}

/// What a client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Of a command; the state is that of an encounter enrolled.
    Done(Became, Option<EncounterState>),
    /// Of a read.
    State(Option<EncounterState>),
    /// Of a search or a verification.
    Found(Found),
    /// Whether what was handed out is what was enrolled; `None` when nothing was.
    Fetched(Option<bool>),
    /// Nothing: whether it was carried out is not known.
    Unknown(String),
}

/// A call from start to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) asked_us: u64,
    pub(crate) answered_us: u64,
    pub(crate) call: Call,
    pub(crate) answer: Answer,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) subjects: Vec<Subject>,
    /// In the order of their answers.
    pub(crate) events: Vec<Event>,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    pub(crate) check: &'static str,
    pub(crate) what: String,
}

/// Never, as a time.
pub(crate) const NEVER: u64 = u64::MAX;

/// What the whole history says about a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// First asked to be enrolled.
    pub(crate) asked_us: u64,
    /// First told to be enrolled.
    pub(crate) acknowledged_us: u64,
    /// First told to be active, which lasts until it is erased.
    pub(crate) active_us: u64,
    /// First told to be held, which lasts likewise: nobody decides here.
    pub(crate) held_us: u64,
    /// First asked to be erased.
    pub(crate) erase_asked_us: u64,
    /// First told to be erased.
    pub(crate) erased_us: u64,
    /// Index of the enrollment, where told.
    pub(crate) enrolled_at: Option<u64>,
    /// Index of the erasure, where told.
    pub(crate) erased_at: Option<u64>,
}

impl Life {
    const UNKNOWN: Self = Self {
        asked_us: NEVER,
        acknowledged_us: NEVER,
        active_us: NEVER,
        held_us: NEVER,
        erase_asked_us: NEVER,
        erased_us: NEVER,
        enrolled_at: None,
        erased_at: None,
    };

    fn see_state(&mut self, state: Option<EncounterState>, at_us: u64) {
        match state {
            Some(EncounterState::Active) => self.active_us = self.active_us.min(at_us),
            Some(EncounterState::Held) => self.held_us = self.held_us.min(at_us),
            _ => {}
        }
    }

    fn see(&mut self, event: &Event) {
        let (asked, answered) = (event.asked_us, event.answered_us);
        match (event.call, &event.answer) {
            (Call::Enroll(_), answer) => {
                self.asked_us = self.asked_us.min(asked);
                if let Answer::Done(Became::Applied(at) | Became::Already(at), state) = answer {
                    self.acknowledged_us = self.acknowledged_us.min(answered);
                    self.enrolled_at.get_or_insert(*at);
                    self.see_state(*state, answered);
                }
            }
            (Call::Erase(_), answer) => {
                self.erase_asked_us = self.erase_asked_us.min(asked);
                if let Answer::Done(Became::Applied(at) | Became::Already(at), _) = answer {
                    self.erased_us = self.erased_us.min(answered);
                    self.erased_at.get_or_insert(*at);
                }
            }
            (Call::Read(_), Answer::State(state)) => self.see_state(*state, answered),
            _ => {}
        }
    }
}

impl History {
    /// The life of every subject.
    pub(crate) fn lives(&self) -> Vec<Life> {
        let mut lives = vec![Life::UNKNOWN; self.subjects.len()];
        for event in &self.events {
            if let Some(life) = event.call.subject().and_then(|number| lives.get_mut(number)) {
                life.see(event);
            }
        }
        lives
    }

    /// Who is behind an encounter.
    pub(crate) fn numbers(&self) -> BTreeMap<EncounterId, SubjectNumber> {
        self.subjects.iter().enumerate().map(|(number, s)| (s.encounter, number)).collect()
    }

    /// All searches that were answered, with the finger.
    pub(crate) fn searches(&self) -> impl Iterator<Item = (&Event, u64, &Found)> {
        self.events.iter().filter_map(|event| match (event.call, &event.answer) {
            (Call::Identify(finger), Answer::Found(found)) => Some((event, finger, found)),
            _ => None,
        })
    }
}

impl Call {
    /// Whom it is about, searches aside.
    pub(crate) const fn subject(&self) -> Option<SubjectNumber> {
        match *self {
            Self::Enroll(number)
            | Self::Conflict(number)
            | Self::Erase(number)
            | Self::Read(number)
            | Self::Verify(number)
            | Self::Fetch(number) => Some(number),
            Self::Identify(_) => None,
        }
    }
}
