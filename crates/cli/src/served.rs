//! The persons of the demonstration once more, through `tanba serve`: the whole system in one
//! process, with log, duplicate checks, audit and certificates, must list whom the gallery lists.

use crate::demonstration::{Check, Trial};
use crate::output::Output;
use crate::population::Person;
use anyhow::ensure;
use coordinator::command::{DedupPolicy, Enroll, Outcome};
use coordinator::{Acknowledge, Identified, Identify};
use formats::template::encounter::Encounter;
use operation::connection::Connection;
use operation::names::{enrollment, person_of, subject_of};
use operation::serve::Running;
use replication::{EncounterState, Lane, Scope};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What is enrolled of one person.
pub(crate) struct Visit(Enroll);

/// The purpose on record.
const PURPOSE: u16 = 1;
/// Between looks at whether duplicate checks are done.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The enrollments of all persons that have some.
pub(crate) fn visits(persons: &[Person]) -> anyhow::Result<Vec<Visit>> {
    let visit = |person: &Person| {
        let templates = person.enrollments.iter().map(|e| e.template.clone()).collect();
        let payload = Encounter::new(templates)?.encode();
        let enroll = enrollment(person_of(&person.subject)?, payload.into(), DedupPolicy::Enforce);
        anyhow::Ok(Visit(enroll))
    };
    persons.iter().filter(|person| person.enrolled).map(visit).collect()
}

/// Serves from a new folder, enrolls, searches as `trials` did, and compares.
pub(crate) fn check(
    folder: &Path,
    visits: &[Visit],
    persons: &[Person],
    trials: &[Trial],
    output: &Output,
) -> anyhow::Result<[Check; 2]> {
    let running = Running::start(folder)?;
    let active = enroll(visits, running.connection(), output)?;
    let progress = output.progress("Searching through a server", trials.len() as u64);
    let (mut same, mut signed) = (0, 0);
    for trial in trials {
        let (found, is_signed) = ask(trial, persons, running.connection())?;
        same += usize::from(found.is_complete && is_same(&listed(&found), &expected(trial)));
        signed += usize::from(is_signed);
        progress.advance(1);
    }
    progress.finish();
    running.stop()?;
    let (all, searches) = (visits.len(), trials.len());
    Ok([
        Check {
            claim: format!("a server takes the {all} persons, none as a duplicate"),
            found: format!("{active} active"),
            holds: active == all,
        },
        Check {
            claim: format!("it finds the same as like in {searches} searches, complete and signed"),
            found: format!("{same} the same, {signed} signed"),
            holds: same == searches && signed == searches,
        },
    ])
}

/// Enrolls all and waits for their duplicate checks; how many are found by searches then.
fn enroll(visits: &[Visit], connection: &Connection, output: &Output) -> anyhow::Result<usize> {
    let progress = output.progress("Enrolling at a server", visits.len() as u64);
    for Visit(enroll) in visits {
        let asked = connection.client.enroll(enroll, Acknowledge::Committed);
        let done = connection.wait(asked)?;
        ensure!(done.outcome == Outcome::Applied, "an enrollment was not taken");
        progress.advance(1);
    }
    progress.finish();
    let mut active = 0;
    for Visit(enroll) in visits {
        let state = loop {
            match connection.wait(connection.client.read(enroll.encounter))? {
                Some(EncounterState::Pending) => connection.pause(LOOK_EVERY),
                state => break state,
            }
        };
        active += usize::from(state == Some(EncounterState::Active));
    }
    Ok(active)
}

/// What the server found, and whether a coordinator signed for it.
fn ask(
    trial: &Trial,
    persons: &[Person],
    connection: &Connection,
) -> anyhow::Result<(Identified, bool)> {
    let templates = trial.prints(persons).iter().map(|print| print.template.clone()).collect();
    let asked = Identify {
        requester: 0,
        purpose: PURPOSE,
        case: trial.person as u64,
        probe: Encounter::new(templates)?.encode().into(),
        scope: Scope { active_only: true, gallery: None },
        person: None,
        threshold: 0,
        candidates_max: trial.answer.candidates.as_slice().len().max(1) as u32,
        allow_partial: true,
        lane: Lane::Standard,
    };
    let answer = connection.client.identify_with_receipt(&asked);
    let (found, receipt) = connection.wait(answer)?;
    let authority = connection.authority().unwrap_or_default();
    let is_signed = receipt.is_some_and(|receipt| receipt.verify(authority).is_ok());
    Ok((found, is_signed))
}

/// Whom an answer lists with which similarity, best first.
type List = Vec<(String, u32)>;

fn listed(found: &Identified) -> List {
    found.candidates.iter().map(|c| (subject_of(c.person), c.score)).collect()
}

fn expected(trial: &Trial) -> List {
    let candidates = trial.answer.candidates.as_slice().iter();
    candidates.map(|c| (c.subject.to_string(), c.similarity.thousandths())).collect()
}

/// Whether two lists begin with the same person and give everybody on both the same similarity.
/// Equals at the cuts go by subject in a gallery and by encounter at a server, so the ends of full
/// lists may name a few others.
fn is_same(a: &List, b: &List) -> bool {
    const OTHERS_MAX: usize = 2;
    let of_b: BTreeMap<&str, u32> = b.iter().map(|(name, score)| (name.as_str(), *score)).collect();
    let both: Vec<bool> = a
        .iter()
        .filter_map(|(name, score)| of_b.get(name.as_str()).map(|other| other == score))
        .collect();
    a.first() == b.first()
        && both.iter().all(|same| *same)
        && both.len() + OTHERS_MAX >= a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, u32)]) -> List {
        entries.iter().map(|(name, score)| ((*name).to_owned(), *score)).collect()
    }

    #[test]
    fn lists_are_the_same_but_for_equals_at_their_ends() {
        let one = list(&[("a", 900), ("b", 50), ("c", 40), ("d", 40)]);
        assert!(is_same(&one, &one));
        assert!(is_same(&one, &list(&[("a", 900), ("b", 50), ("c", 40), ("e", 40)])));
        assert!(!is_same(&one, &list(&[("b", 900), ("a", 900), ("c", 40), ("d", 40)])));
        assert!(!is_same(&one, &list(&[("a", 900), ("b", 51), ("c", 40), ("d", 40)])));
        assert!(!is_same(&one, &list(&[("a", 900)])));
        assert!(is_same(&list(&[]), &list(&[])));
    }
}
