//! `Authorization: DATAHUB …`, DataHub's signature: HMAC-SHA1 over its own headers, path and query. The body is not
//! covered: it streams.
//!
//! ```text
//! StringToSign  = METHOD \n Content-Type \n Date \n
//!                 name ":" value \n                 of each x-datahub- header, sorted by name
//!                 path [ "?" name [ "=" value ] joined with "&", sorted by name ]     decoded, and not encoded again
//! Signature     = base64(HMAC-SHA1(AccessKeySecret, StringToSign))
//! Authorization = "DATAHUB " AccessKeyId ":" Signature
//! ```
//!
//! As `pydatahub` 2.29.0 has it. Its SDKs send a `Content-Type` with every request; one that is not there leaves its line
//! empty.

use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling};

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

/// The signature, in base64. Leaves the string-to-sign in the workspace; this scheme has no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let (mut content_type, mut date) = (&b""[..], &b""[..]);
    for field in covered.headers {
        if field.name.get(..10).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-datahub-")) {
            headers.push(field);
        } else if field.is("content-type") {
            content_type = field.value;
        } else if field.is("date") {
            date = field.value;
        }
    }
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));
    let mut query = workspace.take_parameters();
    query.extend(covered.query);
    // The SDK keeps parameters of one name in their order, which is that of their places in the query.
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.raw.as_ptr().cmp(&b.raw.as_ptr())));

    let text = &mut workspace.string_to_sign;
    for line in [covered.method.as_bytes(), content_type.trim_ascii(), date] {
        text.put(line);
        text.push(b'\n');
    }
    for field in headers.iter() {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    put_decoded(text, if covered.path.is_empty() { b"/" } else { covered.path }, Spelling::Path);
    for (index, parameter) in query.iter().enumerate() {
        text.push(if index == 0 { b'?' } else { b'&' });
        put_decoded(text, parameter.name, parameter.spelling);
        if !parameter.value.is_empty() {
            text.push(b'=');
            put_decoded(text, parameter.value, parameter.spelling);
        }
    }
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    base64(key.plain_sha1(workspace.string_to_sign.as_bytes()))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = calendar::imf(moment.unix_seconds);
    let mut added: Few<Field<'_>, 3> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", &date));
    if let Some(version) = unsigned.add_version {
        added.push(Field::new("x-datahub-client-version", version));
    }
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-datahub-security-token", token.expose().as_bytes()));
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
        out.put(b"DATAHUB ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
