//! What must not be printed is refused, by an error that names form, clause and field.

use crate::samples::{self, date, name, text};
use forms::{
    Allele, Alleles, Date, DnaProfile, Form, FormCode, FormError, LocusName, Name, Place,
    RegistrationId,
};

fn error(form: Form) -> FormError {
    form.print(&samples::case(), samples::printed_at()).expect_err("must not be printed")
}

fn place(form: FormCode, field: &'static str) -> Place {
    Place { form, field }
}

fn too_long(form: Form, expected: Place) {
    let FormError::TooLong { place, length, limit } = error(form) else { panic!("{expected}") };
    assert_eq!(place, expected);
    assert!(length > limit && limit > 20, "{place}: {length} of {limit}");
}

fn long_name() -> Name {
    Name::new(&"Ұ".repeat(100)).unwrap()
}

#[test]
fn a_value_longer_than_its_field_is_refused_by_name_and_never_cut() {
    let of = |change: fn(&mut forms::Refusal)| {
        let mut form = samples::refusal();
        change(&mut form);
        Form::Refusal(form)
    };
    let long = || text(&"ғылым ".repeat(66));
    let at = |field| place(FormCode::Refusal, field);
    too_long(of(|f| f.addressee = text(&"ғ".repeat(100))), at("addressee"));
    too_long(of(|f| f.declarant.name.surname = long_name()), at("declarant.surname"));
    too_long(of(|f| f.declarant.name.given_name = long_name()), at("declarant.given_name"));
    too_long(of(|f| f.declarant.name.patronymic = Some(long_name())), at("declarant.patronymic"));
    too_long(of(|f| f.declarant.citizenship = text(&"ғ".repeat(200))), at("declarant.citizenship"));
    too_long(
        of(|f| f.declarant.document.issuer = text(&"ғ ".repeat(200))),
        at("declarant.document"),
    );
    too_long(of(|f| f.reason = text(&"ғылым ".repeat(66))), at("refusal_reason"));
    let mut form = samples::refusal();
    form.representation.as_mut().unwrap().basis = long();
    too_long(Form::Refusal(form), at("representation.basis"));
    let mut form = samples::certificate();
    form.authority = long();
    too_long(Form::Certificate(form), place(FormCode::Certificate, "authority_name"));
    let mut form = samples::copy_request();
    form.initiator.position = long();
    too_long(Form::CopyRequest(form), place(FormCode::CopyRequest, "initiator"));
    let mut form = samples::card_request();
    form.subject.surname = Name::new(&"Ұ".repeat(200)).unwrap();
    too_long(Form::CardRequest(form), place(FormCode::CardRequest, "subject.full_name"));
    let mut form = samples::dna_card();
    form.birth_place = long();
    too_long(Form::DnaCard(form), place(FormCode::DnaCard, "birth_place"));
}

/// The limit that the error names is the truth: that many fit, one more does not.
#[test]
fn the_limit_of_a_row_of_cells_is_exact() {
    let print = |letters: usize| {
        let mut form = samples::dna_card();
        form.name.surname = Name::new(&"Ұ".repeat(letters)).unwrap();
        Form::DnaCard(form).print(&samples::case(), samples::printed_at())
    };
    let Err(FormError::TooLong { limit, .. }) = print(100) else { panic!("100 letters fit") };
    assert!(print(limit).is_ok());
    let (place, length) = (place(FormCode::DnaCard, "surname"), limit + 1);
    assert_eq!(print(limit + 1), Err(FormError::TooLong { place, length, limit }));
}

#[test]
fn fields_that_fit_alone_but_not_together_are_refused_by_their_side() {
    let mut form = samples::refusal();
    let long = Name::new(&"Ұ".repeat(60)).unwrap();
    let persons = [&mut form.declarant, &mut form.representation.as_mut().unwrap().represented];
    for person in persons {
        person.name.surname = long.clone();
        person.name.given_name = long.clone();
        person.name.patronymic = Some(long.clone());
    }
    let expected = FormError::SideFull { form: FormCode::Refusal, side: 1 };
    assert_eq!(error(Form::Refusal(form)), expected);
}

#[test]
fn a_letter_that_the_font_lacks_is_refused_and_not_printed_as_a_box() {
    let mut form = samples::certificate();
    form.name = name("Кім", "金哲", None);
    let place = place(FormCode::Certificate, "full_name");
    let expected = FormError::Unprintable { place, position: 5 };
    assert_eq!(error(Form::Certificate(form)), expected);
}

