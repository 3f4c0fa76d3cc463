//! What a record holds (13 to 14-3).

use crate::values::*;
use crate::world::*;
use jiff::civil::date;
use registry::*;

/// A case with its capture, ready for fields.
fn captured(category: Category) -> World {
    let mut world = World::new();
    world.order("case", "person", category);
    let capture = capture(category);
    let submit = Command::SubmitCapture { case: id("case"), order: 1, capture };
    world.give(&World::officer_of(category), submit);
    world
}

fn fill(fields: Fields) -> Command {
    Command::FillFields { case: id("case"), fields, cannot_sign: None }
}

/// Closes the record with these fields.
fn finish(category: Category, fields: Fields) -> Result<World, Denied> {
    let officer = World::officer_of(category);
    let mut world = captured(category);
    world.give(&officer, fill(fields));
    let envelope = world.envelope(&officer, finalize("case", "subject"));
    match world.registry.apply(&envelope) {
        Ok(_) => Ok(world),
        Err(refused) => {
            assert_eq!(world.case("case").state, CaseState::Ordered);
            Err(refused.denied)
        }
    }
}

fn mandatory(category: Category) -> Vec<Field> {
    fields(category).keys().copied().collect()
}

// Proves.
#[test]
fn a_record_is_closed_only_with_every_mandatory_field_of_its_clause() {
    for category in Category::ALL.iter().copied() {
        assert!(finish(category, fields(category)).is_ok(), "{category}");
        for field in mandatory(category) {
            let mut lacking = fields(category);
            lacking.remove(&field);
            let denied = finish(category, lacking).err().unwrap();
            // Without the act nobody knows of a ban, so only the act is missing.
            let ban = field == Field::Expulsion;
            let expected = Denied::MissingFields { fields: vec![field] };
            assert!(denied == expected, "{category} {field} {ban} {denied:?}");
        }
        let denied = finish(category, Fields::new()).err().unwrap();
        let Denied::MissingFields { fields } = denied else { panic!("{denied:?}") };
        let mut expected = mandatory(category);
        expected.retain(|field| *field != Field::EntryBanUntil);
        let mut sorted = fields;
        sorted.sort();
        assert_eq!(sorted, expected);
    }
}

// Proves.
#[test]
fn a_field_of_another_clause_is_refused_and_never_stored() {
    for category in Category::ALL.iter().copied() {
        let own: Vec<Field> = fields(category).into_keys().collect();
        for other in Category::ALL.iter().copied() {
            for (field, value) in fields(other) {
                if own.contains(&field) {
                    continue;
                }
                let mut world = captured(category);
                let command = fill(Fields::from([(field, value)]));
                let denied = world.refuse(&World::officer_of(category), command);
                assert_eq!(denied, Denied::FieldNotInClause { field }, "{category}");
            }
        }
        let ethnicity = Fields::from([(Field::Ethnicity, Value::Line(text("қазақ")))]);
        let officer = World::officer_of(category);
        let thirteen = RuleSet::decree_246().field_set(category).clause == "13";
        let mut world = captured(category);
        if thirteen {
            world.give(&officer, fill(ethnicity));
            assert!(world.case("case").draft.contains_key(&Field::Ethnicity));
        } else {
            let denied = world.refuse(&officer, fill(ethnicity));
            assert_eq!(denied, Denied::FieldNotInClause { field: Field::Ethnicity });
        }
    }
}

// Proves R-022.
#[test]
fn ethnicity_may_stay_empty() {
    assert!(!fields(Category::C1).contains_key(&Field::Ethnicity));
    assert!(finish(Category::C1, fields(Category::C1)).is_ok());
}

// Proves R-021.
#[test]
fn a_patronymic_is_there_if_and_only_if_the_document_shows_it() {
    for category in Category::ALL.iter().copied() {
        for (shown, given, fits) in
            [(true, true, true), (false, false, true), (true, false, false), (false, true, false)]
        {
            let mut fields = fields(category);
            let document = IdentityDocument { shows_patronymic: shown, ..document() };
            fields.insert(Field::IdentityDocument, Value::Document(document));
            if given {
                fields.insert(Field::Patronymic, Value::Name(text("Ахметұлы")));
            }
            match finish(category, fields) {
                Ok(_) => assert!(fits),
                Err(denied) => assert_eq!((denied, fits), (Denied::Patronymic, false)),
            }
        }
    }
}

// Proves.
#[test]
fn a_number_is_optional_and_a_contradicting_one_is_acknowledged() {
    assert!(finish(Category::C1, fields(Category::C1)).is_ok());
    let number = |text: &str| Value::Iin(Iin::new(text).unwrap());
    let with = |iin: Value| {
        let mut fields = fields(Category::C1);
        fields.insert(Field::Iin, iin);
        fields
    };
    // Born in 1899 by the number, in 1990 by the document.
    let contradicting = with(number("990101100010"));
    assert_eq!(finish(Category::C1, contradicting.clone()).err(), Some(Denied::NotAcknowledged));
    let mut world = captured(Category::C1);
    world.give(&migration(), fill(contradicting));
    let finalize =
        Command::Finalize { case: id("case"), subject: id("subject"), acknowledged: true };
    world.give(&migration(), finalize);
    // 14 March 1990, male.
    let agreeing = (0..10).find_map(|x| Iin::new(&format!("90031430010{x}")).ok()).unwrap();
    assert!(finish(Category::C1, with(Value::Iin(agreeing))).is_ok());
}

