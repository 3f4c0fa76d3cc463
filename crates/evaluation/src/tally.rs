//! Both errors at every threshold that matters, exactly, in integers.

use crate::Score;
use vocabulary::Similarity;

/// Comparisons with the same similarity and the same two persons, counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// The lowest threshold that rejects these comparisons: 0 without a similarity, else the
    /// similarity plus one.
    rejected_from: u32,
    first: u32,
    second: u32,
    count: u32,
}

/// Comparisons in the order in which a rising threshold rejects them.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    mated: Vec<Entry>,
    non_mated: Vec<Entry>,
}

/// What one threshold does, as weighted counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    /// The lowest threshold that does this.
    pub(crate) threshold: Similarity,
    /// Mated comparisons that do not meet the threshold.
    pub(crate) missed: u64,
    /// Non-mated comparisons that meet it.
    pub(crate) accepted: u64,
}

/// Points by rising threshold: `missed` rises and `accepted` falls. The first threshold is 0, the
/// last is above every similarity.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) points: Vec<Point>,
    pub(crate) mated: u64,
    pub(crate) non_mated: u64,
}

fn entries(scores: &[Score]) -> Vec<Entry> {
    let entry = |s: &Score| Entry {
        rejected_from: s.similarity.map_or(0, |s| s.thousandths().saturating_add(1)),
        first: s.probe_subject.min(s.reference_subject),
        second: s.probe_subject.max(s.reference_subject),
        count: 1,
    };
    let mut all: Vec<Entry> = scores.iter().map(entry).collect();
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let same = (next.rejected_from, next.first, next.second)
            == (kept.rejected_from, kept.first, kept.second);
        if same {
            kept.count += next.count;
        }
        same
    });
    all
}

impl Tally {
    pub(crate) fn new(mated: &[Score], non_mated: &[Score]) -> Self {
        Self { mated: entries(mated), non_mated: entries(non_mated) }
    }

    /// Every person that takes part, rising.
    pub(crate) fn subjects(&self) -> Vec<u32> {
        let both = self.mated.iter().chain(&self.non_mated).flat_map(|e| [e.first, e.second]);
        let mut subjects: Vec<u32> = both.collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// The same comparisons with persons numbered by their place in `subjects`.
    pub(crate) fn renumbered(mut self, subjects: &[u32]) -> Self {
        let place = |subject: u32| {
            subjects.binary_search(&subject).expect("every subject was listed") as u32
        };
        for entry in self.mated.iter_mut().chain(&mut self.non_mated) {
            entry.first = place(entry.first);
            entry.second = place(entry.second);
        }
        self
    }

    /// Every comparison once.
    pub(crate) fn walk(&self) -> Walk {
        self.walk_weighted(|_, _| 1)
    }

    /// Each comparison as often as `weight(first, second)` says.
    pub(crate) fn walk_weighted(&self, weight: impl Fn(u32, u32) -> u64) -> Walk {
        let of = |e: &Entry| weight(e.first, e.second) * u64::from(e.count);
        let mated: u64 = self.mated.iter().map(of).sum();
        let non_mated: u64 = self.non_mated.iter().map(of).sum();
        let mut points = Vec::new();
        let (mut m, mut n) = (0, 0);
        let (mut missed, mut accepted) = (0, non_mated);
        let mut threshold = 0;
        loop {
            while let Some(e) = self.mated.get(m).filter(|e| e.rejected_from <= threshold) {
                missed += of(e);
                m += 1;
            }
            while let Some(e) = self.non_mated.get(n).filter(|e| e.rejected_from <= threshold) {
                accepted -= of(e);
                n += 1;
            }
            let threshold_now = Similarity::from_thousandths(threshold);
            points.push(Point { threshold: threshold_now, missed, accepted });
            let next = [self.mated.get(m), self.non_mated.get(n)];
            match next.into_iter().flatten().map(|e| e.rejected_from).min() {
                Some(higher) => threshold = higher,
                None => return Walk { points, mated, non_mated },
            }
        }
    }
}

impl Walk {
    /// `missed` rate against `accepted` rate at a point.
    fn compare(&self, point: &Point) -> std::cmp::Ordering {
        let missed = u128::from(point.missed) * u128::from(self.non_mated);
        let accepted = u128::from(point.accepted) * u128::from(self.mated);
        missed.cmp(&accepted)
    }

    pub(crate) fn missed_rate(&self, point: &Point) -> f64 {
        point.missed as f64 / self.mated as f64
    }

    pub(crate) fn accepted_rate(&self, point: &Point) -> f64 {
        point.accepted as f64 / self.non_mated as f64
    }

    /// The ends of the equal-error interval, by Maio et al. 2002: `t1` is the largest threshold
    /// with missed <= accepted, `t2` the smallest with missed >= accepted; of the two, the one with
    /// the smaller sum of errors.
    pub(crate) fn equal_error_point(&self) -> &Point {
        let before = self.points.iter().rfind(|p| self.compare(p).is_le());
        let after = self.points.iter().find(|p| self.compare(p).is_ge());
        let sum = |p: &Point| {
            u128::from(p.missed) * u128::from(self.non_mated)
                + u128::from(p.accepted) * u128::from(self.mated)
        };
        match (before, after) {
            (Some(before), Some(after)) if sum(before) <= sum(after) => before,
            (_, Some(after)) => after,
            (Some(before), None) => before,
            (None, None) => unreachable!("a rate is above, below or equal to another"),
        }
    }

    /// The equal error rate: the middle of its interval.
    pub(crate) fn equal_error_rate(&self) -> f64 {
        let point = self.equal_error_point();
        (self.missed_rate(point) + self.accepted_rate(point)) / 2.0
    }

    /// The point with the fewest missed among those that accept at most one in `one_in`.
    pub(crate) fn at_accepted_one_in(&self, one_in: u32) -> &Point {
        self.points
            .iter()
            .find(|p| u128::from(p.accepted) * u128::from(one_in) <= u128::from(self.non_mated))
            .expect("the last threshold accepts nothing")
    }

    /// The point with the fewest missed among those that accept nothing.
    pub(crate) fn at_nothing_accepted(&self) -> &Point {
        self.points.iter().find(|p| p.accepted == 0).expect("the last threshold accepts nothing")
    }

    /// The point with the fewest accepted among those that miss nothing, if any.
    pub(crate) fn at_nothing_missed(&self) -> Option<&Point> {
        self.points.iter().rfind(|p| p.missed == 0)
    }
}
