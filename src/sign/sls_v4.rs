//! `SLS4-HMAC-SHA256`, Log Service's signature version 4. It covers the body by its SHA-256.
//!
//! ```text
//! CanonicalRequest = METHOD \n path as on the wire \n Query \n Headers \n names joined with ";" \n PayloadHash
//! Query            = name ["=" enc(value)], the name decoded, sorted by name, joined with "&"
//! Headers          = name ":" value \n, sorted, of host, content-type, x-log-* (not x-log-meta-*) and x-acs-*
//! StringToSign     = "SLS4-HMAC-SHA256" \n x-log-date \n Scope \n hex(SHA256(CanonicalRequest))
//! Signature        = hex(HMAC-SHA256(KEY4(secret, day, region, "sls"), StringToSign))
//! ```
//!
//! `Authorization` does not list the names: the server takes every header of these that it gets.

use std::fmt;

use super::digest::sha256;
use super::encode::{hex, put_decoded, put_percent};
use super::head::{self, Additions, Few};
use super::oss::write_scope;
use super::sls;
use super::sls::is_listed;
use super::text::Text;
use super::{DayKey, EMPTY_HASH, Identity, Payload, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed};

const ALGORITHM: &[u8] = b"SLS4-HMAC-SHA256";
/// The product's word in the scope.
pub const PRODUCT: &str = "sls";

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, `host` among them, in any order; those that are signed are picked.
    pub headers: H,
    /// The lower-case hexadecimal SHA-256 of the body.
    pub payload_hash: &'a [u8],
    /// The value of `x-log-date`.
    pub date: [u8; 16],
    /// The region's id.
    pub region: &'a str,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

fn covers(field: &Field<'_>) -> bool {
    is_listed(field.name) || field.is("host") || field.is("content-type")
}

/// The signature over exactly what is given. Leaves its texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &DayKey,
    workspace: &mut Workspace,
) -> [u8; 64] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    covered.headers.filter(|field| covers(field)).for_each(|field| headers.push(field));
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));
    let mut query = workspace.take_parameters();
    query.extend(covered.query);
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.compare_values(b)));

    let text = &mut workspace.canonical;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    text.put(if covered.path.is_empty() { b"/" } else { covered.path });
    text.push(b'\n');
    for (at, parameter) in query.iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        put_decoded(text, parameter.name, parameter.spelling);
        if !parameter.value.is_empty() {
            text.push(b'=');
            put_percent(text, parameter.value, parameter.spelling);
        }
    }
    text.push(b'\n');
    let names = &mut workspace.names;
    for field in headers.iter() {
        if names.len() > 0 {
            names.push(b';');
        }
        names.put_lower(field.name);
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    text.push(b'\n');
    text.put(names.as_bytes());
    text.push(b'\n');
    text.put(covered.payload_hash);

    let text = &mut workspace.string_to_sign;
    text.put(ALGORITHM);
    text.push(b'\n');
    text.put(&covered.date);
    text.push(b'\n');
    write_scope(text, &covered.date, covered.region, PRODUCT);
    text.push(b'\n');
    text.put(&hex(sha256(workspace.canonical.as_bytes())));
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    hex(key.mac(workspace.string_to_sign.as_bytes()))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?.id();
    let day_key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
    let computed;
    let payload_hash = match unsigned.payload {
        Payload::Held([]) => EMPTY_HASH,
        Payload::Held(body) => {
            computed = hex(sha256(body));
            &computed[..]
        }
        Payload::Hashed(hash) => hash,
        Payload::Streamed => return Err(Unsignable::BodyNotHeld),
    };
    let date = calendar::iso_basic(moment.unix_seconds);
    let mut digits = [0; 20];
    let mut added: Few<Field<'_>, 5> = Few::new(Field::EMPTY);
    sls::push_unsaid(&mut added, unsigned, &mut digits);
    added.push(Field::new("x-log-content-sha256", payload_hash));
    added.push(Field::new("x-log-date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-acs-security-token", token.expose().as_bytes()));
    }
    let host = [Field::new("host", unsigned.endpoint.host().as_bytes())];
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: host.iter().chain(unsigned.headers).chain(added.as_slice()),
        payload_hash,
        date,
        region,
    };
    let signature = signature(covered, day_key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(ALGORITHM);
        out.put(b" Credential=");
        out.put(identity.access_key_id.as_bytes());
        out.push(b'/');
        write_scope(out, &date, region, PRODUCT);
        out.put(b",Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
