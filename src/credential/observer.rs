//! What this room has to say to logs and metrics, without knowing either.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::FetchError;
use crate::names::RoleName;

/// Hears what happens to credentials. Called from the refreshing tasks, never from a request; must not block.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened to the credential of `role`.
    fn observe(&self, role: &RoleName, event: &Event<'_>) {
        let _ = (role, event);
    }

    /// The same of a credential that nothing is signed with but the next step of `role`.
    fn observe_base(&self, role: &RoleName, event: &Event<'_>) {
        let _ = (role, event);
    }
}

/// Hears of a credential that a role is only assumed from. That it is there, or long-lived, is nobody's news; what goes
/// wrong with it is the role's.
#[derive(Debug)]
pub(super) struct OfBase(pub(super) Arc<dyn Observer>);

impl Observer for OfBase {
    fn observe(&self, role: &RoleName, event: &Event<'_>) {
        match event {
            Event::Refreshed { .. } | Event::LongLivedKey => self.0.observe_base(role, event),
            _ => self.0.observe(role, event),
        }
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// What happened. Its text is a log line; none holds a secret.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A credential was fetched.
    Refreshed {
        /// The cloud's end of it, by our wall clock, since 1970. `None`: nobody knows.
        expires_at: Option<Duration>,
    },
    /// An attempt failed.
    RefreshFailed {
        /// Why.
        error: &'a FetchError,
        /// When the next one is due. `None`: not before a restart.
        retry_in: Option<Duration>,
        /// Whether a credential is served meanwhile.
        is_live: bool,
    },
    /// The cloud rejected the credential that is served.
    Rejected,
    /// The cloud rejected it again, and nothing says when it ends: it is not served any more.
    Ended,
    /// The role signs with a long-lived AccessKey.
    LongLivedKey,
    /// STS gave a longer life than was asked for; what is over is not used.
    LongerThanAsked {
        /// Asked for.
        asked: Duration,
        /// Given.
        given: Duration,
    },
    /// The machine's clock differs from the cloud's by more than ten minutes.
    ClockOff {
        /// The cloud's time less ours, in whole seconds.
        seconds: i64,
    },
    /// A human must log in again soon.
    LoginEnds {
        /// How soon.
        in_: Duration,
        /// How.
        command: &'a str,
    },
    /// KMS says that it can no longer change a secret by itself.
    RotationInvalid,
    /// The OIDC token has expired by its own word; it is sent all the same.
    TokenExpired,
    /// Every user of the machine can read a key file, and it is not in a volume that the kubelet mounted.
    KeyFileReadable,
    /// Every user of the machine can read the file of the profile.
    ProfileReadable,
    /// Every user of the machine can read the OIDC token file, and it is not a volume that the kubelet mounted.
    TokenFileReadable,
    /// Every user of the machine can read the file with Vault's token, and it is not a volume that the kubelet mounted.
    VaultTokenReadable,
}

impl Event<'_> {
    /// Whether somebody should look.
    pub const fn is_warning(&self) -> bool {
        !matches!(self, Self::Refreshed { .. })
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refreshed { .. } => f.write_str("credential fetched"),
            Self::RefreshFailed { error, retry_in, is_live } => {
                write!(f, "no new credential: {error}")?;
                if *is_live {
                    f.write_str("; the one at hand still lives")?;
                }
                match retry_in {
                    Some(delay) => write!(f, "; next attempt in {:.1} s", delay.as_secs_f64()),
                    None => f.write_str("; not tried again before a restart"),
                }
            }
            Self::Rejected => f.write_str("the cloud rejected the credential; fetching another"),
            Self::Ended => {
                f.write_str("the cloud rejected the security token again; it is not used any more")
            }
            Self::LongLivedKey => {
                f.write_str("signing with a long-lived AccessKey; prefer a role, whose credentials expire")
            }
            Self::LongerThanAsked { asked, given } => {
                write!(f, "STS gave {} s and was asked for {} s", given.as_secs(), asked.as_secs())?;
                f.write_str("; what is over is not used")
            }
            Self::ClockOff { seconds } => {
                write!(f, "this machine's clock is {} s ", seconds.unsigned_abs())?;
                f.write_str(if *seconds > 0 { "behind" } else { "ahead of" })?;
                f.write_str(" the cloud's; set it")
            }
            Self::LoginEnds { in_, command } => {
                write!(f, "the login ends in {} min; run `{command}`", in_.as_secs().div_ceil(60))
            }
            Self::RotationInvalid => f.write_str(
                "KMS no longer changes the AccessKey by itself (AutomaticRotation is Invalid); look at the secret in KMS: \
                 its RAM user may be gone, have two AccessKeys already, or KMS may have lost the right to change them",
            ),
            Self::TokenExpired => f.write_str("the OIDC token has expired; check who renews its file"),
            Self::KeyFileReadable => {
                f.write_str("every user of this machine can read the key file; take the right away")
            }
            Self::ProfileReadable => f.write_str(
                "every user of this machine can read the file of the profile; take the right away",
            ),
            Self::TokenFileReadable => {
                f.write_str("every user of this machine can read the OIDC token file; take the right away")
            }
            Self::VaultTokenReadable => f.write_str(
                "every user of this machine can read the file with Vault's token; take the right away",
            ),
        }
    }
}
