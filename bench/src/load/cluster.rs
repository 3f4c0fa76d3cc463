//! A cluster of real processes on this machine, in a folder that goes with it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// How large a cluster is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) coordinators: u64,
    pub(super) nodes: u64,
    pub(super) replication: u8,
}

impl Shape {
    /// What the figures are about.
    pub(super) const THREE: Self = Self { coordinators: 3, nodes: 3, replication: 2 };
    /// What they are compared with.
    pub(super) const ONE: Self = Self { coordinators: 1, nodes: 1, replication: 1 };
}

/// The processes, which end with it.
pub(super) struct Cluster {
    tanba: PathBuf,
    folder: TempDir,
    addresses: BTreeMap<String, SocketAddr>,
    processes: BTreeMap<String, Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            // It may have ended.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Cluster {
    /// Makes certificates and folders below `scratch`, starts everything and waits until every
    /// partition has its replicas.
    ///
    /// # Errors
    /// When a command fails.
    pub(super) fn start(tanba: &Path, scratch: &Path, shape: Shape) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tanba-load").tempdir_in(scratch)?;
        let names = |role: &'static str, count| (1..=count).map(move |id| format!("{role}-{id}"));
        let coordinators: Vec<String> = names("coordinator", shape.coordinators).collect();
        let nodes: Vec<String> = names("node", shape.nodes).collect();
        let all = coordinators.iter().chain(&nodes).cloned();
        let addresses = all.zip(free_addresses(coordinators.len() + nodes.len())?).collect();
        let tanba = tanba.to_owned();
        let mut cluster = Self { tanba, folder, addresses, processes: BTreeMap::new() };
        cluster.init(&coordinators, shape.replication)?;
        for name in &coordinators {
            cluster.begin(name)?;
            cluster.run(name)?;
        }
        cluster.wait("leader")?;
        for name in &nodes {
            cluster.begin_node(name)?;
        }
        cluster.wait("replicas")?;
        Ok(cluster)
    }

    fn init(&self, coordinators: &[String], replication: u8) -> Result<()> {
        self.ask(["certs", "init", "--name", "load", "--out", &self.path("authority")])?;
        let replication = replication.to_string();
        let out = self.path("cluster.toml");
        let mut init = vec!["cluster", "init", "--name", "load", "--out", &out];
        let places: Vec<String> = coordinators
            .iter()
            .map(|name| Ok(format!("{}={}", id_of(name)?, self.addresses[name])))
            .collect::<Result<_>>()?;
        init.extend(places.iter().flat_map(|place| ["--coordinator", place]));
        init.extend(["--replication", &replication, "--certificates", "operator-1.certs"]);
        self.ask(init)?;
        self.issue("operator-1")
    }

    fn issue(&self, name: &str) -> Result<()> {
        let (role, id) = name.split_once('-').context("a name is a role and an id")?;
        let (authority, out) = (self.path("authority"), self.path(&format!("{name}.certs")));
        let issue = ["certs", "issue", "--authority", &authority, "--role", role, "--id", id];
        self.ask([&issue[..], &["--out", &out]].concat())?;
        Ok(())
    }

    /// Makes the folder of a process; what the command said.
    fn begin(&self, name: &str) -> Result<Value> {
        self.issue(name)?;
        let (role, id) = name.split_once('-').context("a name is a role and an id")?;
        let verb = if role == "node" { "begin" } else { "found" };
        let (file, data) = (self.path("cluster.toml"), self.path(name));
        let begin = [role, verb, "--cluster", &file, "--id", id, "--data", &data];
        let said = self.ask([&begin[..], &["--format", "json"]].concat())?;
        serde_json::from_str(&said).with_context(|| format!("{name} said no JSON"))
    }

    /// Begins, starts and adds a node.
    fn begin_node(&mut self, name: &str) -> Result<()> {
        let begun = self.begin(name)?;
        let incarnation = begun["incarnation"].as_str().context("a node has an incarnation")?;
        self.run(name)?;
        let file = self.path("cluster.toml");
        let add = ["cluster", "nodes", "add", id_of(name)?, "--incarnation", incarnation];
        self.ask([&add[..], &["--cluster", &file]].concat())?;
        Ok(())
    }

    /// Starts one more node and adds it.
    ///
    /// # Errors
    /// When a command fails.
    pub(super) fn add_node(&mut self, id: u64) -> Result<()> {
        let name = format!("node-{id}");
        let address = free_addresses(1)?[0];
        self.addresses.insert(name.clone(), address);
        self.begin_node(&name)
    }

    /// Starts a process that was begun.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn run(&mut self, name: &str) -> Result<()> {
        let (role, id) = name.split_once('-').context("a name is a role and an id")?;
        let log = File::options().create(true).append(true).open(self.path(&format!("{name}.log")));
        let mut command = Command::new(&self.tanba);
        command.args([role, "serve", "--cluster", &self.path("cluster.toml"), "--id", id]);
        command.args(["--data", &self.path(name)]);
        command.args(["--certificates", &self.path(&format!("{name}.certs"))]);
        command.args(["--listen", &self.addresses[name].to_string()]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log?).spawn();
        let process = process.with_context(|| self.tanba.display().to_string())?;
        self.processes.insert(name.to_owned(), process);
        Ok(())
    }

    /// Ends a process as a crash does.
    ///
    /// # Errors
    /// When it does not run.
    pub(super) fn kill(&mut self, name: &str) -> Result<()> {
        let process = self.processes.remove(name);
        let mut process = process.with_context(|| format!("{name} does not run"))?;
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    /// Waits for what `tanba cluster wait` knows.
    ///
    /// # Errors
    /// When it does not come.
    pub(super) fn wait(&self, what: &str) -> Result<()> {
        let file = self.path("cluster.toml");
        self.ask(["cluster", "wait", "--for", what, "--cluster", &file])
            .with_context(|| self.last_words())?;
        Ok(())
    }

    /// The cluster file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("cluster.toml")
    }

    /// Leaves the folder where it is, for a look at what went wrong.
    pub(super) fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// Fails when a process ended that nobody killed.
    ///
    /// # Errors
    /// With what it said last.
    pub(super) fn ensure_all_run(&mut self) -> Result<()> {
        let mut ended = Vec::new();
        for (name, process) in &mut self.processes {
            ended.extend(process.try_wait()?.map(|status| format!("{name}: {status}")));
        }
        let ended = ended.join("; ");
        ensure!(ended.is_empty(), "ended by itself: {ended}; {}", self.last_words());
        Ok(())
    }

    /// What the processes said last.
    fn last_words(&self) -> String {
        let last = |name: &String| {
            let text = std::fs::read_to_string(self.path(&format!("{name}.log")));
            let text = text.unwrap_or_default();
            text.lines().last().map(|line| format!("{name}: {line}"))
        };
        self.addresses.keys().filter_map(last).collect::<Vec<_>>().join("\n")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn ask<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<String> {
        let output = Command::new(&self.tanba).args(arguments).stdin(Stdio::null()).output();
        let output = output.with_context(|| self.tanba.display().to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}", self.tanba.display(), said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn id_of(name: &str) -> Result<&str> {
    name.split_once('-').map(|(_, id)| id).context("a name is a role and an id")
}

/// Addresses that nobody had a moment ago.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>> {
    let listen = |_| TcpListener::bind("127.0.0.1:0");
    let listeners: Vec<TcpListener> = (0..count).map(listen).collect::<std::io::Result<_>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?)).collect()
}
