//! `AWS4-HMAC-SHA256` in a header, as OSS takes it from clients of Amazon S3.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::sha256_hex;
use crate::sandbox::encode::{path_decoded, percent, percent_path};
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

const UNREADABLE: Denial = Denial::Malformed("Authorization header is invalid.");

/// Reads the rest of the `Authorization` header: `Credential=…, SignedHeaders=…, Signature=…`.
pub(super) fn read(heard: &Heard, place: &Place, authorization: &str) -> Result<Claim, Denial> {
    let field = |name: &str| {
        let mut fields = authorization.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let (Some(credential), Some(names), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Err(UNREADABLE);
    };
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, product, "aws4_request"] = parts.as_slice() else {
        return Err(UNREADABLE);
    };
    let stamp = heard.header("x-amz-date").ok_or(Denial::Missing("x-amz-date"))?;
    let signed_at = date::from_basic(&stamp).ok_or(Denial::BadDate("x-amz-date"))?;
    if stamp.get(..8) != Some(day) {
        return Err(Denial::BadDate("x-amz-date"));
    }
    if *product != "s3" {
        return Err(Denial::WrongProduct((*product).to_owned()));
    }
    // Clients of both spellings are known to be served: `oss-cn-hangzhou`, as the endpoint has it, and `cn-hangzhou`.
    let named = region.strip_prefix("oss-").unwrap_or(region);
    if place.region.as_deref().is_some_and(|own| own != named) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    let payload = payload(heard)?;
    let names: Vec<&str> = names.split(';').collect();
    hold_to_covering(heard, &names)?;
    let canonical_request = canonical_request(heard, &names, &payload)?;
    let hash = sha256_hex(&canonical_request);
    Ok(Claim {
        scheme: Scheme::S3,
        access_key_id: (*access_key_id).to_owned(),
        security_token: heard.header("x-amz-security-token"),
        signed_at,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        string_to_sign: format!("AWS4-HMAC-SHA256\n{stamp}\n{day}/{region}/s3/aws4_request\n{hash}")
            .into_bytes(),
        recipe: Recipe::S3 { day: (*day).to_owned(), region: (*region).to_owned() },
    })
}

/// What the client says of its body: that it is unsigned, or its SHA-256, which is checked where the body is read.
fn payload(heard: &Heard) -> Result<String, Denial> {
    let payload = heard.header("x-amz-content-sha256").ok_or(Denial::Missing("x-amz-content-sha256"))?;
    let is_hash = payload.len() == 64 && payload.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hash || payload == "UNSIGNED-PAYLOAD" { Ok(payload) } else { Err(Denial::BodyHash) }
}

/// Of the headers that are there, `host`, `content-md5` and every `x-amz-*` must be signed.
fn hold_to_covering(heard: &Heard, names: &[&str]) -> Result<(), Denial> {
    let must_be = |name: &str| matches!(name, "host" | "content-md5") || name.starts_with("x-amz-");
    let bare = heard.headers.iter().find(|(name, _)| must_be(name) && !names.contains(&name.as_str()));
    bare.map_or(Ok(()), |(name, _)| Err(Denial::Uncovered(name.clone())))
}

/// Method, path, query, headers, their names, payload, joined by line feeds. The path is encoded once, and not tidied.
/// From "Signature Calculations for the Authorization Header" of Amazon S3.
fn canonical_request(heard: &Heard, names: &[&str], payload: &str) -> Result<Vec<u8>, Denial> {
    let mut query: Vec<(String, String)> =
        heard.query_pairs().iter().map(|(name, value)| (percent(name), percent(value))).collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();

    let path = percent_path(&path_decoded(&heard.path));
    let mut text = format!("{}\n{path}\n{}\n", heard.method, query.join("&")).into_bytes();
    let signed: BTreeMap<&str, Vec<Vec<u8>>> = names
        .iter()
        .map(|name| (*name, heard.header_lines(name).into_iter().map(one_blank).collect()))
        .collect();
    for (name, values) in &signed {
        if values.is_empty() {
            return Err(Denial::Uncovered((*name).to_owned()));
        }
        text.extend([name.as_bytes(), b":", &values.join(b",".as_slice()), b"\n"].concat());
    }
    text.extend(format!("\n{}\n{payload}", names.join(";")).into_bytes());
    Ok(text)
}

/// A value in which every run of blanks is one.
fn one_blank(value: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    words.join(b" ".as_slice())
}
