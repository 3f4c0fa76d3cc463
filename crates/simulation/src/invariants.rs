//! What must always hold, one file each. The numbers are those of `docs/design/cluster.md`.

mod i01_durability;
mod i02_prefix;
mod i03_atomic_apply;
mod i04_trim_rule;
mod i05_bounded_log;
mod i06_freshness;
mod i07_honest_coverage;
mod i08_no_ghosts;
mod i09_unique_registration;
mod i10_idempotence;
mod i11_audit_first;
mod i12_placement;
mod i13_identity;
mod i14_determinism;
mod one_leader_per_term;

use crate::model::Model;
use crate::observation::Observation;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule: `I1` to `I14`, `one leader`, `liveness` or `panic`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// A rule that watches a run.
pub(crate) trait Invariant {
    /// As in [`Violation::invariant`].
    fn name(&self) -> &'static str;

    /// Looks at what happened.
    ///
    /// # Errors
    /// What broke the rule.
    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String>;
}

/// All rules.
pub(crate) struct Invariants(Vec<Box<dyn Invariant>>);

impl Default for Invariants {
    fn default() -> Self {
        Self(vec![
            Box::new(i01_durability::Durability::default()),
            Box::new(i02_prefix::Prefix),
            Box::new(i03_atomic_apply::AtomicApply),
            Box::new(i04_trim_rule::TrimRule::default()),
            Box::new(i05_bounded_log::BoundedLog),
            Box::new(i06_freshness::Freshness),
            Box::new(i07_honest_coverage::HonestCoverage),
            Box::new(i08_no_ghosts::NoGhosts),
            Box::new(i09_unique_registration::UniqueRegistration),
            Box::new(i10_idempotence::Idempotence::default()),
            Box::new(i11_audit_first::AuditFirst),
            Box::new(i12_placement::PlacementRule::default()),
            Box::new(i13_identity::Identity::default()),
            Box::new(i14_determinism::Determinism),
            Box::new(one_leader_per_term::OneLeaderPerTerm::default()),
        ])
    }
}

impl Invariants {
    /// Shows all of them what happened.
    pub(crate) fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), Violation> {
        for invariant in &mut self.0 {
            let name = invariant.name();
            invariant.watch(seen, model).map_err(|what| Violation { invariant: name, what })?;
        }
        Ok(())
    }
}

/// An error when something does not hold.
pub(crate) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
