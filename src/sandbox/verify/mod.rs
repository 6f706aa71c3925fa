//! Decides whether a request was signed by a key that the sandbox knows: a second, naive implementation of every
//! scheme, written from the published descriptions and sharing no code with the signer.
//!
//! It builds whole strings where the signer streams, for the pleasure of being read beside the specification.

mod acs3;
mod acs4;
mod authorization;
pub(crate) mod bearer;
mod datahub;
mod dataplus;
mod denial;
mod fc;
mod gateway;
mod mns;
mod mq;
mod nonces;
mod odps;
mod oss;
mod oss_form;
mod oss_v1;
mod ots;
mod roa;
mod rpc;
mod s3;
mod sls;
#[cfg(test)]
mod tests;

pub(crate) use denial::Denial;
pub(crate) use nonces::Nonces;
pub(crate) use oss_form::read as read_form;
pub(crate) use ots::answer_signature;

use std::sync::Arc;

use super::digest::{hmac_sha1, hmac_sha256, same};
use super::encode::{base64, hex};
use super::fault::Faults;
use super::heard::Heard;
use super::identity::{Identities, Identity};
use super::place::Place;
use crate::names::Scheme;

/// How far a request's date may lie from the cloud's clock, in seconds. The cloud's own fifteen minutes.
pub(crate) const SKEW_ALLOWED: i64 = 900;

/// What a signed request says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) scheme: Scheme,
    pub(crate) access_key_id: String,
    pub(crate) security_token: Option<String>,
    /// Since 1970, in whole seconds.
    pub(crate) signed_at: i64,
    /// None where the scheme has none.
    pub(crate) nonce: Option<String>,
    pub(crate) signature: String,
    /// None where the scheme has none.
    pub(crate) canonical_request: Option<String>,
    pub(crate) string_to_sign: Vec<u8>,
    pub(crate) recipe: Recipe,
}

/// How a scheme turns a secret and a string-to-sign into a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipe {
    /// base64(HMAC-SHA1(secret + "&", text)).
    Rpc,
    /// base64(HMAC-SHA1(secret, text)).
    Roa,
    /// hex(HMAC-SHA256(secret, text)).
    Acs3,
    /// base64(HMAC-SHA256(secret, text)): Function Compute and API Gateway.
    Sha256,
    /// hex(HMAC-SHA256(derived key, text)), the key derived for one day, region and product.
    V4 {
        /// `20240307`.
        day: String,
        /// `cn-hangzhou`.
        region: String,
        /// `oss`.
        product: String,
    },
    /// base64(HMAC-SHA256(base64(derived key), text)), the key derived for one day, region and Tablestore.
    OtsV4 {
        /// `20240307`.
        day: String,
        /// `cn-hangzhou`.
        region: String,
    },
    /// base64(HMAC-SHA1(derived key, text)), the key derived for one day, region and MaxCompute.
    OdpsV4 {
        /// `20240307`.
        day: String,
        /// `cn-hangzhou`.
        region: String,
    },
    /// hex(HMAC-SHA256(derived key, text)), the key derived as Amazon S3 does.
    S3 {
        /// `20240307`.
        day: String,
        /// As the scope spells it.
        region: String,
    },
}

impl Recipe {
    /// The signature that the holder of `secret` makes of `text`.
    pub(crate) fn signature(&self, secret: &str, text: &[u8]) -> String {
        match self {
            Self::Rpc => base64(&hmac_sha1(format!("{secret}&").as_bytes(), text)),
            Self::Roa => base64(&hmac_sha1(secret.as_bytes(), text)),
            Self::Sha256 => base64(&hmac_sha256(secret.as_bytes(), text)),
            Self::Acs3 => hex(&hmac_sha256(secret.as_bytes(), text)),
            Self::V4 { day, region, product } => {
                hex(&hmac_sha256(&day_key(secret, day, region, product), text))
            }
            Self::S3 { day, region } => {
                let key = derived(&format!("AWS4{secret}"), [day, region, "s3", "aws4_request"]);
                hex(&hmac_sha256(&key, text))
            }
            Self::OtsV4 { day, region } => {
                base64(&hmac_sha256(base64(&day_key(secret, day, region, "ots")).as_bytes(), text))
            }
            Self::OdpsV4 { day, region } => base64(&hmac_sha1(&day_key(secret, day, region, "odps"), text)),
        }
    }
}

/// The key that the schemes of version 4 derive for one day, region and product.
fn day_key(secret: &str, day: &str, region: &str, product: &str) -> Vec<u8> {
    derived(&format!("aliyun_v4{secret}"), [day, region, product, "aliyun_v4_request"])
}

/// A key of one scope: each step's HMAC is the key of the next.
fn derived(secret: &str, scope: [&str; 4]) -> Vec<u8> {
    scope.iter().fold(secret.as_bytes().to_vec(), |key, step| hmac_sha256(&key, step.as_bytes()))
}

