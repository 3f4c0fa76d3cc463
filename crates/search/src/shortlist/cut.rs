//! The end of the exact cut: ties by subject id.

use crate::gallery::PersonIndex;
use shaders::Ranked;

/// The best `limit` persons of a ranking with their scores, best first, ties by subject id.
pub(super) fn settle<'a, Id: Ord>(
    ranked: Ranked,
    limit: usize,
    subject: impl Fn(PersonIndex) -> &'a Id,
) -> Vec<(u32, &'a Id)> {
    let Ranked { above, cut, tied, room, .. } = ranked;
    let mut tied: Vec<_> = tied.into_iter().map(|person| (cut, subject(person))).collect();
    let room = room as usize;
    if room < tied.len() {
        tied.select_nth_unstable_by(room, |a, b| a.1.cmp(b.1));
        tied.truncate(room);
    }
    let mut best: Vec<_> = above.into_iter().map(|(person, sum)| (sum, subject(person))).collect();
    best.append(&mut tied);
    best.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    best.truncate(limit);
    best.into_iter().map(|(sum, subject)| (sum - 1, subject)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shaders::twin::ranking;

    proptest! {
        #[test]
        fn the_cut_is_that_of_a_full_sort(
            sums in prop::collection::vec(0u32..6, 0..100),
            limit in 1usize..110,
        ) {
            // Ids in another order than the indices.
            let ids: Vec<usize> = (0..sums.len()).map(|index| index * 37 % 101).collect();
            let mut expected: Vec<_> = sums
                .iter()
                .zip(&ids)
                .filter(|(sum, _)| **sum > 0)
                .map(|(sum, id)| (sum - 1, id))
                .collect();
            let ranked = ranking::rank(&sums, limit as u32);
            prop_assert_eq!(ranked.eligible as usize, expected.len());
            expected.sort_by_key(|(score, id)| (std::cmp::Reverse(*score), **id));
            expected.truncate(limit);
            prop_assert_eq!(settle(ranked, limit, |person| &ids[person as usize]), expected);
        }
    }
}
