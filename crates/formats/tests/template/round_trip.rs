//! What survives writing and reading.

use crate::prints::{any_template, header, scattered};
use formats::template::{
    MAX_VIEW_MINUTIAE, TemplateError, TemplateFormat, UNREPORTED_QUALITY, decode, encode, private,
    sniff,
};
use proptest::prelude::*;
use vocabulary::{
    Direction, ExtractorVersion, ImpressionType, Minutia, MinutiaKind, Template, TemplateHeader,
};

const INTERCHANGE: [TemplateFormat; 4] = [
    TemplateFormat::Iso2005,
    TemplateFormat::Iso2011,
    TemplateFormat::Ansi2004,
    TemplateFormat::Ansi2009,
];

/// Largest error of an angle in 1/65536 turn: half a unit of the format, rounded up.
fn angle_error_max(format: TemplateFormat) -> u16 {
    match format {
        TemplateFormat::Iso2005 | TemplateFormat::Iso2011 => 128,
        _ => 183,
    }
}

proptest! {
    #[test]
    fn the_private_format_keeps_everything(template in any_template(300)) {
        let bytes = private::encode(&template);
        prop_assert_eq!(sniff(&bytes), Some(TemplateFormat::Private));
        prop_assert_eq!(&private::decode(&bytes).unwrap(), &template);
        prop_assert_eq!(decode(&bytes).unwrap(), vec![template]);
    }

    #[test]
    fn every_record_is_recognized_as_what_it_was_written_as(
        templates in prop::collection::vec(any_template(3), 1..=12),
    ) {
        for format in TemplateFormat::ALL {
            let bytes = encode(format, &templates).unwrap();
            prop_assert_eq!(sniff(&bytes), Some(format));
            prop_assert_eq!(decode(&bytes).unwrap().len(), templates.len());
        }
    }

    #[test]
    fn a_minutia_moves_by_half_a_pixel_and_half_an_angle_unit_at_most(
        x_16 in 0u16..4792, y_16 in 0u16..6392, direction: u16, reliability in 1u8..=100,
    ) {
        let direction = Direction::from_turns_65536(direction);
        let kind = MinutiaKind::Bifurcation;
        let before = Minutia::new(x_16, y_16, direction, kind, reliability).unwrap();
        let template = Template::new(header(2, 300, 400), vec![before], None).unwrap();
        for format in INTERCHANGE {
            let read = decode(&encode(format, std::slice::from_ref(&template)).unwrap()).unwrap();
            let after = read[0].minutiae()[0];
            prop_assert!(after.x_16().abs_diff(x_16) <= 8 && after.y_16().abs_diff(y_16) <= 8);
            let turned = after.direction().difference(direction).unsigned_abs();
            prop_assert!(turned <= angle_error_max(format), "{} by {}", format, turned);
            prop_assert_eq!((after.kind(), after.reliability()), (kind, reliability));
        }
    }

    #[test]
    fn what_was_read_is_written_without_further_loss(
        templates in prop::collection::vec(any_template(40), 1..=5),
    ) {
        for format in INTERCHANGE {
            let read = decode(&encode(format, &templates).unwrap()).unwrap();
            let again = decode(&encode(format, &read).unwrap()).unwrap();
            prop_assert_eq!(&again, &read, "{}", format);
        }
    }
}

#[test]
fn the_best_255_minutiae_are_exported_and_the_private_format_keeps_the_rest() {
    let template = scattered(1, 600);
    for format in INTERCHANGE {
        let read = decode(&encode(format, std::slice::from_ref(&template)).unwrap()).unwrap();
        assert_eq!(read[0].minutiae().len(), MAX_VIEW_MINUTIAE);
        let worst_kept = read[0].minutiae()[MAX_VIEW_MINUTIAE - 1].reliability();
        assert_eq!(worst_kept, template.minutiae()[MAX_VIEW_MINUTIAE - 1].reliability());
        assert!(worst_kept > 1);
    }
    assert_eq!(private::decode(&private::encode(&template)).unwrap().minutiae().len(), 600);
}

#[test]
fn the_header_survives_and_the_template_is_marked_as_foreign() {
    for format in INTERCHANGE {
        let read = decode(&encode(format, &[scattered(7, 5)]).unwrap()).unwrap();
        let foreign =
            TemplateHeader { extractor: ExtractorVersion::FOREIGN, ..*scattered(7, 5).header() };
        assert_eq!(*read[0].header(), foreign, "{format}");
    }
}

