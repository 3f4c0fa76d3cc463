//! Disks that are lost, damaged or full.

use super::places::{replace_lost_coordinator, replace_lost_node};
use super::{Faults, Outcome, PATIENCE};
use crate::cluster::Cluster;
use crate::process::{Name, Role};
use anyhow::Context;
use serde_json::json;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process whose disk is damaged or lost says so within this time.
const CONFESSION: Duration = Duration::from_secs(20);
/// One that must not be let in is watched for so long.
const WATCH: Duration = Duration::from_secs(4);

/// A node whose disk is empty comes back under its old id: nobody counts on it, and it is replaced.
pub(super) fn wipe_node(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let name = faults.one(Role::Node)?;
    wipe(faults, name, "begin")?;
    let is_counted = |cluster: &mut Cluster| {
        let status = cluster.status()?;
        let node = status["nodes"].as_array()?.iter().find(|node| node["id"] == name.id)?;
        node["is_live"].as_bool()
    };
    // Its silence is noticed after a while; its reports must not count after that either.
    let is_missed = faults.comes(CONFESSION, |cluster| is_counted(cluster) == Some(false));
    let is_counted = !is_missed || faults.comes(WATCH, |cluster| is_counted(cluster) == Some(true));
    replace_lost_node(faults, name)?;
    Ok(match is_counted {
        true => Outcome::Broken(format!("{name} counts as the node that it was")),
        false => Outcome::AsItShould,
    })
}

/// The same of a coordinator, which could vote twice and forget what it promised.
pub(super) fn wipe_coordinator(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let name = faults.one(Role::Coordinator)?;
    let verb = if faults.random.percent(50) { "join" } else { "found" };
    wipe(faults, name, verb)?;
    faults.perhaps_kill_another_leader(name)?;
    let confessed = faults.comes(CONFESSION, |cluster| {
        let process = cluster.process(name);
        process.is_ok_and(|process| process.said().contains(OTHER_DISK))
    });
    replace_lost_coordinator(faults, name)?;
    Ok(match confessed {
        true => Outcome::AsItShould,
        false => Outcome::Broken(format!("nobody told {name} that its disk is another")),
    })
}

/// What a coordinator says whose disk is not the one that the others know.
const OTHER_DISK: &str = "replace it under a new id";

fn wipe(faults: &mut Faults, name: Name, verb: &str) -> anyhow::Result<()> {
    let process = faults.cluster.process(name)?;
    process.kill()?;
    fs::remove_dir_all(process.data.join("data"))?;
    faults.cluster.journal.write("fault", &json!(format!("{name} wiped")));
    faults.cluster.begin_process(name, verb)?;
    faults.cluster.start(name)
}

/// A byte changes in the store of a stopped node: it gives that replica up and fetches it anew.
pub(super) fn flip_node(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let name = faults.one(Role::Node)?;
    // What was in memory is in files after a start.
    faults.cluster.process(name)?.kill()?;
    let said_before = faults.cluster.process(name)?.said().len();
    faults.cluster.start(name)?;
    faults.comes(CONFESSION, |cluster| {
        let process = cluster.process(name);
        process.is_ok_and(|process| process.said()[said_before..].contains("a node serves"))
    });
    faults.cluster.wait("replicas", PATIENCE)?;
    let process = faults.cluster.process(name)?;
    process.kill()?;
    let said_before = process.said().len();
    let stores = process.data.join("data/replicas");
    let files = files_below(&stores, &|file| {
        file.extension().is_some_and(|ending| ending == "sst" || ending == "blob")
    })?;
    let Some((path, bytes)) = faults.random.pick(&files) else {
        return Ok(Outcome::Skipped("no file of a store was there"));
    };
    // The first half of a table holds its data.
    let at = faults.random.below(bytes / 2);
    flip(faults, name, &path, at)?;
    faults.cluster.start(name)?;
    let detected = faults.comes(CONFESSION, |cluster| {
        let process = cluster.process(name);
        process.is_ok_and(|process| process.said()[said_before..].contains("is damaged"))
    });
    Ok(match detected {
        true => Outcome::AsItShould,
        false => Outcome::Broken(format!("byte {at} of {} was not missed", path.display())),
    })
}

