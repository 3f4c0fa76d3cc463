//! Numbers in words.

/// A number with its noun: `1 print`, `2 prints`. `nouns` are for one and for several.
pub fn counted<N: Into<u64>>(number: N, nouns: [&str; 2]) -> String {
    let number = number.into();
    format!("{number} {}", nouns[usize::from(number != 1)])
}
