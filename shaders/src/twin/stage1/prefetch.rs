//! Asks for records before their turn: a gallery is larger than any cache, and a record too short
//! for the processor to see a stream in time.
#![allow(unsafe_code)]

use matching::PackedRecord;

/// How many records ahead of the one that is scored.
pub(super) const AHEAD: usize = 3;

const CACHE_LINE_BYTES: usize = 64;

/// Begins to load a record, if there is one.
#[inline(always)]
pub(super) fn prefetch(record: Option<&PackedRecord>) {
    let Some(record) = record else { return };
    let bytes = bytemuck::bytes_of(record);
    for line in bytes.chunks(CACHE_LINE_BYTES) {
        prefetch_line(line);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch_line(line: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the address is that of a reference; a prefetch reads nothing that is seen.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn prefetch_line(line: &[u8]) {
    // SAFETY: the address is that of a reference; a prefetch reads nothing that is seen.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{line}]",
            line = in(reg) line.as_ptr(),
            options(nostack, preserves_flags, readonly)
        );
    }
}
