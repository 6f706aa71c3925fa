//! OIDC providers as RAM knows them: an issuer, whom its tokens may be for, and the keys that it signs with (RFC 7517).

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use super::{audiences, invalid, not_for_us, refused};
use crate::sandbox::encode::base64_url_decoded;
use crate::sandbox::error::Error;

/// How far the clocks of an issuer and the cloud may lie apart, in seconds: tokens are not taken that begin later.
const AHEAD: i64 = 60;

/// One provider, as it is made known to RAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// `acs:ram::ACCOUNT:oidc-provider/NAME`.
    pub arn: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// What may be the `aud` of a token.
    pub client_ids: Vec<String>,
    /// Its keys as a JSON Web Key Set. Those of RSA count, for RS256.
    pub jwks: String,
}

/// A public key of RSA.
struct Key {
    /// `kid`. None: it has no name.
    name: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, {} bits)", self.name, self.modulus.len() * 8)
    }
}

impl Key {
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let is_for_us = text("kty") == Some("RSA")
            && text("alg").is_none_or(|alg| alg == "RS256")
            && text("use").is_none_or(|purpose| purpose == "sig");
        let number = |name: &str| base64_url_decoded(text(name)?).filter(|number| !number.is_empty());
        is_for_us.then_some(())?;
        Some(Self { name: text("kid").map(str::to_owned), modulus: number("n")?, exponent: number("e")? })
    }

    fn verifies(&self, signed: &str, signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), signature).is_ok()
    }
}

#[derive(Debug)]
struct Known {
    issuer: String,
    client_ids: Vec<String>,
    keys: Vec<Key>,
}

impl Known {
    /// Checks a token in this order: signature, issuer, audience, time.
    fn claims(&self, token: &str, now: i64) -> Result<Value, Error> {
        let (signed, signature) = token.trim().rsplit_once('.').ok_or_else(invalid)?;
        let (header, claims) = signed.split_once('.').ok_or_else(invalid)?;
        let part = |text: &str| serde_json::from_slice::<Value>(&base64_url_decoded(text)?).ok();
        let (header, claims) = part(header).zip(part(claims)).ok_or_else(invalid)?;
        let signature = base64_url_decoded(signature).ok_or_else(invalid)?;
        let told = |name: &str| header.get(name).and_then(Value::as_str);
        if told("alg") != Some("RS256") {
            return Err(refused("Invalid", "The alg of this JsonWebToken is not RS256."));
        }
        let is_named = |key: &&Key| told("kid").is_none_or(|name| key.name.as_deref() == Some(name));
        if !self.keys.iter().filter(is_named).any(|key| key.verifies(signed, &signature)) {
            return Err(refused("Invalid", "No key of the provider verifies this JsonWebToken."));
        }
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            let message = "The issuer of the OIDC token does not match the provider.";
            return Err(refused("IssuerNotMatch", message));
        }
        if !audiences(&claims).iter().any(|audience| self.client_ids.iter().any(|id| id == audience)) {
            return Err(not_for_us());
        }
        let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
        let end = moment("exp").ok_or_else(invalid)?;
        if ["nbf", "iat"].iter().any(|name| moment(name).is_some_and(|from| from > now + AHEAD)) {
            return Err(refused("Invalid", "This JsonWebToken is not valid yet."));
        }
        if now >= end {
            return Err(refused("Expired", "This JsonWebToken is expired."));
        }
        Ok(claims)
    }
}

/// All that were made known, by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Providers(Mutex<HashMap<String, Arc<Known>>>);

impl Providers {
    /// Makes one known, or another in its place.
    pub(crate) fn add(&self, provider: OidcProvider) -> io::Result<()> {
        let OidcProvider { arn, issuer, client_ids, jwks } = provider;
        let wrong =
            |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("the JWKS of {arn}: {why}"));
        let set: Value = serde_json::from_str(&jwks).map_err(|error| wrong(&error.to_string()))?;
        let keys =
            set.get("keys").and_then(Value::as_array).ok_or_else(|| wrong("it has no list of keys"))?;
        let keys: Vec<Key> = keys.iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(wrong("none of its keys is one of RSA that verifies RS256"));
        }
        let known = Arc::new(Known { issuer, client_ids, keys });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(arn, known);
        Ok(())
    }

    /// Checks a token against the provider of this ARN. None when it is not known.
    pub(crate) fn claims(&self, arn: &str, token: &str, now: i64) -> Option<Result<Value, Error>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()?;
        Some(known.claims(token, now))
    }

    /// Whether a token is a good one of any provider.
    pub(crate) fn any_knows(&self, token: &str, now: i64) -> bool {
        let known: Vec<Arc<Known>> =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        known.iter().any(|known| known.claims(token, now).is_ok())
    }
}
