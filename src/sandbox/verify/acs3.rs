//! `ACS3-HMAC-SHA256`: HMAC-SHA256 over method, path, query, listed headers and the body's hash.

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::sha256_hex;
use crate::sandbox::encode::percent;
use crate::sandbox::heard::Heard;

/// What an `Authorization` of ACS3 says, and of ACS4, whose key's id has a scope behind it.
pub(super) struct Fields {
    pub(super) access_key_id: String,
    pub(super) signed_headers: String,
    pub(super) signature: String,
}

impl Fields {
    /// Reads what follows the algorithm. Its three fields may stand in any order.
    pub(super) fn read(authorization: &str) -> Result<Self, Denial> {
        let field = |name: &str| {
            authorization
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
                .map(str::to_owned)
        };
        match (field("Credential"), field("SignedHeaders"), field("Signature")) {
            (Some(access_key_id), Some(signed_headers), Some(signature)) => {
                Ok(Self { access_key_id, signed_headers, signature })
            }
            _ => Err(Denial::Malformed("Authorization names Credential, SignedHeaders and Signature")),
        }
    }
}

/// Reads the rest of the `Authorization` header.
pub(super) fn read(heard: &Heard, authorization: &str) -> Result<Claim, Denial> {
    claim(heard, "ACS3-HMAC-SHA256", Fields::read(authorization)?)
}

/// What a request claims under this algorithm, which signs the same canonical request.
pub(super) fn claim(heard: &Heard, algorithm: &str, fields: Fields) -> Result<Claim, Denial> {
    let Fields { access_key_id, signed_headers, signature } = fields;
    let header = |name: &'static str| heard.header(name).ok_or(Denial::Missing(name));
    header("x-acs-action")?;
    header("x-acs-version")?;
    let nonce = header("x-acs-signature-nonce")?;
    let stamp = header("x-acs-date")?;
    judge_coverage(heard, &signed_headers)?;
    if header("x-acs-content-sha256")? != sha256_hex(&heard.body) {
        return Err(Denial::BodyHash);
    }
    let canonical_request = canonical_request(heard, &signed_headers);
    Ok(Claim {
        scheme: Scheme::Acs3,
        access_key_id,
        security_token: heard.header("x-acs-security-token").filter(|token| !token.is_empty()),
        signed_at: date::from_iso(&stamp).ok_or(Denial::BadDate("x-acs-date"))?,
        nonce: Some(nonce),
        signature,
        string_to_sign: format!("{algorithm}\n{}", sha256_hex(&canonical_request)).into_bytes(),
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        recipe: Recipe::Acs3,
    })
}

/// `host` and every `x-acs-*` header must be covered, and each covered header must be there exactly once: with two,
/// the gateway and the product behind it might read different ones.
fn judge_coverage(heard: &Heard, signed_headers: &str) -> Result<(), Denial> {
    let listed: Vec<&str> = signed_headers.split(';').collect();
    let must = heard.headers.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("x-acs-"));
    for name in must.chain(["host"]) {
        if !listed.contains(&name) {
            return Err(Denial::Uncovered(name.to_owned()));
        }
    }
    if !listed.is_sorted() {
        return Err(Denial::Malformed("SignedHeaders is not sorted"));
    }
    match listed.iter().find(|name| heard.header_lines(name).len() != 1) {
        Some(name) => Err(Denial::Uncovered((*name).to_owned())),
        None => Ok(()),
    }
}

/// METHOD, path, query, headers, SignedHeaders and payload hash, joined by line feeds. The path stands as on the wire,
/// the query is decoded, sorted by decoded name and encoded again. From "V3 version request structure & signature".
fn canonical_request(heard: &Heard, signed_headers: &str) -> Vec<u8> {
    let mut query = heard.query_pairs();
    query.sort();
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    let mut text = format!("{}\n{}\n{}\n", heard.method, heard.path, query.join("&")).into_bytes();
    for name in signed_headers.split(';') {
        let value = heard.header_bytes(name).unwrap_or_default();
        text.extend([name.as_bytes(), b":", value, b"\n"].concat());
    }
    text.extend(format!("\n{signed_headers}\n{}", sha256_hex(&heard.body)).into_bytes());
    text
}
