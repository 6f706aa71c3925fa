//! Whose a key is: what STS says (`GetCallerIdentity`), and that no key of the account itself is ever signed with.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::answer;
use super::carry::{Answer, Boxed};
use super::claims::OidcToken;
use super::credential::{AccessKey, Fetched, Proof};
use super::error::{AnswerError, FetchError};
use super::refused::OF_STS;
use super::source::Source;
use super::sts::Sts;
use crate::names::AccessKeyId;

/// The longest ARN that is kept.
const ARN_BYTES_MAX: usize = 256;

/// Who a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// What kind of identity.
    pub kind: IdentityKind,
    /// The account's number.
    pub account: String,
    /// `acs:ram::ACCOUNT:user/NAME`, `…:assumed-role/NAME/SESSION` or `…:root`.
    pub arn: String,
}

/// The kinds that STS has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// The account itself: it may do everything, and nothing can take that away.
    Account,
    /// A RAM user.
    RamUser,
    /// A session of a RAM role.
    AssumedRole,
}

impl fmt::Display for CallerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Success {
    identity_type: Option<String>,
    account_id: Option<String>,
    arn: Option<String>,
}

/// The identity in an answer, if it is whole.
pub(super) fn read(host: &str, answer: &Answer) -> Result<CallerIdentity, FetchError> {
    let bad = |error| FetchError::BadAnswer(host.to_owned(), error);
    match answer.status {
        200 => identity(&answer.body).map_err(bad),
        300..=399 => Err(bad(AnswerError::Redirect(answer.status))),
        _ => Err(FetchError::Refused(answer::refused(host, answer, &OF_STS))),
    }
}

fn identity(body: &[u8]) -> Result<CallerIdentity, AnswerError> {
    let Success { identity_type, account_id, arn } = answer::json(body)?;
    let kind = match identity_type.as_deref() {
        Some("Account") => IdentityKind::Account,
        Some("RAMUser") => IdentityKind::RamUser,
        Some("AssumedRoleUser") => IdentityKind::AssumedRole,
        // A kind that nobody knows may be one that may do everything.
        Some(_) => return Err(AnswerError::Malformed("IdentityType")),
        None => return Err(AnswerError::Incomplete),
    };
    let account = account_id.ok_or(AnswerError::Incomplete)?;
    let arn = arn.ok_or(AnswerError::Incomplete)?;
    let is_number = (1..=32).contains(&account.len()) && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(AnswerError::Malformed("AccountId"));
    }
    let is_arn = arn.len() <= ARN_BYTES_MAX
        && arn.bytes().all(|byte| byte.is_ascii_graphic())
        && arn.strip_prefix("acs:ram::").and_then(|rest| rest.strip_prefix(account.as_str())).is_some();
    if !is_arn {
        return Err(AnswerError::Malformed("Arn"));
    }
    Ok(CallerIdentity { kind, account, arn })
}

/// A source whose long-lived keys are asked after before they sign anything. What lives only for a while passes: STS
/// gives no such credential to an account itself.
#[derive(Debug)]
pub(super) struct Identified {
    inner: Arc<dyn Source>,
    sts: Sts,
    /// The key that STS was asked about, and that is no account's own. Asked once a process.
    known: Mutex<Option<AccessKeyId>>,
    /// Whether STS was asked and did not say whose: its answer may be another one next time.
    is_open: AtomicBool,
}

impl Identified {
    pub(super) const fn new(inner: Arc<dyn Source>, sts: Sts) -> Self {
        Self { inner, sts, known: Mutex::new(None), is_open: AtomicBool::new(false) }
    }

    async fn identified(&self) -> Result<Fetched, FetchError> {
        let fetched = self.inner.fetch().await?;
        let Fetched { proof: Proof::AccessKey { id, secret, security_token: None }, life: None, .. } =
            &fetched
        else {
            return Ok(fetched);
        };
        let is_known = self.known().as_ref() == Some(id);
        if is_known {
            return Ok(fetched);
        }
        self.is_open.store(true, Ordering::Relaxed);
        // Keyed for one call, and wiped after it; the text goes on to the cell.
        let signer = AccessKey::long_lived(id.clone(), secret);
        let identity = self.sts.identify(&signer).await?;
        self.is_open.store(false, Ordering::Relaxed);
        match identity.kind {
            IdentityKind::Account => Err(FetchError::RootKey(id.clone())),
            IdentityKind::RamUser | IdentityKind::AssumedRole => {
                *self.known() = Some(id.clone());
                Ok(fetched)
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<AccessKeyId>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Identified {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.identified())
    }

    fn turn(&self) -> Boxed<'_, ()> {
        self.inner.turn()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn is_fixed(&self) -> bool {
        self.inner.is_fixed() && !self.is_open.load(Ordering::Relaxed)
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        self.inner.oidc_token()
    }

    fn again_after(&self) -> Option<Duration> {
        self.inner.again_after()
    }

    fn attempt_timeout(&self) -> Duration {
        self.inner.attempt_timeout()
    }

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        self.inner.mark()
    }
}
