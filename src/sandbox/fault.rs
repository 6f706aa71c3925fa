//! Switches that make the sandbox misbehave as the cloud does on a bad day, thrown at run time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::spoil::Spoil;

/// An answer to give instead of the true one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The code, as the cloud spells it: `ServiceUnavailable`, `NoPermission`.
    pub code: String,
    /// Sent as `x-acs-retry-after` (milliseconds) and `Retry-After` (seconds).
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure with no hint of when to try again.
    pub fn new(status: u16, code: &str) -> Self {
        Self { status, code: code.to_owned(), retry_after: None }
    }

    /// What the cloud answers past the account's quota.
    pub fn throttled(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(400, "Throttling.User") }
    }

    fn error(&self) -> Error {
        let message = match self.code.as_str() {
            "Throttling.User" => "Request was denied due to user flow control.",
            "OTSServerBusy" => "Server is busy.",
            "Rejected.Throttling" => "QPS Limit Exceeded",
            "TooManyRequests" => "Too Many Requests",
            "TotalQpsLimitExceeded" => "The total QPS of this account exceeds its limit.",
            "ReadQuotaExceed" => "Read quota is exceeded.",
            "Throttling.Api" => "Request was denied due to api flow control.",
            "ServiceUnavailable" => "The request has failed due to a temporary failure of the server.",
            "NoPermission" => "You are not authorized to do this action. You should be authorized by RAM.",
            "EntityNotExist.Role" => "The specified Role not exists.",
            _ => "The sandbox was told to fail this call.",
        };
        Error { retry_after: self.retry_after, ..Error::new(self.status, &self.code, message) }
    }
}

/// The switches. All are off at the start.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Switches>);

#[derive(Debug, Default)]
struct Switches {
    /// The failure, and how many calls it is left for. None: until it is healed.
    sts: Option<(Failure, Option<u32>)>,
    delays: HashMap<String, Duration>,
    products: HashMap<String, Failure>,
    /// How the answers that carry a credential are wrong, and how many more of them. None: until it is mended.
    spoils: HashMap<String, (Spoil, Option<u32>)>,
    skew: i64,
    lifetime: Option<i64>,
    early_expiry: Option<i64>,
    revocations: u64,
    is_dark: bool,
}

impl Faults {
    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails the next `calls` calls to STS, or every one until [`heal`](Self::heal) when `calls` is `None`.
    pub fn fail_sts(&self, failure: Failure, calls: Option<u32>) {
        self.switches().sts = Some((failure, calls));
    }

    /// Ends [`fail_sts`](Self::fail_sts), and says whether it was still on.
    pub fn heal_sts(&self) -> bool {
        self.switches().sts.take().is_some()
    }

    /// Makes every STS call wait this long before it is answered. `None`: not at all.
    pub fn delay_sts(&self, delay: Option<Duration>) {
        self.delay("sts", delay);
    }

    /// Makes every call to a product, or to a counterpart that has an address of its own, wait this long before it is
    /// answered. `None`: not at all.
    pub fn delay(&self, product: &str, delay: Option<Duration>) {
        let mut switches = self.switches();
        match delay {
            Some(delay) => switches.delays.insert(product.to_owned(), delay),
            None => switches.delays.remove(product),
        };
    }

    /// Spoils the next `answers` answers of a product or a counterpart that carry a credential, a token for one or what a
    /// key belongs to, or every one until
    /// [`mend`](Self::mend) when `answers` is `None`. Faults of content are those of JSON: answers in XML stay as they are.
    pub fn spoil(&self, product: &str, spoil: Spoil, answers: Option<u32>) {
        if answers != Some(0) {
            self.switches().spoils.insert(product.to_owned(), (spoil, answers));
        }
    }

    /// Ends [`spoil`](Self::spoil) of one product, and says whether it was still on.
    pub fn mend(&self, product: &str) -> bool {
        self.switches().spoils.remove(product).is_some()
    }

    /// Fails every call to a product, by its code: `ecs`, `oss`; or to a counterpart: `metadata`, `vault`.
    pub fn fail_product(&self, product: &str, failure: Failure) {
        self.switches().products.insert(product.to_owned(), failure);
    }

