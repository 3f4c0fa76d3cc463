//! Carrying out what a command asked others to do.

use crate::printing::{self, Printed};
use crate::vault::write_whole;
use crate::{
    Compared, EffectId, Engine, EngineError, FingerImage, LiveCapture, Message, Neighbours, Port,
    Vault,
};
use jiff::Timestamp;
use registry::{
    Actor, Body, BodyKind, Capture, Command, Digest, Effect, OfficerName, Print, Reference,
    Registration, Registry, Role, Subject, Text,
};
use std::collections::BTreeSet;
use std::path::Path;

/// What effects are carried out with.
pub struct Carrier<'a> {
    /// Compares prints.
    pub engine: &'a mut dyn Engine,
    /// The neighbouring systems.
    pub neighbours: &'a mut dyn Neighbours,
    /// Images and scans.
    pub vault: &'a Vault,
    /// Where printed forms lie, by the number of the form, the case and the effect.
    pub forms: &'a Path,
    /// Where the genomic subsystem puts profiles, `RECORD.json` each.
    pub profiles: &'a Path,
}

/// What the engine says to the registry.
pub(crate) struct Verdict {
    pub(crate) actor: Actor,
    pub(crate) command: Command,
}

/// A note, and what the registry is told because of it; or why it waits.
type Carried = Result<(String, Option<Verdict>), String>;

impl Carrier<'_> {
    pub(crate) fn carry_out(
        &mut self,
        registry: &Registry,
        id: EffectId,
        at: Timestamp,
        effect: &Effect,
    ) -> Carried {
        match effect {
            Effect::EnrollWithDuplicateCheck { case, question, threshold, .. } => {
                let held = registry.entities().cases.get(case).and_then(|c| c.capture.as_ref());
                let Some((capture, _)) = held else {
                    return Ok(("the capture was dropped meanwhile".into(), None));
                };
                let prints = self.images(capture)?;
                let found = self.engine.search(&prints, *threshold).map_err(|e| e.to_string())?;
                let note = format!("{} searched, {} alike", found.searched, found.candidates.len());
                let command = Command::SearchVerdict {
                    case: case.clone(),
                    question: *question,
                    candidates: found.candidates,
                    searched: found.searched,
                    engine: self.engine.name(),
                };
                Ok((note, Some(verdict(command))))
            }
            Effect::ConfirmEnrollment { subject, record } => {
                self.confirm(registry, subject, *record)
            }
            // Nothing is enrolled before it is confirmed.
            Effect::DropEnrollment { .. } => Ok(("nothing was enrolled".into(), None)),
            Effect::Compare { .. } => self.compare(registry, effect),
            Effect::Ask { .. } => self.ask(registry, effect),
            Effect::Erase { subject } => {
                self.engine.erase(subject).map_err(|e| e.to_string())?;
                Ok(("erased".into(), None))
            }
            Effect::Form(form) => self.print(registry, id, at, form),
            _ => self.tell(id, at, effect),
        }
    }

    fn confirm(&mut self, registry: &Registry, subject: &Subject, record: u32) -> Carried {
        let registration = registration_of(registry, subject);
        let records = registration.filter(|r| r.subject == *subject).map(|r| &r.records[..]);
        let found = records.and_then(|all| all.iter().find(|one| one.number == record));
        let Some(found) = found else {
            return Ok(("the registration ended meanwhile".into(), None));
        };
        let prints = self.images(&found.capture)?;
        self.engine.enroll(subject, record, &prints).map_err(|e| e.to_string())?;
        Ok((format!("{} fingers enrolled", prints.len()), None))
    }

    fn compare(&mut self, registry: &Registry, effect: &Effect) -> Carried {
        let Effect::Compare { case, question, reference, subject, document, live, .. } = effect
        else {
            return Err("no comparison".into());
        };
        let live = self.live(live)?;
        let compared = match (reference, subject, document) {
            (Reference::Database, Some(subject), _) => {
                self.compare_enrolled(registry, &live, subject)
            }
            (Reference::Document, _, Some(document)) => {
                let document = self.live(document)?;
                self.engine.compare(&live, &document)
            }
            _ => return Err("the comparison names nothing to compare with".into()),
        };
        let Compared { score, fingers } = compared.map_err(|e| e.to_string())?;
        let note = format!("{} fingers compared", fingers.len());
        let (case, question, score) = (case.clone(), *question, Some(score));
        let command = Command::VerificationVerdict { case, question, score, fingers };
        Ok((note, Some(verdict(command))))
    }

    fn ask(&mut self, registry: &Registry, effect: &Effect) -> Carried {
        let Effect::Ask { query, subject, prints, threshold, .. } = effect else {
            return Err("no question".into());
        };
        let live = self.live(prints)?;
        let query = query.clone();
        let command = match subject {
            Some(subject) => {
                let compared = self.compare_enrolled(registry, &live, subject);
                let Compared { score, fingers } = compared.map_err(|e| e.to_string())?;
                Command::QueryVerdict { query, candidates: Vec::new(), score: Some(score), fingers }
            }
            None => {
                let found = self.engine.search(&live, *threshold).map_err(|e| e.to_string())?;
                let (candidates, score) = (found.candidates, None);
                Command::QueryVerdict { query, candidates, score, fingers: Vec::new() }
            }
        };
        Ok(("answered".into(), Some(verdict(command))))
    }

    /// Of the fingers captured, those that the records of the subject have count: an engine does
    /// not tell which prints it holds.
    fn compare_enrolled(
        &mut self,
        registry: &Registry,
        live: &[FingerImage],
        subject: &Subject,
    ) -> Result<Compared, EngineError> {
        let records = registration_of(registry, subject).map(|registration| &registration.records);
        let captures = records.into_iter().flatten().flat_map(|record| &record.capture.fingers);
        let on_record: BTreeSet<u8> =
            captures.filter(|finger| finger.print.is_ok()).map(|finger| finger.position).collect();
        let mut compared = self.engine.compare_enrolled(live, subject)?;
        compared.fingers.retain(|position| on_record.contains(position));
        Ok(compared)
    }

    fn print(
        &mut self,
        registry: &Registry,
        id: EffectId,
        at: Timestamp,
        form: &registry::Form,
    ) -> Carried {
        let printed = printing::print(registry, form, at, self.profiles);
        let Printed { number, case, pdf } = printed.map_err(|e| e.to_string())?;
        let name = format!("{number}_{case}_{id}.pdf");
        write_whole(&self.forms.join(&name), &pdf).map_err(|e| format!("{name}: {e}"))?;
        Ok((format!("printed: {name}"), None))
    }

    fn tell(&mut self, id: EffectId, at: Timestamp, effect: &Effect) -> Carried {
        let Some(port) = port_of(effect) else {
            return Ok(("nothing to be done".into(), None));
        };
        let message = Message { id: id.to_string(), at, effect: effect.clone() };
        self.neighbours.tell(port, &message).map_err(|e| e.to_string())?;
        Ok((format!("told: {}", port.name()), None))
    }

    /// The images of a capture, read from the vault.
    fn images(&self, capture: &Capture) -> Result<Vec<FingerImage>, String> {
        let printed = |finger: &registry::Finger| {
            let Ok(Print { image, .. }) = &finger.print else { return None };
            Some((finger.position, image.clone()))
        };
        self.read(&capture.fingers.iter().filter_map(printed).collect::<Vec<_>>())
    }

    fn live(&self, digest: &Digest) -> Result<Vec<FingerImage>, String> {
        let list = self.vault.get(digest).map_err(|e| e.to_string())?;
        let capture: LiveCapture = serde_json::from_slice(&list)
            .map_err(|_| format!("{} is no list of positions and images", digest.as_str()))?;
        self.read(&capture.fingers)
    }

    fn read(&self, fingers: &[(u8, Digest)]) -> Result<Vec<FingerImage>, String> {
        let image = |(position, digest): &(u8, Digest)| {
            let bytes = self.vault.get(digest).map_err(|e| e.to_string())?;
            Ok(FingerImage { position: *position, bytes })
        };
        fingers.iter().map(image).collect()
    }
}

