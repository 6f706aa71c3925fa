//! Why a request gets no credential: what the caller of this room turns into a refusal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::FetchError;
use crate::names::RoleName;

/// There is no live credential, and waiting longer is not worth it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCredential {
    /// It may pass: `credentials_unavailable`.
    Unavailable {
        /// The role that was asked for.
        role: RoleName,
        /// What the last attempt ran into. `None`: the first is still in flight.
        cause: Option<Arc<FetchError>>,
        /// When the next attempt is due. At least one second, at most a minute.
        retry_after: Duration,
    },
    /// It stays until somebody changes something: `credentials_refused`.
    Refused {
        /// The role that was asked for.
        role: RoleName,
        /// Who refused, and what to do.
        cause: Arc<FetchError>,
        /// When the next attempt is due all the same.
        retry_after: Duration,
    },
    /// A human has to log in again: `login_required`.
    LoginRequired {
        /// The role that was asked for.
        role: RoleName,
        /// Whose login is over, and how to renew it.
        cause: Arc<FetchError>,
        /// When the source is looked at again.
        retry_after: Duration,
    },
    /// Nothing says where a credential is to come from: `no_credentials`.
    NoSource {
        /// The role that was asked for.
        role: RoleName,
        /// What to set.
        advice: &'static str,
    },
}

impl NoCredential {
    /// The refusal's stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "credentials_unavailable",
            Self::Refused { .. } => "credentials_refused",
            Self::LoginRequired { .. } => "login_required",
            Self::NoSource { .. } => "no_credentials",
        }
    }

    /// Whether it stays until somebody changes something.
    pub const fn is_permanent(&self) -> bool {
        !matches!(self, Self::Unavailable { .. })
    }

    /// Whether it is told as it is to whoever asks for `outer`, which is assumed from its role: because it is the same role,
    /// named twice; or because what it wants done has a code of its own.
    pub(super) fn is_for_its_own_role(&self, outer: &RoleName) -> bool {
        match self {
            Self::NoSource { .. } | Self::LoginRequired { .. } => true,
            Self::Unavailable { role, .. } | Self::Refused { role, .. } => role == outer,
        }
    }

    /// When asking again may help. `None`: not before a restart.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. }
            | Self::Refused { retry_after, .. }
            | Self::LoginRequired { retry_after, .. } => Some(*retry_after),
            Self::NoSource { .. } => None,
        }
    }
}

/// Whose credential it is: a role's, or a key's, which goes by `keys.NAME` and is no role.
struct Whose<'a>(&'a RoleName);

impl fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_key = self.0.as_str().contains('.');
        write!(f, "{}`{}`", if is_key { "" } else { "role " }, self.0)
    }
}

impl fmt::Display for NoCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { role, cause: Some(cause), .. } => {
                let whose = Whose(role);
                write!(f, "{whose} has no live credential: {cause}")
            }
            Self::Unavailable { role, cause: None, .. } => {
                let whose = Whose(role);
                write!(f, "{whose} has no live credential yet: the first answer is still to come")
            }
            Self::Refused { role, cause, .. } => {
                let whose = Whose(role);
                write!(f, "{whose} is refused its credential: {cause}")
            }
            Self::LoginRequired { role, cause, .. } => {
                let whose = Whose(role);
                write!(f, "{whose} needs a new login: {cause}")
            }
            Self::NoSource { role, advice } => {
                let whose = Whose(role);
                write!(f, "{whose} has no source of credentials: {advice}")
            }
        }
    }
}

impl std::error::Error for NoCredential {}
