//! `AWS4-HMAC-SHA256`, the signature of OSS's S3-compatible dialect. The body is never covered: it streams.
//!
//! ```text
//! CanonicalRequest = METHOD \n ENC/(path) \n Query \n Headers \n SignedHeaders \n x-amz-content-sha256
//! StringToSign     = "AWS4-HMAC-SHA256" \n x-amz-date \n Scope \n hex(SHA256(CanonicalRequest))
//! Scope            = day/oss-REGION/s3/aws4_request
//! Signature        = hex(HMAC-SHA256(KEY("AWS4" + secret, Scope), StringToSign))
//! ```
//!
//! Amazon's rules for S3: the path is encoded once and not tidied, runs of spaces in a header's value count as one, and a
//! parameter without a value keeps its `=`.

use std::fmt;

use md5::{Digest, Md5};

use super::digest::sha256;
use super::encode::{base64, hex, percent_path, write_pair};
use super::head::{self, Additions, Few};
use super::oss::compare_encoded;
use super::sorted::Headers;
use super::text::Text;
use super::{DayKey, Identity, Payload, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, Region, calendar};
use crate::wire::{Field, NameSet, Parameter, Signed};

const ALGORITHM: &[u8] = b"AWS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD: &[u8] = b"UNSIGNED-PAYLOAD";
/// The product's word in the scope.
pub const PRODUCT: &str = "s3";

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, `Host` included, in any order; those that are signed are picked.
    pub headers: H,
    /// The value of `x-amz-content-sha256`.
    pub payload_hash: &'a [u8],
    /// The value of `x-amz-date`.
    pub date: [u8; 16],
    /// The region as the scope spells it.
    pub region: &'a str,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// The region in the scope. Both this and the bare id are used with OSS; this one is known to be taken.
pub fn region(region: Region) -> String {
    format!("oss-{region}")
}

/// Headers that no SDK signs, because something on the way may change them.
fn covers(name: &[u8]) -> bool {
    static NOT_SIGNED: NameSet = NameSet::new(&[
        "authorization",
        "connection",
        "content-length",
        "expect",
        "transfer-encoding",
        "user-agent",
        "x-amzn-trace-id",
    ]);
    !NOT_SIGNED.holds(name)
}

/// The signature over exactly what is given. Leaves its texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &DayKey,
    workspace: &mut Workspace,
) -> [u8; 64] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    covered.headers.filter(|field| covers(field.name)).for_each(|field| headers.push(field));
    headers.sort_stably(Field::compare_names);
    let mut query = workspace.take_parameters();
    query.extend_encoded(covered.query);
    query.sort(.., |a, b| {
        compare_encoded((a.name, a.spelling), (b.name, b.spelling))
            .then_with(|| compare_encoded((a.value, a.spelling), (b.value, b.spelling)))
    });

    let text = &mut workspace.canonical;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    percent_path(text, if covered.path.is_empty() { b"/" } else { covered.path });
    text.push(b'\n');
    for (index, parameter) in query.iter().enumerate() {
        if index > 0 {
            text.push(b'&');
        }
        write_pair(text, parameter);
    }
    text.push(b'\n');
    write_headers(text, &headers, &mut workspace.names);
    text.push(b'\n');
    text.put(workspace.names.as_bytes());
    text.push(b'\n');
    text.put(covered.payload_hash);

    let text = &mut workspace.string_to_sign;
    text.put(ALGORITHM);
    text.push(b'\n');
    text.put(&covered.date);
    text.push(b'\n');
    write_scope(text, &covered.date, covered.region);
    text.push(b'\n');
    text.put(&hex(sha256(workspace.canonical.as_bytes())));
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    hex(key.mac(workspace.string_to_sign.as_bytes()))
}

/// Writes `name:value LF` per name; lines of one name are joined with `,`. Collects the names.
fn write_headers(text: &mut Text, headers: &Headers<'_>, names: &mut Text) {
    let mut is_first = true;
    for (field, continues) in headers.runs(Field::has_name_of) {
        if continues {
            text.push(b',');
        } else {
            if !is_first {
                text.push(b'\n');
                names.push(b';');
            }
            text.put_lower(field.name);
            text.push(b':');
            names.put_lower(field.name);
        }
        let mut words = field.value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        text.put(words.next().unwrap_or_default());
        for word in words {
            text.push(b' ');
            text.put(word);
        }
        is_first = false;
    }
    if !is_first {
        text.push(b'\n');
    }
}

fn write_scope(out: &mut Text, date: &[u8; 16], region: &str) {
    out.put(date.get(..8).unwrap_or_default());
    out.push(b'/');
    out.put(region.as_bytes());
    out.put(b"/s3/aws4_request");
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?.id();
    let day_key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
    let date = calendar::iso_basic(moment.unix_seconds);
    let mut spelled = [0; 64];
    let region = spell(region, &mut spelled).ok_or(Unsignable::NoRegion)?;
    // A body is held for this alone: OSS demands it of DeleteObjects, and SDKs send it no more.
    let md5: [u8; 24] = match unsigned.payload {
        Payload::Held(body) => base64::<16, 24>(Md5::digest(body).into()),
        Payload::Hashed(_) | Payload::Streamed => [0; 24],
    };
    let mut added: Few<Field<'_>, 4> = Few::new(Field::EMPTY);
    added.push(Field::new("x-amz-date", &date));
    added.push(Field::new("x-amz-content-sha256", UNSIGNED_PAYLOAD));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-amz-security-token", token.expose().as_bytes()));
    }
    let has_md5 = unsigned.headers.iter().any(|field| field.is("content-md5"));
    if !has_md5 && matches!(unsigned.payload, Payload::Held(body) if !body.is_empty()) {
        added.push(Field::new("Content-MD5", &md5));
    }
    let host = [Field::new("host", unsigned.endpoint.host().as_bytes())];
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: host.iter().chain(unsigned.headers).chain(added.as_slice()),
        payload_hash: UNSIGNED_PAYLOAD,
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
        write_scope(out, &date, region);
        out.put(b", SignedHeaders=");
        out.put(workspace.names.as_bytes());
        out.put(b", Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}

/// [`region`] without an allocation.
fn spell<'a>(region: &str, buffer: &'a mut [u8; 64]) -> Option<&'a str> {
    let end = 4 + region.len();
    buffer.get_mut(..4)?.copy_from_slice(b"oss-");
    buffer.get_mut(4..end)?.copy_from_slice(region.as_bytes());
    std::str::from_utf8(buffer.get(..end)?).ok()
}
