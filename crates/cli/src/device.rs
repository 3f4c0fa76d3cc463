//! `--device`: where the gallery is scanned, and saying so.

use crate::output::Output;
use anyhow::Context;
use search::{DeviceKernels, Kernels, TwinKernels};
use shaders::device::{Adapters, Device, DeviceChoice, DeviceOptions};
use std::sync::Arc;

/// The option of every command that scans a gallery.
#[derive(clap::Args)]
pub(crate) struct DeviceArgument {
    /// Where the gallery is scanned: auto (every GPU, else the processor), cpu, gpu:NUMBER of
    /// `tanba devices`, or all (every GPU, an error without one). Candidates are the same
    /// everywhere.
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto)]
    device: DeviceChoice,
}

impl DeviceArgument {
    /// Opens what was chosen, and says on standard error when that is the processor for want of a
    /// GPU.
    pub(crate) fn kernels(&self, output: &Output) -> anyhow::Result<Arc<dyn Kernels>> {
        if self.device == DeviceChoice::Cpu {
            return Ok(Arc::new(TwinKernels::new()));
        }
        let adapters = Adapters::find();
        let chosen = adapters.chosen(self.device)?;
        if chosen.is_empty() {
            let kernels = TwinKernels::new();
            output.note(format!("no GPU was found: scanning on the {}", kernels.name()));
            return Ok(Arc::new(kernels));
        }
        let open = |adapter| Device::open(adapter, &DeviceOptions::default());
        let devices = chosen.into_iter().map(open).collect::<Result<Vec<_>, _>>();
        let devices = devices.context("choose another with --device, or --device cpu")?;
        Ok(Arc::new(DeviceKernels::new(devices)))
    }
}
