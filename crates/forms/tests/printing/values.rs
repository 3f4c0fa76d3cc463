//! What is filled in comes back from the PDF, in the order of the form.

use crate::reader::{Line, letters, lines_above_the_footer, without_space};
use crate::samples::{self, name};
use crate::{print, variants};
use forms::{Form, Name};

const VALUE_SIZES: std::ops::RangeInclusive<u32> = 60..=110;

/// What is filled in, line by line.
fn filled(form: &Form) -> Vec<Line> {
    let lines = lines_above_the_footer(&print(form));
    lines.into_iter().filter(|line| line.bold && VALUE_SIZES.contains(&line.size)).collect()
}

fn check(form: Form, expected: &[&str]) {
    let read: Vec<String> = filled(&form).into_iter().map(|line| line.text).collect();
    assert_eq!(read, expected);
}

// Proves R-154.
#[test]
fn a_refusal_by_a_representative_reads_back() {
    check(
        Form::Refusal(samples::refusal()),
        &[
            "Алматы қ. ПД Көші-қон қызметі",
            "басқармасының бастығы Б. Ү. Һәкімовке",
            "Жаңабергенова",
            "Әсел-Гүлнәр",
            "Ұланқызы",
            "09",
            "03",
            "1984",
            "Қырғыз Республикасы",
            "990101100010",
            "ұлттық паспорт",
            "AC 1234567, Қырғыз Республикасының ІІМ, 17.05.2021",
            "2026 жылғы 3 ақпандағы № 17/2026",
            "қорғаншылық туралы сот шешімі",
            "Ким-Тё",
            "Алёша Фёдор",
            "04",
            "2009",
            "азаматтығы жоқ",
            "азаматтығы жоқ адамның куәлігі",
            "N00012345, Қырғыз Республикасының ІІМ, 17.05.2021",
            "діни наным-сенімдерге байланысты / по религиозным убеждениям",
            "26",
            "11",
            "2026",
            "27.11.2026",
        ],
    );
}

#[test]
fn who_refuses_for_himself_leaves_the_representation_blank() {
    check(
        Form::Refusal(variants::refusal_for_himself()),
        &[
            "Алматы қ. ПД Көші-қон қызметі",
            "басқармасының бастығы Б. Ү. Һәкімовке",
            "Жаңабергенова",
            "Әсел-Гүлнәр",
            "Ұланқызы",
            "09",
            "03",
            "1984",
            "Қырғыз Республикасы",
            "990101100010",
            "ұлттық паспорт",
            "AC 1234567, Қырғыз Республикасының ІІМ, 17.05.2021",
            "діни наным-сенімдерге байланысты / по религиозным убеждениям",
            "26",
            "11",
            "2026",
            "27.11.2026",
        ],
    );
}

// Proves.
#[test]
fn a_certificate_reads_back() {
    check(
        Form::Certificate(samples::certificate()),
        &[
            "Nguyễn Thị Ánh, 01.12.1990",
            "990101100111",
            "004815162342",
            "Алматы қаласы Полиция департаментінің Көші-қон қызметі",
            "басқармасы",
            "аға инспектор, полиция капитаны, Өтегенұлы Ғалымжан",
            "Құрманғазыұлы, 25.11.2026",
        ],
    );
}

#[test]
fn a_request_for_a_copy_reads_back() {
    check(
        Form::CopyRequest(samples::copy_request()),
        &[
            "004815162342",
            "Өтегенұлы Ғ. Қ., көші-қон қызметінің аға инспекторы",
            "26",
            "26",
            "қараша",
        ],
    );
}

#[test]
fn a_request_for_a_card_reads_back() {
    check(
        Form::CardRequest(samples::card_request()),
        &[
            "Жаңабергенова Әсел-Гүлнәр Ұланқызы",
            "Сидоров ",
            "Щавель Ёлкович",
            "004815162342",
            "Өтегенұлы Ғ. Қ., көші-қон қызметінің аға инспекторы",
            "26",
            "26",
            "қараша",
        ],
    );
}

