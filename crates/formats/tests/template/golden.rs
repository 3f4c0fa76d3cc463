//! Records written out by hand from the byte layouts, so that reader and writer cannot share a
//! mistake. Layouts: ISO/IEC 19794-2:2005 clause 7, ISO/IEC 19794-2:2011 clause 8, ANSI/INCITS
//! 378-2004 clause 6, ANSI/INCITS 378-2009 clause 7, as also read by the FingerprintIO library.

use formats::template::{
    TemplateError, TemplateFormat, UNREPORTED_QUALITY, decode, decode_as, sniff,
};
use vocabulary::{MinutiaKind, Template};

/// Bytes from hexadecimal text, blanks ignored.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

const ISO_2005: &str = "
    464D5200 20323000 00000036 8123 0200 0180 00C5 00C5 02 00
    07 00 5A 02  4064 000E 40 32  8037 C012 10 00  0006 0101 0006 BEEF
    02 18 28 00  0000";

const ISO_2011: &str = "
    464D5200 30333000 00000062 0002 01
    00000030 07D50C0F1123140000 00 ABCD 00B5 01 5A ABCD 0123 01 000101
       07 00 00C5 00C5 00 0200 0180 50 01 4064 000E 40 0000
    00000023 FFFFFFFFFFFFFFFFFF 00 0000 0000 00 00
       02 01 018A 00C5 1D 0200 0180 60 00 0000";

const ANSI_2004: &str = "
    464D5200 20323000 0038 0103 0002 8123 0200 0180 00C5 00C5 02 00
    07 00 5A 02  4064 000E 2D 32  8037 0012 B3 00  0000
    02 18 28 01  0001 0002 5A 64  0000";

const ANSI_2009: &str = "
    464D5200 30333000 00000034 0103 0002 80 0123 01 00
    07 00 18 FE 0103 0001 0200 0180 00C5 00C5 02
    4064 000E 2D 00  8037 0012 5A FE  0000";

/// What the tests look at: x and y in pixels, direction in degrees, kind, reliability.
fn minutiae(template: &Template) -> Vec<(f32, f32, f32, MinutiaKind, u8)> {
    let row = |m: &vocabulary::Minutia| {
        let degrees = f32::from(m.direction().turns_65536()) * 360.0 / 65536.0;
        (m.x_px(), m.y_px(), degrees.round(), m.kind(), m.reliability())
    };
    template.minutiae().iter().map(row).collect()
}

#[test]
fn iso_2005_is_read_with_its_extension_blocks_skipped() {
    let record = hex(ISO_2005);
    assert_eq!(sniff(&record), Some(TemplateFormat::Iso2005));
    let views = decode(&record).unwrap();
    let header = views[0].header();
    assert_eq!((header.width_px, header.height_px), (512, 384));
    assert_eq!((header.position.code(), header.impression.0, header.quality), (7, 0, 90));
    let expected = [
        (55.0, 18.0, 23.0, MinutiaKind::Bifurcation, UNREPORTED_QUALITY),
        (100.0, 14.0, 90.0, MinutiaKind::Ending, 50),
    ];
    let mut found = minutiae(&views[0]);
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(found, expected);
    let header = views[1].header();
    assert_eq!((header.position.code(), header.impression.0, header.quality), (2, 8, 40));
    assert_eq!(views[1].minutiae().len(), 0);
}

#[test]
fn iso_2011_is_read_with_quality_and_certification_blocks() {
    let record = hex(ISO_2011);
    assert_eq!(sniff(&record), Some(TemplateFormat::Iso2011));
    let views = decode(&record).unwrap();
    assert_eq!((views[0].header().position.code(), views[0].header().quality), (7, 90));
    let ending = (100.0, 14.0, 90.0, MinutiaKind::Ending, UNREPORTED_QUALITY);
    assert_eq!(minutiae(&views[0]), [ending]);
    let header = views[1].header();
    // 394 pixels per centimeter are 1000 ppi: half as many columns at 500 ppi.
    assert_eq!((header.width_px, header.height_px), (256, 384));
    assert_eq!((header.impression.0, header.quality), (29, UNREPORTED_QUALITY));
}

