//! `X-Ca-Signature`: API Gateway's signature for apps, with an AppKey.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::md5;
use crate::sandbox::encode::{base64, pairs};
use crate::sandbox::heard::Heard;

/// What has a line of its own, or is the signature.
const NEVER_LISTED: [&str; 7] =
    ["x-ca-signature", "x-ca-signature-headers", "accept", "content-md5", "content-type", "date", "host"];

/// Reads the headers. `Ok(None)` without a signature.
pub(super) fn read(heard: &Heard) -> Result<Option<Claim>, Denial> {
    let Some(signature) = heard.header("x-ca-signature") else { return Ok(None) };
    if heard.header("authorization").is_some() {
        return Err(Denial::Malformed("the request carries two proofs"));
    }
    if heard.header("x-ca-signature-method").is_some_and(|method| method != "HmacSHA256") {
        return Err(Denial::Malformed("X-Ca-Signature-Method is HmacSHA256, or nothing"));
    }
    let access_key_id = heard.header("x-ca-key").ok_or(Denial::Missing("X-Ca-Key"))?;
    let stamp = heard.header("x-ca-timestamp").ok_or(Denial::Missing("X-Ca-Timestamp"))?;
    let milliseconds: i64 = stamp.parse().map_err(|_| Denial::BadDate("X-Ca-Timestamp"))?;
    if heard.header("date").is_some_and(|date| date::from_gmt(&date).is_none()) {
        return Err(Denial::BadDate("Date"));
    }
    match heard.header("content-md5") {
        Some(sent) if sent != base64(&md5(&heard.body)) => return Err(Denial::BodyHash),
        _ => {}
    }
    Ok(Some(Claim {
        scheme: Scheme::ApiGateway,
        access_key_id,
        security_token: None,
        signed_at: milliseconds.div_euclid(1_000),
        nonce: heard.header("x-ca-nonce"),
        signature,
        canonical_request: None,
        string_to_sign: string_to_sign(heard)?,
        recipe: Recipe::Sha256,
    }))
}

/// METHOD, Accept, Content-MD5, Content-Type and Date on a line each, the listed headers as sorted `name:value` lines, then
/// path and parameters. From "Use digest authentication to call an API". The SDKs list every `x-ca-*`, and so it must be:
/// a stage that is not signed could be another.
fn string_to_sign(heard: &Heard) -> Result<Vec<u8>, Denial> {
    let listed = heard.header("x-ca-signature-headers").unwrap_or_default();
    let mut listed: Vec<&str> = listed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !NEVER_LISTED.contains(name))
        .collect();
    listed.sort_unstable();
    let own = heard.headers.iter().map(|(name, _)| name.as_str());
    let mut own = own.filter(|name| name.starts_with("x-ca-") && !NEVER_LISTED.contains(name));
    if let Some(name) = own.find(|name| !listed.contains(name)) {
        return Err(Denial::Uncovered(name.to_owned()));
    }
    let mut text = heard.method.clone().into_bytes();
    for name in ["accept", "content-md5", "content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    for name in listed {
        let [value] = heard.header_lines(name)[..] else { return Err(Denial::Uncovered(name.to_owned())) };
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(heard.path.bytes());
    for (at, (name, value)) in parameters(heard).into_iter().enumerate() {
        text.push(if at == 0 { b'?' } else { b'&' });
        text.extend(name);
        if !value.is_empty() {
            text.extend([b"=".as_slice(), &value].concat());
        }
    }
    Ok(text)
}

/// Query and form as one: the form's value before the query's, and the first of either.
fn parameters(heard: &Heard) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let form = if heard.is_form() { pairs(&String::from_utf8_lossy(&heard.body)) } else { Vec::new() };
    let mut all = BTreeMap::new();
    for (name, value) in form.into_iter().chain(heard.query_pairs()) {
        all.entry(name).or_insert(value);
    }
    all
}
