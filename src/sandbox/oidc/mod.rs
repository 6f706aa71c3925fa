//! The sandbox's own OIDC issuer: what a Kubernetes cluster is to the real STS. Others' are in `providers`.

mod providers;
#[cfg(test)]
mod tests;

pub use providers::OidcProvider;
pub(crate) use providers::Providers;

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::digest::{hmac_sha256, same};
use super::encode::{base64_url, base64_url_decoded};
use super::error::Error;

/// Who STS expects to be meant by a token. The audience that ACK's webhook asks for.
const AUDIENCE: &str = "sts.aliyuncs.com";

/// How long a minted token lives, in seconds: the default of ACK's webhook.
pub(crate) const LIFETIME: i64 = 3_600;

/// How long a token may be, in characters. From the reference of `AssumeRoleWithOIDC`.
pub(crate) const LENGTHS: RangeInclusive<usize> = 4..=20_000;

/// Signs and knows tokens. HS256 where a cluster has RS256: nobody but this STS checks them.
pub(crate) struct Issuer(Vec<u8>);

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issuer(…)")
    }
}

impl Issuer {
    /// An issuer whose signatures need this key.
    pub(crate) const fn new(key: Vec<u8>) -> Self {
        Self(key)
    }

    /// Mints a token that lives from `now` for `lifetime` seconds.
    pub(crate) fn mint(&self, now: i64, lifetime: i64) -> String {
        self.sign(&json!({
            "aud": [AUDIENCE],
            "exp": now.saturating_add(lifetime),
            "iat": now,
            "nbf": now,
            "iss": "https://oidc.sandbox.invalid",
            "sub": "system:serviceaccount:default:app",
            "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "app"}},
        }))
    }

    /// A token that says this.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "HS256", "kid": "sandbox", "typ": "JWT"});
        let signed = [&header, claims].map(|part| base64_url(part.to_string().as_bytes())).join(".");
        format!("{signed}.{}", self.signature(&signed))
    }

    fn signature(&self, signed: &str) -> String {
        base64_url(&hmac_sha256(&self.0, signed.as_bytes()))
    }

    /// Checks a token and returns its claims. Blanks around it are forgiven: several SDKs send the file as it is.
    pub(crate) fn claims(&self, token: &str, now: i64) -> Result<Value, Error> {
        let (signed, signature) = token.trim().rsplit_once('.').ok_or_else(invalid)?;
        if !same(self.signature(signed).as_bytes(), signature.as_bytes()) {
            return Err(refused("Invalid", "This JsonWebToken was not signed by this sandbox."));
        }
        let claims =
            signed.split_once('.').and_then(|(_, claims)| base64_url_decoded(claims)).ok_or_else(invalid)?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| invalid())?;
        if claims.get("exp").and_then(Value::as_i64).is_none_or(|end| now >= end) {
            return Err(refused("Expired", "This JsonWebToken is expired."));
        }
        Ok(claims)
    }

    /// The same of a token that is shown to STS: it must be made out to STS.
    pub(crate) fn claims_for_sts(&self, token: &str, now: i64) -> Result<Value, Error> {
        let claims = self.claims(token, now)?;
        if audiences(&claims).contains(&AUDIENCE) { Ok(claims) } else { Err(not_for_us()) }
    }
}

/// That a token was not made out to who is shown it.
fn not_for_us() -> Error {
    refused(
        "AudienceNotMatch",
        "The audience of the OIDC token does not match the client ids of the provider.",
    )
}

fn refused(code: &str, message: &str) -> Error {
    Error::new(401, &format!("AuthenticationFail.OIDCToken.{code}"), message)
}

fn invalid() -> Error {
    refused("Invalid", "Failed to parse JsonWebToken.")
}

/// Whom a token is for: one or several.
pub(crate) fn audiences(claims: &Value) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        other => other.and_then(Value::as_str).into_iter().collect(),
    }
}
