//! From pixels to bytes.

use super::huffman_build::{HuffmanCodes, VALUES};
use super::quantizer::Bin;
use super::subbands::{BLOCK_ENDS, CODED_SUBBANDS, Decomposition, Rect, SUBBANDS};
use super::wavelet::{ANALYSIS_HIGH, ANALYSIS_LOW, split};
use super::{marker, symbol};
use crate::image::{ImageError, ImageFormat};
use vocabulary::GrayImage;

/// Where in its bin the decoder shall assume a coefficient, as the specification recommends.
const BIN_CENTER: f32 = 0.44;
/// Subbands of less variance are not coded.
const VARIANCE_MIN: f32 = 1.01;
/// Width of the zero bin in widths of the others.
const ZERO_BIN_RATIO: f32 = 1.2;

/// Narrowest bins, in gray levels: finer ones would code nothing but the rounding of the pixels and
/// need numbers of more than 16 bits.
const BIN_WIDTH_MIN: f64 = 0.1;

/// How to encode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncodeOptions {
    /// Bits per pixel aimed at, in 0.05..=8.0. The law-enforcement rate is 0.75 (about 15:1); 2.25
    /// is about 5:1. Busy images come out above it, smooth ones below.
    pub bit_rate: f32,
    /// Resolution to state, in pixels per inch.
    pub ppi: Option<u32>,
}

impl Default for EncodeOptions {
    /// 0.75 bits per pixel, 500 ppi.
    fn default() -> Self {
        Self { bit_rate: 0.75, ppi: Some(500) }
    }
}

/// Encodes an image as WSQ. The result is bit-identical on every machine.
///
/// This encoder has not been through the FBI's certification: use it for tests and for exchange
/// between own systems, not for submissions that demand a certified one.
///
/// # Errors
/// [`ImageError::NotEncodable`] for a bit rate outside its range.
pub fn encode(image: &GrayImage, options: &EncodeOptions) -> Result<Vec<u8>, ImageError> {
    if !(0.05..=8.0).contains(&options.bit_rate) {
        let part = "bit rate outside 0.05..=8.0";
        return Err(ImageError::NotEncodable { format: ImageFormat::Wsq, part });
    }
    let Prepared { mut out, blocks } = prepare(image, options);
    for (id, symbols) in (0_u8..).zip(&blocks) {
        let codes = HuffmanCodes::new(&frequencies(symbols));
        put_block_header(&mut out, id, &codes);
        put_symbols(&mut out, &codes, symbols);
    }
    out.extend([0xff, marker::END_OF_IMAGE]);
    Ok(out)
}

/// A stream up to the first block, and what the blocks hold.
struct Prepared {
    out: Vec<u8>,
    blocks: [Vec<Symbol>; 3],
}

fn prepare(image: &GrayImage, options: &EncodeOptions) -> Prepared {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let normalization = Normalization::of(image);
    let mut plane = normalization.apply(image);
    let decomposition = Decomposition::new(width, height);
    for &one in &decomposition.splits {
        split(&mut plane, width, one);
    }
    let coefficients = Coefficients { plane: &plane, width, subbands: &decomposition.subbands };
    let bins = choose_bins(&coefficients, options.bit_rate);

    let mut out = vec![0xff, marker::START_OF_IMAGE];
    put_segment(&mut out, marker::COMMENT, comment(image, options).as_bytes());
    put_segment(&mut out, marker::TRANSFORM_TABLE, &transform_table());
    put_segment(&mut out, marker::QUANTIZATION_TABLE, &quantization_table(&bins));
    put_segment(&mut out, marker::START_OF_FRAME, &frame_header(image, normalization));
    let [first, second, third] = BLOCK_ENDS;
    let blocks = [0..first, first..second, second..third]
        .map(|bands| symbols(bands.flat_map(|band| coefficients.indices(band, bins[band]))));
    Prepared { out, blocks }
}

/// Shift and scale that bring the pixels to -128..=128.
#[derive(Debug, Clone, Copy)]
struct Normalization {
    shift: Decimal,
    scale: Decimal,
}

impl Normalization {
    fn of(image: &GrayImage) -> Self {
        let pixels = image.pixels();
        let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
        let shift = Decimal::of((sum as f64 / pixels.len() as f64) as f32);
        let far = |pixel: &u8| (f32::from(*pixel) - shift.value()).abs();
        let furthest = pixels.iter().map(far).fold(0.0, f32::max);
        // An even image has no contrast to scale; any scale but zero will do.
        let scale = if furthest > 0.0 { furthest / 128.0 } else { 1.0 };
        Self { shift, scale: Decimal::of(scale) }
    }

