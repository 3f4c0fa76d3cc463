//! Twins of the kernels that rank persons: accumulate, histogram, cut, compact; the same steps.
//!
//! Sums are those of [`accumulate`]: the sum of a person's best scores over the prints plus one, 0
//! for persons without an eligible reference.

use crate::layout::tasks::{AnswerHeader, BINS, DIGIT_BITS, DIGITS, State};
use bytemuck::Zeroable;

/// The best persons of a probe, before ties are settled: everybody with a sum above the cut, and
/// everybody exactly at it, of whom `room` pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranked {
    /// Persons with an eligible reference.
    pub eligible: u32,
    /// Persons above the cut with their sums plus one, by person.
    pub above: Vec<(u32, u32)>,
    /// The cut: a sum plus one; 0 when all eligible persons are above it.
    pub cut: u32,
    /// Persons exactly at the cut, rising.
    pub tied: Vec<u32>,
    /// How many of the tied pass.
    pub room: u32,
}

/// Adds the best scores of one print, plus one each, to the sums of the persons.
///
/// # Panics
/// When the lengths differ.
pub fn accumulate(best: &[u32], sums: &mut [u32]) {
    assert_eq!(best.len(), sums.len(), "a best score for every person");
    for (raised, sum) in best.iter().zip(sums) {
        add(*raised, sum);
    }
}

/// Steps 1 and 2 of [`accumulate`] for one person.
pub fn add(raised: u32, sum: &mut u32) {
    if raised > 0 {
        *sum = (*sum).max(1) + raised - 1;
    }
}

/// Counts the next digit of the sums that share the digits known, into the bins of the state.
pub fn histogram(sums: &[u32], digit: u32, state: &mut State) {
    let low = DIGIT_BITS * (DIGITS - 1 - digit);
    let prefix = if digit == 0 { 0 } else { state.prefix };
    // Neighbors count apart: most sums share a digit, and one counter would wait for itself.
    let mut sets = [[0u32; BINS]; 4];
    for four in sums.chunks(sets.len()) {
        for (bins, sum) in sets.iter_mut().zip(four) {
            let counts = *sum > 0 && (sum >> low) >> DIGIT_BITS == prefix;
            bins[(sum >> low) as usize & (BINS - 1)] += u32::from(counts);
        }
    }
    for (digit, total) in state.bins.iter_mut().enumerate() {
        *total += sets.iter().map(|bins| bins[digit]).sum::<u32>();
    }
}

/// Takes the digit at which the limit falls, and clears the bins.
pub fn cut(digit: u32, limit: u32, state: &mut State, answer: &mut AnswerHeader) {
    // Step 1.
    let bins = std::mem::replace(&mut state.bins, [0; BINS]);
    let first = digit == 0;
    let room = if first { limit } else { state.room };
    // Step 2.
    let mut chosen = None;
    let mut passed = 0;
    for (bin, count) in bins.iter().enumerate().rev() {
        if *count >= room - passed {
            chosen = Some(bin as u32);
            break;
        }
        passed += count;
    }
    // Step 3.
    if first {
        state.everyone = u32::from(chosen.is_none());
        answer.eligible = bins.iter().sum();
    }
    // Step 4.
    let known = if first { 0 } else { state.prefix };
    match chosen {
        Some(digit) if state.everyone == 0 => {
            state.prefix = known << DIGIT_BITS | digit;
            state.room = room - passed;
        }
        _ => (state.prefix, state.room) = (0, 0),
    }
    (answer.cut, answer.room) = (state.prefix, state.room);
}

/// All digits of the cut: the largest sum that at least `limit` persons reach, 0 when there are
/// fewer eligible ones, and how many of those exactly at it still pass. `limit` is at least 1.
pub fn find_cut(sums: &[u32], limit: u32) -> AnswerHeader {
    find_cut_by(limit, |digit, state| histogram(sums, digit, state))
}

/// [`find_cut`] by a [`histogram`] of the caller's, who may count parts at the same time.
pub fn find_cut_by(limit: u32, histogram: impl Fn(u32, &mut State)) -> AnswerHeader {
    let (mut state, mut answer) = (State::zeroed(), AnswerHeader::default());
    for digit in 0..DIGITS {
        histogram(digit, &mut state);
        cut(digit, limit, &mut state, &mut answer);
    }
    answer
}

/// Persons above the cut with their sums, and persons exactly at it.
pub fn compact(sums: &[u32], cut: u32) -> (Vec<(u32, u32)>, Vec<u32>) {
    let (mut above, mut tied) = (Vec::new(), Vec::new());
    for (person, sum) in sums.iter().enumerate() {
        if *sum > cut {
            above.push((person as u32, *sum));
        } else if *sum == cut && *sum > 0 {
            tied.push(person as u32);
        }
    }
    (above, tied)
}

/// The best `limit` persons by their sums; `limit` is at least 1.
pub fn rank(sums: &[u32], limit: u32) -> Ranked {
    take(sums, find_cut(sums, limit))
}

/// Those whom a cut of the sums lets pass.
pub fn take(sums: &[u32], AnswerHeader { eligible, cut, room, .. }: AnswerHeader) -> Ranked {
    let (above, mut tied) = compact(sums, cut);
    if room == 0 {
        tied.clear();
    }
    Ranked { eligible, above, cut, tied, room }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cut_is_where_a_full_sort_puts_it(
            sums in prop::collection::vec(
                prop_oneof![0u32..4, 1000u32..1100, 0u32..1 << 30],
                0..80,
            ),
            limit in 1u32..90,
        ) {
            let answer = find_cut(&sums, limit);
            let (above, tied) = compact(&sums, answer.cut);
            let mut sorted: Vec<u32> = sums.iter().copied().filter(|sum| *sum > 0).collect();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            prop_assert_eq!(answer.eligible as usize, sorted.len());
            if sorted.len() < limit as usize {
                prop_assert_eq!((answer.cut, answer.room), (0, 0));
                prop_assert_eq!(above.len(), sorted.len());
            } else {
                prop_assert_eq!(answer.cut, sorted[limit as usize - 1]);
                prop_assert_eq!(above.len() as u32 + answer.room, limit);
                prop_assert!(answer.room as usize <= tied.len());
            }
        }
    }

    #[test]
    fn a_person_without_an_eligible_reference_stays_out_and_a_score_of_zero_is_in() {
        let mut sums = [0, 0, 0];
        accumulate(&[0, 1, 5], &mut sums);
        assert_eq!(sums, [0, 1, 5]);
        accumulate(&[0, 0, 8], &mut sums);
        assert_eq!(sums, [0, 1, 12]);
    }
}
