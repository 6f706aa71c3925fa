//! `x-ots-signature` and `x-ots-signaturev4`, Tablestore's signature versions 2 and 4. Both cover the body by its MD5.
//!
//! ```text
//! Text          = path as on the wire \n METHOD \n \n Headers
//! Headers       = name ":" value \n, sorted by name, of x-ots-* but for the signature itself
//! x-ots-signature   = base64(HMAC-SHA1(secret, Text))
//! x-ots-signaturev4 = base64(HMAC-SHA256(base64(KEY4(secret, x-ots-signdate, x-ots-signregion, "ots")), Text "ots"))
//! ```
//!
//! The key of version 4 is the base64 text, not what it stands for. The third line is the query, which no call has: one
//! that has is refused before. `Authorization` stands in answers alone.

use std::fmt;

use md5::{Digest, Md5};

use super::encode::base64;
use super::head::{self, Additions, Few};
use super::{DayKey, Identity, Key, Payload, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, Scheme, calendar};
use crate::wire::{Field, Signed};

/// The product's word in the scope of version 4, and the end of what it signs.
pub const PRODUCT: &str = "ots";
/// The prefix of every header of Tablestore's protocol.
const PREFIX: &[u8] = b"x-ots-";

/// What one signature covers.
pub struct Covered<'a, H> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// Every header of the request, in any order; those that are signed are picked.
    pub headers: H,
}

impl<H> fmt::Debug for Covered<'_, H> {
    /// Never what is covered: a token may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({})", self.method)
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

/// A signature in base64, of either version.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// HMAC-SHA1.
    V2([u8; 28]),
    /// HMAC-SHA256.
    V4([u8; 44]),
}

impl Signature {
    /// The text.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::V2(text) => text,
            Self::V4(text) => text,
        }
    }
}

/// Whether a header belongs to Tablestore's protocol, in any letter case.
pub(super) fn is_own(field: &Field<'_>) -> bool {
    field.name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// The signature over exactly what is given. Leaves the string-to-sign in the workspace; there is no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: Keyed<'_>,
    workspace: &mut Workspace,
) -> Signature {
    workspace.clear();
    let mut headers = workspace.take_headers();
    let is_signed =
        |field: &&Field<'_>| is_own(field) && !field.is("x-ots-signature") && !field.is("x-ots-signaturev4");
    covered.headers.filter(is_signed).for_each(|field| headers.push(field));
    headers.sort(.., |a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));

    let text = &mut workspace.string_to_sign;
    text.put(if covered.path.is_empty() { b"/" } else { covered.path });
    text.push(b'\n');
    text.put(covered.method.as_bytes());
    text.put(b"\n\n");
    for field in headers.iter() {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    if matches!(key, Keyed::V4(_)) {
        text.put(PRODUCT.as_bytes());
    }
    workspace.put_headers(headers);
    let text = workspace.string_to_sign.as_bytes();
    match key {
        Keyed::V2(key) => Signature::V2(base64(key.plain_sha1(text))),
        Keyed::V4(key) => Signature::V4(base64(key.mac(text))),
    }
}

pub(super) fn sign(
    scheme: Scheme,
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let iso = calendar::iso(moment.unix_seconds);
    // Tablestore wants milliseconds.
    let mut date = *b"0000-00-00T00:00:00.000Z";
    date.iter_mut().zip(iso).take(19).for_each(|(slot, byte)| *slot = byte);
    let day = calendar::day(moment.unix_seconds);
    let computed: [u8; 24];
    let md5 = match unsigned.payload {
        Payload::Held(body) => {
            computed = base64::<16, 24>(Md5::digest(body).into());
            &computed[..]
        }
        Payload::Hashed(hash) => hash,
        Payload::Streamed => return Err(Unsignable::BodyNotHeld),
    };
    let has = |name: &str| unsigned.headers.iter().any(|field| field.is(name));
    let mut added: Few<Field<'_>, 9> = Few::new(Field::EMPTY);
    if let Some(version) = unsigned.add_version {
        // Nobody signed it: what an SDK would have said.
        if !has("x-ots-apiversion") {
            added.push(Field::new("x-ots-apiversion", version));
        }
        if let Some(instance) = unsigned.endpoint.tenant().filter(|_| !has("x-ots-instancename")) {
            added.push(Field::new("x-ots-instancename", instance.as_bytes()));
        }
    }
    added.push(Field::new("x-ots-date", &date));
    added.push(Field::new("x-ots-accesskeyid", identity.access_key_id.as_bytes()));
    added.push(Field::new("x-ots-contentmd5", md5));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-ots-ststoken", token.expose().as_bytes()));
    }
    let (name, key) = if scheme == Scheme::OtsV4 {
        let region = unsigned.endpoint.region().ok_or(Unsignable::NoRegion)?;
        added.push(Field::new("x-ots-signdate", &day));
        added.push(Field::new("x-ots-signregion", region.id().as_bytes()));
        ("x-ots-signaturev4", Keyed::V4(identity.day_key.ok_or(Unsignable::NoDayKey)?))
    } else {
        ("x-ots-signature", Keyed::V2(identity.key))
    };
    let covered = Covered {
        method: unsigned.method,
        path: unsigned.path,
        headers: unsigned.headers.iter().chain(added.as_slice()),
    };
    let signature = signature(covered, key, workspace);
    added.push(Field::new(name, signature.as_bytes()));
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    Ok(head::write(unsigned, additions, |_| {}, buffer))
}
