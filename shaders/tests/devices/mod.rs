//! A device for tests: any adapter, software ones included.

use shaders::device::{AdapterSummary, Adapters, Device, DeviceOptions, Watch};

/// The adapter that tests run on: the first. None is a reported skip, and a failure when
/// `REQUIRE_GPU=1`.
pub(crate) fn adapter() -> Option<AdapterSummary> {
    let adapters = Adapters::find();
    let first = adapters.summaries().first().cloned();
    if first.is_none() {
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
        assert!(!required, "REQUIRE_GPU=1, and no adapter was found");
        eprintln!("skipped: no Vulkan adapter on this machine");
    }
    first
}

/// That adapter, opened.
pub(crate) fn device(options: &DeviceOptions) -> Option<Device> {
    let adapter = adapter()?;
    Some(Device::open(&adapter, options).expect("the adapter opens"))
}

/// Never stops a search.
pub(crate) struct Patient;

impl Watch for Patient {
    fn cancelled(&self) -> bool {
        false
    }

    fn scored(&self, _: u64) {}
}
