//! `FC ID:SIGNATURE`, Function Compute's signature version 1; and ACS3 as its HTTP triggers have it, over no payload.

use super::acs3::Fields;
use super::authorization::covered;
use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::sha256_hex;
use crate::sandbox::encode::{path_decoded, percent};
use crate::sandbox::heard::Heard;

/// Version 1: METHOD, Content-MD5, Content-Type and Date on a line each, the `x-fc-` headers as sorted `name:value` lines, the
/// decoded path; and of a request to a trigger a line for each parameter, decoded, sorted as whole lines. From "Signature
/// mechanism" of Function Compute.
pub(super) fn version_1(heard: &Heard, rest: &str, is_trigger: bool) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        rest.split_once(':').ok_or(Denial::Malformed("Authorization is `FC ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    let mut text = heard.method.clone().into_bytes();
    for name in ["content-md5", "content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    for (name, value) in covered(heard, |name| name.starts_with("x-fc-"))? {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(path_decoded(&heard.path));
    if is_trigger {
        let pairs = heard.query_pairs();
        let mut lines: Vec<Vec<u8>> =
            pairs.iter().map(|(name, value)| [name, b"=".as_slice(), value].concat()).collect();
        lines.sort();
        text.push(b'\n');
        text.extend(lines.join(b"\n".as_slice()));
    }
    Ok(Claim {
        scheme: Scheme::FcV1,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("x-fc-security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: text,
        recipe: Recipe::Sha256,
    })
}

/// ACS3 in front of a trigger: nothing stands where the payload's hash would, and what is signed beside the date is up to
/// the caller, but a token must be. A `$` in the path is signed encoded. From "Configure signature authentication for HTTP
/// triggers".
pub(super) fn of_trigger(heard: &Heard, rest: &str) -> Result<Claim, Denial> {
    let Fields { access_key_id, signed_headers, signature } = Fields::read(rest)?;
    let stamp = heard.header("x-acs-date").ok_or(Denial::Missing("x-acs-date"))?;
    let listed: Vec<&str> = signed_headers.split(';').collect();
    let must = ["x-acs-date", "x-acs-security-token"];
    if let Some(name) = must.iter().find(|name| heard.header(name).is_some() && !listed.contains(name)) {
        return Err(Denial::Uncovered((*name).to_owned()));
    }
    if !listed.is_sorted() {
        return Err(Denial::Malformed("SignedHeaders is not sorted"));
    }
    let mut query = heard.query_pairs();
    query.sort();
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    let path = heard.path.replace('$', "%24");
    let mut canonical_request = format!("{}\n{path}\n{}\n", heard.method, query.join("&")).into_bytes();
    for name in &listed {
        let [value] = heard.header_lines(name)[..] else {
            return Err(Denial::Uncovered((*name).to_owned()));
        };
        canonical_request.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    canonical_request.extend(format!("\n{signed_headers}\n").into_bytes());
    Ok(Claim {
        scheme: Scheme::FcTrigger,
        access_key_id,
        security_token: heard.header("x-acs-security-token").filter(|token| !token.is_empty()),
        signed_at: date::from_iso(&stamp).ok_or(Denial::BadDate("x-acs-date"))?,
        nonce: None,
        signature,
        string_to_sign: format!("ACS3-HMAC-SHA256\n{}", sha256_hex(&canonical_request)).into_bytes(),
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        recipe: Recipe::Acs3,
    })
}