/// A byte changes in the log of a stopped coordinator: it does not start again, and is replaced.
pub(super) fn flip_coordinator(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let name = faults.one(Role::Coordinator)?;
    let process = faults.cluster.process(name)?;
    process.kill()?;
    let log = process.data.join("data/log");
    let files = files_below(&log, &|file| {
        file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log-"))
    })?;
    let (path, bytes) = faults.random.pick(&files).context("a coordinator has a log")?;
    // What was synced last may look like a torn end, which is the known limit.
    let at = faults.random.below(bytes / 2);
    flip(faults, name, &path, at)?;
    faults.cluster.start(name)?;
    let refused = faults.comes(CONFESSION, |cluster| {
        cluster.process(name).is_ok_and(|process| process.ended().is_ok_and(|e| e.is_some()))
    });
    let words = faults.cluster.process(name)?.last_words();
    replace_lost_coordinator(faults, name)?;
    Ok(match refused && words.contains("is damaged") {
        true => Outcome::AsItShould,
        false => {
            Outcome::Broken(format!("byte {at} of {} was not missed: {words}", path.display()))
        }
    })
}

/// Files with their lengths, in order; no empty ones.
fn files_below(
    folder: &Path,
    which: &dyn Fn(&Path) -> bool,
) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let (path, meta) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        if meta.is_dir() {
            found.extend(files_below(&path, which)?);
        } else if meta.len() > 1 && which(&path) {
            found.push((path, meta.len()));
        }
    }
    found.sort();
    Ok(found)
}

fn flip(faults: &mut Faults, name: Name, path: &Path, at: u64) -> anyhow::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut byte)?;
    byte[0] ^= 1 << faults.random.below(8);
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&byte)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let line = json!({ "what": "flipped", "whom": name.to_string(), "file": file, "at": at });
    faults.cluster.journal.write("fault", &line);
    Ok(())
}

/// The disk of a process is filled to the last byte; room is made, and it goes on.
pub(super) fn fill(faults: &mut Faults) -> anyhow::Result<Outcome> {
    let small = faults.cluster.processes.iter().filter(|(_, process)| process.is_small);
    let small: Vec<Name> = small.map(|(name, _)| *name).collect();
    let Some(name) = faults.random.pick(&small) else {
        return Ok(Outcome::Skipped(
            "no process has a small disk: that takes root, or none is left",
        ));
    };
    let filler = faults.cluster.process(name)?.data.join("filler");
    fill_up(&filler)?;
    faults.cluster.journal.write("fault", &json!(format!("disk of {name} full")));
    let ended = faults.comes(CONFESSION, |cluster| {
        cluster.process(name).is_ok_and(|process| process.ended().is_ok_and(|e| e.is_some()))
    });
    let words = faults.cluster.process(name)?.last_words();
    fs::remove_file(&filler)?;
    faults.cluster.start(name)?;
    // A node may get along for a while without a byte; whoever ends must say why.
    Ok(match !ended || words.contains("failed") || words.contains("full") {
        true => Outcome::AsItShould,
        false => Outcome::Broken(format!("{name} ended and did not say why: {words}")),
    })
}

fn fill_up(path: &Path) -> anyhow::Result<()> {
    let mut file = File::create(path)?;
    let mut piece = vec![0; 1 << 20];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            let smaller = piece.len() / 2;
            piece.truncate(smaller);
        }
    }
    Ok(())
}

impl Faults {
    /// Kills the leader, unless it is this one: whoever is elected then has heard less of before.
    fn perhaps_kill_another_leader(&mut self, but: Name) -> anyhow::Result<()> {
        std::thread::sleep(Duration::from_millis(self.random.range(200, 1500)));
        match self.cluster.leader() {
            Some(leader) if leader != but => self.perhaps_kill_the_leader(),
            _ => Ok(()),
        }
    }
}
