//! Error rates of biometric comparison and identification, with confidence intervals.
