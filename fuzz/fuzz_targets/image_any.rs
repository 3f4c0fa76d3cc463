#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_fuzz::{check_any_image, quiet_panics};

fuzz_target!(init: quiet_panics(), |bytes: &[u8]| check_any_image(bytes));
