#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_fuzz::check_any_template;

fuzz_target!(|bytes: &[u8]| check_any_template(bytes));
