//! `x-ots-signature` and `x-ots-signaturev4`: Tablestore's versions 2 and 4, of requests and of answers.

use super::authorization::covered;
use super::{Claim, Denial, Recipe, SKEW_ALLOWED, day_key};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::{hmac_sha1, md5};
use crate::sandbox::encode::base64;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads either version. Nothing of it stands in `Authorization`, which only answers have.
pub(super) fn read(heard: &Heard, place: &Place) -> Result<Option<Claim>, Denial> {
    let (signature, is_version_4) = match (heard.header("x-ots-signature"), heard.header("x-ots-signaturev4"))
    {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Denial::Malformed("the request carries two signatures")),
        (Some(signature), None) => (signature, false),
        (None, Some(signature)) => (signature, true),
    };
    if heard.header("authorization").is_some() {
        return Err(Denial::Malformed("the request carries two signatures"));
    }
    let required = |name: &'static str| heard.header(name).ok_or(Denial::Missing(name));
    for name in ["x-ots-apiversion", "x-ots-instancename"] {
        required(name)?;
    }
    let access_key_id = required("x-ots-accesskeyid")?;
    let signed_at = date::from_iso(&required("x-ots-date")?).ok_or(Denial::BadDate("x-ots-date"))?;
    if required("x-ots-contentmd5")? != base64(&md5(&heard.body)) {
        return Err(Denial::BodyHash);
    }
    let mut string_to_sign = string_to_sign(heard)?;
    let recipe = if is_version_4 {
        let (day, region) = (required("x-ots-signdate")?, required("x-ots-signregion")?);
        // The day of the clock at signing, which is not read from the date: midnight may lie between them.
        let is_near = |moment: i64| date::iso(moment).replace('-', "").starts_with(&day);
        if day.len() != 8 || ![-SKEW_ALLOWED, 0, SKEW_ALLOWED].iter().any(|off| is_near(signed_at + off)) {
            return Err(Denial::BadDate("x-ots-signdate"));
        }
        if place.region.as_deref().is_some_and(|own| own != region) {
            return Err(Denial::WrongRegion(region));
        }
        string_to_sign.extend(b"ots");
        Recipe::OtsV4 { day, region }
    } else {
        Recipe::Roa
    };
    Ok(Some(Claim {
        scheme: if is_version_4 { Scheme::OtsV4 } else { Scheme::OtsV2 },
        access_key_id,
        security_token: heard.header("x-ots-ststoken"),
        signed_at,
        nonce: None,
        signature,
        canonical_request: None,
        string_to_sign,
        recipe,
    }))
}

/// The path, the method and the query on a line each, then every `x-ots-` header but the signature as sorted `name:value`
/// lines. From "HTTP request" of Tablestore. No call has a query, so none is taken; the host is not covered.
fn string_to_sign(heard: &Heard) -> Result<Vec<u8>, Denial> {
    if !heard.query.is_empty() {
        return Err(Denial::Malformed("no call has a query"));
    }
    let mut text = format!("{}\n{}\n\n", heard.path, heard.method).into_bytes();
    let is_signature = |name: &str| matches!(name, "x-ots-signature" | "x-ots-signaturev4");
    for (name, value) in covered(heard, |name| name.starts_with("x-ots-"))? {
        if !is_signature(name) {
            text.extend([name.as_bytes(), b":", value, b"\n"].concat());
        }
    }
    Ok(text)
}

/// The signature of an answer: its `x-ots-` headers as sorted `name:value` lines, then the path that was asked, under the
/// key that the request was signed with, but always HMAC-SHA1. From "HTTP response" of Tablestore; the key of version 4 as
/// its SDKs have it.
pub(crate) fn answer_signature(
    recipe: &Recipe,
    secret: &str,
    headers: &[(&str, &str)],
    path: &str,
) -> String {
    let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    lines.sort();
    let text = format!("{}{path}", lines.concat());
    let key = match recipe {
        Recipe::OtsV4 { day, region } => base64(&day_key(secret, day, region, "ots")),
        _ => secret.to_owned(),
    };
    base64(&hmac_sha1(key.as_bytes(), text.as_bytes()))
}
