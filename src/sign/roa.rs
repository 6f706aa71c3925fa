//! ROA signature version 1.0, OpenAPI's "V2 signature" for calls by path: HMAC-SHA1 over a few headers, path and query.
//!
//! ```text
//! StringToSign  = METHOD \n Accept \n Content-MD5 \n Content-Type \n Date \n
//!                 name ":" value \n                 of each x-acs- header, sorted by name
//!                 path [ "?" name [ "=" value ] joined with "&", sorted by name ]     decoded, and not encoded again
//! Signature     = base64(HMAC-SHA1(AccessKeySecret, StringToSign))
//! Authorization = "acs " AccessKeyId ":" Signature
//! ```
//!
//! A header that is not there leaves its line empty. The body is covered by the caller's `Content-MD5` alone.

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
    const LINES: [&str; 4] = ["accept", "content-md5", "content-type", "date"];
    workspace.clear();
    let mut headers = workspace.take_headers();
    let mut lines: [&[u8]; LINES.len()] = [b""; LINES.len()];
    for field in covered.headers {
        if field.name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-acs-")) {
            headers.push(field);
        } else if let Some((line, _)) = lines.iter_mut().zip(LINES).find(|(_, name)| field.is(name)) {
            *line = field.value.trim_ascii();
        }
    }
    headers.sort_stably(Field::compare_names);
    let mut query = workspace.take_parameters();
    query.extend(covered.query);
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.compare_values(b)));

    let text = &mut workspace.string_to_sign;
    text.put(covered.method.as_bytes());
    for line in lines {
        text.push(b'\n');
        text.put(line);
    }
    for (field, continues) in headers.runs(Field::has_name_of) {
        if continues {
            // Equal values only: different ones are refused.
            text.push(b',');
        } else {
            text.push(b'\n');
            text.put_lower(field.name);
            text.push(b':');
        }
        text.put(field.value.trim_ascii());
    }
    text.push(b'\n');
    let path = if covered.path.is_empty() { b"/" } else { covered.path };
    put_decoded(text, path, Spelling::Path);
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
    let mut added: Few<Field<'_>, 8> = Few::new(Field::EMPTY);
    for (name, value) in [("x-acs-action", unsigned.add_action), ("x-acs-version", unsigned.add_version)] {
        if let Some(value) = value {
            added.push(Field::new(name, value));
        }
    }
    added.push(Field::new("Date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-acs-accesskey-id", identity.access_key_id.as_bytes()));
        added.push(Field::new("x-acs-security-token", token.expose().as_bytes()));
    }
    added.push(Field::new("x-acs-signature-method", b"HMAC-SHA1"));
    added.push(Field::new("x-acs-signature-nonce", moment.nonce.as_bytes()));
    added.push(Field::new("x-acs-signature-version", b"1.0"));
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"acs ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
