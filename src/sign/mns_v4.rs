//! `MNS4-HMAC-SHA256`, version 4 of the signature of Simple Message Queue. The body is covered by the caller's
//! `Content-MD5` alone: it streams.
//!
//! ```text
//! Canonical     = METHOD \n enc/(path decoded) \n Query \n Headers \n
//! Query         = enc(name) ["=" enc(value)], names in lower case, both trimmed, sorted by name, joined with "&"
//! Headers       = name ":" value \n, sorted, of content-type, content-md5 and x-mns-*
//! StringToSign  = "MNS4-HMAC-SHA256" \n date as 20060102T150405Z \n Scope \n Canonical, which is not hashed
//! Signature     = hex(HMAC-SHA256(KEY4(secret, day, region, "mns"), StringToSign))
//! Authorization = "MNS4-HMAC-SHA256 Credential=" AccessKeyId "/" Scope ",Signature=" Signature
//! ```
//!
//! As the functions of `alibabacloud-gateway-mns` 0.0.3 have it. The time is that of `Date`, which is not covered itself.
//! The security token goes beside the signature, uncovered.

use std::cmp::Ordering;

use super::encode::{escaped, hex, percent_path};
use super::head::{self, Additions};
use super::mns::{self, Covered, MNS, starts};
use super::oss::write_scope;
use super::text::Text;
use super::{DayKey, Identity, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Field, Parameter, Signed, Spelling, decoded};

const ALGORITHM: &[u8] = b"MNS4-HMAC-SHA256";
/// The product's word in the scope.
pub const PRODUCT: &str = "mns";

fn covers(field: &Field<'_>) -> bool {
    starts(field.name, MNS.prefix) || field.is("content-type") || field.is("content-md5")
}

/// A text without the spaces at its ends, decoded.
fn trimmed(text: &[u8], spelling: Spelling) -> impl Iterator<Item = u8> + Clone {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let all = decoded(text, spelling);
    let end = all.clone().enumerate().filter(|(_, byte)| !is_space(byte)).last().map_or(0, |(at, _)| at + 1);
    all.take(end).skip_while(move |byte| is_space(byte))
}

/// A name as it stands in the canonical form.
fn name<'a>(parameter: &Parameter<'a>) -> impl Iterator<Item = u8> + use<'a> {
    escaped(trimmed(parameter.name, parameter.spelling).map(|byte| byte.to_ascii_lowercase()))
}

fn value<'a>(parameter: &Parameter<'a>) -> impl Iterator<Item = u8> + use<'a> {
    escaped(trimmed(parameter.value, parameter.spelling))
}

fn compare(one: &Parameter<'_>, other: &Parameter<'_>) -> Ordering {
    name(one).cmp(name(other)).then_with(|| value(one).cmp(value(other)))
}

/// The signature over exactly what is given. `date` is the time of the header `Date`, as `20060102T150405Z`. Leaves its
/// texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    (date, region): ([u8; 16], &str),
    key: &DayKey,
    workspace: &mut Workspace,
) -> [u8; 64] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    covered.headers.filter(|field| covers(field)).for_each(|field| headers.push(field));
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));
    let mut query = workspace.take_parameters();
    query.extend_unkeyed(covered.query);
    query.sort(.., compare);

    let text = &mut workspace.canonical;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    percent_path(text, if covered.path.is_empty() { b"/" } else { covered.path });
    text.push(b'\n');
    for (at, parameter) in query.iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        name(parameter).for_each(|byte| text.push(byte));
        let mut value = value(parameter).peekable();
        if value.peek().is_some() {
            text.push(b'=');
            value.for_each(|byte| text.push(byte));
        }
    }
    text.push(b'\n');
    for field in headers.iter() {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    text.push(b'\n');

    let text = &mut workspace.string_to_sign;
    text.put(ALGORITHM);
    text.push(b'\n');
    text.put(&date);
    text.push(b'\n');
    write_scope(text, &date, region, PRODUCT);
    text.push(b'\n');
    text.put(workspace.canonical.as_bytes());
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    hex(key.mac(workspace.string_to_sign.as_bytes()))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?.id();
    let day_key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
    let (date, on_the_wire) = (calendar::iso_basic(moment.unix_seconds), calendar::imf(moment.unix_seconds));
    let added = mns::added(MNS, unsigned, identity, &on_the_wire);
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, (date, region), day_key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(ALGORITHM);
        out.put(b" Credential=");
        out.put(identity.access_key_id.as_bytes());
        out.push(b'/');
        write_scope(out, &date, region, PRODUCT);
        out.put(b",Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
