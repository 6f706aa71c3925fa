//! The signature in a form that is uploaded to OSS: over the policy alone, in both versions.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::place::Place;

/// Reads the claim of a form, out of its fields by name in lower case. `Ok(None)` when it carries no signature.
///
/// A form may be sent long after it was signed: the policy says until when. So the claim is one of `now`.
pub(crate) fn read(
    fields: &BTreeMap<String, String>,
    place: &Place,
    now: i64,
) -> Result<Option<Claim>, Denial> {
    let field = |name: &str| fields.get(name).cloned();
    let (v1, v4) = (field("signature"), field("x-oss-signature"));
    if v1.is_some() && v4.is_some() {
        return Err(Denial::Malformed("the form carries two signatures"));
    }
    let Some(signature) = v1.clone().or(v4) else { return Ok(None) };
    let policy = field("policy").ok_or(Denial::Malformed("the form has no policy"))?;
    let (scheme, access_key_id, recipe) = if v1.is_some() {
        let key = field("ossaccesskeyid").ok_or(Denial::Malformed("the form names no key"))?;
        (Scheme::OssV1, key, Recipe::Roa)
    } else {
        let (key, recipe) = scope(&field("x-oss-credential").unwrap_or_default(), place)?;
        let stamp = field("x-oss-date").ok_or(Denial::Missing("x-oss-date"))?;
        let day =
            date::from_basic(&stamp).and_then(|_| stamp.get(..8)).ok_or(Denial::BadDate("x-oss-date"))?;
        if field("x-oss-signature-version").as_deref() != Some("OSS4-HMAC-SHA256") {
            return Err(Denial::Malformed("the form names no version"));
        }
        if !matches!(&recipe, Recipe::V4 { day: signed, .. } if signed == day) {
            return Err(Denial::BadDate("x-oss-date"));
        }
        (Scheme::OssV4, key, recipe)
    };
    Ok(Some(Claim {
        scheme,
        access_key_id,
        security_token: field("x-oss-security-token"),
        signed_at: now,
        nonce: None,
        signature,
        canonical_request: None,
        string_to_sign: policy.into_bytes(),
        recipe,
    }))
}

/// `ID/DAY/REGION/oss/aliyun_v4_request`.
fn scope(credential: &str, place: &Place) -> Result<(String, Recipe), Denial> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, product, "aliyun_v4_request"] = parts.as_slice() else {
        return Err(Denial::Malformed("the form names no credential"));
    };
    if *product != "oss" {
        return Err(Denial::WrongProduct((*product).to_owned()));
    }
    if place.region.as_deref().is_some_and(|own| own != *region) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    let [day, region, product] = [day, region, product].map(|part| (*part).to_owned());
    Ok(((*access_key_id).to_owned(), Recipe::V4 { day, region, product }))
}
