use super::*;

/// A tag with 16- or 32-bit values.
struct Tag(u16, u16, Vec<u32>);

fn short(tag: u16, values: &[u32]) -> Tag {
    Tag(tag, 3, values.to_vec())
}

/// A TIFF of one strip behind the header.
fn file(little_endian: bool, tags: &[Tag], strip: &[u8]) -> Vec<u8> {
    let bytes = |value: u32, size: usize| {
        let big = value.to_be_bytes()[4 - size..].to_vec();
        if little_endian { big.into_iter().rev().collect() } else { big }
    };
    let mut out = if little_endian { b"II".to_vec() } else { b"MM".to_vec() };
    out.extend(bytes(42, 2));
    out.extend(bytes(8 + strip.len() as u32, 4));
    out.extend(strip);
    let mut values = Vec::new();
    let values_start = out.len() + 2 + 12 * tags.len() + 4;
    out.extend(bytes(tags.len() as u32, 2));
    for Tag(tag, kind, numbers) in tags {
        let size = if *kind == 3 { 2 } else { 4 };
        let count = if *kind == 5 { numbers.len() / 2 } else { numbers.len() };
        let stored: Vec<u8> = numbers.iter().flat_map(|n| bytes(*n, size)).collect();
        out.extend(bytes(u32::from(*tag), 2));
        out.extend(bytes(u32::from(*kind), 2));
        out.extend(bytes(count as u32, 4));
        if stored.len() <= 4 {
            out.extend(stored.iter().chain(&[0; 4]).take(4));
        } else {
            out.extend(bytes((values_start + values.len()) as u32, 4));
            values.extend(stored);
        }
    }
    out.extend([0; 4]);
    out.extend(values);
    out
}

fn tags(width: u32, height: u32, bits: &[u32], photometric: u32, bytes: u32) -> Vec<Tag> {
    vec![
        short(256, &[width]),
        short(257, &[height]),
        short(258, bits),
        short(262, &[photometric]),
        Tag(273, 4, vec![8]),
        short(277, &[bits.len() as u32]),
        Tag(279, 4, vec![bytes]),
    ]
}

fn check(bits: &[u32], photometric: u32, more: Vec<Tag>, strip: &[u8], pixels: &[u8]) {
    for little_endian in [true, false] {
        let mut all = tags(pixels.len() as u32, 1, bits, photometric, strip.len() as u32);
        all.extend(more.iter().map(|Tag(tag, kind, values)| Tag(*tag, *kind, values.clone())));
        let decoded = decode(&file(little_endian, &all, strip), &DecodeLimits::default()).unwrap();
        assert_eq!(decoded.image.pixels(), pixels, "{bits:?} bit, photometric {photometric}");
    }
}

#[test]
fn gray_of_every_depth_and_polarity_is_read() {
    check(&[1], 1, vec![], &[0b1010_0000], &[255, 0, 255]);
    check(&[1], 0, vec![], &[0b1010_0000], &[0, 255, 0]);
    check(&[2], 1, vec![], &[0b0001_1011], &[0, 85, 170, 255]);
    check(&[4], 0, vec![], &[0x0f, 0x30], &[255, 0, 204]);
    check(&[12], 1, vec![], &[0xff, 0xf8, 0x08], &[255, 128]);
    check(&[8], 0, vec![], &[0, 1, 255], &[255, 254, 0]);
}

#[test]
fn extra_samples_are_alpha_only_where_the_file_says_so() {
    check(&[8, 8], 1, vec![], &[7, 0, 9, 0], &[7, 9]);
    check(&[8, 8], 1, vec![short(338, &[2])], &[7, 0, 9, 255], &[255, 9]);
    // Multiplied by alpha already: black at half opacity is stored as zero.
    check(&[8, 8], 1, vec![short(338, &[1])], &[0, 128, 64, 128], &[127, 191]);
    check(&[8, 8, 8, 8], 2, vec![short(338, &[0])], &[9, 9, 9, 0], &[9]);
}

#[test]
fn inks_and_palettes_become_light() {
    check(&[8, 8, 8, 8], 5, vec![], &[0, 0, 0, 0, 0, 0, 0, 255], &[255, 0]);
    let map: Vec<u32> = [[0, 65_535, 65_535, 0], [0, 65_535, 0, 0], [0, 65_535, 0, 0]].concat();
    check(&[2], 3, vec![short(320, &map)], &[0b0001_1000], &[0, 255, 76]);
}

