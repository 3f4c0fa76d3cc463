//! Repeating and timing.

use std::time::{Duration, Instant};

/// Runs `action` for at least half a second and at least three times; the fastest run in seconds,
/// which on a shared machine is the one least disturbed.
pub(crate) fn fastest(mut action: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    let mut runs = 0;
    while runs < 3 || start.elapsed() < Duration::from_millis(500) {
        let run = Instant::now();
        action();
        best = best.min(run.elapsed().as_secs_f64());
        runs += 1;
    }
    best
}

/// The value below which a share of the sorted values lies.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
