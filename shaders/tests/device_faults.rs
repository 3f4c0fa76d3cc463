//! Whatever happens to a device, its answer is right or an error, and the error says what to do.

mod devices;
mod records;

use devices::{Patient, adapter, device};
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::stage1::score_reference;
use records::{Random, record};
use shaders::Ranked;
use shaders::device::{
    Device, DeviceError, DeviceOptions, DeviceState, Fault, Part, PassPlan, Session, Watch,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const SHELF: u64 = 7;

/// A caller who cancels after so many pairs.
struct Impatient {
    pairs_left: AtomicU64,
}

impl Impatient {
    fn after(pairs: u64) -> Self {
        Self { pairs_left: AtomicU64::new(pairs) }
    }
}

impl Watch for Impatient {
    fn cancelled(&self) -> bool {
        self.pairs_left.load(Ordering::Relaxed) == 0
    }

    fn scored(&self, pairs: u64) {
        let left = self.pairs_left.load(Ordering::Relaxed);
        self.pairs_left.store(left.saturating_sub(pairs), Ordering::Relaxed);
    }
}

fn gallery(count: usize) -> Vec<PackedRecord> {
    let random = &mut Random(5);
    (0..count).map(|_| record(random, 32, None)).collect()
}

/// Each reference a person of its own.
fn enroll(session: &Session<'_>, records: &[PackedRecord]) -> Result<u32, DeviceError> {
    let owners = (0..records.len() as u32).collect();
    session.write(SHELF, 0, records.to_vec(), owners)
}

fn begin(session: &Session<'_>, persons: u32, print: &PackedRecord) -> Result<(), DeviceError> {
    let parameters = Stage1Parameters::default();
    let prints = [(print, None)];
    let plan =
        PassPlan { persons, prints: &prints, parameters: &parameters, limit: 1, fresh: true };
    session.begin(&plan)
}

fn search(
    session: &Session<'_>,
    print: &PackedRecord,
    references: u32,
    watch: &dyn Watch,
) -> Result<Ranked, DeviceError> {
    begin(session, references, print)?;
    session.score(&[Part { shelf: SHELF, slots: references, prints: 1 }], watch)?;
    session.accumulate(0..1, watch)?;
    session.rank(1)
}

/// What a search for the first reference must answer.
fn is_right(ranked: &Ranked, records: &[PackedRecord]) -> bool {
    let scores =
        records.iter().map(|one| score_reference(&records[0], one, &Stage1Parameters::default()));
    let best = u32::from(scores.max().unwrap_or(0)) + 1;
    ranked.eligible as usize == records.len() && ranked.cut == best && ranked.tied.contains(&0)
}

fn search_first(device: &Device, records: &[PackedRecord]) -> Result<Ranked, DeviceError> {
    let session = device.session();
    enroll(&session, records)?;
    search(&session, &records[0], records.len() as u32, &Patient)
}

#[test]
fn a_device_lost_in_the_middle_of_a_search_serves_again_and_is_empty() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(50);
    let session = device.session();
    enroll(&session, &records).unwrap();
    session.inject(Fault::LoseInScoring { again: 0 }).unwrap();
    let lost = search(&session, &records[0], 50, &Patient).unwrap_err();
    assert!(matches!(lost, DeviceError::Lost { .. }), "{lost}");
    assert!(lost.to_string().contains("repeat the search"), "{lost}");
    // The session began before the loss: it must not believe that its references are there.
    let stale = search(&session, &records[0], 50, &Patient).unwrap_err();
    assert!(matches!(stale, DeviceError::Lost { .. }), "{stale}");
    drop(session);
    assert_eq!((device.state(), device.resident_bytes()), (DeviceState::Serving, 0));
    assert!(is_right(&search_first(&device, &records).unwrap(), &records));
}

