//! Whether a shortlist is what the definition of stage 1 says, before anything is timed.

use crate::population::{person, subject};
use anyhow::{Result, ensure};
use search::Shortlist;
use std::cmp::Reverse;
use std::collections::HashSet;

/// What a list of one print among persons of one finger each should be.
pub(crate) struct Expected<S> {
    /// Persons `0..persons` are enrolled.
    pub(crate) persons: u64,
    /// Persons asked for.
    pub(crate) limit: usize,
    /// Of the persons left out one of so many is looked at; with 1 the whole answer is certain.
    pub(crate) every: u64,
    /// The score of a person by its definition.
    pub(crate) score: S,
}

impl<S: Fn(u64) -> u16> Expected<S> {
    /// Compares the score of everybody listed, the order of the list, and that persons left out
    /// rank after the last one listed; returns how many scores were compared.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) fn check(&self, list: &Shortlist) -> Result<u64> {
        let (persons, coverage) = (self.persons, list.coverage());
        let seen = (coverage.scanned_pairs, coverage.eligible_persons);
        ensure!(seen == (persons, persons), "pairs and persons seen: {seen:?} of {persons}");
        let entries = list.entries();
        let length = self.limit.min(usize::try_from(persons)?);
        ensure!(entries.len() == length, "{} persons are listed, not {length}", entries.len());
        let mut listed = HashSet::with_capacity(length);
        for entry in entries {
            let person = person(&entry.subject).filter(|person| *person < persons);
            let Some(person) = person else { anyhow::bail!("somebody unknown is listed") };
            let (found, expected) = (entry.score, u32::from((self.score)(person)));
            ensure!(found == expected, "a score is {found}, by its definition {expected}");
            listed.insert(person);
        }
        let rank = |entry: &search::ShortlistEntry| (Reverse(entry.score), entry.subject.clone());
        ensure!(entries.is_sorted_by(|a, b| rank(a) < rank(b)), "the list is not in order");
        let Some(last) = entries.last().map(rank) else { return Ok(0) };
        let step = usize::try_from(self.every)?;
        let left_out = (0..persons).step_by(step).filter(|person| !listed.contains(person));
        let mut compared = length as u64;
        for person in left_out {
            let score = u32::from((self.score)(person));
            ensure!(
                last < (Reverse(score), subject(person)),
                "somebody with a score of {score} was left out, the last one listed has {}",
                last.0.0
            );
            compared += 1;
        }
        Ok(compared)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::contenders;
    use crate::population::{Population, key};
    use matching::calibration::Calibration;
    use matching::{PackedRecord, Parameters, descriptor, stage1};
    use search::{
        Engine, Gallery, Kernels, Options, Pass, SearchError, Silent, TwinKernels, shortlist,
    };
    use shaders::Ranked;

    /// A small gallery.
    pub(crate) struct World {
        population: Population,
        parameters: Parameters,
        records: Vec<PackedRecord>,
        gallery: Gallery,
    }

    const LIMIT: usize = 8;

    impl World {
        pub(crate) fn new(persons: u64) -> Self {
            let (population, parameters) = (Population { seed: 1 }, Parameters::default());
            let mut gallery = Gallery::new(&parameters);
            let records: Vec<PackedRecord> =
                (0..persons).map(|person| population.packed(person, &parameters)).collect();
            for (person, record) in (0..).zip(&records) {
                gallery.append(&key(person), record).unwrap();
            }
            Self { population, parameters, records, gallery }
        }

        /// The shortlist of somebody's other print.
        pub(crate) fn list(&self, kernels: &dyn Kernels, person: u64) -> Shortlist {
            let calibration = Calibration::shipped();
            let engine =
                Engine { kernels, parameters: &self.parameters, calibration: &calibration };
            let options = Options { shortlist_persons: LIMIT, ..Options::default() };
            let probes = [self.population.probe(person)];
            shortlist(&probes, &self.gallery, &engine, &options, &Silent).unwrap().remove(0)
        }

        /// Compares it with the definition.
        pub(crate) fn check(&self, list: &Shortlist, person: u64, every: u64) -> Result<u64> {
            let probe = descriptor::pack(&self.population.print(person), &self.parameters);
            let score = |other: u64| {
                let record = &self.records[other as usize];
                stage1::score_reference(&probe, record, &self.parameters.stage1)
            };
            let persons = self.records.len() as u64;
            Expected { persons, limit: LIMIT, every, score }.check(list)
        }
    }

    /// Changes what another answers.
    struct Wrong<F>(F);

    impl<F: Fn(&mut Ranked) + Send + Sync> Kernels for Wrong<F> {
        fn name(&self) -> String {
            "wrong".into()
        }

        fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
            let mut ranked = TwinKernels::new().best_persons(pass)?;
            ranked.iter_mut().for_each(&self.0);
            Ok(ranked)
        }

        fn settle(&self, _: &Gallery) -> Result<(), SearchError> {
            Ok(())
        }

        fn parts(&self) -> usize {
            1
        }
    }

    fn error(result: Result<u64>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn every_path_of_this_machine_answers_as_defined() {
        let world = World::new(20);
        for kernels in contenders::every() {
            let list = world.list(&*kernels, 3);
            assert_eq!(world.check(&list, 3, 1).unwrap(), 20, "{}", kernels.name());
            assert!((8..=12).contains(&world.check(&list, 3, 5).unwrap()));
        }
    }

    #[test]
    fn an_answer_to_another_print_is_refused() {
        let world = World::new(20);
        let list = world.list(&TwinKernels::new(), 3);
        assert!(world.check(&list, 4, 1).is_err());
    }

    #[test]
    fn a_wrong_score_and_a_person_listed_twice_are_found() {
        let world = World::new(20);
        let raised = world.list(&Wrong(|ranked: &mut Ranked| ranked.above[0].1 += 1), 3);
        assert!(error(world.check(&raised, 3, 1)).contains("by its definition"));
        let twice = world.list(&Wrong(|ranked: &mut Ranked| ranked.above[1] = ranked.above[0]), 3);
        assert!(error(world.check(&twice, 3, 1)).contains("not in order"));
        let fewer = world.list(&Wrong(|ranked: &mut Ranked| ranked.above.truncate(6)), 3);
        assert!(error(world.check(&fewer, 3, 1)).contains("7 persons are listed, not 8"));
        let unseen = world.list(&Wrong(|ranked: &mut Ranked| ranked.eligible -= 1), 3);
        assert!(error(world.check(&unseen, 3, 1)).contains("(20, 19) of 20"));
    }

    #[test]
    fn a_person_left_out_who_should_be_listed_is_found_where_it_is_looked() {
        let world = World::new(20);
        let list = world.list(&TwinKernels::new(), 3);
        let scores: Vec<u16> = list.entries().iter().map(|entry| entry.score as u16).collect();
        let listed =
            |other: u64| list.entries().iter().position(|entry| entry.subject == subject(other));
        let outsider = (0..20).rev().find(|person| listed(*person).is_none()).unwrap();
        let check = |every: u64, score_left_out: u16| {
            let score = |other: u64| match listed(other) {
                Some(place) => scores[place],
                None if other == outsider => score_left_out,
                None => 0,
            };
            Expected { persons: 20, limit: LIMIT, every, score }.check(&list)
        };
        let last = *scores.last().unwrap();
        assert_eq!(check(1, last - 1).unwrap(), 20);
        assert!(error(check(1, last + 1)).contains("was left out"));
        assert!(check(20, last + 1).is_ok(), "only person 0 is looked at");
    }
}
