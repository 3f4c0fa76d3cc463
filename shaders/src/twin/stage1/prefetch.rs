//! Asks for records before their turn: a gallery is larger than any cache, and a record too short
//! for the processor to see a stream in time.
#![allow(unsafe_code)]

use matching::PackedRecord;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// How many records ahead of the one that is scored.
pub(super) const AHEAD: usize = 3;

const CACHE_LINE_BYTES: usize = 64;

/// Begins to load a record, if there is one.
#[inline(always)]
pub(super) fn prefetch(record: Option<&PackedRecord>) {
    let Some(record) = record else { return };
    let bytes = bytemuck::bytes_of(record);
    for offset in (0..bytes.len()).step_by(CACHE_LINE_BYTES) {
        // SAFETY: the address is within the record; a prefetch reads nothing that is seen.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().add(offset).cast()) };
    }
}
