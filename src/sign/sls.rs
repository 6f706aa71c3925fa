//! `Authorization: LOG …`, Log Service's signature version 1. The body is covered by a `Content-MD5` that the caller sent,
//! or not at all: it streams.
//!
//! ```text
//! StringToSign = METHOD \n Content-MD5 \n Content-Type \n Date \n Headers Resource
//! Headers      = name ":" value \n, sorted, of x-log-* (not x-log-meta-*) and x-acs-*
//! Resource     = path as on the wire ["?" name "=" value, decoded, sorted by name, joined with "&"]
//! Signature    = base64(HMAC(secret, StringToSign)), with the hash that x-log-signaturemethod names
//! ```

use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Payload, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar, decimal};
use crate::wire::{Field, Framing, Parameter, Signed};

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// A signature in base64, of either hash.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// HMAC-SHA1, which most SDKs use.
    Sha1([u8; 28]),
    /// HMAC-SHA256, which the generated SDKs use.
    Sha256([u8; 44]),
}

impl Signature {
    /// The text.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(text) => text,
            Self::Sha256(text) => text,
        }
    }
}

/// Whether a header stands among those that either version signs by their prefix. `x-log-meta-*` describes an object, and
/// the SDKs do not sign it.
pub(super) fn is_listed(name: &[u8]) -> bool {
    let starts =
        |prefix: &[u8]| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    starts(b"x-acs-") || starts(b"x-log-") && !starts(b"x-log-meta-")
}

/// The signature over exactly what is given. Leaves the string-to-sign in the workspace; there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> Signature {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let (mut md5, mut content_type, mut date) = (&b""[..], &b""[..], &b""[..]);
    let mut is_sha256 = false;
    for field in covered.headers {
        // Read in place of `Date` where it is there, and never among the headers.
        if is_listed(field.name) && !field.is("x-log-date") {
            headers.push(field);
            is_sha256 |= field.is("x-log-signaturemethod") && field.value == b"hmac-sha256";
        } else if field.is("content-md5") {
            md5 = field.value;
        } else if field.is("content-type") {
            content_type = field.value;
        } else if field.is("date") {
            date = field.value;
        }
    }
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));
    let mut query = workspace.take_parameters();
    query.extend(covered.query);
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.compare_values(b)));

    let text = &mut workspace.string_to_sign;
    for line in [covered.method.as_bytes(), md5, content_type.trim_ascii(), date] {
        text.put(line);
        text.push(b'\n');
    }
    for field in headers.iter() {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    text.put(if covered.path.is_empty() { b"/" } else { covered.path });
    let mut separator = b'?';
    for parameter in query.iter() {
        text.push(separator);
        separator = b'&';
        put_decoded(text, parameter.name, parameter.spelling);
        text.push(b'=');
        put_decoded(text, parameter.value, parameter.spelling);
    }
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    let text = workspace.string_to_sign.as_bytes();
    if is_sha256 {
        Signature::Sha256(base64(key.plain_sha256(text)))
    } else {
        Signature::Sha1(base64(key.plain_sha1(text)))
    }
}

/// How long the body is where it is not compressed: Log Service wants to be told, and of a request that nobody signed only
/// we can tell. `None`: the caller has said, or it is not known.
fn raw_size(unsigned: &Unsigned<'_>) -> Option<u64> {
    let says = |name: &str| unsigned.headers.iter().any(|field| field.is(name));
    if says("x-log-bodyrawsize") || says("x-log-compresstype") {
        return None;
    }
    match (unsigned.payload, unsigned.framing) {
        (Payload::Held(body), _) => Some(body.len() as u64),
        (_, Framing::Length(length)) => Some(length),
        (_, Framing::None) => Some(0),
        (_, Framing::Chunked) => None,
    }
}

/// Adds what an SDK would have said, to a request that nobody signed.
pub(super) fn push_unsaid<'a, const N: usize>(
    added: &mut Few<Field<'a>, N>,
    unsigned: &Unsigned<'a>,
    digits: &'a mut [u8; 20],
) {
    let Some(version) = unsigned.add_version else { return };
    if !unsigned.headers.iter().any(|field| field.is("x-log-apiversion")) {
        added.push(Field::new("x-log-apiversion", version));
    }
    if let Some(size) = raw_size(unsigned) {
        added.push(Field::new("x-log-bodyrawsize", decimal(size, digits)));
    }
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = calendar::imf(moment.unix_seconds);
    let has = |name: &str| unsigned.headers.iter().any(|field| field.is(name));
    let mut digits = [0; 20];
    let mut added: Few<Field<'_>, 5> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", &date));
    push_unsaid(&mut added, unsigned, &mut digits);
    if !has("x-log-signaturemethod") {
        added.push(Field::new("x-log-signaturemethod", b"hmac-sha1"));
    }
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-acs-security-token", token.expose().as_bytes()));
    }
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"LOG ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(signature.as_bytes());
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
