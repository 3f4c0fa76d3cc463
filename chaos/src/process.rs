//! One process of the cluster.

use anyhow::{Context, ensure};
use std::fmt;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Coordinator,
    Node,
}

/// Which process: `coordinator-1` or the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) role: Role,
    pub(crate) id: u64,
}

impl Role {
    /// As the commands call it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Coordinator => "coordinator",
            Self::Node => "node",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.role.word(), self.id)
    }
}

/// A process that is there, or was and is to be again.
pub(crate) struct Process {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its folder.
    pub(crate) data: PathBuf,
    /// Whether its folder is a small file system of its own, which can be filled.
    pub(crate) is_small: bool,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Not started yet.
    pub(crate) const fn new(address: SocketAddr, data: PathBuf, log: PathBuf) -> Self {
        Self { address, data, is_small: false, log, child: None }
    }

    /// Whether it was started and neither ended nor was killed.
    pub(crate) const fn is_started(&self) -> bool {
        self.child.is_some()
    }

    /// Starts it; what it says is added to its log.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(&mut self, mut command: Command) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| self.log.display().to_string())?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.child = Some(child.context("a process cannot be started")?);
        Ok(())
    }

    /// Ends it as a crash does, stopped or not.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().context("a process cannot be killed")?;
            child.wait()?;
        }
        Ok(())
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(crate) fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let Some(child) = &self.child else { return Ok(()) };
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        ensure!(sent.success(), "kill {signal} failed");
        Ok(())
    }

    /// How it ended by itself, if it did.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let ended = child.try_wait()?;
        if ended.is_some() {
            self.child = None;
        }
        Ok(ended)
    }

    /// Everything that it said.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it said last.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(4)..].join(" | ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be done about one that cannot be killed.
        let _ = self.kill();
        if self.is_small {
            let _ = Command::new("umount").arg("-l").arg(&self.data).status();
        }
    }
}

/// Makes a small file system in memory; `false` where that is not allowed.
pub(crate) fn mount_small(folder: &Path, mib: u32) -> anyhow::Result<bool> {
    std::fs::create_dir_all(folder)?;
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(folder);
    let mounted = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(mounted.is_ok_and(|status| status.success()))
}
