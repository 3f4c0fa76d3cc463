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
    /// Opens what was chosen. First thing in a command, while the process has one thread: some
    /// drivers ask for that.
    pub(crate) fn open(&self) -> anyhow::Result<Chosen> {
        if self.device == DeviceChoice::Cpu {
            return Ok(Chosen { kernels: Arc::new(TwinKernels::new()), for_want_of_a_gpu: false });
        }
        let adapters = Adapters::find();
        let chosen = adapters.chosen(self.device)?;
        if chosen.is_empty() {
            return Ok(Chosen { kernels: Arc::new(TwinKernels::new()), for_want_of_a_gpu: true });
        }
        let open = |adapter| Device::open(adapter, &DeviceOptions::default());
        let devices = chosen.into_iter().map(open).collect::<Result<Vec<_>, _>>();
        let devices = devices.context("choose another with --device, or --device cpu")?;
        let kernels = Arc::new(DeviceKernels::new(devices));
        Ok(Chosen { kernels, for_want_of_a_gpu: false })
    }
}

/// Where the gallery will be scanned.
pub(crate) struct Chosen {
    kernels: Arc<dyn Kernels>,
    /// It is the processor because no GPU was found.
    for_want_of_a_gpu: bool,
}

impl Chosen {
    /// The kernels, once the gallery is to be opened; says on standard error when they are the
    /// processor's for want of a GPU.
    pub(crate) fn kernels(self, output: &Output) -> Arc<dyn Kernels> {
        if self.for_want_of_a_gpu {
            let name = self.kernels.name();
            output.note(format!("no GPU was found: scanning on the {name}"));
        }
        self.kernels
    }
}
