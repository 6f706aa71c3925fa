//! HashiCorp's Vault with its AliCloud engine: credentials of roles, for whoever shows a token; and the login of pods.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, text};
use super::counterpart::{Room, Scene};
use super::error::Error;
use super::heard::Heard;
use super::issue::Session;
use super::passes::Passes;

/// Where a pod logs in.
const LOGIN: &str = "/v1/auth/kubernetes/login";

/// How long the token of a login lives unless it is said. Vault's own default is 32 days; sites set less.
const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// How long a credential lives, in seconds: what the engine asks STS for.
const CREDENTIAL_LIFE: i64 = 3_600;

/// How long the engine leases a RAM user's AccessKey, in seconds: Vault's own default.
const LEASE: i64 = 2_764_800;

/// The longest session name that the engine makes.
const SESSION_LENGTH: usize = 32;

/// A Vault with the engine at `alicloud`, in no namespace.
#[derive(Debug)]
pub struct Vault {
    mount: String,
    namespace: Option<String>,
    roles: BTreeMap<String, Role>,
    logins: Vec<String>,
    token_life: i64,
    tokens: Passes<()>,
}

/// What a role of the engine gives out.
#[derive(Clone, Debug)]
enum Role {
    /// A session of a RAM role, which STS issues: account and name.
    Sts(String, String),
    /// A RAM user that the engine makes.
    User,
}

impl Vault {
    /// One that takes this token for ever.
    pub fn new(token: &str) -> Self {
        let tokens = Passes::default();
        tokens.add(token, i64::MAX, ());
        let (mount, roles) = ("alicloud".to_owned(), BTreeMap::new());
        Self { mount, namespace: None, roles, logins: Vec::new(), token_life: 0, tokens }.lasting(TOKEN_LIFE)
    }

    /// The engine is mounted here: `team/alicloud`.
    #[must_use]
    pub fn mounted_at(mut self, mount: &str) -> Self {
        mount.trim_matches('/').clone_into(&mut self.mount);
        self
    }

