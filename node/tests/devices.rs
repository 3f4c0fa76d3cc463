//! A node whose galleries are on devices answers, and forgets, as one on the processor does.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod support;

use node::{EnrollOutcome, Enrollment, Node};
use search::{DeviceKernels, Kernels, Options, Probe, Silent};
use shaders::device::{Adapters, Device, DeviceOptions, DeviceState, Fault};
use std::sync::Arc;
use support::{key, options, subject, template};

/// Devices of the first adapter; `None` is a reported skip, and a failure when `REQUIRE_GPU=1`.
fn devices(count: usize) -> Option<Arc<DeviceKernels>> {
    let adapters = Adapters::find();
    let Some(first) = adapters.summaries().first() else {
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
        assert!(!required, "REQUIRE_GPU=1, and no adapter was found");
        eprintln!("skipped: no Vulkan adapter on this machine");
        return None;
    };
    let open = |_| Device::open(first, &DeviceOptions::default()).unwrap();
    Some(Arc::new(DeviceKernels::new((0..count).map(open).collect())))
}

fn enroll(node: &Node, person: u64) {
    let key = key(&format!("p{person}"), 2, "1");
    let template = template(person, 0);
    let enrollment = Enrollment { key, template, digest: [person as u8; 32], image: None };
    assert_eq!(node.enroll(vec![enrollment]).unwrap(), [EnrollOutcome::Enrolled]);
}

fn probe(person: u64) -> Probe {
    Probe::single(template(person, 1))
}

/// The references on all devices, in bytes.
fn resident(devices: &DeviceKernels) -> u64 {
    devices.devices().iter().map(Device::resident_bytes).sum()
}

#[test]
fn a_node_on_several_devices_answers_as_one_on_the_processor() {
    let Some(devices) = devices(2) else { return };
    let dir = tempfile::tempdir().unwrap();
    let open = |kernels: Option<Arc<dyn Kernels>>| {
        let options = options().creating();
        let options = kernels.map_or(options.clone(), |kernels| options.on(kernels));
        Node::open(dir.path(), &options, |_| {}).unwrap()
    };
    let node = open(Some(devices.clone()));
    (0..20).for_each(|person| enroll(&node, person));
    node.settle().unwrap();
    assert!(devices.devices().iter().all(|device| device.resident_bytes() > 0), "both hold some");
    let answers = |node: &Node| -> Vec<_> {
        let searched =
            |person| node.identify(&probe(person), &Options::default(), &Silent).unwrap();
        (0..22).map(searched).collect()
    };
    let on_devices = answers(&node);
    assert!(node.runs_on().contains(&devices.devices()[0].summary().name));
    drop(node);
    assert_eq!(answers(&open(None)), on_devices);
    let found = &on_devices[7];
    assert_eq!(found.candidates.rank_of(&subject("p7")), Some(1));
    assert_eq!(found.coverage.eligible_references, 20);
}

#[test]
fn an_erased_person_is_on_no_device_when_the_erasure_is_acknowledged() {
    let Some(devices) = devices(1) else { return };
    let dir = tempfile::tempdir().unwrap();
    let node = Node::open(dir.path(), &options().creating().on(devices.clone()), |_| {}).unwrap();
    enroll(&node, 1);
    node.settle().unwrap();
    assert!(resident(&devices) > 0);
    node.erase(&subject("p1")).unwrap();
    // It was the only one: its chunk was overwritten and given back, without a search in between.
    assert_eq!(resident(&devices), 0);
    let answer = node.identify(&probe(1), &Options::default(), &Silent).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject("p1")), None);
}

#[test]
fn an_erasure_is_finished_even_when_the_device_is_lost_for_good() {
    let Some(devices) = devices(1) else { return };
    let dir = tempfile::tempdir().unwrap();
    let node = Node::open(dir.path(), &options().creating().on(devices.clone()), |_| {}).unwrap();
    (0..3).for_each(|person| enroll(&node, person));
    node.settle().unwrap();
    for _ in 0..2 {
        devices.devices()[0].session().inject(Fault::Lose).unwrap_err();
    }
    assert!(matches!(devices.devices()[0].state(), DeviceState::Down(_)));
    assert_eq!(node.erase(&subject("p1")).unwrap().references, 1);
    let error = node.identify(&probe(0), &Options::default(), &Silent).unwrap_err().to_string();
    assert!(error.contains("out of service") && error.contains("--device"), "{error}");
}
