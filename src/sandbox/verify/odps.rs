//! `Authorization: ODPS …`: MaxCompute's signature versions 2 and 4, HMAC-SHA1 both, the latter under a derived key.

use super::authorization::covered;
use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe, SKEW_ALLOWED};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::encode::path_decoded;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads the rest of the `Authorization` header: `ID:SIGNATURE`, the id of version 4 followed by its scope.
pub(super) fn read(heard: &Heard, place: &Place, authorization: &str) -> Result<Claim, Denial> {
    let (credential, signature) =
        authorization.rsplit_once(':').ok_or(Denial::Malformed("Authorization is `ODPS ID:SIGNATURE`"))?;
    let stamp = heard.header("date").ok_or(Denial::Missing("Date"))?;
    let signed_at = date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?;
    let parts: Vec<&str> = credential.split('/').collect();
    let (access_key_id, scheme, recipe) = match parts.as_slice() {
        [access_key_id] => (*access_key_id, Scheme::OdpsV2, Recipe::Roa),
        [access_key_id, day, region, "odps", "aliyun_v4_request"] => {
            // The day of the clock at signing, which is not read from the date: midnight may lie between them.
            let is_near = |moment: i64| date::iso(moment).replace('-', "").starts_with(day);
            if day.len() != 8 || ![-SKEW_ALLOWED, 0, SKEW_ALLOWED].iter().any(|off| is_near(signed_at + off))
            {
                return Err(Denial::Malformed("the scope names another day"));
            }
            if place.region.as_deref().is_some_and(|own| own != *region) {
                return Err(Denial::WrongRegion((*region).to_owned()));
            }
            let recipe = Recipe::OdpsV4 { day: (*day).to_owned(), region: (*region).to_owned() };
            (*access_key_id, Scheme::OdpsV4, recipe)
        }
        _ => return Err(Denial::Malformed("the scope ends in `/odps/aliyun_v4_request`")),
    };
    Ok(Claim {
        scheme,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("authorization-sts-token"),
        signed_at,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: string_to_sign(heard, place)?,
        recipe,
    })
}

/// METHOD, Content-MD5, Content-Type and Date on a line each; `x-odps-` headers, and parameters of such a name, as sorted
/// `name:value` lines; then the decoded path below the endpoint, and the decoded query, sorted by name.
/// As Python's and Java's SDKs have it: MaxCompute publishes no description.
fn string_to_sign(heard: &Heard, place: &Place) -> Result<Vec<u8>, Denial> {
    let mut text = heard.method.clone().into_bytes();
    for name in ["content-md5", "content-type", "date"] {
        text.push(b'\n');
        text.extend(heard.header_bytes(name).unwrap_or_default());
    }
    text.push(b'\n');
    let query: BTreeMap<_, _> = heard.query_pairs().into_iter().collect();
    let headers = covered(heard, |name| name.starts_with("x-odps-"))?;
    let parameters = query.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    let parameters = parameters.filter(|(name, _)| name.starts_with(b"x-odps-"));
    let own: BTreeMap<&[u8], &[u8]> =
        parameters.chain(headers.into_iter().map(|(name, value)| (name.as_bytes(), value))).collect();
    for (name, value) in own {
        text.extend([name, b":", value, b"\n"].concat());
    }
    text.extend(path_decoded(below_endpoint(&heard.path, place)));
    for (at, (name, value)) in query.iter().enumerate() {
        text.push(if at == 0 { b'?' } else { b'&' });
        text.extend(name);
        if !value.is_empty() {
            text.extend([b"=".as_slice(), value].concat());
        }
    }
    Ok(text)
}

/// An endpoint on `service.*` ends in `/api`. That of a tunnel has no path.
fn below_endpoint<'a>(path: &'a str, place: &Place) -> &'a str {
    let below = path.strip_prefix("/api").filter(|below| below.is_empty() || below.starts_with('/'));
    below.filter(|_| !place.host.starts_with("dt.")).unwrap_or(path)
}
