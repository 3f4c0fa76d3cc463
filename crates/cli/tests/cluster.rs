//! A cluster of real processes: three coordinators and three nodes on loopback, with certificates.
//! What is killed is killed as by a crash.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod prints;

use prints::*;
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

const SUBJECTS: usize = 30;
/// Everything that is waited for must have happened within this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The processes of one cluster, which end with it.
struct Cluster {
    folder: TempDir,
    addresses: BTreeMap<String, SocketAddr>,
    processes: BTreeMap<String, Child>,
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
fn free_addresses(count: usize) -> Vec<SocketAddr> {
    let listen = |_| TcpListener::bind("127.0.0.1:0").unwrap();
    let listeners: Vec<TcpListener> = (0..count).map(listen).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap()).collect()
}

impl Cluster {
    /// Certificates, the cluster file and the folders of three coordinators and three nodes.
    fn begin() -> Self {
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

    fn begin_process(&self, name: &str) {
        let (role, id) = name.split_once('-').unwrap();
        self.issue(role, id);
        let verb = if role == "node" { "begin" } else { "found" };
        self.ok([role, verb, "--cluster", &self.file(), "--id", id, "--data", &self.path(name)]);
    }

    /// Adds a node that runs.
    fn add(&self, id: &str) {
        let incarnation = incarnation_of(self, id);
        let add = ["cluster", "nodes", "add", id, "--incarnation", &incarnation];
        self.ok([&add[..], &["--cluster", &self.file()]].concat());
    }

    fn issue(&self, role: &str, id: &str) {
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

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn file(&self) -> String {
        self.path("cluster.toml")
    }

    /// Runs a command that must succeed.
    fn ok<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let arguments: Vec<S> = arguments.into_iter().collect();
        let (code, stdout, stderr) = said(&run(&arguments));
        let asked: Vec<_> = arguments.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        assert_eq!(code, 0, "{}: {stderr}\n{}", asked.join(" "), self.logs());
        stdout
    }

    /// What the processes said last.
    fn logs(&self) -> String {
        let last = |name: &String| {
            let text = std::fs::read_to_string(self.path(&format!("{name}.log")));
            let text = text.unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(5).collect();
            format!("{name}:\n{}\n", lines.join("\n"))
        };
        self.addresses.keys().map(last).collect()
    }

    /// Starts a process, `coordinator-1` or the like.
    fn start(&mut self, name: &str) {
        let (role, id) = name.split_once('-').unwrap();
        let certificates = self.path(&format!("{name}.certs"));
        let mut log = File::options();
        let log = log.create(true).append(true).open(self.path(&format!("{name}.log"))).unwrap();
        let mut command = tanba();
        command.args([role, "serve", "--cluster", &self.file(), "--id", id]);
        command.args(["--data", &self.path(name), "--certificates", &certificates]);
        command.args(["--listen", &self.addresses[name].to_string()]);
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.processes.insert(name.to_owned(), process);
    }

    fn start_all(&mut self) {
        for name in self.addresses.keys().cloned().collect::<Vec<_>>() {
            if !self.processes.contains_key(&name) {
                self.start(&name);
            }
        }
    }

    /// Ends a process as a crash does.
    fn kill(&mut self, name: &str) {
        let mut process = self.processes.remove(name).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn wait(&self, what: &str) {
        let at_most = PATIENCE.as_secs().to_string();
        let file = self.file();
        self.ok(["cluster", "wait", "--for", what, "--cluster", &file, "--at-most-s", &at_most]);
    }

    fn status(&self) -> Value {
        let output = run(["cluster", "status", "--cluster", &self.file(), "--format", "json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn leader(&self) -> String {
        format!("coordinator-{}", self.status()["leader"].as_u64().unwrap())
    }

    fn searching(&self) -> Searching {
        Searching { file: self.file(), probe: PathBuf::new() }
    }
}

/// What a search needs to know.
#[derive(Clone)]
struct Searching {
    file: String,
    probe: PathBuf,
}

/// Candidates of an answer, in an order that does not depend on ties.
fn candidates(answer: &Value) -> Vec<(u64, String)> {
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
    fn with(&self, probe: &Path) -> Self {
        Self { probe: probe.to_owned(), ..self.clone() }
    }

    /// The answer, and standard error where there is none.
    fn ask(&self) -> Result<Value, String> {
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

    fn complete(&self) -> Value {
        let answer = self.ask().unwrap();
        assert_eq!(answer["receipt"]["complete"], true, "{answer}");
        answer
    }
}

/// Searches again and again beside the test.
struct Beside {
    answers: Receiver<Result<Value, String>>,
    taken: Vec<Result<Value, String>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Beside {
    fn start(searching: Searching) -> Self {
        let (sender, answers) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) && sender.send(searching.ask()).is_ok() {}
        });
        Self { answers, taken: Vec::new(), stop, thread }
    }

    /// Waits for so many more answers; the first of them may have been asked for before.
    fn wait_for_more(&mut self, more: usize) {
        self.taken.extend(self.answers.try_iter());
        for _ in 0..more {
            self.taken.push(self.answers.recv_timeout(PATIENCE).expect("searches are answered"));
        }
    }

    fn stop(mut self) -> Vec<Result<Value, String>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.taken.extend(self.answers.try_iter());
        self.taken
    }
}

/// What an answer says it covers must be what it lists.
fn check_honest(answer: &Value, expected: &[(u64, String)]) {
    let (receipt, found) = (&answer["receipt"], candidates(answer));
    if receipt["complete"] == true {
        assert_eq!(found, expected, "a complete answer lists everybody");
        assert_eq!(receipt["scanned"], SUBJECTS as u64);
        assert!(receipt["missing"].as_array().unwrap().is_empty());
    } else {
        assert!(found.iter().all(|candidate| expected.contains(candidate)), "{answer}");
        assert!(!receipt["missing"].as_array().unwrap().is_empty(), "{answer}");
    }
}

#[test]
fn a_cluster_answers_like_one_store_and_survives_crashes() {
    let mut cluster = Cluster::begin();
    cluster.start_all();
    cluster.wait("leader");
    let file = cluster.file();
    ["1", "2", "3"].iter().for_each(|id| cluster.add(id));
    cluster.wait("health");
    let prints = cluster.folder.path().join("prints");
    let paths = folder_of_prints(&prints, SUBJECTS, 1);
    enroll(&cluster, &prints);
    compare_with_one_store(&cluster, &prints, &paths);
    let searching = cluster.searching().with(&paths[3]);
    let expected = candidates(&searching.complete());
    assert_eq!(expected[0].1, "s03");
    crash_during_searches(&mut cluster, &searching, &expected);
    replace_a_node(&mut cluster, &searching, &expected);
    erase_and_crash(&mut cluster, &searching, &expected[1..]);
    let (code, back, _) = said(&run(enrollment(&prints, ["--cluster", &file])));
    assert_eq!(code, 3, "{back}");
    assert!(back.contains("0 enrolled, 29 enrolled before, 1 rejected"), "{back}");
}

fn enrollment(prints: &Path, target: [&str; 2]) -> Vec<String> {
    let prints = prints.display().to_string();
    let arguments = ["enroll", &prints, "--ppi", "500", "--quiet"];
    arguments.into_iter().chain(target).map(str::to_owned).collect()
}

fn enroll(cluster: &Cluster, prints: &Path) {
    let file = cluster.file();
    let first = cluster.ok(enrollment(prints, ["--cluster", &file]));
    assert!(first.contains("30 enrolled, 0 enrolled before, 0 rejected"), "{first}");
    cluster.wait("checks");
    assert_eq!(cluster.status()["encounters"], SUBJECTS as u64);
    let again = cluster.ok(enrollment(prints, ["--cluster", &file]));
    assert!(again.contains("0 enrolled, 30 enrolled before, 0 rejected"), "{again}");
}

fn compare_with_one_store(cluster: &Cluster, prints: &Path, paths: &[PathBuf]) {
    let store = cluster.path("store");
    cluster.ok(enrollment(prints, ["--data", &store]));
    let stranger = cluster.folder.path().join("stranger.pgm");
    std::fs::write(&stranger, print(4711)).unwrap();
    for probe in [&paths[3], &paths[17], &stranger] {
        let name = probe.display().to_string();
        let identify = ["identify", &name, "--data", &store, "--ppi", "500", "--top", "40"];
        let one = run([&identify[..], &["--format", "json", "--quiet"]].concat());
        let one = serde_json::from_slice(&one.stdout).unwrap();
        let answer = cluster.searching().with(probe).complete();
        assert!(!candidates(&answer).is_empty());
        assert_eq!(candidates(&answer), candidates(&one), "{name}");
    }
}

fn crash_during_searches(cluster: &mut Cluster, searching: &Searching, expected: &[(u64, String)]) {
    let mut beside = Beside::start(searching.clone());
    beside.wait_for_more(2);
    let leader = cluster.leader();
    cluster.kill(&leader);
    beside.wait_for_more(3);
    assert_ne!(cluster.leader(), leader);
    cluster.kill("node-2");
    beside.wait_for_more(3);
    cluster.start_all();
    cluster.wait("health");
    beside.wait_for_more(2);
    for answer in beside.stop() {
        check_honest(&answer.expect("every search is answered in time"), expected);
    }
    assert_eq!(candidates(&searching.complete()), expected);
}

fn replace_a_node(cluster: &mut Cluster, searching: &Searching, expected: &[(u64, String)]) {
    let file = cluster.file();
    let nodes = |verb, id| ["cluster", "nodes", verb, id, "--cluster", &file];
    let refused = |arguments: [&str; 6], why: &str| {
        let (code, _, stderr) = said(&run(arguments));
        assert!(code == 2 && stderr.contains(why), "{arguments:?}: {stderr}");
    };
    refused(nodes("remove", "1"), "still holds");
    cluster.addresses.insert("node-4".to_owned(), free_addresses(1)[0]);
    cluster.begin_process("node-4");
    cluster.start("node-4");
    cluster.add("4");
    cluster.ok(nodes("drain", "1"));
    cluster.wait("replicas");
    let status = cluster.status();
    let replicas = |partition: &Value| {
        let complete = partition["complete"].as_array().unwrap();
        assert!(complete.len() == 2 && !complete.contains(&1.into()), "{status}");
    };
    status["partitions"].as_array().unwrap().iter().for_each(replicas);
    cluster.ok(nodes("remove", "1"));
    cluster.kill("node-1");
    cluster.addresses.remove("node-1");
    assert_eq!(candidates(&searching.complete()), expected);
    refused(nodes("drain", "9"), "no node 9");
}

fn erase_and_crash(cluster: &mut Cluster, searching: &Searching, without: &[(u64, String)]) {
    let file = cluster.file();
    let erase = ["erase", "s03", "--cluster", &file, "--basis", "17", "--yes"];
    assert!(cluster.ok(erase).contains("s03: erased at"));
    assert_eq!(candidates(&searching.complete()), without);
    for name in cluster.addresses.keys().cloned().collect::<Vec<_>>() {
        cluster.kill(&name);
    }
    cluster.start_all();
    cluster.wait("health");
    let answer = searching.complete();
    assert_eq!(candidates(&answer), without);
    assert_eq!(answer["receipt"]["eligible"], SUBJECTS as u64 - 1);
    assert!(cluster.ok(erase).contains("s03: erased before at"));
}

/// What a node's folder says.
fn incarnation_of(cluster: &Cluster, id: &str) -> String {
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

#[test]
fn a_stopped_process_ends_well_and_hands_leadership_over() {
    let mut cluster = Cluster::begin();
    for name in ["coordinator-1", "coordinator-2", "coordinator-3"] {
        cluster.start(name);
    }
    cluster.wait("leader");
    let leader = cluster.leader();
    let mut process = cluster.processes.remove(&leader).unwrap();
    let told = std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(process.wait().unwrap().success(), "{}", cluster.logs());
    let log = std::fs::read_to_string(cluster.path(&format!("{leader}.log"))).unwrap();
    assert!(log.contains("leadership was handed over"), "{log}");
    cluster.wait("leader");
    assert_ne!(cluster.leader(), leader);
}

#[test]
fn nothing_starts_in_the_wrong_place() {
    let cluster = Cluster::begin();
    let refused = |arguments: &[&str], why: &str| {
        let (code, _, stderr) = said(&run(arguments));
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
    };
    let file = cluster.file();
    let (data, certs) = (cluster.path("coordinator-1"), cluster.path("coordinator-2.certs"));
    let serve = ["coordinator", "serve", "--cluster", &file, "--id", "2"];
    refused(&[&serve[..], &["--data", &data, "--certificates", &certs]].concat(), "coordinator 1");
    let data = cluster.path("coordinator-2");
    let certs = cluster.path("coordinator-1.certs");
    refused(&[&serve[..], &["--data", &data, "--certificates", &certs]].concat(), "is needed");
    let plain = ["--data", &data, "--plain", "--listen", "0.0.0.0:0"];
    refused(&[&serve[..], &plain].concat(), "not a loopback address");
    let found = ["coordinator", "found", "--cluster", &file, "--id", "2", "--data", &data];
    refused(&found, "not empty");
    refused(&["cluster", "status", "--cluster", &data], "cluster file");
    let prints = cluster.path("prints");
    refused(&["identify", &prints, "--cluster", &file], "--purpose");
    refused(&["erase", "s1", "--cluster", &file, "--yes"], "--basis");
}
