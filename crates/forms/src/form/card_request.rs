//! Form 3-3: request to capture and issue a paper ten-print card (clause 136-3). Kazakh only.

use super::copy_request::initiator;
use super::{FieldList, FormCode, Official};
use crate::sheet::{Ruled, Sheet, Span};
use crate::{Case, Date, FormError, PersonName, RegistrationId};

pub(super) const TITLE: &str =
    "Дактилоскопиялауға және қағаз дактилоскопиялық картаны беруге сұрау салу";
const ADDRESSEE: &str = "Ішкі істер органдарының жедел-криминалистикалық бөлімшесі";
const CITIZEN: &str = "Азамат";
const CITIZEN_HINT: &str = "(тегі, аты-жөні)";
const APPLIED: &str = "дактилоскопиялық ақпаратты қағаз түрінде беру туралы өтініш түсуіне \
                       байланысты азамат ";
const REQUEST: &str =
    " дактилоскопиялауды және қағаз түрінде дактилоскопиялық карта беруді сұраймын.";
const REGISTERED: &str = "Дактилоскопиялық ақпарат \"Жеке басты биометриялық сәйкестендіру\" \
    автоматтандырылған ақпараттық жүйесінде бар, тіркеу сәйкестендіргіші: KZ ";

/// What a migration officer sends to the forensic unit for an applicant who wants an ink card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRequest {
    /// Who applied.
    pub applicant: PersonName,
    /// Who is to be fingerprinted: the applicant, or the person represented.
    pub subject: PersonName,
    /// The subject's registration.
    pub registration_id: RegistrationId,
    /// The migration officer who asks and signs.
    pub initiator: Official,
    /// The day of signing.
    pub date: Date,
}

impl CardRequest {
    pub(super) fn list(&self, fields: &mut FieldList) {
        fields.add("applicant.full_name", self.applicant.full());
        fields.add("subject.full_name", self.subject.full());
        fields.add("registration_id", &self.registration_id);
        self.initiator.list("initiator", fields);
        fields.add("date", self.date);
    }

    pub(super) fn lay_out(&self, sheet: &mut Sheet<'_>, case: &Case) -> Result<(), FormError> {
        let form = FormCode::CardRequest;
        super::heading(sheet, ADDRESSEE);
        super::title(sheet, form);
        let applicant = self.applicant.full();
        let line = Ruled::line(form.place("applicant.full_name"), CITIZEN, Some(&applicant));
        sheet.ruled(&Ruled { hint: CITIZEN_HINT, ..line })?;
        let subject = self.subject.full();
        sheet.sentence(&[
            Span::Words(APPLIED),
            Span::Value(form.place("subject.full_name"), &subject),
            Span::Words(REQUEST),
        ])?;
        let id = self.registration_id.remainder();
        sheet.sentence(&[
            Span::Words(REGISTERED),
            Span::Value(form.place("registration_id"), id),
            Span::Words("."),
        ])?;
        sheet.space(6.0);
        self.initiator.lay_out(sheet, &initiator(form, self.date, case))
    }
}
