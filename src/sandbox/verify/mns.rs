//! `MNS ID:SIGNATURE` and `MNS4-HMAC-SHA256`: Simple Message Queue, versions 2 and 4.

use super::authorization::{authorization, covered};
use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::md5;
use crate::sandbox::encode::{base64, hex, path_decoded, percent, percent_path};
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads either version. Hosts without an account take version 4 alone, and only that is limited to a region.
pub(super) fn read(heard: &Heard, place: &Place) -> Result<Option<Claim>, Denial> {
    let Some((scheme, rest)) = authorization(heard)? else { return Ok(None) };
    match scheme.as_str() {
        "MNS" if !place.host.ends_with(".mns.aliyuncs.com") => {
            version_2(heard, &rest, ("x-mns-", Scheme::MnsV2)).map(Some)
        }
        "MNS4-HMAC-SHA256" => version_4(heard, place, &rest).map(Some),
        _ => Err(Denial::Malformed("this scheme is not known at this host")),
    }
}

/// METHOD, Content-MD5, Content-Type and Date on a line each, the product's own headers as sorted `name:value` lines, then
/// path and query to the byte. From "Sign requests" of MNS. The MD5 is that of the body's, spelled in hexadecimal and then
/// in base64, as the SDKs of this version have it.
pub(super) fn version_2(
    heard: &Heard,
    rest: &str,
    (prefix, scheme): (&str, Scheme),
) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        rest.split_once(':').ok_or(Denial::Malformed("Authorization is `SCHEME ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    judge_body(heard, &base64(hex(&md5(&heard.body)).as_bytes()))?;
    let mut text = heard.method.clone().into_bytes();
    for name in ["content-md5", "content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    for (name, value) in covered(heard, |name| name.starts_with(prefix))? {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(heard.path.bytes());
    if !heard.query.is_empty() {
        text.extend(format!("?{}", heard.query).into_bytes());
    }
    Ok(Claim {
        scheme,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: text,
        recipe: Recipe::Roa,
    })
}

/// Method, path, query and headers, under the algorithm, the time and the scope; not hashed. From the generated SDKs
/// (`alibabacloud-gateway-mns`), no document describes it. The MD5 is an ordinary one.
fn version_4(heard: &Heard, place: &Place, rest: &str) -> Result<Claim, Denial> {
    let field =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let malformed = Denial::Malformed("Authorization names Credential and Signature");
    let (Some(credential), Some(signature)) = (field("Credential"), field("Signature")) else {
        return Err(malformed);
    };
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, "mns", "aliyun_v4_request"] = parts.as_slice() else {
        return Err(malformed);
    };
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    let signed_at = date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?;
    let basic = date::iso(signed_at).replace(['-', ':'], "");
    if basic.get(..8) != Some(day) {
        return Err(Denial::BadDate("Date"));
    }
    if place.region.as_deref().is_some_and(|own| own != *region) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    judge_body(heard, &base64(&md5(&heard.body)))?;
    let canonical_request = canonical_request(heard)?;
    let mut text = format!("MNS4-HMAC-SHA256\n{basic}\n{day}/{region}/mns/aliyun_v4_request\n").into_bytes();
    text.extend(&canonical_request);
    Ok(Claim {
        scheme: Scheme::MnsV4,
        access_key_id: (*access_key_id).to_owned(),
        security_token: heard.header("security-token"),
        signed_at,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        string_to_sign: text,
        recipe: Recipe::V4 {
            day: (*day).to_owned(),
            region: (*region).to_owned(),
            product: "mns".to_owned(),
        },
    })
}

fn canonical_request(heard: &Heard) -> Result<Vec<u8>, Denial> {
    let mut query: Vec<(String, String)> = heard
        .query_pairs()
        .iter()
        .map(|(name, value)| (percent(name.trim_ascii()).to_lowercase(), percent(value.trim_ascii())))
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    let path = percent_path(&path_decoded(&heard.path));
    let mut text = format!("{}\n{path}\n{}\n", heard.method, query.join("&")).into_bytes();
    let is_signed = |name: &str| name.starts_with("x-mns-") || matches!(name, "content-type" | "content-md5");
    for (name, value) in covered(heard, is_signed)? {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.push(b'\n');
    Ok(text)
}

fn judge_body(heard: &Heard, expected: &str) -> Result<(), Denial> {
    match heard.header("content-md5") {
        Some(sent) if sent != expected => Err(Denial::BodyHash),
        _ => Ok(()),
    }
}
