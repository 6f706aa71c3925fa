//! Short-lived credentials: whoever gives one out, STS, the metadata server or a portal, makes it here.

use std::time::Duration;

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::date;
use super::digest::sha256;
use super::encode::base64;
use super::identity::{Identity, Principal};
use super::news::{News, masked};

/// Who a credential is to speak for, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) role: String,
    pub(crate) name: String,
    /// In seconds. A fault or an option may say otherwise.
    pub(crate) lifetime: i64,
}

/// A credential that the sandbox knows from now on.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) identity: Identity,
    pub(crate) assumed_role_id: String,
    /// Since 1970, in whole seconds.
    pub(crate) expires_at: i64,
}

impl Issued {
    /// Its end as answers spell it.
    pub(crate) fn expiration(&self) -> String {
        date::iso(self.expires_at)
    }

    /// Its four parts by the names that most answers give them.
    pub(crate) fn credentials(&self) -> Value {
        json!({
            "AccessKeyId": self.identity.access_key_id,
            "AccessKeySecret": self.identity.secret,
            "SecurityToken": self.identity.security_token,
            "Expiration": self.expiration(),
        })
    }
}

impl Cloud {
    /// Makes a credential and remembers it.
    pub(crate) fn issue(&self, session: &Session) -> Issued {
        let Session { account, role, name, lifetime } = session;
        let issued_at = self.now();
        let lifetime = self.faults.lifetime().or(self.lifetime).unwrap_or(*lifetime);
        // The id of a role never changes, so it is made of the role's name.
        let seed = sha256(format!("{account} {role}").as_bytes());
        let number = seed.iter().take(7).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        let role_id = format!("3{:017}", number % 100_000_000_000_000_000);
        let assumed_role_id = format!("{role_id}:{name}");
        let arn = format!("acs:ram::{account}:assumed-role/{role}/{name}");
        let expires_at = issued_at.saturating_add(lifetime);
        let identity = Identity {
            access_key_id: format!("STS.N{}", self.letters(24)),
            secret: self.letters(44),
            // About 700 characters, as observed of real ones, and surely with those that a form must encode.
            security_token: Some(format!("CAIS+/{}", base64(&self.random(518)))),
            issued_at,
            expires_at: Some(expires_at),
            revocations: self.faults.revocations(),
            principal: Principal::Role { arn, role_id, session: name.clone() },
        };
        self.ledger.tell(&News::Issued {
            arn: identity.principal.arn().to_owned(),
            key: masked(&identity.access_key_id),
            lifetime: Duration::from_secs(lifetime.unsigned_abs()),
        });
        self.identities.admit(identity.clone());
        Issued { identity, assumed_role_id, expires_at }
    }
}
