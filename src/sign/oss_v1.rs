//! `Authorization: OSS …`, OSS's signature V1, for installations that do not take V4. The body is never covered: it
//! streams.
//!
//! ```text
//! StringToSign = METHOD \n Content-MD5 \n Content-Type \n Date \n x-oss-* headers, name:value \n each \n Resource
//! Resource     = /BUCKET/KEY ?sub-resources, decoded, sorted, joined with &
//! Signature    = base64(HMAC-SHA1(secret, StringToSign))
//! ```
//!
//! Which parameters are sub-resources is a list that differs in every official SDK (`sub_resources.rs`).

use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::sorted::Parameters;
use super::sub_resources::is_sub_resource;
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling};

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The bucket. `None`: a call of the service.
    pub bucket: Option<&'a str>,
    /// The path as it goes on the wire, without the bucket.
    pub path: &'a [u8],
    /// Every piece of the query; those that are signed are picked.
    pub query: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked. `Date` is one of them, unless
    /// there is an `x-oss-date`.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

fn is_oss(name: &[u8]) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-oss-"))
}

/// The signature over exactly what is given. Leaves its text in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let (mut md5, mut content_type, mut date, mut oss_date): (&[u8], &[u8], &[u8], &[u8]) =
        (b"", b"", b"", b"");
    for field in covered.headers {
        if is_oss(field.name) {
            headers.push(field);
            if field.is("x-oss-date") {
                oss_date = field.value;
            }
        } else if field.is("content-md5") {
            md5 = field.value;
        } else if field.is("content-type") {
            content_type = field.value;
        } else if field.is("date") {
            date = field.value;
        }
    }
    headers.sort_stably(Field::compare_names);
    let mut query = workspace.take_parameters();
    query.extend_where(covered.query, is_sub_resource);
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.compare_values(b)));

    let text = &mut workspace.string_to_sign;
    let date = if oss_date.is_empty() { date } else { oss_date };
    for line in [covered.method.as_bytes(), md5, content_type, date] {
        text.put(line);
        text.push(b'\n');
    }
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
        }
        text.put(field.value.trim_ascii());
        is_first = false;
    }
    if !is_first {
        text.push(b'\n');
    }
    text.push(b'/');
    if let Some(bucket) = covered.bucket {
        text.put(bucket.as_bytes());
        text.push(b'/');
    }
    put_decoded(text, covered.path.strip_prefix(b"/").unwrap_or(covered.path), Spelling::Path);
    write_sub_resources(text, &query);
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    base64(key.plain_sha1(workspace.string_to_sign.as_bytes()))
}

fn write_sub_resources(text: &mut Text, query: &Parameters<'_>) {
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
        added.push(Field::new("x-oss-security-token", token.expose().as_bytes()));
    }
    let covered = Covered {
        method: unsigned.method,
        bucket: unsigned.endpoint.tenant(),
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(b"OSS ");
        out.put(identity.access_key_id.as_bytes());
        out.push(b':');
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `countersign sign` reads no settings of products, so the page's example is held to the signer itself.
    #[test]
    fn the_worked_example_of_the_page_is_what_is_signed() {
        use hmac::{Hmac, KeyInit, Mac};

        let page = include_str!("../../docs/signing.md").split_once("\n## OSS V1\n").unwrap().1;
        let section = page.split("\n## ").next().unwrap();
        let example = section.split_once("makes of it:\n\n```\n").unwrap().1.split_once("\n```").unwrap().0;
        let (shown, signature) = example.rsplit_once('\n').unwrap();
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"testsecret").unwrap();
        mac.update(shown.as_bytes());
        assert_eq!(data_encoding::BASE64.encode(&mac.finalize().into_bytes()), signature);
        let query: Vec<Parameter<'_>> = crate::wire::parameters(b"acl").collect();
        let date = Field { name: b"Date", value: b"Sat, 31 Jan 2026 12:00:00 GMT" };
        let covered = Covered {
            method: "GET",
            bucket: Some("examplebucket"),
            path: b"/report.pdf",
            query: &query,
            headers: std::iter::once(&date),
        };
        let mut workspace = Workspace::default();
        let key = Key::absorb(crate::secret::Secret::new("testsecret".to_owned()));
        assert_eq!(super::signature(covered, &key, &mut workspace), signature.as_bytes());
        assert_eq!(workspace.string_to_sign(), shown.as_bytes());
    }
}