#[test]
fn a_refusal_without_its_acknowledgements_or_the_copy_is_refused() {
    let at = |field| place(FormCode::Refusal, field);
    let mut form = samples::refusal();
    form.service_acknowledged = false;
    let expected = FormError::NotAcknowledged { place: at("ack_service") };
    assert_eq!(error(Form::Refusal(form)), expected);
    let mut form = samples::refusal();
    form.liability_acknowledged = false;
    let expected = FormError::NotAcknowledged { place: at("ack_liability") };
    assert_eq!(error(Form::Refusal(form)), expected);
    let mut form = samples::refusal();
    form.representation.as_mut().unwrap().copy_attached = false;
    let expected = FormError::CopyMissing { place: at("representation.copy") };
    assert_eq!(error(Form::Refusal(form)), expected);
}

#[test]
fn a_signature_before_the_case_is_refused() {
    let eve = date(2026, 11, 23);
    let before = |form, field| FormError::BeforeTheCase { place: place(form, field) };
    let mut form = samples::refusal();
    form.signed = eve;
    assert_eq!(error(Form::Refusal(form)), before(FormCode::Refusal, "signature_1_date"));
    let mut form = samples::refusal();
    form.signed_again = eve;
    assert_eq!(error(Form::Refusal(form)), before(FormCode::Refusal, "signature_2_date"));
    let mut form = samples::copy_request();
    form.date = eve;
    assert_eq!(error(Form::CopyRequest(form)), before(FormCode::CopyRequest, "date"));
    let mut form = samples::card_request();
    form.date = eve;
    assert_eq!(error(Form::CardRequest(form)), before(FormCode::CardRequest, "date"));
    let mut form = samples::dna_card();
    form.date = eve;
    assert_eq!(error(Form::DnaCard(form)), before(FormCode::DnaCard, "date"));
}

#[test]
fn a_year_that_the_printed_20_would_falsify_is_refused() {
    let mut form = samples::copy_request();
    form.date = Date::new(2126, 11, 26).unwrap();
    let expected = FormError::Century { place: place(FormCode::CopyRequest, "date") };
    assert_eq!(error(Form::CopyRequest(form)), expected);
}

#[test]
fn the_card_takes_33_loci_besides_the_named_ones_and_refuses_more() {
    let one = Alleles::One(Allele::new(12, 0).unwrap());
    let card = |count: usize| {
        let names = (0..count).map(|i| LocusName::new(&format!("Y{i}")).unwrap());
        let mut form = samples::dna_card();
        form.profile = DnaProfile::new(names.map(|name| (name, one)).collect()).unwrap();
        Form::DnaCard(form).print(&samples::case(), samples::printed_at())
    };
    assert!(card(33).is_ok());
    let place = place(FormCode::DnaCard, "loci");
    assert_eq!(card(34), Err(FormError::TooManyLoci { place, count: 34, limit: 33 }));
}

/// Mandatory fields are no options, so a form without one cannot be put together; what remains is
/// a value that says nothing.
#[test]
fn an_empty_value_is_none() {
    use forms::ValueError::{Empty, RegistrationId as NoId};
    for blank in ["", " ", "\u{a0}\u{2003}"] {
        assert_eq!(Name::new(blank), Err(Empty));
        assert_eq!(forms::Text::new(blank), Err(Empty));
        assert_eq!(RegistrationId::new(blank), Err(NoId));
    }
}

#[test]
fn an_error_names_form_clause_and_field_and_no_value() {
    let mut form = samples::refusal();
    form.declarant.name.surname = long_name();
    let error = error(Form::Refusal(form));
    let shown = error.to_string();
    assert!(shown.starts_with("form 1-1 (clause 21-3), declarant.surname: 100 "), "{shown}");
    assert!(!format!("{shown} {error:?}").contains('Ұ'));
}

#[test]
fn debug_output_of_a_form_holds_nothing_of_a_person() {
    let case = samples::case();
    for form in samples::all() {
        let shown = format!("{form:?} {:?} {:?}", form.fields(), form.seal(&case));
        for field in form.fields() {
            let personal = !matches!(field.name, "date" | "capture_date" | "signature_1_date")
                && field.value.chars().count() > 3;
            assert!(!personal || !shown.contains(&field.value), "{} in {shown}", field.name);
        }
        assert!(!shown.contains("1984") && !shown.contains("2021"), "{shown}");
        assert!(!shown.contains(&form.seal(&case).digest_hex()));
    }
}
