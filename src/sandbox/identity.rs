//! The AccessKeys that the sandbox knows: of a RAM user, of the account itself, and those that were issued.
//!
//! They open nothing but the sandbox, so they are plain text here; even so, nothing prints a secret or a token.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many issued keys are remembered. A year of one role that is refreshed hourly fits; past it the oldest go.
const REMEMBERED: usize = 10_000;

/// Who a key speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// The account itself, whom nothing can be forbidden.
    Account {
        /// `acs:ram::ACCOUNT:root`.
        arn: String,
        /// Sixteen digits.
        id: String,
    },
    /// A RAM user, by its ARN and id.
    User {
        /// `acs:ram::ACCOUNT:user/NAME`.
        arn: String,
        /// Eighteen digits.
        id: String,
    },
    /// A session of a RAM role.
    Role {
        /// `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION`.
        arn: String,
        /// Eighteen digits.
        role_id: String,
        /// What the caller named it.
        session: String,
    },
}

impl Principal {
    /// The principal's ARN.
    pub(crate) fn arn(&self) -> &str {
        match self {
            Self::Account { arn, .. } | Self::User { arn, .. } | Self::Role { arn, .. } => arn,
        }
    }

    /// The account in the ARN.
    pub(crate) fn account(&self) -> &str {
        self.arn().split(':').nth(3).unwrap_or_default()
    }
}

/// One AccessKey.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The public half.
    pub(crate) access_key_id: String,
    /// The secret half.
    pub(crate) secret: String,
    /// Only of a key that STS issued.
    pub(crate) security_token: Option<String>,
    /// When STS issued it. Since 1970, in whole seconds.
    pub(crate) issued_at: i64,
    /// When it ends, by its own answer. None for a key that does not.
    pub(crate) expires_at: Option<i64>,
    /// How often everything had been revoked when it was issued.
    pub(crate) revocations: u64,
    /// Who it speaks for.
    pub(crate) principal: Principal,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {})", self.access_key_id, self.principal.arn())
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Identities(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, Arc<Identity>>,
    /// Ids in the order of issue.
    issued: VecDeque<String>,
}

impl Identities {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a key.
    pub(crate) fn admit(&self, identity: Identity) {
        let mut known = self.known();
        if identity.expires_at.is_some() {
            known.issued.push_back(identity.access_key_id.clone());
        }
        known.by_id.insert(identity.access_key_id.clone(), Arc::new(identity));
        while known.issued.len() > REMEMBERED {
            if let Some(oldest) = known.issued.pop_front() {
                known.by_id.remove(&oldest);
            }
        }
    }

    /// Forgets a key, as if it had been deleted.
    pub(crate) fn forget(&self, access_key_id: &str) {
        self.known().by_id.remove(access_key_id);
    }

    /// Finds a key by its public half.
    pub(crate) fn find(&self, access_key_id: &str) -> Option<Arc<Identity>> {
        self.known().by_id.get(access_key_id).cloned()
    }

    /// Whether this token was issued with any key.
    pub(crate) fn knows_token(&self, token: &str) -> bool {
        self.known().by_id.values().any(|identity| identity.security_token.as_deref() == Some(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: usize) -> Identity {
        Identity {
            access_key_id: format!("STS.{number}"),
            secret: "canary-secret".to_owned(),
            security_token: Some(format!("canary-token-{number}")),
            issued_at: 0,
            expires_at: Some(1),
            revocations: 0,
            principal: Principal::User { arn: "acs:ram::1:user/a".to_owned(), id: "2".to_owned() },
        }
    }

    #[test]
    fn the_oldest_issued_keys_make_room() {
        let identities = Identities::default();
        (0..=REMEMBERED).for_each(|number| identities.admit(numbered(number)));
        assert!(identities.find("STS.0").is_none());
        assert!(identities.find("STS.1").is_some());
        assert!(identities.knows_token("canary-token-1") && !identities.knows_token("canary-token-0"));
    }

    #[test]
    fn nothing_prints_an_identitys_secret() {
        let identities = Identities::default();
        identities.admit(numbered(7));
        assert!(!format!("{identities:?}").contains("canary"));
    }
}