    fn apply(self, image: &GrayImage) -> Vec<f32> {
        let (shift, scale) = (self.shift.value(), self.scale.value());
        image.pixels().iter().map(|&pixel| (f32::from(pixel) - shift) / scale).collect()
    }
}

/// A number as the tables hold it: digits and the position of the decimal point.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: u32,
    exponent: u8,
}

impl Decimal {
    /// The nearest number of 16 bits to one in `0.0..=65535.0`.
    fn of(value: f32) -> Self {
        Self::with_limit(value, 65_535.0)
    }

    fn with_limit(value: f32, limit: f64) -> Self {
        let mut scaled = f64::from(value).clamp(0.0, limit);
        let mut exponent = 0;
        while scaled > 0.0 && scaled * 10.0 <= limit && exponent < 30 {
            (scaled, exponent) = (scaled * 10.0, exponent + 1);
        }
        Self { digits: (scaled + 0.5).min(limit) as u32, exponent }
    }

    /// What a decoder reads.
    fn value(self) -> f32 {
        (0..self.exponent).fold(f64::from(self.digits), |value, _| value / 10.0) as f32
    }

    fn bytes_16(self) -> [u8; 3] {
        let [_, _, high, low] = self.digits.to_be_bytes();
        [self.exponent, high, low]
    }
}

/// The coefficients of a whole image.
struct Coefficients<'a> {
    plane: &'a [f32],
    width: usize,
    subbands: &'a [Rect; SUBBANDS],
}

impl Coefficients<'_> {
    fn rows(&self, rect: Rect) -> impl Iterator<Item = &[f32]> {
        (rect.y..rect.y + rect.height)
            .map(move |y| &self.plane[y * self.width + rect.x..][..rect.width])
    }

    /// The bins of a subband, row by row; none when it is left out.
    fn indices(&self, band: usize, bin: Bin) -> impl Iterator<Item = i32> {
        let rect = if bin.is_skipped() { Rect::default() } else { self.subbands[band] };
        self.rows(rect).flatten().map(move |&c| bin.index(c).clamp(-65_535, 65_535))
    }

    /// Variance over a rectangle, 0 where it has fewer than two coefficients.
    fn variance(&self, rect: Rect) -> f32 {
        let count = rect.area() as f64;
        if count < 2.0 {
            return 0.0;
        }
        let add = |(sum, squares): (f64, f64), &c: &f32| {
            (sum + f64::from(c), squares + f64::from(c) * f64::from(c))
        };
        let (sum, squares) = self.rows(rect).flatten().fold((0.0, 0.0), add);
        ((squares - sum * sum / count) / (count - 1.0)) as f32
    }

    /// Variance of every coded subband, over its middle unless the image is flat there.
    fn variances(&self) -> [f32; CODED_SUBBANDS] {
        let middle = |rect: Rect| Rect {
            x: rect.x + rect.width / 8,
            y: rect.y + 9 * rect.height / 32,
            width: 3 * rect.width / 4,
            height: 7 * rect.height / 16,
        };
        let of_middles: [f32; CODED_SUBBANDS] =
            std::array::from_fn(|band| self.variance(middle(self.subbands[band])));
        // The specification's test for ridges in the middle of the image.
        if of_middles[..4].iter().sum::<f32>() >= 20_000.0 {
            return of_middles;
        }
        std::array::from_fn(|band| self.variance(self.subbands[band]))
    }
}

/// Bin widths of all subbands for a bit rate (IAFIS-IC-0110, annex B).
fn choose_bins(coefficients: &Coefficients, bit_rate: f32) -> [Bin; SUBBANDS] {
    let variances = coefficients.variances();
    let relative: Vec<(usize, f64)> = (0..CODED_SUBBANDS)
        .filter(|&band| variances[band] >= VARIANCE_MIN)
        .map(|band| (band, relative_width(band, variances[band])))
        .collect();
    let mut bins = [Bin::default(); SUBBANDS];
    let Some(factor) = width_factor(&relative, &variances, f64::from(bit_rate)) else {
        return bins;
    };
    for (band, relative) in relative {
        let width = (relative / factor).max(BIN_WIDTH_MIN) as f32;
        // As the table will state them, so that both sides use the same bins.
        bins[band].width = Decimal::of(width).value();
        bins[band].zero_width = Decimal::of(ZERO_BIN_RATIO * width).value();
    }
    bins
}

