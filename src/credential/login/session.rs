//! What a login left behind: how a role's credential is had until a human must log in again.

use crate::credential::cloud_sso::Assignment;
use crate::names::{AccessKeyId, RoleArn, RoleName};
use crate::secret::{BearerToken, Secret, SecurityToken};

/// What one login left.
#[derive(Debug)]
pub enum Session {
    /// Of CloudSSO.
    CloudSso(CloudSsoSession),
    /// Of OAuth.
    OAuth(OAuthSession),
    /// Of an identity provider that speaks SAML.
    Saml(SamlSession),
}

/// An access token of CloudSSO, and what it is used for. It cannot be renewed.
#[derive(Debug)]
pub struct CloudSsoSession {
    /// Where the human logged in: the whole sign-in URL.
    pub sign_in_url: String,
    /// What calls are let in with.
    pub access_token: BearerToken,
    /// By our wall clock, in seconds since 1970.
    pub ends_at: i64,
    /// The account and the access configuration in it.
    pub assignment: Assignment,
}

/// Tokens of OAuth. The refresh token is good for one use, and brings the next one.
#[derive(Debug)]
pub struct OAuthSession {
    /// `cn` or `intl`.
    pub site: String,
    /// Where tokens are renewed and exchanged.
    pub url: String,
    /// Whose tokens they are.
    pub client_id: String,
    /// What calls are let in with.
    pub access_token: BearerToken,
    /// By our wall clock, in seconds since 1970.
    pub access_ends_at: i64,
    /// What new tokens are asked for with.
    pub refresh_token: BearerToken,
}

/// The triple that an assertion was exchanged for. An assertion lives for minutes, so nothing more can be kept of it.
#[derive(Debug)]
pub struct SamlSession {
    /// The role that was assumed.
    pub role: RoleArn,
    /// Its id.
    pub access_key_id: AccessKeyId,
    /// Its secret.
    pub access_key_secret: Secret,
    /// Its token.
    pub security_token: SecurityToken,
    /// By our wall clock, in seconds since 1970.
    pub ends_at: i64,
}

impl Session {
    /// When a human must log in again. `None`: nobody says.
    pub const fn ends_at(&self) -> Option<i64> {
        match self {
            Self::CloudSso(session) => Some(session.ends_at),
            Self::OAuth(_) => None,
            Self::Saml(session) => Some(session.ends_at),
        }
    }

    /// The command that a human logs in again with.
    pub fn command(&self, role: &RoleName) -> String {
        match self {
            Self::CloudSso(_) | Self::OAuth(_) => format!("countersign login --role {role}"),
            Self::Saml(_) => format!("countersign login --role {role} --saml FILE"),
        }
    }

    /// What it is of, for people.
    pub fn of(&self) -> String {
        match self {
            Self::CloudSso(session) => format!(
                "CloudSSO (account {}, access configuration {})",
                session.assignment.account, session.assignment.access_configuration
            ),
            Self::OAuth(session) => format!("OAuth (site {})", session.site),
            Self::Saml(session) => format!("SAML (role {})", session.role),
        }
    }
}
