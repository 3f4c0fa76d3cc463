//! Faults that pass by themselves: crashes, pauses, and links that fail.

use super::Faults;
use crate::cluster::{Cluster, Dialer};
use crate::link::Shape;
use crate::process::{Name, Role};
use serde_json::json;
use std::time::Duration;

/// What ends a fault.
pub(super) enum End {
    /// These are started again.
    Start(Vec<Name>),
    /// This one goes on.
    Continue(Name),
    /// The links of these are as they should be; their connections are broken or go on.
    Mend(Vec<Name>, bool),
    /// It is over already.
    Nothing,
}

/// A fault, and what ends it.
type Fault = fn(&mut Faults) -> anyhow::Result<End>;

const FAULTS: [(&str, Fault); 16] = [
    ("coordinator killed", kill_coordinator),
    ("leader killed", kill_leader),
    ("node killed", kill_node),
    ("two coordinators killed", kill_two_coordinators),
    ("all processes killed", kill_all),
    ("leader stopped in its tracks", pause_leader),
    ("coordinator stopped in its tracks", pause_coordinator),
    ("node stopped in its tracks", pause_node),
    ("coordinator cut off from all", cut_coordinator),
    ("coordinator cut off from the others", cut_coordinator_from_others),
    ("node cut off from the coordinators", cut_node),
    ("nobody hears a process", mute),
    ("a process hears nobody", deafen),
    ("links of a process slow", slow),
    ("leader told to stop", stop_leader),
    ("leadership handed over", hand_over),
];

/// Lets one strike: its name, what ends it, and after how long.
pub(super) fn strike(faults: &mut Faults) -> anyhow::Result<(&'static str, End, Duration)> {
    let number = faults.random.below(FAULTS.len() as u64) as usize;
    let (what, fault) = FAULTS[number];
    let lasts = Duration::from_millis(faults.random.range(300, 6000));
    let end = fault(faults)?;
    let whom = match &end {
        End::Start(names) | End::Mend(names, _) => {
            names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        End::Continue(name) => name.to_string(),
        End::Nothing => String::new(),
    };
    let line = json!({ "what": what, "whom": whom, "ms": lasts.as_millis() as u64 });
    faults.cluster.journal.write("fault", &line);
    Ok((what, end, lasts))
}

/// Ends one.
pub(super) fn end(cluster: &mut Cluster, end: End) -> anyhow::Result<()> {
    match end {
        End::Nothing => Ok(()),
        End::Start(names) => names.into_iter().try_for_each(|name| cluster.start(name)),
        End::Continue(name) => cluster.process(name)?.signal("-CONT"),
        End::Mend(names, break_connections) => {
            for name in names {
                around(cluster, name, |_, _| true, |link, _| link.mend(break_connections));
            }
            Ok(())
        }
    }
}

/// Does something to the links from and to a process; `to_it` says which way a link leads.
fn around(
    cluster: &Cluster,
    name: Name,
    which: impl Fn(Dialer, Name) -> bool,
    act: impl Fn(&crate::link::Link, bool),
) {
    for (&(dialer, to), link) in &cluster.links {
        let (from_it, to_it) = (dialer == Dialer::Process(name), to == name);
        if (from_it || to_it) && which(dialer, to) {
            act(link, to_it);
        }
    }
}

fn change(
    faults: &mut Faults,
    name: Name,
    which: impl Fn(Dialer, Name) -> bool,
    shape: impl Fn(&mut Shape, bool) + Copy,
) -> End {
    around(&faults.cluster, name, which, |link, to_it| link.change(|s| shape(s, to_it)));
    End::Mend(vec![name], faults.random.percent(50))
}

fn kill(faults: &mut Faults, names: Vec<Name>) -> anyhow::Result<End> {
    for name in &names {
        faults.cluster.process(*name)?.kill()?;
    }
    Ok(End::Start(names))
}

fn leader_or_any(faults: &mut Faults) -> anyhow::Result<Name> {
    match faults.cluster.leader() {
        Some(leader) => Ok(leader),
        None => faults.one(Role::Coordinator),
    }
}

fn kill_coordinator(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Coordinator)?;
    kill(faults, vec![name])
}

