//! One credential: immutable and shared; of a pair to sign with, without the secret's text unless it is vended.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::age::{Age, Life, Use};
use super::triple::Triple;
use crate::clock::Now;
use crate::names::{AccessKeyId, RoleArn};
use crate::secret::{ApiKey, Secret, SecurityToken};
use crate::sign::{DayKey, Identity, Key, Token};

/// Counts the credentials of this process, so that no two of them are confused, whatever role they belong to.
static GENERATIONS: AtomicU64 = AtomicU64::new(1);

/// What a source brings back, before its secret is absorbed.
#[derive(Debug)]
pub struct Fetched {
    /// The credential itself.
    pub proof: Proof,
    /// When it was asked for, and how long it lives from then. `None`: nobody said.
    pub life: Option<(Now, Duration)>,
    /// The RAM role that it is a session of, where that is known.
    pub role: Option<RoleArn>,
}

/// What a request proves itself with.
#[derive(Debug)]
pub enum Proof {
    /// A pair to sign with.
    AccessKey {
        /// The AccessKey's id; of API Gateway, the AppKey.
        id: AccessKeyId,
        /// The AccessKey's secret. Never empty.
        secret: Secret,
        /// The STS token, for a short-lived credential.
        security_token: Option<SecurityToken>,
    },
    /// A key that is sent as it is.
    ApiKey(ApiKey),
}

impl Fetched {
    /// A pair of which nobody says when it ends.
    pub const fn pair(id: AccessKeyId, secret: Secret, security_token: Option<SecurityToken>) -> Self {
        Self { proof: Proof::AccessKey { id, secret, security_token }, life: None, role: None }
    }
}

/// One credential. Replaced as a whole and never changed, so id, token and key always belong together.
pub struct Credential {
    held: Held,
    life: Option<Life>,
    role: Option<RoleArn>,
    generation: u64,
}

#[expect(clippy::large_enum_variant, reason = "it is shared behind one pointer, and nearly all are pairs")]
enum Held {
    AccessKey(AccessKey),
    ApiKey(ApiKey),
}

/// A pair to sign with, absorbed.
pub struct AccessKey {
    id: AccessKeyId,
    security_token: Option<Token>,
    key: Key,
    /// The secret's text. Of a vended role's credential only: every other one is wiped when it has been keyed.
    text: Option<Secret>,
}

impl AccessKey {
    /// A pair without a token, to sign one call with.
    pub(super) fn long_lived(id: AccessKeyId, secret: &Secret) -> Self {
        Self { id, security_token: None, key: Key::of(secret), text: None }
    }

    /// The AccessKey's id.
    pub const fn id(&self) -> &AccessKeyId {
        &self.id
    }

    /// The STS token, for a short-lived credential.
    pub fn security_token(&self) -> Option<&SecurityToken> {
        self.security_token.as_ref().map(Token::security_token)
    }

    /// The keyed MAC states.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The pair as a signer takes it.
    pub fn identity<'a>(&'a self, day_key: Option<&'a DayKey>) -> Identity<'a> {
        Identity {
            access_key_id: self.id.as_str(),
            security_token: self.security_token.as_ref(),
            key: &self.key,
            day_key,
        }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

impl Credential {
    /// Absorbs what a source brought. `life` is what the cell made of its length, `used` what the cell is for.
    pub(super) fn absorb(fetched: Fetched, life: Option<Life>, used: Use) -> Self {
        let held = match fetched.proof {
            Proof::AccessKey { id, secret, security_token } => Held::AccessKey(AccessKey {
                id,
                security_token: security_token.map(Token::new),
                key: Key::of(&secret),
                text: (used == Use::Vending).then_some(secret),
            }),
            Proof::ApiKey(key) => Held::ApiKey(key),
        };
        let generation = GENERATIONS.fetch_add(1, Ordering::Relaxed);
        Self { held, life, role: fetched.role, generation }
    }

    /// When it is not used any more, by our wall clock, since 1970. `None`: nobody knows.
    pub fn expires_at(&self) -> Option<Duration> {
        self.life.as_ref().map(Life::expires_at)
    }

    /// The pair to sign with. `None`: it is an API key.
    pub const fn access_key(&self) -> Option<&AccessKey> {
        match &self.held {
            Held::AccessKey(key) => Some(key),
            Held::ApiKey(_) => None,
        }
    }

    /// The text of the pair, for `vend`. `None`: the role is not vended, or it is an API key.
    pub fn triple(&self) -> Option<Triple<'_>> {
        let AccessKey { id, security_token, text, .. } = self.access_key()?;
        let security_token = security_token.as_ref().map(Token::security_token);
        Some(Triple { access_key_id: id, access_key_secret: text.as_ref()?, security_token })
    }

    /// The key to send. `None`: it is a pair to sign with.
    pub const fn api_key(&self) -> Option<&ApiKey> {
        match &self.held {
            Held::ApiKey(key) => Some(key),
            Held::AccessKey(_) => None,
        }
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

    /// A token whose end nobody knows: only the cloud's answers tell.
    pub(super) fn ends_unannounced(&self) -> bool {
        self.life.is_none() && self.access_key().is_some_and(|key| key.security_token.is_some())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = self.generation;
        match &self.held {
            Held::AccessKey(key) => write!(f, "Credential({}, generation {generation})", key.id),
            Held::ApiKey(_) => write!(f, "Credential(an API key, generation {generation})"),
        }
    }
}
