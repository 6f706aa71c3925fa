//! `X-Ca-Signature`, API Gateway's signature for apps: HMAC-SHA256 with an AppSecret, proved in headers of its own.
//!
//! ```text
//! StringToSign = METHOD \n Accept \n Content-MD5 \n Content-Type \n Date \n Headers Resource
//! Headers      = name ":" value \n, sorted, of x-ca-* and of the headers that the caller listed
//! Resource     = path as on the wire ["?" name ["=" value], decoded, sorted by name, joined with "&"]
//! Signature    = base64(HMAC-SHA256(AppSecret, StringToSign))
//! ```
//!
//! The parameters are those of the query and of a form; of a name that is there more than once, one value is signed: the
//! form's before the query's, and the first of either. The body is covered by a `Content-MD5` that the caller sent, or not at
//! all, unless it is a form.

use std::cmp::Ordering;
use std::fmt;

use super::encode::{base64, put_decoded};
use super::head::{self, Additions, Few};
use super::rpc::merged;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, decimal};
use crate::wire::{Field, Parameter, Signed, lists};

/// Headers with lines of their own, which are not listed again.
const LINES: [&str; 4] = ["accept", "content-md5", "content-type", "date"];

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// The fields of a form.
    pub form: &'a [Parameter<'a>],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
    /// The names that the caller wants signed beside `x-ca-*`, as it listed them.
    pub listed: &'a [u8],
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: the caller's parameters may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len() + self.form.len())
    }
}

/// The signature over exactly what is given. Leaves the string-to-sign and the names of the signed headers in the workspace;
/// there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 44] {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let mut lines: [&[u8]; LINES.len()] = [b""; LINES.len()];
    for field in covered.headers {
        let is_own = field.name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-ca-"));
        if let Some((line, _)) = lines.iter_mut().zip(LINES).find(|(_, name)| field.is(name)) {
            *line = field.value.trim_ascii();
        } else if is_own || lists(covered.listed, field.name) {
            headers.push(field);
        }
    }
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));

    let Workspace { string_to_sign: text, names, .. } = workspace;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    for line in lines {
        text.put(line);
        text.push(b'\n');
    }
    for field in headers.iter() {
        if names.len() > 0 {
            names.push(b',');
        }
        names.put_lower(field.name);
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    text.put(if covered.path.is_empty() { b"/" } else { covered.path });
    workspace.put_headers(headers);
    put_parameters(workspace, covered.query, covered.form);
    base64(key.plain_sha256(workspace.string_to_sign.as_bytes()))
}

/// Writes the parameters, one value of each name.
fn put_parameters<'a>(workspace: &mut Workspace, query: &'a [Parameter<'a>], form: &'a [Parameter<'a>]) {
    let mut all = workspace.take_parameters();
    all.extend(query);
    all.extend(form);
    all.sort(..query.len(), in_order);
    all.sort(query.len().., in_order);
    let text = &mut workspace.string_to_sign;
    let mut previous: Option<&Parameter<'_>> = None;
    for parameter in merged(all.iter().take(query.len()), all.iter().skip(query.len())) {
        if previous.is_some_and(|previous| previous.compare_names(parameter).is_eq()) {
            continue;
        }
        text.push(if previous.is_none() { b'?' } else { b'&' });
        put_decoded(text, parameter.name, parameter.spelling);
        if !parameter.value.is_empty() {
            text.push(b'=');
            put_decoded(text, parameter.value, parameter.spelling);
        }
        previous = Some(parameter);
    }
    workspace.put_parameters(all);
}

/// By name; the first of the wire first, which lies before the others in its list.
fn in_order(left: &Parameter<'_>, right: &Parameter<'_>) -> Ordering {
    let place = |parameter| std::ptr::from_ref::<Parameter<'_>>(parameter);
    left.compare_names(right).then_with(|| place(left).cmp(&place(right)))
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
    let mut digits = [0; 20];
    let milliseconds = u64::try_from(moment.unix_seconds).unwrap_or_default().saturating_mul(1000);
    let mut added: Few<Field<'_>, 6> = Few::new(Field::EMPTY);
    if !unsigned.headers.iter().any(|field| field.is("accept")) {
        // A server or a client in between that adds one would break the signature.
        added.push(Field::new("Accept", b"*/*"));
    }
    added.push(Field::new("x-ca-key", identity.access_key_id.as_bytes()));
    added.push(Field::new("x-ca-timestamp", decimal(milliseconds, &mut digits)));
    added.push(Field::new("x-ca-nonce", moment.nonce.as_bytes()));
    let host = [Field::new("host", unsigned.endpoint.host().as_bytes())];
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        query: unsigned.query,
        form: unsigned.form,
        headers: host.iter().chain(unsigned.headers).chain(added.as_slice()),
        listed: unsigned.additional_headers,
    };
    let signature = signature(covered, identity.key, workspace);
    added.push(Field::new("x-ca-signature-headers", workspace.names.as_bytes()));
    added.push(Field::new("x-ca-signature", &signature));
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    Ok(head::write(unsigned, additions, |_| {}, buffer))
}
