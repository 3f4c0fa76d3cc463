//! From the best scores of a pass to the best persons.

use super::DeviceError;
use super::gpu::Gpu;
use super::scratch::{ANSWER_HEADER_WORDS, Scratch, TASK_STRIDE, TIED_MAX};
use crate::layout::tasks::{AnswerHeader, DIGITS, Ranking, WORKGROUP};
use crate::twin::ranking::Ranked;
use bytemuck::Zeroable;
use std::ops::Range;
use wgpu::{ComputePass, ComputePipeline};

/// Workgroups of the histogram at most: each walks over the grid.
const HISTOGRAM_GROUPS_MAX: u32 = 1024;
/// Workgroups in a row of the grid.
const GRID_WIDTH: u32 = 32_768;

/// Adds the rows of some prints to the sums.
pub(super) fn accumulate(
    gpu: &mut Gpu,
    scratch: &Scratch,
    persons: u32,
    prints: Range<u32>,
) -> Result<(), DeviceError> {
    let rows: Vec<Ranking> = prints
        .map(|print| Ranking { persons, print, grid_width: GRID_WIDTH, ..Ranking::zeroed() })
        .collect();
    write(gpu, scratch, &rows);
    let mut encoder = gpu.encoder();
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for row in 0..rows.len() as u32 {
        dispatch_persons(&mut pass, &gpu.pipelines.accumulate, scratch, row, persons);
    }
    drop(pass);
    gpu.finish(encoder)
}

/// The best `limit` persons by the sums, which are cleared afterwards. `limit` is at least 1.
pub(super) fn rank(
    gpu: &mut Gpu,
    scratch: &Scratch,
    persons: u32,
    limit: u32,
) -> Result<Ranked, DeviceError> {
    let digits: Vec<Ranking> = (0..DIGITS)
        .map(|digit| Ranking {
            persons,
            digit,
            limit,
            tied_max: TIED_MAX,
            grid_width: GRID_WIDTH,
            ..Ranking::zeroed()
        })
        .collect();
    write(gpu, scratch, &digits);
    let mut encoder = gpu.encoder();
    encoder.clear_buffer(&scratch.answer, 0, None);
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for digit in 0..DIGITS {
        let offset = [digit * TASK_STRIDE as u32];
        pass.set_pipeline(&gpu.pipelines.histogram);
        pass.set_bind_group(0, &scratch.ranking, &offset);
        let groups = persons.div_ceil(WORKGROUP).clamp(1, HISTOGRAM_GROUPS_MAX);
        pass.dispatch_workgroups(groups, 1, 1);
        pass.set_pipeline(&gpu.pipelines.cut);
        pass.set_bind_group(0, &scratch.ranking, &offset);
        pass.dispatch_workgroups(1, 1, 1);
    }
    dispatch_persons(&mut pass, &gpu.pipelines.compact, scratch, 0, persons);
    drop(pass);
    gpu.finish(encoder)?;
    let ranked = read_answer(gpu, scratch, persons, limit)?;
    let mut encoder = gpu.encoder();
    encoder.clear_buffer(&scratch.sums, 0, None);
    // Whatever comes next comes after it.
    gpu.submit(encoder);
    Ok(ranked)
}

fn write(gpu: &Gpu, scratch: &Scratch, rows: &[Ranking]) {
    let mut bytes = vec![0u8; rows.len() * TASK_STRIDE as usize];
    for (bytes, row) in bytes.chunks_mut(TASK_STRIDE as usize).zip(rows) {
        bytes[..size_of::<Ranking>()].copy_from_slice(bytemuck::bytes_of(row));
    }
    gpu.queue.write_buffer(&scratch.rankings, 0, &bytes);
}

fn dispatch_persons(
    pass: &mut ComputePass<'_>,
    pipeline: &ComputePipeline,
    scratch: &Scratch,
    row: u32,
    persons: u32,
) {
    let groups = persons.div_ceil(WORKGROUP);
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, &scratch.ranking, &[row * TASK_STRIDE as u32]);
    pass.dispatch_workgroups(groups.min(GRID_WIDTH), groups.div_ceil(GRID_WIDTH), 1);
}

fn read_answer(
    gpu: &mut Gpu,
    scratch: &Scratch,
    persons: u32,
    limit: u32,
) -> Result<Ranked, DeviceError> {
    // In one piece: every reading waits for the device.
    let words = gpu.read(&scratch.answer, 0, ANSWER_HEADER_WORDS + 2 * limit as usize)?;
    let (header, pairs) = words.split_at(ANSWER_HEADER_WORDS);
    let header: AnswerHeader = bytemuck::pod_read_unaligned(bytemuck::cast_slice(header));
    let above = header.above.min(limit) as usize;
    let pairs = pairs.as_chunks::<2>().0.iter().take(above);
    let mut above: Vec<_> = pairs.map(|pair| (pair[0], pair[1])).collect();
    above.sort_unstable();
    let mut tied = if header.room == 0 {
        Vec::new()
    } else if header.tied <= TIED_MAX {
        let first = ANSWER_HEADER_WORDS + 2 * limit as usize;
        gpu.read(&scratch.answer, first, header.tied as usize)?
    } else {
        let sums = gpu.read(&scratch.sums, 0, persons as usize)?;
        let at_cut = |(person, sum): (usize, &u32)| (*sum == header.cut).then_some(person as u32);
        sums.iter().enumerate().filter_map(at_cut).collect()
    };
    tied.sort_unstable();
    let AnswerHeader { eligible, cut, room, .. } = header;
    Ok(Ranked { eligible, above, cut, tied, room })
}
