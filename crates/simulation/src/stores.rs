//! The stores of a node: batches that were not synced may be lost in a crash, from the last on.

use crate::random::Random;
use replication::{Batch, Change, Kv, KvError, Pair, PartitionId, Stores};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

#[derive(Debug, Default)]
struct Store {
    durable: BTreeMap<Vec<u8>, Vec<u8>>,
    current: BTreeMap<Vec<u8>, Vec<u8>>,
    unsynced: Vec<Batch>,
    /// It cannot be opened again.
    is_unreadable: bool,
}

#[derive(Debug, Default)]
struct State {
    stores: BTreeMap<PartitionId, Store>,
    /// Stores given up since the last look.
    reset: BTreeSet<PartitionId>,
    kill_in: Option<u64>,
    is_full: bool,
}

/// Stores that outlive the process that uses them.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimulatedStores(Rc<RefCell<State>>);

/// One of them.
#[derive(Debug)]
pub(crate) struct SimulatedKv {
    partition: PartitionId,
    state: Rc<RefCell<State>>,
}

fn change(map: &mut BTreeMap<Vec<u8>, Vec<u8>>, batch: &Batch) {
    for change in batch {
        match change {
            Change::Put(key, value) => drop(map.insert(key.clone(), value.clone())),
            Change::Delete(key) => drop(map.remove(key)),
        }
    }
}

impl SimulatedStores {
    /// Kills the process at its `operations`-th write or sync from now.
    pub(crate) fn kill_in(&self, operations: u64) {
        self.0.borrow_mut().kill_in = Some(operations);
    }

    /// Whether there is room.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.0.borrow_mut().is_full = is_full;
    }

    /// The process died: decides which unsynced batches survive.
    pub(crate) fn crash(&self, random: &mut Random) {
        let mut state = self.0.borrow_mut();
        state.kill_in = None;
        for store in state.stores.values_mut() {
            let kept = random.below(store.unsynced.len() as u64 + 1) as usize;
            for batch in store.unsynced.drain(..).take(kept) {
                change(&mut store.durable, &batch);
            }
            store.current.clone_from(&store.durable);
        }
    }

    /// Flips a bit of a stored value, or one without which the store cannot be opened again.
    /// `false` when there is none.
    pub(crate) fn flip(&self, random: &mut Random) -> bool {
        let mut state = self.0.borrow_mut();
        let partitions: Vec<PartitionId> = state.stores.keys().copied().collect();
        let Some(partition) = random.pick(&partitions) else { return false };
        let Some(store) = state.stores.get_mut(&partition) else { return false };
        if random.chance(300) {
            store.is_unreadable = true;
            return true;
        }
        let keys: Vec<Vec<u8>> = store.current.keys().cloned().collect();
        let key = keys.get(random.below(keys.len() as u64) as usize);
        let Some(value) = key.and_then(|key| store.current.get_mut(key)) else { return false };
        let at = random.below(value.len() as u64) as usize;
        value[at] ^= 1 << random.below(8);
        store.durable.clone_from(&store.current);
        store.unsynced.clear();
        true
    }

    /// The disk is exchanged for an empty one.
    pub(crate) fn wipe(&self) {
        self.0.borrow_mut().stores.clear();
    }

    /// Whether everything written to a store survives a crash.
    pub(crate) fn is_synced(&self, partition: PartitionId) -> bool {
        let state = self.0.borrow();
        state.stores.get(&partition).is_some_and(|store| store.unsynced.is_empty())
    }

    /// Stores given up since the last call.
    pub(crate) fn take_reset(&self) -> BTreeSet<PartitionId> {
        std::mem::take(&mut self.0.borrow_mut().reset)
    }
}

fn operate(state: &mut State, allocates: bool) -> Result<(), KvError> {
    if let Some(left) = &mut state.kill_in {
        if *left == 0 {
            return Err(KvError::Killed);
        }
        *left -= 1;
    }
    if allocates && state.is_full { Err(KvError::Full) } else { Ok(()) }
}

impl Stores for SimulatedStores {
    type Kv = SimulatedKv;

    fn existing(&self) -> Vec<PartitionId> {
        self.0.borrow().stores.keys().copied().collect()
    }

    fn open(&mut self, partition: PartitionId) -> Result<SimulatedKv, KvError> {
        if self.0.borrow_mut().stores.entry(partition).or_default().is_unreadable {
            return Err(KvError::Damaged);
        }
        Ok(SimulatedKv { partition, state: self.0.clone() })
    }

    fn destroy(&mut self, partition: PartitionId) -> Result<(), KvError> {
        let mut state = self.0.borrow_mut();
        operate(&mut state, false)?;
        state.stores.remove(&partition);
        state.reset.insert(partition);
        Ok(())
    }
}

impl Kv for SimulatedKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        let state = self.state.borrow();
        Ok(state.stores.get(&self.partition).and_then(|store| store.current.get(key).cloned()))
    }

    fn pairs(&self, prefix: &[u8]) -> Result<Vec<Pair>, KvError> {
        let state = self.state.borrow();
        let Some(store) = state.stores.get(&self.partition) else { return Ok(Vec::new()) };
        let from = store.current.range(prefix.to_vec()..);
        let with = from.take_while(|(key, _)| key.starts_with(prefix));
        Ok(with.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn write(&mut self, batch: Batch) -> Result<(), KvError> {
        let mut state = self.state.borrow_mut();
        operate(&mut state, true)?;
        let store = state.stores.entry(self.partition).or_default();
        change(&mut store.current, &batch);
        store.unsynced.push(batch);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), KvError> {
        let mut state = self.state.borrow_mut();
        operate(&mut state, false)?;
        let store = state.stores.entry(self.partition).or_default();
        for batch in store.unsynced.drain(..) {
            change(&mut store.durable, &batch);
        }
        Ok(())
    }

    fn replace(&mut self, pairs: Vec<Pair>) -> Result<(), KvError> {
        let mut state = self.state.borrow_mut();
        operate(&mut state, true)?;
        let store = state.stores.entry(self.partition).or_default();
        store.unsynced.clear();
        store.durable = pairs.into_iter().collect();
        store.current.clone_from(&store.durable);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: u8) -> Batch {
        vec![Change::Put(vec![key], vec![key])]
    }

    #[test]
    fn the_simulated_store_conforms() {
        let mut nodes: BTreeMap<String, SimulatedStores> = BTreeMap::new();
        let open = |name: &str| nodes.entry(name.into()).or_default().open(PartitionId(0)).unwrap();
        replication::conformance::check(open).unwrap();
    }

    #[test]
    fn a_crash_keeps_what_was_synced_and_a_prefix_of_the_rest() {
        let mut kept = BTreeSet::new();
        for seed in 0..64 {
            let mut stores = SimulatedStores::default();
            let mut kv = stores.open(PartitionId(0)).unwrap();
            kv.write(put(1)).unwrap();
            kv.sync().unwrap();
            (2..5).for_each(|key| kv.write(put(key)).unwrap());
            stores.crash(&mut Random::new(seed));
            let keys: Vec<u8> = kv.pairs(b"").unwrap().iter().map(|(key, _)| key[0]).collect();
            assert_eq!(keys, (1..=keys.len() as u8).collect::<Vec<_>>());
            kept.insert(keys.len());
        }
        assert_eq!(kept, BTreeSet::from([1, 2, 3, 4]));
    }
}
