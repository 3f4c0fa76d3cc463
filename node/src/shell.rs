//! A cluster node as it runs: its folder, its clock, the thread that owns its replicas, and the one
//! that scans.
//!
//! One thread owns the [`Host`] and its stores. It takes one input after the other and performs the
//! outputs in their order; it waits for the disk and for nothing else. A second thread owns the
//! [`ResidentScanner`], and is told of changes and jobs in one order: a job sees the state that its
//! replicas had when it was handed out, whatever is applied meanwhile. Results come back as inputs.

mod beginning;
mod owner;
mod status;
mod worker;

pub use beginning::{begin, identity, put_replica};
pub use status::{OpenReplica, ReplicaStatus, Status};

use crate::error::NodeError;
use crate::{ReplicaStores, ResidentScanner};
use beginning::NodeFolder;
use matching::Parameters;
use owner::{Errand, Owner};
use replication::{
    CoordinatorId, DiskRoom, FromNode, Host, HostInput, HostSettings, Keep, KeepNothing, KvError,
    NodeId, Peer, Room, ToNode,
};
use search::{Kernels, TwinKernels};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::watch;
use worker::{Backlog, Worker};

/// Where messages go. Neither call may block; both may lose what they are given, and a later
/// message may arrive before an earlier one.
pub trait Links: Send + Sync {
    /// To a coordinator.
    fn to_coordinator(&self, to: CoordinatorId, message: FromNode);

    /// To another node.
    fn to_node(&self, to: NodeId, message: ToNode);
}

/// What a node is run with.
#[derive(Clone)]
pub struct RuntimeConfig {
    /// Of the core; who it is must be what [`identity`] says of the folder.
    pub settings: HostSettings,
    /// Holds the replicas; made by [`begin`].
    pub folder: PathBuf,
    /// How often the core is told that time passed.
    pub tick: Duration,
    /// Most inputs that wait for the owner.
    pub waiting_max: usize,
    /// Most bytes in them.
    pub waiting_bytes_max: usize,
    /// While more effects than this wait for the scanner, nothing further is applied.
    pub backlog_max: usize,
    /// Matching parameters. All nodes must be given the same.
    pub parameters: Parameters,
    /// Where stage 1 runs.
    pub kernels: Arc<dyn Kernels>,
    /// Where checkpoints are kept for backups.
    pub keep: Arc<dyn Keep>,
}

/// What scores depend on, as a number: nodes with different ones must not answer the same search.
pub fn scoring() -> u64 {
    Parameters::default().configuration_hash()
}

impl RuntimeConfig {
    /// Ticks of 50 ms, 4,096 inputs and 256 MiB waiting, 512 effects ahead of the scanner, about a
    /// second of its work; scans on the processor with the default parameters; no backups.
    pub fn new(settings: HostSettings, folder: PathBuf) -> Self {
        Self {
            settings,
            folder,
            tick: Duration::from_millis(50),
            waiting_max: 4096,
            waiting_bytes_max: 256 << 20,
            backlog_max: 512,
            parameters: Parameters::default(),
            kernels: Arc::new(TwinKernels::new()),
            keep: Arc::new(KeepNothing),
        }
    }
}

/// Why a node did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] NodeError),
    /// There is something in it already.
    #[error("{} is not empty: a node begins in a new folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// No node was begun there.
    #[error("{} is not the folder of a node: begin one there first", path.display())]
    NoNode {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is not that of the node asked for.
    #[error(
        "{} is of node {found}, not of node {wanted}: give the folder of that node, or begin a new \
         one", path.display()
    )]
    OtherNode {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        found: NodeId,
        /// Who was asked for.
        wanted: NodeId,
    },
    /// A replica cannot be opened.
    #[error("a replica could not be opened: {0}")]
    Store(#[from] KvError),
    /// The system gives no threads.
    #[error("a thread could not be started")]
    Thread(#[source] io::Error),
}

/// Why a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exit {
    /// It was told to, or nobody held a handle any more.
    #[error("it was told to")]
    Stopped,
    /// A store failed. Start it again.
    #[error("a store failed; its log says which. See to the disk, then start it again")]
    Store,
    /// It contradicted itself. Start it again, and report it.
    #[error("it contradicted itself; its log says where. Start it again, and report it")]
    Panicked,
}

