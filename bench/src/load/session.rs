//! Whoever puts load on a cluster, with an account of what the cluster must hold.

use super::answers::{self, Said, Wanted};
use super::arrivals::Kind;
use super::people::People;
use anyhow::{Context, Result, ensure};
use coordinator::{Acknowledge, Identify};
use operation::connection::random;
use operation::file::ClusterFile;
use proto::v1::StatusResponse;
use replication::{EncounterId, EncounterState, GalleryId, Lane, Payload, Scope};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};
use transport::{Client, Credentials, Security};

/// Connections to each coordinator: one carries 256 calls at a time.
const CONNECTIONS: usize = 12;
/// A request that asks again does so for so long.
const BUDGET: Duration = Duration::from_secs(15);
/// A request that asks once waits for so long.
const BUDGET_ONCE: Duration = Duration::from_secs(2);
/// A gallery that nobody is in.
const EMPTY_GALLERY: u8 = 7;
/// Between looks at the cluster.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// See the module.
pub(super) struct Session {
    runtime: Runtime,
    pub(super) asking: Arc<Asking>,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As the commands do: again and again until the budget is over.
    Again,
    /// Once; what is refused is refused.
    Once,
}

/// Asks, checks every answer, and keeps account.
pub(super) struct Asking {
    again: Vec<Client>,
    once: Vec<Client>,
    next: AtomicUsize,
    searched: AtomicUsize,
    people: Arc<People>,
    probes: Vec<Payload>,
    /// The number of the next person to be enrolled.
    begun: AtomicU64,
    /// Encounters there were before this session.
    before: u64,
    /// Enrollments that the cluster acknowledged.
    acknowledged: AtomicU64,
    /// Enrollments of which nobody knows.
    unknown: Mutex<Vec<EncounterId>>,
}

impl Session {
    /// Connects to the cluster of a file.
    ///
    /// # Errors
    /// When the file or its certificates cannot be used, or the cluster does not answer.
    pub(super) fn open(file: &Path, people: &Arc<People>, probes: &[Payload]) -> Result<Self> {
        let file = ClusterFile::read(file)?;
        let folder = file.certificates.clone().context("the cluster file names no certificates")?;
        let security = Security::Mutual(Box::new(Credentials::load(&folder)?));
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.enable_all().build().context("no threads can be started")?;
        let _entered = runtime.enter();
        let clients = |budget| {
            let client = |first: usize| {
                let mut servers = file.servers();
                let count = servers.len();
                servers.rotate_left(first % count);
                Client::new(&servers, &security, budget, Box::new(random))
            };
            (0..CONNECTIONS).map(client).collect::<Result<Vec<Client>, _>>()
        };
        let once: Vec<Client> = clients(BUDGET_ONCE)?;
        let again: Vec<Client> = clients(BUDGET)?;
        let before = runtime.block_on(again[0].status())?.encounters;
        let asking = Asking {
            again,
            once: once.into_iter().map(Client::asking_once).collect(),
            next: AtomicUsize::new(0),
            searched: AtomicUsize::new(0),
            people: people.clone(),
            probes: probes.to_vec(),
            begun: AtomicU64::new(0),
            before,
            acknowledged: AtomicU64::new(0),
            unknown: Mutex::default(),
        };
        drop(_entered);
        Ok(Self { runtime, asking: Arc::new(asking) })
    }