#[test]
fn ansi_2004_is_told_from_iso_by_its_short_length_and_has_angles_of_2_degrees() {
    let record = hex(ANSI_2004);
    assert_eq!(sniff(&record), Some(TemplateFormat::Ansi2004));
    let views = decode(&record).unwrap();
    let mut found = minutiae(&views[0]);
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let expected = [
        (55.0, 18.0, 358.0, MinutiaKind::Bifurcation, UNREPORTED_QUALITY),
        (100.0, 14.0, 90.0, MinutiaKind::Ending, 50),
    ];
    assert_eq!(found, expected);
    assert_eq!(minutiae(&views[1]), [(1.0, 2.0, 180.0, MinutiaKind::Other, 100)]);
}

#[test]
fn ansi_2004_with_the_long_length_is_recognized() {
    let short = hex(ANSI_2004);
    let mut record = short[..8].to_vec();
    record.extend([0, 0, 0, 0, 0, short.len() as u8 + 4]);
    record.extend(&short[10..]);
    assert_eq!(sniff(&record), Some(TemplateFormat::Ansi2004));
    assert_eq!(decode(&record).unwrap().len(), 2);
}

#[test]
fn ansi_2009_is_told_from_iso_2011_and_keeps_quality_0_apart_from_none() {
    let mut record = hex(ANSI_2009);
    assert_eq!(sniff(&record), Some(TemplateFormat::Ansi2009));
    let views = decode(&record).unwrap();
    assert_eq!(views[0].header().impression.0, 24);
    assert_eq!(views[0].header().quality, UNREPORTED_QUALITY);
    let expected = [
        (55.0, 18.0, 180.0, MinutiaKind::Bifurcation, UNREPORTED_QUALITY),
        (100.0, 14.0, 90.0, MinutiaKind::Ending, 0),
    ];
    assert_eq!(minutiae(&views[0]), expected);
    record[6] = b'5';
    assert_eq!(decode(&record).unwrap(), views, "amendment 1 has the same layout");
}

#[test]
fn every_error_names_the_field_and_its_place() {
    let broken = |at: usize, byte: u8| {
        let mut record = hex(ISO_2005);
        record[at] = byte;
        decode(&record).unwrap_err().to_string()
    };
    assert_eq!(broken(14, 0xFF), "the width at byte 14 is 65280, but must be 1 to 16383 pixels");
    assert_eq!(
        broken(19, 0),
        "the horizontal resolution at byte 18 is 0, but must be 39 to 1600 pixels per centimeter"
    );
    assert_eq!(broken(24, 18), "the finger position at byte 24 is 18, but must be 0 to 17");
    assert_eq!(broken(34, 0xC0), "the type of minutia 1 at byte 34 must be 0, 1 or 2");
    // Column 512 of 512.
    let mut outside = hex(ISO_2005);
    outside[28..30].copy_from_slice(&[0x42, 0x00]);
    let text = decode(&outside).unwrap_err().to_string();
    assert_eq!(text, "the position of minutia 0 at byte 28 must be inside the image");
    assert_eq!(broken(36, 0x3F), "the position of minutia 1 at byte 34 must be inside the image");
    assert_eq!(
        broken(11, 0x35),
        "the record length at byte 8 says 53 bytes, but the contents take 54"
    );
    assert_eq!(
        broken(41, 0xFF),
        "the template is cut short: it ends within the extension blocks at byte 42: copy the \
         file again"
    );
}

#[test]
fn a_representation_is_exactly_as_long_as_it_says() {
    let mut record = hex(ISO_2011);
    record.push(0);
    record[11] += 1;
    record[66] += 1;
    assert_eq!(sniff(&record), Some(TemplateFormat::Iso2011));
    let (field, offset) = ("representation length", 63);
    let error = TemplateError::Length { field, offset, stated: 0x24, found: 0x23 };
    assert_eq!(decode(&record), Err(error));
}

#[test]
fn a_forced_format_does_not_read_another() {
    let record = hex(ISO_2005);
    for format in [TemplateFormat::Private, TemplateFormat::Iso2011, TemplateFormat::Ansi2009] {
        assert_eq!(decode_as(format, &record), Err(TemplateError::UnknownFormat));
    }
}