// Proves R-027.
#[test]
fn a_signature_may_lack_with_a_reason() {
    let mut unsigned = fields(Category::C1);
    unsigned.remove(&Field::HolderSignature);
    let mut world = captured(Category::C1);
    let cannot_sign = Some(text("қолы сынған"));
    let command = Command::FillFields { case: id("case"), fields: unsigned, cannot_sign };
    world.give(&migration(), command);
    world.give(&migration(), finalize("case", "subject"));
}

// Proves R-028.
#[test]
fn impossible_dates_are_refused_when_they_are_typed() {
    let cases = [
        (Category::C1, Field::IdentityDocument),
        (Category::C7, Field::Visa),
        (Category::C6, Field::PriorPermission),
    ];
    for (category, field) in cases {
        let future = match fields(category).remove(&field).unwrap() {
            Value::Document(d) => {
                Value::Document(IdentityDocument { issued: date(2026, 11, 27), ..d })
            }
            Value::Visa(v) => Value::Visa(VisaDates { issued: date(2026, 11, 27), ..v }),
            Value::Permission(p) => {
                Value::Permission(PriorPermission { issued: date(2028, 1, 1), ..p })
            }
            other => other,
        };
        let mut world = captured(category);
        let command = fill(Fields::from([(field, future)]));
        let denied = world.refuse(&World::officer_of(category), command);
        assert_eq!(denied, Denied::Dates { field });
    }
}

// Proves R-019.
#[test]
fn a_ban_is_recorded_if_and_only_if_a_court_set_one() {
    let ban = |until| Value::Day(until);
    let with = |bans: bool, until: Option<Value>| {
        let mut fields = fields(Category::C8);
        fields.remove(&Field::EntryBanUntil);
        fields.insert(Field::Expulsion, expulsion(bans));
        fields.extend(until.map(|until| (Field::EntryBanUntil, until)));
        finish(Category::C8, fields).map(drop)
    };
    let dates = Denied::Dates { field: Field::EntryBanUntil };
    assert_eq!(with(true, Some(ban(date(2031, 12, 1)))), Ok(()));
    assert_eq!(with(true, Some(ban(date(2026, 12, 1)))), Err(dates.clone()));
    let missing = Denied::MissingFields { fields: vec![Field::EntryBanUntil] };
    assert_eq!(with(true, None), Err(missing));
    assert_eq!(with(false, None), Ok(()));
    assert_eq!(with(false, Some(ban(date(2031, 12, 1)))), Err(dates));
    // Readmission under a treaty needs no court act.
    let mut readmitted = fields(Category::C8);
    readmitted.remove(&Field::EntryBanUntil);
    let decision = Removal::Readmission { decision: text("шешім 7"), date: date(2026, 11, 1) };
    readmitted.insert(Field::Expulsion, Value::Removal(decision));
    assert!(finish(Category::C8, readmitted).is_ok());
}

// Proves.
#[test]
fn officer_date_and_basis_come_from_the_system_and_cannot_be_typed() {
    for category in Category::ALL.iter().copied() {
        let officer = World::officer_of(category);
        let mut world = captured(category);
        for (field, value) in [
            (Field::Officer, Value::Officer(officer.name.clone())),
            (Field::RegistrationDate, Value::Moment(world.now)),
            (Field::Fingerprints, Value::Prints),
            (Field::BirthDate, Value::BirthDate(born(category))),
            (Field::Citizenship, Value::Citizenship(citizenship(category))),
        ] {
            let denied = world.refuse(&officer, fill(Fields::from([(field, value)])));
            assert_eq!(denied, Denied::SetBySystem { field });
        }
        world.give(&officer, fill(fields(category)));
        world.give(&officer, finalize("case", "subject"));
        world.later(1);
        let verdict = world.searched("case", &[]);
        world.give(&system(Role::Engine), verdict);
        let record = world.person("person").registration.as_ref().unwrap().latest();
        let of = |field: Field| record.fields.get(&field).cloned();
        assert_eq!(of(Field::Officer), Some(Value::Officer(officer.name.clone())));
        assert_eq!(of(Field::RegistrationDate), Some(Value::Moment(world.now)));
        let Some(Value::Basis(basis)) = of(Field::RegistrationBasis) else { panic!() };
        assert_eq!(basis.category, category);
        assert_eq!(
            Some(basis.clause.as_str()),
            RuleSet::decree_246().category(category).basis(officer.body.kind)
        );
        assert_eq!(basis.case_number, "case");
        // Nothing but the clause's set is stored.
        let rules = RuleSet::decree_246();
        for field in record.fields.keys() {
            assert!(rules.field_set(category).need(*field).is_some(), "{category} {field}");
        }
    }
}

// Proves R-152.
#[test]
fn kazakh_letters_are_stored_as_they_were_written() {
    let world = finish(Category::C1, fields(Category::C1)).ok().unwrap();
    let Some(Value::Name(name)) = world.case("case").draft.get(&Field::Surname) else { panic!() };
    assert_eq!((name.as_str(), name.original()), ("Әбдіғани", "Әбдіғани"));
}
