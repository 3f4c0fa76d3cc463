//! A small world of synthetic persons for the tests of this crate.
#![allow(dead_code, reason = "each test file uses a part")]

use matching::calibration::Calibration;
use matching::{Parameters, PreparedTemplate, descriptor};
use search::{
    Engine, Gallery, Identification, Kernels, Options, Partition, Probe, Reference,
    ReferenceSource, SearchError, Silent, SourceError, Threshold, TwinKernels, identify,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, Similarity, SubjectId, Template};

/// Everything a search needs but the galleries.
pub(crate) struct World {
    pub(crate) parameters: Parameters,
    pub(crate) calibration: Calibration,
    pub(crate) kernels: Box<dyn Kernels>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            parameters: Parameters::default(),
            calibration: Calibration::shipped(),
            kernels: Box::new(TwinKernels::new()),
        }
    }

    /// The same world, with stage 1 on other hardware.
    pub(crate) fn with_kernels(self, kernels: Box<dyn Kernels>) -> Self {
        Self { kernels, ..self }
    }

    pub(crate) fn engine(&self) -> Engine<'_> {
        Engine {
            kernels: &*self.kernels,
            parameters: &self.parameters,
            calibration: &self.calibration,
        }
    }

    /// A partition holding these references, in this order.
    pub(crate) fn shard(&self, references: &[(ImpressionKey, Template)]) -> Shard {
        let mut shard = Shard { gallery: Gallery::new(&self.parameters), ..Shard::default() };
        for (key, template) in references {
            shard.add(self, key, template);
        }
        shard
    }

    pub(crate) fn search(
        &self,
        probe: &Probe,
        shards: &[&Shard],
        options: &Options,
    ) -> Result<Identification, SearchError> {
        let partitions: Vec<_> = shards.iter().map(|shard| shard.partition()).collect();
        identify(probe, &partitions, &self.engine(), options, &Silent)
    }
}

/// A gallery with the templates behind it.
pub(crate) struct Shard {
    pub(crate) gallery: Gallery,
    pub(crate) templates: BTreeMap<SubjectId, Vec<Reference>>,
    /// A person whose references cannot be read.
    pub(crate) broken: Option<SubjectId>,
}

impl Default for Shard {
    fn default() -> Self {
        let gallery = Gallery::new(&Parameters::default());
        Self { gallery, templates: BTreeMap::new(), broken: None }
    }
}

impl Shard {
    pub(crate) fn add(&mut self, world: &World, key: &ImpressionKey, template: &Template) {
        self.gallery.append(key, &descriptor::pack(template, &world.parameters)).unwrap();
        self.templates.entry(key.subject.clone()).or_default().push(Reference {
            position: key.position,
            impression: key.impression.clone(),
            prepared: Arc::new(PreparedTemplate::new(template, &world.parameters)),
        });
    }

    pub(crate) fn partition(&self) -> Partition<'_> {
        Partition { gallery: &self.gallery, source: self }
    }
}

impl ReferenceSource for Shard {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        if self.broken.as_ref() == Some(subject) {
            return Err(SourceError::Store("the disk is gone".to_owned()));
        }
        Ok(self.templates.get(subject).cloned().unwrap_or_default())
    }
}

pub(crate) fn subject(person: u64) -> SubjectId {
    SubjectId::new(&format!("person-{person:03}")).unwrap()
}

pub(crate) fn key(person: u64, position: u8, impression: u64) -> ImpressionKey {
    ImpressionKey {
        subject: subject(person),
        position: FingerPosition::new(position).unwrap(),
        impression: ImpressionLabel::new(&impression.to_string()).unwrap(),
    }
}

/// An impression of a finger of a synthetic person.
pub(crate) fn print(person: u64, position: u8, index: u64) -> Template {
    let finger = finger(20_26, person * 18 + u64::from(position));
    let template = impression(&finger, index, &ImpressionParameters::good());
    let impression = template.header().impression;
    template.relabeled(FingerPosition::new(position).unwrap(), impression)
}

/// Persons `0..count` with an impression of each of the fingers.
pub(crate) fn population(count: u64, fingers: &[u8]) -> Vec<(ImpressionKey, Template)> {
    let of_person =
        |person| fingers.iter().map(move |f| (key(person, *f, 0), print(person, *f, 0)));
    (0..count).flat_map(of_person).collect()
}

/// A held-back impression of each of the fingers.
pub(crate) fn probe(person: u64, fingers: &[u8]) -> Probe {
    Probe { prints: fingers.iter().map(|finger| print(person, *finger, 1)).collect() }
}

/// Cuts so small that they bite in a small world.
pub(crate) fn tight() -> Options {
    Options {
        list_length: 5,
        shortlist_persons: 12,
        aligned_persons: 6,
        threshold: Threshold::Similarity(Similarity::from_thousandths(300)),
        ..Options::default()
    }
}

/// The order of a seeded shuffle.
pub(crate) fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut state = seed;
    let mut keyed: Vec<(u64, T)> = items
        .iter()
        .map(|item| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 20, item.clone())
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item).collect()
}
