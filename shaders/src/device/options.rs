//! Which devices, and how they are used.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Where stage 1 shall run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// Every GPU when there is one, else the processor; whoever chooses says which.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The adapter of this number in the list, software adapters included.
    Gpu(usize),
    /// Every GPU, and an error when there is none.
    All,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "all" => Ok(Self::All),
            _ => text
                .strip_prefix("gpu:")
                .and_then(|number| number.parse().ok())
                .map(Self::Gpu)
                .ok_or_else(|| format!("`{text}` is none of auto, cpu, gpu:NUMBER, all")),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu(number) => write!(f, "gpu:{number}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// Which limits are asked of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitsChoice {
    /// All that the adapter has.
    #[default]
    Adapter,
    /// The least that any device has (bindings of 128 MiB, buffers of 256 MiB): to see that small
    /// devices give the same answers.
    Downlevel,
}

/// How a device is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceOptions {
    /// Limits asked of the driver.
    pub limits: LimitsChoice,
    /// Bytes of device memory to use; by default 85 % of what the device reports. References beyond
    /// it are sent to the device in each search.
    pub memory_bytes: Option<u64>,
    /// References of one buffer at most.
    pub chunk_records_max: u32,
    /// How long one tile of work should last; at most 50 ms.
    pub tile: Duration,
    /// How long a submission may take before the device counts as hung.
    pub deadline: Duration,
    /// How often known scores are compared.
    pub check_interval: Duration,
    /// Full adders before the bit count: 3 or 4.
    pub full_adders: u32,
    /// Use subgroup operations where the device has subgroups of a fixed size of 4 to 32 lanes.
    pub subgroups: bool,
}

impl Default for DeviceOptions {
    fn default() -> Self {
        Self {
            limits: LimitsChoice::Adapter,
            memory_bytes: None,
            chunk_records_max: 1 << 20,
            tile: Duration::from_millis(20),
            deadline: Duration::from_secs(30),
            check_interval: Duration::from_secs(5),
            full_adders: 3,
            subgroups: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_reads_back_as_it_is_written() {
        let choices =
            [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Gpu(12), DeviceChoice::All];
        for choice in choices {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
    }

    #[test]
    fn what_is_no_choice_is_refused_with_the_choices() {
        for text in ["", "gpu", "gpu:", "gpu:-1", "gpu:x", "GPU:0", "cuda"] {
            let error = text.parse::<DeviceChoice>().unwrap_err();
            assert!(error.contains("auto, cpu, gpu:NUMBER, all"), "{error}");
        }
    }
}