    /// Where requests run.
    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits for an answer.
    pub(super) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// How the leader sees the cluster.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn status(&self) -> Result<StatusResponse> {
        Ok(self.wait(self.asking.again[0].status())?)
    }

    /// Looks again and again until something is so.
    ///
    /// # Errors
    /// When it is not after a minute.
    pub(super) fn until(&self, what: &str, so: impl Fn(&StatusResponse) -> bool) -> Result<()> {
        let started = Instant::now();
        while !self.status().is_ok_and(|status| so(&status)) {
            ensure!(started.elapsed() < Duration::from_secs(60), "no {what} within a minute");
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Waits until searches see everything that was enrolled.
    ///
    /// # Errors
    /// A wrong answer, or none that is complete after a minute.
    pub(super) fn until_searchable(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            match self.wait(self.asking.identify(Manner::Again)) {
                Said::Right => return Ok(()),
                said => ensure!(
                    !matches!(said, Said::Wrong(_)) && started.elapsed() < Duration::from_secs(60),
                    "searches are not complete: {said:?}"
                ),
            }
        }
    }

    /// The cluster must hold everything that it acknowledged, and nothing that it refused.
    ///
    /// # Errors
    /// When it holds more or less.
    pub(super) fn settle(&self) -> Result<()> {
        let asking = &self.asking;
        let unknown = std::mem::take(&mut *asking.unknown());
        for encounter in unknown {
            let state = self.wait(asking.client(Manner::Again).read(encounter))?;
            let is_there = state == Some(EncounterState::Active);
            asking.acknowledged.fetch_add(u64::from(is_there), Ordering::SeqCst);
        }
        let expected = asking.before + asking.acknowledged.load(Ordering::SeqCst);
        let settled = self.until("agreement on what is enrolled", |s| s.encounters == expected);
        let found = self.status()?.encounters;
        settled.with_context(|| format!("{found} encounters, but {expected} were acknowledged"))
    }
}

impl Asking {
    /// Asks for somebody new, or for somebody of the gallery.
    pub(super) async fn ask(self: Arc<Self>, kind: Kind, manner: Manner) -> Said {
        match kind {
            Kind::Enroll => self.enroll(Acknowledge::Committed, manner).await,
            Kind::Identify => self.identify(manner).await,
        }
    }

    /// Enrolls the next person.
    pub(super) async fn enroll(&self, acknowledge: Acknowledge, manner: Manner) -> Said {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        let enroll = self.people.enroll(number);
        match self.client(manner).enroll(&enroll, acknowledge).await {
            Ok(done) => {
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                let is_seen = acknowledge == Acknowledge::Committed || done.is_searchable;
                match answers::enrolled(&done, manner == Manner::Once) {
                    Said::Right if !is_seen => Said::Late,
                    said => said,
                }
            }
            Err(error) => {
                let said = Said::of_error(&error);
                if said == Said::Late {
                    self.unknown().push(enroll.encounter);
                }
                said
            }
        }
    }

    /// Searches for somebody of the gallery.
    pub(super) async fn identify(&self, manner: Manner) -> Said {
        let number = self.searched.fetch_add(1, Ordering::Relaxed) % self.probes.len();
        let scope = Scope { active_only: true, gallery: None };
        let least = self.before + self.acknowledged.load(Ordering::SeqCst);
        let found = self.search(&self.probes[number], scope, manner).await;
        let most = self.before + self.begun.load(Ordering::SeqCst);
        let first = Some(self.people.person(number as u64));
        let wanted = Wanted { first, eligible: least..=most };
        found.map_or_else(|said| said, |found| answers::identified(&found, &wanted))
    }

    /// Searches a gallery that nobody is in: everything but the comparing.
    pub(super) async fn identify_nobody(&self) -> Said {
        let gallery = GalleryId::new(EMPTY_GALLERY);
        let scope = Scope { active_only: true, gallery };
        let wanted = Wanted { first: None, eligible: 0..=0 };
        let found = self.search(&self.probes[0], scope, Manner::Again).await;
        found.map_or_else(|said| said, |found| answers::identified(&found, &wanted))
    }

    async fn search(
        &self,
        probe: &Payload,
        scope: Scope,
        manner: Manner,
    ) -> Result<coordinator::Identified, Said> {
        let asked = Identify {
            requester: 0,
            purpose: 1,
            case: 0,
            probe: probe.clone(),
            scope,
            person: None,
            threshold: 0,
            candidates_max: 20,
            allow_partial: true,
            lane: Lane::Standard,
        };
        let found = self.client(manner).identify(&asked).await;
        found.map_err(|error| Said::of_error(&error))
    }

    fn client(&self, manner: Manner) -> &Client {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let clients = if manner == Manner::Again { &self.again } else { &self.once };
        &clients[next % clients.len()]
    }

    fn unknown(&self) -> std::sync::MutexGuard<'_, Vec<EncounterId>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
