//! Numbers as people read them.

pub(crate) use terminal::words::counted;

/// A likelihood ratio in words, after the verbal scale of the ENFSI guideline for evaluative
/// reporting in forensic science (2015), appendix A3.
pub(crate) fn likelihood_words(log10: f64) -> &'static str {
    // The scale names the proposition that is supported; below one it is the other one.
    let same = log10 >= 0.0;
    let pick = |for_same, for_other| if same { for_same } else { for_other };
    match log10.abs() {
        size if size < 0.3 => "no support for either",
        size if size < 1.0 => pick("weak support for the same finger", "weak support for another"),
        size if size < 2.0 => {
            pick("moderate support for the same finger", "moderate support for another")
        }
        size if size < 3.0 => pick(
            "moderately strong support for the same finger",
            "moderately strong support for another",
        ),
        size if size < 4.0 => {
            pick("strong support for the same finger", "strong support for another")
        }
        size if size < 6.0 => {
            pick("very strong support for the same finger", "very strong support for another")
        }
        _ => pick(
            "extremely strong support for the same finger",
            "extremely strong support for another",
        ),
    }
}

/// A likelihood ratio as a number: `10^3.2`.
pub(crate) fn likelihood_number(log10: f64) -> String {
    format!("10^{log10:.1}")
}

/// A small expected number or probability with two significant digits.
pub(crate) fn small(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value >= 0.01 {
        let digits = if value >= 10.0 { 0 } else { 2 };
        format!("{value:.digits$}")
    } else {
        format!("{value:.1e}")
    }
}

/// A share of one in percent, with as many digits as it needs.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 0.001 {
        // Not zero, which three digits would say.
        return "below 0.001 %".to_owned();
    }
    let digits = if value == 0.0 || value >= 99.995 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 0.1 {
        2
    } else {
        3
    };
    format!("{value:.digits$} %")
}

/// For [`counted`].
pub(crate) const PRINTS: [&str; 2] = ["print", "prints"];
/// For [`counted`].
pub(crate) const PERSONS: [&str; 2] = ["person", "persons"];
/// For [`counted`].
pub(crate) const REFERENCES: [&str; 2] = ["reference", "references"];

/// A share with its counts: `99.5 % (199 of 200)`. Of fewer than a hundred only the counts, since a
/// percentage would claim more than they can tell.
pub(crate) fn share(count: usize, total: usize) -> String {
    let counts = format!("{count} of {total}");
    if total < 100 {
        return counts;
    }
    format!("{} ({counts})", percent(count as f64 / total as f64))
}

/// A target rate in percent, with no more digits than it has: `0.1 %`.
pub(crate) fn target(rate: f64) -> String {
    let digits = format!("{:.6}", rate * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_written_short() {
        assert_eq!(target(0.01), "1 %");
        assert_eq!(target(0.0001), "0.01 %");
        assert_eq!(target(0.1), "10 %");
    }

    #[test]
    fn one_is_not_several() {
        assert_eq!([0u64, 1, 2].map(|n| counted(n, PRINTS)), ["0 prints", "1 print", "2 prints"]);
    }

    #[test]
    fn words_follow_the_scale_in_both_directions() {
        assert_eq!(likelihood_words(0.0), "no support for either");
        assert_eq!(likelihood_words(3.5), "strong support for the same finger");
        assert_eq!(likelihood_words(-3.5), "strong support for another");
        assert_eq!(likelihood_words(7.0), "extremely strong support for the same finger");
    }

    #[test]
    fn shares_keep_the_digits_that_matter() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.9949), "99.5 %");
        assert_eq!(percent(0.0123), "1.23 %");
        assert_eq!(percent(0.00004), "0.004 %");
        assert_eq!(percent(0.00001), "0.001 %");
        assert_eq!(percent(8.7e-13), "below 0.001 %");
        assert_eq!(share(24, 24), "24 of 24");
        assert_eq!(share(0, 0), "0 of 0");
        assert_eq!(share(100, 100), "100 % (100 of 100)");
        assert_eq!(share(199, 200), "99.5 % (199 of 200)");
        assert_eq!(small(0.00012), "1.2e-4");
        assert_eq!(small(37.2), "37");
    }
}
