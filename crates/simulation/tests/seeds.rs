//! Runs of whole clusters with faults. A failing seed is seen again with
//! `cargo xtask simulate --seed N`.

use simulation::{Scenario, run};
use std::sync::atomic::{AtomicU64, Ordering};

const SEEDS: u64 = 500;

#[test]
fn no_invariant_is_broken_in_500_seeds() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(1);
    let (complete, faults) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        return;
                    }
                    let report = run(&Scenario::of_seed(seed));
                    assert_eq!(report.violation, None, "seed {seed}");
                    complete.fetch_add(report.complete_searches, Ordering::Relaxed);
                    faults.fetch_add(report.faults, Ordering::Relaxed);
                }
            });
        }
    });
    // Runs in which nothing happens would break nothing either.
    assert!(complete.into_inner() > 10 * SEEDS && faults.into_inner() > 10 * SEEDS);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 77, 1_000_003] {
        let scenario = Scenario::of_seed(seed);
        let first = run(&scenario);
        assert_eq!(run(&scenario), first, "seed {seed}");
        assert_eq!(run(&scenario), first, "seed {seed}");
        assert_ne!(run(&Scenario::of_seed(seed + 1)).trace, first.trace);
    }
}
