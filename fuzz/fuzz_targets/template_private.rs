#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_fuzz::check_private_template;

fuzz_target!(|bytes: &[u8]| check_private_template(bytes));
