//! The seam to the store of one partition replica.

use std::collections::BTreeMap;
use thiserror::Error;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Why a store did not do as asked. After any of these on a write, what is on disk is known only
/// after the store was opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KvError {
    /// No room is left.
    #[error("the disk is full")]
    Full,
    /// Bytes are not those that were written.
    #[error("the store is damaged")]
    Damaged,
    /// Anything else that the disk refused.
    #[error("reading or writing failed")]
    Failed,
    /// The process was killed in the middle (simulation only).
    #[error("the process was killed")]
    Killed,
}

/// One change of a [`Batch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a value under a key.
    Put(Vec<u8>, Vec<u8>),
    /// Removes a key.
    Delete(Vec<u8>),
}

/// Changes that are made together or not at all.
pub type Batch = Vec<Change>;

/// An ordered store of one partition replica.
pub trait Kv {
    /// A value.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError>;

    /// All keys with a prefix, in order, with their values.
    ///
    /// # Errors
    /// When they cannot be read.
    fn pairs(&self, prefix: &[u8]) -> Result<Vec<Pair>, KvError>;

    /// Makes the changes in their order, atomically. They may be lost in a crash until [`Kv::sync`]
    /// returned, but never in part, and never without all that were made after them.
    ///
    /// # Errors
    /// When it fails; what became of the batch is not known then.
    fn write(&mut self, batch: Batch) -> Result<(), KvError>;

    /// Makes everything written so far survive a crash.
    ///
    /// # Errors
    /// When it fails.
    fn sync(&mut self) -> Result<(), KvError>;

    /// Puts `pairs` in place of everything, atomically, and survives a crash from then on.
    ///
    /// # Errors
    /// When it fails; the old content or the new is there.
    fn replace(&mut self, pairs: Vec<Pair>) -> Result<(), KvError>;
}

/// A store in memory, for tests and tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryKv(BTreeMap<Vec<u8>, Vec<u8>>);

/// Makes changes in a map.
pub(crate) fn change(map: &mut BTreeMap<Vec<u8>, Vec<u8>>, batch: Batch) {
    for change in batch {
        match change {
            Change::Put(key, value) => drop(map.insert(key, value)),
            Change::Delete(key) => drop(map.remove(&key)),
        }
    }
}

impl Kv for MemoryKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        Ok(self.0.get(key).cloned())
    }

    fn pairs(&self, prefix: &[u8]) -> Result<Vec<Pair>, KvError> {
        let from = self.0.range(prefix.to_vec()..);
        let with = from.take_while(|(key, _)| key.starts_with(prefix));
        Ok(with.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn write(&mut self, batch: Batch) -> Result<(), KvError> {
        change(&mut self.0, batch);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), KvError> {
        Ok(())
    }

    fn replace(&mut self, pairs: Vec<Pair>) -> Result<(), KvError> {
        self.0 = pairs.into_iter().collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Stays after it is dropped, as a disk does.
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<MemoryKv>>);

    impl Kv for Shared {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
            self.0.borrow().get(key)
        }

        fn pairs(&self, prefix: &[u8]) -> Result<Vec<Pair>, KvError> {
            self.0.borrow().pairs(prefix)
        }

        fn write(&mut self, batch: Batch) -> Result<(), KvError> {
            self.0.borrow_mut().write(batch)
        }

        fn sync(&mut self) -> Result<(), KvError> {
            Ok(())
        }

        fn replace(&mut self, pairs: Vec<Pair>) -> Result<(), KvError> {
            self.0.borrow_mut().replace(pairs)
        }
    }

    #[test]
    fn the_store_in_memory_conforms() {
        let mut stores: BTreeMap<String, Shared> = BTreeMap::new();
        crate::conformance::check(|name| stores.entry(name.into()).or_default().clone()).unwrap();
    }
}
