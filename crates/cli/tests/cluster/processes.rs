//! Three coordinators and three nodes as processes, and what asks them.

use crate::prints::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Everything that is waited for must have happened within this time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The processes of one cluster, which end with it.
pub(crate) struct Cluster {
    pub(crate) folder: TempDir,
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    pub(crate) processes: BTreeMap<String, Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Ports that nobody had a moment ago.
pub(crate) fn free_addresses(count: usize) -> Vec<SocketAddr> {
    let listen = |_| TcpListener::bind("127.0.0.1:0").unwrap();
    let listeners: Vec<TcpListener> = (0..count).map(listen).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap()).collect()
}

impl Cluster {
    /// Certificates, the cluster file and the folders of three coordinators and three nodes.
    pub(crate) fn begin() -> Self {
        let roles = ["coordinator", "node"].iter();
        let names = roles.flat_map(|role| [1, 2, 3].map(|id| format!("{role}-{id}")));
        let addresses = names.zip(free_addresses(6)).collect();
        let folder = tempfile::tempdir().unwrap();
        let cluster = Self { folder, addresses, processes: BTreeMap::new() };
        cluster.ok(["certs", "init", "--name", "test", "--out", &cluster.path("authority")]);
        let mut init = vec!["cluster".to_owned(), "init".into(), "--name".into(), "test".into()];
        for id in [1, 2, 3] {
            let address = cluster.addresses[&format!("coordinator-{id}")];
            init.extend(["--coordinator".to_owned(), format!("{id}={address}")]);
        }
        init.extend(["--partitions".into(), "6".into(), "--certificates".into()]);
        init.extend(["operator-1.certs".into(), "--out".into(), cluster.file()]);
        cluster.ok(init);
        cluster.issue("operator", "1");
        cluster.addresses.keys().for_each(|name| cluster.begin_process(name));
        cluster
    }

    pub(crate) fn begin_process(&self, name: &str) {
        let (role, id) = name.split_once('-').unwrap();
        self.issue(role, id);
        let verb = if role == "node" { "begin" } else { "found" };
        self.ok([role, verb, "--cluster", &self.file(), "--id", id, "--data", &self.path(name)]);
    }

    /// Adds a node that runs.
    pub(crate) fn add(&self, id: &str) {
        let incarnation = incarnation_of(self, id);
        let add = ["cluster", "nodes", "add", id, "--incarnation", &incarnation];
        self.ok([&add[..], &["--cluster", &self.file()]].concat());
    }

