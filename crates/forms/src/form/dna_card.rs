//! Form 4-1: DNA profile card of a registered person (clause 136-5).

use super::person::Signature;
use super::{DnaProfile, FieldList, FormCode, Official};
use crate::sheet::{Align, Cells, DateCells, Ruled, Sheet};
use crate::typeface::{CAPTION, HINT, Style};
use crate::{BirthDate, Case, Date, FormError, Iin, Name, PersonName, Text};

pub(super) const TITLE: &str =
    "Тіркелетін адамның ДНҚ профилінің картасы/Карточка профиля ДНК регистрируемого лица";
const SURNAME: &str = "Тегі/Фамилия";
const GIVEN_NAME: &str = "Аты/Имя";
const PATRONYMIC: &str = "Әкесінің аты (егер ол жеке басты куәландыратын құжатта көрсетілсе)/\
                          Отчество (если оно указано в документе, удостоверяющем личность)";
const BIRTH_DATE: &str = "туған күні/дата рождения";
const DATE_PARTS: [&str; 3] = ["күні/число", "айы/месяц", "жылы/год"];
const CITIZENSHIP: &str = "Азаматтығы/Гражданство";
const BIRTH_PLACE: &str = "Туған жері/Место рождения";
const IIN: &str = "ЖСН/ИИН";
const PROFILE: &str = "ДНҚ-профилі/ДНК-профиль:";
const NOTE: &str = "* - Ескертпе: қолданылатын реагенттер жиынтығына байланысты STR маркерлерінің \
                    саны одан да көп болуы мүмкін. Кестеде негізгі аутосомды STR маркерлері \
                    көрсетілген/ Примечание: количество STR-маркеров может быть и больше в \
                    зависимости от используемого набора реагентов. В таблице представлены основные \
                    аутосомные STR-маркеры.";
const OFFICIAL: &str = "Лауазымды адам/Должностное лицо";
const OFFICIAL_HINT: &str = "(тегі, аты-жөні, лауазымы және қолтаңбасы/фамилия, инициалы, \
                             должность и подпись)";
/// Cells of the printed table for loci that it does not name.
const SPARE_CELLS: usize = 6;
/// Such loci that the card takes: the spare cells and three rows below.
const FURTHER_LOCI: usize = SPARE_CELLS + 3 * crate::sheet::COLUMNS;

/// The answer to an application for genomic information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnaCard {
    /// The registered person.
    pub name: PersonName,
    /// Birth date.
    pub birth_date: BirthDate,
    /// Citizenship.
    pub citizenship: Text,
    /// Place of birth.
    pub birth_place: Text,
    /// Individual identification number, if the person has one.
    pub iin: Option<Iin>,
    /// The typed loci.
    pub profile: DnaProfile,
    /// Who signs.
    pub official: Official,
    /// The day of signing.
    pub date: Date,
}

impl DnaCard {
    pub(super) fn list(&self, fields: &mut FieldList) {
        fields.add("surname", self.name.surname.as_str());
        fields.add("given_name", self.name.given_name.as_str());
        fields.add_if("patronymic", self.name.patronymic.as_ref().map(Name::as_str));
        fields.add("birth_date", self.birth_date);
        fields.add("citizenship", self.citizenship.as_str());
        fields.add("birth_place", self.birth_place.as_str());
        fields.add_if("iin", self.iin.as_ref().map(Iin::as_str));
        let named = self.profile.named();
        for (name, alleles) in named {
            fields.add_if(name, alleles);
        }
        for (name, alleles) in self.profile.further() {
            fields.add("loci", format!("{name} {alleles}"));
        }
        self.official.list("official", fields);
        fields.add("date", self.date);
    }

    pub(super) fn lay_out(&self, sheet: &mut Sheet<'_>, case: &Case) -> Result<(), FormError> {
        super::title(sheet, FormCode::DnaCard);
        self.lay_out_person(sheet)?;
        sheet.text(PROFILE, CAPTION, Align::Left);
        sheet.table(&self.entries()?);
        sheet.text(NOTE, Style { size: 9.0, ..HINT }, Align::Left);
        sheet.space(3.0);
        let month = format!("{}/{}", self.date.month_kk(), self.date.month_ru());
        let words = Signature {
            form: FormCode::DnaCard,
            field: "official",
            caption: OFFICIAL,
            hint: OFFICIAL_HINT,
            year_word: " ж./г. \"",
            month: &month,
            date: self.date,
            case,
        };
        self.official.lay_out(sheet, &words)
    }

    fn lay_out_person(&self, sheet: &mut Sheet<'_>) -> Result<(), FormError> {
        let at = |field| FormCode::DnaCard.place(field);
        let patronymic = self.name.patronymic.as_ref().map(Name::as_str);
        for (field, caption, count, value) in [
            ("surname", SURNAME, 13, Some(self.name.surname.as_str())),
            ("given_name", GIVEN_NAME, 14, Some(self.name.given_name.as_str())),
            ("patronymic", PATRONYMIC, 8, patronymic),
        ] {
            sheet.cells(&Cells { place: at(field), caption, count, value })?;
        }
        let value = Some(self.birth_date.cells());
        sheet.date_cells(&DateCells { caption: BIRTH_DATE, below: DATE_PARTS, value });
        let citizenship = Some(self.citizenship.as_str());
        sheet.ruled(&Ruled::line(at("citizenship"), CITIZENSHIP, citizenship))?;
        let birth_place = Some(self.birth_place.as_str());
        sheet.ruled(&Ruled::line(at("birth_place"), BIRTH_PLACE, birth_place))?;
        let value = self.iin.as_ref().map(Iin::as_str);
        sheet.cells(&Cells { place: at("iin"), caption: IIN, count: 12, value })
    }

    /// The cells of the table: the named loci, then the further ones after their asterisk, then
    /// the spare cells left.
    fn entries(&self) -> Result<Vec<(String, String)>, FormError> {
        let shown = |alleles: Option<super::Alleles>| {
            alleles.map(|alleles| alleles.to_string()).unwrap_or_default()
        };
        let named = self.profile.named();
        let mut entries: Vec<_> =
            named.map(|(name, alleles)| (name.to_owned(), shown(alleles))).collect();
        let further = self.profile.further();
        let further: Vec<_> =
            further.map(|(name, alleles)| (format!("* {name}"), alleles.to_string())).collect();
        if further.len() > FURTHER_LOCI {
            let place = FormCode::DnaCard.place("loci");
            let (count, limit) = (further.len(), FURTHER_LOCI);
            return Err(FormError::TooManyLoci { place, count, limit });
        }
        let spare = SPARE_CELLS.saturating_sub(further.len());
        entries.extend(further);
        entries.extend((0..spare).map(|_| ("*".to_owned(), String::new())));
        Ok(entries)
    }
}
