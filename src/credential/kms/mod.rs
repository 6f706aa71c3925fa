//! Asks KMS for the AccessKey of a RAM user that it keeps and changes: a managed RAM credential, read with another role's
//! credential.

mod answer;
pub(super) mod call;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use answer::Rotation;
use zeroize::Zeroizing;

use super::carry::Boxed;
use super::cell::Cell;
use super::chance::Chance;
use super::claims::OidcToken;
use super::credential::{AccessKey, Credential, Fetched};
use super::error::FetchError;
use super::line::Line;
use super::observer::Event;
use super::signed_call::{access_key, signed_call};
use super::source::Source;
use crate::names::{Host, KmsSecretName, RoleName};

/// How long after the date of a rotation its key is asked for: a rotation takes its time, and a fleet must not ask at once.
/// The old key stays good until the rotation after it.
const AFTER_ROTATION: (Duration, Duration) = (Duration::from_secs(5 * 60), Duration::from_secs(15 * 60));
/// When it is asked again for a key that it does not change by itself: somebody may have had it changed.
const ELSE_AFTER: Duration = Duration::from_secs(6 * 3_600);
/// The longest interval that KMS takes between two rotations.
const INTERVAL_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Which AccessKey KMS is asked for, by whom and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsConfig {
    /// The secret.
    pub secret_name: KmsSecretName,
    /// The role whose credential reads it.
    pub role: RoleName,
    /// The region that it is in. `None`: by the variable.
    pub region: Option<String>,
}

/// What is asked where, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct KmsTerms {
    pub(super) secret_name: KmsSecretName,
    pub(super) host: Host,
}

/// The source. The credential that signs lives in a cell of its own; what is remembered here is none, but a time.
#[derive(Debug)]
pub(super) struct Kms {
    terms: KmsTerms,
    line: Arc<Line>,
    role: RoleName,
    inner: Arc<Cell>,
    again_after: Mutex<Duration>,
}

impl Kms {
    pub(super) const fn new(terms: KmsTerms, line: Arc<Line>, role: RoleName, inner: Arc<Cell>) -> Self {
        Self { terms, line, role, inner, again_after: Mutex::new(ELSE_AFTER) }
    }

    async fn read(&self) -> Result<Fetched, FetchError> {
        let call = async |signer: Arc<Credential>| self.ask(access_key(&signer)?).await;
        signed_call(&self.inner, |signer| Box::pin(call(signer))).await
    }

    /// Asks once.
    async fn ask(&self, signer: &AccessKey) -> Result<Fetched, FetchError> {
        let KmsTerms { secret_name, host } = &self.terms;
        let asked_at = self.line.clock.now();
        let (target, headers) = call::written(secret_name, host, signer, &self.line.moment());
        let body = Zeroizing::default();
        let (answer, server) = self.line.ask((*host, &self.role), target, headers, body).await?;
        let kept = answer::read(host.as_str(), secret_name, &answer)?;
        let again_after = match kept.rotation {
            Rotation::At(date) => {
                self.after(date.saturating_sub(server.unwrap_or_else(|| asked_at.unix_seconds())))
            }
            Rotation::Unknown => ELSE_AFTER,
            Rotation::Invalid => {
                self.line.observer.observe(&self.role, &Event::RotationInvalid);
                ELSE_AFTER
            }
        };
        *self.again_after.lock().unwrap_or_else(PoisonError::into_inner) = again_after;
        Ok(Fetched::pair(kept.access_key_id, kept.secret, None))
    }

    /// When the key of a rotation is asked for that is so many seconds away, or long over.
    fn after(&self, seconds: i64) -> Duration {
        let until = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        match until > INTERVAL_MAX {
            true => ELSE_AFTER,
            false => until + Chance::throw(&*self.line.clock).between(AFTER_ROTATION.0, AFTER_ROTATION.1),
        }
    }
}

impl Source for Kms {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.read())
    }

    fn name(&self) -> &'static str {
        "kms"
    }

    fn again_after(&self) -> Option<Duration> {
        Some(*self.again_after.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        Box::pin(self.inner.oidc_token())
    }
}
