//! Room on the disk of a process, and from when on it is too little.

/// Below this, and below a tenth of the disk, room is scarce: what is taken then may be what fills
/// it, and a process whose disk is full ends.
const FREE_BYTES_MIN: u64 = 4 << 30;
/// Whoever looks is told from this multiple of the limit on.
const WARNED_AT: u64 = 2;

/// What a file system has, in bytes, as a process without privileges sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskRoom {
    /// That can still be written.
    pub free: u64,
    /// That is written, and that can be.
    pub total: u64,
}

impl DiskRoom {
    /// Nothing that can be refused is to be written any more.
    pub fn is_scarce(&self) -> bool {
        self.free < self.limit()
    }

    /// It soon will be.
    pub fn is_running_out(&self) -> bool {
        self.free < WARNED_AT * self.limit()
    }

    fn limit(&self) -> u64 {
        FREE_BYTES_MIN.min(self.total / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_counts_on_small_disks_and_some_gigabytes_on_large_ones() {
        let small = |free| DiskRoom { free, total: 1000 };
        assert_eq!([99, 100].map(|free| small(free).is_scarce()), [true, false]);
        assert_eq!([199, 200].map(|free| small(free).is_running_out()), [true, false]);
        let large = |gib: u64| DiskRoom { free: gib << 30, total: 4 << 40 };
        assert_eq!([3, 4].map(|free| large(free).is_scarce()), [true, false]);
        assert_eq!([7, 8].map(|free| large(free).is_running_out()), [true, false]);
        let none = DiskRoom { free: 0, total: 0 };
        assert!(!none.is_scarce(), "what has no size says nothing");
    }
}
