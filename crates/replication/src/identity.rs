//! Opaque names of everything in a cluster.

use crate::bytes::{Code, CodecError, Reader, Writer};
use std::fmt;

macro_rules! names {
    ($($name:ident($integer:ty), $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $integer);

        impl Code for $name {
            fn write(&self, writer: &mut Writer) {
                self.0.write(writer);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                <$integer>::read(reader).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

names! {
    ClusterId(u128), "A cluster, drawn once when it is founded.";
    Generation(u32),
        "Counts refoundings of a cluster (restore, recovery from a survivor). Whoever speaks for \
         another generation is not listened to.";
    CoordinatorId(u64), "A member of the Raft group. A new disk is a new id.";
    NodeId(u64), "A shard node. A new disk is a new id.";
    PartitionId(u16), "A part of the gallery: all encounters of a person are in one.";
    PersonId(u128), "A person, without identity.";
    EncounterId(u128), "One visit of a person. Chosen by the client, never used twice.";
    Epoch(u64), "Counts changes of a partition's placement.";
}

/// Position in the replicated log. The founding state stands at 1, so 0 means nothing yet.
pub type LogIndex = u64;

/// Who a node is. It lies on the node's disk, so a disk that was emptied has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeIdentity {
    /// The cluster it belongs to.
    pub cluster: ClusterId,
    /// Its id.
    pub node: NodeId,
    /// Drawn when the disk was first used.
    pub incarnation: u64,
}

crate::code_struct!(NodeIdentity { cluster, node, incarnation });
