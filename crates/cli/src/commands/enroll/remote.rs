//! Enrolling into a cluster: the prints of a subject are one encounter.

use super::Sources;
use super::intake::{NewPrint, Refusal, Rules, extract};
use super::jobs::{Job, Jobs};
use super::tally::{Enrolled, Rejection, Tally};
use crate::output::Output;
use anyhow::Context;
use coordinator::Acknowledge;
use coordinator::command::{DedupPolicy, Enroll, Outcome};
use formats::template::encounter::Encounter;
use operation::connection::Connection;
use operation::names::{enrollment, person_of};
use operation::words::refusal;
use rayon::prelude::*;
use replication::{EncounterId, EncounterState, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use transport::{ClientError, Done};
use vocabulary::SubjectId;

/// Encounters on their way at a time.
const UNDER_WAY: usize = 16;
/// Between looks at encounters that wait for their duplicate check.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What the cluster does with a possible duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Duplicates {
    /// Searches find the encounter only once nobody like it was found, or a human said so.
    Hold,
    /// Searches find it at once; what is like it is on record.
    Flag,
    /// Searches find it at once, and nothing is looked for.
    Skip,
}

impl Duplicates {
    const fn policy(self) -> DedupPolicy {
        match self {
            Self::Hold => DedupPolicy::Enforce,
            Self::Flag => DedupPolicy::Flag,
            Self::Skip => DedupPolicy::Skip,
        }
    }
}

/// A file and what was read from it.
type Read = (String, Result<Vec<NewPrint>, Refusal>);

/// The prints of one subject that go together.
struct Visit {
    subject: SubjectId,
    prints: Vec<(String, NewPrint)>,
}

/// Extracts and sends, batch by batch; a subject is never cut in two.
pub(super) fn enroll(
    jobs: Jobs,
    rules: Rules,
    sources: &Sources,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::new(output);
    tally.ignored = jobs.ignored;
    for rejection in jobs.rejections {
        tally.rejected(rejection)?;
    }
    for declaration in jobs.declarations {
        let place = format!("{}:{}", declaration.subject, declaration.position);
        tally.rejected(Rejection::new(place, "a cluster keeps no declarations of fingers yet"))?;
    }
    let progress = output.progress("Enrolling", jobs.jobs.len() as u64);
    let by_subject = by_subject(jobs.jobs);
    let mut pending = BTreeMap::new();
    for batch in subjects_together(&by_subject, usize::from(sources.sync_every)) {
        let read: Vec<Read> = batch
            .par_iter()
            .map(|job| {
                let read = extract(job, rules);
                progress.advance(1);
                (job.path.display().to_string(), read)
            })
            .collect();
        let visits = visits(batch, read, &mut tally)?;
        let sent = send(visits, sources.duplicates, connection, &mut tally);
        pending.extend(sent.context(
            "the enrollment stopped; what was acknowledged is safe, and the same command goes on \
             where it stopped",
        )?);
    }
    progress.finish();
    settle(pending, connection, output)?;
    Ok(tally.finish(sources.rejects.as_deref())?.into())
}

/// All jobs of a subject beside each other, subjects in their order.
fn by_subject(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by(|a, b| a.subject.cmp(&b.subject));
    jobs
}

/// Batches of about so many files, all files of a subject in one.
fn subjects_together(jobs: &[Job], files_max: usize) -> Vec<&[Job]> {
    let mut together: Vec<&[Job]> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for subject in jobs.chunk_by(|a, b| a.subject == b.subject) {
        if end > start && end + subject.len() - start > files_max {
            together.push(&jobs[start..end]);
            start = end;
        }
        end += subject.len();
    }
    together.extend((end > start).then(|| &jobs[start..end]));
    together
}

/// What was read, by subject; what could not be is rejected.
fn visits(batch: &[Job], read: Vec<Read>, tally: &mut Tally<'_>) -> anyhow::Result<Vec<Visit>> {
    let mut visits: Vec<Visit> = Vec::new();
    for (job, (file, prints)) in batch.iter().zip(read) {
        match prints {
            Err(refusal) => tally.rejected(Rejection::new(file, refusal))?,
            Ok(prints) => {
                if visits.last().is_none_or(|visit| visit.subject != job.subject) {
                    visits.push(Visit { subject: job.subject.clone(), prints: Vec::new() });
                }
                let of_file = prints.into_iter().map(|print| (file.clone(), print));
                if let Some(visit) = visits.last_mut() {
                    visit.prints.extend(of_file);
                }
            }
        }
    }
    Ok(visits)
}

