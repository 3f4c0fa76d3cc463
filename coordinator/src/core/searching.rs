//! Searches: intent on record, scan, outcome on record, answer.

use super::clients::Waiting;
use super::{Asker, Coordinator};
use crate::command::{Command, Outcome};
use crate::fanout::{Fanout, Question};
use crate::message::{Identified, Identify, Output, Response, Unavailable};
use crate::search::{LoggedScope, SearchIntent, SearchOutcome, VerificationIntent};
use replication::{Cut, LogIndex, Mutation, ScanAnswer, is_mutated};
use sha2::{Digest, Sha256};

/// A search and how far it is.
pub(super) struct Search {
    request: u64,
    identify: Identify,
    deadline: u64,
    as_of: LogIndex,
    fanout: Option<Fanout>,
    found: Option<Identified>,
}

impl Search {
    pub(super) fn new(request: u64, identify: Identify, deadline: u64) -> Self {
        Self { request, identify, deadline, as_of: 0, fanout: None, found: None }
    }

    fn intent(&self, search: u128) -> Command {
        let Identify { requester, purpose, case, ref probe, scope, threshold, .. } = self.identify;
        let search = SearchIntent {
            search,
            requester,
            purpose,
            case,
            probe_digest: Sha256::digest(probe.as_bytes()).into(),
            scope: LoggedScope(scope),
            threshold,
        };
        match self.identify.person {
            Some(person) => Command::VerificationIntent(VerificationIntent { search, person }),
            None => Command::SearchIntent(search),
        }
    }

    fn question(&self, cut: Cut) -> Question {
        Question {
            // Everything of one person is compared to the end.
            cut: if self.identify.person.is_some() { Cut::NONE } else { cut },
            person: self.identify.person,
            probe: self.identify.probe.clone(),
            scope: self.identify.scope,
            score_min: self.identify.threshold,
            rarity_min: 0,
            min_index: self.as_of,
            persons_max: Some(self.identify.candidates_max),
            lane: self.identify.lane,
            deadline: self.deadline,
        }
    }
}

impl Coordinator {
    /// A name that no other search of the cluster has.
    fn search_name(&self, search: u64) -> u128 {
        let place = (u128::from(self.settings.boot) << 64) | u128::from(search);
        place ^ (u128::from(self.member.id().0) << 120)
    }

    /// Puts the intent on record; the search starts when it is committed.
    pub(super) fn begin(&mut self, mut search: Search) -> Result<(), Unavailable> {
        let searches_max = self.settings.admission.searches_max_of(search.identify.lane);
        if self.searches.len() >= searches_max {
            return Err(Unavailable::Overloaded);
        }
        let key = self.sequence + 1;
        let name = self.search_name(key);
        let sequence = self.submit_for_client(search.intent(name))?;
        debug_assert_eq!(sequence, key, "a search is named by the number of its intent");
        if is_mutated(Mutation::SearchBeforeIntent) {
            search.as_of = self.catalog.applied();
            self.start_fanout(&mut search);
        }
        self.searches.insert(key, search);
        self.waiting.insert(sequence, Waiting::Intent { search: key });
        Ok(())
    }

    fn start_fanout(&self, search: &mut Search) {
        let fanout = Fanout::new(
            &self.catalog,
            search.question(self.settings.search_cut),
            self.settings.hedging,
            self.settings.boot,
        );
        search.fanout = Some(fanout);
    }

    /// The intent is committed: its index is the barrier.
    pub(super) fn intent_logged(&mut self, key: u64, index: LogIndex) {
        let Some(mut search) = self.searches.remove(&key) else { return };
        if !is_mutated(Mutation::SearchBeforeIntent) {
            search.as_of = index;
            self.start_fanout(&mut search);
        }
        self.searches.insert(key, search);
    }

    pub(super) fn on_scan(&mut self, answer: ScanAnswer, out: &mut Vec<Output>) {
        if answer.boot != self.settings.boot {
            return;
        }
        let Some(asker) = self.scans.get(&answer.scan).copied() else { return };
        self.view.answered(answer.node);
        let fanout = match asker {
            Asker::Search(key) => self.searches.get_mut(&key).and_then(|s| s.fanout.as_mut()),
            Asker::Check(encounter) => self.checks.fanout(encounter),
        };
        if let Some(fanout) = fanout {
            let alarms = fanout.take(&self.catalog, answer);
            out.extend(alarms.into_iter().map(Output::Alarm));
        }
    }

