//! The prints of an encounter have one form.

use crate::hostile::with_section;
use crate::prints::{any_template, scattered};
use formats::template::encounter::{Encounter, EncounterError, PRINTS_MAX};
use formats::template::private;
use proptest::collection::vec;
use proptest::prelude::*;
use vocabulary::{Template, TemplateHeader};

fn of_version(print: &Template, version: u16) -> Template {
    let mut header: TemplateHeader = *print.header();
    header.extractor.0 = version;
    Template::new(header, print.minutiae().to_vec(), print.ridge_flow().cloned()).unwrap()
}

fn of_version_1(prints: &[Template]) -> Vec<Template> {
    prints.iter().map(|print| of_version(print, 1)).collect()
}

#[test]
fn prints_of_two_extractors_are_no_encounter() {
    let prints = vec![scattered(2, 4), of_version(&scattered(3, 4), 2)];
    let mixed = EncounterError::Mixed { first: 1, second: 2 };
    let bytes: Vec<u8> = prints.iter().flat_map(private::encode).collect();
    assert_eq!(Encounter::decode(&bytes), Err(mixed.clone()));
    assert_eq!(Encounter::new(prints), Err(mixed));
}

#[test]
fn nobody_and_a_crowd_are_no_encounter() {
    assert_eq!(Encounter::new(Vec::new()), Err(EncounterError::Empty));
    assert_eq!(Encounter::decode(&[]), Err(EncounterError::Empty));
    let crowd: Vec<Template> = (0..=PRINTS_MAX).map(|n| scattered(2, n)).collect();
    assert_eq!(Encounter::new(crowd[1..].to_vec()).unwrap().prints().len(), PRINTS_MAX);
    assert_eq!(Encounter::new(crowd), Err(EncounterError::TooMuch));
}

#[test]
fn what_this_release_would_lose_is_refused() {
    let error = Encounter::decode(&with_section(3, &[1, 2, 3]));
    assert_eq!(error, Err(EncounterError::Unknown));
}

#[test]
fn prints_of_one_finger_are_numbered() {
    let prints = vec![scattered(7, 4), scattered(2, 4), scattered(2, 5), scattered(2, 4)];
    let encounter = Encounter::new(prints).unwrap();
    let labels = encounter.labels();
    let labels: Vec<_> = labels.iter().map(|(p, label)| (p.code(), label.as_str())).collect();
    assert_eq!(labels, [(2, "1"), (2, "2"), (7, "1")]);
}

proptest! {
    #[test]
    fn an_encounter_reads_back_whatever_the_order_of_its_prints(
        prints in vec(any_template(12), 1..6),
    ) {
        let mut prints = of_version_1(&prints);
        let encounter = Encounter::new(prints.clone()).unwrap();
        prints.reverse();
        prop_assert_eq!(&Encounter::new(prints).unwrap(), &encounter);
        prop_assert_eq!(Encounter::decode(&encounter.encode()), Ok(encounter));
    }

    #[test]
    fn prints_out_of_order_or_twice_are_refused(
        one in any_template(12), two in any_template(12),
    ) {
        let prints = of_version_1(&[one, two]);
        let encounter = Encounter::new(prints).unwrap();
        let mut parts: Vec<Vec<u8>> = encounter.prints().iter().map(private::encode).collect();
        parts.reverse();
        parts.push(parts[0].clone());
        prop_assert_eq!(Encounter::decode(&parts.concat()), Err(EncounterError::Order));
    }

    #[test]
    fn a_flipped_bit_is_noticed(prints in vec(any_template(4), 1..4), at: prop::sample::Index) {
        let mut bytes = Encounter::new(of_version_1(&prints)).unwrap().encode();
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Encounter::decode(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_an_encounter_or_none(bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(encounter) = Encounter::decode(&bytes) {
            prop_assert_eq!(encounter.encode(), bytes);
        }
    }
}
