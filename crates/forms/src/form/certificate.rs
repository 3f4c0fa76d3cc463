//! Form 3-1: certificate of passing fingerprint capture (clause 26-1). Kazakh only.

use super::{FieldList, FormCode};
use crate::sheet::{Align, Ruled, Sheet};
use crate::typeface::CAPTION;
use crate::{BirthDate, Date, FormError, Iin, PersonName, RegistrationId, Text};

pub(super) const TITLE: &str =
    "Шетелдіктің немесе азаматтығы жоқ адамның дактилоскопиялаудан өтуі туралы анықтама";
const PERSON: &str = "(Т.А.Ә. (егер ол жеке басты куәландыратын құжатта көрсетілсе), туған күні)";
const ISSUED: &str = "берілді.";
const IIN: &str = "ЖСН";
const ID: &str = "Тіркеу сәйкестендіргіші: KZ";
const AUTHORITY: &str = "Ішкі істер органының атауы";
const CAPTURED_BY: &str = "Дактилоскопиялау жүргізген";
const OFFICER: &str = "(қызметкердің лауазымы, атағы, Т.А.Ә. (егер ол жеке басты куәландыратын \
                       құжатта көрсетілсе) (дактилоскопиялау күні)";
const SIGNATURE: &str = "(қызметкердің қолтаңбасы)";
const SEAL: &str = "Мөр орны (бар болса)";
const VALID: &str = "Анықтама ұлттық паспортты көрсеткен кезде жарамды";

/// What a foreigner or stateless person is handed over on paper after registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The registered person.
    pub name: PersonName,
    /// Birth date.
    pub birth_date: BirthDate,
    /// Individual identification number, if known.
    pub iin: Option<Iin>,
    /// Registration identifier.
    pub registration_id: RegistrationId,
    /// The body that captured.
    pub authority: Text,
    /// The officer who captured and signs.
    pub officer: PersonName,
    /// The officer's position.
    pub officer_position: Text,
    /// The officer's rank.
    pub officer_rank: Text,
    /// The day of the capture.
    pub captured: Date,
}

impl Certificate {
    fn person_line(&self) -> String {
        format!("{}, {}", self.name.full(), self.birth_date)
    }

    fn officer_line(&self) -> String {
        let [position, rank] = [&self.officer_position, &self.officer_rank].map(Text::as_str);
        format!("{position}, {rank}, {}, {}", self.officer.full(), self.captured)
    }

    pub(super) fn list(&self, fields: &mut FieldList) {
        fields.add("full_name", self.name.full());
        fields.add("birth_date", self.birth_date);
        fields.add_if("iin", self.iin.as_ref().map(Iin::as_str));
        fields.add("registration_id", &self.registration_id);
        fields.add("authority_name", self.authority.as_str());
        fields.add("officer.position", self.officer_position.as_str());
        fields.add("officer.rank", self.officer_rank.as_str());
        fields.add("officer.full_name", self.officer.full());
        fields.add("capture_date", self.captured);
    }

    pub(super) fn lay_out(&self, sheet: &mut Sheet<'_>) -> Result<(), FormError> {
        let at = |field| FormCode::Certificate.place(field);
        super::title(sheet, FormCode::Certificate);
        let line = self.person_line();
        let person = Ruled { value: Some(&line), ..Ruled::blank(at("full_name")) };
        sheet.ruled(&Ruled { hint: PERSON, after: ISSUED, lines: 2, ..person })?;
        sheet.ruled(&Ruled::line(at("iin"), IIN, self.iin.as_ref().map(Iin::as_str)))?;
        let id = self.registration_id.remainder();
        sheet.ruled(&Ruled::line(at("registration_id"), ID, Some(id)))?;
        let authority = Ruled::line(at("authority_name"), AUTHORITY, Some(self.authority.as_str()));
        sheet.ruled(&Ruled { lines: 2, ..authority })?;
        let line = self.officer_line();
        let officer = Ruled::line(at("officer"), CAPTURED_BY, Some(&line));
        sheet.ruled(&Ruled { lines: 2, hint: OFFICER, ..officer })?;
        sheet.space(6.0);
        sheet.ruled(&Ruled { hint: SIGNATURE, ..Ruled::blank(at("officer.signature")) })?;
        sheet.space(10.0);
        sheet.text(SEAL, CAPTION, Align::Left);
        sheet.space(28.0);
        sheet.text(VALID, CAPTION, Align::Left);
        Ok(())
    }
}
