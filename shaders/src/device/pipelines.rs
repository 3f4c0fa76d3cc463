//! The kernels, compiled, with the layouts of what they are bound to.

use crate::layout::tasks::ROWS;
use wgpu::{
    BindGroup, BindGroupLayout, BindGroupLayoutEntry, BindingType, Buffer, BufferBindingType,
    ComputePipeline, Device, ShaderStages,
};

/// Sources of the kernels, whole as they are compiled.
pub(crate) mod sources {
    /// Kernel `stage1` for any device.
    pub(crate) const STAGE1_WORKGROUP: &str = concat!(
        include_str!("../../wgsl/stage1.wgsl"),
        include_str!("../../wgsl/stage1_workgroup.wgsl")
    );
    /// Kernel `stage1` with subgroup operations.
    pub(crate) const STAGE1_SUBGROUP: &str = concat!(
        include_str!("../../wgsl/stage1.wgsl"),
        include_str!("../../wgsl/stage1_subgroup.wgsl")
    );
    /// Kernels `accumulate`, `histogram`, `cut` and `compact`.
    pub(crate) const RANKING: &str = include_str!("../../wgsl/ranking.wgsl");
    /// Kernel `digest`.
    pub(crate) const DIGEST: &str = include_str!("../../wgsl/digest.wgsl");
}

/// What a binding is.
#[derive(Clone, Copy)]
enum Slot {
    /// A uniform at a dynamic offset.
    Task,
    Read,
    ReadWrite,
}

/// Every pipeline and layout.
pub(super) struct Pipelines {
    pub(super) stage1: ComputePipeline,
    pub(super) accumulate: ComputePipeline,
    pub(super) histogram: ComputePipeline,
    pub(super) cut: ComputePipeline,
    pub(super) compact: ComputePipeline,
    pub(super) digest: ComputePipeline,
    /// Task, prints, best.
    pub(super) pass: BindGroupLayout,
    /// Records, owners.
    pub(super) chunk: BindGroupLayout,
    /// Ranking, sums, best, state, answer.
    pub(super) ranking: BindGroupLayout,
    /// Range, records, owners, digests.
    pub(super) digests: BindGroupLayout,
    /// Rounds, results.
    pub(super) peaks: BindGroupLayout,
    /// Lanes of the subgroups used, if any.
    pub(super) subgroup: Option<u32>,
}

impl Pipelines {
    pub(super) fn new(device: &Device, full_adders: u32, subgroup: Option<u32>) -> Self {
        use Slot::{Read, ReadWrite, Task};
        let pass = layout(device, "pass", &[Task, Read, ReadWrite]);
        let chunk = layout(device, "chunk", &[Read, Read]);
        let rows = [Task, ReadWrite, Read, ReadWrite, ReadWrite];
        let ranking = layout(device, "ranking", &rows);
        let digests = layout(device, "digests", &[Task, Read, Read, ReadWrite]);
        let adders = ("FULL_ADDERS", f64::from(full_adders));
        let stage1 = match subgroup {
            Some(lanes) => {
                let workgroup = f64::from(lanes * ROWS);
                let constants = [adders, ("SUBGROUP", f64::from(lanes)), ("LANES", workgroup)];
                let source = sources::STAGE1_SUBGROUP;
                pipeline(device, source, "stage1", &[&pass, &chunk], &constants)
            }
            None => {
                let source = sources::STAGE1_WORKGROUP;
                pipeline(device, source, "stage1", &[&pass, &chunk], &[adders])
            }
        };
        let rank = |entry| pipeline(device, sources::RANKING, entry, &[&ranking], &[]);
        Self {
            stage1,
            accumulate: rank("accumulate"),
            histogram: rank("histogram"),
            cut: rank("cut"),
            compact: rank("compact"),
            digest: pipeline(device, sources::DIGEST, "digest", &[&digests], &[]),
            pass,
            chunk,
            ranking,
            digests,
            peaks: layout(device, "peaks", &[Task, ReadWrite]),
            subgroup,
        }
    }
}

fn layout(device: &Device, label: &str, slots: &[Slot]) -> BindGroupLayout {
    let entry = |(binding, slot): (u32, &Slot)| {
        let (ty, has_dynamic_offset) = match slot {
            Slot::Task => (BufferBindingType::Uniform, true),
            Slot::Read => (BufferBindingType::Storage { read_only: true }, false),
            Slot::ReadWrite => (BufferBindingType::Storage { read_only: false }, false),
        };
        BindGroupLayoutEntry {
            binding,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
            count: None,
        }
    };
    let entries: Vec<_> = (0..).zip(slots).map(entry).collect();
    let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries };
    device.create_bind_group_layout(&descriptor)
}

/// Compiles one entry point of a source.
pub(super) fn pipeline(
    device: &Device,
    source: &str,
    entry: &str,
    layouts: &[&BindGroupLayout],
    constants: &[(&str, f64)],
) -> ComputePipeline {
    let module = module(device, source, entry);
    let layouts: Vec<_> = layouts.iter().copied().map(Some).collect();
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry),
        bind_group_layouts: &layouts,
        immediate_size: 0,
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry),
        layout: Some(&layout),
        module: &module,
        entry_point: Some(entry),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants,
            // Every kernel writes workgroup memory before it reads it.
            zero_initialize_workgroup_memory: false,
        },
        cache: None,
    })
}

#[allow(unsafe_code)]
fn module(device: &Device, source: &str, label: &str) -> wgpu::ShaderModule {
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    };
    let checks = wgpu::ShaderRuntimeChecks::unchecked();
    // SAFETY: without checks a kernel must end by itself and stay within its arrays. Each loop of
    // ours counts to a bound that its body does not change. Indices follow from tasks, which the
    // host makes from the lengths of the buffers bound, and from lanes; what comes from memory that
    // a fault may have changed is bounded before it is one (cylinders, directions' ranks, owners,
    // digits of a sum, places in an answer).
    unsafe { device.create_shader_module_trusted(descriptor, checks) }
}

/// Binds buffers in their order, the first at a dynamic offset when it is a task.
pub(super) fn bind(
    device: &Device,
    layout: &BindGroupLayout,
    task_bytes: Option<u64>,
    buffers: &[&Buffer],
) -> BindGroup {
    let entry = |(binding, buffer)| {
        let size = task_bytes.filter(|_| binding == 0).and_then(wgpu::BufferSize::new);
        let resource =
            wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset: 0, size });
        wgpu::BindGroupEntry { binding, resource }
    };
    let entries: Vec<_> = (0u32..).zip(buffers.iter().copied()).map(entry).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}
