//! `Authorization: ODPS …`, MaxCompute's signature versions 2 and 4, which differ in the key alone. The body is covered by
//! a `Content-MD5` that the caller sent, or not at all: it streams.
//!
//! ```text
//! StringToSign = METHOD \n Content-MD5 \n Content-Type \n Date \n Headers Resource
//! Headers      = name ":" value \n, sorted by name, of x-odps-* headers and x-odps-* parameters
//! Resource     = path below the endpoint ["?" name ["=" value] joined with "&", sorted by name], decoded
//! version 2    = "ODPS " AccessKeyId ":" base64(HMAC-SHA1(secret, StringToSign))
//! version 4    = "ODPS " AccessKeyId "/" Scope ":" base64(HMAC-SHA1(KEY4(secret, day, region, "odps"), StringToSign))
//! Scope        = day "/" region "/odps/aliyun_v4_request"
//! ```
//!
//! The endpoint of `service.*` ends in `/api`, which is not signed; that of a tunnel, `dt.*`, has no path.

use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::oss::write_scope;
use super::text::Text;
use super::{DayKey, Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, Scheme, below_endpoint, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling};

/// The product's word in the scope of version 4.
pub const PRODUCT: &str = "odps";
const PREFIX: &[u8] = b"x-odps-";

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire, below that of the endpoint.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: the caller's parameters may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// The key that a version signs with.
#[derive(Clone, Copy, Debug)]
pub enum Keyed<'a> {
    /// The secret itself.
    V2(&'a Key),
    /// The key of a day, a region and this product.
    V4(&'a DayKey),
}

/// The signature over exactly what is given, in base64. `None`: the key is another product's. Leaves the string-to-sign in
/// the workspace; there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: Keyed<'_>,
    workspace: &mut Workspace,
) -> Option<[u8; 28]> {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let (mut md5, mut content_type, mut date) = (&b""[..], &b""[..], &b""[..]);
    for field in covered.headers {
        if field.name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)) {
            headers.push(field);
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
    for line in [covered.method.as_bytes(), md5.trim_ascii(), content_type.trim_ascii(), date] {
        text.put(line);
        text.push(b'\n');
    }
    // Two sorted lists, merged.
    let mut parameters = query.iter().filter(|parameter| is_own(parameter)).peekable();
    for field in headers.iter() {
        let comes_first = |parameter: &&Parameter<'_>| {
            parameter.decoded_name().lt(field.name.iter().map(u8::to_ascii_lowercase))
        };
        while let Some(parameter) = parameters.next_if(|parameter| comes_first(parameter)) {
            put_own(text, parameter);
        }
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    parameters.for_each(|parameter| put_own(text, parameter));
    put_decoded(text, covered.path, Spelling::Path);
    let mut separator = b'?';
    for parameter in query.iter() {
        text.push(separator);
        separator = b'&';
        put_decoded(text, parameter.name, parameter.spelling);
        if !parameter.value.is_empty() {
            text.push(b'=');
            put_decoded(text, parameter.value, parameter.spelling);
        }
    }
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    let text = workspace.string_to_sign.as_bytes();
    let mac = match key {
        Keyed::V2(key) => key.plain_sha1(text),
        Keyed::V4(key) => key.mac_sha1(text)?,
    };
    Some(base64(mac))
}

/// Whether a parameter is signed among the headers.
fn is_own(parameter: &Parameter<'_>) -> bool {
    parameter.decoded_name().take(PREFIX.len()).eq(PREFIX.iter().copied())
}

fn put_own(text: &mut Text, parameter: &Parameter<'_>) {
    put_decoded(text, parameter.name, parameter.spelling);
    text.push(b':');
    put_decoded(text, parameter.value, parameter.spelling);
    text.push(b'\n');
}

pub(super) fn sign(
    scheme: Scheme,
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = calendar::imf(moment.unix_seconds);
    let mut added: Few<Field<'_>, 2> = Few::new(Field::EMPTY);
    added.push(Field::new("Date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("authorization-sts-token", token.expose().as_bytes()));
    }
    let (key, region) = if scheme == Scheme::OdpsV4 {
        let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?;
        (Keyed::V4(identity.day_key.ok_or(Unsignable::NoDayKey)?), Some(region.id()))
    } else {
        (Keyed::V2(identity.key), None)
    };
    let path = if unsigned.path.is_empty() { b"/" } else { unsigned.path };
    let covered = Covered {
        method: unsigned.method,
        path: below_endpoint(unsigned.endpoint.host(), path),
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, key, workspace).ok_or(Unsignable::NoDayKey)?;
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"ODPS ");
        out.put(identity.access_key_id.as_bytes());
        if let Some(region) = region {
            out.push(b'/');
            write_scope(out, &calendar::iso_basic(moment.unix_seconds), region, PRODUCT);
        }
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
