//! The implementations of stage 1 that are measured against each other, and a clock around them.

use matching::PackedRecord;
use search::{DeviceKernels, Gallery, Kernels, Pass, SearchError, TwinKernels};
use shaders::device::{AdapterKind, AdapterSummary, Adapters, Device, DeviceError, DeviceOptions};
use shaders::{Ranked, Stage1Path};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Every path of this processor, slowest first.
pub(crate) fn every() -> Vec<Box<dyn Kernels>> {
    Stage1Path::available().map(|path| Box::new(TwinKernels::with_path(path)) as _).collect()
}

/// Those whose name contains one of the texts.
pub(crate) fn named(texts: &[String]) -> Vec<Box<dyn Kernels>> {
    let wanted = |name: String| texts.iter().any(|text| name.contains(text));
    every().into_iter().filter(|kernels| wanted(kernels.name())).collect()
}

/// The GPUs of this machine, and on request the drivers that compute on the processor.
pub(crate) fn adapters(software: bool) -> Vec<AdapterSummary> {
    let found = Adapters::find();
    let wanted = |one: &&AdapterSummary| software || one.kind == AdapterKind::Gpu;
    found.summaries().iter().filter(wanted).cloned().collect()
}

/// What a record says when no GPU is among what was measured.
pub(crate) fn note(adapters: &[AdapterSummary]) -> Option<String> {
    let none = adapters.iter().all(|one| one.kind != AdapterKind::Gpu);
    none.then(|| "GPU: not measured: no GPU".to_owned())
}

/// A device of an adapter under a name that tells how it is used.
pub(crate) struct Labeled {
    kernels: DeviceKernels,
    use_of_memory: &'static str,
}

impl Labeled {
    /// The references stay on the device.
    ///
    /// # Errors
    /// An adapter that does not open.
    pub(crate) fn resident(adapter: &AdapterSummary) -> Result<Self, DeviceError> {
        Self::open(adapter, &DeviceOptions::default(), "resident")
    }

    /// Nine tenths of the references of a gallery are sent to the device in every search.
    ///
    /// # Errors
    /// An adapter that does not open.
    pub(crate) fn streaming(adapter: &AdapterSummary, fingers: u64) -> Result<Self, DeviceError> {
        // An eighth of the memory is kept for scores.
        let memory_bytes = Some(fingers * size_of::<PackedRecord>() as u64 / 10 * 8 / 7);
        let options = DeviceOptions { memory_bytes, ..DeviceOptions::default() };
        Self::open(adapter, &options, "streaming")
    }

    fn open(
        adapter: &AdapterSummary,
        options: &DeviceOptions,
        use_of_memory: &'static str,
    ) -> Result<Self, DeviceError> {
        let kernels = DeviceKernels::new(vec![Device::open(adapter, options)?]);
        Ok(Self { kernels, use_of_memory })
    }
}

impl Kernels for Labeled {
    fn name(&self) -> String {
        format!("{}, {}", self.kernels.name(), self.use_of_memory)
    }

    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
        self.kernels.best_persons(pass)
    }

    fn settle(&self, gallery: &Gallery) -> Result<(), SearchError> {
        self.kernels.settle(gallery)
    }

    fn parts(&self) -> usize {
        self.kernels.parts()
    }
}

/// Runs stage 1 elsewhere and adds up its time, ranking included.
pub(crate) struct Timed<'a> {
    kernels: &'a dyn Kernels,
    nanoseconds: AtomicU64,
}

impl<'a> Timed<'a> {
    /// Nothing has run yet.
    pub(crate) const fn new(kernels: &'a dyn Kernels) -> Self {
        Self { kernels, nanoseconds: AtomicU64::new(0) }
    }

    /// The time of the passes since the last call.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.swap(0, Ordering::Relaxed))
    }
}

impl Kernels for Timed<'_> {
    fn name(&self) -> String {
        self.kernels.name()
    }

    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
        let start = Instant::now();
        let ranked = self.kernels.best_persons(pass);
        self.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        ranked
    }

    fn settle(&self, gallery: &Gallery) -> Result<(), SearchError> {
        self.kernels.settle(gallery)
    }

    fn parts(&self) -> usize {
        self.kernels.parts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::tests::World;

    #[test]
    fn the_time_of_a_pass_is_taken_once() {
        let world = World::new(20);
        let kernels = TwinKernels::new();
        let timed = Timed::new(&kernels);
        assert_eq!(timed.take(), Duration::ZERO);
        let start = Instant::now();
        assert_eq!(world.list(&timed, 3), world.list(&kernels, 3));
        let (took, all) = (timed.take(), start.elapsed());
        assert!(Duration::ZERO < took && took < all, "{took:?} of {all:?}");
        assert_eq!(timed.take(), Duration::ZERO);
    }

    #[test]
    fn implementations_are_found_by_a_part_of_their_name() {
        let names: Vec<String> =
            named(&["portable".into()]).iter().map(|kernels| kernels.name()).collect();
        assert_eq!(names, ["processor, portable"]);
        assert!(named(&["abacus".into()]).is_empty());
        assert_eq!(every().last().unwrap().name(), TwinKernels::new().name());
    }

    #[test]
    fn every_adapter_answers_as_defined_resident_and_streaming() {
        let world = World::new(60);
        let adapters = adapters(true);
        let required = std::env::var("REQUIRE_GPU").is_ok_and(|value| value == "1");
        assert!(!required || !adapters.is_empty(), "REQUIRE_GPU=1, and no adapter was found");
        for adapter in &adapters {
            let resident = Labeled::resident(adapter).unwrap();
            let streaming = Labeled::streaming(adapter, 60).unwrap();
            for kernels in [&resident, &streaming] {
                let list = world.list(kernels, 3);
                assert_eq!(world.check(&list, 3, 1).unwrap(), 60, "{}", kernels.name());
            }
            let held = |one: &Labeled| one.kernels.devices()[0].resident_bytes();
            assert!(held(&resident) >= 60 * 1000, "{}", held(&resident));
            assert!(held(&streaming) <= held(&resident) / 2, "{}", held(&streaming));
            assert_ne!(resident.name(), streaming.name());
        }
    }

    #[test]
    fn a_record_says_when_no_gpu_was_measured() {
        assert_eq!(note(&[]).unwrap(), "GPU: not measured: no GPU");
        let gpus = adapters(false);
        assert_eq!(note(&gpus).is_none(), !gpus.is_empty());
        assert_eq!(note(&adapters(true)), note(&gpus), "software is no GPU");
    }
}
