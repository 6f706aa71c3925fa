//! A URL that carries its own signature, OSS's V4: for an operator who hands it to somebody. The proxy makes none.
//!
//! What is signed is what [`oss`] signs in a header, over a query that names key, moment and life.

use super::encode::percent;
use super::oss::{self, Covered, PRODUCT, Resource};
use super::{Identity, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Parameter, Spelling};

/// A week, the longest life that OSS takes, in seconds.
pub const LIFE_SECONDS_MAX: u32 = 604_800;

/// The parameters that make a signed URL of a request's query: the names, and the values as they are before they are
/// encoded. The signature is the last.
#[derive(Debug)]
pub struct Proof(Vec<(&'static str, String)>);

impl Proof {
    /// Names and values.
    pub fn parameters(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// The same as they stand in a query.
    pub fn query(&self) -> String {
        let mut out = Vec::new();
        for (name, value) in &self.0 {
            if !out.is_empty() {
                out.push(b'&');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            percent(&mut out, value.as_bytes(), Spelling::Plain);
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Signs a request that somebody else will make, from `moment` on for `life` seconds. Headers among those that are signed
/// (`Content-Type`, `Content-MD5`, `x-oss-*`) must then be sent as they are here.
///
/// # Errors
/// [`Unsignable`]: the endpoint has no region, or no key of the day was handed over.
pub fn presign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    (moment, life): (&Moment, u32),
    workspace: &mut Workspace,
) -> Result<Proof, Unsignable> {
    let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?.id();
    let key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
    let covered = Covered {
        method: unsigned.method,
        resource: Resource::Bucket(unsigned.endpoint.tenant()),
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter(),
        additional_headers: &[],
        date: calendar::iso_basic(moment.unix_seconds),
        region,
        product: PRODUCT,
    };
    let token = identity.security_token.map(|token| token.expose());
    Ok(proof(covered, (identity.access_key_id, token), life, key, workspace))
}

/// The same of what is given. The additional headers are named in the query.
pub fn proof<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a crate::wire::Field<'a>>>,
    (access_key_id, token): (&str, Option<&str>),
    life: u32,
    key: &super::DayKey,
    workspace: &mut Workspace,
) -> Proof {
    let date = String::from_utf8_lossy(&covered.date).into_owned();
    let day = date.get(..8).unwrap_or_default();
    let (region, product) = (covered.region, covered.product);
    let mut added = vec![
        ("x-oss-signature-version", "OSS4-HMAC-SHA256".to_owned()),
        ("x-oss-credential", format!("{access_key_id}/{day}/{region}/{product}/aliyun_v4_request")),
        ("x-oss-date", date.clone()),
        ("x-oss-expires", life.to_string()),
    ];
    if let Some(token) = token {
        added.push(("x-oss-security-token", token.to_owned()));
    }
    if !covered.additional_headers.is_empty() {
        let names = String::from_utf8_lossy(covered.additional_headers).into_owned();
        added.push(("x-oss-additional-headers", names));
    }
    let mut query = covered.query.to_vec();
    query.extend(added.iter().map(|(name, value)| Parameter::plain(name.as_bytes(), value.as_bytes())));
    let Covered { method, resource, path, headers, additional_headers, date, .. } = covered;
    let headers: Vec<_> = headers.copied().collect();
    let covered = Covered {
        method,
        resource,
        path,
        query: &query,
        headers: headers.iter(),
        additional_headers,
        date,
        region,
        product,
    };
    let signature = oss::signature(covered, key, workspace);
    added.push(("x-oss-signature", String::from_utf8_lossy(&signature).into_owned()));
    Proof(added)
}
