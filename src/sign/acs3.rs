//! `ACS3-HMAC-SHA256`, OpenAPI's signature "V3".
//!
//! ```text
//! CanonicalRequest = METHOD \n CanonicalURI \n CanonicalQuery \n CanonicalHeaders \n SignedHeaders \n PayloadHash
//! StringToSign     = "ACS3-HMAC-SHA256" \n hex(SHA256(CanonicalRequest))
//! Signature        = hex(HMAC-SHA256(AccessKeySecret, StringToSign))
//! ```

use std::fmt;

use super::digest::sha256;
use super::encode::{hex, write_pair};
use super::head::{self, Additions, Few};
use super::sorted::Headers;
use super::text::Text;
use super::{EMPTY_HASH, Identity, Key, Payload, Unsignable, Unsigned, Workspace};
use crate::names::Moment;
use crate::wire::{Field, Parameter, Signed};

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every piece of the query.
    pub query: &'a [Parameter<'a>],
    /// Exactly the headers to be signed, in any order.
    pub headers: H,
    /// The lower-case hexadecimal SHA-256 of the body.
    pub payload_hash: &'a [u8],
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// Whether the scheme signs a header: `host`, `content-type` and every `x-acs-*`.
pub fn covers(name: &[u8]) -> bool {
    match name.first() {
        Some(b'x' | b'X') => name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-acs-")),
        Some(b'c' | b'C') => name.eq_ignore_ascii_case(b"content-type"),
        Some(b'h' | b'H') => name.eq_ignore_ascii_case(b"host"),
        _ => false,
    }
}

/// What makes a signature of the string-to-sign: ACS3's key, or ACS4's in its scope.
pub(super) trait Proof {
    /// The first line of the string-to-sign, and the first word of `Authorization`.
    const ALGORITHM: &'static [u8];

    /// The MAC.
    fn mac(&self, string_to_sign: &[u8]) -> [u8; 32];

    /// Writes what follows the AccessKey's id in `Credential`.
    fn write_scope(&self, out: &mut Text);

    /// Writes the path as the canonical request has it.
    fn write_path(&self, out: &mut Text, path: &[u8]) {
        out.put(path);
    }
}

impl Proof for Key {
    const ALGORITHM: &'static [u8] = b"ACS3-HMAC-SHA256";

    fn mac(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.acs3(string_to_sign)
    }

    fn write_scope(&self, _: &mut Text) {}
}

/// The signature over exactly what is given. Leaves its texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 64] {
    proven(covered, key, workspace)
}

/// The same with any proof.
pub(super) fn proven<'a, P: Proof>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    proof: &P,
    workspace: &mut Workspace,
) -> [u8; 64] {
    workspace.clear();
    let mut query = workspace.take_parameters();
    query.extend(covered.query);
    query.sort(.., |a, b| a.compare_names(b).then_with(|| a.compare_values(b)));
    let mut headers = workspace.take_headers();
    covered.headers.for_each(|field| headers.push(field));
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.trim_ascii().cmp(b.value.trim_ascii())));

    let text = &mut workspace.canonical;
    text.put(covered.method.as_bytes());
    text.push(b'\n');
    proof.write_path(text, if covered.path.is_empty() { b"/" } else { covered.path });
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

    workspace.string_to_sign.put(P::ALGORITHM);
    workspace.string_to_sign.push(b'\n');
    workspace.string_to_sign.put(&hex(sha256(workspace.canonical.as_bytes())));
    workspace.put_parameters(query);
    workspace.put_headers(headers);
    hex(proof.mac(workspace.string_to_sign.as_bytes()))
}

/// Writes `name:value LF` per name, and collects the names. The values of lines that share one are joined with `,` in
/// their order, as the SDKs do; that happens for equal values only, since different ones are refused.
fn write_headers(text: &mut Text, headers: &Headers<'_>, names: &mut Text) {
    // The names first: all together are put in lower case in a third of the time that each by itself takes.
    for (field, _) in headers.runs(Field::has_name_of).filter(|(_, continues)| !continues) {
        names.put(field.name);
        names.push(b';');
    }
    names.truncate(names.len().saturating_sub(1));
    names.make_lower();
    let mut rest = names.as_bytes();
    for (at, (field, continues)) in headers.runs(Field::has_name_of).enumerate() {
        if continues {
            text.push(b',');
        } else {
            if at > 0 {
                text.push(b'\n');
            }
            let (name, after) = rest.split_at_checked(field.name.len()).unwrap_or_default();
            text.put(name);
            text.push(b':');
            rest = after.get(1..).unwrap_or_default();
        }
        text.put(field.value.trim_ascii());
    }
    if headers.len() > 0 {
        text.push(b'\n');
    }
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    work: (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    sign_with(identity.key, unsigned, identity, moment, work)
}

/// The same with any proof.
pub(super) fn sign_with<P: Proof>(
    proof: &P,
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let computed;
    let payload_hash = match unsigned.payload {
        Payload::Held([]) => EMPTY_HASH,
        Payload::Held(body) => {
            computed = hex(sha256(body));
            &computed[..]
        }
        Payload::Hashed(hash) => hash,
        Payload::Streamed => return Err(Unsignable::BodyNotHeld),
    };
    let date = workspace.iso(moment.unix_seconds);
    let mut added: Few<Field<'_>, 7> = Few::new(Field::EMPTY);
    let named = [("x-acs-action", unsigned.add_action), ("x-acs-version", unsigned.add_version)];
    for (name, value) in named {
        if let Some(value) = value {
            added.push(Field::new(name, value));
        }
    }
    // In the order that they are signed in, so that little is left to sort.
    if identity.security_token.is_some() {
        // Every SDK sends the id beside the token; without a token none does.
        added.push(Field::new("x-acs-accesskey-id", identity.access_key_id.as_bytes()));
    }
    added.push(Field::new("x-acs-content-sha256", payload_hash));
    added.push(Field::new("x-acs-date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-acs-security-token", token.expose().as_bytes()));
    }
    added.push(Field::new("x-acs-signature-nonce", moment.nonce.as_bytes()));

    let Unsigned { method, path, query, .. } = *unsigned;
    let host = [Field::new("host", unsigned.endpoint.host().as_bytes())];
    let sent = unsigned.headers.iter().filter(|field| covers(field.name));
    let headers = host.iter().chain(sent).chain(added.as_slice());
    let signature = proven(Covered { method, path, query, headers, payload_hash }, proof, workspace);

    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(P::ALGORITHM);
        out.put(b" Credential=");
        out.put(identity.access_key_id.as_bytes());
        proof.write_scope(out);
        out.put(b",SignedHeaders=");
        out.put(workspace.names.as_bytes());
        out.put(b",Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_hash_is_the_hash_of_nothing() {
        assert_eq!(EMPTY_HASH, hex(sha256(b"")));
    }
}
