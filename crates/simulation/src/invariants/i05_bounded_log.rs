//! I5: retained effects never exceed their cap.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;

pub(super) struct BoundedLog;

impl Invariant for BoundedLog {
    fn name(&self) -> &'static str {
        "I5"
    }

    fn watch(&mut self, seen: &Observation<'_>, _: &Model) -> Result<(), String> {
        let Observation::Applied { catalog, .. } = seen else { return Ok(()) };
        let (bytes, cap) = (catalog.retained_bytes(), catalog.policy().retention_bytes_max);
        ensure(bytes <= cap, || format!("{bytes} bytes are retained, the cap is {cap}"))
    }
}
