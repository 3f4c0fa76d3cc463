//! Any gallery, any probe, any split into parts and any device give the identical candidate list.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod world;

use proptest::prelude::*;
use search::{DeviceKernels, Engine, ExtractorRule, Options, Partition, PositionRule};
use search::{Kernels, Probe, SearchError, Silent, identify};
use shaders::device::{Adapters, Device, DeviceError, DeviceOptions, Fault};
use std::sync::OnceLock;
use vocabulary::{ImpressionKey, Template};
use world::{Shard, World, key, population, print, probe, shuffled, subject, tight};

/// Devices of one adapter, the first, with given options; `None` is a reported skip, and a failure
/// when `REQUIRE_GPU=1`.
fn kernels(count: usize, options: &DeviceOptions) -> Option<DeviceKernels> {
    let adapters = Adapters::find();
    let Some(first) = adapters.summaries().first() else {
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
        assert!(!required, "REQUIRE_GPU=1, and no adapter was found");
        eprintln!("skipped: no Vulkan adapter on this machine");
        return None;
    };
    let open = |_| Device::open(first, options).expect("the adapter opens");
    Some(DeviceKernels::new((0..count).map(open).collect()))
}

fn world(count: usize, options: &DeviceOptions) -> Option<World> {
    Some(World::new().with_kernels(Box::new(kernels(count, options)?)))
}

/// So little memory that most of a gallery streams through, in blocks of several chunks.
fn cramped() -> DeviceOptions {
    DeviceOptions {
        memory_bytes: Some(40 * 1108 * 8 / 7),
        chunk_records_max: 16,
        ..DeviceOptions::default()
    }
}

/// The worlds of the property, made once.
fn worlds() -> &'static [World] {
    static WORLDS: OnceLock<Vec<World>> = OnceLock::new();
    WORLDS.get_or_init(|| {
        let options =
            [(1, DeviceOptions::default()), (1, cramped()), (3, DeviceOptions::default())];
        options.iter().filter_map(|(count, options)| world(*count, options)).collect()
    })
}