#[test]
fn a_device_lost_again_is_out_of_service_for_good() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(20);
    let first = device.session().inject(Fault::Lose).unwrap_err();
    assert!(matches!(first, DeviceError::Lost { .. }), "{first}");
    let second = device.session().inject(Fault::Lose).unwrap_err();
    assert!(matches!(second, DeviceError::Down { .. }), "{second}");
    assert!(matches!(device.state(), DeviceState::Down(_)));
    let later = search_first(&device, &records).unwrap_err();
    assert!(matches!(later, DeviceError::Down { .. }), "{later}");
    assert!(later.to_string().contains("--device"), "{later}");
}

#[test]
fn work_that_does_not_end_in_time_is_an_error_and_the_device_is_opened_anew() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(2000);
    let session = device.session();
    enroll(&session, &records).unwrap();
    session.inject(Fault::Hang).unwrap();
    let hung = search(&session, &records[0], 2000, &Patient).unwrap_err();
    let text = hung.to_string();
    assert!(matches!(hung, DeviceError::Lost { .. }) && text.contains("did not finish"), "{text}");
    drop(session);
    assert!(is_right(&search_first(&device, &records).unwrap(), &records));
}

#[test]
fn a_changed_bit_of_a_resident_reference_bans_the_device() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(50);
    let session = device.session();
    enroll(&session, &records).unwrap();
    session.check().unwrap();
    session.inject(Fault::FlipBit { shelf: SHELF, slot: 33 }).unwrap();
    let banned = session.check().unwrap_err();
    assert!(matches!(banned, DeviceError::Banned { .. }), "{banned}");
    assert!(banned.to_string().contains("a resident reference among 50 has changed"), "{banned}");
    drop(session);
    assert!(matches!(search_first(&device, &records), Err(DeviceError::Banned { .. })));
}

#[test]
fn no_answer_leaves_a_device_that_gets_a_known_score_wrong() {
    let options = DeviceOptions { check_interval: Duration::ZERO, ..DeviceOptions::default() };
    let Some(device) = device(&options) else { return };
    let records = gallery(10);
    assert!(is_right(&search_first(&device, &records).unwrap(), &records));
    let banned = device.session().inject(Fault::FlipCanaryBit);
    // With no time between two comparisons the worker may have found it by itself already.
    let found = match banned {
        Ok(()) => search_first(&device, &records).unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(found, DeviceError::Banned { .. }), "{found}");
    assert!(matches!(device.state(), DeviceState::Banned(_)));
}

#[test]
fn memory_that_the_driver_refuses_leaves_the_rest_to_be_streamed() {
    let options = DeviceOptions { chunk_records_max: 64, ..DeviceOptions::default() };
    let Some(device) = device(&options) else { return };
    let records = gallery(200);
    let session = device.session();
    let owners = |range: std::ops::Range<u32>| range.collect::<Vec<u32>>();
    assert_eq!(session.write(SHELF, 0, records[..64].to_vec(), owners(0..64)), Ok(64));
    session.inject(Fault::ExhaustMemory).unwrap();
    assert_eq!(session.write(SHELF, 64, records[64..].to_vec(), owners(64..200)), Ok(64));
    begin(&session, 200, &records[0]).unwrap();
    session.score(&[Part { shelf: SHELF, slots: 64, prints: 1 }], &Patient).unwrap();
    session.score_block(records[64..].to_vec(), owners(64..200), 1, &Patient).unwrap();
    session.accumulate(0..1, &Patient).unwrap();
    assert!(is_right(&session.rank(1).unwrap(), &records));
}

#[test]
fn no_more_is_resident_than_the_memory_allowed() {
    let Some(adapter) = adapter() else { return };
    let options = DeviceOptions { memory_bytes: Some(2 << 20), ..DeviceOptions::default() };
    let device = Device::open(&adapter, &options).unwrap();
    let slots = enroll(&device.session(), &gallery(4096)).unwrap();
    assert!((1000..2000).contains(&slots), "{slots} references in 1.75 MiB");
    assert!(device.resident_bytes() <= 2 << 20);
}

