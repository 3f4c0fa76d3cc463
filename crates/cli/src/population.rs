//! Synthetic persons for the demonstration, made from a seed and read the way users' files are.

use crate::gallery::enrollment;
use crate::load::{File, Print};
use crate::output::Output;
use node::Enrollment;
use rayon::prelude::*;
use std::path::PathBuf;
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId, TEMPLATE_PPI};

/// Codes of the two fingers of every person: right and left index.
const FINGERS: [u8; 2] = [2, 7];

/// Who is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Population {
    /// Everything follows from it.
    pub(crate) seed: u64,
    /// Persons to enroll.
    pub(crate) persons: usize,
    /// Persons who stay unknown.
    pub(crate) strangers: usize,
}

/// A synthetic person.
pub(crate) struct Person {
    /// Whose prints these are.
    pub(crate) subject: SubjectId,
    /// Whether the person is to be enrolled.
    pub(crate) enrolled: bool,
    /// What is to be enrolled.
    pub(crate) enrollments: Vec<Enrollment>,
    /// A second impression of each finger, to be searched together.
    pub(crate) both: Vec<Print>,
    /// A third impression of one finger, to be searched alone as of an unknown finger.
    pub(crate) alone: Print,
}

impl Population {
    /// Prints that are made in all.
    pub(crate) fn prints(&self) -> usize {
        let held_back = FINGERS.len() + 1;
        self.persons * (FINGERS.len() + held_back) + self.strangers * held_back
    }

    /// Makes all persons on all cores; the same for every number of cores.
    pub(crate) fn make(&self, output: &Output) -> anyhow::Result<Vec<Person>> {
        let progress = output.progress("Growing and printing", self.prints() as u64);
        let all = 0..self.persons + self.strangers;
        let person = |index: usize| self.person(index, &|| progress.advance(1));
        let persons = all.into_par_iter().map(person).collect();
        progress.finish();
        persons
    }

    fn person(&self, index: usize, made: &(dyn Fn() + Sync)) -> anyhow::Result<Person> {
        let enrolled = index < self.persons;
        let subject = SubjectId::new(&match enrolled {
            true => format!("person-{:04}", index + 1),
            false => format!("stranger-{:04}", index - self.persons + 1),
        })?;
        let (mut enrollments, mut both, mut alone) = (Vec::new(), Vec::new(), None);
        for (finger, code) in FINGERS.into_iter().enumerate() {
            let position = FingerPosition::new(code)?;
            let seed =
                |impression: u64| derive_seed(self.seed, [index as u64, finger as u64, impression]);
            let master = MasterPrint::generate(seed(0), &MasterParameters::default());
            let take = |number: u64| {
                let impression = ImpressionLabel::new(&number.to_string())?;
                let key = ImpressionKey { subject: subject.clone(), position, impression };
                let name = format!("{}_{}_{}.png", key.subject, key.position, key.impression);
                let (file, print) = capture(&master, seed(number), name.into())?;
                made();
                anyhow::Ok((key, file, print.at_position(position)))
            };
            if enrolled {
                let (key, file, print) = take(1)?;
                enrollments.push(enrollment(key, file, &print));
            }
            both.push(take(2)?.2);
            if finger == index % FINGERS.len() {
                alone = Some(take(3)?.2.at_position(FingerPosition::UNKNOWN));
            }
        }
        let alone = alone.expect("the remainder is one of the fingers");
        Ok(Person { subject, enrolled, enrollments, both, alone })
    }
}

/// Takes a print, writes it as PNG, and reads it back as a user's file would be read.
pub(crate) fn capture(
    master: &MasterPrint,
    seed: u64,
    path: PathBuf,
) -> anyhow::Result<(File, Print)> {
    let impression = Impression::render(master, seed, &ImpressionParameters::typical());
    let bytes = formats::image::encode_png(&impression.image, Some(TEMPLATE_PPI));
    let file = File { path, bytes };
    let print = file.first_print()?;
    Ok((file, print))
}
