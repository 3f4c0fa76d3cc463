//! References resident on a device: a shelf in chunks, each one buffer of records and one of
//! owners.

use super::DeviceError;
use super::gpu::Gpu;
use super::pipelines::bind;
use crate::layout::RECORD_WORDS;
use crate::twin::digest;
use bytemuck::cast_slice;
use matching::PackedRecord;
use std::ops::Range;
use wgpu::{BindGroup, Buffer, BufferUsages};

/// Bytes of a record.
pub(super) const RECORD_BYTES: u64 = 4 * RECORD_WORDS as u64;
/// Bytes that a reference takes on the device: record and owner.
pub(super) const REFERENCE_BYTES: u64 = RECORD_BYTES + 4;
/// References of the first buffer of a shelf; it grows by doubling.
const FIRST_CAPACITY: u32 = 4096;

const USAGE: BufferUsages =
    BufferUsages::STORAGE.union(BufferUsages::COPY_DST).union(BufferUsages::COPY_SRC);

/// One pair of buffers.
pub(super) struct Chunk {
    pub(super) records: Buffer,
    pub(super) owners: Buffer,
    pub(super) bind_group: BindGroup,
    pub(super) capacity: u32,
    pub(super) len: u32,
    /// Digest of each slot in use, as the twin has it.
    digests: Vec<u32>,
}

impl Chunk {
    pub(super) fn new(gpu: &mut Gpu, capacity: u32) -> Result<Self, DeviceError> {
        let records = gpu.buffer("records", u64::from(capacity) * RECORD_BYTES, USAGE)?;
        let owners = gpu.buffer("owners", 4 * u64::from(capacity), USAGE)?;
        let layout = &gpu.pipelines.chunk;
        let bind_group = bind(&gpu.device, layout, None, &[&records, &owners]);
        Ok(Self { records, owners, bind_group, capacity, len: 0, digests: Vec::new() })
    }

    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.capacity) * REFERENCE_BYTES
    }

    /// Sum of the digests of all slots in use.
    pub(super) fn expected_digest(&self) -> u32 {
        self.digests.iter().fold(0, |sum, digest| sum.wrapping_add(*digest))
    }

    /// Writes slots; those may extend the chunk, without a gap and within its capacity.
    pub(super) fn write(
        &mut self,
        gpu: &Gpu,
        first: u32,
        records: &[PackedRecord],
        owners: &[u32],
    ) {
        gpu.queue.write_buffer(&self.records, u64::from(first) * RECORD_BYTES, cast_slice(records));
        gpu.queue.write_buffer(&self.owners, 4 * u64::from(first), cast_slice(owners));
        let end = first + records.len() as u32;
        self.len = self.len.max(end);
        self.digests.resize(self.len as usize, 0);
        for (slot, (record, owner)) in (first..).zip(records.iter().zip(owners)) {
            self.digests[slot as usize] = digest::of_slot(slot, record, *owner);
        }
    }

    /// Replaces the content by references that only pass through: no digest is kept of them.
    pub(super) fn write_unchecked(&mut self, gpu: &Gpu, records: &[PackedRecord], owners: &[u32]) {
        gpu.queue.write_buffer(&self.records, 0, cast_slice(records));
        gpu.queue.write_buffer(&self.owners, 0, cast_slice(owners));
        self.len = records.len() as u32;
    }

    /// Overwrites everything with zeros.
    pub(super) fn clear(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&self.records, 0, None);
        encoder.clear_buffer(&self.owners, 0, None);
    }

    /// Drops slots from `len` on and overwrites them with zeros.
    fn truncate(&mut self, gpu: &Gpu, len: u32) {
        if len >= self.len {
            return;
        }
        let (from, count) = (u64::from(len), u64::from(self.len - len));
        let mut encoder = gpu.encoder();
        encoder.clear_buffer(&self.records, from * RECORD_BYTES, Some(count * RECORD_BYTES));
        encoder.clear_buffer(&self.owners, 4 * from, Some(4 * count));
        gpu.submit(encoder);
        self.len = len;
        self.digests.truncate(len as usize);
    }

    /// Words that are not zero in the slots from `first` on.
    pub(super) fn residue(&self, gpu: &mut Gpu, first: u32) -> Result<usize, DeviceError> {
        let (from, count) = (first as usize, (self.capacity - first) as usize);
        let records = gpu.read(&self.records, RECORD_WORDS * from, RECORD_WORDS * count)?;
        let owners = gpu.read(&self.owners, from, count)?;
        Ok(records.iter().chain(&owners).filter(|word| **word != 0).count())
    }

    /// A chunk of larger capacity with the same content, copied on the device; the old one is
    /// overwritten with zeros before it is given back.
    fn grown(&self, gpu: &mut Gpu, capacity: u32) -> Result<Self, DeviceError> {
        let mut grown = Self::new(gpu, capacity)?;
        let mut encoder = gpu.encoder();
        let (records, owners) = (u64::from(self.len) * RECORD_BYTES, 4 * u64::from(self.len));
        if self.len > 0 {
            encoder.copy_buffer_to_buffer(&self.records, 0, &grown.records, 0, records);
            encoder.copy_buffer_to_buffer(&self.owners, 0, &grown.owners, 0, owners);
        }
        encoder.clear_buffer(&self.records, 0, None);
        gpu.finish(encoder)?;
        (grown.len, grown.digests) = (self.len, self.digests.clone());
        Ok(grown)
    }
}

