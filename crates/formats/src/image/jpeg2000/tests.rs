use super::*;

/// A codestream of these marker segments, with one tile-part that has no data.
fn codestream(size: &[u32; 8], coding: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xff\x4f\xff\x51\x00\x29\x00\x00".to_vec();
    bytes.extend(size.iter().flat_map(|value| value.to_be_bytes()));
    // One component of 8 bits.
    bytes.extend([0, 1, 7, 1, 1]);
    bytes.extend([0xff, 0x52, 0, coding.len() as u8 + 2]);
    bytes.extend(coding);
    bytes.extend([0xff, 0x5c, 0, 4, 0x40, 0x40]);
    bytes.extend([0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 14, 0, 1, 0xff, 0x93, 0xff, 0xd9]);
    bytes
}

const PLAIN: [u8; 10] = [0, 0, 0, 1, 0, 0, 4, 4, 0, 1];

fn refusal(size: &[u32; 8], coding: &[u8]) -> ImageError {
    decode(&codestream(size, coding), &DecodeLimits::default()).unwrap_err()
}

#[test]
fn a_plain_size_passes_and_a_huge_one_does_not() {
    let budget = |size: [u32; 8]| {
        Budget::read(&codestream(&size, &PLAIN)).unwrap().check(&DecodeLimits::default())
    };
    assert_eq!(budget([3000, 3000, 0, 0, 3000, 3000, 0, 0]), Ok(()));
    assert!(matches!(
        refusal(&[60_000, 60_000, 0, 0, 60_000, 60_000, 0, 0], &PLAIN),
        ImageError::Size { width: 60_000, .. }
    ));
    let most = [9_000, 9_000, 0, 0, 9_000, 9_000, 0, 0];
    assert!(matches!(refusal(&most, &PLAIN), ImageError::Memory { .. }));
}

#[test]
fn bookkeeping_counts_as_memory() {
    let size = [5_000, 5_000, 0, 0, 5_000, 5_000, 0, 0];
    // Precincts of one pixel.
    let dust = [1, 0, 0, 1, 0, 0, 4, 4, 0, 1, 0x00];
    assert!(matches!(refusal(&size, &dust), ImageError::Memory { .. }));
    // Code-blocks of 4 x 4 pixels in 32 layers each.
    let small = [0, 0, 0, 32, 0, 0, 0, 0, 0, 1];
    assert!(matches!(refusal(&size, &small), ImageError::Memory { .. }));
    let tiles = [5_000, 5_000, 0, 0, 1, 1, 0, 0];
    assert!(matches!(refusal(&tiles, &PLAIN), ImageError::Corrupt { part: "number of tiles", .. }));
}

#[test]
fn senseless_sizes_are_corrupt() {
    for size in
        [[10, 10, 11, 0, 10, 10, 0, 0], [10, 10, 0, 0, 0, 10, 0, 0], [10, 10, 0, 0, 10, 10, 11, 0]]
    {
        assert!(matches!(refusal(&size, &PLAIN), ImageError::Corrupt { .. }), "{size:?}");
    }
}

#[test]
fn resolution_boxes_are_found_in_a_file() {
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        [&(8 + content.len() as u32).to_be_bytes(), &kind[..], content].concat()
    };
    // 19685 per meter across; down 39370 / 2.
    let capture = boxed(b"resc", &[0x99, 0xca, 0, 2, 0x4c, 0xe5, 0, 1, 0, 0]);
    let display = boxed(b"resd", &[0, 28, 0, 1, 0, 28, 0, 1, 2, 2]);
    let resolution = |content: &[u8]| find_resolution(&boxed(b"jp2h", &boxed(b"res ", content)));
    let both = resolution(&[display.clone(), capture].concat()).unwrap();
    assert_eq!((both.ppi_x, both.ppi_y), (500.0, 500.0));
    let screen = resolution(&display).unwrap();
    assert!((screen.ppi_x - 71.12).abs() < 0.01, "28 times ten to the second per meter");
    assert_eq!(resolution(&[]), None);
}
