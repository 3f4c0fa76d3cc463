//! Images.

use formats::image::{self, DecodeLimits, DecodedImage, ImageError};

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
