//! Calls STS: what is asked of a host, and what its `Date` says about our clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use zeroize::Zeroizing;

use super::answer::{self, ANSWER_BYTES_MAX};
use super::caller_identity::{self, CallerIdentity};
use super::carry::{Answer, Carry, CarryError, FORM, Method, Outbound, Receiver};
use super::credential::{AccessKey, Fetched, Proof};
use super::error::{AnswerError, FetchError};
use super::exchange::{self, Exchange};
use super::hedge::{StsHosts, hedged};
use super::observer::{Event, Observer};
use super::pace::Pace;
use crate::clock::{Clock, Now};
use crate::names::{Host, Moment, RoleName, calendar};

/// For connecting to one host, TLS included: a black-holed host must not cost more than the hedge's delay.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For one host. STS answers within 300 ms; past this the other host is the better hope.
const HOST_TIMEOUT: Duration = Duration::from_secs(5);
/// How much longer than asked an answer may live: clocks and rounding, and no more.
const GRANT_SLACK: Duration = Duration::from_secs(300);
/// A smaller difference of the clocks is not corrected in timestamps: STS takes 15 minutes, and `Date` is as coarse as
/// a second.
const OFFSET_APPLIED_FROM: i64 = 60;
/// A larger one is reported.
const OFFSET_REPORTED_FROM: i64 = 600;

/// What all callers of STS and KMS in a process share.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) carry: Arc<dyn Carry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) pace: Pace,
    /// The cloud's time less ours, in whole seconds, as the last answer said.
    pub(super) offset: AtomicI64,
}

impl Line {
    pub(super) fn new(carry: Arc<dyn Carry>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self { carry, clock, observer, pace: Pace::default(), offset: AtomicI64::new(0) }
    }

    /// Time and nonce for one attempt, by the cloud's clock where ours is far off.
    pub(super) fn moment(&self) -> Moment {
        let mut moment = self.clock.moment();
        let offset = self.offset.load(Ordering::Relaxed);
        if offset.abs() >= OFFSET_APPLIED_FROM {
            moment.unix_seconds = moment.unix_seconds.saturating_add(offset);
        }
        moment
    }

