//! A credential in plain text, as it is handed out: borrowed from where it is kept, or read from another countersign.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::names::calendar;

/// One credential, for the one moment in which it is written down.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    pub(super) security_token: Option<&'a str>,
    /// The cloud's own end of it. `None`: nobody said.
    pub(super) ends: Option<i64>,
    /// When it was fetched.
    pub(super) since: Option<i64>,
}

impl<'a> Plain<'a> {
    /// `None`: it is not of a vended role, or it is no pair to sign with.
    pub(super) fn of(credential: &'a Credential) -> Option<Self> {
        let triple = credential.triple()?;
        let seconds = |time: std::time::Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Some(Self {
            id: triple.access_key_id.as_str(),
            secret: std::str::from_utf8(triple.access_key_secret.expose()).ok()?,
            security_token: triple.security_token.map(crate::secret::SecurityToken::expose),
            ends: credential.life().map(|life| seconds(life.expires_at())),
            since: credential.life().map(|life| seconds(life.fetched_at().wall)),
        })
    }

    /// Whether a program that has it can know when to ask for the next one. No server hands out a long-lived key: not to do
    /// so is what countersign is for. What `countersign credential` prints for its own user is not judged.
    pub(super) const fn judge(&self) -> Result<(), Unfit> {
        match (self.security_token, self.ends) {
            (None, _) => Err(Unfit::LongLived),
            (Some(_), None) => Err(Unfit::Endless),
            (Some(_), Some(_)) => Ok(()),
        }
    }
}

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(…)")
    }
}

/// Why a credential that is live is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// **Action:** let the role `assume` a RAM role from it.
    LongLived,
    /// **Action:** use a source that says when its credentials end.
    Endless,
    /// It is no pair to sign with, or the role was not set up for it.
    NotKept,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LongLived => {
                "the role's credential is a long-lived AccessKey, which is handed to nobody; add an `assume` step"
            }
            Self::Endless => {
                "nobody said when the role's credential ends, so that nobody could replace it in time; use \
                 another source, or add an `assume` step"
            }
            Self::NotKept => "the role has no AccessKey that could be handed out",
        })
    }
}

impl std::error::Error for Unfit {}

/// A credential that another countersign handed to this one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Handed {
    access_key_id: Zeroizing<String>,
    access_key_secret: Zeroizing<String>,
    security_token: Zeroizing<String>,
    expiration: String,
}

impl Handed {
    /// As `vend` writes it, and not over `now`, in seconds since 1970. `None`: it is none of that.
    pub(super) fn read(body: &[u8], now: i64) -> Option<Self> {
        let handed: Self = serde_json::from_slice(body).ok()?;
        let is_whole = [&handed.access_key_id, &handed.access_key_secret, &handed.security_token]
            .iter()
            .all(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
        let lives = calendar::parse_iso(&handed.expiration).is_some_and(|end| end > now);
        (is_whole && lives).then_some(handed)
    }

    pub(super) fn plain(&self) -> Plain<'_> {
        Plain {
            id: &self.access_key_id,
            secret: &self.access_key_secret,
            security_token: Some(&self.security_token),
            ends: calendar::parse_iso(&self.expiration),
            since: None,
        }
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handed(…)")
    }
}
