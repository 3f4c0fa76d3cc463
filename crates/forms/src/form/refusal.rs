//! Form 1-1: refusal of fingerprint capture (clause 21-3). Two sides.

use super::{FieldList, FormCode, Person};
use crate::sheet::{Align, Cells, DateCells, Ruled, Sheet};
use crate::typeface::{CAPTION, HINT, Style};
use crate::{BirthDate, Case, Date, FormError, Iin, Name, Place, Text};

pub(super) const TITLE: &str = "ДАКТИЛОСКОПИЯЛАУДАН БАС ТАРТУ/ ОТКАЗ ОТ ДАКТИЛОСКОПИРОВАНИЯ";
const ADDRESSEE: &str = "Уәкілетті органның бастығына/Начальнику уполномоченного органа";
const PATRONYMIC: &str = "әкесінің аты (егер ол жеке басты куәландыратын құжатта көрсетілсе)/\
                          отчество (если оно указано в документе, удостоверяющем личность)";
const BIRTH_DATE: &str = "туған күні/дата рождения";
const CITIZENSHIP: &str = "азаматтығы/гражданство";
const DOCUMENT: &str = "құжат түрі/вид документа";
const DOCUMENT_HINT: &str = "(құжат нөмірі немесе сериясы, кім берді, берілген күні/номер или \
                             серия документа, кем выдан, дата выдачи)";
const BASIS: &str = "являясь законным представителем/опекуном на основании:";
const BASIS_HINT: &str =
    "(құжатқа сілтеме, сот шешімі, сенімхат /ссылка на документ, решение суда, доверенность)";
const TURN: &str = "Сыртқы жағы/оборотная сторона";
const REFUSAL: &str = "заңды өкілі/қорғаншысы бола отырып, мынадай себеппен дактилоскопиялық \
                       тіркеуден өтуден бас тартамын/отказываюсь от прохождения \
                       дактилоскопической регистрации по причине";
const REASON_HINT: &str = "(бас тарту себебін көрсету/указать причину отказа)";
const SERVICE: &str = "Мемлекеттік көрсетілетін қызметті алу үшін міндетті дактилоскопиялық \
                       тіркеуден өту қажеттігі туралы хабардармын/Уведомлен о необходимости \
                       прохождения обязательной дактилоскопической регистрации для получения \
                       государственной услуги";
const LIABILITY: &str = "Қазақстан Республикасы ӘҚБтК 443-1-бабының 2-бөлігінде көзделген \
                         міндетті дактилоскопиялық тіркеуден өтуден бас тартқаны үшін әкімшілік \
                         жауапкершілік туралы маған ескертілді/Предупрежден об административной \
                         ответственности за отказ от прохождения обязательной дактилоскопической \
                         регистрации, предусмотренной частью 2 статьи 443-1 КоАП Республики \
                         Казахстан.";
const NOTE: &str = "Ескертпе/Примечание:";
const CODE: &str = "Қазақстан Республикасының Әкімшілік құқық бұзушылық туралы кодексі/Кодекс \
                    Республики Казахстан об административных правонарушениях:";
const ARTICLE: &str = "443-1-бап. Қазақстан Республикасы азаматтарының, шетелдіктер мен азаматтығы \
                       жоқ адамдардың міндетті дактилоскопиялық және (немесе) геномдық тіркеуден \
                       өтуден бас тартуы/Статья 443-1 Отказ граждан Республики Казахстан, \
                       иностранцев и лиц без гражданства от прохождения обязательной \
                       дактилоскопической и (или) геномной регистрации";
const PART_2: &str = "2. Шетелдіктердің немесе азаматтығы жоқ адамдардың міндетті \
                      дактилоскопиялық тіркеуден өтуден бас тартуы – Қазақстан Республикасының \
                      шегінен әкімшілік жолмен шығарып жіберуге әкеп соғады./2. Отказ иностранцев \
                      или лиц без гражданства от прохождения обязательной дактилоскопической \
                      регистрации влечет административное выдворение за пределы Республики \
                      Казахстан.";
const SIGNATURE_1: &str =
    "(заңды өкілдің, қорғаншының қолтаңбасы)/(подпись законного представителя/опекуна)";
const COPY: &str = "Заңды өкілдің/қорғаншының әрекет етуіне негіз болатын құжаттың көшірмесі/Копия \
                    документа, на основании которого действует законный представитель/опекун";
const SIGNATURE_2: &str = "Қолтаңбасы/Подпись";
const DATE_2: &str = "күні/дата";