    /// Asks whom there is to ask and ends what is done.
    pub(super) fn search_on(&mut self, now: u64, out: &mut Vec<Output>) {
        let keys: Vec<u64> = self.searches.keys().copied().collect();
        for key in keys {
            let Some(mut search) = self.searches.remove(&key) else { continue };
            if search.found.is_none()
                && let Some(fanout) = &mut search.fanout
            {
                let alarms = fanout.verify(&self.catalog);
                out.extend(alarms.into_iter().map(Output::Alarm));
                if fanout.is_finished(&self.catalog, now) {
                    self.finish(key, &mut search, now, out);
                } else {
                    let mut fanout = search.fanout.take();
                    self.ask(fanout.as_mut(), Asker::Search(key), now, out);
                    search.fanout = fanout;
                }
            }
            self.searches.insert(key, search);
        }
    }

    pub(super) fn ask(
        &mut self,
        fanout: Option<&mut Fanout>,
        asker: Asker,
        now: u64,
        out: &mut Vec<Output>,
    ) {
        let Some(fanout) = fanout else { return };
        let (sequence, scans) = (&mut self.sequence, &mut self.scans);
        let scan = || {
            *sequence += 1;
            scans.insert(*sequence, asker);
            *sequence
        };
        let requests = fanout.ask(&self.catalog, &mut self.view, now, scan);
        let requests = requests.into_iter();
        out.extend(requests.map(|(node, r)| Output::Node(node, replication::ToNode::Scan(r))));
    }

    /// Puts what was found on record; the answer leaves when that is committed.
    fn finish(&mut self, key: u64, search: &mut Search, now: u64, out: &mut Vec<Output>) {
        let Some(fanout) = &search.fanout else { return };
        let coverage = fanout.coverage(&self.catalog, &self.view, now);
        let is_complete = coverage.is_complete();
        let mut candidates = fanout.candidates(&self.catalog);
        if !is_complete && !search.identify.allow_partial {
            candidates.clear();
        }
        for node in fanout.unanswered() {
            self.view.answered(node);
        }
        let listed = candidates.iter().map(|c| (c.encounter, c.score)).collect();
        let (eligible, scanned) = (coverage.eligible, coverage.scanned);
        let name = self.search_name(key);
        let outcome = SearchOutcome {
            search: name,
            as_of: search.as_of,
            is_complete,
            eligible,
            scanned,
            candidates: listed,
        };
        let (as_of, missing) = (search.as_of, coverage.missing);
        let found =
            Identified { search: name, as_of, is_complete, eligible, scanned, candidates, missing };
        if is_mutated(Mutation::AnswerBeforeOutcome) || is_mutated(Mutation::SearchBeforeIntent) {
            out.push(Output::Client(search.request, Response::Identified(found.clone())));
        }
        search.found = Some(found);
        if let Ok(sequence) = self.submit(Command::SearchOutcome(outcome)) {
            self.waiting.insert(sequence, Waiting::Outcome { search: key });
        }
    }

    pub(super) fn outcome_logged(&mut self, key: u64, outcome: Outcome, out: &mut Vec<Output>) {
        let Some(search) = self.searches.remove(&key) else { return };
        self.scans.retain(|_, asker| *asker != Asker::Search(key));
        let response = match search.found {
            Some(found) if outcome == Outcome::Applied => Response::Identified(found),
            _ => Response::Unknown,
        };
        if !is_mutated(Mutation::AnswerBeforeOutcome) {
            out.push(Output::Client(search.request, response));
        }
    }

    /// A search that cannot put its intent or outcome on record gives no answer.
    pub(super) fn expire_searches(&mut self, now: u64, out: &mut Vec<Output>) {
        const GRACE_MS: u64 = 1000;
        let late = |search: &Search| {
            let is_scanning = search.fanout.is_some() && search.found.is_none();
            now >= search.deadline + if is_scanning { GRACE_MS } else { GRACE_MS / 2 }
        };
        let late: Vec<u64> =
            self.searches.iter().filter(|(_, search)| late(search)).map(|(key, _)| *key).collect();
        for key in late {
            if let Some(search) = self.searches.remove(&key) {
                self.scans.retain(|_, asker| *asker != Asker::Search(key));
                out.push(Output::Client(search.request, Response::Unknown));
            }
        }
        self.forget_lost_intents();
    }

    /// Intents and outcomes of searches that ended without them.
    fn forget_lost_intents(&mut self) {
        let searches = &self.searches;
        let lost = |waiting: &Waiting| match waiting {
            Waiting::Intent { search } | Waiting::Outcome { search } => {
                !searches.contains_key(search)
            }
            _ => false,
        };
        let lost: Vec<u64> =
            self.waiting.iter().filter(|(_, waiting)| lost(waiting)).map(|(id, _)| *id).collect();
        for sequence in lost {
            self.waiting.remove(&sequence);
            self.admission.ended(sequence);
        }
    }
}
