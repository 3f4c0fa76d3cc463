//! A gallery that grows by synthetic persons.

use crate::environment::resident_bytes;
use crate::population::{Population, key, person};
use crate::progress;
use anyhow::Result;
use matching::record::CYLINDERS;
use matching::{PackedRecord, Parameters, PreparedTemplate, descriptor};
use rayon::prelude::*;
use search::{Gallery, Reference, ReferenceSource, SourceError};
use std::ops::Range;
use std::sync::Arc;
use vocabulary::{SubjectId, Template};

/// Records made in parallel, then appended.
const CHUNK: u64 = 16_384;

/// Most records that others are mixed of, some 75 MB.
const DONORS_MAX: u64 = 65_536;

/// Bytes of a template in memory, about.
pub(super) const TEMPLATE_BYTES: u64 = 600;

/// A gallery whose first persons are generated and whose further ones are mixed of them.
///
/// A template takes a few hundred microseconds to make and pack, ten million of them most of an
/// hour. A mixed record keeps the places and directions of one donor, so that as many cylinders
/// pass the direction gate as in life, and takes the bits of each cylinder from another donor's of
/// about the same direction: every cylinder is one of a finger, and no finger is there as a whole.
/// Mates are planted among the generated persons only. Stages 2 and 3 find the template of a
/// generated person in memory, and for a mixed one that of another.
pub(super) struct Growing<'a> {
    population: Population,
    distinct: u64,
    parameters: &'a Parameters,
    gallery: Gallery,
    templates: Vec<Template>,
    donors: Vec<PackedRecord>,
    size: u64,
    bytes_before: u64,
}

impl<'a> Growing<'a> {
    /// An empty one.
    pub(super) fn new(population: Population, distinct: u64, parameters: &'a Parameters) -> Self {
        let gallery = Gallery::new(parameters);
        let bytes_before = resident_bytes();
        let (templates, donors) = (Vec::new(), Vec::new());
        Self { population, distinct, parameters, gallery, templates, donors, size: 0, bytes_before }
    }

    /// What is searched.
    pub(super) const fn gallery(&self) -> &Gallery {
        &self.gallery
    }

    /// Persons of whom there is a real template.
    pub(super) fn generated(&self) -> u64 {
        self.templates.len() as u64
    }

    /// Where the persons come from.
    pub(super) const fn population(&self) -> Population {
        self.population
    }

    /// What their records were packed under.
    pub(super) const fn parameters(&self) -> &Parameters {
        self.parameters
    }

    /// The record of a person, made again.
    pub(super) fn record(&self, person: u64) -> PackedRecord {
        match self.templates.get(person as usize) {
            Some(template) => descriptor::pack(template, self.parameters),
            None => mixed(person, &self.donors),
        }
    }

    /// Bytes that the process has grown by, without donors and templates.
    pub(super) fn process_bytes(&self) -> u64 {
        let donors = self.donors.capacity() * size_of::<PackedRecord>();
        let others = donors as u64 + self.generated() * TEMPLATE_BYTES;
        resident_bytes().saturating_sub(self.bytes_before + others)
    }

    /// What a reader must know when records were mixed.
    pub(super) fn note(&self) -> Option<String> {
        (self.size > self.distinct).then(|| {
            format!(
                "records of {} distinct fingers; those of the other {} persons mix cylinders of {} \
                 of these",
                self.distinct,
                self.size - self.distinct,
                self.donors.len()
            )
        })
    }

