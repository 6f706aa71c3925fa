//! What the miniature cloud can be told to do wrong.

use std::fmt;
use std::time::Duration;

use crate::sandbox::{COUNTERPARTS, Failure, Faults, Spoil};

/// One thing that it does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Credentials count as expired at this age, in seconds, though their end was told to be later.
    ExpireTokens(u32),
    /// Credentials live for so many seconds, whatever was asked, and say so.
    IssueFor(u32),
    /// So many calls to STS fail.
    FailSts(u32),
    /// Every call to STS waits so many seconds.
    DelaySts(u32),
    /// Every call to a product fails.
    Fail(String),
    /// Every call to a product waits so many seconds.
    Delay(String, u32),
    /// Every answer of a product that carries a credential is wrong in this way.
    Spoil(String, Spoil),
    /// Every call to a product is past its quota.
    Throttle(String),
    /// The cloud's clock is ahead by so many seconds, or behind.
    Skew(i32),
    /// Every credential that was issued so far is forgotten, once.
    Revoke,
    /// Every request is hung up on.
    Dark,
}

/// Whether this is a product, or what has an address of its own.
pub(super) fn is_place(text: &str) -> bool {
    crate::endpoint::product(text).is_some() || COUNTERPARTS.contains(&text)
}

/// A number from 1 up.
pub(super) fn positive(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

impl Fault {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let product = || value.filter(|value| is_place(value)).map(str::to_owned);
        let (place, how) = value.and_then(|value| value.split_once(':')).unzip();
        let place = || place.filter(|place| is_place(place)).map(str::to_owned);
        match (name, value) {
            ("expire-tokens", Some(value)) => positive(value).map(Self::ExpireTokens),
            ("issue-for", Some(value)) => positive(value).map(Self::IssueFor),
            ("fail-sts", Some(value)) => positive(value).map(Self::FailSts),
            ("delay-sts", Some(value)) => positive(value).map(Self::DelaySts),
            // That STS fails is a fault of its own, which counts.
            ("fail", Some(value)) if value != "sts" => product().map(Self::Fail),
            ("throttle", _) => product().map(Self::Throttle),
            ("delay", Some(_)) => {
                place().zip(how.and_then(positive)).map(|(place, wait)| Self::Delay(place, wait))
            }
            ("spoil", Some(_)) => {
                place().zip(how.and_then(Spoil::named)).map(|(place, spoil)| Self::Spoil(place, spoil))
            }
            ("skew", Some(value)) => value.parse().ok().filter(|seconds| *seconds != 0).map(Self::Skew),
            ("revoke", None) => Some(Self::Revoke),
            ("dark", None) => Some(Self::Dark),
            _ => None,
        }
    }

    pub(super) fn begin(&self, faults: &Faults) {
        let failure = || Failure::new(503, "ServiceUnavailable");
        match self {
            Self::ExpireTokens(age) => faults.expire_after(Some(seconds(*age))),
            Self::IssueFor(life) => faults.issue_for(Some(seconds(*life))),
            Self::FailSts(calls) => faults.fail_sts(failure(), Some(*calls)),
            Self::DelaySts(delay) => faults.delay_sts(Some(seconds(*delay))),
            Self::Fail(product) => faults.fail_product(product, failure()),
            Self::Delay(product, delay) => faults.delay(product, Some(seconds(*delay))),
            Self::Spoil(product, spoil) => faults.spoil(product, *spoil, None),
            Self::Throttle(product) => faults.throttle(product),
            Self::Skew(shift) => faults.skew_clock(i64::from(*shift)),
            Self::Revoke => faults.revoke_tokens(),
            Self::Dark => faults.go_dark(true),
        }
    }

    /// Ends it, and says whether it was still on.
    pub(super) fn end(&self, faults: &Faults) -> bool {
        match self {
            Self::ExpireTokens(_) => faults.expire_after(None),
            Self::IssueFor(_) => faults.issue_for(None),
            Self::FailSts(_) => return faults.heal_sts(),
            Self::DelaySts(_) => faults.delay_sts(None),
            Self::Delay(product, _) => faults.delay(product, None),
            Self::Spoil(product, _) => return faults.mend(product),
            Self::Fail(product) | Self::Throttle(product) => faults.heal_product(product),
            Self::Skew(_) => faults.skew_clock(0),
            Self::Revoke => {}
            Self::Dark => faults.go_dark(false),
        }
        true
    }

    /// What it is thrown by: the same switch cannot stand in two ways at once.
    pub(super) fn switch(&self) -> (&'static str, &str) {
        match self {
            Self::ExpireTokens(_) => ("expire-tokens", ""),
            Self::IssueFor(_) => ("issue-for", ""),
            Self::FailSts(_) => ("fail-sts", ""),
            Self::DelaySts(_) => ("delay", "sts"),
            Self::Delay(product, _) => ("delay", product),
            Self::Spoil(product, _) => ("spoil", product),
            Self::Fail(product) | Self::Throttle(product) => ("product", product),
            Self::Skew(_) => ("skew", ""),
            Self::Revoke => ("revoke", ""),
            Self::Dark => ("dark", ""),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpireTokens(age) => write!(f, "expire-tokens={age}"),
            Self::IssueFor(life) => write!(f, "issue-for={life}"),
            Self::FailSts(calls) => write!(f, "fail-sts={calls}"),
            Self::DelaySts(delay) => write!(f, "delay-sts={delay}"),
            Self::Fail(product) => write!(f, "fail={product}"),
            Self::Delay(product, delay) => write!(f, "delay={product}:{delay}"),
            Self::Spoil(product, spoil) => write!(f, "spoil={product}:{spoil}"),
            Self::Throttle(product) => write!(f, "throttle={product}"),
            Self::Skew(shift) => write!(f, "skew={shift}"),
            Self::Revoke => f.write_str("revoke"),
            Self::Dark => f.write_str("dark"),
        }
    }
}

pub(super) fn seconds(number: u32) -> Duration {
    Duration::from_secs(u64::from(number))
}
