//! Coordinators as they run, on folders of their own and linked by channels.

use coordinator::catalog::Founding;
use coordinator::command::{Command, Mark, Outcome, Policy};
use coordinator::raft::MembershipChange;
use coordinator::shell::{Exit, Handle, Links, Runtime, RuntimeConfig, found, join};
use coordinator::{Input, PeerMessage, Request, Response, Settings, Unavailable};
use replication::{ClusterId, CoordinatorId, MarkKind, NodeId, ToNode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BUDGET: Duration = Duration::from_secs(5);

/// Who is there to be sent to.
#[derive(Default)]
struct Switchboard(Mutex<BTreeMap<CoordinatorId, Handle>>);

struct LinksOf(CoordinatorId, Arc<Switchboard>);

impl Links for LinksOf {
    fn to_coordinator(&self, to: CoordinatorId, message: PeerMessage) {
        let handles = self.1.0.lock().expect("nobody panics while it is locked");
        if let Some(handle) = handles.get(&to) {
            handle.deliver(Input::Peer(self.0, message));
        }
    }

    fn to_node(&self, _: NodeId, _: ToNode) {}
}

fn founding() -> Founding {
    let policy =
        Policy { replication: 1, min_durable: 1, retention_bytes_max: 1 << 20, dedup_rarity: 1 };
    Founding { cluster: ClusterId(7), partitions: 2, policy }
}

fn settings(id: CoordinatorId) -> Settings {
    let mut settings = Settings::new(id, founding());
    settings.member.entries_kept = 4;
    settings.snapshot_every = 16;
    settings.retry_ms = 300;
    settings
}

fn folder(root: &Path, id: CoordinatorId) -> PathBuf {
    root.join(id.0.to_string())
}

fn start(root: &Path, id: CoordinatorId, board: &Arc<Switchboard>) -> Handle {
    let mut config = RuntimeConfig::new(settings(id), folder(root, id));
    config.tick = Duration::from_millis(20);
    let handle = Runtime::spawn(config, Arc::new(LinksOf(id, board.clone())));
    let handle = handle.expect("the folder was begun");
    board.0.lock().expect("nobody panics while it is locked").insert(id, handle.clone());
    handle
}

fn mark(id: u64) -> Request {
    Request::Command(Command::Mark(Mark { kind: MarkKind::Digest, id }))
}

/// Asks one coordinator after the other until the mark is in the log; where it is.
async fn log_mark(handles: &[&Handle], id: u64) -> u64 {
    for attempt in 0.. {
        let response = handles[attempt % handles.len()].request(mark(id), BUDGET).await;
        match response {
            Response::Done { index, outcome, .. } => {
                assert_ne!(outcome, Outcome::Conflict);
                return index;
            }
            Response::Unavailable(_) | Response::Unknown => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
    unreachable!("it asks until it is answered")
}

#[tokio::test(flavor = "multi_thread")]
async fn three_coordinators_survive_the_loss_of_their_leader_and_take_it_back() {
    let root = tempfile::tempdir().unwrap();
    let ids = [1, 2, 3].map(CoordinatorId);
    for id in ids {
        found(&folder(root.path(), id), &founding(), ids).unwrap();
    }
    let board = Arc::default();
    let handles = ids.map(|id| start(root.path(), id, &board));
    let all: Vec<&Handle> = handles.iter().collect();
    let mut last = 0;
    for id in 1..=40 {
        let index = log_mark(&all, id).await;
        assert!(index > last, "the log only grows");
        last = index;
    }
    let leader = handles.iter().find_map(|handle| handle.status().leader).unwrap();
    let at = ids.iter().position(|id| *id == leader).unwrap();
    handles[at].stop();
    assert_eq!(handles[at].closed().await, Exit::Stopped);
    assert!(!handles[at].deliver(Input::Tick), "nobody takes it");
    let rest: Vec<&Handle> =
        handles.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, handle)| handle).collect();
    for id in 41..=80 {
        last = log_mark(&rest, id).await;
    }
    // It comes back from its folder, far enough behind to need a snapshot.
    let back = start(root.path(), leader, &board);
    let index = log_mark(&[&back], 81).await;
    assert!(index > last);
    assert!(back.status().applied <= index, "a status is of the latest tick");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_alone_of_three_answers_that_it_cannot() {
    let root = tempfile::tempdir().unwrap();
    let ids = [1, 2, 3].map(CoordinatorId);
    found(&folder(root.path(), ids[0]), &founding(), ids).unwrap();
    let handle = start(root.path(), ids[0], &Arc::default());
    let response = handle.request(mark(1), BUDGET).await;
    assert!(matches!(response, Response::Unavailable(_)), "{response:?}");
    assert!(!handle.status().is_ready());
    handle.stop();
    assert_eq!(handle.closed().await, Exit::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_keeps_a_coordinator_from_starting() {
    let root = tempfile::tempdir().unwrap();
    let id = CoordinatorId(1);
    found(&folder(root.path(), id), &founding(), [id]).unwrap();
    let board = Arc::default();
    let handle = start(root.path(), id, &board);
    log_mark(&[&handle], 1).await;
    log_mark(&[&handle], 2).await;
    handle.stop();
    handle.closed().await;
    let mut damaged = 0;
    for entry in std::fs::read_dir(folder(root.path(), id)).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        if path.file_name().unwrap().to_string_lossy().starts_with("log-") {
            bytes[60] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    let config = RuntimeConfig::new(settings(id), folder(root.path(), id));
    let error = Runtime::spawn(config, Arc::new(LinksOf(id, board))).err();
    assert!(error.is_some_and(|error| error.to_string().contains("replace this coordinator")));
}

/// Asks one coordinator after the other until one says that the change is done.
async fn change(handles: &[&Handle], change: &MembershipChange) {
    for attempt in 0.. {
        let request = Request::Membership(change.clone());
        match handles[attempt % handles.len()].request(request, BUDGET).await {
            Response::Accepted => return,
            Response::Unavailable(_) | Response::Unknown => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_founder_is_replaced_in_a_cluster_that_never_took_a_snapshot() {
    let root = tempfile::tempdir().unwrap();
    let ids = [1, 2, 3].map(CoordinatorId);
    for id in ids {
        found(&folder(root.path(), id), &founding(), ids).unwrap();
    }
    let board = Arc::default();
    let mut handles: Vec<Handle> = ids.iter().map(|id| start(root.path(), *id, &board)).collect();
    log_mark(&handles.iter().collect::<Vec<_>>(), 1).await;
    for new in [4, 5, 6].map(CoordinatorId) {
        join(&folder(root.path(), new)).unwrap();
        handles.push(start(root.path(), new, &board));
        let old = handles[0].status().id;
        let all: Vec<&Handle> = handles.iter().collect();
        let wish = MembershipChange { voters: vec![new], removed: vec![old], learners: vec![] };
        change(&all, &wish).await;
        let gone = handles.remove(0);
        gone.stop();
        gone.closed().await;
        log_mark(&handles.iter().collect::<Vec<_>>(), new.0).await;
    }
    // Two of the three newcomers decide without the third.
    handles.remove(0).stop();
    log_mark(&handles.iter().collect::<Vec<_>>(), 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_the_last_vote_away() {
    let root = tempfile::tempdir().unwrap();
    let id = CoordinatorId(1);
    found(&folder(root.path(), id), &founding(), [id]).unwrap();
    let handle = start(root.path(), id, &Arc::default());
    log_mark(&[&handle], 1).await;
    let wish = MembershipChange { removed: vec![id], ..Default::default() };
    let response = handle.request(Request::Membership(wish), BUDGET).await;
    assert_eq!(response, Response::Unavailable(Unavailable::NoVoterLeft));
    let response = handle.request(Request::HandOver, BUDGET).await;
    assert_eq!(response, Response::Unavailable(Unavailable::NoSuccessor));
    log_mark(&[&handle], 2).await;
}
