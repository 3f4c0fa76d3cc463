//! Bytes that anyone may have written.

use crate::prints::{any_template, scattered};
use formats::template::{TemplateError, TemplateFormat, decode, decode_as, encode, private, sniff};
use proptest::prelude::*;

/// Reads `bytes` in every way there is; the readers must come back.
fn read_in_every_way(bytes: &[u8]) {
    let sniffed = sniff(bytes);
    let found = decode(bytes);
    assert!(sniffed.is_some() || found.is_err());
    for format in TemplateFormat::ALL {
        let forced = decode_as(format, bytes);
        if sniffed == Some(format) {
            assert_eq!(forced, found);
        }
        for template in forced.iter().flatten() {
            let record = encode(format, std::slice::from_ref(template)).unwrap();
            assert!(decode_as(format, &record).is_ok());
        }
    }
}

/// A record of each format, with three views.
fn records() -> Vec<(TemplateFormat, Vec<u8>)> {
    let templates = [scattered(2, 20), scattered(2, 3), scattered(9, 0)];
    TemplateFormat::ALL.map(|format| (format, encode(format, &templates).unwrap())).to_vec()
}

#[test]
fn a_record_cut_short_anywhere_is_refused() {
    for (format, record) in records() {
        for length in 0..record.len() {
            let found = decode(&record[..length]);
            // Private templates that follow each other may be cut between two of them.
            let whole = format == TemplateFormat::Private && found.is_ok();
            assert!(found.is_err() || whole, "{format} cut to {length}");
            if whole {
                let kept = encode(format, &found.unwrap()).unwrap();
                assert_eq!(kept, record[..length]);
            }
        }
    }
}

#[test]
fn a_record_followed_by_other_bytes_is_refused() {
    for (format, mut record) in records() {
        record.push(0);
        assert!(decode(&record).is_err(), "{format}");
    }
}

#[test]
fn one_flipped_bit_of_a_private_template_is_noticed() {
    let template = private::encode(&scattered(2, 4));
    for bit in 0..template.len() * 8 {
        let mut damaged = template.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(private::decode(&damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn a_newer_private_version_says_so_even_when_nothing_else_is_understood() {
    let mut newer = private::encode(&scattered(2, 4));
    newer[5] = 2;
    newer.truncate(6);
    assert_eq!(decode(&newer), Err(TemplateError::NewerVersion { found: 2, supported: 1 }));
}

/// A private template with one more section, which the count and the checksum agree with.
pub(crate) fn with_section(tag: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = private::encode(&scattered(2, 4));
    bytes.truncate(bytes.len() - 4);
    bytes[19] += 1;
    bytes.extend(tag.to_be_bytes());
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    let length = bytes.len() as u32 + 4;
    bytes[6..10].copy_from_slice(&length.to_be_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

#[test]
fn an_unknown_section_is_skipped_unless_it_is_critical() {
    assert_eq!(private::decode(&with_section(3, &[1, 2, 3])), Ok(scattered(2, 4)));
    let refused = private::decode(&with_section(0x8003, &[]));
    assert_eq!(refused, Err(TemplateError::UnknownSection { tag: 0x8003, offset: 60 }));
}

#[test]
fn a_section_is_there_once_and_exactly_as_long_as_it_says() {
    let twice = private::decode(&with_section(0x8001, &[0, 0]));
    assert_eq!(twice, Err(TemplateError::RepeatedSection { tag: 0x8001, offset: 60 }));
    let short = private::decode(&with_section(0x8001, &[0, 1, 0]));
    assert!(matches!(short, Err(TemplateError::Length { field: "minutia count", .. })));
    let flow = private::decode(&with_section(2, &[0, 2, 0, 1, 0]));
    assert!(matches!(flow, Err(TemplateError::Unusable { .. })), "one cell of two");
}

#[test]
fn nothing_may_stand_between_the_last_section_and_the_checksum() {
    let mut bytes = with_section(3, &[7]);
    bytes[19] -= 1;
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]).to_be_bytes();
    bytes[end..].copy_from_slice(&checksum);
    let refused = private::decode(&bytes);
    assert!(matches!(refused, Err(TemplateError::Length { offset: 60, found: 7, .. })));
}

#[test]
fn no_error_text_holds_a_minutia() {
    let mut record = encode(TemplateFormat::Iso2005, &[scattered(2, 1)]).unwrap();
    // 0x2B3C and 0x1A2B, outside the image.
    record[28..32].copy_from_slice(&[0x6B, 0x3C, 0x1A, 0x2B]);
    let text = decode(&record).unwrap_err().to_string();
    assert_eq!(text, "the position of minutia 0 at byte 28 must be inside the image");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_in_every_way(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_magic_are_read_or_refused(
        magic in prop::sample::select(vec!["FMR\0 20\0", "FMR\x00030\0", "FMR\x00035\0", "TNBT"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        read_in_every_way(&[magic.as_bytes(), &bytes].concat());
    }

    #[test]
    fn a_damaged_record_is_read_or_refused(
        templates in prop::collection::vec(any_template(8), 1..=3),
        format in prop::sample::select(TemplateFormat::ALL.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        checksum in any::<bool>(),
    ) {
        let mut record = encode(format, &templates).unwrap();
        for (at, byte) in damage {
            let at = at.index(record.len());
            record[at] = byte;
        }
        if checksum && format == TemplateFormat::Private {
            let end = record.len() - 4;
            let sum = crc32fast::hash(&record[..end]).to_be_bytes();
            record[end..].copy_from_slice(&sum);
        }
        read_in_every_way(&record);
    }
}
