//! Which keys a blob file of RocksDB holds.
//!
//! RocksDB drops a blob file only when no value in it is alive, and does not say which file holds a
//! key. An erasure has to know: it moves the neighbors of the erased values so that the file goes.
//! The layout is that of RocksDB's `db/blob/blob_log_format.h`: a header of 30 bytes (magic and
//! version first), records of a 32-byte header (key length and value length first), key and value,
//! and a footer of 32 bytes. All integers are little-endian.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

const HEADER_BYTES: u64 = 30;
const RECORD_HEADER_BYTES: u64 = 32;
const FOOTER_BYTES: u64 = 32;
const MAGIC: u32 = 0x0024_8f37;
const VERSION: u32 = 1;
/// No key of ours is longer (two identifiers of 64 characters of up to four bytes).
const KEY_BYTES_MAX: u64 = 4096;

/// What a blob file says about a range of keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// No key of the range is in it.
    Without,
    /// It holds some; **all** its keys, in the order of the file.
    With(Vec<Vec<u8>>),
    /// It has another layout than this reader knows, so it may hold anything.
    Unknown,
}

/// Walks a file's record headers and keys, without reading the values.
///
/// # Errors
/// When the file cannot be read; `NotFound` when RocksDB removed it meanwhile.
pub(crate) fn contents(path: &Path, holds: impl Fn(&[u8]) -> bool) -> io::Result<Contents> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(512, file);
    if !header_is_known(&mut reader, length)? {
        return Ok(Contents::Unknown);
    }
    let mut walk = Walk { reader, at: HEADER_BYTES, end: length };
    let mut keys = Vec::new();
    loop {
        match walk.next_key()? {
            Step::Key(key) => keys.push(key),
            Step::End => break,
            Step::Unknown => return Ok(Contents::Unknown),
        }
    }
    let found = keys.iter().any(|key| holds(key));
    Ok(if found { Contents::With(keys) } else { Contents::Without })
}

/// Whether a file ends with a whole footer, which is written last: magic first, and a checksum
/// last, as RocksDB judges it. A file without is what a killed process left of its writing, or
/// damaged.
///
/// # Errors
/// When the file cannot be read; `NotFound` when RocksDB removed it meanwhile.
pub(crate) fn has_footer(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() < HEADER_BYTES + FOOTER_BYTES {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-(FOOTER_BYTES as i64)))?;
    let mut footer = [0; FOOTER_BYTES as usize];
    file.read_exact(&mut footer)?;
    let (fields, crc) = footer.split_at(FOOTER_BYTES as usize - 4);
    Ok(fields.starts_with(&MAGIC.to_le_bytes()) && crc == masked_crc32c(fields).to_le_bytes())
}

/// CRC-32C as RocksDB stores it, rotated and shifted (`util/crc32c.h`). Bit by bit: a footer is
/// short.
fn masked_crc32c(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0x82F6_3B78;
    let crc = !bytes.iter().fold(!0u32, |crc, byte| {
        let step = |crc: u32, _| (crc >> 1) ^ (REVERSED_POLYNOMIAL & (crc & 1).wrapping_neg());
        (0..8).fold(crc ^ u32::from(*byte), step)
    });
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

fn header_is_known(reader: &mut impl Read, length: u64) -> io::Result<bool> {
    if length < HEADER_BYTES {
        return Ok(false);
    }
    let mut header = [0; HEADER_BYTES as usize];
    reader.read_exact(&mut header)?;
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| header[at + i]));
    Ok(word(0) == MAGIC && word(4) == VERSION)
}

struct Walk {
    reader: BufReader<File>,
    at: u64,
    end: u64,
}

enum Step {
    Key(Vec<u8>),
    End,
    Unknown,
}

