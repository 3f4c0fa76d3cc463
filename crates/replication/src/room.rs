//! Room in the queue of a thread that owns a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How much waits for an owner, in bytes, and whether it is to end. Clones share it.
#[derive(Debug, Clone)]
pub struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    taken: AtomicUsize,
    bytes_max: usize,
    is_stopped: AtomicBool,
}

impl Room {
    /// For so many bytes at a time.
    pub fn new(bytes_max: usize) -> Self {
        let (taken, is_stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Shared { taken, bytes_max, is_stopped }))
    }

    /// Reserves room; false when there is not enough. What is larger than all of it still gets
    /// through when nothing else waits.
    pub fn take(&self, bytes: usize) -> bool {
        let grown = |taken: usize| {
            let sum = taken.checked_add(bytes)?;
            (sum <= self.0.bytes_max || taken == 0).then_some(sum)
        };
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }

    /// Gives back what [`Room::take`] reserved.
    pub fn give_back(&self, bytes: usize) {
        self.0.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Tells the owner to end.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let room = Room::new(100);
        assert!(room.take(60) && room.clone().take(40));
        assert!(!room.take(1));
        room.give_back(40);
        assert!(room.take(40));
        room.give_back(100);
        assert!(room.take(1_000), "what is larger than all room still gets through");
        assert!(!room.take(1));
        room.give_back(1_000);
        room.take(1);
        assert!(!room.take(usize::MAX), "and does not wrap around");
    }

    #[test]
    fn whoever_shares_it_learns_that_the_owner_is_to_end() {
        let room = Room::new(1);
        let shared = room.clone();
        assert!(!shared.is_stopped());
        room.stop();
        assert!(shared.is_stopped());
    }
}
