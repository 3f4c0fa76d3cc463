//! What processes of a cluster count, besides requests and links (`transport`).

use coordinator::raft::Role;
use coordinator::shell::Status;
use metrics::gauge;

/// How a coordinator stands.
pub(crate) fn coordinator(status: &Status) {
    gauge!("tanba_raft_is_leader").set(f64::from(u8::from(status.role == Role::Leader)));
    gauge!("tanba_raft_has_leader").set(f64::from(u8::from(status.leader.is_some())));
    gauge!("tanba_raft_term").set(status.term as f64);
    gauge!("tanba_log_committed_index").set(status.committed as f64);
    gauge!("tanba_log_applied_index").set(status.applied as f64);
    gauge!("tanba_encounters").set(status.encounters as f64);
    gauge!("tanba_encounters_unchecked").set(status.unchecked as f64);
    gauge!("tanba_retained_bytes").set(status.retained_bytes as f64);
    gauge!("tanba_alarms").set(status.alarms as f64);
    let live = status.nodes.iter().filter(|node| node.is_live).count();
    gauge!("tanba_nodes_live").set(live as f64);
}
/// How a node stands.
pub(crate) fn node(status: &node::shell::Status, coordinators_connected: usize) {
    let open = status.replicas.iter().filter(|replica| replica.open.is_some()).count();
    gauge!("tanba_replicas_open").set(open as f64);
    gauge!("tanba_replicas_empty").set((status.replicas.len() - open) as f64);
    let alive = status.replicas.iter().filter_map(|r| r.open).map(|open| u64::from(open.alive));
    let alive: u64 = alive.sum();
    gauge!("tanba_records").set(alive as f64);
    gauge!("tanba_scans_waiting").set(status.scans_waiting as f64);
    gauge!("tanba_scans_running").set(status.scans_running as f64);
    gauge!("tanba_replicas_quarantined").set(status.quarantined as f64);
    gauge!("tanba_coordinators_connected").set(coordinators_connected as f64);
}