/// The persons of the property, made once.
fn persons() -> &'static [(ImpressionKey, Template)] {
    static PERSONS: OnceLock<Vec<(ImpressionKey, Template)>> = OnceLock::new();
    PERSONS.get_or_init(|| population(40, &[0, 1, 2, 7]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_device_and_every_split_give_the_candidates_of_the_processor(
        seed: u64,
        size in 0usize..160,
        parts in 1u64..5,
        person in 0u64..45,
        fingers in prop::sample::subsequence(vec![0u8, 1, 2, 7], 0..=4),
        any_position: bool,
        skip: bool,
    ) {
        let cpu = World::new();
        let options = Options {
            positions: if any_position { PositionRule::Any } else { PositionRule::default() },
            extractors: if skip { ExtractorRule::Skip } else { ExtractorRule::default() },
            ..tight()
        };
        let chosen = &shuffled(persons(), seed)[..size];
        let probe = probe(person, &fingers);
        let whole = cpu.shard(chosen);
        let expected = cpu.search(&probe, &[&whole], &options).unwrap();
        let in_part = |part: u64| -> Vec<(ImpressionKey, Template)> {
            let of = |key: &ImpressionKey| key.subject.as_str().bytes().map(u64::from).sum::<u64>();
            chosen.iter().filter(|(key, _)| of(key) % parts == part).cloned().collect()
        };
        let shards: Vec<Shard> = (0..parts).map(|part| cpu.shard(&in_part(part))).collect();
        let shards: Vec<&Shard> = shards.iter().collect();
        for world in worlds() {
            let found = world.search(&probe, &shards, &options).unwrap();
            prop_assert_eq!(&found, &expected, "{}", world.kernels.name());
        }
    }
}

#[test]
fn a_removed_reference_is_overwritten_on_the_device_whether_it_was_resident_or_passed_through() {
    for options in [DeviceOptions::default(), cramped()] {
        let Some(kernels) = kernels(1, &options) else { return };
        let cpu = World::new();
        let engine = Engine { kernels: &kernels, ..cpu.engine() };
        let mut shard = cpu.shard(&population(60, &[2]));
        identify(&probe(1, &[2]), &[shard.partition()], &engine, &tight(), &Silent).unwrap();
        for person in [0, 30, 59] {
            shard.gallery.remove_subject(&subject(person));
            kernels.settle(&shard.gallery).unwrap();
            assert_eq!(kernels.devices()[0].session().residue(), Ok(0));
        }
    }
}

#[test]
fn a_gallery_that_changes_between_searches_is_followed() {
    for options in [DeviceOptions::default(), cramped()] {
        let Some(device) = world(1, &options) else { return };
        let cpu = World::new();
        let mut shard = cpu.shard(&population(30, &[2, 7]));
        for round in 0..12 {
            // Persons go, one at a time, others come, and one comes back.
            shard.gallery.remove_subject(&subject(round * 2));
            shard.templates.remove(&subject(round * 2));
            device.kernels.settle(&shard.gallery).unwrap();
            shard.add(&cpu, &key(100 + round, 2, 0), &print(100 + round, 2, 0));
            for person in [round * 2, 100 + round, 29] {
                let probe = probe(person, &[2]);
                let expected = cpu.search(&probe, &[&shard], &tight()).unwrap();
                let found = device.search(&probe, &[&shard], &tight()).unwrap();
                assert_eq!(found, expected, "round {round}, person {person}");
                let gone = person == round * 2;
                assert_eq!(found.candidates.rank_of(&subject(person)).is_none(), gone);
            }
        }
    }
}

#[test]
fn more_changes_than_a_shelf_remembers_are_followed_too() {
    let Some(device) = world(1, &DeviceOptions::default()) else { return };
    let cpu = World::new();
    let mut shard = cpu.shard(&population(10, &[2]));
    let search = |shard: &Shard, person| {
        let probe = probe(person, &[2]);
        let expected = cpu.search(&probe, &[shard], &tight()).unwrap();
        assert_eq!(device.search(&probe, &[shard], &tight()).unwrap(), expected);
    };
    search(&shard, 3);
    let record = matching::descriptor::pack(&print(50, 2, 0), &cpu.parameters);
    for _ in 0..(1 << 16) {
        shard.gallery.append(&key(50, 2, 0), &record).unwrap();
        shard.gallery.remove_subject(&subject(50));
    }
    shard.gallery.remove_subject(&subject(0));
    search(&shard, 0);
    search(&shard, 3);
}

#[test]
fn a_device_lost_in_a_search_is_filled_again_and_asked_once_more() {
    let Some(devices) = kernels(1, &DeviceOptions::default()) else { return };
    let cpu = World::new();
    let shard = cpu.shard(&population(20, &[2]));
    devices.devices()[0].session().inject(Fault::LoseInScoring { again: 0 }).unwrap();
    let device = World::new().with_kernels(Box::new(devices));
    let probe = probe(7, &[2]);
    let expected = cpu.search(&probe, &[&shard], &tight()).unwrap();
    assert_eq!(device.search(&probe, &[&shard], &tight()).unwrap(), expected);
}

#[test]
fn a_device_lost_again_and_again_is_an_error_that_says_what_to_do() {
    let Some(devices) = kernels(1, &DeviceOptions::default()) else { return };
    let shard = World::new().shard(&population(20, &[2]));
    let device = World::new().with_kernels(Box::new(devices));
    let searched = |device: &World| device.search(&probe(7, &[2]), &[&shard], &tight());
    searched(&device).unwrap();
    // Both attempts of a search fail.
    let devices = kernels(1, &DeviceOptions::default()).unwrap();
    devices.devices()[0].session().inject(Fault::Lose).unwrap_err();
    devices.devices()[0].session().inject(Fault::LoseInScoring { again: 1 }).unwrap();
    let device = World::new().with_kernels(Box::new(devices));
    let error = searched(&device).unwrap_err();
    assert!(matches!(error, SearchError::Device(DeviceError::Down { .. })), "{error}");
    assert!(error.to_string().contains("choose another with `--device`"), "{error}");
    // What is out of service holds nothing: an erasure need not wait for it.
    device.kernels.settle(&shard.gallery).unwrap();
}

#[test]
fn several_persons_in_one_pass_are_answered_as_if_alone() {
    for options in [DeviceOptions::default(), cramped()] {
        let Some(device) = world(1, &options) else { return };
        let cpu = World::new();
        let shard = cpu.shard(&population(30, &[2, 7]));
        let mut probes: Vec<Probe> =
            (0..40).map(|person| probe(person, &[2, 7][..1 + person as usize % 2])).collect();
        probes.insert(5, Probe { prints: Vec::new() });
        let partitions = [shard.partition()];
        let together = search::identify_many(
            &probes,
            &partitions,
            &device.engine(),
            &tight(),
            &search::Silent,
        );
        for (probe, found) in probes.iter().zip(together.unwrap()) {
            assert_eq!(found, cpu.search(probe, &[&shard], &tight()).unwrap());
        }
    }
}

#[test]
fn the_memory_of_a_dropped_gallery_is_given_back() {
    let Some(kernels) = kernels(1, &DeviceOptions::default()) else { return };
    let cpu = World::new();
    let engine = Engine { kernels: &kernels, ..cpu.engine() };
    let resident = || kernels.devices()[0].resident_bytes();
    let mut one_gallery = None;
    for _ in 0..3 {
        let shard = cpu.shard(&population(5, &[2]));
        let partition: Partition<'_> = shard.partition();
        identify(&probe(1, &[2]), &[partition], &engine, &tight(), &Silent).unwrap();
        assert!(resident() > 0);
        assert_eq!(*one_gallery.get_or_insert(resident()), resident());
    }
    kernels.settle(&search::Gallery::new(&cpu.parameters)).unwrap();
    assert_eq!(resident(), 0);
}
