//! Applications for one's own information, on all three tracks.

use super::people;
use super::walk::Walk;
use anyhow::Context;
use office::Profile;
use registry::*;

pub(super) fn all(walk: &mut Walk) -> anyhow::Result<()> {
    electronic(walk)?;
    paper(walk)?;
    genomic(walk)
}

/// Applies in writing on a track, about a registered person.
fn apply(walk: &mut Walk, access: &str, track: Track, person: &str) -> anyhow::Result<()> {
    let (receiver, unit) = match track {
        Track::Genomic => (people::ministry()?, BodyKind::Ministry),
        _ => (people::migration(1)?, BodyKind::InternalAffairs),
    };
    let command = Command::Apply {
        access: AccessId::new(access)?,
        track,
        channel: ApplicationChannel::Written,
        person: PersonId::new(person)?,
        is_person: true,
        representative: None,
        identity_checked: true,
        contact: people::contact(),
        unit: people::body(unit, "Қабылдау бөлімі")?,
    };
    walk.step((access, clause(track), "application accepted"), &receiver, command)?;
    Ok(())
}

const fn clause(track: Track) -> &'static str {
    match track {
        Track::Electronic => "136-2",
        Track::Paper => "136-3",
        Track::Genomic => "136-5",
    }
}

fn check(walk: &mut Walk, access: &str, track: Track, person: &str) -> anyhow::Result<()> {
    let persons = &walk.desk.office.registry().entities().persons;
    let registration = persons.get(&PersonId::new(person)?).and_then(|p| p.registration.as_ref());
    let found = registration.map(|registration| registration.identifier.clone());
    let command = Command::RecordAccessCheck { access: AccessId::new(access)?, found };
    walk.step((access, clause(track), "registration found"), &people::migration(1)?, command)?;
    Ok(())
}

/// The gateway says that the last notice arrived.
fn acknowledge(walk: &mut Walk, access: &str, track: Track) -> anyhow::Result<()> {
    let id = AccessId::new(access)?;
    let stored = walk.desk.office.registry().entities().accesses.get(&id);
    let notice = stored.and_then(|stored| stored.notices.last()).context("no notice was sent")?;
    let (number, registration) = (notice.number, format!("ack-{}", notice.number));
    let command = Command::NoticeRegistered { access: id, number, registration };
    let gateway = people::system(Role::NoticeGateway)?;
    walk.step((access, clause(track), "notice arrived"), &gateway, command)?;
    Ok(())
}

fn hand_over(walk: &mut Walk, access: &str, track: Track) -> anyhow::Result<()> {
    let receipt = walk.desk.vault.put(format!("receipt of {access}").as_bytes())?;
    let command =
        Command::HandOver { access: AccessId::new(access)?, identity_checked: true, receipt };
    walk.step((access, clause(track), "handed over"), &people::clerk()?, command)?;
    Ok(())
}

/// Form 3-2 to the forensic unit, the information back, and into the applicant's hands.
fn electronic(walk: &mut Walk) -> anyhow::Result<()> {
    const ACCESS: &str = "access-electronic";
    let (track, id) = (Track::Electronic, || AccessId::new(ACCESS));
    let about = |what| (ACCESS, "136-2", what);
    walk.at("2026-11-27T10:00")?;
    apply(walk, ACCESS, track, "person-C1")?;
    check(walk, ACCESS, track, "person-C1")?;
    let send = Command::SendForm { access: id()? };
    walk.step(about("form 3-2 sent to the forensic unit"), &people::migration(1)?, send)?;
    let documents = people::system(Role::DocumentManagement)?;
    let received = Command::RecordFormReceived { access: id()? };
    walk.step(about("form received"), &documents, received)?;
    walk.at("2026-11-30T10:00")?;
    let send = Command::SendInformation { access: id()?, law_observed: true };
    walk.step(about("information sent"), &people::forensic(1)?, send)?;
    let received = Command::RecordInformationReceived { access: id()? };
    walk.step(about("information received"), &documents, received)?;
    let tell = Command::NotifyReady { access: id()? };
    walk.step(about("applicant told that it is ready"), &people::migration(1)?, tell)?;
    acknowledge(walk, ACCESS, track)?;
    hand_over(walk, ACCESS, track)
}

/// Form 3-3, an appointment, a card inked by a forensic officer, in hand within the hour.
fn paper(walk: &mut Walk) -> anyhow::Result<()> {
    const ACCESS: &str = "access-paper";
    let (track, id) = (Track::Paper, || AccessId::new(ACCESS));
    let about = |what| (ACCESS, "136-3", what);
    apply(walk, ACCESS, track, "person-C4")?;
    check(walk, ACCESS, track, "person-C4")?;
    let place = people::body(BodyKind::InternalAffairs, "Астана қаласы, Полиция департаменті")?;
    let at = "2026-12-01T05:00:00Z".parse()?;
    let escort = AccountId::new("migration-2")?;
    let book = Command::BookAppointment { access: id()?, at, place, escort };
    walk.step(about("appointment booked"), &people::migration(1)?, book)?;
    let send = Command::SendForm { access: id()? };
    walk.step(about("form 3-3 sent to the forensic unit"), &people::migration(1)?, send)?;
    acknowledge(walk, ACCESS, track)?;
    walk.at("2026-12-01T10:00")?;
    let present = Command::RecordPresence { access: id()? };
    walk.step(about("applicant is there with the escort"), &people::migration(1)?, present)?;
    let ink = Command::RecordInking { access: id()? };
    walk.step(about("card inked"), &people::forensic(1)?, ink)?;
    hand_over(walk, ACCESS, track)
}

/// Form 4-1 with the profile of the genomic subsystem, to the cabinet.
fn genomic(walk: &mut Walk) -> anyhow::Result<()> {
    const ACCESS: &str = "access-genomic";
    let (track, id) = (Track::Genomic, || AccessId::new(ACCESS));
    let about = |what| (ACCESS, "136-5", what);
    deliver_profile(walk)?;
    apply(walk, ACCESS, track, "person-C1")?;
    let check = Command::RecordGenomicCheck { access: id()? };
    walk.step(about("genomic record found"), &people::ministry()?, check)?;
    let deliver = Command::DeliverCard { access: id()?, receipt: None };
    walk.step(about("form 4-1 to the cabinet"), &people::ministry()?, deliver)?;
    acknowledge(walk, ACCESS, track)
}

/// What the genomic subsystem would put there: a made-up profile.
fn deliver_profile(walk: &Walk) -> anyhow::Result<()> {
    let locus = |name: &str, alleles: &[&str]| {
        (name.to_owned(), alleles.iter().map(|allele| (*allele).to_owned()).collect())
    };
    let profile = Profile {
        birth_place: "Астана қаласы".to_owned(),
        loci: vec![
            locus("Amel", &["X", "Y"]),
            locus("D3S1358", &["15", "16"]),
            locus("TH01", &["6", "9.3"]),
            locus("D21S11", &["29", "31.2"]),
            locus("FGA", &["22"]),
        ],
    };
    let folder = walk.desk.profiles();
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("dna-1.json"), serde_json::to_vec_pretty(&profile)?)?;
    Ok(())
}
