//! `LOG ID:SIGNATURE` and `SLS4-HMAC-SHA256`: Simple Log Service, versions 1 and 4.

use super::authorization::{authorization, covered};
use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::{md5, sha256_hex};
use crate::sandbox::encode::{hex, percent};
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads either version.
pub(super) fn read(heard: &Heard, place: &Place) -> Result<Option<Claim>, Denial> {
    let Some((scheme, rest)) = authorization(heard)? else { return Ok(None) };
    if heard.header("x-log-apiversion").is_none() {
        return Err(Denial::Missing("x-log-apiversion"));
    }
    match scheme.as_str() {
        "LOG" => version_1(heard, &rest).map(Some),
        "SLS4-HMAC-SHA256" => version_4(heard, place, &rest).map(Some),
        _ => Err(Denial::Malformed("this scheme is not known at this host")),
    }
}

/// METHOD, Content-MD5, Content-Type and the date on a line each, headers of the product and of tokens as sorted `name:value`
/// lines, then the path as it came and the decoded query, sorted by name. From "Request signatures". `x-log-date` stands in
/// for `Date` where both are sent, and is not among the headers; nor, as Python's SDK has it, is an object's metadata.
fn version_1(heard: &Heard, rest: &str) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        rest.split_once(':').ok_or(Denial::Malformed("Authorization is `LOG ID:SIGNATURE`"))?;
    let recipe = match heard.header("x-log-signaturemethod").as_deref() {
        Some("hmac-sha1") => Recipe::Roa,
        Some("hmac-sha256") => Recipe::Sha256,
        Some(_) => return Err(Denial::Malformed("x-log-signaturemethod is hmac-sha1 or hmac-sha256")),
        None => return Err(Denial::Missing("x-log-signaturemethod")),
    };
    let stamp = heard.header("x-log-date").or_else(|| heard.header("date")).ok_or(Denial::Missing("Date"))?;
    let digest = heard.header("content-md5").unwrap_or_default();
    if !digest.is_empty() && digest != hex(&md5(&heard.body)).to_uppercase() {
        return Err(Denial::BodyHash);
    }
    let mut text = format!("{}\n{digest}\n", heard.method).into_bytes();
    text.extend(heard.header_bytes("content-type").unwrap_or_default());
    text.extend(format!("\n{stamp}\n").into_bytes());
    for (name, value) in covered(heard, |name| name != "x-log-date" && is_own(name))? {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(heard.path.bytes());
    let query: BTreeMap<_, _> = heard.query_pairs().into_iter().collect();
    for (at, (name, value)) in query.into_iter().enumerate() {
        text.push(if at == 0 { b'?' } else { b'&' });
        text.extend([name.as_slice(), b"=", &value].concat());
    }
    Ok(Claim {
        scheme: Scheme::SlsV1,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("x-acs-security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: text,
        recipe,
    })
}

/// The algorithm, the time, the scope and the hash of the canonical request. As Python's and Go's SDKs have it: Log Service
/// publishes no description.
fn version_4(heard: &Heard, place: &Place, rest: &str) -> Result<Claim, Denial> {
    let field =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let malformed = Denial::Malformed("Authorization names Credential and Signature");
    let (Some(credential), Some(signature)) = (field("Credential"), field("Signature")) else {
        return Err(malformed);
    };
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, "sls", "aliyun_v4_request"] = parts.as_slice() else {
        return Err(malformed);
    };
    let stamp = heard.header("x-log-date").ok_or(Denial::Missing("x-log-date"))?;
    let signed_at = date::from_basic(&stamp).ok_or(Denial::BadDate("x-log-date"))?;
    if stamp.get(..8) != Some(day) {
        return Err(Denial::BadDate("x-log-date"));
    }
    if place.region.as_deref().is_some_and(|own| own != *region) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    let canonical_request = canonical_request(heard)?;
    let hash = sha256_hex(&canonical_request);
    Ok(Claim {
        scheme: Scheme::SlsV4,
        access_key_id: (*access_key_id).to_owned(),
        security_token: heard.header("x-acs-security-token"),
        signed_at,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        string_to_sign: format!("SLS4-HMAC-SHA256\n{stamp}\n{day}/{region}/sls/aliyun_v4_request\n{hash}")
            .into_bytes(),
        recipe: Recipe::V4 {
            day: (*day).to_owned(),
            region: (*region).to_owned(),
            product: "sls".to_owned(),
        },
    })
}

/// Method, path as it came, query, headers, their names and the body's hash, joined by line feeds. Names in the query are
/// decoded and stay so, values are encoded anew.
fn canonical_request(heard: &Heard) -> Result<Vec<u8>, Denial> {
    let sent = heard.header("x-log-content-sha256").ok_or(Denial::Missing("x-log-content-sha256"))?;
    // Objects are streamed: they are signed as if there were none.
    let is_object = heard.method == "PUT" && heard.path.contains("/objects/");
    if sent != sha256_hex(if is_object { b"" } else { &heard.body }) {
        return Err(Denial::BodyHash);
    }
    let query: BTreeMap<_, _> = heard.query_pairs().into_iter().collect();
    let query: Vec<Vec<u8>> = query
        .into_iter()
        .map(|(name, value)| match value.as_slice() {
            [] => name,
            value => [name.as_slice(), b"=", percent(value).as_bytes()].concat(),
        })
        .collect();
    let headers = covered(heard, |name| matches!(name, "host" | "content-type") || is_own(name))?;
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let mut text = format!("{}\n{}\n", heard.method, heard.path).into_bytes();
    text.extend(query.join(b"&".as_slice()));
    text.push(b'\n');
    for (name, value) in &headers {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(format!("\n{}\n{sent}", names.join(";")).into_bytes());
    Ok(text)
}

/// Whether a header is the product's own, and signed.
fn is_own(name: &str) -> bool {
    name.starts_with("x-acs-") || name.starts_with("x-log-") && !name.starts_with("x-log-meta-")
}
