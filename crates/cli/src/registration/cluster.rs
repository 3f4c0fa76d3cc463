//! The engine of a registry that is enrolled in a cluster.
//!
//! An answer that does not cover everybody is none: the question stays open until nodes are back.
//! An enrollment that the cluster holds, because somebody enrolled meanwhile is alike, waits as
//! well, until two people decided about it (`tanba held`).

use super::engine::{failed, prints, release, score_of_rarity};
use coordinator::command::{DedupPolicy, Erase, ErasureTarget, Outcome, Refusal};
use coordinator::{Acknowledge, Identified, Identify};
use formats::template::encounter::Encounter;
use matching::calibration::Calibration;
use office::{Compared, Engine, EngineError, FingerImage, Searched};
use operation::connection::Connection;
use operation::names::{enrollment, person_of, subject_of};
use operation::words;
use proto::Field;
use registry::Subject;
use replication::{EncounterId, EncounterState, Lane, Payload, PersonId, Scope};
use std::time::{Duration, Instant};
use transport::Change;

/// What stands on record as the purpose of the registry's searches: that before a registration, and
/// the question whose prints these are.
const SEARCH: u16 = 1;
/// That of comparisons with one person.
const COMPARISON: u16 = 2;
/// What stands on record as the basis of an erasure: the registration was withdrawn.
const WITHDRAWN: u16 = 1;
/// Candidates looked at: more than this many persons are not alike.
const CANDIDATES_MAX: u32 = 100;
/// Between looks at an enrollment that waits for its duplicate check.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Searches and compares in a cluster.
pub(super) struct ClusterEngine {
    /// There until the end.
    connection: Option<Connection>,
    cluster: String,
    calibration: Calibration,
}

impl Drop for ClusterEngine {
    /// Threads may not be waited for where requests are served.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.runtime.shutdown_background();
        }
    }
}

impl ClusterEngine {
    pub(super) fn new(connection: Connection, cluster: String) -> Self {
        Self { connection: Some(connection), cluster, calibration: Calibration::shipped() }
    }

    fn connection(&self) -> Result<&Connection, EngineError> {
        self.connection.as_ref().ok_or_else(|| failed("the connection was closed"))
    }

    /// A complete answer.
    fn identify(
        &self,
        images: &[FingerImage],
        person: Option<PersonId>,
    ) -> Result<Identified, EngineError> {
        let connection = self.connection()?;
        let asked = Identify {
            requester: 0,
            purpose: if person.is_some() { COMPARISON } else { SEARCH },
            case: 0,
            probe: payload(images)?,
            scope: Scope { active_only: true, gallery: None },
            person,
            threshold: 0,
            candidates_max: CANDIDATES_MAX,
            allow_partial: false,
            lane: Lane::Standard,
        };
        let found = connection.wait(connection.client.identify(&asked)).map_err(failed)?;
        match found.missing.first() {
            None if found.is_complete => Ok(found),
            None => Err(failed("some encounters were not compared: they are of another release")),
            Some((partition, why)) => Err(failed(format!(
                "{} partitions did not answer: partition {}: {}",
                found.missing.len(),
                partition.0,
                words::missing(*why)
            ))),
        }
    }

    /// Waits until nothing of an enrollment is open any more.
    fn settled(&self, encounter: EncounterId) -> Result<(), EngineError> {
        let connection = self.connection()?;
        let until = Instant::now() + connection.budget;
        loop {
            match connection.wait(connection.client.read(encounter)).map_err(failed)? {
                Some(EncounterState::Active) => return Ok(()),
                Some(EncounterState::Pending) if Instant::now() < until => {
                    connection.pause(LOOK_EVERY);
                }
                Some(EncounterState::Pending) => {
                    return Err(failed("the enrollment waits for its duplicate check"));
                }
                Some(EncounterState::Held) => {
                    return Err(failed(format!(
                        "encounter {:032x} is held, because somebody enrolled meanwhile is alike: \
                         decide with `tanba held`",
                        encounter.0
                    )));
                }
                Some(EncounterState::Rejected) => {
                    return Err(failed("the enrollment was rejected: it is somebody enrolled"));
                }
                Some(EncounterState::Erased) | None => {
                    return Err(failed("the enrollment was erased"));
                }
            }
        }
    }
}

fn person(subject: &Subject) -> Result<PersonId, EngineError> {
    person_of(&subject.to_vocabulary()).map_err(failed)
}

fn payload(images: &[FingerImage]) -> Result<Payload, EngineError> {
    let templates = prints(images)?.into_iter().map(|print| print.template).collect();
    Ok(Encounter::new(templates).map_err(failed)?.encode().into())
}

impl Engine for ClusterEngine {
    fn name(&self) -> String {
        format!("{}, cluster {}", release(), self.cluster)
    }

    fn search(&mut self, images: &[FingerImage], threshold: u32) -> Result<Searched, EngineError> {
        if images.is_empty() {
            return Ok(Searched { candidates: Vec::new(), searched: 0 });
        }
        let found = self.identify(images, None)?;
        let alike = found.candidates.iter();
        let alike = alike.filter(|c| score_of_rarity(&self.calibration, c.rarity) >= threshold);
        let name = |c: &coordinator::Candidate| Subject::new(subject_of(c.person)).map_err(failed);
        let candidates = alike.map(name).collect::<Result<_, _>>()?;
        Ok(Searched { candidates, searched: found.scanned })
    }

    fn enroll(
        &mut self,
        subject: &Subject,
        _: u32,
        images: &[FingerImage],
    ) -> Result<(), EngineError> {
        let enroll = enrollment(person(subject)?, payload(images)?, DedupPolicy::Enforce);
        let connection = self.connection()?;
        let asked = connection.client.enroll(&enroll, Acknowledge::Committed);
        match connection.wait(asked).map_err(failed)?.outcome {
            Outcome::Applied | Outcome::AlreadyApplied(_) => self.settled(enroll.encounter),
            other => Err(failed(words::refusal(other).unwrap_or("it was not enrolled"))),
        }
    }

    fn compare_enrolled(
        &mut self,
        live: &[FingerImage],
        subject: &Subject,
    ) -> Result<Compared, EngineError> {
        let found = self.identify(live, Some(person(subject)?))?;
        if found.eligible == 0 {
            return Err(failed("nothing of the subject is enrolled, or it is held"));
        }
        let rarity = found.candidates.first().map_or(0, |best| best.rarity);
        let fingers = live.iter().map(|image| image.position).collect();
        Ok(Compared { score: score_of_rarity(&self.calibration, rarity), fingers })
    }

    fn compare(
        &mut self,
        live: &[FingerImage],
        other: &[FingerImage],
    ) -> Result<Compared, EngineError> {
        super::engine::against(&self.calibration, &prints(live)?, &prints(other)?)
    }

    fn erase(&mut self, subject: &Subject) -> Result<(), EngineError> {
        let (target, approver) = (ErasureTarget::Person(person(subject)?), None);
        let erase = Erase { target, basis: WITHDRAWN, requester: 0, approver };
        let connection = self.connection()?;
        let asked = connection.client.change(Change::Erase(erase.to_wire()));
        match connection.wait(asked).map_err(failed)?.outcome {
            Outcome::Applied | Outcome::AlreadyApplied(_) | Outcome::Refused(Refusal::NotFound) => {
                Ok(())
            }
            other => Err(failed(words::refusal(other).unwrap_or("it was not erased"))),
        }
    }
}
