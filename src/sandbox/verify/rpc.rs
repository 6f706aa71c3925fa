//! RPC signature version 1.0: HMAC-SHA1 over every parameter of query and form.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::encode::percent;
use crate::sandbox::heard::Heard;

/// Reads the authentication parameters, wherever they stand, and spells the string-to-sign.
pub(super) fn read(heard: &Heard, parameters: &BTreeMap<Vec<u8>, Vec<u8>>) -> Result<Claim, Denial> {
    let value = |name: &'static str| {
        parameters.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let required =
        |name: &'static str| value(name).filter(|text| !text.is_empty()).ok_or(Denial::Missing(name));
    required("Action")?;
    required("Version")?;
    if required("SignatureMethod")? != "HMAC-SHA1" || required("SignatureVersion")? != "1.0" {
        return Err(Denial::Malformed("SignatureMethod is HMAC-SHA1 and SignatureVersion 1.0, or nothing"));
    }
    if value("SignatureType").is_some_and(|kind| !kind.is_empty()) {
        return Err(Denial::Malformed("no SignatureType is known here"));
    }
    Ok(Claim {
        scheme: Scheme::RpcV1,
        access_key_id: required("AccessKeyId")?,
        security_token: value("SecurityToken").filter(|token| !token.is_empty()),
        signed_at: date::from_iso(&required("Timestamp")?).ok_or(Denial::BadDate("Timestamp"))?,
        nonce: Some(required("SignatureNonce")?),
        signature: required("Signature")?,
        canonical_request: None,
        string_to_sign: string_to_sign(&heard.method, parameters).into_bytes(),
        recipe: Recipe::Rpc,
    })
}

/// METHOD & %2F & percent(CQ), where CQ is `percent(name)=percent(value)` of every parameter but `Signature`, sorted by
/// decoded name. From "RPC mechanism: signature method". The path is `/` in it, whatever the path is.
fn string_to_sign(method: &str, parameters: &BTreeMap<Vec<u8>, Vec<u8>>) -> String {
    let canonical_query = parameters
        .iter()
        .filter(|(name, _)| name.as_slice() != b"Signature")
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect::<Vec<_>>()
        .join("&");
    format!("{method}&%2F&{}", percent(canonical_query.as_bytes()))
}
