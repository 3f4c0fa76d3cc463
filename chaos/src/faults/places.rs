//! Nodes and coordinators come and go while everything else goes on.

use super::{Faults, Outcome, PATIENCE};
use crate::process::{Name, Role};
use anyhow::Context;
use std::time::Duration;

/// A process that was told to stop ends within this time.
const FAREWELL: Duration = Duration::from_secs(10);

/// A node is added, then one is drained and removed; the leader may be killed at any point.
pub(super) fn exchange_node(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let old = faults.one(Role::Node)?;
    add_node(faults)?;
    faults.perhaps_kill_the_leader()?;
    let id = old.id.to_string();
    faults.cluster.insist(&["cluster", "nodes", "drain", &id], PATIENCE)?;
    faults.perhaps_kill_the_leader()?;
    faults.cluster.wait("replicas", PATIENCE)?;
    faults.cluster.insist(&["cluster", "nodes", "remove", &id], PATIENCE)?;
    retire(faults, old)?;
    Ok(Outcome::AsItShould)
}

/// An operator plans a node away, applies the plan, and lets partitions go back.
pub(super) fn empty_and_fill(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let id = faults.one(Role::Node)?.id.to_string();
    let (plan, file) = (faults.cluster.path("plan.json"), faults.cluster.file());
    let planning = ["cluster", "partitions", "plan", "--without", &id, "--out", &plan];
    let applying = ["cluster", "partitions", "apply", &plan];
    let [planning, applying] =
        [&planning[..], &applying[..]].map(|command| [command, &["--cluster", &file]].concat());
    faults.perhaps_kill_the_leader()?;
    // A plan that was half applied when a leader was lost does not fit any more: plan again.
    let applied = faults
        .comes(PATIENCE, |cluster| cluster.ok(&planning).is_ok() && cluster.ok(&applying).is_ok());
    if !applied {
        faults.break_rule("a plan can be applied", format!("without node {id}"));
    }
    faults.cluster.wait("replicas", PATIENCE)?;
    faults.perhaps_kill_the_leader()?;
    faults.cluster.insist(&["cluster", "partitions", "unpin", "--all"], PATIENCE)?;
    faults.cluster.wait("replicas", PATIENCE)?;
    Ok(Outcome::AsItShould)
}

/// A coordinator joins, then one leaves.
pub(super) fn exchange_coordinator(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let old = faults.one(Role::Coordinator)?;
    add_coordinator(faults)?;
    faults.perhaps_kill_the_leader()?;
    remove_coordinator(faults, old)?;
    Ok(Outcome::AsItShould)
}

/// Begins, starts and adds a node.
pub(super) fn add_node(faults: &mut Faults) -> anyhow::Result<Name> {
    let name = faults.cluster.new_name(Role::Node)?;
    faults.cluster.begin_process(name, "begin")?;
    faults.cluster.wire()?;
    faults.cluster.start(name)?;
    let id = name.id.to_string();
    faults.cluster.insist(&["cluster", "nodes", "add", &id], PATIENCE)?;
    Ok(name)
}

/// A node that is lost is removed as it is, and another takes its place.
pub(super) fn replace_lost_node(faults: &mut Faults, lost: Name) -> anyhow::Result<()> {
    faults.cluster.process(lost)?.kill()?;
    add_node(faults)?;
    faults.perhaps_kill_the_leader()?;
    let id = lost.id.to_string();
    faults.cluster.insist(&["cluster", "nodes", "remove", &id, "--force"], PATIENCE)?;
    faults.cluster.forget(lost);
    faults.cluster.wait("replicas", PATIENCE)
}

/// Begins and starts a coordinator, tells all others its address, and lets it vote.
fn add_coordinator(faults: &mut Faults) -> anyhow::Result<Name> {
    let name = faults.cluster.new_name(Role::Coordinator)?;
    faults.cluster.wire()?;
    faults.cluster.begin_process(name, "join")?;
    restart_one_by_one(faults, name)?;
    let id = name.id.to_string();
    faults.cluster.insist(&["cluster", "coordinators", "add", &id], PATIENCE)?;
    Ok(name)
}

fn remove_coordinator(faults: &mut Faults, old: Name) -> anyhow::Result<()> {
    let id = old.id.to_string();
    faults.cluster.insist(&["cluster", "coordinators", "remove", &id], PATIENCE)?;
    faults.cluster.wait("leader", PATIENCE)?;
    retire(faults, old)?;
    faults.cluster.wire()
}

/// A coordinator that is lost is replaced under a new id.
pub(super) fn replace_lost_coordinator(faults: &mut Faults, lost: Name) -> anyhow::Result<()> {
    faults.cluster.process(lost)?.kill()?;
    // First out with the lost one: with it, a crash of one more would be one too many.
    let id = lost.id.to_string();
    faults.cluster.insist(&["cluster", "coordinators", "remove", &id], PATIENCE)?;
    faults.cluster.forget(lost);
    add_coordinator(faults)?;
    faults.perhaps_kill_the_leader()
}

/// Tells a process to stop, sees it end well, and forgets it.
fn retire(faults: &mut Faults, name: Name) -> anyhow::Result<()> {
    faults.cluster.process(name)?.signal("-TERM")?;
    let ended = faults.comes(FAREWELL, |cluster| {
        cluster.process(name).is_ok_and(|process| process.ended().is_ok_and(|e| e.is_some()))
    });
    if !ended {
        faults.break_rule("a process told to stop ends", name.to_string());
    }
    faults.cluster.forget(name);
    Ok(())
}

/// Every process reads its cluster file anew: each is stopped and started, and the next one's turn
/// comes once there is a leader.
fn restart_one_by_one(faults: &mut Faults, new: Name) -> anyhow::Result<()> {
    let names: Vec<Name> = faults.cluster.processes.keys().copied().collect();
    for name in names {
        if name != new {
            faults.cluster.process(name)?.signal("-TERM")?;
            let ended = faults.comes(FAREWELL, |cluster| {
                let Ok(process) = cluster.process(name) else { return true };
                !process.is_started() || process.ended().is_ok_and(|e| e.is_some())
            });
            if !ended {
                faults.break_rule("a process told to stop ends", name.to_string());
                faults.cluster.process(name)?.kill()?;
            }
        }
        faults.cluster.start(name)?;
        faults.cluster.wait("leader", PATIENCE).with_context(|| format!("after {name}"))?;
    }
    Ok(())
}
