//! Discrete distributions of similarities.

/// Probabilities below this are rounding.
const LEAST: f64 = 1e-300;

/// Probability of each step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Distribution(pub(super) Vec<f64>);

impl Distribution {
    /// Scaled to a sum of one.
    pub(super) fn normalized(mut values: Vec<f64>) -> Self {
        let total: f64 = values.iter().sum();
        values.iter_mut().for_each(|value| *value /= total);
        Self(values)
    }

    /// The distribution of the sum of two independent values.
    pub(super) fn convolved(&self, other: &Self) -> Self {
        let mut sum = vec![0.0; self.0.len() + other.0.len() - 1];
        for (index, weight) in self.0.iter().enumerate() {
            for (value, other) in sum[index..].iter_mut().zip(&other.0) {
                *value += weight * other;
            }
        }
        Self(sum)
    }

    /// `log10` of the probability of each step or more.
    pub(super) fn log_survival(&self) -> Vec<f64> {
        let mut above = 0.0;
        let mut survival: Vec<f64> = self
            .0
            .iter()
            .rev()
            .map(|value| {
                above += value;
                libm::log10(above.clamp(LEAST, 1.0))
            })
            .collect();
        survival.reverse();
        survival
    }
}

/// `log10` of the ratio of two distributions by step, made to rise by pooling adjacent violators
/// (M. Ayer and others, Annals of Mathematical Statistics 26(4), 1955), weighted by what either
/// distribution holds there.
pub(super) fn log_ratio(mated: &Distribution, non_mated: &Distribution) -> Vec<f64> {
    // Blocks of steps that share a ratio: mated mass, non-mated mass, steps.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (m, n) in mated.0.iter().zip(&non_mated.0) {
        let mut block = (m.max(LEAST), n.max(LEAST), 1);
        while let Some(last) = blocks.last() {
            if last.0 * block.1 < block.0 * last.1 {
                break;
            }
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let ratio = |block: &(f64, f64, usize)| libm::log10(block.0) - libm::log10(block.1);
    blocks.iter().flat_map(|block| std::iter::repeat_n(ratio(block), block.2)).collect()
}

/// The value of a table between its steps; its end values outside.
pub(super) fn interpolated(table: &[f64], place: f64) -> f64 {
    let last = table.len() - 1;
    let index = (place as usize).min(last);
    let next = (index + 1).min(last);
    let part = (place - index as f64).clamp(0.0, 1.0);
    table[index] + part * (table[next] - table[index])
}