/// Reads the claim of a request, whatever its scheme. `Ok(None)` when it carries no signature at all.
pub(crate) fn read(heard: &Heard, place: &Place) -> Result<Option<Claim>, Denial> {
    match place.product.as_str() {
        "mns" => return mns::read(heard, place),
        "ons-http" => return mq::read(heard),
        "ots" => return ots::read(heard, place),
        "apigateway" => return gateway::read(heard),
        "sls" => return sls::read(heard, place),
        "dataplus" => return dataplus::read(heard, place),
        "fc" | "fc-trigger" => {
            let is_trigger = place.product == "fc-trigger";
            match authorization::authorization(heard)? {
                Some((scheme, rest)) if scheme == "FC" => {
                    let covers_query = is_trigger || heard.path.starts_with("/2016-08-15/proxy/");
                    return fc::version_1(heard, &rest, covers_query).map(Some);
                }
                Some((scheme, rest)) if is_trigger && scheme == "ACS3-HMAC-SHA256" => {
                    return fc::of_trigger(heard, &rest).map(Some);
                }
                _ => {}
            }
        }
        _ => {}
    }
    let parameters = heard.parameter_bytes().map_err(|repeated| Denial::Repeated(repeated.0))?;
    let by_parameter = parameters.contains_key(b"Signature".as_slice());
    let Some(authorization) = heard.header("authorization") else {
        return if by_parameter { rpc::read(heard, &parameters).map(Some) } else { Ok(None) };
    };
    // A dummy signature left beside the real one: the cloud might heed either, so here neither passes.
    if by_parameter || heard.header_lines("authorization").len() > 1 {
        return Err(Denial::Malformed("the request carries two signatures"));
    }
    let (scheme, rest) = authorization.split_once(' ').unwrap_or((&authorization, ""));
    match scheme {
        "ACS3-HMAC-SHA256" => acs3::read(heard, rest).map(Some),
        "ACS4-HMAC-SHA256" => acs4::read(heard, place, rest).map(Some),
        "acs" => roa::read(heard, rest).map(Some),
        "OSS4-HMAC-SHA256" => oss::read(heard, place, rest).map(Some),
        "ODPS" if place.product == "odps" => odps::read(heard, place, rest).map(Some),
        "DATAHUB" if place.product == "datahub-data" => datahub::read(heard, rest).map(Some),
        "OSS" if place.product == "oss" => oss_v1::read(heard, place, rest).map(Some),
        "AWS4-HMAC-SHA256" if place.product == "oss" => s3::read(heard, place, rest).map(Some),
        _ => Err(Denial::Malformed("this scheme is not known here")),
    }
}

/// What a claim is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) identities: &'a Identities,
    pub(crate) nonces: &'a Nonces,
    pub(crate) faults: &'a Faults,
    /// The cloud's clock: since 1970, in whole seconds.
    pub(crate) now: i64,
}

impl Bench<'_> {
    /// Judges a claim in the cloud's order: the key, its token, the date, the signature, the nonce.
    pub(crate) fn judge(&self, claim: &Claim) -> Result<Arc<Identity>, Denial> {
        let identity = self.identities.find(&claim.access_key_id).ok_or(Denial::UnknownKey)?;
        self.judge_token(&identity, claim.security_token.as_deref())?;
        if (self.now - claim.signed_at).abs() > SKEW_ALLOWED {
            return Err(Denial::Skewed { signed_at: claim.signed_at, now: self.now });
        }
        let expected = claim.recipe.signature(&identity.secret, &claim.string_to_sign);
        if !same(expected.as_bytes(), claim.signature.as_bytes()) {
            return Err(Denial::Mismatch);
        }
        match &claim.nonce {
            Some(nonce) if !self.nonces.is_new(&claim.access_key_id, nonce, self.now) => {
                Err(Denial::NonceUsed)
            }
            _ => Ok(identity),
        }
    }

    fn judge_token(&self, identity: &Identity, token: Option<&str>) -> Result<(), Denial> {
        match (identity.security_token.as_deref(), token) {
            (None, None) => return Ok(()),
            (Some(_), None) => return Err(Denial::TokenMissing),
            (Some(held), Some(sent)) if same(held.as_bytes(), sent.as_bytes()) => {}
            (_, Some(sent)) if self.identities.knows_token(sent) => return Err(Denial::TokenOfAnotherKey),
            (_, Some(_)) => return Err(Denial::TokenMalformed),
        }
        // Revoked keys are gone as if they had been deleted; expired ones are known, and known to be over.
        if identity.revocations < self.faults.revocations() {
            return Err(Denial::UnknownKey);
        }
        let early = self.faults.early_expiry().map(|age| identity.issued_at.saturating_add(age));
        let over = identity.expires_at.is_some_and(|end| self.now >= end)
            || early.is_some_and(|end| self.now >= end);
        if over { Err(Denial::TokenExpired) } else { Ok(()) }
    }
}