    /// Answers every call to a product as past its quota.
    pub fn throttle(&self, product: &str) {
        // One second is the shortest wait that both of OpenAPI's hints can state.
        let failure = match product {
            "oss" => Failure::new(503, "TotalQpsLimitExceeded"),
            "sls" => Failure::new(403, "ReadQuotaExceed"),
            "odps" => Failure::new(429, "FlowExceeded"),
            "datahub-data" => Failure::new(400, "LimitExceeded"),
            "ots" => Failure::new(503, "OTSServerBusy"),
            "kms" => Failure::new(429, "Rejected.Throttling"),
            "cloudsso" | "github" | "metadata" | "oauth" | "uri" | "vault" => {
                Failure { retry_after: Some(Duration::from_secs(1)), ..Failure::new(429, "TooManyRequests") }
            }
            _ => Failure::throttled(Duration::from_secs(1)),
        };
        self.fail_product(product, failure);
    }

    /// Ends [`fail_product`](Self::fail_product) and [`throttle`](Self::throttle) of one product.
    pub fn heal_product(&self, product: &str) {
        self.switches().products.remove(product);
    }

    /// Shifts the cloud's clock, and the `Date` of its answers, by so many seconds against the machine's.
    pub fn skew_clock(&self, seconds: i64) {
        self.switches().skew = seconds;
    }

    /// Issues credentials of this lifetime whatever was asked, and says so in the answer. `None`: as asked.
    pub fn issue_for(&self, lifetime: Option<Duration>) {
        self.switches().lifetime = lifetime.map(whole_seconds);
    }

    /// Calls issued credentials expired at this age, whatever end their answer named. `None`: at their end.
    pub fn expire_after(&self, age: Option<Duration>) {
        self.switches().early_expiry = age.map(whole_seconds);
    }

    /// Forgets every credential that was issued so far: their keys are not found from now on.
    pub fn revoke_tokens(&self) {
        self.switches().revocations += 1;
    }

    /// Hangs up on every request without an answer, as long as it is on.
    pub fn go_dark(&self, is_dark: bool) {
        self.switches().is_dark = is_dark;
    }

    /// Turns every switch off again. What was revoked stays revoked.
    pub fn heal(&self) {
        let mut switches = self.switches();
        *switches = Switches { revocations: switches.revocations, ..Switches::default() };
    }

    /// The failure that the next STS call meets, and for how many more it is on. Counts the call.
    pub(crate) fn next_sts_failure(&self) -> Option<(Error, Option<u32>)> {
        let mut switches = self.switches();
        let (failure, left) = switches.sts.as_mut()?;
        let error = failure.error();
        let left = match left {
            Some(calls) => {
                *calls = calls.checked_sub(1)?;
                Some(*calls)
            }
            None => None,
        };
        if left == Some(0) {
            switches.sts = None;
        }
        Some((error, left))
    }

    pub(crate) fn delay_of(&self, product: &str) -> Option<Duration> {
        self.switches().delays.get(product).copied()
    }

    /// How the next answer that carries a credential is wrong. Counts it.
    pub(crate) fn next_spoil(&self, product: &str) -> Option<Spoil> {
        let mut switches = self.switches();
        let (spoil, left) = switches.spoils.get_mut(product)?;
        let spoil = *spoil;
        if let Some(answers) = left {
            *answers -= 1;
            if *answers == 0 {
                switches.spoils.remove(product);
            }
        }
        Some(spoil)
    }

    pub(crate) fn product_failure(&self, product: &str) -> Option<Error> {
        self.switches().products.get(product).map(Failure::error)
    }

    pub(crate) fn skew(&self) -> i64 {
        self.switches().skew
    }

    /// In whole seconds.
    pub(crate) fn lifetime(&self) -> Option<i64> {
        self.switches().lifetime
    }

    /// In whole seconds.
    pub(crate) fn early_expiry(&self) -> Option<i64> {
        self.switches().early_expiry
    }

    pub(crate) fn revocations(&self) -> u64 {
        self.switches().revocations
    }

    pub(crate) fn is_dark(&self) -> bool {
        self.switches().is_dark
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_failure_ends_by_itself() {
        let faults = Faults::default();
        faults.fail_sts(Failure::new(503, "ServiceUnavailable"), Some(2));
        let codes: Vec<_> =
            (0..3).map(|_| faults.next_sts_failure().map(|(error, left)| (error.code, left))).collect();
        let unavailable = |left| Some(("ServiceUnavailable".to_owned(), Some(left)));
        assert_eq!(codes, [unavailable(1), unavailable(0), None]);
    }

    #[test]
    fn healing_does_not_bring_back_what_was_revoked() {
        let faults = Faults::default();
        faults.skew_clock(7);
        faults.revoke_tokens();
        faults.heal();
        assert_eq!((faults.skew(), faults.revocations()), (0, 1));
    }
}