/// Starts nodes.
pub struct Runtime;

impl Runtime {
    /// Opens the replicas and starts the threads. Records are loaded for scans after this returned;
    /// a scan that comes before the end of it waits.
    ///
    /// # Errors
    /// When the folder or a replica cannot be used.
    pub fn spawn(config: RuntimeConfig, links: Arc<dyn Links>) -> Result<Handle, StartError> {
        let folder = NodeFolder::open(&config.folder)?;
        let (found, wanted) = (folder.identity, config.settings.identity);
        if found != wanted {
            let (found, wanted) = (found.node, wanted.node);
            return Err(StartError::OtherNode { path: config.folder, found, wanted });
        }
        let stores = ReplicaStores::new(&folder.replicas());
        let stores = stores.map_err(|e| NodeError::file("open", &folder.replicas(), e))?;
        let started = Instant::now();
        let host = Host::open(config.settings, stores, 0)?;
        let room = Room::new(config.waiting_bytes_max);
        let (errands, inbox) = sync_channel(config.waiting_max);
        let (work, jobs) = channel();
        let backlog = Backlog::default();
        let status = Arc::new(Mutex::new(Status::of(&host, 0, 0)));
        let stopped = room.clone();
        let is_over = move |until| stopped.is_stopped() || elapsed_ms(started) >= until;
        let scanner = ResidentScanner::new(config.parameters, config.kernels, is_over);
        let worker = Worker { scanner, jobs, errands: errands.clone(), backlog: backlog.clone() };
        let worker = start("node scanner", move || worker.run_to_end())?;
        let owner = Owner {
            host,
            _folder: folder,
            links,
            inbox,
            room: room.clone(),
            work,
            backlog,
            backlog_max: config.backlog_max,
            held: None,
            status: status.clone(),
            started,
            tick: config.tick,
            keep: config.keep,
            quarantined: 0,
            ticks: 0,
        };
        let (closing, closed) = watch::channel(None);
        start("node", move || {
            let exit = owner.run_to_end();
            let exit = worker.join().map_or(Exit::Panicked, |()| exit);
            closing.send_replace(Some(exit));
        })?;
        Ok(Handle(Arc::new(Shared { errands, room, status, closed })))
    }
}

fn start<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, StartError> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StartError::Thread)
}

fn elapsed_ms(started: Instant) -> u64 {
    started.elapsed().as_millis() as u64
}

/// To a running node. It ends when the last handle is gone.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    errands: SyncSender<Errand>,
    room: Room,
    status: Arc<Mutex<Status>>,
    closed: watch::Receiver<Option<Exit>>,
}

impl Handle {
    /// Gives the node a message; false when too much waits, or the node ended.
    pub fn deliver(&self, from: Peer, message: ToNode) -> bool {
        self.offer(HostInput::Message(from, message))
    }

    /// Says how much room there is where its stores are; false when too much waits.
    pub fn disk(&self, room: DiskRoom) -> bool {
        self.offer(HostInput::Disk(room))
    }

    fn offer(&self, input: HostInput) -> bool {
        let errand = Errand::new(input);
        let bytes = errand.bytes;
        if !self.0.room.take(bytes) {
            return false;
        }
        let sent = self.0.errands.try_send(errand).is_ok();
        if !sent {
            self.0.room.give_back(bytes);
        }
        sent
    }

    /// How it stood at the latest tick.
    pub fn status(&self) -> Status {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it after the step under way, without a word to the others, as a crash does.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Waits for its end; the folder is free then.
    pub async fn closed(&self) -> Exit {
        let mut closed = self.0.closed.clone();
        let ended = closed.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| *exit).unwrap_or(Exit::Panicked)
    }
}

impl Shared {
    fn stop(&self) {
        self.room.stop();
        // Wakes the owner; when the queue is full it wakes by itself.
        let _ = self.errands.try_send(Errand::wake());
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop();
    }
}
