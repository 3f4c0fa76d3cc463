//! The receipt of an erasure: where it stands in the log and in the audit chain, and how far the
//! replicas have it on disk.

use crate::connection::Connection;
use anyhow::{Context, ensure};
use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::ErasureTarget;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};
use transport::{ClientError, Receipt};

/// Between looks at how far replicas are.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// See the module. The erased person is named by the id alone that the cluster knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureReceipt {
    /// The version of the file; 1.
    pub format: u32,
    /// Name of the cluster.
    pub cluster: String,
    /// Id of the cluster, hexadecimal.
    pub id: String,
    /// The person, hexadecimal.
    pub person: String,
    /// Code of the legal basis.
    pub basis: u16,
    /// Where in the log: no search that begins later finds the person.
    pub index: u64,
    /// The record in the audit chain.
    pub audit: AuditPlace,
    /// Every complete replica, and up to where it is on disk.
    pub replicas: Vec<ReplicaDurable>,
    /// Whether all of them have the erasure on disk.
    pub is_durable_everywhere: bool,
    /// What the coordinator signed, as [`Receipt::to_file`] has it; `None` where the cluster runs
    /// without certificates.
    #[serde(default)]
    pub signed: Option<String>,
}

/// A record of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditPlace {
    /// Its height.
    pub height: u64,
    /// The chain up to and with it, hexadecimal.
    pub head: String,
    /// The cluster's time, in milliseconds since 1970.
    pub time_ms: u64,
}

/// How far a replica is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicaDurable {
    /// Of which partition.
    pub partition: u32,
    /// On which node.
    pub node: u64,
    /// Everything up to here; `None` while the node does not report.
    pub durable: Option<u64>,
}

impl ErasureReceipt {
    /// Of an erasure of a person that stands at `index`, and what the coordinator `signed` of it.
    /// Waits a while for replicas to have it on disk.
    ///
    /// # Errors
    /// When the cluster does not answer, or has let go of the audit record.
    pub fn take(
        connection: &Connection,
        person: u128,
        index: u64,
        signed: Option<&Receipt>,
    ) -> anyhow::Result<Self> {
        let (record, basis) = erasure_at(connection, person, index)?;
        let until = Instant::now() + connection.budget;
        let mut replicas = replicas(connection)?;
        let reached = |replica: &ReplicaDurable| replica.durable.is_some_and(|at| at >= index);
        while !replicas.iter().all(reached) && Instant::now() < until {
            connection.pause(LOOK_EVERY);
            replicas = self::replicas(connection)?;
        }
        Ok(Self {
            format: 1,
            cluster: connection.file.name.clone(),
            id: format!("{:032x}", connection.file.founding.cluster.0),
            person: format!("{person:032x}"),
            basis,
            index,
            audit: AuditPlace {
                height: record.height,
                head: record.head.iter().map(|byte| format!("{byte:02x}")).collect(),
                time_ms: record.time_ms,
            },
            is_durable_everywhere: replicas.iter().all(reached),
            replicas,
            signed: signed.map(Receipt::to_file),
        })
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let receipt: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is no receipt of an erasure", path.display()))?;
        ensure!(receipt.format == 1, "{}: another format", path.display());
        Ok(receipt)
    }

    /// Whether a record of the audit chain is the one that it names.
    pub(crate) fn names(&self, record: &AuditRecord) -> bool {
        let head: String = record.head.iter().map(|byte| format!("{byte:02x}")).collect();
        let AuditEvent::Erasure(erase) = &record.event else { return false };
        let ErasureTarget::Person(person) = erase.target else { return false };
        record.height == self.audit.height
            && record.index == self.index
            && record.time_ms == self.audit.time_ms
            && erase.basis == self.basis
            && head == self.audit.head
            && format!("{:032x}", person.0) == self.person
    }
}

/// The audit record of an erasure, and its basis.
fn erasure_at(
    connection: &Connection,
    wanted: u128,
    index: u64,
) -> anyhow::Result<(AuditRecord, u16)> {
    let mut after = 0;
    loop {
        let page = connection.wait(connection.client.audit(after))?;
        for record in page.records.iter().filter(|record| record.index == index) {
            if let AuditEvent::Erasure(erase) = &record.event
                && matches!(erase.target, ErasureTarget::Person(person) if person.0 == wanted)
            {
                return Ok((record.clone(), erase.basis));
            }
        }
        let last = page.records.last().filter(|last| last.index <= index);
        let missing = "the cluster no longer has the audit record: look for it in an export";
        after = last.context(missing)?.height;
    }
}

fn replicas(connection: &Connection) -> Result<Vec<ReplicaDurable>, ClientError> {
    let status = connection.wait(connection.client.status())?;
    let of = |partition: &proto::v1::PartitionStatus| {
        let number = partition.partition;
        let complete = partition.replicas.iter().filter(|replica| replica.is_complete);
        let durable = complete.map(move |replica| ReplicaDurable {
            partition: number,
            node: replica.node,
            durable: replica.durable,
        });
        durable.collect::<Vec<_>>()
    };
    Ok(status.partitions.iter().flat_map(of).collect())
}
