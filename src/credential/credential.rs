//! One credential: immutable, shared, and without its secret's text.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::age::{Age, Life};
use crate::clock::Now;
use crate::names::{AccessKeyId, RoleArn};
use crate::secret::{Secret, SecurityToken};
use crate::sign::{DayKey, Identity, Key, Token};

/// Counts the credentials of this process, so that no two of them are confused, whatever role they belong to.
static GENERATIONS: AtomicU64 = AtomicU64::new(1);

/// What a source brings back, before its secret is absorbed.
#[derive(Debug)]
pub struct Fetched {
    /// The AccessKey's id.
    pub access_key_id: AccessKeyId,
    /// The AccessKey's secret. Never empty.
    pub secret: Secret,
    /// The STS token, for a short-lived credential.
    pub security_token: Option<SecurityToken>,
    /// When it was asked for, and how long it lives from then. `None`: nobody said.
    pub life: Option<(Now, Duration)>,
    /// The RAM role that it is a session of, where that is known.
    pub role: Option<RoleArn>,
}

/// One credential. Replaced as a whole and never changed, so id, token and key always belong together.
pub struct Credential {
    access_key_id: AccessKeyId,
    security_token: Option<Token>,
    key: Key,
    life: Option<Life>,
    role: Option<RoleArn>,
    generation: u64,
}

impl Credential {
    /// Absorbs what a source brought. `life` is what the cell made of its length.
    pub(super) fn absorb(fetched: Fetched, life: Option<Life>) -> Self {
        Self {
            access_key_id: fetched.access_key_id,
            security_token: fetched.security_token.map(Token::new),
            key: Key::absorb(fetched.secret),
            life,
            role: fetched.role,
            generation: GENERATIONS.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// When it is not used any more, by our wall clock, since 1970. `None`: nobody knows.
    pub fn expires_at(&self) -> Option<Duration> {
        self.life.as_ref().map(Life::expires_at)
    }

    /// The AccessKey's id.
    pub const fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// The STS token, for a short-lived credential.
    pub fn security_token(&self) -> Option<&SecurityToken> {
        self.security_token.as_ref().map(Token::security_token)
    }

    /// The keyed MAC states.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// From when to when it lives. `None`: a long-lived AccessKey, or a token of which nobody said when it ends.
    pub const fn life(&self) -> Option<&Life> {
        self.life.as_ref()
    }

    /// The RAM role that it is a session of, where that is known.
    pub const fn role(&self) -> Option<&RoleArn> {
        self.role.as_ref()
    }

    /// A number that no other credential of this process has. Later ones have larger ones.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How old it is. Without a known end it stays fresh until the cloud says otherwise.
    pub fn age(&self, now: &Now) -> Age {
        self.life.as_ref().map_or(Age::Fresh, |life| life.age(now))
    }

    /// The credential as a signer takes it.
    pub fn identity<'a>(&'a self, day_key: Option<&'a DayKey>) -> Identity<'a> {
        Identity {
            access_key_id: self.access_key_id.as_str(),
            security_token: self.security_token.as_ref(),
            key: &self.key,
            day_key,
        }
    }

    /// A token whose end nobody knows: only the cloud's answers tell.
    pub(super) const fn ends_unannounced(&self) -> bool {
        self.life.is_none() && self.security_token.is_some()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, generation {})", self.access_key_id, self.generation)
    }
}