    /// All of it lies in a namespace, which every request has to name.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.trim_matches('/').to_owned());
        self
    }

    /// A role of the engine that gives out sessions of a RAM role, by its ARN.
    #[must_use]
    pub fn sts_role(mut self, name: &str, role_arn: &str) -> Self {
        let (before, role) = role_arn.split_once(":role/").unwrap_or((role_arn, "unnamed"));
        let account = before.rsplit(':').next().unwrap_or_default();
        self.roles.insert(name.to_owned(), Role::Sts(account.to_owned(), role.to_owned()));
        self
    }

    /// A role of the engine that gives out AccessKeys of RAM users.
    #[must_use]
    pub fn user_role(mut self, name: &str) -> Self {
        self.roles.insert(name.to_owned(), Role::User);
        self
    }

    /// A role as which pods can log in, with a token that the sandbox minted or that a provider signed that it trusts.
    #[must_use]
    pub fn kubernetes_role(mut self, name: &str) -> Self {
        self.logins.push(name.to_owned());
        self
    }

    /// The token of a login lives so long, in whole seconds.
    #[must_use]
    pub fn lasting(mut self, life: Duration) -> Self {
        self.token_life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Forgets every token, the one for ever as well.
    pub fn revoke_tokens(&self) {
        self.tokens.forget();
    }

    fn judge_namespace(&self, heard: &Heard) -> Result<(), Error> {
        let named = heard.header("x-vault-namespace").map(|name| name.trim_matches('/').to_owned());
        if named.filter(|name| !name.is_empty()) == self.namespace { Ok(()) } else { Err(denied()) }
    }

    fn creds(&self, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, request_id, .. } = scene;
        let token = heard.header("x-vault-token").filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| error(400, "missing client token"))?;
        self.judge_namespace(heard)?;
        self.tokens.get(&token, cloud.now()).ok_or_else(denied)?;
        let path = heard.path.strip_prefix("/v1/").unwrap_or_default();
        let rest = path.strip_prefix(&self.mount).and_then(|rest| rest.strip_prefix("/creds/"));
        let name = rest
            .ok_or_else(|| error(404, &format!("no handler for route {path:?}. route entry not found.")))?;
        if heard.method != "GET" {
            return Err(error(405, "unsupported operation"));
        }
        // Vault has nothing to say of a role that is not there.
        let role = self.roles.get(name).ok_or_else(|| error(404, ""))?;
        let (data, is_renewable, lease) = match role {
            Role::Sts(account, role) => {
                let mut session = format!("vault-{name}-{}", cloud.letters(SESSION_LENGTH));
                session.truncate(SESSION_LENGTH);
                let (account, role) = (account.clone(), role.clone());
                let issued =
                    cloud.issue(&Session { account, role, name: session, lifetime: CREDENTIAL_LIFE });
                let data = json!({
                    "access_key": issued.identity.access_key_id,
                    "secret_key": issued.identity.secret,
                    "security_token": issued.identity.security_token,
                    "expiration": issued.expiration(),
                });
                (data, false, issued.expires_at - cloud.now())
            }
            Role::User => {
                let user = cloud.user_key(&format!("vault-{name}"), "200000000000000002");
                let data = json!({ "access_key": user.access_key_id, "secret_key": user.secret });
                cloud.identities.admit(user);
                (data, true, LEASE)
            }
        };
        Ok(told(&json!({
            "request_id": request_id.to_lowercase(),
            "lease_id": format!("{path}/{}", cloud.letters(24)),
            "renewable": is_renewable,
            "lease_duration": lease,
            "data": data,
            "wrap_info": null,
            "warnings": null,
            "auth": null,
        })))
    }

    fn login(&self, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, issuer, heard, request_id, .. } = scene;
        self.judge_namespace(heard)?;
        let body: Value =
            serde_json::from_slice(&heard.body).map_err(|_| error(400, "error parsing JSON"))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let role = text("role").ok_or_else(|| error(400, "missing role"))?;
        let jwt = text("jwt").ok_or_else(|| error(400, "missing jwt"))?;
        if !self.logins.iter().any(|known| known == role) {
            return Err(error(400, &format!("invalid role name {role:?}")));
        }
        let now = cloud.machine_now();
        if issuer.claims(jwt, now).is_err() && !cloud.providers.any_knows(jwt, now) {
            return Err(denied());
        }
        let token = format!("hvs.{}", cloud.letters(90));
        self.tokens.add(&token, cloud.now().saturating_add(self.token_life), ());
        Ok(told(&json!({
            "request_id": request_id.to_lowercase(),
            "lease_id": "",
            "renewable": false,
            "lease_duration": 0,
            "data": null,
            "wrap_info": null,
            "warnings": null,
            "auth": {
                "client_token": token,
                "accessor": cloud.letters(24),
                "policies": ["default"],
                "token_policies": ["default"],
                "metadata": { "role": role },
                "lease_duration": self.token_life,
                "renewable": true,
                "token_type": "service",
                "orphan": true,
            },
        })))
    }
}

impl Room for Vault {
    const PRODUCT: &'static str = "vault";

    fn action(heard: &Heard) -> &'static str {
        match (heard.method.as_str(), heard.path.as_str()) {
            ("POST" | "PUT", LOGIN) => "Login",
            ("GET", path) if path.contains("/creds/") => "Creds",
            _ => "unknown",
        }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        if action == "Login" { self.login(scene) } else { self.creds(scene) }
    }

    fn refusal(error: &Error, _: &str) -> Answer {
        let errors: Vec<&String> = Some(&error.message).into_iter().filter(|text| !text.is_empty()).collect();
        text(error.status, "application/json", json!({ "errors": errors }).to_string())
    }
}

/// Vault's errors have no code of their own; what is written down of them is the status.
fn error(status: u16, message: &str) -> Error {
    Error::new(status, &status.to_string(), message)
}

fn denied() -> Error {
    error(403, "permission denied")
}

fn told(value: &Value) -> Answer {
    text(200, "application/json", value.to_string())
}
