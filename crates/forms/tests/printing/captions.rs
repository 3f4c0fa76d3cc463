//! What is printed besides what is filled in: captions word by word, and the number of cells.

use crate::reader::{Line, cell_rows, letters, lines_above_the_footer, without_space};
use crate::{print, samples, variants};
use forms::{Form, FormCode};

const CAPTIONS: [(FormCode, &str); 5] = [
    (FormCode::Refusal, include_str!("../golden/1-1.txt")),
    (FormCode::Certificate, include_str!("../golden/3-1.txt")),
    (FormCode::CopyRequest, include_str!("../golden/3-2.txt")),
    (FormCode::CardRequest, include_str!("../golden/3-3.txt")),
    (FormCode::DnaCard, include_str!("../golden/4-1.txt")),
];

/// Titles are larger than anything else that is bold.
const TITLE_SIZE: u32 = 125;

fn check(form: &Form) {
    let (_, golden) = CAPTIONS.iter().find(|(code, _)| *code == form.code()).unwrap();
    let (title, captions) = golden.split_once('\n').unwrap();
    let lines = lines_above_the_footer(&print(form));
    let is_title = |line: &&Line| line.bold && line.size == TITLE_SIZE;
    assert_eq!(letters(lines.iter().filter(is_title)), without_space(title));
    assert_eq!(form.code().title(), title);
    assert_eq!(letters(lines.iter().filter(|line| !line.bold)), without_space(captions));
}

// Proves.
#[test]
fn every_form_prints_the_captions_of_the_decree_and_no_other_word() {
    for form in samples::all() {
        check(&form);
    }
}

#[test]
fn an_adult_who_refuses_for_himself_prints_the_same_captions() {
    check(&Form::Refusal(variants::refusal_for_himself()));
}

#[test]
fn captions_stand_in_words_that_a_reader_can_tell_apart() {
    let lines = lines_above_the_footer(&print(&Form::Refusal(samples::refusal())));
    for words in ["Мен, тегі/Я, фамилия", "туған күні/дата рождения", "Ескертпе/Примечание:"]
    {
        assert!(lines.iter().any(|line| line.text == words), "{words}");
    }
}

// Proves R-154.
#[test]
fn rows_have_the_cells_of_the_decree() {
    let date = [2, 2, 4];
    let declarant = [[11, 16, 8].as_slice(), &date, &[12]];
    let represented = [[15, 17, 9].as_slice(), &date, &[12]];
    let refusal = [declarant.concat(), represented.concat(), date.to_vec()].concat();
    let form = Form::Refusal(variants::refusal_with_short_names());
    assert_eq!(cell_rows(&print(&form)), refusal);
    let card = [[13, 14, 8].as_slice(), &date, &[12]].concat();
    let form = Form::DnaCard(variants::dna_card_with_short_names());
    assert_eq!(cell_rows(&print(&form)), card);
}
