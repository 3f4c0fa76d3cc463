//! What invariants are told.

use coordinator::{Catalog, ClientRequest, Response};
use replication::{
    Applier, CoordinatorId, LogIndex, NodeId, NodeReport, PartitionId, ScanAnswer, ScanRequest,
};

use crate::stores::SimulatedKv;

/// Something that happened.
pub(crate) enum Observation<'a> {
    /// A coordinator applied an entry; the model has it, too.
    Applied { catalog: &'a Catalog, index: LogIndex, is_first: bool },
    /// A coordinator started from its disk.
    Started { coordinator: CoordinatorId, catalog: &'a Catalog },
    /// A coordinator found its disk damaged; `expected` when it was.
    Refused { coordinator: CoordinatorId, expected: bool, why: &'a str },
    /// A client hears.
    Answered { request: &'a ClientRequest, asked_at_index: LogIndex, response: &'a Response },
    /// A replica took a step or was opened.
    Replica {
        node: NodeId,
        partition: PartitionId,
        applier: &'a Applier<SimulatedKv>,
        is_synced: bool,
        was_opened: bool,
    },
    /// A store was given up.
    Reset { node: NodeId, partition: PartitionId, was_damaged: bool },
    /// A node reports.
    Reported { report: &'a NodeReport },
    /// A node answers a scan.
    Scanned { request: Option<&'a ScanRequest>, answer: &'a ScanAnswer },
    /// A coordinator leads.
    Leads { coordinator: CoordinatorId, term: u64 },
    /// Everything is mended and time is over.
    Ended {
        coordinators: Vec<(CoordinatorId, &'a Catalog)>,
        replicas: Vec<(NodeId, PartitionId, Option<&'a Applier<SimulatedKv>>)>,
    },
}