/// The registration of whom a subject of the galleries is, or was.
fn registration_of<'a>(registry: &'a Registry, subject: &Subject) -> Option<&'a Registration> {
    let entities = registry.entities();
    entities.persons.get(entities.subjects.get(subject)?)?.registration.as_ref()
}

/// Who hears of an effect.
const fn port_of(effect: &Effect) -> Option<Port> {
    match effect {
        Effect::CreateOrder { .. }
        | Effect::SetMark(_)
        | Effect::WithdrawMark { .. }
        | Effect::Relink { .. } => Some(Port::DocumentApplication),
        Effect::Notify { .. } => Some(Port::Notices),
        Effect::SendForm { .. } | Effect::SendInformation { .. } | Effect::Answer { .. } => {
            Some(Port::DocumentManagement)
        }
        Effect::Alert { .. } => Some(Port::Alerts),
        _ => None,
    }
}

/// An answer of the engine, which is a system of the registry.
fn verdict(command: Command) -> Verdict {
    let text = |text: &str| Text::new("name", text).expect("a plain word");
    let name = OfficerName { surname: text("Engine"), given_name: text("Tanba"), patronymic: None };
    let body = Body {
        id: "engine".to_owned().try_into().expect("a plain word"),
        kind: BodyKind::System,
        name: text("Tanba"),
        utc_offset_minutes: 300,
    };
    let actor = Actor {
        account: "engine".to_owned().try_into().expect("a plain word"),
        role: Role::Engine,
        body,
        name,
        position: text("engine"),
        rank: None,
        station: None,
    };
    Verdict { actor, command }
}
