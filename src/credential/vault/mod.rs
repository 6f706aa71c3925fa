//! Asks Vault's AliCloud engine for the credential of an STS role, after a login of its own.
//!
//! A role of the engine that makes RAM users is refused: each reading makes another user, with an AccessKey that lives for
//! weeks and that nobody here could revoke. What is refused so is not read again.

mod error;
mod lease;
mod login;
mod server;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use error::VaultTokenError;
use lease::Lease;
use login::Tokens;
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
pub const MOUNT: &str = "alicloud";
/// Where pods log in unless it is said: the auth method's own default.
pub const KUBERNETES_MOUNT: &str = "kubernetes";
/// Where the kubelet puts a pod's own token.
pub const JWT_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

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
    pub namespace: Option<Box<str>>,
    /// What is asked there.
    pub role: VaultRole,
}

/// A role of the engine, and how to come to read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultRole {
    /// Where the engine is mounted, which [`is_vault_path`].
    pub mount: Box<str>,
    /// The role's name, which [`is_vault_name`].
    pub name: Box<str>,
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
        /// Where the auth method is mounted, which [`is_vault_path`].
        mount: Box<str>,
        /// The role of the auth method, which [`is_vault_name`].
        role: Box<str>,
        /// The file of the pod's token.
        jwt_file: PathBuf,
    },
}

/// What is asked where, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct VaultTerms {
    pub(super) place: Place,
    pub(super) namespace: Option<Box<str>>,
    pub(super) role: VaultRole,
}

/// Whether a text can be the name of a role in Vault. It becomes part of a target, so nothing in it may mean anything there.
pub fn is_vault_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && text.bytes().any(|byte| byte != b'.')
}

/// Whether a text can be where something is mounted in Vault, or a namespace: names with `/` between them.
pub fn is_vault_path(text: &str) -> bool {
    text.len() <= 512 && text.split('/').all(is_vault_name)
}

/// The source. What it remembers is no credential, but what it asks with.
#[derive(Debug)]
pub(super) struct Vault {
    server: Server,
    tokens: Tokens,
    target: String,
    clock: Arc<dyn Clock>,
    /// That the role makes users.
    refused: OnceLock<Declined>,
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
            target: format!("/v1/{mount}/creds/{name}"),
            clock,
            refused: OnceLock::new(),
        }
    }

    async fn credential(&self) -> Result<Fetched, FetchError> {
        if let Some(refused) = self.refused.get() {
            return Err(FetchError::Declined(refused.clone()));
        }
        loop {
            let (token, is_new) = self.tokens.token(&self.server, &*self.clock).await?;
            let asked_at = self.clock.now();
            let answer = self.read(token).await?;
            match answer.status {
                200 => return self.taken(&answer, asked_at),
                403 => self.tokens.forget(),
                _ => {}
            }
            // The token of an earlier login may have been revoked, or have ended by Vault's own clock.
            if answer.status != 403 || is_new {
                let denied = if self.tokens.are_of_a_file() { DENIED_TOKEN } else { DENIED_POD };
                let rows = [(403, Class::Permanent, denied), ABSENT, FAILED];
                return Err(FetchError::Declined(self.server.declined(&answer, &rows)));
            }
        }
    }

    async fn read(&self, token: Zeroizing<String>) -> Result<Answer, FetchError> {
        let get = Call::get(&self.server.place, &self.target);
        self.server.ask(Call { headers: vec![("x-vault-token", token)], limits: READ, ..get }).await
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

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(self.tokens.mark())
    }
}
