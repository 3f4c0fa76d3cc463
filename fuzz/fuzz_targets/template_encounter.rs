#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_fuzz::check_encounter;

fuzz_target!(|bytes: &[u8]| check_encounter(bytes));
