//! `OSS4-HMAC-SHA256` in a header: OSS signature version 4.

use std::collections::{BTreeMap, BTreeSet};

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::digest::sha256_hex;
use crate::sandbox::encode::{path_decoded, percent, percent_path};
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads the rest of the `Authorization` header: fields in any order, with or without a blank after each comma.
pub(super) fn read(heard: &Heard, place: &Place, authorization: &str) -> Result<Claim, Denial> {
    let field = |name: &str| {
        authorization
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let (Some(credential), Some(signature)) = (field("Credential"), field("Signature")) else {
        return Err(Denial::Malformed("Authorization header is invalid."));
    };
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, product, "aliyun_v4_request"] = parts.as_slice() else {
        return Err(Denial::Malformed("Authorization header is invalid."));
    };
    let stamp = heard.header("x-oss-date").ok_or(Denial::Missing("x-oss-date"))?;
    let signed_at = date::from_basic(&stamp).ok_or(Denial::BadDate("x-oss-date"))?;
    if stamp.get(..8) != Some(day) {
        return Err(Denial::BadDate("x-oss-date"));
    }
    if *product != "oss" {
        return Err(Denial::WrongProduct((*product).to_owned()));
    }
    if place.region.as_deref().is_some_and(|own| own != *region) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    // Bodies stream; no official SDK ever sent anything else here.
    if heard.header("x-oss-content-sha256").ok_or(Denial::Missing("x-oss-content-sha256"))?
        != "UNSIGNED-PAYLOAD"
    {
        return Err(Denial::BodyHash);
    }
    let canonical_request = canonical_request(heard, place, &field("AdditionalHeaders").unwrap_or_default());
    let hash = sha256_hex(&canonical_request);
    Ok(Claim {
        scheme: Scheme::OssV4,
        access_key_id: (*access_key_id).to_owned(),
        security_token: heard.header("x-oss-security-token"),
        signed_at,
        nonce: None,
        signature,
        canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
        string_to_sign: format!(
            "OSS4-HMAC-SHA256\n{stamp}\n{day}/{region}/{product}/aliyun_v4_request\n{hash}"
        )
        .into_bytes(),
        recipe: Recipe::V4 {
            day: (*day).to_owned(),
            region: (*region).to_owned(),
            product: (*product).to_owned(),
        },
    })
}

/// Method, path, query, headers, names of additional headers, payload, joined by line feeds.
/// From "Include a V4 signature in the Authorization header".
fn canonical_request(heard: &Heard, place: &Place, additional: &str) -> Vec<u8> {
    let mut query: Vec<(String, String)> =
        heard.query_pairs().iter().map(|(name, value)| (percent(name), percent(value))).collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();

    let always = |name: &str| name.starts_with("x-oss-") || name == "content-type" || name == "content-md5";
    let additional: BTreeSet<String> = additional
        .split(';')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !always(name) && heard.header_bytes(name).is_some())
        .collect();
    let mut signed: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for (name, value) in heard.headers.iter().filter(|(name, _)| always(name) || additional.contains(name)) {
        signed.entry(name).or_default().push(value.trim_ascii());
    }

    let mut text =
        format!("{}\n{}\n{}\n", heard.method, resource(heard, place), query.join("&")).into_bytes();
    for (name, values) in signed {
        text.extend([name.as_bytes(), b":", &values.join(b",".as_slice()), b"\n"].concat());
    }
    let additional: Vec<String> = additional.into_iter().collect();
    text.extend(format!("\n{}\nUNSIGNED-PAYLOAD", additional.join(";")).into_bytes());
    text
}

/// `/BUCKET/KEY`; without a bucket label the path as it is, which is `/`, or bucket and key in path style.
fn resource(heard: &Heard, place: &Place) -> String {
    let path = percent_path(&path_decoded(&heard.path));
    match &place.bucket {
        Some(bucket) => format!("/{bucket}{path}"),
        None => path,
    }
}
