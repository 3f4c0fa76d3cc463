#![no_main]

use formats::template::TemplateFormat;
use libfuzzer_sys::fuzz_target;
use tanba_fuzz::check_template;

fuzz_target!(|bytes: &[u8]| check_template(TemplateFormat::Iso2011, bytes));
