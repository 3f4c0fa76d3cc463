//! The adapters of this machine.

use super::DeviceError;
use super::options::DeviceChoice;

/// What an adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterKind {
    /// A GPU: on a card, in the processor or lent to a virtual machine.
    Gpu,
    /// A driver that computes on the processor: right, and slower than the twins.
    Software,
}

impl AdapterKind {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gpu => "GPU",
            Self::Software => "software",
        }
    }
}

/// An adapter, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterSummary {
    /// Its number: `gpu:NUMBER`.
    pub number: usize,
    /// Name of the device.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// Driver and its version.
    pub driver: String,
    /// Where it is plugged in, `0000:01:00.0`; empty when unknown.
    pub bus: String,
    /// Bytes of memory local to the device; `None` when the driver does not say.
    pub memory_bytes: Option<u64>,
    /// Bytes of one binding at most.
    pub binding_bytes_max: u64,
    /// Bytes of one buffer at most.
    pub buffer_bytes_max: u64,
    /// Least and most lanes of a subgroup; `None` without subgroup operations.
    pub subgroup_lanes: Option<(u32, u32)>,
}

impl AdapterSummary {
    /// Name and bus, to tell equal cards apart.
    pub fn label(&self) -> String {
        if self.bus.is_empty() { self.name.clone() } else { format!("{} {}", self.name, self.bus) }
    }
}

/// The adapters found, in the order of their bus addresses, then of the driver.
pub struct Adapters {
    adapters: Vec<wgpu::Adapter>,
    summaries: Vec<AdapterSummary>,
}

impl Adapters {
    /// Asks the Vulkan loader; no driver at all just means no adapter.
    pub fn find() -> Self {
        quiet_loader();
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN;
        // The default flags would halve the largest buffer of some drivers.
        descriptor.flags = wgpu::InstanceFlags::empty();
        let instance = wgpu::Instance::new(descriptor);
        // Never dropped: a driver's threads may still run when the loader would unload its code.
        std::mem::forget(instance.clone());
        let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
        // Software last, so that numbers of GPUs do not depend on it.
        adapters.sort_by_cached_key(|adapter| {
            let info = adapter.get_info();
            (kind(&info) == AdapterKind::Software, info.device_pci_bus_id)
        });
        let summaries = adapters.iter().enumerate().map(|(n, a)| summary(n, a)).collect();
        Self { adapters, summaries }
    }

    /// All of them, by number.
    pub fn summaries(&self) -> &[AdapterSummary] {
        &self.summaries
    }

    /// Those that a choice names; empty when the processor shall do it.
    ///
    /// # Errors
    /// An adapter that is not there, or no GPU where one was asked for.
    pub fn chosen(&self, choice: DeviceChoice) -> Result<Vec<&AdapterSummary>, DeviceError> {
        let gpus: Vec<_> =
            self.summaries.iter().filter(|one| one.kind == AdapterKind::Gpu).collect();
        match choice {
            DeviceChoice::Cpu => Ok(Vec::new()),
            DeviceChoice::Auto => Ok(gpus),
            DeviceChoice::All if gpus.is_empty() => Err(DeviceError::NoGpu),
            DeviceChoice::All => Ok(gpus),
            DeviceChoice::Gpu(index) => match self.summaries.get(index) {
                Some(one) => Ok(vec![one]),
                None => Err(DeviceError::NoAdapter { index, found: self.summaries.len() }),
            },
        }
    }

    pub(super) fn adapter(&self, number: usize) -> Result<&wgpu::Adapter, DeviceError> {
        let found = self.adapters.len();
        self.adapters.get(number).ok_or(DeviceError::NoAdapter { index: number, found })
    }
}

/// Keeps a layer of Mesa, which only reorders devices, from asking for a display and complaining
/// that a server has none. Done only where it is surely harmless.
#[allow(unsafe_code)]
fn quiet_loader() {
    const SWITCH: &str = "NODEVICE_SELECT";
    let threads = std::fs::read_dir("/proc/self/task").map(Iterator::count);
    if matches!(threads, Ok(1)) && std::env::var_os(SWITCH).is_none() {
        // SAFETY: this is the only thread of the process, so nobody reads the environment now.
        unsafe { std::env::set_var(SWITCH, "1") };
    }
}

fn kind(info: &wgpu::AdapterInfo) -> AdapterKind {
    match info.device_type {
        wgpu::DeviceType::Cpu => AdapterKind::Software,
        _ => AdapterKind::Gpu,
    }
}

fn summary(number: usize, adapter: &wgpu::Adapter) -> AdapterSummary {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let subgroups = adapter.features().contains(wgpu::Features::SUBGROUP);
    AdapterSummary {
        number,
        name: info.name.clone(),
        kind: kind(&info),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        bus: info.device_pci_bus_id.clone(),
        memory_bytes: local_memory_bytes(adapter),
        binding_bytes_max: limits.max_storage_buffer_binding_size,
        buffer_bytes_max: limits.max_buffer_size,
        subgroup_lanes: subgroups.then_some((info.subgroup_min_size, info.subgroup_max_size)),
    }
}

/// The largest heap of memory that is local to the device.
#[allow(unsafe_code)]
fn local_memory_bytes(adapter: &wgpu::Adapter) -> Option<u64> {
    // SAFETY: the adapter is only asked, through the instance that it came from, which it keeps
    // alive; nothing is destroyed or changed.
    let properties = unsafe {
        let adapter = adapter.as_hal::<wgpu::hal::api::Vulkan>()?;
        let instance = adapter.shared_instance().raw_instance();
        instance.get_physical_device_memory_properties(adapter.raw_physical_device())
    };
    let heaps = &properties.memory_heaps[..properties.memory_heap_count as usize];
    // DEVICE_LOCAL is bit 0 of the heap flags (Vulkan 1.3, VkMemoryHeapFlagBits).
    heaps.iter().filter(|heap| heap.flags.as_raw() & 1 == 1).map(|heap| heap.size).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapters(kinds: &[AdapterKind]) -> Adapters {
        let one = |(number, kind): (usize, &AdapterKind)| AdapterSummary {
            number,
            name: format!("card {number}"),
            kind: *kind,
            driver: String::new(),
            bus: String::new(),
            memory_bytes: None,
            binding_bytes_max: 0,
            buffer_bytes_max: 0,
            subgroup_lanes: None,
        };
        Adapters { adapters: Vec::new(), summaries: kinds.iter().enumerate().map(one).collect() }
    }

    fn numbers(adapters: &Adapters, choice: DeviceChoice) -> Result<Vec<usize>, DeviceError> {
        adapters.chosen(choice).map(|chosen| chosen.iter().map(|one| one.number).collect())
    }

    #[test]
    fn software_is_used_only_when_it_is_named() {
        use AdapterKind::{Gpu, Software};
        let two = adapters(&[Gpu, Gpu, Software]);
        assert_eq!(numbers(&two, DeviceChoice::Auto), Ok(vec![0, 1]));
        assert_eq!(numbers(&two, DeviceChoice::All), Ok(vec![0, 1]));
        assert_eq!(numbers(&two, DeviceChoice::Gpu(2)), Ok(vec![2]));
        assert_eq!(numbers(&two, DeviceChoice::Cpu), Ok(vec![]));
        let none = adapters(&[Software]);
        assert_eq!(numbers(&none, DeviceChoice::Auto), Ok(vec![]));
        assert_eq!(numbers(&none, DeviceChoice::All), Err(DeviceError::NoGpu));
        assert_eq!(
            numbers(&none, DeviceChoice::Gpu(1)),
            Err(DeviceError::NoAdapter { index: 1, found: 1 })
        );
    }
}
