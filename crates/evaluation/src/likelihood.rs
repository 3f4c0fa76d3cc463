//! How good likelihood ratios are.

use serde::Serialize;

/// The cost of the logarithm of the likelihood ratio (N. Brümmer and J. du Preez, Computer Speech
/// and Language 20, 2006, DOI 10.1016/j.csl.2005.08.001): the information, in bits, that a judge
/// who takes the ratios at their word still lacks, when both answers are as likely beforehand. 0 is
/// perfect, 1 tells nothing, more than 1 misleads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LikelihoodCost {
    /// Of the ratios as they are.
    pub cllr: f64,
    /// Of the best ratios that keep the order of the comparisons: what remains is the fault of
    /// the similarities, the difference to `cllr` that of the calibration.
    pub cllr_min: f64,
    /// Mated comparisons.
    pub mated: u64,
    /// Non-mated comparisons.
    pub non_mated: u64,
}

impl LikelihoodCost {
    /// From the natural logarithms of the likelihood ratios of mated and of non-mated comparisons;
    /// `None` when either list is empty.
    pub fn new(mated: &[f64], non_mated: &[f64]) -> Option<Self> {
        if mated.is_empty() || non_mated.is_empty() {
            return None;
        }
        let ideal = pooled_adjacent_violators(mated, non_mated);
        Some(Self {
            cllr: cost(mated.iter().map(|l| (*l, 1.0)), non_mated.iter().map(|l| (*l, 1.0))),
            cllr_min: cost(
                ideal.iter().map(|block| (block.log_ratio(), block.mated)),
                ideal.iter().map(|block| (block.log_ratio(), block.non_mated)),
            ),
            mated: mated.len() as u64,
            non_mated: non_mated.len() as u64,
        })
    }
}

/// Half the mean of `log2(1 + 1 / ratio)` over the mated and half that of `log2(1 + ratio)` over
/// the non-mated, each logarithm with a weight.
fn cost(
    mated: impl Iterator<Item = (f64, f64)>,
    non_mated: impl Iterator<Item = (f64, f64)>,
) -> f64 {
    let mean = |list: &mut dyn Iterator<Item = (f64, f64)>| {
        let (sum, total) = list.fold((0.0, 0.0), |(sum, total), (log, weight)| {
            let bits = if weight > 0.0 { weight * softplus(log) } else { 0.0 };
            (sum + bits, total + weight)
        });
        sum / total / std::f64::consts::LN_2
    };
    0.5 * (mean(&mut mated.map(|(log, weight)| (-log, weight))) + mean(&mut { non_mated }))
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Comparisons that share a ratio.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// As shares of all mated comparisons.
    mated: f64,
    /// As shares of all non-mated comparisons.
    non_mated: f64,
}

impl Block {
    fn log_ratio(&self) -> f64 {
        (self.mated / self.non_mated).ln()
    }
}

/// The best ratios that never fall with the given ones (M. Ayer et al., Annals of Mathematical
/// Statistics 26, 1955): neighbors that fall are pooled until none does.
fn pooled_adjacent_violators(mated: &[f64], non_mated: &[f64]) -> Vec<Block> {
    let (m, n) = (1.0 / mated.len() as f64, 1.0 / non_mated.len() as f64);
    let mut all: Vec<(f64, Block)> = Vec::with_capacity(mated.len() + non_mated.len());
    all.extend(mated.iter().map(|log| (*log, Block { mated: m, non_mated: 0.0 })));
    all.extend(non_mated.iter().map(|log| (*log, Block { mated: 0.0, non_mated: n })));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    let mut last = f64::NAN;
    for (log, one) in all {
        let mut block = one;
        let mut tied = log == last;
        last = log;
        while let Some(before) = blocks.last() {
            // Cross products: a block without non-mated comparisons has an endless ratio.
            let falls = before.mated * block.non_mated >= block.mated * before.non_mated;
            if !tied && !falls {
                break;
            }
            tied = false;
            block.mated += before.mated;
            block.non_mated += before.non_mated;
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn ratios_of_one_tell_nothing() {
        let cost = LikelihoodCost::new(&[0.0, 0.0], &[0.0]).unwrap();
        near(cost.cllr, 1.0);
        near(cost.cllr_min, 1.0);
    }

    #[test]
    fn sure_and_right_costs_nothing_and_sure_and_wrong_much() {
        let right = LikelihoodCost::new(&[50.0], &[-50.0]).unwrap();
        assert!(right.cllr < 1e-9 && right.cllr_min < 1e-9);
        let wrong = LikelihoodCost::new(&[-50.0], &[50.0]).unwrap();
        near(wrong.cllr, 50.0 / std::f64::consts::LN_2);
        near(wrong.cllr_min, 1.0);
    }

    #[test]
    fn a_shift_of_all_ratios_is_the_fault_of_the_calibration_alone() {
        // Three of four mated and one of four non-mated comparisons lie above.
        let (mated, non_mated) = ([3.0, 3.0, 3.0, -1.0], [3.0, -1.0, -1.0, -1.0]);
        let cost = LikelihoodCost::new(&mated, &non_mated).unwrap();
        let log = 3.0_f64.ln();
        let ideal = LikelihoodCost::new(&[log, log, log, -log], &[log, -log, -log, -log]).unwrap();
        near(cost.cllr_min, ideal.cllr);
        near(ideal.cllr, ideal.cllr_min);
        assert!(cost.cllr > cost.cllr_min + 0.01);
    }

    #[test]
    fn without_comparisons_there_is_no_cost() {
        assert_eq!(LikelihoodCost::new(&[], &[0.0]), None);
        assert_eq!(LikelihoodCost::new(&[0.0], &[]), None);
    }
}
