//! `OSS4-HMAC-SHA256` in a header, OSS's signature V4. The body is never covered: it streams.
//!
//! ```text
//! CanonicalRequest = METHOD \n ENC/(/BUCKET/KEY) \n Query \n Headers \n AdditionalHeaders \n UNSIGNED-PAYLOAD
//! StringToSign     = "OSS4-HMAC-SHA256" \n x-oss-date \n Scope \n hex(SHA256(CanonicalRequest))
//! Signature        = hex(HMAC-SHA256(KEY4(secret, day, region, product), StringToSign))
//! ```

use std::fmt;

use std::cmp::Ordering;

use super::digest::sha256;
use super::encode::{encoded, hex, percent_path, put_percent, write_pair};
use super::head::{self, Additions, Few};
use super::sorted::Headers;
use super::text::Text;
use super::{DayKey, Identity, Unsignable, Unsigned, Workspace};
use crate::names::{Endpoint, Moment, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling, decoded};

const ALGORITHM: &[u8] = b"OSS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD: &[u8] = b"UNSIGNED-PAYLOAD";
/// The product's word in the scope.
pub const PRODUCT: &str = "oss";
/// The same of OSS tables.
pub const TABLES: &str = "osstables";

/// What the path of the canonical request begins with.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// A bucket. `None`: a call of the service.
    Bucket(Option<&'a str>),
    /// A bucket of vectors, as the host names it: the bucket, a dash, the account's number.
    Vectors(Option<&'a str>),
    /// A bucket of tables by its resource name, as far as the path holds it, `/` not encoded. `None`: there is none.
    Tables(Option<&'a [u8]>),
}

impl<'a> Resource<'a> {
    /// What an endpoint and a path are about.
    fn of(endpoint: &'a Endpoint, path: &'a [u8]) -> Self {
        match endpoint.product().code {
            "oss-vectors" => Self::Vectors(endpoint.tenant()),
            "oss-tables" => Self::Tables(table_bucket(path)),
            _ => Self::Bucket(endpoint.tenant()),
        }
    }

    /// Writes it up to where the path follows, which then begins without its slash.
    fn write(self, text: &mut Text, region: &str) {
        let account =
            |joined: Option<&'a str>| joined.and_then(|name| name.rsplit_once('-')).unwrap_or_default();
        match self {
            Self::Bucket(None) => text.push(b'/'),
            Self::Bucket(Some(bucket)) => {
                text.push(b'/');
                text.put(bucket.as_bytes());
                text.push(b'/');
            }
            Self::Vectors(joined) => {
                let (bucket, account) = account(joined);
                for part in ["/acs%3Aossvector%3A", region, "%3A", account, "%3A", bucket, "/"] {
                    text.put(part.as_bytes());
                }
            }
            Self::Tables(None) => {
                for part in ["/acs%3Aosstables%3A", region, "%3A%3Abucket//"] {
                    text.put(part.as_bytes());
                }
            }
            Self::Tables(Some(arn)) => {
                text.push(b'/');
                percent_path(text, arn);
                text.push(b'/');
            }
        }
    }
}

/// The resource name of a bucket of tables in a path: `acs:osstables:REGION:ACCOUNT:bucket/NAME`, which is one segment
/// that is encoded, or two.
pub fn table_bucket(path: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    for segment in path.split(|&byte| byte == b'/') {
        let begins = decoded(segment, Spelling::Path).take(14).eq(*b"acs:osstables:");
        if begins {
            let holds_name = decoded(segment, Spelling::Path).any(|byte| byte == b'/');
            let rest = path.get(from..)?;
            let mut ends = rest.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
            let end = if holds_name { ends.next() } else { ends.nth(1) };
            return rest.get(..end.unwrap_or(rest.len()));
        }
        from += segment.len() + 1;
    }
    None
}

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The bucket, or what stands for one.
    pub resource: Resource<'a>,
    /// The path as it goes on the wire, without the bucket.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
    /// Names to be signed beside the usual ones, joined with `;`, in any order.
    pub additional_headers: &'a [u8],
    /// The value of `x-oss-date`.
    pub date: [u8; 16],
    /// The region's id.
    pub region: &'a str,
    /// The product's word in the scope.
    pub product: &'a str,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// Headers that are always signed when they are there.
fn covers(name: &[u8]) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-oss-"))
        || name.eq_ignore_ascii_case(b"content-type")
        || name.eq_ignore_ascii_case(b"content-md5")
}

/// The signature over exactly what is given. Leaves its texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &DayKey,
    workspace: &mut Workspace,
) -> [u8; 64] {
    workspace.clear();
    let listed = |name: &[u8]| {
        covered
            .additional_headers
            .split(|&byte| byte == b';')
            .any(|listed| listed.trim_ascii().eq_ignore_ascii_case(name))
    };
    let mut headers = workspace.take_headers();
    let signed = covered.headers.filter(|field| covers(field.name) || listed(field.name));
    signed.for_each(|field| headers.push(field));
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
    covered.resource.write(text, covered.region);
    percent_path(text, covered.path.strip_prefix(b"/").unwrap_or(covered.path));
    text.push(b'\n');
    for (index, parameter) in query.iter().enumerate() {
        if index > 0 {
            text.push(b'&');
        }
        if parameter.value.is_empty() {
            put_percent(text, parameter.name, parameter.spelling);
        } else {
            write_pair(text, parameter);
        }
    }
    text.push(b'\n');
    write_headers(text, &headers, &mut workspace.names);
    text.push(b'\n');
    text.put(workspace.names.as_bytes());
    text.push(b'\n');
    text.put(UNSIGNED_PAYLOAD);

    let text = &mut workspace.string_to_sign;
    text.put(ALGORITHM);
    text.push(b'\n');
    text.put(&covered.date);
    text.push(b'\n');
    write_scope(text, &covered.date, covered.region, covered.product);
    text.push(b'\n');
    text.put(&hex(sha256(workspace.canonical.as_bytes())));
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    hex(key.mac(workspace.string_to_sign.as_bytes()))
}

