//! Calls STS as one role asks it: for a credential, and whose a key is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer;
use super::caller_identity::{self, CallerIdentity};
use super::carry::{Answer, FORM};
use super::credential::{AccessKey, Fetched, Proof};
use super::error::{AnswerError, FetchError};
use super::exchange::{self, Exchange};
use super::hedge::{StsHosts, hedged};
use super::line::Line;
use super::observer::Event;
use crate::clock::Now;
use crate::names::{Host, RoleName};

/// How much longer than asked an answer may live: clocks and rounding, and no more.
const GRANT_SLACK: Duration = Duration::from_secs(300);
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