/// A written refusal by a foreigner or stateless person, or by who represents one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The head of the authorised body, or the body.
    pub addressee: Text,
    /// Who refuses and signs: the person, or the representative.
    pub declarant: Person,
    /// Whom the declarant represents; `None` for an adult who refuses for himself.
    pub representation: Option<Representation>,
    /// Why.
    pub reason: Text,
    /// Whether the declarant acknowledged that the service needs registration; without it nothing
    /// is printed.
    pub service_acknowledged: bool,
    /// Whether the declarant was warned of the liability under article 443-1; without it nothing is
    /// printed.
    pub liability_acknowledged: bool,
    /// The date of the first signature.
    pub signed: Date,
    /// The date of the second signature.
    pub signed_again: Date,
}

/// On what basis someone refuses for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// Document, court decision or power of attorney.
    pub basis: Text,
    /// Who is represented.
    pub represented: Person,
    /// Whether a copy of that document is attached; without it nothing is printed.
    pub copy_attached: bool,
}

fn at(field: &'static str) -> Place {
    FormCode::Refusal.place(field)
}

impl Refusal {
    pub(super) fn list(&self, fields: &mut FieldList) {
        fields.add("addressee", self.addressee.as_str());
        DECLARANT.list(Some(&self.declarant), fields);
        let representation = self.representation.as_ref();
        fields.add_if("representation.basis", representation.map(|r| r.basis.as_str()));
        REPRESENTED.list(representation.map(|r| &r.represented), fields);
        fields.add("refusal_reason", self.reason.as_str());
        fields.add("signature_1_date", self.signed);
        fields.add("signature_2_date", self.signed_again);
    }

    /// Both sides, on the sheets given.
    pub(super) fn sheets<'a>(
        &self,
        mut front: Sheet<'a>,
        mut back: Sheet<'a>,
        case: &Case,
    ) -> Result<Vec<Sheet<'a>>, FormError> {
        self.check(case)?;
        self.front(&mut front)?;
        self.back(&mut back)?;
        Ok(vec![front, back])
    }

    fn check(&self, case: &Case) -> Result<(), FormError> {
        let acknowledged = [
            ("ack_service", self.service_acknowledged),
            ("ack_liability", self.liability_acknowledged),
        ];
        if let Some((field, _)) = acknowledged.into_iter().find(|(_, given)| !given) {
            return Err(FormError::NotAcknowledged { place: at(field) });
        }
        if self.representation.as_ref().is_some_and(|r| !r.copy_attached) {
            return Err(FormError::CopyMissing { place: at("representation.copy") });
        }
        super::check_date(at("signature_1_date"), self.signed, case)?;
        super::check_date(at("signature_2_date"), self.signed_again, case)
    }

    fn front(&self, sheet: &mut Sheet<'_>) -> Result<(), FormError> {
        sheet.text(ADDRESSEE, CAPTION, Align::RightHalf);
        let addressee = Ruled::line(at("addressee"), "", Some(self.addressee.as_str()));
        sheet.ruled(&Ruled { right_half: true, ..addressee })?;
        super::title(sheet, FormCode::Refusal);
        DECLARANT.lay_out(sheet, Some(&self.declarant))?;
        DECLARANT.lay_out_document(sheet, Some(&self.declarant))?;
        let representation = self.representation.as_ref();
        let basis = representation.map(|r| r.basis.as_str());
        let basis = Ruled::line(at("representation.basis"), BASIS, basis);
        sheet.ruled(&Ruled { lines: 2, hint: BASIS_HINT, ..basis })?;
        REPRESENTED.lay_out(sheet, representation.map(|r| &r.represented))
    }

    fn back(&self, sheet: &mut Sheet<'_>) -> Result<(), FormError> {
        sheet.text(TURN, CAPTION, Align::Center);
        sheet.space(3.0);
        let representation = self.representation.as_ref();
        REPRESENTED.lay_out_document(sheet, representation.map(|r| &r.represented))?;
        let reason = Ruled::line(at("refusal_reason"), REFUSAL, Some(self.reason.as_str()));
        sheet.ruled(&Ruled { lines: 2, hint: REASON_HINT, ..reason })?;
        sheet.ticked_box(SERVICE);
        sheet.text(LIABILITY, CAPTION, Align::Left);
        let note = Style { size: 10.0, ..HINT };
        for text in [NOTE, CODE, ARTICLE, PART_2] {
            sheet.text(text, note, Align::Left);
        }
        sheet.space(6.0);
        sheet.ruled(&Ruled { hint: SIGNATURE_1, ..Ruled::blank(at("signature_1")) })?;
        let value = Some(BirthDate::from(self.signed).cells());
        let below = ["күні/число", "айы/месяц", "жылы/год"];
        sheet.date_cells(&DateCells { caption: "", below, value });
        sheet.text(COPY, CAPTION, Align::Left);
        sheet.space(4.0);
        sheet.sign_and_date(SIGNATURE_2, DATE_2, &self.signed_again.to_string());
        Ok(())
    }
}

