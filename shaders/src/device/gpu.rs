//! The driver's device with what every use of it needs: error scopes, deadlines, and a note of its
//! loss.

use super::DeviceError;
use super::options::{DeviceOptions, LimitsChoice};
use super::pipelines::Pipelines;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use wgpu::{Buffer, BufferUsages, CommandEncoder, SubmissionIndex};

/// Words read back at a time.
pub(super) const READBACK_WORDS: usize = 1 << 20;

/// What the driver said about its end or a refused command, first words first.
#[derive(Clone, Default)]
struct Note(Arc<Mutex<Option<String>>>);

impl Note {
    fn write(&self, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
    }

    fn read(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An open device.
pub(super) struct Gpu {
    pub(super) name: String,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pipelines: Pipelines,
    pub(super) limits: wgpu::Limits,
    readback: Buffer,
    deadline: Duration,
    lost: Note,
    refused: Note,
    /// The next wait has no time: see [`super::Fault::Hang`].
    pub(super) hang: bool,
    /// The next buffer is larger than any: see [`super::Fault::ExhaustMemory`].
    pub(super) exhaust: bool,
}

impl Gpu {
    /// Opens an adapter and makes every pipeline.
    pub(super) fn open(
        name: &str,
        adapter: &wgpu::Adapter,
        options: &DeviceOptions,
    ) -> Result<Self, DeviceError> {
        let failed = |detail: String| DeviceError::Open { device: name.to_owned(), detail };
        let limits = match options.limits {
            LimitsChoice::Adapter => adapter.limits(),
            LimitsChoice::Downlevel => wgpu::Limits::downlevel_defaults(),
        };
        let subgroup = subgroup_lanes(adapter, options);
        let features = match subgroup {
            Some(_) => wgpu::Features::SUBGROUP,
            None => wgpu::Features::empty(),
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("tanba"),
            required_features: features,
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| failed(error.to_string()))?;
        let (lost, refused) = (Note::default(), Note::default());
        let note = lost.clone();
        device
            .set_device_lost_callback(move |reason, text| note.write(format!("{reason:?} {text}")));
        let note = refused.clone();
        device.on_uncaptured_error(Arc::new(move |error| note.write(error.to_string())));
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipelines = Pipelines::new(&device, options.full_adders, subgroup);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(failed(error.to_string()));
        }
        let readback = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: 4 * READBACK_WORDS as u64,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let gpu = Self {
            name: name.to_owned(),
            device,
            queue,
            pipelines,
            limits,
            readback,
            deadline: options.deadline,
            lost,
            refused,
            hang: false,
            exhaust: false,
        };
        gpu.check_health()?;
        Ok(gpu)
    }

    /// Bytes of one binding at most: a whole number of records' alignment, and below what a signed
    /// index of words can reach.
    pub(super) fn binding_bytes_max(&self) -> u64 {
        let binding = self.limits.max_storage_buffer_binding_size;
        binding.min(self.limits.max_buffer_size).min(u64::from(u32::MAX)) & !255
    }

    /// A buffer, or the error that the driver had about it.
    pub(super) fn buffer(
        &mut self,
        label: &str,
        bytes: u64,
        usage: BufferUsages,
    ) -> Result<Buffer, DeviceError> {
        let size = if std::mem::take(&mut self.exhaust) { 1 << 60 } else { bytes.max(256) };
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let descriptor =
            wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        let buffer = self.device.create_buffer(&descriptor);
        let refused = pollster::block_on(validation.pop());
        let exhausted = pollster::block_on(memory.pop());
        self.check_health()?;
        match refused.or(exhausted) {
            Some(error) => {
                let (device, detail) = (self.name.clone(), error.to_string());
                Err(DeviceError::Memory { device, bytes, detail })
            }
            None => Ok(buffer),
        }
    }

    pub(super) fn encoder(&self) -> CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    pub(super) fn submit(&self, encoder: CommandEncoder) -> SubmissionIndex {
        self.queue.submit([encoder.finish()])
    }

    /// Waits until a submission is done.
    pub(super) fn wait(&mut self, submission: SubmissionIndex) -> Result<(), DeviceError> {
        if std::mem::take(&mut self.hang) {
            // A fast device would be done even within no time at all.
            return Err(DeviceError::Hung { device: self.name.clone(), after: Duration::ZERO });
        }
        let timeout = self.deadline;
        let poll =
            wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(timeout) };
        let waited = self.device.poll(poll);
        self.check_health()?;
        match waited {
            Ok(_) => Ok(()),
            Err(_) => Err(DeviceError::Hung { device: self.name.clone(), after: timeout }),
        }
    }

    /// Submits and waits.
    pub(super) fn finish(&mut self, encoder: CommandEncoder) -> Result<(), DeviceError> {
        let submission = self.submit(encoder);
        self.wait(submission)
    }

    /// Reads words of a buffer, any number of them.
    pub(super) fn read(
        &mut self,
        buffer: &Buffer,
        first: usize,
        words: usize,
    ) -> Result<Vec<u32>, DeviceError> {
        let mut read = Vec::with_capacity(words);
        while read.len() < words {
            let count = (words - read.len()).min(READBACK_WORDS);
            self.read_some(buffer, first + read.len(), count, &mut read)?;
        }
        Ok(read)
    }

    fn read_some(
        &mut self,
        buffer: &Buffer,
        first: usize,
        words: usize,
        read: &mut Vec<u32>,
    ) -> Result<(), DeviceError> {
        let mut encoder = self.encoder();
        let (from, bytes) = (4 * first as u64, 4 * words as u64);
        encoder.copy_buffer_to_buffer(buffer, from, &self.readback, 0, bytes);
        let submission = self.submit(encoder);
        let (mapped, done) = mpsc::channel();
        self.readback.map_async(wgpu::MapMode::Read, 0..bytes, move |result| {
            let _ = mapped.send(result);
        });
        self.wait(submission)?;
        let refused = |detail: &dyn ToString| DeviceError::Refused {
            device: self.name.clone(),
            detail: detail.to_string(),
        };
        match done.try_recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(refused(&error)),
            Err(_) => return Err(refused(&"the memory read back was not mapped")),
        }
        let view = self.readback.get_mapped_range(0..bytes).map_err(|error| refused(&error))?;
        read.extend(view.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)));
        drop(view);
        self.readback.unmap();
        Ok(())
    }

    /// Whether the device is lost or has refused a command.
    pub(super) fn check_health(&self) -> Result<(), DeviceError> {
        let device = || self.name.clone();
        if let Some(detail) = self.lost.read() {
            return Err(DeviceError::Lost { device: device(), detail });
        }
        match self.refused.read() {
            Some(detail) => Err(DeviceError::Refused { device: device(), detail }),
            None => Ok(()),
        }
    }
}

impl Drop for Gpu {
    /// Memory of the device is given back only when it is destroyed and polled.
    fn drop(&mut self) {
        self.device.destroy();
        let _ = self.device.poll(wgpu::PollType::Poll);
    }
}

/// The fixed size of subgroups that the kernel can use.
fn subgroup_lanes(adapter: &wgpu::Adapter, options: &DeviceOptions) -> Option<u32> {
    let info = adapter.get_info();
    let fixed = info.subgroup_min_size == info.subgroup_max_size;
    let fits = matches!(info.subgroup_min_size, 4 | 8 | 16 | 32);
    let offered = adapter.features().contains(wgpu::Features::SUBGROUP);
    (options.subgroups && options.limits == LimitsChoice::Adapter && offered && fixed && fits)
        .then_some(info.subgroup_min_size)
}
