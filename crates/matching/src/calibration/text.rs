//! The calibration as text: one line per step with the mated and the non-mated probability.

use super::distribution::Distribution;
use super::{STEP, STEPS};
use crate::MatchingError;
use std::fmt::Write;

/// First line of the text.
const TITLE: &str = "tanba calibration 1: thousandths, mated and non-mated probability";

pub(super) fn write(mated: &Distribution, non_mated: &Distribution) -> String {
    let mut text = format!("{TITLE}\n");
    for (index, (m, n)) in mated.0.iter().zip(&non_mated.0).enumerate() {
        writeln!(text, "{} {m:.5e} {n:.5e}", index * STEP).expect("a String takes all text");
    }
    text
}

pub(super) fn read(text: &str) -> Result<(Distribution, Distribution), MatchingError> {
    let refuse = |line: usize, reason| Err(MatchingError::CalibrationText { line, reason });
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return refuse(1, "the title of a calibration of this version is missing");
    }
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for index in 0..STEPS {
        let line = index + 2;
        let Some(row) = lines.next() else { return refuse(line, "the table ends here") };
        match probabilities(row, index * STEP) {
            Some((m, n)) => {
                mated.push(m);
                non_mated.push(n);
            }
            None => return refuse(line, "expected thousandths and two probabilities"),
        }
    }
    Ok((Distribution::normalized(mated), Distribution::normalized(non_mated)))
}

/// The two probabilities of a row, when it is the row of `thousandths`.
fn probabilities(row: &str, thousandths: usize) -> Option<(f64, f64)> {
    let mut fields = row.split(' ');
    let at: usize = fields.next()?.parse().ok()?;
    let mut probability = || -> Option<f64> {
        let value: f64 = fields.next()?.parse().ok()?;
        (0.0..=1.0).contains(&value).then_some(value)
    };
    let (mated, non_mated) = (probability()?, probability()?);
    (at == thousandths && fields.next().is_none()).then_some((mated, non_mated))
}
