use super::*;
use crate::image::encode_png;
use vocabulary::GrayImage;

/// A record of the edition of 2011 with representations of (position, compression, depth, data).
fn record(views: &[(u8, u8, u8, &[u8])], size: (u16, u16)) -> Vec<u8> {
    let mut body = Vec::new();
    for &(position, compression, depth, data) in views {
        let mut view = vec![0xff; 14];
        // One quality block.
        view.extend([1, 70, 0, 1, 0, 1]);
        view.extend([position, 0, 1]);
        for rate in [500_u16, 500, 1000, 1000] {
            view.extend(rate.to_be_bytes());
        }
        view.extend([depth, compression, 0]);
        view.extend(size.0.to_be_bytes());
        view.extend(size.1.to_be_bytes());
        view.extend((data.len() as u32).to_be_bytes());
        view.extend(data);
        body.extend((4 + view.len() as u32).to_be_bytes());
        body.extend(view);
    }
    let mut record = b"FIR\x00020\0".to_vec();
    record.extend((16 + body.len() as u32).to_be_bytes());
    record.extend([0, views.len() as u8, 0, views.len() as u8]);
    record.extend(body);
    record
}

fn limits() -> DecodeLimits {
    DecodeLimits::default()
}

#[test]
fn several_representations_come_out_in_order() {
    let image = GrayImage::new(2, 1, vec![5, 6]).unwrap();
    let png = encode_png(&image, Some(250));
    let bytes = record(&[(2, 0, 8, &[1, 2]), (7, 6, 8, &png)], (2, 1));
    let all = decode_all(&bytes, &limits()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].image.pixels(), [1, 2]);
    assert_eq!((all[1].image.pixels(), all[1].format), (&[5, 6][..], ImageFormat::Iso19794));
    assert_eq!(all[1].finger.unwrap().name(), "left-index");
    assert_eq!(all[1].impression, Some(ImpressionType::LIVE_SCAN_PLAIN));
    // The record's image rate, not that of the PNG or of the scanner.
    assert_eq!(all[1].resolution.unwrap().ppi_x, 1000.0);
    assert_eq!(decode(&bytes, &limits()).unwrap(), all[0]);
}

#[test]
fn raw_pixels_of_every_packing_are_read() {
    let pixels = |compression, depth, data: &[u8]| {
        let bytes = record(&[(1, compression, depth, data)], (3, 2));
        decode(&bytes, &limits()).unwrap().image.into_pixels()
    };
    assert_eq!(pixels(0, 8, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(pixels(0, 8, b"BM3456"), *b"BM3456", "pixels that look like a signature");
    let deep = [0, 0, 0x0f, 0xff, 8, 8, 0, 0, 0x0f, 0xff, 8, 8];
    assert_eq!(pixels(0, 12, &deep), [0, 255, 128, 0, 255, 128]);
    assert_eq!(pixels(1, 4, &[0x0f, 0x30, 0xf0, 0x30]), [0, 255, 51, 255, 0, 51]);
    assert_eq!(pixels(1, 4, &[0x0f, 0x3f, 0x03]), [0, 255, 51, 255, 0, 51]);
}

#[test]
fn pixels_count_over_all_representations() {
    let bytes = record(&[(1, 0, 8, &[1, 2]), (2, 0, 8, &[3, 4])], (2, 1));
    let tight = DecodeLimits { max_pixels: 3, ..limits() };
    assert!(decode(&bytes, &tight).is_ok());
    assert!(matches!(decode_all(&bytes, &tight), Err(ImageError::PixelCount { .. })));
}

#[test]
fn records_without_usable_images_are_errors() {
    let error = |bytes: &[u8]| decode_all(bytes, &limits()).unwrap_err();
    assert_eq!(error(&record(&[], (1, 1))), NO_IMAGE);
    assert!(matches!(error(&record(&[(1, 2, 8, &[1])], (1, 1))), ImageError::Corrupt { .. }));
    assert!(matches!(error(&record(&[(1, 0, 8, &[1])], (9, 9))), ImageError::Truncated { .. }));
    assert!(matches!(error(&record(&[(1, 0, 17, &[1])], (1, 1))), ImageError::Unsupported { .. }));
    let inner = record(&[(1, 0, 8, &[1])], (1, 1));
    assert!(matches!(error(&record(&[(1, 2, 8, &inner)], (1, 1))), ImageError::Corrupt { .. }));
    assert!(matches!(error(b"FIR\x00030\0"), ImageError::Unsupported { .. }));
    let whole = record(&[(1, 0, 8, &[1, 2]), (2, 0, 8, &[3, 4])], (2, 1));
    for end in 0..whole.len() {
        assert!(decode_all(&whole[..end], &limits()).is_err(), "cut to {end}");
    }
}

#[test]
fn an_unknown_position_is_no_finger() {
    let bytes = record(&[(25, 0, 8, &[1])], (1, 1));
    assert_eq!(decode(&bytes, &limits()).unwrap().finger, None);
}
