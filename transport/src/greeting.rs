//! The first frame of every stream between processes.

use crate::identity::Role;
use crate::security::Caller;
use proto::{Field, Malformed, WIRE_VERSION, v1};
use replication::{ClusterId, Generation};
use std::time::Duration;
use tonic::Status;

/// A stream that does not greet within this time ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// Longest address, in bytes: that of a host name with a port.
const ADDRESS_BYTES_MAX: usize = 260;
/// Longest name of a release, in bytes.
const RELEASE_BYTES_MAX: usize = 100;

/// What a process works by, for the others to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Digest of what no two processes may see differently, such as how many partitions there are
    /// and what scores depend on. One with another is refused.
    pub binding: [u8; 32],
    /// Digest of the cluster file. One with another is let in, and shown to operators: files are
    /// exchanged one process after the other.
    pub file: [u8; 32],
    /// Name and version of the program.
    pub release: String,
    /// The highest feature level that it knows.
    pub feature_level_max: u32,
}

/// What a process says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    pub(crate) cluster: ClusterId,
    /// Counts refoundings of the cluster.
    pub(crate) generation: Generation,
    pub(crate) id: u64,
    /// Where other nodes reach it; empty for coordinators.
    pub(crate) address: String,
    /// Drawn when its folder was begun; 0 for nodes, which report theirs.
    pub(crate) incarnation: u64,
    pub(crate) terms: Terms,
}

impl Greeting {
    pub(crate) fn to_wire(&self) -> v1::Greeting {
        v1::Greeting {
            wire_version: WIRE_VERSION,
            cluster: self.cluster.to_wire(),
            id: self.id,
            address: self.address.clone(),
            incarnation: self.incarnation,
            generation: self.generation.0,
            binding: self.terms.binding.to_wire(),
            file: self.terms.file.to_wire(),
            release: self.terms.release.clone(),
            feature_level_max: self.terms.feature_level_max,
        }
    }

    /// A greeting from whom the certificate names, of the same cluster and version.
    pub(crate) fn check(
        &self,
        caller: &Caller,
        role: Role,
        greeting: Option<v1::Greeting>,
    ) -> Result<Self, Status> {
        let greeting = greeting.ok_or_else(|| Status::invalid_argument("no greeting came"))?;
        if greeting.wire_version != WIRE_VERSION {
            let text = format!("wire version {} is not known", greeting.wire_version);
            return Err(Status::failed_precondition(text));
        }
        if greeting.id == 0 || !caller.is(role, greeting.id) {
            let text = format!("the certificate is not that of {role} {}", greeting.id);
            return Err(Status::permission_denied(text));
        }
        let cluster = ClusterId::from_wire(greeting.cluster.clone(), "cluster")
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        if cluster != self.cluster {
            return Err(Status::failed_precondition("another cluster"));
        }
        if greeting.generation != self.generation.0 {
            let text = format!(
                "this is generation {} of the cluster, not {}: it was restored from a backup \
                 since; take the cluster file of this one",
                self.generation.0, greeting.generation
            );
            return Err(Status::failed_precondition(text));
        }
        let terms = self.check_terms(&greeting)?;
        if greeting.address.len() > ADDRESS_BYTES_MAX {
            return Err(Status::invalid_argument("the address is too long"));
        }
        let v1::Greeting { id, address, incarnation, .. } = greeting;
        Ok(Self { cluster, generation: self.generation, id, address, incarnation, terms })
    }

    fn check_terms(&self, greeting: &v1::Greeting) -> Result<Terms, Status> {
        let digest = |bytes: &[u8], name| -> Result<[u8; 32], Status> {
            let digest = Field::from_wire(bytes.to_vec(), name);
            digest.map_err(|error: Malformed| Status::invalid_argument(error.to_string()))
        };
        let binding = digest(&greeting.binding, "binding")?;
        let file = digest(&greeting.file, "file")?;
        let release = greeting.release.clone();
        if release.len() > RELEASE_BYTES_MAX {
            return Err(Status::invalid_argument("the release is too long"));
        }
        if binding != self.terms.binding {
            return Err(Status::failed_precondition(format!(
                "`{release}` works by other terms than `{}` here: the number of partitions in its \
                 cluster file, or what scores depend on in its release, is another; answers of \
                 both must not be mixed",
                self.terms.release
            )));
        }
        Ok(Terms { binding, file, release, feature_level_max: greeting.feature_level_max })
    }
}