    pub(crate) fn issue(&self, role: &str, id: &str) {
        let (authority, out) = (self.path("authority"), self.path(&format!("{role}-{id}.certs")));
        self.ok([
            "certs",
            "issue",
            "--authority",
            &authority,
            "--role",
            role,
            "--id",
            id,
            "--out",
            &out,
        ]);
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn file(&self) -> String {
        self.path("cluster.toml")
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> String {
        let arguments: Vec<S> = arguments.into_iter().collect();
        let (code, stdout, stderr) = said(&run(&arguments));
        let asked: Vec<_> = arguments.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        assert_eq!(code, 0, "{}: {stderr}\n{}", asked.join(" "), self.logs());
        stdout
    }

    /// What the processes said last.
    pub(crate) fn logs(&self) -> String {
        let last = |name: &String| {
            let text = std::fs::read_to_string(self.path(&format!("{name}.log")));
            let text = text.unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(5).collect();
            format!("{name}:\n{}\n", lines.join("\n"))
        };
        self.addresses.keys().map(last).collect()
    }

    /// Starts a process, `coordinator-1` or the like.
    pub(crate) fn start(&mut self, name: &str) {
        self.start_with(name, &[]);
    }

    pub(crate) fn start_with(&mut self, name: &str, more: &[&str]) {
        let (role, id) = name.split_once('-').unwrap();
        let certificates = self.path(&format!("{name}.certs"));
        let mut log = File::options();
        let log = log.create(true).append(true).open(self.path(&format!("{name}.log"))).unwrap();
        let mut command = tanba();
        command.args([role, "serve", "--cluster", &self.file(), "--id", id]);
        command.args(["--data", &self.path(name), "--certificates", &certificates]);
        command.args(["--listen", &self.addresses[name].to_string()]);
        command.args(more);
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.processes.insert(name.to_owned(), process);
    }

    pub(crate) fn start_all(&mut self) {
        for name in self.addresses.keys().cloned().collect::<Vec<_>>() {
            if !self.processes.contains_key(&name) {
                self.start(&name);
            }
        }
    }

    /// Ends a process as a crash does.
    pub(crate) fn kill(&mut self, name: &str) {
        let mut process = self.processes.remove(name).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    pub(crate) fn wait(&self, what: &str) {
        let at_most = PATIENCE.as_secs().to_string();
        let file = self.file();
        self.ok(["cluster", "wait", "--for", what, "--cluster", &file, "--at-most-s", &at_most]);
    }

    pub(crate) fn status(&self) -> Value {
        let output = run(["cluster", "status", "--cluster", &self.file(), "--format", "json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn leader(&self) -> String {
        format!("coordinator-{}", self.status()["leader"].as_u64().unwrap())
    }

    pub(crate) fn searching(&self) -> Searching {
        Searching { file: self.file(), probe: PathBuf::new() }
    }
}

/// What a search needs to know.
#[derive(Clone)]
pub(crate) struct Searching {
    pub(crate) file: String,
    pub(crate) probe: PathBuf,
}

/// Candidates of an answer, in an order that does not depend on ties.
pub(crate) fn candidates(answer: &Value) -> Vec<(u64, String)> {
    let candidate = |candidate: &Value| {
        let similarity = candidate["similarity"].as_u64().unwrap();
        (u64::MAX - similarity, candidate["subject"].as_str().unwrap().to_owned())
    };
    let mut list: Vec<_> = answer["candidates"].as_array().unwrap().iter().map(candidate).collect();
    let ranked = list.clone();
    list.sort_unstable();
    let scores = |list: &[(u64, String)]| list.iter().map(|(score, _)| *score).collect::<Vec<_>>();
    assert_eq!(scores(&ranked), scores(&list), "best first");
    list
}

impl Searching {
    pub(crate) fn with(&self, probe: &Path) -> Self {
        Self { probe: probe.to_owned(), ..self.clone() }
    }

    /// The answer, and standard error where there is none.
    pub(crate) fn ask(&self) -> Result<Value, String> {
        let mut command = tanba();
        command.arg("identify").arg(&self.probe).args(["--cluster", &self.file]);
        command.args(["--purpose", "3", "--case", "9", "--ppi", "500", "--top", "40"]);
        command.args(["--format", "json", "--quiet", "--timeout-s", "20"]);
        let (code, stdout, stderr) = said(&command.output().unwrap());
        match code {
            0 | 1 | 3 => Ok(serde_json::from_str(&stdout).unwrap()),
            _ => Err(stderr),
        }
    }

    pub(crate) fn complete(&self) -> Value {
        let answer = self.ask().unwrap();
        assert_eq!(answer["receipt"]["complete"], true, "{answer}");
        answer
    }
}

/// What a node's folder says.
pub(crate) fn incarnation_of(cluster: &Cluster, id: &str) -> String {
    let started = Instant::now();
    loop {
        let status = cluster.status();
        let nodes = status["strange_nodes"].as_array().unwrap().iter();
        let wanted: Option<u64> = id.parse().ok();
        let node = nodes.into_iter().find(|node| node["id"].as_u64() == wanted);
        if let Some(incarnation) = node.and_then(|node| node["incarnation"].as_str()) {
            return incarnation.to_owned();
        }
        assert!(started.elapsed() < PATIENCE, "node {id} does not connect\n{}", cluster.logs());
    }
}

pub(crate) fn enrollment(prints: &Path, target: [&str; 2]) -> Vec<String> {
    let prints = prints.display().to_string();
    let arguments = ["enroll", &prints, "--ppi", "500", "--quiet"];
    arguments.into_iter().chain(target).map(str::to_owned).collect()
}

/// Searches again and again beside the test.
pub(crate) struct Beside {
    answers: Receiver<Result<Value, String>>,
    taken: Vec<Result<Value, String>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Beside {
    pub(crate) fn start(searching: Searching) -> Self {
        let (sender, answers) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) && sender.send(searching.ask()).is_ok() {}
        });
        Self { answers, taken: Vec::new(), stop, thread }
    }

    /// Waits for so many more answers; the first of them may have been asked for before.
    pub(crate) fn wait_for_more(&mut self, more: usize) {
        self.taken.extend(self.answers.try_iter());
        for _ in 0..more {
            self.taken.push(self.answers.recv_timeout(PATIENCE).expect("searches are answered"));
        }
    }

    pub(crate) fn stop(mut self) -> Vec<Result<Value, String>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.taken.extend(self.answers.try_iter());
        self.taken
    }
}