impl Walk {
    fn next_key(&mut self) -> io::Result<Step> {
        let left = self.end - self.at;
        if left < RECORD_HEADER_BYTES {
            return Ok(if left == 0 { Step::End } else { Step::Unknown });
        }
        let mut header = [0; RECORD_HEADER_BYTES as usize];
        self.reader.read_exact(&mut header)?;
        if left == FOOTER_BYTES && header[..4] == MAGIC.to_le_bytes() {
            return Ok(Step::End);
        }
        let long = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| header[at + i]));
        let (key_bytes, value_bytes) = (long(0), long(8));
        let fits = key_bytes <= KEY_BYTES_MAX
            && value_bytes <= left
            && RECORD_HEADER_BYTES + key_bytes + value_bytes <= left;
        if !fits {
            return Ok(Step::Unknown);
        }
        let mut key = vec![0; key_bytes as usize];
        self.reader.read_exact(&mut key)?;
        self.at += RECORD_HEADER_BYTES + key_bytes + value_bytes;
        self.reader.seek_relative(value_bytes as i64)?;
        Ok(Step::Key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
        let mut bytes = (key.len() as u64).to_le_bytes().to_vec();
        bytes.extend((value.len() as u64).to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend([key, value].concat());
        bytes
    }

    fn file(parts: &[Vec<u8>]) -> tempfile::NamedTempFile {
        let mut header = MAGIC.to_le_bytes().to_vec();
        header.extend(VERSION.to_le_bytes());
        header.resize(HEADER_BYTES as usize, 0);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [header, parts.concat()].concat()).unwrap();
        file
    }

    fn footer() -> Vec<u8> {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.resize(FOOTER_BYTES as usize - 4, 0);
        bytes.extend(masked_crc32c(&bytes).to_le_bytes());
        bytes
    }

    #[test]
    fn a_checksum_is_that_of_the_castagnoli_polynomial() {
        // RFC 3720, B.4: 32 zeros and 32 bytes 0xFF.
        let unmasked =
            |bytes: &[u8]| masked_crc32c(bytes).wrapping_sub(0xA282_EAD8).rotate_left(15);
        assert_eq!(unmasked(&[0; 32]), 0x8A91_36AA);
        assert_eq!(unmasked(&[0xFF; 32]), 0x62A8_AB43);
    }

    #[test]
    fn a_footer_of_which_a_part_was_written_is_none() {
        let whole = [record(b"a", &[5; 99]), footer()].concat();
        assert!(has_footer(file(std::slice::from_ref(&whole)).path()).unwrap());
        // The length may be on disk before the content: after a power failure zeros stand there.
        for written in 0..FOOTER_BYTES as usize {
            let mut torn = whole.clone();
            let from = torn.len() - FOOTER_BYTES as usize + written;
            torn[from..].fill(0);
            assert!(!has_footer(file(&[torn]).path()).unwrap(), "{written}");
            let cut = whole[..from].to_vec();
            assert!(!has_footer(file(&[cut]).path()).unwrap(), "{written}");
        }
    }

    #[test]
    fn a_file_that_holds_a_key_of_the_range_tells_all_its_keys() {
        let file = file(&[record(b"c", b"12"), record(b"a", b""), record(b"b", b"3"), footer()]);
        let holds_a = contents(file.path(), |key| key == b"a").unwrap();
        assert_eq!(holds_a, Contents::With([b"c", b"a", b"b"].map(|k| k.to_vec()).into()));
        assert_eq!(contents(file.path(), |key| key == b"x").unwrap(), Contents::Without);
    }

    #[test]
    fn a_file_cut_short_or_of_another_layout_may_hold_anything() {
        let mut cut = record(b"a", b"123456789012345678901234567890123");
        cut.truncate(40);
        assert_eq!(contents(file(&[cut]).path(), |_| false).unwrap(), Contents::Unknown);
        let huge = [u64::MAX.to_le_bytes(); 4].concat();
        assert_eq!(contents(file(&[huge]).path(), |_| false).unwrap(), Contents::Unknown);
        let other = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(other.path(), [7; 99]).unwrap();
        assert_eq!(contents(other.path(), |_| false).unwrap(), Contents::Unknown);
    }
}