/// What is sent for a visit.
fn command(visit: &Visit, duplicates: Duplicates) -> anyhow::Result<Enroll> {
    let person = person_of(&visit.subject)?;
    let templates = visit.prints.iter().map(|(_, print)| print.enrollment.template.clone());
    let payload = Encounter::new(templates.collect())?.encode();
    Ok(enrollment(person, payload.into(), duplicates.policy()))
}

/// Sends visits and says what became of them; those that wait for their duplicate check.
fn send(
    visits: Vec<Visit>,
    duplicates: Duplicates,
    connection: &Connection,
    tally: &mut Tally<'_>,
) -> anyhow::Result<BTreeMap<EncounterId, PersonId>> {
    let mut pending = BTreeMap::new();
    let mut waiting = visits.into_iter();
    let mut under_way: JoinSet<(Visit, Enroll, Result<Done, ClientError>)> = JoinSet::new();
    loop {
        while under_way.len() < UNDER_WAY
            && let Some(visit) = waiting.next()
        {
            let enroll = match command(&visit, duplicates) {
                Ok(enroll) => enroll,
                Err(error) => {
                    reject(&visit, &error.to_string(), tally)?;
                    continue;
                }
            };
            let client = connection.client.clone();
            let asked = async move {
                let done = client.enroll(&enroll, Acknowledge::Searchable).await;
                (visit, enroll, done)
            };
            under_way.spawn_on(asked, connection.runtime.handle());
        }
        let Some(answered) = connection.wait(under_way.join_next()) else { return Ok(pending) };
        let (visit, enroll, done) = answered.context("a task of this command failed")?;
        let done = done.with_context(|| format!("subject {}", visit.subject))?;
        if say(&visit, &done, tally)? && done.state == Some(EncounterState::Pending) {
            pending.insert(enroll.encounter, enroll.person);
        }
    }
}

/// Counts what became of a visit; whether it is enrolled.
fn say(visit: &Visit, done: &Done, tally: &mut Tally<'_>) -> anyhow::Result<bool> {
    if let Some(why) = refusal(done.outcome) {
        reject(visit, why, tally)?;
        return Ok(false);
    }
    for (file, print) in &visit.prints {
        if done.outcome != Outcome::Applied {
            tally.skipped(file)?;
            continue;
        }
        let NewPrint { enrollment, resolution } = print;
        let header = enrollment.template.header();
        tally.enrolled(
            file,
            &Enrolled {
                key: &enrollment.key,
                quality: header.quality,
                minutiae: enrollment.template.minutiae().len(),
                resolution: *resolution,
            },
        )?;
    }
    Ok(true)
}

/// No file of a visit is enrolled.
fn reject(visit: &Visit, why: &str, tally: &mut Tally<'_>) -> anyhow::Result<()> {
    let files: BTreeSet<&String> = visit.prints.iter().map(|(file, _)| file).collect();
    for file in files {
        tally.rejected(Rejection::new(file, format!("subject {}: {why}", visit.subject)))?;
    }
    Ok(())
}

/// Waits a while for duplicate checks, and names who is held.
fn settle(
    mut pending: BTreeMap<EncounterId, PersonId>,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<()> {
    let until = Instant::now() + connection.budget;
    while !pending.is_empty() && Instant::now() < until {
        let mut still = BTreeMap::new();
        for (encounter, person) in pending {
            match connection.wait(connection.client.read(encounter))? {
                Some(EncounterState::Pending) => drop(still.insert(encounter, person)),
                Some(EncounterState::Held) => output.warning(format!(
                    "subject {} is held: somebody enrolled is alike; encounter {:032x} is not \
                     found until a human decides",
                    operation::names::subject_of(person),
                    encounter.0
                )),
                _ => {}
            }
        }
        pending = still;
        if !pending.is_empty() {
            connection.pause(LOOK_EVERY);
        }
    }
    if !pending.is_empty() {
        output.note(format!(
            "{} encounters still wait for their duplicate check: tanba cluster wait --for checks",
            pending.len()
        ));
    }
    Ok(())
}
