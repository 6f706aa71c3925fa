//! ROA signature version 1.0: `Authorization: acs ID:SIGNATURE`, HMAC-SHA1 over the decoded path and some headers.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::encode::path_decoded;
use crate::sandbox::heard::Heard;

/// Reads the rest of the `Authorization` header.
pub(super) fn read(heard: &Heard, authorization: &str) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        authorization.split_once(':').ok_or(Denial::Malformed("Authorization is `acs ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    Ok(Claim {
        scheme: Scheme::RoaV1,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("x-acs-security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: heard.header("x-acs-signature-nonce"),
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: string_to_sign(heard),
        recipe: Recipe::Roa,
    })
}

/// METHOD, Accept, Content-MD5, Content-Type and Date on a line each, the `x-acs-` headers as sorted `name:value` lines,
/// then the decoded path and the decoded query, sorted by name, a name without a value standing alone.
/// From "ROA mechanism: signature method".
fn string_to_sign(heard: &Heard) -> Vec<u8> {
    let mut text = heard.method.clone().into_bytes();
    for name in ["accept", "content-md5", "content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    let headers: BTreeMap<_, _> = heard.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
    for (name, value) in headers.into_iter().filter(|(name, _)| name.starts_with("x-acs-")) {
        text.extend([name.as_bytes(), b":", value.trim_ascii(), b"\n"].concat());
    }
    text.extend(path_decoded(&heard.path));
    let query: BTreeMap<_, _> = heard.query_pairs().into_iter().collect();
    for (at, (name, value)) in query.into_iter().enumerate() {
        text.push(if at == 0 { b'?' } else { b'&' });
        text.extend(name);
        if !value.is_empty() {
            text.extend([b"=".as_slice(), &value].concat());
        }
    }
    text
}
