//! `Authorization: Dataplus …`, the signature of the Dataplus gateways (DTplus): HMAC-SHA1 over the body's MD5.
//!
//! ```text
//! StringToSign = METHOD \n Accept \n BodyMD5 \n Content-Type \n Date [\n Target]
//! BodyMD5      = base64(MD5(body)), or nothing where there is no body
//! Target       = path and query as on the wire, at the dtplus- hosts alone
//! Signature    = base64(HMAC-SHA1(secret, StringToSign))
//! ```
//!
//! No header carries the MD5. Speech recognition at `nlsapi.aliyun.com` hashes the text of that MD5 once more.

use std::fmt;

use md5::{Digest, Md5};

use super::encode::base64;
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Payload, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed};

/// How a gateway reads a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// With the target in the last line.
    Dtplus,
    /// Without it.
    Short,
    /// Without it, and the body hashed twice.
    Recognition,
}

impl Dialect {
    /// That of a host, and of a path there.
    pub fn of(host: &str, path: &[u8]) -> Self {
        match host {
            "nlsapi.aliyun.com" if path == b"/recognize" => Self::Recognition,
            "nlsapi.aliyun.com" | "shujuapi.aliyun.com" => Self::Short,
            _ => Self::Dtplus,
        }
    }
}

/// What one signature covers.
pub struct Covered<'a, H> {
    /// How it is read.
    pub dialect: Dialect,
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query, in the order of the wire.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request; those that are signed are picked.
    pub headers: H,
    /// The body, in whatever encoding it is sent.
    pub body: &'a [u8],
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: the caller's parameters may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {:?}, {} bytes)", self.method, self.dialect, self.body.len())
    }
}

/// The signature over exactly what is given. Leaves the string-to-sign in the workspace; there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    const LINES: [&str; 3] = ["accept", "content-type", "date"];
    workspace.clear();
    let mut lines: [&[u8]; LINES.len()] = [b""; LINES.len()];
    for field in covered.headers {
        if let Some((line, _)) = lines.iter_mut().zip(LINES).find(|(_, name)| field.is(name)) {
            *line = field.value;
        }
    }
    let [accept, content_type, date] = lines;
    let mut md5: [u8; 24] = base64::<16, 24>(Md5::digest(covered.body).into());
    if covered.dialect == Dialect::Recognition {
        md5 = base64::<16, 24>(Md5::digest(md5).into());
    }
    let md5: &[u8] = if covered.body.is_empty() { b"" } else { &md5 };
    let text = &mut workspace.string_to_sign;
    text.put(covered.method.as_bytes());
    for line in [accept, md5, content_type, date] {
        text.push(b'\n');
        text.put(line);
    }
    if covered.dialect == Dialect::Dtplus {
        text.push(b'\n');
        text.put(if covered.path.is_empty() { b"/" } else { covered.path });
        let mut separator = b'?';
        for parameter in covered.query {
            text.push(separator);
            separator = b'&';
            text.put(parameter.raw);
        }
    }
    base64(key.plain_sha1(workspace.string_to_sign.as_bytes()))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    if identity.security_token.is_some() {
        return Err(Unsignable::Token);
    }
    let Payload::Held(body) = unsigned.payload else { return Err(Unsignable::BodyNotHeld) };
    let date = calendar::imf(moment.unix_seconds);
    let mut added: Few<Field<'_>, 1> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", &date));
    let covered = Covered {
        dialect: Dialect::of(unsigned.endpoint.host().as_str(), unsigned.path),
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
        body,
    };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"Dataplus ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
