//! Templates.

use formats::template::encounter::Encounter;
use formats::template::{self, TemplateFormat, private};

/// Decodes a template of one format, and what was decoded survives every format.
pub fn check_template(format: TemplateFormat, bytes: &[u8]) {
    match template::decode_as(format, bytes) {
        Ok(templates) => templates.iter().for_each(check_round_trips),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Decodes a private template as it is, and with its length and checksum put right: without that no
/// damage gets past the checksum.
pub fn check_private_template(bytes: &[u8]) {
    check_template(TemplateFormat::Private, bytes);
    let mut repaired = bytes.to_vec();
    if let (Ok(length), Some(content)) = (u32::try_from(bytes.len()), bytes.len().checked_sub(4))
        && content >= 10
    {
        repaired[6..10].copy_from_slice(&length.to_be_bytes());
        let checksum = crc32fast::hash(&repaired[..content]).to_be_bytes();
        repaired[content..].copy_from_slice(&checksum);
        check_template(TemplateFormat::Private, &repaired);
    }
}

/// Decodes the prints of an encounter, which have one form. The checksum of the last print is put
/// right first.
pub fn check_encounter(bytes: &[u8]) {
    let mut repaired = bytes.to_vec();
    if let Some(content) = bytes.len().checked_sub(4) {
        let start = bytes.windows(4).rposition(|magic| magic == private::MAGIC).unwrap_or(0);
        let checksum = crc32fast::hash(&repaired[start.min(content)..content]).to_be_bytes();
        repaired[content..].copy_from_slice(&checksum);
    }
    for bytes in [bytes, &repaired] {
        match Encounter::decode(bytes) {
            Ok(encounter) => {
                assert!(encounter.encode() == bytes, "there is one form");
                assert!(encounter.labels().len() == encounter.prints().len());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Decodes a template of whatever format it claims to have.
pub fn check_any_template(bytes: &[u8]) {
    let sniffed = template::sniff(bytes);
    match template::decode(bytes) {
        Ok(templates) => {
            let format = sniffed.expect("only a recognized format decodes");
            assert!(template::decode_as(format, bytes).as_ref() == Ok(&templates));
            templates.iter().for_each(check_round_trips);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_round_trips(template: &vocabulary::Template) {
    assert!(private::decode(&private::encode(template)).as_ref() == Ok(template));
    for format in TemplateFormat::ALL {
        let record = template::encode(format, std::slice::from_ref(template));
        let record = record.expect("one template fits every format");
        assert!(template::sniff(&record) == Some(format), "a record is recognized");
        let read = template::decode(&record).expect("what we write we read");
        let kept = read[0].minutiae().len();
        let most = match format {
            TemplateFormat::Private => usize::MAX,
            _ => template::MAX_VIEW_MINUTIAE,
        };
        assert!(kept == template.minutiae().len().min(most), "no minutia is lost");
    }
}