#[test]
fn resolution_needs_a_unit_of_length() {
    let resolution = |unit: u32, x: [u32; 2]| {
        let mut all = tags(1, 1, &[8], 1, 1);
        let (x, y) = (Tag(282, 5, x.to_vec()), Tag(283, 5, x.to_vec()));
        all.extend([x, y, short(296, &[unit])]);
        decode(&file(true, &all, &[1]), &DecodeLimits::default()).unwrap()
    };
    assert_eq!(resolution(2, [5000, 10]).resolution.unwrap().ppi_x, 500.0);
    assert_eq!(resolution(3, [197, 1]).resolution.unwrap().ppi_y, 500.0);
    assert_eq!(resolution(1, [500, 1]).stated_resolution, None);
    assert_eq!(resolution(2, [500, 0]).stated_resolution, None);
    let screen = resolution(2, [72, 1]);
    assert_eq!((screen.resolution, screen.stated_resolution.unwrap().ppi_x), (None, 72.0));
}

#[test]
fn sizes_are_refused_before_anything_is_allocated() {
    let error = |all: &[Tag]| decode(&file(true, all, &[0]), &DecodeLimits::default()).unwrap_err();
    let huge = tags(60_000, 60_000, &[8], 1, 1);
    assert_eq!(error(&huge), ImageError::Size { width: 60_000, height: 60_000, max: 20_000 });
    let deep = tags(10_000, 10_000, &[16; 16], 1, 1);
    assert!(matches!(error(&deep), ImageError::Memory { .. }));
    let mut tiled = tags(10, 10, &[8], 1, 1);
    tiled.extend([Tag(322, 4, vec![1 << 20]), Tag(323, 4, vec![1 << 20]), Tag(324, 4, vec![8])]);
    assert!(matches!(error(&tiled), ImageError::Memory { .. }));
}

#[test]
fn a_tag_of_more_numbers_than_an_image_can_use_is_refused() {
    let count = (1_u32 << 23) + 1;
    let strip = vec![8; count as usize];
    let mut bytes = file(true, &tags(1, 1, &[8], 1, 1), &strip);
    let offsets = 8 + count as usize + 2 + 12 * 4;
    assert_eq!(bytes[offsets..offsets + 2], [0x11, 1], "the entry of the strip offsets");
    // As many bytes as the strip has, at its place.
    bytes[offsets + 2] = 1;
    bytes[offsets + 4..offsets + 8].copy_from_slice(&count.to_le_bytes());
    let error = decode(&bytes, &DecodeLimits::default()).unwrap_err();
    assert_eq!(error, ImageError::Corrupt { format: FORMAT, part: "tag length" });
    bytes[offsets + 4..offsets + 8].copy_from_slice(&(count - 1).to_le_bytes());
    assert!(decode(&bytes, &DecodeLimits::default()).is_ok());
}

#[test]
fn contradictions_and_absent_data_are_told_apart() {
    let error = |all: &[Tag]| decode(&file(true, all, &[0]), &DecodeLimits::default()).unwrap_err();
    assert!(matches!(error(&tags(2, 2, &[8], 1, 1)), ImageError::Truncated { .. }));
    assert!(matches!(error(&tags(1, 1, &[32], 1, 1)), ImageError::Unsupported { .. }));
    assert!(matches!(error(&tags(1, 1, &[8], 8, 1)), ImageError::Unsupported { .. }));
    let mut fax = tags(1, 1, &[1], 0, 1);
    fax.push(short(259, &[4]));
    assert!(matches!(error(&fax), ImageError::Unsupported { feature: "fax compression", .. }));
    // More rows than strips.
    let mut strips = tags(1, 2, &[8], 1, 1);
    strips.push(short(278, &[1]));
    assert!(matches!(error(&strips), ImageError::Corrupt { part: "strip offsets", .. }));
}

#[test]
fn a_turned_image_is_put_upright() {
    let turned = |orientation: u32| {
        let mut all = tags(3, 2, &[8], 1, 6);
        all.push(short(274, &[orientation]));
        let (x, y) = (Tag(282, 5, vec![500, 1]), Tag(283, 5, vec![250, 1]));
        all.extend([x, y]);
        decode(&file(true, &all, &[1, 2, 3, 4, 5, 6]), &DecodeLimits::default()).unwrap()
    };
    let expected: [(u32, [u8; 6]); 9] = [
        (0, [1, 2, 3, 4, 5, 6]),
        (1, [1, 2, 3, 4, 5, 6]),
        (2, [3, 2, 1, 6, 5, 4]),
        (3, [6, 5, 4, 3, 2, 1]),
        (4, [4, 5, 6, 1, 2, 3]),
        (5, [1, 4, 2, 5, 3, 6]),
        (6, [4, 1, 5, 2, 6, 3]),
        (7, [6, 3, 5, 2, 4, 1]),
        (8, [3, 6, 2, 5, 1, 4]),
    ];
    for (orientation, pixels) in expected {
        let decoded = turned(orientation);
        assert_eq!(decoded.image.pixels(), pixels, "orientation {orientation}");
        let ppi = decoded.resolution.unwrap().ppi_x;
        let expected = if orientation > 4 { (2, 250.0) } else { (3, 500.0) };
        assert_eq!((decoded.image.width(), ppi), expected, "orientation {orientation}");
    }
}