/// Bin width of a subband before the factor common to all.
fn relative_width(band: usize, variance: f32) -> f64 {
    let weight = match band {
        52 | 56 => 1.32,
        53 | 55 | 58 | 59 => 1.08,
        54 | 57 => 1.42,
        _ => 1.0,
    };
    if band < 4 { 1.0 } else { 10.0 / (weight * libm::log(f64::from(variance))) }
}

/// The factor that makes the bins meet the bit rate: found by leaving out, time after time, the
/// subbands that would get no bits. `None` when no subband is left.
fn width_factor(relative: &[(usize, f64)], variances: &[f32], bit_rate: f64) -> Option<f64> {
    // Share of the image that a subband covers.
    let share = |band: usize| match band {
        0..4 => 1.0 / 1024.0,
        4..51 => 1.0 / 256.0,
        _ => 1.0 / 16.0,
    };
    let deviation = |band: usize| f64::from(variances[band]).sqrt();
    let mut live = relative.to_vec();
    while !live.is_empty() {
        let covered: f64 = live.iter().map(|&(band, _)| share(band)).sum();
        let log_product: f64 =
            live.iter().map(|&(band, q)| share(band) * libm::log2(deviation(band) / q)).sum();
        let factor = libm::exp2((bit_rate - log_product) / covered - 1.0) / 2.5;
        let count = live.len();
        live.retain(|&(band, q)| q / factor < 5.0 * deviation(band));
        if live.len() == count {
            return Some(factor);
        }
    }
    None
}

fn put_segment(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    let bytes = u16::try_from(body.len() + 2).expect("the longest segment has 389 bytes");
    out.extend([0xff, kind]);
    out.extend(bytes.to_be_bytes());
    out.extend(body);
}

fn comment(image: &GrayImage, options: &EncodeOptions) -> String {
    let ppi = options.ppi.map_or_else(|| "-1".into(), |ppi| ppi.to_string());
    let (width, height, rate) = (image.width(), image.height(), options.bit_rate);
    format!(
        "NIST_COM 9\nPIX_WIDTH {width}\nPIX_HEIGHT {height}\nPIX_DEPTH 8\nPPI {ppi}\nLOSSY 1\n\
         COLORSPACE GRAY\nCOMPRESSION WSQ\nWSQ_BITRATE {rate:.6}\n"
    )
}

fn transform_table() -> Vec<u8> {
    let mut table = vec![ANALYSIS_LOW.len() as u8, ANALYSIS_HIGH.len() as u8];
    for tap in ANALYSIS_LOW[4..].iter().chain(&ANALYSIS_HIGH[3..]) {
        let magnitude = Decimal::with_limit(tap.abs(), f64::from(u32::MAX));
        table.extend([u8::from(*tap < 0.0), magnitude.exponent]);
        table.extend(magnitude.digits.to_be_bytes());
    }
    table
}

fn quantization_table(bins: &[Bin; SUBBANDS]) -> Vec<u8> {
    let mut table =
        Decimal { digits: (BIN_CENTER * 100.0) as u32, exponent: 2 }.bytes_16().to_vec();
    for bin in bins {
        table.extend(Decimal::of(bin.width).bytes_16());
        table.extend(Decimal::of(bin.zero_width).bytes_16());
    }
    table
}

fn frame_header(image: &GrayImage, normalization: Normalization) -> Vec<u8> {
    let side = |pixels: u32| u16::try_from(pixels).expect("a gray image's side is at most 20000");
    let mut header = vec![0, 255];
    header.extend(side(image.height()).to_be_bytes());
    header.extend(side(image.width()).to_be_bytes());
    header.extend(normalization.shift.bytes_16());
    header.extend(normalization.scale.bytes_16());
    // Filter bank 2 of the specification, software not registered.
    header.extend([2, 0, 0]);
    header
}

/// A Huffman value and the number that follows it: the number, and its bits.
type Symbol = (u8, u16, u8);

/// Bins and runs of zeros as Huffman values.
fn symbols(indices: impl Iterator<Item = i32>) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut zeros = 0;
    for index in indices {
        if index == 0 {
            zeros += 1;
            if zeros == u16::MAX {
                symbols.push(run(zeros));
                zeros = 0;
            }
            continue;
        }
        if zeros > 0 {
            symbols.push(run(zeros));
            zeros = 0;
        }
        symbols.push(single(index));
    }
    if zeros > 0 {
        symbols.push(run(zeros));
    }
    symbols
}

