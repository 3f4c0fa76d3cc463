//! Whatever is typed in: it is printed whole, or an error names what cannot be.

use crate::reader::{letters, lines_above_the_footer, without_space};
use crate::samples;
use forms::{Form, FormError, Name, PersonName, Text, ValueError};
use proptest::prelude::*;

/// Letters of Kazakh, Russian and Latin names, with what else names hold.
fn written_name() -> impl Strategy<Value = String> {
    const LETTERS: &str = "А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІіA-Za-zÀ-ž";
    proptest::string::string_regex(&format!("[{LETTERS}][{LETTERS} '’\u{301}\u{308}-]{{0,90}}"))
        .unwrap()
}

fn written_text() -> impl Strategy<Value = String> {
    prop_oneof!["[А-Яа-яәғқңөұүһіA-Za-z0-9 .,/№«»()-]{1,300}", any::<String>()]
}

/// Prints the form; whether it gave a PDF that has `values` in this order.
fn printed_whole(form: &Form, values: &[&str]) -> Result<bool, TestCaseError> {
    let pdf = match form.print(&samples::case(), samples::printed_at()) {
        Ok(pdf) => pdf,
        Err(FormError::Pdf { .. }) => return Err(TestCaseError::fail("not a PDF/A")),
        Err(error) => {
            for value in values.iter().filter(|value| value.chars().count() > 20) {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains(value));
            }
            return Ok(false);
        }
    };
    let lines = lines_above_the_footer(&pdf);
    let read = letters(lines.iter().filter(|line| line.bold));
    let mut rest = read.as_str();
    for value in values {
        let value = without_space(value);
        let Some(at) = rest.find(&value) else {
            return Err(TestCaseError::fail(format!("{value:?} is not in {rest:?}")));
        };
        rest = &rest[at + value.len()..];
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn names_are_printed_whole_or_refused(
        surname in written_name(),
        given_name in written_name(),
        patronymic in written_name(),
    ) {
        let [Ok(surname), Ok(given_name), Ok(patronymic)] =
            [surname, given_name, patronymic].map(|written| Name::new(&written))
        else {
            return Ok(());
        };
        let patronymic = Some(patronymic);
        let name = PersonName { surname, given_name, patronymic };
        let last = name.patronymic.as_ref().unwrap();
        let mut card = samples::dna_card();
        card.name = name.clone();
        let parts = [name.surname.as_str(), name.given_name.as_str(), last.as_str()];
        printed_whole(&Form::DnaCard(card), &parts)?;
        let mut request = samples::card_request();
        request.subject = name.clone();
        printed_whole(&Form::CardRequest(request), &[&name.full()])?;
    }

    #[test]
    fn texts_are_printed_whole_or_refused(reason in written_text(), body in written_text()) {
        let [Ok(reason), Ok(body)] = [reason, body].map(|written| Text::new(&written)) else {
            return Ok(());
        };
        let mut refusal = samples::refusal();
        refusal.reason = reason.clone();
        printed_whole(&Form::Refusal(refusal), &[reason.as_str()])?;
        let mut certificate = samples::certificate();
        certificate.authority = body.clone();
        printed_whole(&Form::Certificate(certificate), &[body.as_str()])?;
    }

    /// Any string: what is taken is one line, nothing of it invisible, and taken again unchanged.
    #[test]
    fn a_text_is_taken_once_and_for_all(written in any::<String>()) {
        match Text::new(&written) {
            Ok(text) => {
                let again = Text::new(text.as_str());
                prop_assert_eq!(again.as_ref().map(Text::as_str), Ok(text.as_str()));
                prop_assert!(!text.as_str().chars().any(char::is_control));
            }
            Err(ValueError::Empty) => prop_assert!(written.trim().is_empty()),
            Err(_) => {}
        }
    }
}

/// The strategies above mostly give what fits, or the properties would say nothing.
#[test]
fn usual_names_and_texts_fit() {
    let name = samples::name("Жаңабергенова-Құрманғазыева", "Әсел Гүлнәр", Some("Ұланқызы"));
    let mut card = samples::dna_card();
    card.name = name.clone();
    assert!(printed_whole(&Form::DnaCard(card), &["Жаңабергенова-Құрманғазыева"]).unwrap());
    let mut request = samples::card_request();
    request.applicant = name.clone();
    assert!(printed_whole(&Form::CardRequest(request), &[&name.full()]).unwrap());
}