fn kill_leader(faults: &mut Faults) -> anyhow::Result<End> {
    let name = leader_or_any(faults)?;
    kill(faults, vec![name])
}

fn kill_node(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Node)?;
    kill(faults, vec![name])
}

fn kill_two_coordinators(faults: &mut Faults) -> anyhow::Result<End> {
    let (one, other) = (faults.one(Role::Coordinator)?, faults.one(Role::Coordinator)?);
    kill(faults, vec![one, other])
}

fn kill_all(faults: &mut Faults) -> anyhow::Result<End> {
    let names = faults.cluster.processes.keys().copied().collect();
    kill(faults, names)
}

fn pause(faults: &mut Faults, name: Name) -> anyhow::Result<End> {
    faults.cluster.process(name)?.signal("-STOP")?;
    Ok(End::Continue(name))
}

fn pause_leader(faults: &mut Faults) -> anyhow::Result<End> {
    let name = leader_or_any(faults)?;
    pause(faults, name)
}

fn pause_coordinator(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Coordinator)?;
    pause(faults, name)
}

fn pause_node(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Node)?;
    pause(faults, name)
}

fn shut(shape: &mut Shape, _: bool) {
    (shape.forward, shape.backward) = (false, false);
}

fn cut_coordinator(faults: &mut Faults) -> anyhow::Result<End> {
    let name = leader_or_any(faults)?;
    Ok(change(faults, name, |_, _| true, shut))
}

/// Nodes and clients still reach it.
fn cut_coordinator_from_others(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Coordinator)?;
    let is_peer = |dialer, to: Name| match dialer {
        Dialer::Process(from) => from.role == Role::Coordinator && to.role == Role::Coordinator,
        Dialer::Clients | Dialer::Nodes => false,
    };
    Ok(change(faults, name, is_peer, shut))
}

fn cut_node(faults: &mut Faults) -> anyhow::Result<End> {
    let name = faults.one(Role::Node)?;
    Ok(change(faults, name, |_, to| to.role == Role::Coordinator, shut))
}

fn anybody(faults: &mut Faults) -> anyhow::Result<Name> {
    let role = if faults.random.percent(60) { Role::Coordinator } else { Role::Node };
    faults.one(role)
}

/// What it sends is lost, whoever dialed.
fn mute(faults: &mut Faults) -> anyhow::Result<End> {
    let name = anybody(faults)?;
    Ok(change(
        faults,
        name,
        |_, _| true,
        |shape, to_it| {
            if to_it { shape.backward = false } else { shape.forward = false }
        },
    ))
}

fn deafen(faults: &mut Faults) -> anyhow::Result<End> {
    let name = anybody(faults)?;
    Ok(change(
        faults,
        name,
        |_, _| true,
        |shape, to_it| {
            if to_it { shape.forward = false } else { shape.backward = false }
        },
    ))
}

fn slow(faults: &mut Faults) -> anyhow::Result<End> {
    let name = anybody(faults)?;
    let delay = Duration::from_millis(faults.random.range(20, 300));
    Ok(change(faults, name, |_, _| true, |shape, _| shape.delay = delay))
}

/// It hands over, ends well, and is started again.
fn stop_leader(faults: &mut Faults) -> anyhow::Result<End> {
    let name = leader_or_any(faults)?;
    let process = faults.cluster.process(name)?;
    process.signal("-CONT")?;
    process.signal("-TERM")?;
    let gone = faults.comes(Duration::from_secs(10), |cluster| {
        let Ok(process) = cluster.process(name) else { return true };
        !process.is_started() || process.ended().is_ok_and(|ended| ended.is_some())
    });
    if !gone {
        faults.break_rule("a process told to stop ends", name.to_string());
        faults.cluster.process(name)?.kill()?;
    }
    Ok(End::Start(vec![name]))
}

fn hand_over(faults: &mut Faults) -> anyhow::Result<End> {
    let to = faults.one(Role::Coordinator)?;
    let (id, file) = (to.id.to_string(), faults.cluster.file());
    let lead = ["cluster", "coordinators", "lead", &id, "--cluster", &file, "--timeout-s", "2"];
    // With so much else going on it may well not succeed.
    faults.cluster.run(&lead)?;
    Ok(End::Nothing)
}