fn run(zeros: u16) -> Symbol {
    match zeros {
        0..=100 => (zeros as u8, 0, 0),
        101..=255 => (symbol::RUN_8, zeros, 8),
        256.. => (symbol::RUN_16, zeros, 16),
    }
}

fn single(index: i32) -> Symbol {
    let magnitude = index.unsigned_abs().min(65_535) as u16;
    if (symbol::BIN_MIN..=symbol::BIN_MAX).contains(&index) {
        return ((index + symbol::BIN_OFFSET) as u8, 0, 0);
    }
    match (index > 0, magnitude) {
        (true, ..=255) => (symbol::POSITIVE_8, magnitude, 8),
        (false, ..=255) => (symbol::NEGATIVE_8, magnitude, 8),
        (true, _) => (symbol::POSITIVE_16, magnitude, 16),
        (false, _) => (symbol::NEGATIVE_16, magnitude, 16),
    }
}

fn frequencies(symbols: &[Symbol]) -> [u32; VALUES] {
    let mut frequencies = [0; VALUES];
    for &(value, _, _) in symbols {
        frequencies[usize::from(value)] += 1;
    }
    frequencies
}

/// Writes a Huffman table and the header of the block that uses it.
fn put_block_header(out: &mut Vec<u8>, id: u8, codes: &HuffmanCodes) {
    let table: Vec<u8> =
        [id].into_iter().chain(codes.counts).chain(codes.values.iter().copied()).collect();
    put_segment(out, marker::HUFFMAN_TABLES, &table);
    put_segment(out, marker::START_OF_BLOCK, &[id]);
}

fn put_symbols(out: &mut Vec<u8>, codes: &HuffmanCodes, symbols: &[Symbol]) {
    let mut bits = BitWriter { out, pending: 0, pending_bits: 0 };
    for &(value, number, number_bits) in symbols {
        let (code, code_bits) = codes.codes[usize::from(value)];
        bits.put(code, code_bits);
        bits.put(number, number_bits);
    }
    bits.finish();
}

/// Writes bits, highest first, with a zero byte after every `0xff`.
struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    pending: u32,
    pending_bits: u8,
}