/// The resident part of a shelf: its slots from 0 on, as far as the memory reaches.
#[derive(Default)]
pub(super) struct ResidentShelf {
    pub(super) chunks: Vec<Chunk>,
}

/// References with their owners, one each.
#[derive(Clone, Copy)]
pub(super) struct References<'a> {
    pub(super) records: &'a [PackedRecord],
    pub(super) owners: &'a [u32],
}

/// Room on the device for references.
pub(super) struct Room {
    /// Bytes that references may take in all.
    pub(super) bytes_max: u64,
    /// Bytes that they take.
    pub(super) bytes: u64,
    /// References of a chunk at most.
    pub(super) chunk_records: u32,
    /// No further chunk: the driver refused one within the bytes allowed.
    pub(super) exhausted: bool,
}

impl ResidentShelf {
    pub(super) fn len(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.len).sum()
    }

    /// Writes slots from `first` on, which is at most the length; returns the length reached, less
    /// than asked for when the room ends.
    pub(super) fn write(
        &mut self,
        gpu: &mut Gpu,
        room: &mut Room,
        first: u32,
        new: References<'_>,
    ) -> Result<u32, DeviceError> {
        let References { records, owners } = new;
        let mut done = 0;
        while done < records.len() {
            let slot = first + done as u32;
            let (index, at) = (slot / room.chunk_records, slot % room.chunk_records);
            let left = records.len() - done;
            let wanted = (at as usize + left).min(room.chunk_records as usize) as u32;
            let capacity = self.ensure(gpu, room, index as usize, wanted)?;
            let count = left.min(capacity.saturating_sub(at) as usize);
            if count == 0 {
                break;
            }
            let range = done..done + count;
            let chunk = &mut self.chunks[index as usize];
            chunk.write(gpu, at, &records[range.clone()], &owners[range]);
            done += count;
        }
        Ok(self.len())
    }

    /// Makes a chunk large enough, as far as there is room; returns its capacity, 0 when there is
    /// no such chunk.
    fn ensure(
        &mut self,
        gpu: &mut Gpu,
        room: &mut Room,
        index: usize,
        wanted: u32,
    ) -> Result<u32, DeviceError> {
        let now = self.chunks.get(index).map_or(0, |chunk| chunk.capacity);
        if now >= wanted || room.exhausted {
            return Ok(now);
        }
        let fits = (room.bytes_max.saturating_sub(room.bytes) / REFERENCE_BYTES) as u32;
        let capacity = wanted.next_power_of_two().max(FIRST_CAPACITY).min(room.chunk_records);
        let capacity = capacity.min(now.saturating_add(fits));
        if capacity <= now {
            return Ok(now);
        }
        let more = u64::from(capacity - now) * REFERENCE_BYTES;
        let grown = match self.chunks.get(index) {
            Some(chunk) => chunk.grown(gpu, capacity),
            None => Chunk::new(gpu, capacity),
        };
        match grown {
            Ok(chunk) => {
                room.bytes += more;
                if index < self.chunks.len() {
                    self.chunks[index] = chunk;
                } else {
                    self.chunks.push(chunk);
                }
                Ok(capacity)
            }
            Err(DeviceError::Memory { .. }) => {
                room.exhausted = true;
                Ok(now)
            }
            Err(error) => Err(error),
        }
    }

    /// Drops slots from `len` on; when this returns, the device has overwritten them.
    pub(super) fn truncate(
        &mut self,
        gpu: &mut Gpu,
        room: &mut Room,
        len: u32,
    ) -> Result<(), DeviceError> {
        for (index, chunk) in (0u32..).zip(&mut self.chunks) {
            let kept = len.saturating_sub(index * room.chunk_records).min(chunk.capacity);
            chunk.truncate(gpu, kept);
        }
        let encoder = gpu.encoder();
        gpu.finish(encoder)?;
        let used = len.div_ceil(room.chunk_records) as usize;
        for chunk in self.chunks.drain(used.min(self.chunks.len())..) {
            room.bytes -= chunk.bytes();
            room.exhausted = false;
        }
        Ok(())
    }

    /// Chunks with the slots of each that lie in a range of the shelf's slots.
    pub(super) fn ranges(&self, slots: u32) -> impl Iterator<Item = (&Chunk, Range<u32>)> {
        let mut left = slots;
        self.chunks.iter().filter_map(move |chunk| {
            let count = chunk.len.min(left);
            left -= count;
            (count > 0).then_some((chunk, 0..count))
        })
    }
}
