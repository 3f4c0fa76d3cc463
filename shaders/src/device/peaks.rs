//! What a device can do at best: bit counts, integer operations and copies a second.

use super::DeviceError;
use super::gpu::Gpu;
use super::pipelines::{bind, pipeline};
use std::time::{Duration, Instant};
use wgpu::{Buffer, BufferUsages, ComputePipeline};

pub(crate) const SOURCE: &str = include_str!("../../wgsl/peaks.wgsl");
const LANES: u32 = 256;
const GROUPS: u32 = 4096;
/// Independent chains of a lane.
const CHAINS: u64 = 8;
/// Results checked against the twin.
const CHECKED: u32 = 512;
/// Bytes copied in a round: more than caches hold.
const COPY_BYTES: u64 = 256 << 20;
/// Long enough to be measured well, short enough for one submission.
const TARGET: Duration = Duration::from_millis(40);

/// Peaks of a device, as measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peaks {
    /// Bit counts of 32-bit words a second, each with an addition.
    pub popcounts_per_second: f64,
    /// Functions of three bits of 32-bit words a second, each with an addition.
    pub logic_per_second: f64,
    /// Bytes a second read and written again.
    pub copied_bytes_per_second: f64,
}

/// What the kernels must write for a lane.
fn expected(lane: u32, rounds: u32, step: impl Fn(u32, u32) -> u32) -> u32 {
    let chain = |first: u32| (0..rounds).fold(first, &step);
    (0..CHAINS as u32).map(|number| chain(lane + number)).fold(0, u32::wrapping_add)
}

/// Measures, checking every kernel's results first.
pub(super) fn measure(gpu: &mut Gpu) -> Result<Peaks, DeviceError> {
    let uniform = BufferUsages::UNIFORM | BufferUsages::COPY_DST;
    let storage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
    let rounds = gpu.buffer("rounds", 256, uniform)?;
    let results = gpu.buffer("results", 4 * u64::from(LANES * GROUPS), storage)?;
    let popcounts = |word: u32, round: u32| word.count_ones().wrapping_add(round);
    let logic = |word: u32, round: u32| (word ^ 0x9E37_79B9 ^ round).wrapping_add(round);
    Ok(Peaks {
        popcounts_per_second: rate(gpu, "popcounts", [&rounds, &results], popcounts)?,
        logic_per_second: rate(gpu, "logic", [&rounds, &results], logic)?,
        copied_bytes_per_second: copy_rate(gpu, &rounds, storage)?,
    })
}

/// Operations a second of one kernel.
fn rate(
    gpu: &mut Gpu,
    entry: &str,
    buffers: [&Buffer; 2],
    step: impl Fn(u32, u32) -> u32,
) -> Result<f64, DeviceError> {
    let layout = &gpu.pipelines.peaks;
    let kernel = pipeline(&gpu.device, SOURCE, entry, &[layout], &[]);
    run(gpu, &kernel, buffers, [100, 0])?;
    let found = gpu.read(buffers[1], 0, CHECKED as usize)?;
    if (0..CHECKED).any(|lane| found[lane as usize] != expected(lane, 100, &step)) {
        let detail = format!("kernel {entry} gave a wrong sum");
        return Err(DeviceError::Banned { device: gpu.name.clone(), detail });
    }
    let lanes = u64::from(LANES * GROUPS);
    timed(gpu, &kernel, buffers, 0).map(|rounds| (lanes * CHAINS) as f64 * rounds)
}

/// Rounds a second of one kernel.
fn timed(
    gpu: &mut Gpu,
    kernel: &ComputePipeline,
    buffers: [&Buffer; 2],
    quads: u32,
) -> Result<f64, DeviceError> {
    let mut rounds = 1;
    loop {
        let took = run(gpu, kernel, buffers, [rounds, quads])?;
        if took >= TARGET || rounds >= 1 << 20 {
            return Ok(f64::from(rounds) / took.as_secs_f64());
        }
        rounds *= 2;
    }
}

fn run(
    gpu: &mut Gpu,
    kernel: &ComputePipeline,
    buffers: [&Buffer; 2],
    [rounds, quads]: [u32; 2],
) -> Result<Duration, DeviceError> {
    gpu.queue.write_buffer(buffers[0], 0, bytemuck::cast_slice(&[rounds, quads, 0, 0]));
    let group = bind(&gpu.device, &gpu.pipelines.peaks, Some(16), &buffers);
    let encoder = gpu.encoder();
    gpu.finish(encoder)?;
    let mut encoder = gpu.encoder();
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(kernel);
    pass.set_bind_group(0, &group, &[0]);
    pass.dispatch_workgroups(GROUPS, 1, 1);
    drop(pass);
    let start = Instant::now();
    gpu.finish(encoder)?;
    Ok(start.elapsed())
}

/// Bytes a second that the device copies within its memory, read and written.
fn copy_rate(gpu: &mut Gpu, rounds: &Buffer, usage: BufferUsages) -> Result<f64, DeviceError> {
    let half = (COPY_BYTES / 2).min(gpu.binding_bytes_max() / 2) & !4095;
    let quads = (half / 16) as u32;
    let copied = gpu.buffer("copied", 2 * half, usage)?;
    let first: Vec<u32> = (0..4 * CHECKED).map(|word| word.wrapping_mul(0x9E37_79B9)).collect();
    gpu.queue.write_buffer(&copied, 0, bytemuck::cast_slice(&first));
    let layout = &gpu.pipelines.peaks;
    let kernel = pipeline(&gpu.device, SOURCE, "copies", &[layout], &[]);
    let per_second = timed(gpu, &kernel, [rounds, &copied], quads)?;
    run(gpu, &kernel, [rounds, &copied], [1, quads])?;
    if gpu.read(&copied, half as usize / 4, first.len())? != first {
        let detail = "kernel copies gave a wrong copy".to_owned();
        return Err(DeviceError::Banned { device: gpu.name.clone(), detail });
    }
    Ok(per_second * (2 * half) as f64)
}
