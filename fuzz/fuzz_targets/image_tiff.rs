#![no_main]

use formats::image::tiff;
use libfuzzer_sys::fuzz_target;
use tanba_fuzz::{check_image, quiet_panics};

fuzz_target!(init: quiet_panics(), |bytes: &[u8]| check_image(tiff::decode, bytes));
