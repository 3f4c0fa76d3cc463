//! Figures of other open systems on the same sets, measured once on another machine by the
//! maintainers: images in, FVC protocol. They are quoted beside ours, not measured here.

/// Name, EER and FNMR at FMR 0.1 %, in percent.
pub(super) type Quoted = (&'static str, f64, f64);

/// The best of the open systems on a set, and the goal set for Tanba.
pub(super) struct Published {
    /// As in [`crate::datasets::DATASETS`], or the pool.
    pub(super) set: &'static str,
    /// The lowest EER, with that system's FNMR.
    pub(super) best_eer: Quoted,
    /// The lowest FNMR, with that system's EER.
    pub(super) best_fnmr: Quoted,
    /// EER and FNMR to reach, in percent.
    pub(super) goal: (f64, f64),
    /// Whether the figures are of the whole set, of which a part is here.
    pub(super) whole_set: bool,
}

/// Name of the pool of the four FVC2002 set-B databases.
pub(super) const POOL: &str = "FVC2002 pool";

const SOURCE_AFIS: &str = "SourceAFIS 3.18.1";
const JET_BOZORTH: &str = "FingerJetFX + BOZORTH3";
const JET_AFIS: &str = "FingerJetFX + OpenAFIS";
const NIST: &str = "MINDTCT + BOZORTH3";

const fn same(set: &'static str, best: Quoted, goal: (f64, f64), whole_set: bool) -> Published {
    Published { set, best_eer: best, best_fnmr: best, goal, whole_set }
}

/// Every set that there are figures for.
pub(super) const PUBLISHED: [Published; 9] = [
    same("FVC2000 DB1_B", (SOURCE_AFIS, 2.54, 3.9), (1.2, 2.0), false),
    same("FVC2002 DB1_B", (JET_BOZORTH, 2.18, 2.9), (0.5, 1.0), false),
    same("FVC2002 DB2_B", (SOURCE_AFIS, 0.36, 0.7), (0.2, 0.4), false),
    same("FVC2002 DB3_B", (NIST, 9.09, 17.5), (3.0, 6.0), false),
    same("FVC2002 DB4_B", (JET_BOZORTH, 2.72, 3.2), (0.8, 1.5), false),
    same("FVC2002 DB3_A 1-35", (JET_BOZORTH, 8.46, 24.5), (3.0, 8.0), true),
    Published {
        set: "CrossMatch",
        best_eer: (JET_AFIS, 0.61, 1.7),
        best_fnmr: (NIST, 0.66, 0.9),
        goal: (0.2, 0.4),
        whole_set: true,
    },
    same("UPEK", (SOURCE_AFIS, 0.0, 0.0), (0.0, 0.0), true),
    Published {
        set: POOL,
        best_eer: (NIST, 5.30, 16.3),
        best_fnmr: (SOURCE_AFIS, 6.07, 13.8),
        goal: (2.0, 5.0),
        whole_set: false,
    },
];