    /// Asks one host once, for a role. With the answer comes the cloud's time, if it told that.
    pub(super) async fn ask(
        &self,
        (host, role): (Host, &RoleName),
        path_and_query: Zeroizing<String>,
        headers: Vec<(&'static str, Zeroizing<String>)>,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<(Answer, Option<i64>), FetchError> {
        let outbound = Outbound {
            to: Receiver::Endpoint(host),
            method: Method::Post,
            path_and_query,
            headers,
            body,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: HOST_TIMEOUT,
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        // Whoever carries knows the limit; that it holds is not left to trust.
        let carried = timeout(HOST_TIMEOUT, self.carry.carry(outbound)).await;
        let answer = carried
            .unwrap_or(Err(CarryError::TimedOut))
            .map_err(|error| FetchError::NoAnswer(host.to_string(), error))?;
        let server = answer.date.as_deref().and_then(|date| calendar::parse_http(date.as_bytes()));
        if let Some(server) = server {
            self.compare_clocks(role, server);
        }
        Ok((answer, server))
    }

    fn compare_clocks(&self, role: &RoleName, server: i64) {
        let seconds = server.saturating_sub(self.clock.now().unix_seconds());
        self.offset.store(seconds, Ordering::Relaxed);
        if seconds.abs() > OFFSET_REPORTED_FROM {
            self.observer.observe(role, &Event::ClockOff { seconds });
        }
    }
}

/// STS as one role asks it.
#[derive(Debug)]
pub(super) struct Sts {
    pub(super) line: Arc<Line>,
    pub(super) hosts: StsHosts,
    pub(super) role: RoleName,
    /// Whether the next call has its turn already.
    has_turn: AtomicBool,
}

impl Sts {
    pub(super) const fn new(line: Arc<Line>, hosts: StsHosts, role: RoleName) -> Self {
        Self { line, hosts, role, has_turn: AtomicBool::new(false) }
    }

    /// Waits until the next call may be made.
    pub(super) async fn turn(&self) {
        self.line.pace.take(&*self.line.clock).await;
        self.has_turn.store(true, Ordering::Relaxed);
    }

    /// One attempt to get a credential, over both hosts.
    pub(super) async fn call(
        &self,
        exchange: &Exchange,
        signer: Option<&AccessKey>,
    ) -> Result<Fetched, FetchError> {
        let ask = |host| self.exchange(host, exchange, signer);
        hedged(ask(self.hosts.first), self.hosts.second.map(ask)).await
    }

    /// One attempt to learn whose key it is, over both hosts: `GetCallerIdentity`, which needs no right at all.
    pub(super) async fn identify(&self, signer: &AccessKey) -> Result<CallerIdentity, FetchError> {
        let ask = |host| self.identity(host, signer);
        hedged(ask(self.hosts.first), self.hosts.second.map(ask)).await
    }

    /// Asks one host once whose key it is.
    async fn identity(&self, host: Host, signer: &AccessKey) -> Result<CallerIdentity, FetchError> {
        self.take_turn().await;
        let (target, form) = exchange::written("GetCallerIdentity", &[], Some(signer), &self.line.moment());
        let (answer, _) = self.ask(host, target, form).await?;
        caller_identity::read(host.as_str(), &answer)
    }

    /// Asks one host once for a credential.
    async fn exchange(
        &self,
        host: Host,
        exchange: &Exchange,
        signer: Option<&AccessKey>,
    ) -> Result<Fetched, FetchError> {
        self.take_turn().await;
        let asked_at = self.line.clock.now();
        let (target, form) = exchange::write(exchange, signer, &self.line.moment());
        let (answer, server) = self.ask(host, target, form).await?;
        let granted = answer::read(host.as_str(), &exchange.role, &answer)?;
        let length = self.length(granted.expires_at, server, &asked_at, exchange.duration);
        let length = length.ok_or_else(|| FetchError::BadAnswer(host.to_string(), AnswerError::Expired))?;
        Ok(Fetched {
            proof: Proof::AccessKey {
                id: granted.access_key_id,
                secret: granted.secret,
                security_token: Some(granted.security_token),
            },
            life: Some((asked_at, length)),
            role: Some(exchange.role.clone()),
        })
    }

    /// The first call of an attempt has waited before it; what is asked besides takes a turn of its own.
    async fn take_turn(&self) {
        if !self.has_turn.swap(false, Ordering::Relaxed) {
            self.line.pace.take(&*self.line.clock).await;
        }
    }

    /// Asks one host once. With the answer comes the cloud's time, if it told that.
    async fn ask(
        &self,
        host: Host,
        path_and_query: Zeroizing<String>,
        form: Zeroizing<Vec<u8>>,
    ) -> Result<(Answer, Option<i64>), FetchError> {
        let headers = vec![("content-type", Zeroizing::new(FORM.to_owned()))];
        self.line.ask((host, &self.role), path_and_query, headers, form).await
    }

    /// How long the credential lives from `asked_at`: by the cloud's own clock where it told us, because ours may be
    /// wrong. `None` when that is over.
    fn length(
        &self,
        expires_at: i64,
        server: Option<i64>,
        asked_at: &Now,
        asked: Duration,
    ) -> Option<Duration> {
        let now = server.unwrap_or_else(|| asked_at.unix_seconds());
        let given = Duration::from_secs(u64::try_from(expires_at.checked_sub(now)?).ok()?);
        if given.is_zero() {
            return None;
        }
        let longest = asked + GRANT_SLACK;
        if given > longest {
            self.line.observer.observe(&self.role, &Event::LongerThanAsked { asked, given });
        }
        Some(given.min(longest))
    }
}