/// How the form asks for one of its two persons.
struct PersonBlock {
    surname: &'static str,
    given_name: &'static str,
    iin: &'static str,
    /// Below the year: the source spells it differently for the two.
    year: &'static str,
    /// Cells for surname, given name and patronymic.
    cells: [usize; 3],
    /// Surname, given name, patronymic, birth date, citizenship, number, document.
    fields: [&'static str; 7],
}

const DECLARANT: PersonBlock = PersonBlock {
    surname: "Мен, тегі/Я, фамилия",
    given_name: "аты/имя",
    iin: "ЖСН/ИИН",
    year: "жылы/года",
    cells: [11, 16, 8],
    fields: [
        "declarant.surname",
        "declarant.given_name",
        "declarant.patronymic",
        "declarant.birth_date",
        "declarant.citizenship",
        "declarant.iin",
        "declarant.document",
    ],
};

const REPRESENTED: PersonBlock = PersonBlock {
    surname: "негізінде тегі/фамилия",
    given_name: "аты/имя",
    iin: "ЖСН (бар болса)/ИИН (при наличии)",
    year: "жылы/год",
    cells: [15, 17, 9],
    fields: [
        "represented.surname",
        "represented.given_name",
        "represented.patronymic",
        "represented.birth_date",
        "represented.citizenship",
        "represented.iin",
        "represented.document",
    ],
};

impl PersonBlock {
    fn list(&self, person: Option<&Person>, fields: &mut FieldList) {
        let [surname, given_name, patronymic, birth_date, citizenship, iin, document] = self.fields;
        fields.add_if(surname, person.map(|p| p.name.surname.as_str()));
        fields.add_if(given_name, person.map(|p| p.name.given_name.as_str()));
        let name = person.and_then(|p| p.name.patronymic.as_ref());
        fields.add_if(patronymic, name.map(Name::as_str));
        fields.add_if(birth_date, person.map(|p| p.birth_date));
        fields.add_if(citizenship, person.map(|p| p.citizenship.as_str()));
        fields.add_if(iin, person.and_then(|p| p.iin.as_ref()).map(Iin::as_str));
        fields.add_if(document, person.map(|p| p.document.kind.as_str()));
        fields.add_if(document, person.map(|p| p.document.details()));
    }

    /// Everything but the document. All blank when there is no person.
    fn lay_out(&self, sheet: &mut Sheet<'_>, person: Option<&Person>) -> Result<(), FormError> {
        let [surname, given_name, patronymic, _, citizenship, iin, _] = self.fields;
        let name = person.map(|p| &p.name);
        let father = name.and_then(|name| name.patronymic.as_ref());
        let rows = [
            (surname, self.surname, name.map(|name| name.surname.as_str())),
            (given_name, self.given_name, name.map(|name| name.given_name.as_str())),
            (patronymic, PATRONYMIC, father.map(Name::as_str)),
        ];
        for ((field, caption, value), count) in rows.into_iter().zip(self.cells) {
            sheet.cells(&Cells { place: at(field), caption, count, value })?;
        }
        let value = person.map(|p| p.birth_date.cells());
        let below = ["күні/число", "айы/месяц", self.year];
        sheet.date_cells(&DateCells { caption: BIRTH_DATE, below, value });
        let value = person.map(|p| p.citizenship.as_str());
        sheet.ruled(&Ruled::line(at(citizenship), CITIZENSHIP, value))?;
        let value = person.and_then(|p| p.iin.as_ref()).map(Iin::as_str);
        sheet.cells(&Cells { place: at(iin), caption: self.iin, count: 12, value })
    }

    fn lay_out_document(
        &self,
        sheet: &mut Sheet<'_>,
        person: Option<&Person>,
    ) -> Result<(), FormError> {
        let place = at(self.fields[6]);
        let kind = person.map(|p| p.document.kind.as_str());
        sheet.ruled(&Ruled::line(place, DOCUMENT, kind))?;
        let details = person.map(|p| p.document.details());
        let value = details.as_deref();
        sheet.ruled(&Ruled { value, hint: DOCUMENT_HINT, ..Ruled::blank(place) })
    }
}
