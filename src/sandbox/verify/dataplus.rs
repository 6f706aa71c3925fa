//! `Dataplus ID:SIGNATURE`: the gateways of the former 数加.

use super::authorization::authorization;
use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::md5;
use crate::sandbox::encode::base64;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// METHOD, Accept, the body's MD5, Content-Type, Date and the target as on the wire, a line each. The older gateways sign
/// no target; speech recognition hashes the text of the MD5 once more. From the vendor's sample, which many repositories
/// hold.
pub(super) fn read(heard: &Heard, place: &Place) -> Result<Option<Claim>, Denial> {
    let Some((scheme, rest)) = authorization(heard)? else { return Ok(None) };
    let (access_key_id, signature) = rest
        .split_once(':')
        .filter(|_| scheme == "Dataplus")
        .ok_or(Denial::Malformed("Authorization is `Dataplus ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    let is_old = matches!(place.host.as_str(), "shujuapi.aliyun.com" | "nlsapi.aliyun.com");
    let mut digest = if heard.body.is_empty() { String::new() } else { base64(&md5(&heard.body)) };
    if place.host == "nlsapi.aliyun.com" && heard.path == "/recognize" {
        digest = base64(&md5(digest.as_bytes()));
    }
    let header = |name| String::from_utf8_lossy(heard.header_bytes(name).unwrap_or_default()).into_owned();
    let mut text =
        format!("{}\n{}\n{digest}\n{}\n{stamp}", heard.method, header("accept"), header("content-type"));
    if !is_old {
        let question = if heard.query.is_empty() { "" } else { "?" };
        text.push_str(&format!("\n{}{question}{}", heard.path, heard.query));
    }
    Ok(Some(Claim {
        scheme: Scheme::Dataplus,
        access_key_id: access_key_id.to_owned(),
        security_token: None,
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: text.into_bytes(),
        recipe: Recipe::Roa,
    }))
}
