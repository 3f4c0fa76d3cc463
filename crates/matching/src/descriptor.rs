//! From a template to bit cylinders.

use crate::parameters::Parameters;
use crate::record::PackedRecord;
use vocabulary::Template;

/// Packs the 32 best cylinders of a template.
pub fn pack(template: &Template, parameters: &Parameters) -> PackedRecord {
    let _ = parameters;
    let header = template.header();
    PackedRecord {
        extractor_version: header.extractor.0,
        quality: header.quality,
        position: header.position.code(),
        impression: header.impression.0,
        ..PackedRecord::EMPTY
    }
}