    /// Adds persons until there are `size`.
    ///
    /// # Errors
    /// A full gallery.
    pub(super) fn grow_to(&mut self, size: u64) -> Result<()> {
        let bar = progress::bar(
            &format!("grow to {size} fingers"),
            size.saturating_sub(self.size) as usize,
        );
        while self.size < size {
            let generates = self.size < self.distinct;
            let end = if generates { self.distinct.min(size) } else { size };
            let persons = self.size..(self.size + CHUNK).min(end);
            let records = if generates {
                self.generate(persons.clone())
            } else {
                persons.clone().into_par_iter().map(|p| mixed(p, &self.donors)).collect()
            };
            for (person, record) in persons.clone().zip(&records) {
                self.gallery.append(&key(person), record)?;
            }
            bar.inc(persons.end - persons.start);
            self.size = persons.end;
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Records of new persons, whose templates are kept.
    fn generate(&mut self, persons: Range<u64>) -> Vec<PackedRecord> {
        let make = |person: u64| {
            let template = self.population.reference(person);
            let record = descriptor::pack(&template, self.parameters);
            (template, record)
        };
        let made: Vec<(Template, PackedRecord)> = persons.into_par_iter().map(make).collect();
        let (templates, records): (Vec<Template>, Vec<PackedRecord>) = made.into_iter().unzip();
        self.templates.extend(templates);
        let room = (DONORS_MAX as usize).saturating_sub(self.donors.len());
        self.donors.extend(records.iter().take(room));
        records
    }
}

impl ReferenceSource for Growing<'_> {
    fn references(&self, subject: &SubjectId) -> Result<Vec<Reference>, SourceError> {
        let Some(person) = person(subject).filter(|person| *person < self.size) else {
            return Ok(Vec::new());
        };
        let generated = self.generated();
        let index = if person < generated { person } else { scrambled(person) % generated };
        let prepared = PreparedTemplate::new(&self.templates[index as usize], self.parameters);
        let (key, prepared) = (key(person), Arc::new(prepared));
        Ok(vec![Reference { position: key.position, impression: key.impression, prepared }])
    }
}

/// A record with the directions of one donor and bits of as many others as it has cylinders.
fn mixed(person: u64, donors: &[PackedRecord]) -> PackedRecord {
    let donor =
        |draw: u64| &donors[(scrambled(person ^ draw << 48) % donors.len() as u64) as usize];
    let mut record = *donor(CYLINDERS as u64);
    for lane in 0..usize::from(record.count) {
        let from = donor(lane as u64);
        if from.count == 0 {
            continue;
        }
        let other = lane % usize::from(from.count);
        record.norms[lane] = from.norms[other];
        for (words, others) in record.words.iter_mut().zip(&from.words) {
            words[lane] = others[other];
        }
    }
    record
}

/// A number without likeness to its neighbors' (the finalizer of SplitMix64).
const fn scrambled(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::stage1::score_reference;

    #[test]
    fn a_gallery_grows_to_each_size_with_generated_persons_first() {
        let parameters = Parameters::default();
        let mut growing = Growing::new(Population { seed: 3 }, 40, &parameters);
        growing.grow_to(30).unwrap();
        assert_eq!((growing.gallery().references(), growing.generated()), (30, 30));
        assert_eq!(growing.note(), None);
        growing.grow_to(90).unwrap();
        assert_eq!((growing.gallery().references(), growing.gallery().persons()), (90, 90));
        assert_eq!((growing.generated(), growing.donors.len()), (40, 40));
        assert!(growing.note().unwrap().contains("40 distinct fingers; those of the other 50"));
    }

    #[test]
    fn every_person_of_the_gallery_has_a_template_and_nobody_else() {
        let parameters = Parameters::default();
        let mut growing = Growing::new(Population { seed: 3 }, 5, &parameters);
        growing.grow_to(8).unwrap();
        let minutiae = |person| {
            let references = growing.references(&crate::population::subject(person)).unwrap();
            references.iter().map(|r| r.prepared.minutiae()).collect::<Vec<_>>()
        };
        let expected = PreparedTemplate::new(&growing.population().reference(4), &parameters);
        assert_eq!(minutiae(4), [expected.minutiae()]);
        assert_eq!((minutiae(7).len(), minutiae(8).len()), (1, 0));
    }

    #[test]
    fn mixed_records_are_well_formed_differ_and_are_nobodys_mate() {
        let (parameters, population) = (Parameters::default(), Population { seed: 3 });
        let donors: Vec<PackedRecord> =
            (0..60).map(|person| population.packed(person, &parameters)).collect();
        let records: Vec<PackedRecord> = (60..120).map(|person| mixed(person, &donors)).collect();
        assert!(records.iter().all(shaders::layout::is_well_formed));
        assert!((1..60).all(|index| records[index].words != records[0].words));
        for person in [0, 17, 59] {
            let probe = matching::descriptor::pack(&population.print(person), &parameters);
            let score = |record| score_reference(&probe, record, &parameters.stage1);
            let best = records.iter().map(score).max().unwrap();
            let mate = score(&donors[person as usize]);
            assert!(best < mate, "a mixed record scores {best}, the mate {mate}");
        }
    }
}
