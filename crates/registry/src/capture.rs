//! What a capture station submits, and whether it may be stored.

use crate::{CaptureMethod, Category, Denied, Digest, FingerAbsence, PalmAbsence, RuleSet, Text};
use serde::{Deserialize, Serialize};

/// One captured image, which lies elsewhere under its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// The image.
    pub image: Digest,
    /// 0 to 100, as the engine scored it.
    pub quality: u8,
    /// How many times it was tried.
    pub attempts: u32,
    /// Why the best of too poor ones was accepted.
    pub accepted_because: Option<Text>,
}

/// One of the ten fingers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finger {
    /// Position code 1 (right thumb) to 10 (left little finger).
    pub position: u8,
    /// The impression, or why there is none.
    pub print: Result<Print, FingerAbsence>,
    /// Whether this impression is rolled.
    pub rolled: bool,
}

/// One of the two palms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Palm {
    /// Whether it is the right one.
    pub right: bool,
    /// The images, at least one, or why there is none.
    pub prints: Result<Vec<Print>, PalmAbsence>,
}

/// The scan of a ten-print card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardScan {
    /// The image of the whole card.
    pub image: Digest,
    /// Pixels per inch.
    pub ppi: u16,
}

/// What the engine found wrong with a capture as a whole; empty when it is plausible.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Positions that hold the finger of another position, of the other hand, or another number of
    /// fingers than the absence codes say.
    pub wrong_positions: Vec<u8>,
    /// Positions whose rolled print does not match its plain one.
    pub rolled_against_plain: Vec<u8>,
}

/// Ten fingers, palms where the category has them, and how they were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// How.
    pub method: CaptureMethod,
    /// Ten entries.
    pub fingers: Vec<Finger>,
    /// Two entries, or none.
    pub palms: Vec<Palm>,
    /// Of the ink method.
    pub card: Option<CardScan>,
    /// From the engine.
    pub findings: Findings,
}

/// How much of a person is on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completeness {
    /// What can be taken was taken.
    Full,
    /// Some fingers are to be taken after healing.
    PartialTemporary,
}

impl Capture {
    /// Checks a capture of a category (sections 2.3, 3.5 and 5.3 of the requirements).
    /// `confirmed` says that a second officer saw that no ridges exist.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(
        &self,
        category: Category,
        rules: &RuleSet,
        confirmed: bool,
    ) -> Result<Completeness, Denied> {
        self.check_positions()?;
        self.check_method(category, rules)?;
        self.check_palms(category, rules)?;
        self.check_quality(rules)?;
        let wrong = [&self.findings.wrong_positions, &self.findings.rolled_against_plain];
        if let Some(positions) = wrong.into_iter().find(|positions| !positions.is_empty()) {
            return Err(Denied::Sequence { positions: positions.clone() });
        }
        self.check_something(category, rules, confirmed)?;
        let healing = |finger: &Finger| finger.print == Err(FingerAbsence::TemporarilyDamaged);
        let partial = self.fingers.iter().any(healing);
        Ok(if partial { Completeness::PartialTemporary } else { Completeness::Full })
    }

    /// each finger once, with an image or a code.
    fn check_positions(&self) -> Result<(), Denied> {
        let mut positions: Vec<u8> = self.fingers.iter().map(|finger| finger.position).collect();
        positions.sort_unstable();
        if positions == (1..=10).collect::<Vec<_>>() { Ok(()) } else { Err(Denied::Positions) }
    }

    ///
    fn check_method(&self, category: Category, rules: &RuleSet) -> Result<(), Denied> {
        let open = &rules.open_points;
        let must_roll = open.rolled_capture.rolled.contains(&category);
        let plain = self.method == CaptureMethod::ScannerPlain;
        let allowed = if must_roll { !plain } else { plain || open.plain_capture.rolled_also };
        if !allowed {
            return Err(Denied::Method);
        }
        let other = |f: &&Finger| f.print.is_ok() && f.rolled == plain;
        if let Some(finger) = self.fingers.iter().find(other) {
            return Err(Denied::Impression { position: finger.position });
        }
        let ink = self.method == CaptureMethod::InkCard;
        let scanned = |card: &CardScan| card.ppi >= rules.limits.image_ppi_min;
        if ink != self.card.is_some() || !self.card.iter().all(scanned) {
            return Err(Denied::CardScan);
        }
        Ok(())
    }

    /// both palms accounted for, or none offered.
    fn check_palms(&self, category: Category, rules: &RuleSet) -> Result<(), Denied> {
        let wanted = rules.open_points.rolled_capture.palms.contains(&category);
        let hands: Vec<bool> = self.palms.iter().map(|palm| palm.right).collect();
        let both = matches!(hands[..], [true, false] | [false, true]);
        let empty = |palm: &Palm| palm.prints.as_ref().is_ok_and(Vec::is_empty);
        let fits = if wanted { both } else { hands.is_empty() };
        if fits && !self.palms.iter().any(empty) { Ok(()) } else { Err(Denied::Palms) }
    }

    /// below the minimum only after the attempts and with a reason.
    fn check_quality(&self, rules: &RuleSet) -> Result<(), Denied> {
        let quality = &rules.quality;
        let plain = self.method == CaptureMethod::ScannerPlain;
        let least = if plain { quality.plain_min } else { quality.rolled_min };
        let poor = |print: &Print, least: u8| {
            let excused = print.attempts >= quality.attempts && print.accepted_because.is_some();
            print.quality > 100 || (print.quality < least && !excused)
        };
        for finger in &self.fingers {
            if finger.print.as_ref().is_ok_and(|print| poor(print, least)) {
                return Err(Denied::Quality { position: finger.position });
            }
        }
        for palm in &self.palms {
            let prints = palm.prints.iter().flatten();
            if prints.into_iter().any(|print| poor(print, quality.palm_min)) {
                // Codes 21 and 23 of ANSI/NIST-ITL: full palms.
                return Err(Denied::Quality { position: if palm.right { 21 } else { 23 } });
            }
        }
        Ok(())
    }

    /// R-046, OP-10: a record without fingers needs palms, or somebody who confirms that no ridges
    /// exist.
    fn check_something(
        &self,
        category: Category,
        rules: &RuleSet,
        confirmed: bool,
    ) -> Result<(), Denied> {
        if self.has_fingers() {
            return Ok(());
        }
        let points = &rules.open_points;
        if points.no_ridges.palms_instead.contains(&category) {
            let palms = self.palms.iter().any(|palm| palm.prints.is_ok());
            return if palms { Ok(()) } else { Err(Denied::NothingCaptured) };
        }
        let no_ridges = |finger: &Finger| finger.print == Err(FingerAbsence::NoRidges);
        if !self.fingers.iter().all(no_ridges) {
            return Err(Denied::NothingCaptured);
        }
        let enough = confirmed || !points.no_ridges.second_officer;
        if enough { Ok(()) } else { Err(Denied::NotConfirmed) }
    }

    /// Whether any finger has an image.
    pub fn has_fingers(&self) -> bool {
        self.fingers.iter().any(|finger| finger.print.is_ok())
    }

    /// Whether any palm has an image.
    pub fn has_palms(&self) -> bool {
        self.palms.iter().any(|palm| palm.prints.is_ok())
    }

    /// Whether fingers were rolled.
    pub fn is_rolled(&self) -> bool {
        self.method != CaptureMethod::ScannerPlain
    }
}