#[test]
fn scores_that_find_no_memory_are_an_error_and_the_next_search_is_right() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(30);
    assert!(is_right(&search_first(&device, &records).unwrap(), &records));
    let session = device.session();
    session.inject(Fault::ExhaustMemory).unwrap();
    let error = begin(&session, 5000, &records[0]).unwrap_err();
    assert!(matches!(error, DeviceError::Memory { .. }), "{error}");
    drop(session);
    assert!(is_right(&search_first(&device, &records).unwrap(), &records));
}

#[test]
fn a_cancelled_search_stops_between_tiles_and_the_next_one_is_right() {
    let options = DeviceOptions { tile: Duration::from_millis(1), ..DeviceOptions::default() };
    let Some(device) = device(&options) else { return };
    let records = gallery(50);
    let session = device.session();
    enroll(&session, &records).unwrap();
    begin(&session, 50, &records[0]).unwrap();
    // The same slots a great many times over: seconds of work.
    let parts = vec![Part { shelf: SHELF, slots: 50, prints: 1 }; 100_000];
    let cancelled = session.score(&parts, &Impatient::after(1));
    assert_eq!(cancelled, Err(DeviceError::Cancelled));
    let found = search(&session, &records[0], 50, &Patient).unwrap();
    assert!(is_right(&found, &records));
}

#[test]
fn slots_cut_off_are_gone_and_may_be_written_again() {
    let options = DeviceOptions { chunk_records_max: 16, ..DeviceOptions::default() };
    let Some(device) = device(&options) else { return };
    let records = gallery(50);
    let session = device.session();
    enroll(&session, &records).unwrap();
    session.truncate(SHELF, 20).unwrap();
    session.check().unwrap();
    assert_eq!(session.residue(), Ok(0), "what was cut off is overwritten");
    // More slots are asked for than there are: none of the dropped ones answers.
    let ranked = search(&session, &records[0], 50, &Patient).unwrap();
    assert_eq!(ranked.eligible, 20);
    assert_eq!(session.write(SHELF, 20, records[20..].to_vec(), (20..50).collect()), Ok(50));
    session.check().unwrap();
    assert!(is_right(&search(&session, &records[0], 50, &Patient).unwrap(), &records));
}

#[test]
fn the_sums_of_a_search_that_was_left_are_forgotten() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(30);
    let session = device.session();
    enroll(&session, &records).unwrap();
    begin(&session, 30, &records[1]).unwrap();
    session.score(&[Part { shelf: SHELF, slots: 30, prints: 1 }], &Patient).unwrap();
    session.accumulate(0..1, &Patient).unwrap();
    assert!(is_right(&search(&session, &records[0], 30, &Patient).unwrap(), &records));
}

#[test]
fn what_passed_through_is_overwritten_when_asked() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let records = gallery(30);
    let session = device.session();
    begin(&session, 30, &records[0]).unwrap();
    for _ in 0..2 {
        session.score_block(records.clone(), (0..30).collect(), 1, &Patient).unwrap();
    }
    session.accumulate(0..1, &Patient).unwrap();
    assert!(session.residue().unwrap() > 30 * 32);
    session.clear_stream().unwrap();
    assert_eq!(session.residue(), Ok(0));
}

#[test]
fn known_scores_are_compared_while_nobody_asks() {
    let options =
        DeviceOptions { check_interval: Duration::from_millis(1), ..DeviceOptions::default() };
    let Some(device) = device(&options) else { return };
    while device.checks() < 3 {
        std::thread::yield_now();
    }
    assert_eq!(device.state(), DeviceState::Serving);
}

#[test]
fn peaks_and_rate_are_measured_with_checked_results() {
    let Some(device) = device(&DeviceOptions::default()) else { return };
    let session = device.session();
    let peaks = session.peaks().unwrap();
    let rate = session.rate().unwrap();
    let figures =
        [peaks.popcounts_per_second, peaks.logic_per_second, peaks.copied_bytes_per_second, rate];
    assert!(figures.iter().all(|figure| figure.is_finite() && *figure > 1.0), "{figures:?}");
    assert_eq!(device.resident_bytes(), 0, "what was measured with is gone");
}
