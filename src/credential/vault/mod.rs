//! Asks Vault's AliCloud engine for the credential of an STS role, after a login of its own.
//!
//! A role of the engine that makes RAM users is refused: each reading makes another user, with an AccessKey that lives for
//! weeks and that nobody here could revoke. What is refused so is not read again. Until the role has given a session, a
//! reading may have made a user without our hearing of it, where no answer comes or none that can be read: then the next
//! one waits for a minute, and the failure says where to look.

mod doubt;
mod error;
mod lease;
mod login;
mod path;
mod server;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use error::VaultTokenError;
use lease::Lease;
use login::Tokens;
pub use path::{VaultName, VaultPath};
use server::{Row, Server};
use zeroize::Zeroizing;

use super::at_place::{Call, LIMITS, Limits};
use super::carry::{Answer, Boxed, Carry};
use super::credential::Fetched;
use super::declined::Declined;
use super::error::FetchError;
use super::observer::Observer;
use super::refused::Class;
use super::source::Source;
use crate::clock::{Clock, Now};
use crate::names::{Place, RoleName};

/// Where the engine is mounted unless it is said: its own default.
pub const VAULT_MOUNT: &str = "alicloud";
/// Where pods log in unless it is said: the auth method's own default.
pub const VAULT_KUBERNETES_MOUNT: &str = "kubernetes";
/// Where the kubelet puts a pod's own token.
pub const VAULT_JWT_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Vault asks STS before it answers. Who gives up and asks again at once has a role that makes users make more of them.
const READ: Limits = Limits { connect: LIMITS.connect, whole: Duration::from_secs(8) };

const RAM_USER: &str = "the engine's role makes a RAM user each time it is read, and has made one now: revoke its lease, \
     give the role a role_arn or name another one in vault_role, and start countersign again; it is not read until then";
const WRAPPED: &str =
    "the answer is wrapped: take response wrapping or the control group off the engine's role";
const DENIED_TOKEN: &str = "renew the token in vault_token_file, or let its policies read what vault_mount and vault_role name in vault_namespace";
const DENIED_POD: &str =
    "let the policies of vault_kubernetes_role read what vault_mount and vault_role name in vault_namespace";
const ABSENT: Row = (
    404,
    Class::Permanent,
    "check vault_mount, vault_role and vault_namespace: no role of an AliCloud engine is there",
);
const FAILED: Row = (
    500,
    Class::Passing,
    "read the role by `vault read`, which says why: Vault has no active node, or the engine's AccessKey may not assume the RAM role",
);

/// What is asked, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultConfig {
    /// Where Vault is. `None`: the variable's.
    pub address: Option<Place>,
    /// The namespace that engine and login lie in. `None`: the variable's, else the root.
    pub namespace: Option<VaultPath>,
    /// What is asked there.
    pub role: VaultRole,
}

/// A role of the engine, and how to come to read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultRole {
    /// Where the engine is mounted.
    pub mount: VaultPath,
    /// The role's name.
    pub name: VaultName,
    /// How to log in.
    pub login: VaultLogin,
}

/// How to come by a token of Vault's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VaultLogin {
    /// Somebody keeps one in this file.
    TokenFile(PathBuf),
    /// As a pod, with the token of its service account.
    Kubernetes {
        /// Where the auth method is mounted.
        mount: VaultPath,
        /// The role of the auth method.
        role: VaultName,
        /// The file of the pod's token.
        jwt_file: PathBuf,
    },
}

/// What is asked where, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct VaultTerms {
    pub(super) place: Place,
    pub(super) namespace: Option<VaultPath>,
    pub(super) role: VaultRole,
}

/// The source. What it remembers is no credential, but what it asks with.
#[derive(Debug)]
pub(super) struct Vault {
    server: Server,
    tokens: Tokens,
    /// What is read, and what the leases of all that it made lie under.
    path: String,
    clock: Arc<dyn Clock>,
    /// That the role makes users.
    refused: OnceLock<Declined>,
    /// That the role has given a session.
    gives_sessions: AtomicBool,
}

impl Vault {
    pub(super) fn new(
        terms: VaultTerms,
        (role, observer): (RoleName, Arc<dyn Observer>),
        (carry, clock): (Arc<dyn Carry>, Arc<dyn Clock>),
    ) -> Self {
        let VaultTerms { place, namespace, role: VaultRole { mount, name, login } } = terms;
        Self {
            server: Server { place, namespace, carry },
            tokens: Tokens::new(login, (role, observer)),
            path: format!("{mount}/creds/{name}"),
            clock,
            refused: OnceLock::new(),
            gives_sessions: AtomicBool::new(false),
        }
    }

    async fn credential(&self) -> Result<Fetched, FetchError> {
        if let Some(refused) = self.refused.get() {
            return Err(FetchError::Declined(refused.clone()));
        }
        loop {
            let (token, is_new) = self.tokens.token(&self.server, &*self.clock).await?;
            let outcome = self.read(token).await;
            let is_denied =
                matches!(&outcome, Err(FetchError::Declined(Declined { status, .. })) if *status == 403);
            if is_denied {
                self.tokens.forget();
            }
            // The token of an earlier login may have been revoked, or have ended by Vault's own clock.
            if !is_denied || is_new {
                return self.judged(outcome);
            }
        }
    }

    async fn read(&self, token: Zeroizing<String>) -> Result<Fetched, FetchError> {
        let asked_at = self.clock.now();
        let target = format!("/v1/{}", self.path);
        let get = Call::get(&self.server.place, &target);
        let call = Call { headers: vec![("x-vault-token", token)], limits: READ, ..get };
        let answer = self.server.ask(call).await?;
        if answer.status == 200 {
            return self.taken(&answer, asked_at);
        }
        let denied = if self.tokens.are_of_a_file() { DENIED_TOKEN } else { DENIED_POD };
        let rows = [(403, Class::Permanent, denied), ABSENT, FAILED];
        Err(FetchError::Declined(self.server.declined(&answer, &rows)))
    }

    /// Says of a failure what it may have left, until the role has shown what it makes.
    fn judged(&self, outcome: Result<Fetched, FetchError>) -> Result<Fetched, FetchError> {
        match outcome {
            Ok(fetched) => {
                self.gives_sessions.store(true, Ordering::Relaxed);
                Ok(fetched)
            }
            Err(_) if self.gives_sessions.load(Ordering::Relaxed) || self.refused.get().is_some() => outcome,
            Err(error) if doubt::is_left_by(&error) => {
                Err(FetchError::InDoubt(Box::new(error), self.path.clone()))
            }
            Err(_) => outcome,
        }
    }

    fn taken(&self, answer: &Answer, asked_at: Now) -> Result<Fetched, FetchError> {
        let place = &self.server.place;
        let lease = lease::read((place, answer), asked_at);
        match lease.map_err(|error| FetchError::BadAnswer(place.to_string(), error))? {
            Lease::Session(fetched) => Ok(fetched),
            Lease::Wrapped => Err(FetchError::Declined(Declined::for_good(place, answer, WRAPPED))),
            Lease::User => {
                let refused =
                    self.refused.get_or_init(|| Declined::for_good(place, answer, RAM_USER)).clone();
                Err(FetchError::Declined(refused))
            }
        }
    }
}

impl Source for Vault {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.credential())
    }

    fn name(&self) -> &'static str {
        "vault"
    }

    /// Enough for a login that is no longer taken and one more, so that no reading is cut off before its own limit.
    fn attempt_timeout(&self) -> Duration {
        READ.whole * 2 + LIMITS.whole * 2
    }

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(self.tokens.mark())
    }
}
