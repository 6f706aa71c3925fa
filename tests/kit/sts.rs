//! STS as the recording upstream plays it: every call brings another credential, numbered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::canary::{GRANTED_SECRET, GRANTED_TOKEN};
use super::clock::unix_seconds;
use super::{Kit, Reply, Seen, date};

/// Counts its calls.
#[derive(Clone, Default)]
pub(crate) struct Sts(Arc<AtomicUsize>);

impl Sts {
    pub(crate) fn calls(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn is_asked(seen: &Seen) -> bool {
        seen.header("host").unwrap().starts_with("sts.")
    }

    /// Whether the question is whose the key is, which is no grant.
    pub(crate) fn is_asked_whose(seen: &Seen) -> bool {
        Self::is_asked(seen) && seen.parameter("Action").as_deref() == Some("GetCallerIdentity")
    }

    /// That it is a RAM user's.
    pub(crate) fn a_users() -> Reply {
        Reply::body(
            "{\"RequestId\":\"R\",\"IdentityType\":\"RAMUser\",\"AccountId\":\"1000000000000001\",\"UserId\":\"2\",\
             \"PrincipalId\":\"2\",\"Arn\":\"acs:ram::1000000000000001:user/app\"}",
        )
    }

    /// A credential for an hour: `STS.n0` at the first call, and a secret and a token of the same number.
    pub(crate) fn grant(&self) -> Reply {
        self.grant_for(3600)
    }

    /// The same for so many seconds.
    pub(crate) fn grant_for(&self, seconds: i64) -> Reply {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let expiration = date::iso(unix_seconds() + seconds);
        Reply::body(&format!(
            "{{\"RequestId\":\"R\",\"AssumedRoleUser\":{{\"Arn\":\"acs:ram::1000000000000001:assumed-role/app/session\",\
             \"AssumedRoleId\":\"3:session\"}},\"Credentials\":{{\"AccessKeyId\":\"STS.n{number}\",\"AccessKeySecret\":\
             \"{GRANTED_SECRET}{number}\",\"SecurityToken\":\"{GRANTED_TOKEN}{number}\",\"Expiration\":\"{expiration}\"}}}}"
        ))
    }
}

impl Kit {
    /// The role that it grants, assumed with the AccessKey of the environment.
    pub(crate) fn assuming(self) -> Self {
        self.settings(
            "[role.default]\nsource = \"environment\"\n\
             assume = [{ role_arn = \"acs:ram::1000000000000001:role/app\", session_name = \"session\" }]",
        )
    }

    /// The same role, for an OIDC token.
    pub(crate) fn with_oidc_token(self, token: &str) -> Self {
        let file = self.place.write("token", token).display().to_string();
        self.variable("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/app")
            .variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa")
            .variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &file)
            .variable("ALIBABA_CLOUD_ROLE_SESSION_NAME", "session")
    }
}
