//! After the last fault: everything unknown is asked again, everybody is read and searched for, and
//! the cluster is restarted once more.

use crate::faults::{Faults, PATIENCE};
use crate::history::{Answer, Call, History};
use crate::process::Name;
use crate::workload::{Workload, connection};
use coordinator::Acknowledge;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use transport::Client;

/// Calls on their way at a time.
const UNDER_WAY: usize = 8;
/// Most fingers that are searched for at the end.
const SEARCHES_MAX: usize = 400;

/// Comes to rest and asks for everything.
///
/// # Errors
/// When the run cannot go on.
pub(crate) fn come_to_rest(
    faults: &mut Faults,
    workload: &Arc<Workload>,
    runtime: &Runtime,
) -> anyhow::Result<()> {
    faults.heal("after the last fault")?;
    let names: Vec<Name> = faults.cluster.processes.keys().copied().collect();
    for name in names {
        faults.cluster.process(name)?.kill()?;
    }
    faults.heal("after a start of all processes")?;
    let servers = workload.servers.borrow().clone();
    let client = {
        let _entered = runtime.enter();
        connection(workload, &servers)?
    };
    // Twice: an erasure that was unknown decides about an enrollment that was, too.
    for _ in 0..2 {
        let unknown = unknown(&workload.history());
        runtime.block_on(ask_all(workload, &client, unknown));
    }
    for call in unknown(&workload.history()) {
        faults.break_rule("at rest everything is answered", format!("{call:?}"));
    }
    if let Err(error) = faults.cluster.wait("checks", PATIENCE) {
        faults.break_rule("at rest no duplicate check waits", format!("{error:#}"));
    }
    let (reads, searches) = everybody(&workload.history());
    runtime.block_on(ask_all(workload, &client, reads));
    let first = workload.history().events.len();
    runtime.block_on(ask_all(workload, &client, searches));
    let incomplete = workload.history().events[first..].iter().filter(|e| !is_complete(e)).count();
    if incomplete > 0 {
        faults.break_rule("at rest every answer is complete", format!("{incomplete} are not"));
    }
    check_status(faults);
    Ok(())
}

fn is_complete(event: &crate::history::Event) -> bool {
    matches!(&event.answer, Answer::Found(found) if found.is_complete)
}

/// Commands of which nobody said what became of them, and that nobody asked again since.
fn unknown(history: &History) -> Vec<Call> {
    let mut open: Vec<Call> = Vec::new();
    for event in &history.events {
        let is_unknown = matches!(event.answer, Answer::Unknown(_));
        match event.call {
            Call::Read(_) | Call::Identify(_) => {}
            call if is_unknown && !open.contains(&call) => open.push(call),
            call if !is_unknown => open.retain(|other| *other != call),
            _ => {}
        }
    }
    open
}

/// A read of every subject, and a search for the fingers seen last.
fn everybody(history: &History) -> (Vec<Call>, Vec<Call>) {
    let reads = (0..history.subjects.len()).map(Call::Read).collect();
    let fingers: BTreeSet<u64> = history.subjects.iter().map(|subject| subject.finger).collect();
    let searches = fingers.into_iter().rev().take(SEARCHES_MAX).map(Call::Identify).collect();
    (reads, searches)
}

async fn ask_all(workload: &Arc<Workload>, client: &Client, calls: Vec<Call>) {
    let mut under_way = JoinSet::new();
    for call in calls {
        if under_way.len() == UNDER_WAY {
            // What a task has to say it has written down.
            let _ = under_way.join_next().await;
        }
        let (workload, client) = (workload.clone(), client.clone());
        let ask = async move { workload.ask(&client, call, Acknowledge::Searchable).await };
        under_way.spawn(ask);
    }
    under_way.join_all().await;
}

/// What the leader says of the cluster: no alarm since the last start, and everything in place.
fn check_status(faults: &mut Faults) {
    let Some(status) = faults.cluster.status() else {
        faults.break_rule("at rest somebody says how it stands", String::new());
        return;
    };
    let wrong = status["faults"].as_array().is_none_or(|faults| !faults.is_empty());
    if wrong || status["unchecked"] != 0 || status["alarms"] != 0 {
        let what = [&status["faults"], &status["unchecked"], &status["alarms"]];
        let what: Vec<String> = what.into_iter().map(Value::to_string).collect();
        faults.break_rule("at rest the cluster is healthy", what.join(", "));
    }
}
