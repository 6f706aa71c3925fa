//! `Authorization: FC …`, Function Compute's signature version 1. The body is covered by a `Content-MD5` that the caller sent,
//! or not at all: it streams.
//!
//! ```text
//! StringToSign = METHOD \n Content-MD5 \n Content-Type \n Date \n Headers Path [Lines]
//! Headers      = name ":" value \n, sorted, of x-fc-*
//! Path         = the path, decoded
//! Lines        = of a request to an HTTP trigger: \n, and name "=" value of each parameter, decoded, sorted as whole lines,
//!                joined with \n
//! Signature    = base64(HMAC-SHA256(secret, StringToSign))
//! ```

use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling};

/// What the paths of an account's HTTP triggers begin with.
pub const TRIGGERS: &[u8] = b"/2016-08-15/proxy/";

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query, of a request to a trigger. `None`: another, whose query is not covered.
    pub query: Option<&'a [Parameter<'a>]>,
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {:?} parameters)", self.method, self.query.map(<[_]>::len))
    }
}

/// The signature over exactly what is given. Leaves the string-to-sign in the workspace; there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 44] {
    const LINES: [&str; 3] = ["content-md5", "content-type", "date"];
    workspace.clear();
    let mut headers = workspace.take_headers();
    let mut lines: [&[u8]; LINES.len()] = [b""; LINES.len()];
    for field in covered.headers {
        if field.name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-fc-")) {
            headers.push(field);
        } else if let Some((line, _)) = lines.iter_mut().zip(LINES).find(|(_, name)| field.is(name)) {
            *line = field.value.trim_ascii();
        }
    }
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));

    let text = &mut workspace.string_to_sign;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    for line in lines {
        text.put(line);
        text.push(b'\n');
    }
    for field in headers.iter() {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    workspace.put_headers(headers);
    let path = if covered.path.is_empty() { b"/" } else { covered.path };
    put_decoded(&mut workspace.string_to_sign, path, Spelling::Path);
    if let Some(query) = covered.query {
        put_lines(workspace, query);
    }
    base64(key.plain_sha256(workspace.string_to_sign.as_bytes()))
}

/// Writes a line a parameter. Where there is none, the line end before them stands all the same.
fn put_lines<'a>(workspace: &mut Workspace, query: &'a [Parameter<'a>]) {
    let mut sorted = workspace.take_parameters();
    sorted.extend_joined(query);
    sorted.sort(.., |a, b| a.joined().cmp(b.joined()));
    let text = &mut workspace.string_to_sign;
    if query.is_empty() {
        text.push(b'\n');
    }
    for parameter in sorted.iter() {
        text.push(b'\n');
        put_decoded(text, parameter.name, parameter.spelling);
        text.push(b'=');
        put_decoded(text, parameter.value, parameter.spelling);
    }
    workspace.put_parameters(sorted);
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = calendar::imf(moment.unix_seconds);
    let mut added: Few<Field<'_>, 2> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-fc-security-token", token.expose().as_bytes()));
    }
    let is_trigger = unsigned.path.starts_with(TRIGGERS) || super::fc_trigger::is_at(unsigned.endpoint);
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: is_trigger.then_some(unsigned.query),
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"FC ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
