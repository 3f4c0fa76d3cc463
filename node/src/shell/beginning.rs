//! The folder of a cluster node: whose it is, and that one process has it.
//!
//! `identity` is `magic [8] | cluster u128 | node u64 | incarnation u64 | CRC-32`, integers
//! little-endian. It is written once, when the folder is begun, so that a disk that was emptied has
//! none: it must become a new node under a new id. `replicas/` holds the replicas.

use super::StartError;
use crate::ReplicaStores;
use crate::error::NodeError;
use crate::folder::lock;
use replication::{
    Applier, Checkpoint, ClusterId, Code, Generation, KvError, NodeId, NodeIdentity, PartitionId,
    Stores,
};
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const IDENTITY: &str = "identity";
/// While it is written.
const IDENTITY_NEW: &str = "identity.new";
const REPLICAS: &str = "replicas";
const MAGIC: &[u8; 8] = b"TANBAND1";

/// A folder that this process alone has open.
#[derive(Debug)]
pub(super) struct NodeFolder {
    path: PathBuf,
    pub(super) identity: NodeIdentity,
    /// Holds the lock; the system frees it however the process ends.
    _lock: File,
}

impl NodeFolder {
    pub(super) fn open(folder: &Path) -> Result<Self, StartError> {
        // Nothing is made in a folder that is not a node's.
        identity(folder)?;
        let lock = lock(folder)?;
        Ok(Self { path: folder.to_owned(), identity: identity(folder)?, _lock: lock })
    }

    pub(super) fn replicas(&self) -> PathBuf {
        self.path.join(REPLICAS)
    }
}

/// Begins the folder of a node, which is created when it is not there, and draws its incarnation.
/// Register the node with the identity returned.
///
/// # Errors
/// When something is in the folder already, or it cannot be written.
pub fn begin(folder: &Path, cluster: ClusterId, node: NodeId) -> Result<NodeIdentity, StartError> {
    let unreadable = |e| NodeError::file("read the folder", folder, e);
    fs::create_dir_all(folder).map_err(|e| NodeError::file("create the folder", folder, e))?;
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        if entry.map_err(unreadable)?.file_name() != IDENTITY_NEW {
            return Err(StartError::NotEmpty { path: folder.to_owned() });
        }
    }
    let incarnation = RandomState::new().hash_one(node.0);
    let identity = NodeIdentity { cluster, node, incarnation };
    write(folder, &identity).map_err(|e| NodeError::file("write to", folder, e))?;
    Ok(identity)
}

/// Puts a replica into the folder of a node that does not run, in place of what it holds of the
/// partition.
///
/// # Errors
/// When the folder is in use or cannot be written, or the checkpoint is not what it says.
pub fn put_replica(
    folder: &Path,
    partition: PartitionId,
    generation: Generation,
    checkpoint: Checkpoint,
) -> Result<(), StartError> {
    let folder = NodeFolder::open(folder)?;
    let stores = ReplicaStores::new(&folder.replicas());
    let mut stores = stores.map_err(|e| NodeError::file("open", &folder.replicas(), e))?;
    let store = stores.open(partition)?;
    let installed = Applier::install(store, partition, generation, checkpoint);
    installed.map(drop).map_err(|_| StartError::Store(KvError::Damaged))
}

fn write(folder: &Path, identity: &NodeIdentity) -> io::Result<()> {
    let new = folder.join(IDENTITY_NEW);
    let mut file = File::create(&new)?;
    file.write_all(&encode(identity))?;
    file.sync_all()?;
    fs::rename(&new, folder.join(IDENTITY))?;
    File::open(folder)?.sync_all()
}

/// Whose folder it is.
///
/// # Errors
/// When it is no node's, or what it says is damaged.
pub fn identity(folder: &Path) -> Result<NodeIdentity, StartError> {
    let path = folder.join(IDENTITY);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StartError::NoNode { path: folder.to_owned() });
        }
        Err(error) => return Err(NodeError::file("read", &path, error).into()),
    };
    let detail = || format!("{IDENTITY} does not say whose the folder is");
    let damaged = || NodeError::DamagedFiles { dir: folder.to_owned(), detail: detail() };
    Ok(decode(&bytes).ok_or_else(damaged)?)
}

fn encode(identity: &NodeIdentity) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &identity.encode()].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<NodeIdentity> {
    let (content, crc) = bytes.split_last_chunk::<4>()?;
    let identity = content.strip_prefix(MAGIC)?;
    if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
        return None;
    }
    NodeIdentity::decode(identity).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: ClusterId = ClusterId(7);

    #[test]
    fn a_folder_says_whose_it_is_and_is_begun_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("node");
        let begun = begin(&folder, CLUSTER, NodeId(3)).unwrap();
        assert_eq!((begun.cluster, begun.node), (CLUSTER, NodeId(3)));
        assert_eq!(identity(&folder).unwrap(), begun);
        let again = begin(&folder, CLUSTER, NodeId(3)).unwrap_err();
        assert!(matches!(again, StartError::NotEmpty { .. }), "{again}");
        // An emptied disk is another incarnation.
        fs::remove_file(folder.join(IDENTITY)).unwrap();
        assert!(matches!(identity(&folder), Err(StartError::NoNode { .. })));
        fs::write(folder.join(IDENTITY_NEW), "cut sh").unwrap();
        assert_ne!(begin(&folder, CLUSTER, NodeId(3)).unwrap().incarnation, begun.incarnation);
    }

    #[test]
    fn a_node_is_open_once_at_a_time_and_nothing_is_made_in_other_folders() {
        let root = tempfile::tempdir().unwrap();
        assert!(matches!(NodeFolder::open(root.path()), Err(StartError::NoNode { .. })));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        begin(root.path(), CLUSTER, NodeId(3)).unwrap();
        let first = NodeFolder::open(root.path()).unwrap();
        let second = NodeFolder::open(root.path());
        assert!(matches!(second, Err(StartError::Folder(NodeError::Locked { .. }))));
        drop(first);
        NodeFolder::open(root.path()).unwrap();
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let identity = NodeIdentity { cluster: CLUSTER, node: NodeId(3), incarnation: 9 };
        let bytes = encode(&identity);
        assert_eq!(decode(&bytes), Some(identity));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&changed), None, "bit {bit}");
        }
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
    }
}