#[test]
fn views_are_written_finger_by_finger_in_their_order() {
    let templates = [scattered(8, 1), scattered(2, 2), scattered(8, 3), scattered(2, 4)];
    for format in INTERCHANGE {
        let read = decode(&encode(format, &templates).unwrap()).unwrap();
        let order: Vec<_> =
            read.iter().map(|t| (t.header().position.code(), t.minutiae().len())).collect();
        assert_eq!(order, [(2, 2), (2, 4), (8, 1), (8, 3)], "{format}");
    }
}

#[test]
fn plain_thumbs_become_thumbs_and_slaps_become_unknown() {
    let fold = |code| {
        let record = encode(TemplateFormat::Iso2011, &[scattered(code, 1)]).unwrap();
        decode(&record).unwrap()[0].header().position.code()
    };
    assert_eq!([10, 11, 12, 13, 17].map(fold), [10, 1, 6, 0, 0]);
}

#[test]
fn a_contactless_print_stays_so_where_the_format_has_a_byte_for_it() {
    let contactless =
        scattered(2, 1).relabeled(vocabulary::FingerPosition::UNKNOWN, ImpressionType(24));
    let impression = |format| {
        let record = encode(format, std::slice::from_ref(&contactless)).unwrap();
        decode(&record).unwrap()[0].header().impression.0
    };
    assert_eq!(INTERCHANGE.map(impression), [0, 24, 0, 24]);
}

#[test]
fn a_print_without_minutiae_is_a_record_too() {
    for format in TemplateFormat::ALL {
        let read = decode(&encode(format, &[scattered(3, 0)]).unwrap()).unwrap();
        assert_eq!(read[0].minutiae().len(), 0, "{format}");
    }
}

#[test]
fn unreported_reliabilities_are_written_as_unreported_again() {
    let mut unreported = *scattered(2, 0).header();
    unreported.extractor = ExtractorVersion::FOREIGN;
    let minutia =
        Minutia::new(160, 160, Direction::default(), MinutiaKind::Ending, UNREPORTED_QUALITY)
            .unwrap();
    let foreign = Template::new(unreported, vec![minutia], None).unwrap();
    let record = encode(TemplateFormat::Iso2005, std::slice::from_ref(&foreign)).unwrap();
    assert_eq!(record[33], 0, "quality byte of the only minutia");
    let record = encode(TemplateFormat::Ansi2009, std::slice::from_ref(&foreign)).unwrap();
    assert_eq!(record[43], 254, "quality byte of the only minutia");
    unreported.extractor = ExtractorVersion(1);
    let own = Template::new(unreported, vec![minutia], None).unwrap();
    let record = encode(TemplateFormat::Iso2005, &[own]).unwrap();
    assert_eq!(record[33], UNREPORTED_QUALITY);
}

#[test]
fn the_worst_reliability_is_not_written_as_unreported() {
    let worst = Minutia::new(16, 16, Direction::default(), MinutiaKind::Ending, 0).unwrap();
    let template = Template::new(header(2, 300, 400), vec![worst], None).unwrap();
    let reliability = |format| {
        let record = encode(format, std::slice::from_ref(&template)).unwrap();
        decode(&record).unwrap()[0].minutiae()[0].reliability()
    };
    assert_eq!(INTERCHANGE.map(reliability), [1, 0, 1, 0]);
}

#[test]
fn a_print_of_60_minutiae_takes_512_private_bytes() {
    assert_eq!(private::encode(&scattered(2, 60)).len(), 512);
}

#[test]
fn no_view_and_too_many_views_are_refused() {
    for format in TemplateFormat::ALL {
        assert_eq!(encode(format, &[]), Err(TemplateError::NoViews));
    }
    let seventeen = vec![scattered(2, 1); 17];
    for format in INTERCHANGE {
        let refused = encode(format, &seventeen);
        assert!(matches!(refused, Err(TemplateError::TooManyViews { found: 17, max: 16, .. })));
    }
    assert_eq!(decode(&encode(TemplateFormat::Private, &seventeen).unwrap()).unwrap(), seventeen);
}

#[test]
fn a_long_ansi_record_has_the_long_length() {
    let many: Vec<_> = (0..=10).flat_map(|p| vec![scattered(p, 255); 16]).collect();
    for format in INTERCHANGE {
        let record = encode(format, &many).unwrap();
        assert!(record.len() > 0xFFFF);
        assert_eq!(sniff(&record), Some(format));
        assert_eq!(decode(&record).unwrap().len(), 176, "{format}");
    }
}