// Proves.
#[test]
fn a_dna_card_reads_back() {
    let alleles = [
        "X, Y", "10, 12.3", "11, 13.3", "12, 14.3", "13, 15.3", "14, 16.3", "15, 17.3", "16, 18.3",
        "17, 19.3", "18, 20.3", "9.3", "20, 22.3", "21, 23.3", "22, 24.3", "23, 25.3", "24, 26.3",
        "25, 27.3", "26, 28.3", "27, 29.3", "28, 30.3",
    ];
    let person = [
        "Әбдірахманұлы",
        "Мұхаммедәлі",
        "Қожахметұлы",
        "30",
        "08",
        "1979",
        "Қазақстан Республикасы",
        "Қызылорда облысы, Арал қаласы",
        "990101100010",
    ];
    let official = [
        "Іскендірова Һ., ІІМ Жедел-криминалистикалық",
        "департаментінің сарапшысы",
        "26",
        "26",
        "қараша/ноября",
    ];
    let expected = [person.as_slice(), &alleles, &official].concat();
    check(Form::DnaCard(samples::dna_card()), &expected);
}

// Proves R-156.
#[test]
fn a_locus_that_the_form_does_not_name_takes_an_asterisk_and_one_not_typed_stays_blank() {
    let mut card = samples::dna_card();
    card.profile = variants::profile_with_further_loci();
    let lines = lines_above_the_footer(&print(&Form::DnaCard(card)));
    let at = |text: &str| lines.iter().position(|line| line.text == text).unwrap();
    assert_eq!(lines[at("* SE33") + 1].text, "29, 31.3");
    assert_eq!(lines[at("* Penta-E") + 1].text, "30, 32.3");
    let asterisks = lines.iter().filter(|line| line.text == "*").count();
    assert_eq!(asterisks, 4, "six spare cells, two of them used");
    assert!(!lines[at("TPOX") + 1].bold, "TPOX was not typed");
}

#[test]
fn a_reader_that_knows_no_replacement_text_gets_the_same_letters() {
    for form in samples::all() {
        for line in filled(&form) {
            assert_eq!(line.by_glyphs, line.text);
        }
    }
}

// Proves R-152.
#[test]
fn every_kazakh_letter_survives_in_a_name_and_in_a_text() {
    let mut card = samples::dna_card();
    card.name = name("Әғқңөұүһі", "ӘҒҚҢӨҰҮҺІ", Some("әҒқҢөҰү"));
    card.citizenship = samples::text("Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі");
    let read = filled(&Form::DnaCard(card));
    let texts: Vec<&str> = read.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts[..3], ["Әғқңөұүһі", "ӘҒҚҢӨҰҮҺІ", "әҒқҢөҰү"]);
    assert_eq!(texts[6], "Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі");
}

#[test]
fn combining_marks_stay_with_their_letters() {
    let mut card = samples::dna_card();
    card.name = name("Го\u{301}рький", "Ю\u{308}-А\u{304}я", None);
    let read = filled(&Form::DnaCard(card));
    assert_eq!(read[0].text, "Го\u{301}рький");
    assert_eq!(read[1].text, "Ю\u{308}-А\u{304}я");
    let pitch = f64::from(read[0].last - read[0].left) / 6.0;
    assert!((pitch - 15.9).abs() < 1.0, "seven cells for seven letters, {pitch} points apart");
}

// Proves R-153.
#[test]
fn a_name_longer_than_its_cells_goes_on_below_and_nothing_of_it_is_lost() {
    let long = "Әлмұхаммедсұлтанғалиқызы-Құрманғазыбайтегі ибн Һашім әл-Өтейбі";
    let mut card = samples::dna_card();
    card.name.surname = Name::new(long).unwrap();
    let read = filled(&Form::DnaCard(card));
    let below = read.iter().position(|line| line.text == "Мұхаммедәлі").unwrap();
    assert!(below > 1, "more than one row");
    assert_eq!(letters(&read[..below]), without_space(long));
    assert!(read[1].baseline > read[0].baseline);
    assert!(read.iter().all(|line| line.last < 553), "left of the margin");
}

#[test]
fn a_birth_date_is_printed_as_far_as_it_is_known() {
    let mut card = samples::dna_card();
    card.birth_date = forms::BirthDate::partial(1979, None).unwrap();
    let read = filled(&Form::DnaCard(card));
    assert_eq!(read[3].text, "1979");
    assert_eq!(read[4].text, "Қазақстан Республикасы");
}
