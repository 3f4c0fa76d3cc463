//! Strips and tiles, unpacked.

use super::directory::corrupt;
use crate::image::{ImageError, ImageFormat};
use flate2::read::ZlibDecoder;
use std::io::Read;
use weezl::{BitOrder, LzwStatus};

const FORMAT: ImageFormat = ImageFormat::Tiff;
const TRUNCATED: ImageError = ImageError::Truncated { format: FORMAT, part: "strip or tile" };

/// How strips and tiles are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Lzw,
    Deflate,
    PackBits,
}

impl Packing {
    /// From the value of the tag `Compression`.
    pub(super) fn new(code: u64) -> Result<Self, ImageError> {
        let feature = match code {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            8 | 32_946 => return Ok(Self::Deflate),
            32_773 => return Ok(Self::PackBits),
            2..=4 => "fax compression",
            6 | 7 => "JPEG compression inside TIFF",
            _ => "compression",
        };
        Err(ImageError::Unsupported { format: FORMAT, feature })
    }

    /// Unpacks exactly `bytes` bytes and ignores what follows them.
    ///
    /// # Errors
    /// Fewer bytes, or codes that mean nothing.
    pub(super) fn unpack(self, packed: &[u8], bytes: usize) -> Result<Vec<u8>, ImageError> {
        match self {
            Self::None => packed.get(..bytes).map(<[u8]>::to_vec).ok_or(TRUNCATED),
            Self::Lzw => unpack_lzw(packed, bytes),
            Self::Deflate => unpack_deflate(packed, bytes),
            Self::PackBits => unpack_pack_bits(packed, bytes),
        }
    }
}

fn unpack_lzw(mut packed: &[u8], bytes: usize) -> Result<Vec<u8>, ImageError> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut unpacked = vec![0; bytes];
    let mut filled = 0;
    while filled < bytes {
        let step = decoder.decode_bytes(packed, &mut unpacked[filled..]);
        packed = &packed[step.consumed_in..];
        filled += step.consumed_out;
        match step.status {
            Ok(LzwStatus::Ok) => {}
            Ok(LzwStatus::Done | LzwStatus::NoProgress) if filled < bytes => return Err(TRUNCATED),
            Ok(LzwStatus::Done | LzwStatus::NoProgress) => {}
            Err(_) => return Err(corrupt("LZW code")),
        }
    }
    Ok(unpacked)
}

fn unpack_deflate(packed: &[u8], bytes: usize) -> Result<Vec<u8>, ImageError> {
    let mut unpacked = Vec::with_capacity(bytes);
    let read = ZlibDecoder::new(packed).take(bytes as u64).read_to_end(&mut unpacked);
    match read {
        Ok(read) if read == bytes => Ok(unpacked),
        Ok(_) => Err(TRUNCATED),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(TRUNCATED),
        Err(_) => Err(corrupt("deflate data")),
    }
}

fn unpack_pack_bits(packed: &[u8], bytes: usize) -> Result<Vec<u8>, ImageError> {
    let mut unpacked = Vec::with_capacity(bytes);
    let mut rest = packed;
    while unpacked.len() < bytes {
        let [head, tail @ ..] = rest else { return Err(TRUNCATED) };
        let room = bytes - unpacked.len();
        match *head {
            128 => rest = tail,
            literal @ ..128 => {
                let count = usize::from(literal) + 1;
                let (values, after) = tail.split_at_checked(count).ok_or(TRUNCATED)?;
                unpacked.extend(&values[..count.min(room)]);
                rest = after;
            }
            run => {
                let [value, after @ ..] = tail else { return Err(TRUNCATED) };
                unpacked.extend(std::iter::repeat_n(*value, (257 - usize::from(run)).min(room)));
                rest = after;
            }
        }
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    /// Deflated so that most damage leaves the codes whole: stored, not compressed.
    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn damaged_deflate_data_is_told_by_its_checksum() {
        let rows: Vec<u8> = (0..200).collect();
        let packed = deflated(&rows);
        assert_eq!(Packing::Deflate.unpack(&packed, 200), Ok(rows));
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 4;
            assert!(Packing::Deflate.unpack(&damaged, 200).is_err(), "byte {at}");
        }
    }

    #[test]
    fn deflate_data_may_go_on_or_lack_its_checksum_but_not_its_pixels() {
        let rows: Vec<u8> = (0..200).collect();
        let packed = deflated(&rows);
        assert_eq!(Packing::Deflate.unpack(&packed, 150), Ok(rows[..150].to_vec()));
        assert_eq!(Packing::Deflate.unpack(&packed[..packed.len() - 4], 200), Ok(rows));
        assert_eq!(Packing::Deflate.unpack(&packed, 201), Err(TRUNCATED));
        assert_eq!(Packing::Deflate.unpack(&packed[..packed.len() - 9], 200), Err(TRUNCATED));
    }

    #[test]
    fn bytes_are_unpacked_from_literals_and_runs_up_to_the_number_asked_for() {
        // A literal of three, a filler, a run of four.
        let packed = [2, 7, 8, 9, 128, 253, 5];
        assert_eq!(Packing::PackBits.unpack(&packed, 7), Ok(vec![7, 8, 9, 5, 5, 5, 5]));
        assert_eq!(Packing::PackBits.unpack(&packed, 5), Ok(vec![7, 8, 9, 5, 5]));
        assert_eq!(Packing::PackBits.unpack(&packed, 2), Ok(vec![7, 8]));
        assert_eq!(Packing::PackBits.unpack(&packed, 8), Err(TRUNCATED));
        assert_eq!(Packing::PackBits.unpack(&packed[..6], 7), Err(TRUNCATED));
        assert_eq!(Packing::PackBits.unpack(&packed[..3], 7), Err(TRUNCATED));
    }
}
