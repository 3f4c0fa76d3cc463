//! What a run came to: figures for a table and for a record.

use crate::checks::CHECKS;
use crate::faults::Count;
use crate::history::{Answer, Event, History, Violation};
use serde::Serialize;
use std::collections::BTreeMap;
use terminal::table::{Align, Table};

/// See the module.
#[derive(Serialize)]
pub(crate) struct Summary {
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    pub(crate) calls: BTreeMap<&'static str, Calls>,
    /// Answers that were complete, of all searches.
    pub(crate) complete_searches: u64,
    pub(crate) subjects: u64,
    /// Longest time in which no call was answered, in milliseconds.
    pub(crate) longest_silence_ms: u64,
    /// Raft's terms at the end.
    pub(crate) term: u64,
    pub(crate) faults: BTreeMap<&'static str, Count>,
    pub(crate) checks: Vec<&'static str>,
    pub(crate) violations: Vec<Violation>,
}

/// The calls of one kind.
#[derive(Default, Serialize)]
pub(crate) struct Calls {
    pub(crate) asked: u64,
    /// Without an answer in time.
    pub(crate) unanswered: u64,
    pub(crate) p50_ms: u64,
    pub(crate) p99_ms: u64,
    pub(crate) longest_ms: u64,
}

impl Calls {
    fn of(events: &[&Event]) -> Self {
        let ms = |event: &&Event| (event.answered_us - event.asked_us) / 1000;
        let mut times: Vec<u64> = events.iter().map(ms).collect();
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).or(times.last());
        let unanswered = events.iter().filter(|e| matches!(e.answer, Answer::Unknown(_)));
        Self {
            asked: events.len() as u64,
            unanswered: unanswered.count() as u64,
            p50_ms: at(50).copied().unwrap_or_default(),
            p99_ms: at(99).copied().unwrap_or_default(),
            longest_ms: times.last().copied().unwrap_or_default(),
        }
    }
}

impl Summary {
    /// Adds up a history.
    pub(crate) fn new(
        seed: u64,
        seconds: u64,
        history: &History,
        faults: BTreeMap<&'static str, Count>,
        violations: Vec<Violation>,
    ) -> Self {
        let mut by_call: BTreeMap<&'static str, Vec<&Event>> = BTreeMap::new();
        for event in &history.events {
            by_call.entry(event.call.name()).or_default().push(event);
        }
        let mut answered: Vec<u64> = history
            .events
            .iter()
            .filter(|event| !matches!(event.answer, Answer::Unknown(_)))
            .map(|event| event.answered_us)
            .collect();
        answered.sort_unstable();
        let silences = answered.windows(2).map(|pair| pair[1] - pair[0]);
        let complete = history.searches().filter(|(_, _, found)| found.is_complete);
        Self {
            seed,
            seconds,
            calls: by_call.iter().map(|(name, events)| (*name, Calls::of(events))).collect(),
            complete_searches: complete.count() as u64,
            subjects: history.subjects.len() as u64,
            longest_silence_ms: silences.max().unwrap_or_default() / 1000,
            term: 0,
            faults,
            checks: CHECKS.iter().map(|(name, _)| *name).collect(),
            violations,
        }
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = self.call_table().render();
        text.push('\n');
        text.push_str(&self.fault_table().render());
        text.push_str(&format!(
            "\nseed {}, {} s: {} subjects, {} complete searches, longest silence {:.1} s, \
             term {}\n",
            self.seed,
            self.seconds,
            self.subjects,
            self.complete_searches,
            self.longest_silence_ms as f64 / 1000.0,
            self.term,
        ));
        for Violation { check, what } in &self.violations {
            text.push_str(&format!("VIOLATION: {check}: {what}\n"));
        }
        text.push_str(&format!("{} violations\n", self.violations.len()));
        text
    }

    fn call_table(&self) -> Table {
        let mut table = Table::new(&[
            ("call", Align::Left),
            ("asked", Align::Right),
            ("no answer", Align::Right),
            ("p50 ms", Align::Right),
            ("p99 ms", Align::Right),
            ("longest ms", Align::Right),
        ]);
        for (name, calls) in &self.calls {
            let Calls { asked, unanswered, p50_ms, p99_ms, longest_ms } = *calls;
            let numbers = [asked, unanswered, p50_ms, p99_ms, longest_ms];
            table.row([(*name).to_owned()].into_iter().chain(numbers.map(|n| n.to_string())));
        }
        table
    }

    fn fault_table(&self) -> Table {
        let mut table = Table::new(&[("fault", Align::Left), ("times", Align::Right)]);
        for (what, count) in &self.faults {
            let times = count.skipped.map_or(count.struck.to_string(), |why| {
                format!("{}, skipped: {why}", count.struck)
            });
            table.row([(*what).to_owned(), times]);
        }
        table
    }
}
