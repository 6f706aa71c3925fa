//! `Authorization: DATAHUB ID:SIGNATURE`: DataHub's only signature, HMAC-SHA1. Its security token is among what is signed.

use super::authorization::covered;
use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::encode::path_decoded;
use crate::sandbox::heard::Heard;

/// Reads the rest of the `Authorization` header.
pub(super) fn read(heard: &Heard, authorization: &str) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        authorization.split_once(':').ok_or(Denial::Malformed("Authorization is `DATAHUB ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    Ok(Claim {
        scheme: Scheme::DataHub,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("x-datahub-security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: string_to_sign(heard)?,
        recipe: Recipe::Roa,
    })
}

/// METHOD, Content-Type and Date on a line each, the `x-datahub-` headers as sorted `name:value` lines, then the decoded
/// path and the decoded query, sorted by name. As Python's SDK has it: DataHub publishes no description.
fn string_to_sign(heard: &Heard) -> Result<Vec<u8>, Denial> {
    let mut text = heard.method.clone().into_bytes();
    for name in ["content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    for (name, value) in covered(heard, |name| name.starts_with("x-datahub-"))? {
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
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
    Ok(text)
}
