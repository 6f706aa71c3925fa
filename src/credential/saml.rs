//! Exchanges a SAML assertion for a role's credential, once: `AssumeRoleWithSAML`. The assertion is over within minutes, so
//! what it brings is all that there will be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::credential::Proof;
use super::credentials::Surroundings;
use super::error::FetchError;
use super::exchange::Exchange;
use super::line::Line;
use super::login::{SamlSession, Session};
use super::resolve::Given;
use super::role::{BadRole, DURATION, RoleConfig, StsTable};
use super::sts::Sts;
use crate::names::{RoleArn, RoleName, SamlProviderArn};

/// What STS takes.
const DURATIONS: std::ops::RangeInclusive<Duration> = Duration::from_secs(900)..=Duration::from_secs(43_200);

/// What an identity provider said of a human.
pub struct Assertion {
    /// The whole response, in base64.
    pub text: Zeroizing<String>,
    /// The role that is wanted of those that it allows.
    pub role: RoleArn,
    /// The provider, as RAM knows it.
    pub provider: SamlProviderArn,
    /// How long the provider would have the session last.
    pub duration: Option<Duration>,
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assertion({})", self.role)
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SamlError {
    /// The role's settings name no STS.
    Settings(BadRole),
    /// STS gave nothing.
    Fetch(FetchError),
}

impl fmt::Display for SamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(bad) => bad.fmt(f),
            Self::Fetch(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SamlError {}

/// The session that an assertion is good for, by the STS of `role`'s settings.
///
/// # Errors
/// STS refuses it, or cannot be asked.
pub async fn assume_with_saml(
    assertion: &Assertion,
    role: &RoleName,
    (roles, table): (&BTreeMap<RoleName, RoleConfig>, &dyn StsTable),
    surroundings: &Surroundings,
) -> Result<Session, SamlError> {
    let Surroundings { variables, carry, clock, observer, .. } = surroundings;
    let (given, nothing) = (Given { roles, variables, table, presence: Ok(()) }, RoleConfig::default());
    let config = roles.get(role).unwrap_or(&nothing);
    let hosts = given.hosts(role, config).map_err(SamlError::Settings)?;
    let line = Line::new(Arc::clone(carry), Arc::clone(clock), Arc::clone(observer));
    let sts = Sts::new(Arc::new(line), hosts, role.clone());
    let told = assertion.duration.map(|told| told.clamp(*DURATIONS.start(), *DURATIONS.end()));
    let exchange = Exchange {
        action: "AssumeRoleWithSAML",
        role: assertion.role.clone(),
        duration: config.duration.or(told).unwrap_or(DURATION),
        form: vec![
            ("SAMLAssertion", assertion.text.clone()),
            ("SAMLProviderArn", Zeroizing::new(assertion.provider.as_str().to_owned())),
        ],
    };
    let fetched = sts.call(&exchange, None).await.map_err(SamlError::Fetch)?;
    let (Proof::AccessKey { id, secret, security_token: Some(security_token) }, Some((at, length))) =
        (fetched.proof, fetched.life)
    else {
        return Err(SamlError::Fetch(FetchError::Broken));
    };
    let ends_at = at.unix_seconds().saturating_add(i64::try_from(length.as_secs()).unwrap_or(0));
    let role = assertion.role.clone();
    Ok(Session::Saml(SamlSession {
        role,
        access_key_id: id,
        access_key_secret: secret,
        security_token,
        ends_at,
    }))
}
