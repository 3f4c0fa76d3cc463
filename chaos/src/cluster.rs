//! Three coordinators and three nodes as real processes, with a link for each direction in which
//! one dials another.

use crate::journal::Journal;
use crate::link::Link;
use crate::process::{Name, Process, Role, mount_small};
use anyhow::{Context, bail, ensure};
use operation::file::ClusterFile;
use replication::CoordinatorId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Partitions of the gallery.
const PARTITIONS: &str = "8";
/// Changes that are retained for replicas that are behind: the least, so that some get left behind.
const RETENTION_MIB: &str = "16";
/// A small disk has so many MiB.
const SMALL_MIB: u32 = 192;
/// Ports from here on are not those that systems give to whoever dials.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Who dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dialer {
    Clients,
    Process(Name),
    /// Whichever node; all reach another one at the address that it gave.
    Nodes,
}

/// See the module.
pub(crate) struct Cluster {
    folder: PathBuf,
    tanba: PathBuf,
    runtime: tokio::runtime::Handle,
    pub(crate) journal: Arc<Journal>,
    pub(crate) processes: BTreeMap<Name, Process>,
    pub(crate) links: BTreeMap<(Dialer, Name), Link>,
    servers: watch::Sender<Vec<String>>,
    next_port: u16,
    next_id: BTreeMap<Role, u64>,
}

impl Cluster {
    /// Certificates, files and folders of a new cluster; nothing runs yet.
    ///
    /// # Errors
    /// When a command fails.
    pub(crate) fn begin(
        folder: &Path,
        tanba: &Path,
        runtime: &tokio::runtime::Handle,
        journal: &Arc<Journal>,
    ) -> anyhow::Result<Self> {
        let from = u16::try_from(std::process::id() % 500).unwrap_or_default();
        let mut cluster = Self {
            folder: folder.to_owned(),
            tanba: tanba.to_owned(),
            runtime: runtime.clone(),
            journal: journal.clone(),
            processes: BTreeMap::new(),
            links: BTreeMap::new(),
            servers: watch::channel(Vec::new()).0,
            next_port: PORTS.start + 20 * from,
            next_id: BTreeMap::new(),
        };
        let out = cluster.path("authority");
        cluster.ok(&["certs", "init", "--name", "chaos", "--out", &out])?;
        let coordinators: Vec<Name> =
            (0..3).map(|_| cluster.new_name(Role::Coordinator)).collect::<Result<_, _>>()?;
        cluster.write_first_file(&coordinators)?;
        for role in ["operator", "client"] {
            cluster.certificate(role, 1)?;
        }
        for name in coordinators {
            cluster.begin_process(name, "found")?;
        }
        for _ in 0..3 {
            let name = cluster.new_name(Role::Node)?;
            cluster.begin_process(name, "begin")?;
        }
        cluster.wire()?;
        Ok(cluster)
    }