/// Orders by the encoded text. `%` sorts before every unreserved byte, so the decoded order would differ.
pub(super) fn compare_encoded(left: (&[u8], Spelling), right: (&[u8], Spelling)) -> Ordering {
    encoded(left.0, left.1).cmp(encoded(right.0, right.1))
}

/// Writes `name:value LF` per name; lines of one name are joined with `,`. Collects the additional names.
fn write_headers(text: &mut Text, headers: &Headers<'_>, additional: &mut Text) {
    let mut is_first = true;
    for (field, continues) in headers.runs(Field::has_name_of) {
        if continues {
            text.push(b',');
        } else {
            if !is_first {
                text.push(b'\n');
            }
            text.put_lower(field.name);
            text.push(b':');
            if !covers(field.name) {
                if additional.len() > 0 {
                    additional.push(b';');
                }
                additional.put_lower(field.name);
            }
        }
        text.put(field.value.trim_ascii());
        is_first = false;
    }
    if !is_first {
        text.push(b'\n');
    }
}

/// The scope of the V4 schemes: day, region, product.
pub(super) fn write_scope(out: &mut Text, date: &[u8; 16], region: &str, product: &str) {
    out.put(date.get(..8).unwrap_or_default());
    for part in [region, product, "aliyun_v4_request"] {
        out.push(b'/');
        out.put(part.as_bytes());
    }
}

/// The product's word in the scope of an endpoint.
pub fn product(endpoint: &Endpoint) -> &'static str {
    if endpoint.product().code == "oss-tables" { TABLES } else { PRODUCT }
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?.id();
    let day_key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
    let product = product(unsigned.endpoint);
    let date = calendar::iso_basic(moment.unix_seconds);
    let mut added: Few<Field<'_>, 3> = Few::new(Field::EMPTY);
    added.push(Field::new("x-oss-date", &date));
    added.push(Field::new("x-oss-content-sha256", UNSIGNED_PAYLOAD));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-oss-security-token", token.expose().as_bytes()));
    }

    // Signed if the caller's own signature listed it, and then as the host that goes out.
    let host = [Field::new("host", unsigned.endpoint.host().as_bytes())];
    let covered = Covered {
        method: unsigned.method,
        resource: Resource::of(unsigned.endpoint, unsigned.path),
        path: unsigned.path,
        query: unsigned.query,
        headers: host.iter().chain(unsigned.headers).chain(added.as_slice()),
        additional_headers: unsigned.additional_headers,
        date,
        region,
        product,
    };
    let signature = signature(covered, day_key, workspace);

    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(ALGORITHM);
        out.put(b" Credential=");
        out.put(identity.access_key_id.as_bytes());
        out.push(b'/');
        write_scope(out, &date, region, product);
        if workspace.names.len() > 0 {
            out.put(b",AdditionalHeaders=");
            out.put(workspace.names.as_bytes());
        }
        out.put(b",Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
