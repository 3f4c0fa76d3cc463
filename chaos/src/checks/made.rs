//! Histories made by hand, to see checks fail.

use crate::history::{Answer, Became, Call, Event, Found, History, Subject, SubjectNumber};
use coordinator::Candidate;
use coordinator::command::DedupPolicy;
use replication::{EncounterId, EncounterState, PersonId};

/// Subjects and the events so far; every call takes one microsecond, and the next begins after it.
pub(super) struct Made {
    pub(super) history: History,
    now_us: u64,
}

/// Subject 0 and 1 have finger 0; the others have their own. All are checked but the last two.
pub(super) fn made() -> Made {
    let subject = |number: u64| Subject {
        person: PersonId(100 + u128::from(number)),
        encounter: EncounterId(200 + u128::from(number)),
        finger: number.saturating_sub(1),
        policy: if number < 4 { DedupPolicy::Enforce } else { DedupPolicy::Skip },
    };
    let history = History { subjects: (0..6).map(subject).collect(), events: Vec::new() };
    Made { history, now_us: 0 }
}

impl Made {
    /// A call that is answered before the next one is asked.
    pub(super) fn say(&mut self, call: Call, answer: Answer) -> &mut Self {
        self.now_us += 2;
        self.during(self.now_us, call, answer)
    }

    /// A call that is asked at a time and answered now.
    pub(super) fn during(&mut self, asked_us: u64, call: Call, answer: Answer) -> &mut Self {
        self.history.events.push(Event { asked_us, answered_us: self.now_us + 1, call, answer });
        self
    }

    pub(super) fn enrolled(&mut self, number: SubjectNumber, at: u64) -> &mut Self {
        let state = Some(EncounterState::Active);
        self.say(Call::Enroll(number), Answer::Done(Became::Applied(at), state))
    }

    pub(super) fn erased(&mut self, number: SubjectNumber, at: u64) -> &mut Self {
        self.say(Call::Erase(number), Answer::Done(Became::Applied(at), None))
    }

    pub(super) fn read(
        &mut self,
        number: SubjectNumber,
        state: Option<EncounterState>,
    ) -> &mut Self {
        self.say(Call::Read(number), Answer::State(state))
    }

    /// A search for a finger that finds these subjects, the first best.
    pub(super) fn found(&mut self, finger: u64, of: u64, numbers: &[SubjectNumber]) -> &mut Self {
        let found = self.answer(of, numbers);
        self.say(Call::Identify(finger), Answer::Found(found))
    }

    /// A complete answer as of 1,000 with these subjects, of so many.
    pub(super) fn answer(&self, of: u64, numbers: &[SubjectNumber]) -> Found {
        let candidate = |(rank, number): (usize, &SubjectNumber)| {
            let Subject { person, encounter, .. } = self.history.subjects[*number];
            let score = 1000 - rank as u32;
            Candidate { person, encounter, score, rarity: score }
        };
        let candidates = numbers.iter().enumerate().map(candidate).collect();
        let (as_of, is_complete, missing) = (1000, true, 0);
        let is_signed = true;
        Found { as_of, is_complete, eligible: of, scanned: of, missing, candidates, is_signed }
    }
}
