//! The five forms filled with made-up people; nobody here exists.

use forms::{
    Allele, Alleles, BirthDate, CardRequest, Case, Certificate, CopyRequest, Date, DnaCard,
    DnaProfile, Form, IdentityDocument, Iin, LocusName, Moment, Name, Official, Person, PersonName,
    Refusal, RegistrationId, Representation, Text,
};

pub(crate) fn text(given: &str) -> Text {
    Text::new(given).unwrap()
}

pub(crate) fn name(surname: &str, given_name: &str, patronymic: Option<&str>) -> PersonName {
    let name = |given: &str| Name::new(given).unwrap();
    PersonName {
        surname: name(surname),
        given_name: name(given_name),
        patronymic: patronymic.map(name),
    }
}

pub(crate) fn date(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

pub(crate) fn case() -> Case {
    Case::new("ALA-2026/000123", date(2026, 11, 24)).unwrap()
}

pub(crate) fn printed_at() -> Moment {
    Moment::new(date(2026, 11, 26), [10, 30, 0], 5).unwrap()
}

pub(crate) fn document(kind: &str, number: &str) -> IdentityDocument {
    IdentityDocument {
        kind: text(kind),
        number: text(number),
        issuer: text("Қырғыз Республикасының ІІМ"),
        issued: date(2021, 5, 17),
    }
}

pub(crate) fn official() -> Official {
    Official {
        name: name("Өтегенұлы", "Ғалымжан", Some("Құрманғазыұлы")),
        position: text("көші-қон қызметінің аға инспекторы"),
    }
}

pub(crate) fn refusal() -> Refusal {
    Refusal {
        addressee: text("Алматы қ. ПД Көші-қон қызметі басқармасының бастығы Б. Ү. Һәкімовке"),
        declarant: Person {
            name: name("Жаңабергенова", "Әсел-Гүлнәр", Some("Ұланқызы")),
            birth_date: date(1984, 3, 9).into(),
            citizenship: text("Қырғыз Республикасы"),
            iin: Some(Iin::new("990101100010").unwrap()),
            document: document("ұлттық паспорт", "AC 1234567"),
        },
        representation: Some(Representation {
            basis: text("2026 жылғы 3 ақпандағы № 17/2026 қорғаншылық туралы сот шешімі"),
            represented: Person {
                name: name("Ким-Тё", "Алёша Фёдор", None),
                birth_date: BirthDate::partial(2009, Some(4)).unwrap(),
                citizenship: text("азаматтығы жоқ"),
                iin: None,
                document: document("азаматтығы жоқ адамның куәлігі", "N00012345"),
            },
            copy_attached: true,
        }),
        reason: text("діни наным-сенімдерге байланысты / по религиозным убеждениям"),
        service_acknowledged: true,
        liability_acknowledged: true,
        signed: date(2026, 11, 26),
        signed_again: date(2026, 11, 27),
    }
}

pub(crate) fn certificate() -> Certificate {
    Certificate {
        name: name("Nguyễn", "Thị Ánh", None),
        birth_date: date(1990, 12, 1).into(),
        iin: Some(Iin::new("990101100111").unwrap()),
        registration_id: registration_id(),
        authority: text("Алматы қаласы Полиция департаментінің Көші-қон қызметі басқармасы"),
        officer: name("Өтегенұлы", "Ғалымжан", Some("Құрманғазыұлы")),
        officer_position: text("аға инспектор"),
        officer_rank: text("полиция капитаны"),
        captured: date(2026, 11, 25),
    }
}

pub(crate) fn registration_id() -> RegistrationId {
    RegistrationId::new("KZ004815162342").unwrap()
}

pub(crate) fn copy_request() -> CopyRequest {
    CopyRequest {
        registration_id: registration_id(),
        initiator: official(),
        date: date(2026, 11, 26),
    }
}

pub(crate) fn card_request() -> CardRequest {
    CardRequest {
        applicant: name("Жаңабергенова", "Әсел-Гүлнәр", Some("Ұланқызы")),
        subject: name("Сидоров", "Щавель", Some("Ёлкович")),
        registration_id: registration_id(),
        initiator: official(),
        date: date(2026, 11, 26),
    }
}

pub(crate) fn locus(name: &str, alleles: Alleles) -> (LocusName, Alleles) {
    (LocusName::new(name).unwrap(), alleles)
}

pub(crate) fn two(a: (u8, u8), b: (u8, u8)) -> Alleles {
    Alleles::Two(Allele::new(a.0, a.1).unwrap(), Allele::new(b.0, b.1).unwrap())
}

/// Every named locus but TPOX, and further ones.
pub(crate) fn loci(further: &[&str]) -> Vec<(LocusName, Alleles)> {
    let named = [
        "D3S1358", "D1S1656", "D2S441", "D10S1248", "D13S317", "D16S539", "D18S51", "D2S1338",
        "CSF1PO", "TH01", "vWA", "D21S11", "D7S820", "D5S818", "D8S1179", "D12S391", "D19S433",
        "D22S1045", "FGA",
    ];
    let mut loci = vec![locus("Amel", Alleles::XY)];
    let names = named.iter().chain(further);
    loci.extend((10..).zip(names).map(|(n, name)| locus(name, two((n, 0), (n + 2, 3)))));
    loci[10].1 = Alleles::One(Allele::new(9, 3).unwrap());
    loci
}

pub(crate) fn dna_card() -> DnaCard {
    DnaCard {
        name: name("Әбдірахманұлы", "Мұхаммедәлі", Some("Қожахметұлы")),
        birth_date: date(1979, 8, 30).into(),
        citizenship: text("Қазақстан Республикасы"),
        birth_place: text("Қызылорда облысы, Арал қаласы"),
        iin: Some(Iin::new("990101100010").unwrap()),
        profile: DnaProfile::new(loci(&[])).unwrap(),
        official: Official {
            name: name("Іскендірова", "Һибатуллина", None),
            position: text("ІІМ Жедел-криминалистикалық департаментінің сарапшысы"),
        },
        date: date(2026, 11, 26),
    }
}

pub(crate) fn all() -> [Form; 5] {
    [
        Form::Refusal(refusal()),
        Form::Certificate(certificate()),
        Form::CopyRequest(copy_request()),
        Form::CardRequest(card_request()),
        Form::DnaCard(dna_card()),
    ]
}
