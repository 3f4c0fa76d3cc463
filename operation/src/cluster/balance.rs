//! Where replicas could be so that every node holds its part: pure, from how things stand.
//!
//! Rendezvous hashing spreads partitions by chance, so with few partitions some nodes hold visibly
//! more than others. A plan starts from where replicas are and moves as little as it can: first
//! what has to go, then what stands on one site alone, then, one move after the other, the replica
//! whose move evens loads out most, until no move is worth it.

use std::collections::{BTreeMap, BTreeSet};

/// A move must even out at least this part of the mean load of a node, or it is not worth the
/// copying.
const WORTH: f64 = 0.02;

/// A node that may hold replicas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seat {
    pub(super) node: u64,
    pub(super) site: u32,
    /// Relative room, from 1 on.
    pub(super) capacity: u32,
}

/// A partition and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) partition: u32,
    /// Encounters.
    pub(super) encounters: u64,
    pub(super) on: BTreeSet<u64>,
}

impl Lot {
    /// What it costs to hold; an empty one is not free.
    fn weight(&self) -> f64 {
        (self.encounters + 1) as f64
    }
}

/// Where everything is to be, by partition.
pub(super) type Seating = BTreeMap<u32, BTreeSet<u64>>;

/// Who holds what, while it is planned.
struct Plan<'a> {
    seats: BTreeMap<u64, Seat>,
    lots: &'a [Lot],
    seating: Seating,
    replicas: usize,
    /// Weight held by capacity, by node.
    load: BTreeMap<u64, f64>,
}

/// Plans for `replicas` of each lot on these seats; nodes that are not among them are left.
pub(super) fn balance(seats: &[Seat], lots: &[Lot], replicas: usize) -> Seating {
    let replicas = replicas.min(seats.len());
    let mut plan = Plan {
        seats: seats.iter().map(|seat| (seat.node, *seat)).collect(),
        lots,
        seating: Seating::new(),
        replicas,
        load: seats.iter().map(|seat| (seat.node, 0.0)).collect(),
    };
    for lot in lots {
        let stay = lot.on.iter().copied().filter(|node| plan.seats.contains_key(node));
        let stay: Vec<u64> = stay.take(replicas).collect();
        plan.seating.insert(lot.partition, BTreeSet::new());
        stay.into_iter().for_each(|node| plan.seat(lot, node));
    }
    lots.iter().for_each(|lot| plan.fill(lot));
    lots.iter().for_each(|lot| plan.spread(lot));
    // Each move lowers the sum of squared loads by more than a fixed part, so this ends.
    while plan.even_out() {}
    plan.seating
}

/// Loads by node, relative to their capacity: 1 is the mean.
pub(super) fn loads(seats: &[Seat], lots: &[Lot], seating: &Seating) -> BTreeMap<u64, f64> {
    let total: f64 =
        lots.iter().map(|lot| lot.weight() * seating[&lot.partition].len() as f64).sum();
    let room: f64 = seats.iter().map(|seat| f64::from(seat.capacity)).sum();
    let load = |seat: &Seat| {
        let held = lots.iter().filter(|lot| seating[&lot.partition].contains(&seat.node));
        let held: f64 = held.map(Lot::weight).sum();
        (seat.node, held / f64::from(seat.capacity) / (total / room).max(f64::MIN_POSITIVE))
    };
    seats.iter().map(load).collect()
}

