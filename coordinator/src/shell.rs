//! A coordinator as it runs: its folder, its clock, and the thread that owns its core.
//!
//! One thread owns the [`Coordinator`](crate::Coordinator) and its log. It takes what waits in the
//! queue, all of it in one step, and performs the outputs in their order; so everything that
//! arrived during a sync shares the next one. It waits for the disk and for nothing else: links
//! never block, and a full queue refuses.

mod beginning;
mod owner;
mod status;

pub use beginning::{found, found_from, join};
pub use status::{NodeStatus, PartitionStatus, ReplicaStatus, Status};

use crate::log::{LogError, LogStorage};
use crate::message::{Input, PeerMessage, Request, Response, Unavailable};
use crate::{Coordinator, Settings};
use owner::{Errand, Owner};
use replication::{CodecError, CoordinatorId, Keep, KeepNothing, NodeId, Room, ToNode};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::{oneshot, watch};

/// Where messages go. Neither call may block; both may lose what they are given, and a later
/// message may arrive before an earlier one.
pub trait Links: Send + Sync {
    /// To another coordinator.
    fn to_coordinator(&self, to: CoordinatorId, message: PeerMessage);

    /// To a node.
    fn to_node(&self, to: NodeId, message: ToNode);
}

/// What a coordinator is run with.
#[derive(Debug, Clone)]
pub struct RuntimeConfig {
    /// Of the core. `boot` is drawn anew at every start, whatever it says here.
    pub settings: Settings,
    /// Holds the log; made by [`found`] or [`join`].
    pub folder: PathBuf,
    /// One tick of the Raft clock.
    pub tick: Duration,
    /// A segment of the log is followed by another from this size on.
    pub segment_bytes: usize,
    /// Most inputs that wait for the owner.
    pub waiting_max: usize,
    /// Most bytes of payloads in them.
    pub waiting_bytes_max: usize,
    /// Where the catalog is kept for backups.
    pub keep: Arc<dyn Keep>,
}

impl RuntimeConfig {
    /// Ticks of 100 ms, segments of 64 MiB, 4,096 inputs and 64 MiB waiting; no backups.
    pub fn new(settings: Settings, folder: PathBuf) -> Self {
        Self {
            settings,
            folder,
            tick: Duration::from_millis(100),
            segment_bytes: 64 << 20,
            waiting_max: 4096,
            waiting_bytes_max: 64 << 20,
            keep: Arc::new(KeepNothing),
        }
    }
}

/// Why a coordinator did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The file system refused.
    #[error("could not open the folder of the log, {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process works on it.
    #[error("another process has {} open: wait for it to end, or end it", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// There is something in it already.
    #[error("{} is not empty: a coordinator begins in a new folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The snapshot is not one that this release can read.
    #[error("the snapshot of the log cannot be read")]
    Snapshot(#[from] CodecError),
}

/// Why a coordinator ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Exit {
    /// It was told to, or nobody held a handle any more.
    #[error("it was told to")]
    Stopped,
    /// It met an entry of the log that this release cannot read, or its disk lost what it had
    /// promised; the alarm before says which. Do not start it again as it is.
    #[error(
        "it met an entry of the log that this release cannot read, or its disk lost what it had \
         promised; its log says which. Do not start it again as it is"
    )]
    Halted,
    /// Its disk failed. Start it again.
    #[error("its log failed: {0}. See to the disk, then start it again")]
    Log(LogError),
    /// It contradicted itself. Start it again, and report it.
    #[error("it contradicted itself; its log says where. Start it again, and report it")]
    Panicked,
}

/// Starts coordinators.
pub struct Runtime;

impl Runtime {
    /// Opens the log and starts the owner thread.
    ///
    /// # Errors
    /// When the folder or the log cannot be used.
    pub fn spawn(config: RuntimeConfig, links: Arc<dyn Links>) -> Result<Handle, StartError> {
        let disk = beginning::open(&config.folder)?;
        let (storage, recovered, content) = LogStorage::open(disk, config.segment_bytes)?;
        let mut settings = config.settings;
        settings.boot = RandomState::new().hash_one(settings.member.id.0);
        let started = Instant::now();
        let (core, outputs) = Coordinator::start(settings, recovered, content, 0)?;
        let (errands, inbox) = sync_channel(config.waiting_max);
        let (closing, closed) = watch::channel(None);
        let room = Room::new(config.waiting_bytes_max);
        let status = Arc::new(Mutex::new(Status::of(&core, 0, (0, 0))));
        let owner = Owner {
            core,
            storage,
            links,
            inbox,
            room: room.clone(),
            status: status.clone(),
            started,
            tick: config.tick,
            keep: config.keep,
            clients: Default::default(),
            requests: 0,
            alarms: 0,
            ticks: 0,
        };
        let run = move || closing.send_replace(Some(owner.run_to_end(outputs)));
        let name = "coordinator".to_owned();
        let folder = |source| StartError::Folder { path: config.folder.clone(), source };
        std::thread::Builder::new().name(name).spawn(run).map_err(folder)?;
        Ok(Handle { errands, room, status, closed })
    }
}

/// To a running coordinator. It ends when the last handle is gone.
#[derive(Clone)]
pub struct Handle {
    errands: SyncSender<Errand>,
    room: Room,
    status: Arc<Mutex<Status>>,
    closed: watch::Receiver<Option<Exit>>,
}

impl Handle {
    /// Gives the core an input; false when too much waits, or the coordinator ended.
    pub fn deliver(&self, input: Input) -> bool {
        self.send(Errand::Input(input))
    }

    fn send(&self, errand: Errand) -> bool {
        let bytes = errand.bytes();
        if !self.room.take(bytes) {
            return false;
        }
        let sent = self.errands.try_send(errand).is_ok();
        if !sent {
            self.room.give_back(bytes);
        }
        sent
    }

    /// Asks, and waits for the one response that every request gets. The coordinator answers within
    /// `budget` and at most 1.5 s more; [`Response::Unknown`] when it ended meanwhile.
    pub async fn request(&self, request: Request, budget: Duration) -> Response {
        let (respond, response) = oneshot::channel();
        let budget_ms = u64::try_from(budget.as_millis()).unwrap_or(u64::MAX);
        if !self.send(Errand::Request { request, budget_ms, respond }) {
            return Response::Unavailable(Unavailable::Overloaded);
        }
        response.await.unwrap_or(Response::Unknown)
    }

    /// How it stood at the latest tick.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it after the step under way, without a word to the others: as a crash does, which a
    /// coordinator must survive anyway. Hand leadership over first to spare them an election.
    pub fn stop(&self) {
        self.room.stop();
        // Wakes the owner; when the queue is full it wakes by itself.
        let _ = self.errands.try_send(Errand::Stop);
    }

    /// Waits for its end; the folder is free then.
    pub async fn closed(&self) -> Exit {
        let mut closed = self.closed.clone();
        let ended = closed.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| exit.clone()).unwrap_or(Exit::Panicked)
    }
}
