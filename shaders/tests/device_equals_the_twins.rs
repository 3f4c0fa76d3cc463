//! A device gives exactly what the twins give: scores, sums, cut, persons.

mod devices;
mod records;

use devices::{Patient, device};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::stage1::score_reference;
use records::{Random, parameters, record};
use shaders::Ranked;
use shaders::device::{Device, DeviceError, DeviceOptions, LimitsChoice, Part, PassPlan};
use shaders::twin::ranking;

/// A gallery with the prints of a probe.
struct World {
    records: Vec<PackedRecord>,
    owners: Vec<u32>,
    persons: u32,
    prints: Vec<(PackedRecord, Option<u16>)>,
    parameters: Stage1Parameters,
}

impl World {
    fn new(seed: u64, references: usize, prints: usize) -> Self {
        let random = &mut Random(seed);
        let parameters = parameters(random);
        let counts = [0, 1, 2, 5, 16, 31, 32, 32];
        let persons = 1 + random.below(1 + references as u64) as u32;
        let print = |random: &mut Random| {
            let count = random.pick(&counts);
            (record(random, count, None), random.pick(&[None, None, Some(0), Some(1)]))
        };
        let prints: Vec<_> = (0..prints).map(|_| print(random)).collect();
        let records = (0..references)
            .map(|_| {
                let count = random.pick(&counts);
                let near = (random.below(3) == 0 && !prints.is_empty())
                    .then(|| prints[random.below(prints.len() as u64) as usize].0);
                let mut reference = record(random, count, near.as_ref());
                reference.extractor_version = random.below(2) as u16;
                reference
            })
            .collect();
        let owners = (0..references).map(|_| random.below(u64::from(persons)) as u32).collect();
        Self { records, owners, persons, prints, parameters }
    }

    /// Best score plus one by print and person, from the oracle.
    fn best(&self) -> Vec<Vec<u32>> {
        let row = |(print, extractor): &(PackedRecord, Option<u16>)| {
            let mut row = vec![0; self.persons as usize];
            for (reference, owner) in self.records.iter().zip(&self.owners) {
                if extractor.is_none_or(|wanted| wanted == reference.extractor_version) {
                    let score = score_reference(print, reference, &self.parameters);
                    let best: &mut u32 = &mut row[*owner as usize];
                    *best = (*best).max(u32::from(score) + 1);
                }
            }
            row
        };
        self.prints.iter().map(row).collect()
    }

    /// What a ranking must answer.
    fn expected(&self, limit: u32) -> Ranked {
        let mut sums = vec![0; self.persons as usize];
        for row in self.best() {
            ranking::accumulate(&row, &mut sums);
        }
        ranking::rank(&sums, limit)
    }

    /// The same from a device: as many references resident as it takes, the others streamed.
    fn ranked(
        &self,
        device: &Device,
        shelf: u64,
        resident: usize,
        limit: u32,
    ) -> Result<Ranked, DeviceError> {
        let session = device.session();
        let (kept, streamed) = self.records.split_at(resident);
        let (kept_owners, streamed_owners) = self.owners.split_at(resident);
        // In two writes, the second of which overwrites a part of the first.
        let overlap = kept.len() / 2;
        session.write(shelf, 0, kept.to_vec(), kept_owners.to_vec())?;
        let end = overlap as u32;
        let slots =
            session.write(shelf, end, kept[overlap..].to_vec(), kept_owners[overlap..].to_vec());
        assert_eq!(slots, Ok(kept.len() as u32), "the device takes all of it");
        let per_pass = device.prints_per_pass(self.persons as usize)?.min(3);
        let mut fresh = true;
        for prints in self.prints.chunks(per_pass) {
            let rows: Vec<_> = prints.iter().map(|(print, only)| (print, *only)).collect();
            let (persons, parameters) = (self.persons, &self.parameters);
            let plan = PassPlan { persons, prints: &rows, parameters, limit, fresh };
            session.begin(&plan)?;
            fresh = false;
            let all = (1 << prints.len()) - 1;
            let part = Part { shelf, slots: kept.len() as u32, prints: all };
            session.score(&[part], &Patient)?;
            for (records, owners) in streamed.chunks(37).zip(streamed_owners.chunks(37)) {
                session.score_block(records.to_vec(), owners.to_vec(), all, &Patient)?;
            }
            session.accumulate(0..prints.len() as u32, &Patient)?;
        }
        let ranked = session.rank(limit)?;
        session.forget(shelf)?;
        Ok(ranked)
    }
}

fn check(device: &Device, seed: u64, references: usize, prints: usize, limit: u32) {
    let world = World::new(seed, references, prints);
    let expected = world.expected(limit);
    for resident in [references, references / 2, 0] {
        let found = world.ranked(device, seed, resident, limit);
        assert_eq!(
            found,
            Ok(expected.clone()),
            "seed {seed}, {references} references, {resident} resident, {prints} prints, \
             {limit} wanted, {:?}",
            world.parameters
        );
    }
}

#[test]
fn galleries_around_the_edges_of_workgroups_are_ranked_like_the_twins() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    for references in [0, 1, 7, 8, 9, 31, 33, 255, 256, 257] {
        for (seed, limit) in [(1, 1), (2, 5), (3, 1000)] {
            check(&device, 1000 * references as u64 + seed, references, 1 + seed as usize, limit);
        }
    }
}

#[test]
fn every_form_of_the_kernel_gives_the_same() {
    for subgroups in [false, true] {
        for full_adders in [3, 4] {
            let options = DeviceOptions { subgroups, full_adders, ..DeviceOptions::default() };
            let Some(device) = device(&options) else { return };
            assert!(subgroups || device.subgroup_lanes().is_none());
            for seed in 0..6 {
                check(&device, seed, 300, 4, 20);
            }
        }
    }
}

#[test]
fn chunks_of_any_size_on_a_device_with_the_least_limits_give_the_same() {
    for chunk_records_max in [1, 7, 64, 1000] {
        let options = DeviceOptions {
            limits: LimitsChoice::Downlevel,
            chunk_records_max,
            ..DeviceOptions::default()
        };
        let Some(device) = device(&options) else { return };
        check(&device, u64::from(chunk_records_max), 200, 3, 10);
    }
}

#[test]
fn many_ties_at_the_cut_are_all_named() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    // One reference each of 70,000 persons, all alike: more than an answer holds.
    let references = 70_000;
    let world = World {
        records: vec![PackedRecord { count: 1, ..PackedRecord::EMPTY }; references],
        owners: (0..references as u32).collect(),
        persons: references as u32,
        prints: vec![(PackedRecord { count: 1, ..PackedRecord::EMPTY }, None)],
        parameters: Stage1Parameters::default(),
    };
    let ranked = world.ranked(&device, 1, references, 10).unwrap();
    assert_eq!(ranked, world.expected(10));
    assert_eq!((ranked.tied.len(), ranked.room), (references, 10));
}
