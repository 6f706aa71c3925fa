//! `Authorization: MNS …`, version 2 of the signature of Simple Message Queue, which was MNS: HMAC-SHA1. The body is
//! covered by the caller's `Content-MD5` alone: it streams.
//!
//! ```text
//! StringToSign  = METHOD \n Content-MD5 \n Content-Type \n Date \n
//!                 name ":" value \n                 of each x-mns- header, sorted by name
//!                 path ["?" query]                  to the byte as they stand on the wire
//! Signature     = base64(HMAC-SHA1(AccessKeySecret, StringToSign))
//! Authorization = "MNS " AccessKeyId ":" Signature
//! ```
//!
//! As `aliyun-mns-sdk` 1.3.0 and `@alicloud/mns` 1.2.0 have it; they send for `Content-MD5` the base64 of its 32
//! hexadecimal digits. The security token goes beside the signature, uncovered.

use std::fmt;

use super::encode::base64;
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed};

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query, in the order of the wire.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: receipt handles and whatever else a caller thought fit to send may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// What differs between MNS and RocketMQ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// What `Authorization` begins with.
    pub(super) word: &'static [u8],
    /// How the headers begin that are signed.
    pub(super) prefix: &'static [u8],
    /// The header with the protocol's version.
    pub(super) version: &'static str,
    /// The header that some clients repeat the date in.
    pub(super) date: &'static str,
}

pub(super) const MNS: Form =
    Form { word: b"MNS ", prefix: b"x-mns-", version: "x-mns-version", date: "x-mns-date" };

/// The signature, in base64. Leaves the string-to-sign in the workspace; this scheme has no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    signature_of(MNS, covered, key, workspace)
}

pub(super) fn signature_of<'a>(
    form: Form,
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    const LINES: [&str; 3] = ["content-md5", "content-type", "date"];
    workspace.clear();
    let mut headers = workspace.take_headers();
    let mut lines: [&[u8]; LINES.len()] = [b""; LINES.len()];
    for field in covered.headers {
        if starts(field.name, form.prefix) {
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
    text.put(if covered.path.is_empty() { b"/" } else { covered.path });
    for (index, parameter) in covered.query.iter().enumerate() {
        text.push(if index == 0 { b'?' } else { b'&' });
        text.put(parameter.raw);
    }
    workspace.put_headers(headers);
    base64(key.plain_sha1(workspace.string_to_sign.as_bytes()))
}

pub(super) fn starts(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    work: (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    Ok(sign_as(MNS, unsigned, identity, moment, work))
}

pub(super) fn sign_as(
    form: Form,
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Signed {
    let date = calendar::imf(moment.unix_seconds);
    let added = added(form, unsigned, identity, &date);
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature_of(form, covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(form.word);
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    head::write(unsigned, additions, authorization, buffer)
}

/// The headers that go in, but for the proof. Either version of MNS has the same.
pub(super) fn added<'a>(
    form: Form,
    unsigned: &Unsigned<'a>,
    identity: &Identity<'a>,
    date: &'a [u8],
) -> Few<Field<'a>, 4> {
    let mut added: Few<Field<'_>, 4> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", date));
    if !unsigned.additional_headers.is_empty() {
        added.push(Field::new(form.date, date));
    }
    if let Some(version) = unsigned.add_version {
        added.push(Field::new(form.version, version));
    }
    if let Some(token) = identity.security_token {
        added.push(Field::new("security-token", token.expose().as_bytes()));
    }
    added
}
