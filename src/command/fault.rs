//! `--sandbox-fault`: what the miniature cloud is to do wrong from the start, so that recovery can be watched.

use std::str::FromStr;
use std::time::Duration;

use crate::sandbox::{Failure, Faults};

/// One thing that it does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Credentials count as expired at this age, though their end was told to be later.
    ExpireTokens(Duration),
    /// So many calls to STS fail.
    FailSts(u32),
    /// Every call to a product fails.
    Fail(String),
}

/// What can be written, for the help and for mistakes.
pub(super) const FORMS: &str = "expire-tokens=SECONDS, fail-sts=CALLS or fail=PRODUCT";

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let number = || value.parse::<u32>().ok().filter(|number| *number > 0);
        let fault = match name {
            "expire-tokens" => {
                number().map(|seconds| Self::ExpireTokens(Duration::from_secs(u64::from(seconds))))
            }
            "fail-sts" => number().map(Self::FailSts),
            // The sandbox's own calls are failed by their own fault.
            "fail" if value != "sts" && crate::endpoint::product(value).is_some() => {
                Some(Self::Fail(value.to_owned()))
            }
            _ => None,
        };
        fault.ok_or_else(|| format!("write {FORMS}"))
    }
}

impl Fault {
    /// Makes the sandbox do it.
    pub(super) fn throw(&self, faults: &Faults) {
        let failure = || Failure::new(503, "ServiceUnavailable");
        match self {
            Self::ExpireTokens(age) => faults.expire_after(Some(*age)),
            Self::FailSts(calls) => faults.fail_sts(failure(), Some(*calls)),
            Self::Fail(product) => faults.fail_product(product, failure()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_and_what_is_none_is_told_the_forms() {
        for (text, fault) in [
            ("expire-tokens=30", Fault::ExpireTokens(Duration::from_secs(30))),
            ("fail-sts=2", Fault::FailSts(2)),
            ("fail=ecs", Fault::Fail("ecs".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(fault), "{text}");
        }
        for text in
            ["", "expire-tokens", "expire-tokens=0", "fail-sts=x", "fail=ecss", "fail=sts", "fail", "dark"]
        {
            assert_eq!(text.parse::<Fault>(), Err(format!("write {FORMS}")), "{text}");
        }
    }
}
