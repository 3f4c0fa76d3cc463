//! The cuts of a search, which come out the same however the gallery is split.
//!
//! A search looks at every record coarsely, at the best of these more finely, compares the best of
//! those to the end, and ranks them by score. "The best" are always the best of the whole gallery.
//! A node sees a part of it, and is asked once. So it sends everything that may be among the best
//! of the whole:
//!
//! - the best of its part by the coarse score, and where it cut: whoever is among the best of the
//!   whole is among the best of every part it is in;
//! - of these, the score of whoever may be among the best of the whole by the fine score. Everybody
//!   who comes before somebody in the coarse order is in the whole if that one is. So the score is
//!   needed as long as fewer than [`Cut::fine`] of those before it are better by the fine score
//!   ([`finalists`]); of 500 in random order and 100 wanted these are about 260.
//!
//! [`merge`] cuts again, over all parts. It notices when what it was given does not suffice, which
//! happens only when parts that were cut together do not arrive together.

use crate::identity::{EncounterId, PartitionId};
use crate::mutation::{Mutation, is_mutated};
use crate::scan::{Hit, PartitionAnswer};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

/// How many records of the whole gallery go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// After the coarse look.
    pub coarse: u32,
    /// After the fine look, at most.
    pub fine: u32,
}

impl Cut {
    /// Everybody goes on.
    pub const NONE: Self = Self { coarse: u32::MAX, fine: u32::MAX };
}

/// A place in the order of the coarse look: score falling, then encounter rising. The smaller the
/// better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoarseKey {
    /// The coarse score.
    pub coarse: u32,
    /// Which encounter.
    pub encounter: EncounterId,
}

impl Ord for CoarseKey {
    fn cmp(&self, other: &Self) -> Ordering {
        other.coarse.cmp(&self.coarse).then(self.encounter.cmp(&other.encounter))
    }
}

impl PartialOrd for CoarseKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Cuts what was looked at coarsely to the best. Returns where the cut is when anything was left
/// out.
pub fn cut_coarsely<T>(
    looked_at: &mut Vec<T>,
    cut: Cut,
    key: impl Fn(&T) -> CoarseKey,
) -> Option<CoarseKey> {
    if is_mutated(Mutation::CutTiesReversed) {
        looked_at.sort_unstable_by_key(|one| Reverse((key(one).coarse, key(one).encounter)));
    } else {
        looked_at.sort_unstable_by_key(&key);
    }
    let places = cut.coarse as usize;
    let is_cut = looked_at.len() > places;
    looked_at.truncate(places);
    if is_cut { looked_at.last().map(key) } else { None }
}

/// Who must be compared to the end, of encounters with their fine scores in coarse order.
pub fn finalists(looked_at: impl IntoIterator<Item = (u32, EncounterId)>, cut: Cut) -> Vec<bool> {
    let places = cut.fine as usize;
    // The best so far, the worst of them on top.
    let mut best: BinaryHeap<FineKey> = BinaryHeap::new();
    let is_finalist = |(fine, encounter)| {
        let key = (Reverse(fine), encounter);
        let is_better = best.len() < places || best.peek().is_some_and(|worst| key < *worst);
        if is_better {
            best.push(key);
            if best.len() > places {
                best.pop();
            }
        }
        is_better
    };
    looked_at.into_iter().map(is_finalist).collect()
}

type FineKey = (Reverse<u32>, EncounterId);

/// What several parts come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// Who passed both cuts and is alike at all, in the order of [`Hit::rank_key`].
    pub ranked: Vec<Hit>,
    /// Partitions that did not send enough; ask each again, alone.
    pub insufficient: BTreeSet<PartitionId>,
}

/// Cuts over all parts. The order of the answers is of no account.
pub fn merge<'a>(answers: impl IntoIterator<Item = &'a PartitionAnswer>, cut: Cut) -> Merged {
    let (mut hits, mut cuts) = (Vec::new(), Vec::new());
    for answer in answers {
        hits.extend(answer.hits.iter().map(|hit| (answer.partition, *hit)));
        cuts.extend(answer.cut_at.map(|at| (answer.partition, at)));
    }
    hits.sort_unstable_by_key(|(_, hit)| hit.coarse_key());
    let last = hits.get((cut.coarse as usize).saturating_sub(1)).map(|(_, hit)| hit.coarse_key());
    // A partition that was cut before the last place may lack somebody between.
    let lacks = |at: CoarseKey| last.is_none_or(|last| at < last);
    let cuts = cuts.into_iter().filter(|(_, at)| lacks(*at));
    let mut insufficient: BTreeSet<PartitionId> = cuts.map(|(partition, _)| partition).collect();
    hits.truncate(cut.coarse as usize);
    hits.sort_unstable_by_key(|(_, hit)| (Reverse(hit.fine), hit.encounter));
    hits.truncate(cut.fine as usize);
    let unscored = hits.iter().filter(|(_, hit)| hit.score.is_none());
    insufficient.extend(unscored.map(|(partition, _)| *partition));
    let alike = hits.into_iter().map(|(_, hit)| hit).filter(|hit| hit.score.unwrap_or(0) > 0);
    let mut ranked: Vec<Hit> = alike.collect();
    ranked.sort_unstable_by_key(Hit::rank_key);
    Merged { ranked, insufficient }
}
