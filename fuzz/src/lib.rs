//! What must hold for every byte string, whoever wrote it.
//!
//! A target fails by a panic, an abort, a leak, by exceeding libFuzzer's limits of time and memory,
//! or by one of the assertions here.

use formats::image::{self, DecodeLimits, DecodedImage, ImageError};
use formats::template::{self, TemplateFormat, private};

/// Small, so that the time goes into headers and codes rather than into pixels.
pub const LIMITS: DecodeLimits =
    DecodeLimits { max_side: 4096, max_pixels: 1 << 18, max_allocation_bytes: 1 << 28 };

/// Decoders of other projects may panic inside: ours turn that into an error, and what they do not
/// catch still ends the target. libFuzzer's own hook would end it either way.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// A decoder of one image format.
pub type ImageDecoder = fn(&[u8], &DecodeLimits) -> Result<DecodedImage, ImageError>;

/// Decodes an image; what comes out keeps the limits.
pub fn check_image(decode: ImageDecoder, bytes: &[u8]) {
    match decode(bytes, &LIMITS) {
        Ok(decoded) => check_decoded(&decoded),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Decodes images of any format in both ways, which agree on the first.
pub fn check_any_image(bytes: &[u8]) {
    let one = image::decode(bytes, &LIMITS);
    if let Ok(all) = image::decode_all(bytes, &LIMITS) {
        let first = one.expect("a record whose images all decode has a first that decodes");
        assert!(first.image == all[0].image, "both ways give the same image");
        let pixels: usize = all.iter().map(|decoded| decoded.image.pixels().len()).sum();
        assert!(pixels as u64 <= LIMITS.max_pixels, "the limit holds for the sum");
        all.iter().for_each(check_decoded);
    }
}

fn check_decoded(decoded: &DecodedImage) {
    let image = &decoded.image;
    assert!(image.width().max(image.height()) <= LIMITS.max_side, "the side is limited");
    assert!(image.pixels().len() as u64 <= LIMITS.max_pixels, "the pixels are limited");
    if let Some(resolution) = decoded.resolution {
        assert!(resolution.is_believable(), "an unbelievable resolution is not passed on");
    }
}

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