impl BitWriter<'_> {
    fn put(&mut self, value: u16, bits: u8) {
        self.pending = self.pending << bits | u32::from(value);
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.pending_bits -= 8;
            let byte = (self.pending >> self.pending_bits) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    /// Fills the last byte with ones, which begin no code.
    fn finish(mut self) {
        if self.pending_bits > 0 {
            self.put(0xff >> self.pending_bits, 8 - self.pending_bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;
    use crate::image::{DecodeLimits, DecodedImage};

    fn waves(width: u32, height: u32, amplitude: f32) -> GrayImage {
        let pixel = |i: u32| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            (128.0 + amplitude * (0.6 * x + 0.2 * y).sin()) as u8
        };
        GrayImage::new(width, height, (0..width * height).map(pixel).collect()).unwrap()
    }

    fn decode_default(bytes: &[u8]) -> Result<DecodedImage, ImageError> {
        decode(bytes, &DecodeLimits::default())
    }

    #[test]
    fn restart_markers_between_codes_change_nothing() {
        let (image, options) = (waves(90, 70, 100.0), EncodeOptions::default());
        let plain = encode(&image, &options).unwrap();
        let Prepared { mut out, blocks } = prepare(&image, &options);
        put_segment(&mut out, marker::RESTART_INTERVAL, &[0, 7]);
        for (id, symbols) in (0_u8..).zip(&blocks) {
            let codes = HuffmanCodes::new(&frequencies(symbols));
            put_block_header(&mut out, id, &codes);
            for (interval, part) in symbols.chunks(7).enumerate() {
                if interval > 0 {
                    out.extend([0xff, marker::RESTART_FIRST + (interval as u8 - 1) % 8]);
                }
                put_symbols(&mut out, &codes, part);
            }
        }
        out.extend([0xff, marker::END_OF_IMAGE]);
        assert!(out.len() > plain.len() + 100);
        assert_eq!(decode_default(&out).unwrap(), decode_default(&plain).unwrap());
    }

    #[test]
    fn every_size_of_bin_and_run_has_a_symbol() {
        let indices = [0, 74, 75, 255, 256, 65_535, -73, -74, -255, -256, -65_535];
        let values: Vec<_> = symbols(indices.into_iter()).iter().map(|s| (s.0, s.2)).collect();
        let expected = [
            (1, 0),
            (254, 0),
            (101, 8),
            (101, 8),
            (103, 16),
            (103, 16),
            (107, 0),
            (102, 8),
            (102, 8),
            (104, 16),
            (104, 16),
        ];
        assert_eq!(values, expected);
        let runs = |zeros: usize| symbols(std::iter::repeat_n(0, zeros));
        assert_eq!(runs(100), [(100, 0, 0)]);
        assert_eq!(runs(101), [(105, 101, 8)]);
        assert_eq!(runs(256), [(106, 256, 16)]);
        assert_eq!(runs(65_536), [(106, 65_535, 16), (1, 0, 0)]);
    }

    #[test]
    fn more_bits_bring_the_image_closer() {
        let smooth = waves(200, 180, 100.0);
        let grain = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 28;
        let pixels = smooth.pixels().iter().enumerate().map(|(i, p)| p + grain(i) as u8);
        let image = GrayImage::new(200, 180, pixels.collect()).unwrap();
        let error = |bit_rate: f32| {
            let options = EncodeOptions { bit_rate, ppi: None };
            let decoded = decode_default(&encode(&image, &options).unwrap()).unwrap().image;
            let pairs = image.pixels().iter().zip(decoded.pixels());
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>()
        };
        let errors = [0.3, 0.75, 1.5, 3.0, 6.0].map(error);
        assert!(errors.is_sorted_by(|a, b| a > b), "{errors:?}");
    }

    #[test]
    fn a_flat_image_is_exact() {
        for gray in [0, 77, 255] {
            let flat = GrayImage::new(40, 30, vec![gray; 1200]).unwrap();
            let bytes = encode(&flat, &EncodeOptions::default()).unwrap();
            assert_eq!(decode_default(&bytes).unwrap().image, flat);
        }
    }

    #[test]
    fn the_comment_states_the_resolution() {
        let ppi = |ppi| {
            let options = EncodeOptions { ppi, ..EncodeOptions::default() };
            decode_default(&encode(&waves(30, 30, 90.0), &options).unwrap()).unwrap()
        };
        assert_eq!(ppi(Some(1000)).resolution.unwrap().ppi_x, 1000.0);
        assert_eq!(ppi(None).stated_resolution, None);
        let low = ppi(Some(72));
        assert_eq!((low.resolution, low.stated_resolution.unwrap().ppi_y), (None, 72.0));
    }

    #[test]
    fn streams_that_are_cut_or_lack_a_table_are_errors() {
        let whole = encode(&waves(64, 64, 100.0), &EncodeOptions::default()).unwrap();
        for end in 0..whole.len() {
            assert!(decode_default(&whole[..end]).is_err(), "cut to {end} of {}", whole.len());
        }
        let segments = [
            (marker::TRANSFORM_TABLE, "transform table missing"),
            (marker::QUANTIZATION_TABLE, "quantization table missing"),
            (marker::START_OF_FRAME, "frame header missing"),
            (marker::HUFFMAN_TABLES, "Huffman table missing"),
        ];
        for (kind, part) in segments {
            let at = whole.windows(2).position(|bytes| bytes == [0xff, kind]).unwrap();
            let bytes = usize::from(whole[at + 2]) << 8 | usize::from(whole[at + 3]);
            let without = [&whole[..at], &whole[at + 2 + bytes..]].concat();
            assert_eq!(decode_default(&without).unwrap_err(), super::super::corrupt(part));
        }
    }

    #[test]
    fn size_and_bit_rate_are_checked_first() {
        let mut huge = encode(&waves(64, 64, 100.0), &EncodeOptions::default()).unwrap();
        let frame = huge.windows(2).position(|bytes| bytes == [0xff, 0xa2]).unwrap();
        huge[frame + 6..frame + 10].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
        let error = decode_default(&huge).unwrap_err();
        assert_eq!(error, ImageError::Size { width: 60_000, height: 60_000, max: 20_000 });
        for bit_rate in [0.0, -1.0, 9.0, f32::NAN] {
            let options = EncodeOptions { bit_rate, ppi: None };
            assert!(encode(&waves(9, 9, 1.0), &options).is_err());
        }
    }
}