    fn write_first_file(&self, coordinators: &[Name]) -> anyhow::Result<()> {
        let mut init = vec!["cluster".to_owned(), "init".into(), "--name".into(), "chaos".into()];
        for name in coordinators {
            let place = format!("{}={}", name.id, self.processes[name].address);
            init.extend(["--coordinator".to_owned(), place]);
        }
        let rest = ["--partitions", PARTITIONS, "--retention-mib", RETENTION_MIB];
        init.extend(rest.map(str::to_owned));
        init.extend(["--certificates".into(), "certs/operator-1".into()]);
        init.extend(["--out".into(), self.file()]);
        self.ok(&init.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(())
    }

    /// An id that nobody had, with a port that nobody has.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn new_name(&mut self, role: Role) -> anyhow::Result<Name> {
        let id = self.next_id.entry(role).or_insert(0);
        *id += 1;
        let name = Name { role, id: *id };
        let address = loop {
            ensure!(PORTS.contains(&self.next_port), "no port is free");
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port));
            self.next_port += 1;
            if TcpListener::bind(address).is_ok() {
                break address;
            }
        };
        let (data, log) = (self.path(&name.to_string()), self.path(&format!("{name}.log")));
        self.processes.insert(name, Process::new(address, data.into(), log.into()));
        Ok(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The cluster file of the operator, who reaches everybody.
    pub(crate) fn file(&self) -> String {
        self.path("cluster.toml")
    }

    fn file_of(&self, name: Name) -> String {
        self.path(&format!("{name}.toml"))
    }

    /// The certificate of the clients.
    pub(crate) fn client_certificate(&self) -> PathBuf {
        self.folder.join("certs/client-1")
    }

    fn certificate(&self, role: &str, id: u64) -> anyhow::Result<String> {
        let out = self.path(&format!("certs/{role}-{id}"));
        if !Path::new(&out).exists() {
            let (authority, id) = (self.path("authority"), id.to_string());
            let issue = ["certs", "issue", "--authority", &authority, "--role", role, "--id", &id];
            self.ok(&[&issue[..], &["--out", &out]].concat())?;
        }
        Ok(out)
    }

    /// Begins the folder of a process; the third of each kind has a small disk, where that is
    /// allowed.
    ///
    /// # Errors
    /// When the command fails.
    pub(crate) fn begin_process(&mut self, name: Name, verb: &str) -> anyhow::Result<()> {
        self.certificate(name.role.word(), name.id)?;
        if name.id.is_multiple_of(3)
            && let Some(process) = self.processes.get_mut(&name)
            && !process.is_small
        {
            process.is_small = mount_small(&process.data, SMALL_MIB)?;
        }
        let (file, id) = (self.file(), name.id.to_string());
        let data = self.processes[&name].data.join("data").display().to_string();
        let words = [name.role.word(), verb, "--cluster", &file, "--id", &id, "--data", &data];
        self.ok(&words)?;
        Ok(())
    }

    /// Makes the links that are missing, and the file of every process and of the operator.
    ///
    /// # Errors
    /// When a port or a file cannot be had.
    pub(crate) fn wire(&mut self) -> anyhow::Result<()> {
        let names: Vec<Name> = self.processes.keys().copied().collect();
        for to in &names {
            let others = names.iter().filter(|from| *from != to).map(|from| Dialer::Process(*from));
            let dialers: Vec<Dialer> = match to.role {
                Role::Coordinator => others.chain([Dialer::Clients]).collect(),
                Role::Node => vec![Dialer::Nodes],
            };
            for dialer in dialers {
                if !self.links.contains_key(&(dialer, *to)) {
                    let link = self.runtime.block_on(Link::start(self.processes[to].address))?;
                    self.links.insert((dialer, *to), link);
                }
            }
        }
        let coordinators: Vec<Name> =
            names.iter().copied().filter(|name| name.role == Role::Coordinator).collect();
        self.write_file(&self.file(), &coordinators, |to| self.processes[&to].address)?;
        for name in &names {
            self.write_file(&self.file_of(*name), &coordinators, |to| {
                let link = self.links.get(&(Dialer::Process(*name), to));
                link.map_or(self.processes[&to].address, |link| link.address)
            })?;
        }
        let server = |to: &Name| self.links[&(Dialer::Clients, *to)].address.to_string();
        self.servers.send_replace(coordinators.iter().map(server).collect());
        Ok(())
    }

    fn write_file(
        &self,
        path: &str,
        coordinators: &[Name],
        address: impl Fn(Name) -> SocketAddr,
    ) -> anyhow::Result<()> {
        let mut file = ClusterFile::read(Path::new(&self.file()))?;
        let place = |to: &Name| (CoordinatorId(to.id), address(*to));
        file.coordinators = coordinators.iter().map(place).collect();
        file.certificates = Some(self.folder.join("certs/operator-1"));
        std::fs::write(path, file.checked_text()?).with_context(|| path.to_owned())
    }

    /// Where clients reach coordinators.
    pub(crate) fn servers(&self) -> watch::Receiver<Vec<String>> {
        self.servers.subscribe()
    }

    /// Takes a process out of the cluster for good; its log stays.
    pub(crate) fn forget(&mut self, name: Name) {
        self.processes.remove(&name);
        let stays = |(dialer, to): &(Dialer, Name)| *to != name && *dialer != Dialer::Process(name);
        self.links.retain(|key, _| stays(key));
    }

    /// Starts a process that does not run.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(&mut self, name: Name) -> anyhow::Result<()> {
        let certificates = self.certificate(name.role.word(), name.id)?;
        let (file, id) = (self.file_of(name), name.id.to_string());
        let advertised = self.links.get(&(Dialer::Nodes, name)).map(|link| link.address);
        let tanba = self.tanba.clone();
        let process = self.processes.get_mut(&name).context("no such process")?;
        if process.is_started() {
            return Ok(());
        }
        let mut command = Command::new(tanba);
        command.args([name.role.word(), "serve", "--cluster", &file, "--id", &id, "--data"]);
        command.arg(process.data.join("data")).args(["--certificates", &certificates]);
        command.args(["--listen", &process.address.to_string()]);
        if let Some(advertised) = advertised {
            command.args(["--advertise", &advertised.to_string()]);
        }
        process.start(command)
    }

    /// Starts all that do not run.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(crate) fn start_all(&mut self) -> anyhow::Result<()> {
        let names: Vec<Name> = self.processes.keys().copied().collect();
        names.into_iter().try_for_each(|name| self.start(name))
    }

    /// One of its processes.
    ///
    /// # Errors
    /// When it was taken out.
    pub(crate) fn process(&mut self, name: Name) -> anyhow::Result<&mut Process> {
        self.processes.get_mut(&name).with_context(|| format!("{name} is not there any more"))
    }

    /// Lets an operator's command run.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Command::new(&self.tanba).args(arguments).output().context("tanba cannot be started")
    }

    /// The same, and it must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn ok(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.run(arguments)?;
        let line = arguments.join(" ");
        if !output.status.success() {
            bail!("tanba {line}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        self.journal.write("command", &json!(line));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same with the cluster file, again and again until it succeeds: coordinators may be
    /// failing meanwhile.
    ///
    /// # Errors
    /// When it does not in time.
    pub(crate) fn insist(&self, arguments: &[&str], patience: Duration) -> anyhow::Result<()> {
        let file = self.file();
        let arguments = [arguments, &["--cluster", &file]].concat();
        let until = Instant::now() + patience;
        loop {
            match self.ok(&arguments) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > until => return Err(error),
                Err(error) => {
                    // It may have been carried out although no answer came.
                    let text = error.to_string();
                    if ["already", "has no node"].iter().any(|word| text.contains(word)) {
                        return Ok(());
                    }
                }
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// How the cluster stands, if anybody says so.
    pub(crate) fn status(&self) -> Option<Value> {
        let file = self.file();
        let arguments = ["cluster", "status", "--cluster", &file, "--format", "json"];
        let output = self.run(&[&arguments[..], &["--timeout-s", "3"]].concat()).ok()?;
        serde_json::from_slice(&output.stdout).ok()
    }

    /// The coordinator that leads, if it is known and runs.
    pub(crate) fn leader(&self) -> Option<Name> {
        let id = self.status()?["leader"].as_u64()?;
        let name = Name { role: Role::Coordinator, id };
        self.processes.get(&name).filter(|process| process.is_started()).map(|_| name)
    }

    /// Waits for what `tanba cluster wait` waits for.
    ///
    /// # Errors
    /// When it does not come in time; with what is missing.
    pub(crate) fn wait(&self, what: &str, patience: Duration) -> anyhow::Result<()> {
        let (file, seconds) = (self.file(), patience.as_secs().to_string());
        let wait = ["cluster", "wait", "--for", what, "--cluster", &file, "--at-most-s", &seconds];
        self.ok(&wait).map(drop)
    }
}
