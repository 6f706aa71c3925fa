//! Why a request at a desk is not answered with a credential.

use std::fmt;
use std::time::Duration;

use crate::credential::NoCredential;

/// A status, a word and a sentence. Clients copy the whole answer into their logs, so that none of it repeats what was
/// sent, or what a source said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// Something that no client sends. **Action:** none; it is not one of the clients that this is for.
    Malformed(&'static str),
    /// A metadata token that was not given out here, or whose time is over. **Action:** ask for another.
    BadToken,
    /// Whoever asks may not. **Action:** the sentence says what would have to change.
    Forbidden(&'static str),
    /// Nothing is there. Also what a wrong secret in a path gets: it must not look like a near miss.
    NotFound,
    /// There is something, and it is asked for in another way.
    Method(&'static str),
    /// No live credential: for how long to wait, where that is known.
    Unavailable {
        /// The code of the refusal that a request to the proxy would get.
        code: &'static str,
        retry_after: Option<Duration>,
    },
}

impl Denial {
    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::BadToken => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound => 404,
            Self::Method(_) => 405,
            Self::Unavailable { .. } => 503,
        }
    }

    /// The status in a word, as Alibaba Cloud's own errors have it.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "InvalidParameter",
            Self::BadToken => "Unauthorized",
            Self::Forbidden(_) => "Forbidden",
            Self::NotFound => "NotFound",
            Self::Method(_) => "MethodNotAllowed",
            Self::Unavailable { .. } => "ServiceUnavailable",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) | Self::Forbidden(why) => f.write_str(why),
            Self::BadToken => f.write_str("the token is none of those that live"),
            Self::NotFound => f.write_str("there is nothing here"),
            Self::Method(allowed) => write!(f, "only {allowed} is taken"),
            Self::Unavailable { code, .. } => {
                write!(f, "countersign has no credential to hand out ({code}); its log says why")
            }
        }
    }
}

impl std::error::Error for Denial {}

impl From<&NoCredential> for Denial {
    fn from(missing: &NoCredential) -> Self {
        Self::Unavailable { code: missing.code(), retry_after: missing.retry_after() }
    }
}
