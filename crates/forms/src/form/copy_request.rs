//! Form 3-2: request for a copy of fingerprint information (clause 136-2). Kazakh only.

use super::person::Signature;
use super::{FieldList, FormCode, Official};
use crate::sheet::{Sheet, Span};
use crate::{Case, Date, FormError, RegistrationId};

pub(super) const TITLE: &str = "\"Жеке басты биометриялық сәйкестендіру\" автоматтандырылған \
                                ақпараттық жүйесінің дерекқоры бойынша сұрау салу";
const ADDRESSEE: &str = "Ішкі істер министрлігінің жедел-криминалистикалық бөлімшесі";
const REQUEST: &str = " тіркеу сәйкестендіргіші бойынша дактилоскопиялық ақпараттың көшірмесін \
                       ұсынуды сұраймын.";
pub(super) const INITIATOR: &str = "Лауазымды адам – сұрау салуға бастамашы";
pub(super) const INITIATOR_HINT: &str = "(бастамашының тегі, аты-жөні, лауазымы және қолтаңбасы)";

/// What a migration officer sends to the forensic unit for an applicant who is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRequest {
    /// The applicant's registration.
    pub registration_id: RegistrationId,
    /// The migration officer who asks and signs.
    pub initiator: Official,
    /// The day of signing.
    pub date: Date,
}

impl CopyRequest {
    pub(super) fn list(&self, fields: &mut FieldList) {
        fields.add("registration_id", &self.registration_id);
        self.initiator.list("initiator", fields);
        fields.add("date", self.date);
    }

    pub(super) fn lay_out(&self, sheet: &mut Sheet<'_>, case: &Case) -> Result<(), FormError> {
        let form = FormCode::CopyRequest;
        super::heading(sheet, ADDRESSEE);
        super::title(sheet, form);
        let id = self.registration_id.remainder();
        sheet.sentence(&[
            Span::Words("KZ "),
            Span::Value(form.place("registration_id"), id),
            Span::Words(REQUEST),
        ])?;
        sheet.space(6.0);
        self.initiator.lay_out(sheet, &initiator(form, self.date, case))
    }
}

/// The signature that both requests end with.
pub(super) fn initiator(form: FormCode, date: Date, case: &Case) -> Signature<'_> {
    Signature {
        form,
        field: "initiator",
        caption: INITIATOR,
        hint: INITIATOR_HINT,
        year_word: " ж. \"",
        month: date.month_kk(),
        date,
        case,
    }
}
