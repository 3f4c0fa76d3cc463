//! From similarities of prints to the similarity of a person.
//!
//! The person similarity is the sum over fingers:
//!
//! 1. Probe prints of one known position are one probe finger; a probe print of unknown position
//!    is a finger of its own. Reference prints likewise.
//! 2. A probe finger and a reference finger that may be the same are as similar as the most
//!    similar of their prints: a smudged second impression takes nothing away.
//! 3. Probe fingers are assigned to reference fingers one to one, the most similar first, so that
//!    no reference finger counts twice.
//!
//! Every choice that is made so is one more chance for a stranger. [`PersonSimilarity::ways`]
//! counts them: the false-match rate of the person is at most so many times that of a sum over
//! fingers that nobody chose (Boole's inequality). A print of unknown position against ten fingers
//! has ten; eight prints of unknown position against eight have 8! = 40,320.

use std::collections::BTreeSet;
use vocabulary::{FingerPosition, Similarity};

/// One comparison of a probe print with a reference print of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintComparison {
    /// Index of the print within the probe.
    pub probe_print: usize,
    /// Finger of the probe print, possibly unknown.
    pub probe_position: FingerPosition,
    /// Index of the reference print, chosen by the caller; only handed back.
    pub reference_print: usize,
    /// Finger of the reference print, possibly unknown.
    pub reference_position: FingerPosition,
    /// Similarity of the two.
    pub similarity: Similarity,
}

/// The similarity of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSimilarity {
    /// Sum over fingers.
    pub similarity: Similarity,
    /// Fingers that were compared, whatever came of it: the `fingers` of the calibration.
    pub fingers: usize,
    /// In how many ways the prints could have been chosen and assigned; 1 where there was no
    /// choice.
    pub ways: u64,
    /// Indices into the comparisons given, by probe print: for each probe print whose finger was
    /// assigned, its most similar comparison with that reference finger.
    pub contributions: Vec<usize>,
}

/// A finger of the probe or of the reference: a known position, or one print of unknown position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Finger {
    Known(u8),
    Unknown(usize),
}

impl Finger {
    /// The plain thumbs 11 and 12 are the thumbs 1 and 6 (ANSI/NIST-ITL 1-2011, table 8).
    fn of(position: FingerPosition, print: usize) -> Self {
        match position.code() {
            0 => Self::Unknown(print),
            11 => Self::Known(1),
            12 => Self::Known(6),
            code => Self::Known(code),
        }
    }
}

/// Fuses the comparisons of one probe with one person. Comparisons of prints that cannot be the
/// same finger are passed over. The order of the comparisons does not change the similarity.
pub fn fuse(comparisons: &[PrintComparison]) -> PersonSimilarity {
    let fingers = |c: &PrintComparison| {
        let probe = Finger::of(c.probe_position, c.probe_print);
        (probe, Finger::of(c.reference_position, c.reference_print))
    };
    let mut order: Vec<usize> = (0..comparisons.len())
        .filter(|i| comparisons[*i].probe_position.may_equal(comparisons[*i].reference_position))
        .collect();
    order.sort_by_key(|i| {
        let c = &comparisons[*i];
        (std::cmp::Reverse(c.similarity), fingers(c), c.probe_print, c.reference_print)
    });
    let mut assigned: Vec<(Finger, Finger)> = Vec::new();
    let mut similarity = Similarity::ZERO;
    let mut contributions: Vec<usize> = Vec::new();
    for index in order {
        let (probe, reference) = fingers(&comparisons[index]);
        if assigned.contains(&(probe, reference)) {
            let print = comparisons[index].probe_print;
            if contributions.iter().all(|other| comparisons[*other].probe_print != print) {
                contributions.push(index);
            }
        } else if assigned.iter().all(|(p, r)| *p != probe && *r != reference) {
            assigned.push((probe, reference));
            similarity = similarity + comparisons[index].similarity;
            contributions.push(index);
        }
    }
    contributions.sort_by_key(|index| comparisons[*index].probe_print);
    let considered =
        comparisons.iter().filter(|c| c.probe_position.may_equal(c.reference_position));
    let ways = ways(&considered.map(fingers).collect::<Vec<_>>(), &assigned);
    PersonSimilarity { similarity, fingers: assigned.len(), ways, contributions }
}

