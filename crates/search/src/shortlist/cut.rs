//! The exact cut: the best persons out of millions.

use crate::gallery::PersonIndex;

/// Persons with an eligible reference.
pub(super) fn eligible(sums: &[u32]) -> u64 {
    sums.iter().filter(|sum| **sum > 0).count() as u64
}

/// The best `limit` eligible persons, best first, ties by subject id; `sums` holds the score plus
/// one of each person, and 0 for those who are not eligible.
///
/// A histogram gives the score at which the limit falls; everybody above passes, and those exactly
/// at it pass in the order of their ids.
pub(super) fn best_persons<'a, Id: Ord>(
    sums: &[u32],
    limit: usize,
    subject: impl Fn(PersonIndex) -> &'a Id,
) -> Vec<(u32, &'a Id)> {
    let Some((cut, room_at_cut)) = cut_off(sums, limit) else { return Vec::new() };
    let mut above = Vec::new();
    let mut tied = Vec::new();
    for (person, sum) in sums.iter().enumerate() {
        let person = person as PersonIndex;
        match sum.cmp(&cut) {
            std::cmp::Ordering::Greater => above.push((*sum, subject(person))),
            std::cmp::Ordering::Equal => tied.push((*sum, subject(person))),
            std::cmp::Ordering::Less => {}
        }
    }
    if room_at_cut < tied.len() {
        tied.select_nth_unstable_by(room_at_cut, |a, b| a.1.cmp(b.1));
        tied.truncate(room_at_cut);
    }
    above.append(&mut tied);
    above.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    above.into_iter().map(|(sum, subject)| (sum - 1, subject)).collect()
}

/// The score at which the limit falls and how many persons with exactly this score pass; `None`
/// when nobody passes at all.
fn cut_off(sums: &[u32], limit: usize) -> Option<(u32, usize)> {
    let highest = *sums.iter().max()?;
    if highest == 0 || limit == 0 {
        return None;
    }
    let mut histogram = vec![0usize; highest as usize + 1];
    for sum in sums {
        histogram[*sum as usize] += 1;
    }
    let mut room = limit;
    for score in (1..=highest).rev() {
        let here = histogram[score as usize];
        if here >= room {
            return Some((score, room));
        }
        room -= here;
    }
    Some((1, histogram[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cut_is_that_of_a_full_sort(
            sums in prop::collection::vec(0u32..6, 0..100),
            limit in 0usize..110,
        ) {
            // Ids in another order than the indices.
            let ids: Vec<usize> = (0..sums.len()).map(|index| index * 37 % 101).collect();
            let mut expected: Vec<_> = sums
                .iter()
                .zip(&ids)
                .filter(|(sum, _)| **sum > 0)
                .map(|(sum, id)| (sum - 1, id))
                .collect();
            prop_assert_eq!(eligible(&sums), expected.len() as u64);
            expected.sort_by_key(|(score, id)| (std::cmp::Reverse(*score), **id));
            expected.truncate(limit);
            prop_assert_eq!(best_persons(&sums, limit, |person| &ids[person as usize]), expected);
        }
    }
}
