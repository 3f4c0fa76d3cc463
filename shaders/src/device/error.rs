//! What can go wrong with a device.

use std::time::Duration;

/// Why a device gave no answer. The gallery is untouched by any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No adapter of this number.
    #[error("there is no adapter {index}: {found} found; `tanba devices` lists them")]
    NoAdapter {
        /// The number asked for.
        index: usize,
        /// Adapters found.
        found: usize,
    },
    /// No hardware adapter at all.
    #[error(
        "no GPU was found: check the driver with `tanba devices`, or choose `--device cpu` to \
         search on the processor"
    )]
    NoGpu,
    /// The device could not be opened, or its kernels could not be made.
    #[error("{device} could not be opened: {detail}")]
    Open {
        /// Name of the device.
        device: String,
        /// What the driver says.
        detail: String,
    },
    /// Memory could not be had on the device.
    #[error("{device} has no room for {bytes} bytes more: {detail}")]
    Memory {
        /// Name of the device.
        device: String,
        /// Bytes asked for.
        bytes: u64,
        /// What the driver says.
        detail: String,
    },
    /// More persons than one buffer of the device can hold scores of.
    #[error(
        "{device} can rank {persons_max} persons at a time, and the gallery has {persons}: \
         split it into more partitions"
    )]
    Persons {
        /// Name of the device.
        device: String,
        /// Persons of the gallery.
        persons: u64,
        /// Persons that fit.
        persons_max: u64,
    },
    /// A print of a probe too many.
    #[error("a probe may have {max} prints on a device, and this one has {prints}")]
    Prints {
        /// Prints of the probe.
        prints: usize,
        /// Most prints of a probe.
        max: usize,
    },
    /// The device was lost and is in service again, its memory empty: what was asked can be asked
    /// again after the references were written once more.
    #[error("{device} was lost ({detail}) and is in service again; repeat the search")]
    Lost {
        /// Name of the device.
        device: String,
        /// What the driver says.
        detail: String,
    },
    /// The device is out of service for good.
    #[error("{device} is out of service: {detail}; restart, or choose another with `--device`")]
    Down {
        /// Name of the device.
        device: String,
        /// Why.
        detail: String,
    },
    /// The device computed something wrong.
    #[error(
        "{device} is banned, it gave a wrong result ({detail}); nothing it computed since its last \
         check was released: replace it, or choose another with `--device`"
    )]
    Banned {
        /// Name of the device.
        device: String,
        /// What was wrong.
        detail: String,
    },
    /// Work that was not done in time.
    #[error("{device} did not finish within {after:?}")]
    Hung {
        /// Name of the device.
        device: String,
        /// The deadline.
        after: Duration,
    },
    /// The driver refused a command: our mistake.
    #[error("{device} refused a command: {detail}")]
    Refused {
        /// Name of the device.
        device: String,
        /// What the driver says.
        detail: String,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}