/// In how many ways the side with fewer fingers finds partners, one finger after the other: each
/// among the pairs of prints with fingers that those before it left.
fn ways(pairs: &[(Finger, Finger)], assigned: &[(Finger, Finger)]) -> u64 {
    let swapped = |pairs: &[(Finger, Finger)]| pairs.iter().map(|(p, r)| (*r, *p)).collect();
    let count = |of: fn(&(Finger, Finger)) -> Finger| {
        pairs.iter().map(of).collect::<BTreeSet<Finger>>().len()
    };
    let (pairs, assigned): (Vec<_>, Vec<_>) = if count(|pair| pair.0) <= count(|pair| pair.1) {
        (pairs.to_vec(), assigned.to_vec())
    } else {
        (swapped(pairs), swapped(assigned))
    };
    let choices = |(n, (finger, _)): (usize, &(Finger, Finger))| {
        let taken = |other: &Finger| assigned[..n].iter().any(|(_, before)| before == other);
        let open = pairs.iter().filter(|(own, other)| own == finger && !taken(other));
        open.count() as u64
    };
    assigned.iter().enumerate().map(choices).fold(1, u64::saturating_mul)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn comparison(probe: (usize, u8), reference: (usize, u8), similarity: u32) -> PrintComparison {
        PrintComparison {
            probe_print: probe.0,
            probe_position: FingerPosition::new(probe.1).unwrap(),
            reference_print: reference.0,
            reference_position: FingerPosition::new(reference.1).unwrap(),
            similarity: Similarity::from_thousandths(similarity),
        }
    }

    #[test]
    fn fingers_add_up_and_each_takes_its_best_impression() {
        let person = fuse(&[
            comparison((0, 2), (0, 2), 300),
            comparison((0, 2), (1, 2), 500),
            comparison((1, 3), (2, 3), 40),
        ]);
        assert_eq!(person.similarity.thousandths(), 540);
        assert_eq!(person.fingers, 2);
        assert_eq!(person.contributions, [1, 2]);
    }

    #[test]
    fn several_probe_prints_of_one_finger_count_once_with_the_best() {
        let person = fuse(&[comparison((0, 2), (0, 2), 20), comparison((1, 2), (0, 2), 600)]);
        assert_eq!(person.similarity.thousandths(), 600);
        assert_eq!(person.fingers, 1);
        assert_eq!(person.contributions, [0, 1]);
    }

    #[test]
    fn every_choice_is_counted_and_no_choice_is_one_way() {
        let ways = |comparisons: &[PrintComparison]| fuse(comparisons).ways;
        assert_eq!(ways(&[]), 1);
        assert_eq!(ways(&[comparison((0, 2), (0, 2), 5), comparison((1, 3), (1, 3), 7)]), 1);
        // Two impressions of one finger against three.
        let of = |(p, r)| comparison((p, 2), (r, 2), 10 * p as u32 + r as u32);
        let six: Vec<_> = (0..2).flat_map(|p| (0..3).map(move |r| (p, r))).map(of).collect();
        assert_eq!(ways(&six), 6);
        // One print of unknown position against the ten fingers of a person.
        let ten: Vec<_> =
            (1..=10).map(|f| comparison((0, 0), (usize::from(f), f), f.into())).collect();
        assert_eq!(ways(&ten), 10);
        // Three unknown prints against four, and the other way round.
        let any = |(p, r)| comparison((p, 0), (r, 0), 7 * p as u32 + 5 * r as u32);
        let pairs = |a: usize, b: usize| (0..a).flat_map(move |p| (0..b).map(move |r| (p, r)));
        assert_eq!(ways(&pairs(3, 4).map(any).collect::<Vec<_>>()), 24);
        assert_eq!(ways(&pairs(4, 3).map(any).collect::<Vec<_>>()), 24);
    }

    #[test]
    fn prints_of_different_fingers_are_passed_over() {
        let nothing = fuse(&[comparison((0, 2), (0, 3), 900)]);
        assert_eq!((nothing.similarity, nothing.fingers), (Similarity::ZERO, 0));
    }

    #[test]
    fn unknown_prints_never_share_a_reference_finger() {
        let person = fuse(&[
            comparison((0, 0), (0, 7), 800),
            comparison((0, 0), (1, 8), 100),
            comparison((1, 0), (0, 7), 700),
            comparison((1, 0), (1, 8), 90),
        ]);
        assert_eq!(person.similarity.thousandths(), 800 + 90);
        assert_eq!(person.fingers, 2);
        assert_eq!(person.contributions, [0, 3]);
    }

    #[test]
    fn a_plain_thumb_is_the_thumb() {
        let person = fuse(&[comparison((0, 11), (0, 1), 400), comparison((1, 1), (0, 1), 300)]);
        assert_eq!((person.similarity.thousandths(), person.fingers), (400, 1));
    }

    #[test]
    fn nothing_compared_gives_nothing() {
        assert_eq!(fuse(&[]).fingers, 0);
    }

    proptest! {
        #[test]
        fn the_order_of_comparisons_does_not_change_the_similarity(
            entries in prop::collection::vec((0usize..4, 0usize..5, 0u32..20), 0..16),
        ) {
            let positions = [0u8, 0, 2, 2, 7];
            let given: Vec<_> = entries
                .iter()
                .map(|(p, r, s)| comparison((*p, positions[*p]), (*r, positions[*r]), *s))
                .collect();
            let mut reversed = given.clone();
            reversed.reverse();
            prop_assert_eq!(fuse(&given).similarity, fuse(&reversed).similarity);
        }

        #[test]
        fn no_reference_finger_is_used_by_two_probe_fingers(
            entries in prop::collection::vec((0usize..4, 0usize..4, 0u32..1000), 0..16),
        ) {
            let given: Vec<_> =
                entries.iter().map(|(p, r, s)| comparison((*p, 0), (*r, 0), *s)).collect();
            let mut used: Vec<usize> =
                fuse(&given).contributions.iter().map(|i| given[*i].reference_print).collect();
            used.sort_unstable();
            let count = used.len();
            used.dedup();
            prop_assert_eq!(used.len(), count);
        }
    }
}