impl Plan<'_> {
    fn seat(&mut self, lot: &Lot, node: u64) {
        let part = lot.weight() / f64::from(self.seats[&node].capacity);
        if self.seating.entry(lot.partition).or_default().insert(node) {
            *self.load.entry(node).or_default() += part;
        }
    }

    fn unseat(&mut self, lot: &Lot, node: u64) {
        let part = lot.weight() / f64::from(self.seats[&node].capacity);
        if self.seating.entry(lot.partition).or_default().remove(&node) {
            *self.load.entry(node).or_default() -= part;
        }
    }

    fn sites(&self, partition: u32) -> BTreeSet<u32> {
        self.seating[&partition].iter().map(|node| self.seats[node].site).collect()
    }

    /// The emptiest node that does not hold it yet, on a site that does not either if there is one.
    fn best_for(&self, lot: &Lot) -> Option<u64> {
        let (held, sites) = (&self.seating[&lot.partition], self.sites(lot.partition));
        let free = self.seats.values().filter(|seat| !held.contains(&seat.node));
        let key = |seat: &&Seat| (sites.contains(&seat.site), self.load[&seat.node], seat.node);
        let better = |a: &(bool, f64, u64), b: &(bool, f64, u64)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
        };
        free.min_by(|a, b| better(&key(a), &key(b))).map(|seat| seat.node)
    }

    fn fill(&mut self, lot: &Lot) {
        while self.seating[&lot.partition].len() < self.replicas {
            let Some(node) = self.best_for(lot) else { return };
            self.seat(lot, node);
        }
    }

    /// Takes a lot that stands on one site alone to a second one.
    fn spread(&mut self, lot: &Lot) {
        let (held, sites) = (self.seating[&lot.partition].clone(), self.sites(lot.partition));
        if held.len() < 2 || sites.len() > 1 {
            return;
        }
        let fullest = held.iter().max_by(|a, b| self.load[a].total_cmp(&self.load[b]));
        let (Some(&from), Some(to)) = (fullest, self.best_for(lot)) else { return };
        if !sites.contains(&self.seats[&to].site) {
            self.unseat(lot, from);
            self.seat(lot, to);
        }
    }

    /// Does the move that evens out most; false when none is worth it.
    fn even_out(&mut self) -> bool {
        let mean = self.load.values().sum::<f64>() / self.load.len().max(1) as f64;
        let mut best: Option<(f64, usize, u64, u64)> = None;
        for (n, lot) in self.lots.iter().enumerate() {
            for &from in &self.seating[&lot.partition] {
                for &to in self.seats.keys() {
                    let gain = self.gain(lot, from, to);
                    if gain > best.map_or(0.0, |best| best.0) {
                        best = Some((gain, n, from, to));
                    }
                }
            }
        }
        let Some((_, n, from, to)) = best.filter(|best| best.0 > WORTH * mean * mean) else {
            return false;
        };
        self.unseat(&self.lots[n], from);
        self.seat(&self.lots[n], to);
        true
    }

    /// How much a move lowers the sum of squared loads; nothing for one that cannot be.
    fn gain(&self, lot: &Lot, from: u64, to: u64) -> f64 {
        let held = &self.seating[&lot.partition];
        if held.contains(&to) {
            return 0.0;
        }
        let after = held.iter().filter(|node| **node != from).chain([&to]);
        let after: BTreeSet<u32> = after.map(|node| self.seats[node].site).collect();
        if after.len() < self.sites(lot.partition).len() {
            return 0.0;
        }
        let part = |node: u64| lot.weight() / f64::from(self.seats[&node].capacity);
        let square = |load: f64| load * load;
        let (a, b) = (self.load[&from], self.load[&to]);
        square(a) + square(b) - square(a - part(from)) - square(b + part(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seats(sites: &[u32]) -> Vec<Seat> {
        let seat = |(n, site): (usize, &u32)| Seat { node: n as u64 + 1, site: *site, capacity: 1 };
        sites.iter().enumerate().map(seat).collect()
    }

    fn lots(on: &[&[u64]]) -> Vec<Lot> {
        let lot = |(n, on): (usize, &&[u64])| Lot {
            partition: n as u32,
            encounters: 99,
            on: on.iter().copied().collect(),
        };
        on.iter().enumerate().map(lot).collect()
    }

    fn moves(lots: &[Lot], seating: &Seating) -> usize {
        lots.iter().map(|lot| seating[&lot.partition].difference(&lot.on).count()).sum()
    }

    #[test]
    fn what_is_even_stays_as_it_is() {
        let lots = lots(&[&[1, 2], &[2, 3], &[3, 1]]);
        assert_eq!(moves(&lots, &balance(&seats(&[0, 0, 0]), &lots, 2)), 0);
    }

    #[test]
    fn an_uneven_spread_is_evened_out_with_as_few_moves_as_it_takes() {
        let lots = lots(&[&[1, 2], &[1, 2], &[1, 2], &[1, 2], &[1, 3], &[2, 3]]);
        let seats = seats(&[0, 0, 0]);
        let seating = balance(&seats, &lots, 2);
        assert_eq!(moves(&lots, &seating), 2, "5, 5 and 2 become 4 each: {seating:?}");
        assert!(loads(&seats, &lots, &seating).values().all(|load| (load - 1.0).abs() < 1e-9));
    }

    #[test]
    fn a_new_node_gets_its_part_and_one_that_goes_loses_all() {
        let lots = lots(&[&[1, 2], &[2, 3], &[3, 1], &[1, 2], &[2, 3], &[3, 1]]);
        let with_new = balance(&seats(&[0, 0, 0, 0]), &lots, 2);
        assert_eq!(moves(&lots, &with_new), 3, "12 replicas, 3 each");
        let without = balance(&seats(&[0, 0, 0])[..2], &lots, 2);
        assert!(without.values().all(|on| *on == BTreeSet::from([1, 2])));
    }

    #[test]
    fn what_stands_on_one_site_alone_gets_a_second_one() {
        let lots = lots(&[&[1, 2], &[3, 4]]);
        let seats = seats(&[7, 7, 8, 8]);
        let seating = balance(&seats, &lots, 2);
        for on in seating.values() {
            let sites: BTreeSet<u32> =
                on.iter().map(|node| seats[*node as usize - 1].site).collect();
            assert_eq!(sites.len(), 2, "{seating:?}");
        }
    }

    proptest! {
        #[test]
        fn everything_is_held_as_often_as_it_can_be_and_a_plan_carried_out_is_final(
            sites in prop::collection::vec(0u32..3, 1..7),
            capacities in prop::collection::vec(1u32..4, 7),
            held in prop::collection::vec(
                (0u64..1000, prop::collection::btree_set(1u64..9, 0..4)), 1..20),
            replicas in 1usize..4,
        ) {
            let mut seats = seats(&sites);
            seats.iter_mut().zip(&capacities).for_each(|(seat, c)| seat.capacity = *c);
            let lots: Vec<Lot> = held.into_iter().enumerate().map(|(n, (encounters, on))| Lot {
                partition: n as u32, encounters, on,
            }).collect();
            let seating = balance(&seats, &lots, replicas);
            let wanted = replicas.min(seats.len());
            let known: BTreeSet<u64> = seats.iter().map(|seat| seat.node).collect();
            for lot in &lots {
                let on = &seating[&lot.partition];
                prop_assert_eq!(on.len(), wanted);
                prop_assert!(on.is_subset(&known));
            }
            // Planning again from there moves nothing.
            let again: Vec<Lot> = lots.iter().map(|lot| Lot {
                on: seating[&lot.partition].clone(), ..lot.clone()
            }).collect();
            prop_assert_eq!(moves(&again, &balance(&seats, &again, replicas)), 0);
        }
    }
}
